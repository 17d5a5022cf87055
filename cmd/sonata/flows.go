package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// resourceLimit is the largest .bpmn file that is read, the same that the REST API takes.
const resourceLimit = 4 << 20

// isFlow says whether a file is one to deploy.
func isFlow(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return (ext == ".bpmn" || ext == ".bpmn2") && !isHidden(name)
}

func isHidden(name string) bool {
	base := filepath.Base(name)
	return strings.HasPrefix(base, ".") && base != "." && base != ".."
}

// flowFiles lists the .bpmn files that the arguments name: files as they are, folders with everything below them, each once
// and in a stable order.
func flowFiles(args []string) ([]string, error) {
	files, empty, err := flowsIn(args)
	if err == nil && empty != "" {
		err = fmt.Errorf("%s holds no .bpmn file", empty)
	}
	return files, err
}

// flowsIn does so too, and gives the first folder that holds none, "" if each holds some.
func flowsIn(args []string) (files []string, empty string, err error) {
	for _, arg := range args {
		found, err := flowsBelow(arg)
		if err != nil {
			return nil, "", err
		}
		if len(found) == 0 {
			empty = cmp.Or(empty, arg)
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	return slices.Compact(files), empty, nil
}

func flowsBelow(arg string) ([]string, error) {
	info, err := os.Stat(arg)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{filepath.Clean(arg)}, nil
	}
	var files []string
	// The separator makes a link to a folder work too.
	err = filepath.WalkDir(arg+string(filepath.Separator), func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && isHidden(name):
			return fs.SkipDir // of Kubernetes' config maps, for one, the files show twice
		case !entry.IsDir() && isFlow(name):
			files = append(files, filepath.Clean(name))
		}
		return nil
	})
	return files, err
}

// readFlows reads files to deploy. The name of a resource is its file's, without the folder, as modelling tools send it.
func readFlows(files []string) ([]runner.Resource, error) {
	if err := checkNames(files); err != nil {
		return nil, err
	}
	resources := make([]runner.Resource, len(files))
	for i, file := range files {
		text, err := readFlow(file)
		if err != nil {
			return nil, err
		}
		resources[i] = runner.Resource{Name: filepath.Base(file), XML: text}
	}
	return resources, nil
}

// checkNames refuses two files of the same name.
func checkNames(files []string) error {
	origin := map[string]string{}
	for _, file := range files {
		name := filepath.Base(file)
		if other, taken := origin[name]; taken {
			return fmt.Errorf("%s and %s have the same name; a resource is known by its name, so rename one", other, file)
		}
		origin[name] = file
	}
	return nil
}

func readFlow(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > resourceLimit {
		return nil, fmt.Errorf("%s is larger than %d MiB", file, resourceLimit>>20)
	}
	return os.ReadFile(file)
}

// embeddedFlows reads the .bpmn files that are built in.
func embeddedFlows(folders ...fs.FS) ([]runner.Resource, error) {
	var resources []runner.Resource
	for _, files := range folders {
		before := len(resources)
		err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !isFlow(name) {
				return err
			}
			text, err := fs.ReadFile(files, name)
			resources = append(resources, runner.Resource{Name: path.Base(name), XML: text})
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(resources) == before {
			return nil, errors.New("this binary was built without its flows")
		}
	}
	return resources, nil
}
