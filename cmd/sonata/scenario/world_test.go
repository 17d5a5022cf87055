package scenario_test

import (
	"os"
	"path/filepath"

	"github.com/sonata-bpmn/sonata/cmd/sonata/scenario"
)

// loader finds and reads files as the command does, but for the folders below a folder.
func loader() *scenario.Loader {
	return &scenario.Loader{
		Flows: func(paths []string) ([]string, error) {
			var files []string
			for _, path := range paths {
				info, err := os.Stat(path)
				if err != nil {
					return nil, err
				}
				found := []string{path}
				if info.IsDir() {
					if found, err = filepath.Glob(filepath.Join(path, "*.bpmn")); err != nil {
						return nil, err
					}
				}
				files = append(files, found...)
			}
			return files, nil
		},
		Read:    os.ReadFile,
		Suggest: func(written string, words []string) string { return "" },
	}
}
