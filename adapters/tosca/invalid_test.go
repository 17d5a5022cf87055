package tosca_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
)

// TestInvalidTemplates: a template in testdata/invalid says, at the end of each line, what is wrong with it: the column and the text. There is
// nothing more and nothing less.
func TestInvalidTemplates(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "invalid", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			_, err = tosca.Parse(source)
			var problems tosca.Problems
			require.ErrorAs(t, err, &problems)
			var found []string
			for _, p := range problems {
				require.Equal(t, tosca.SeverityError, p.Severity)
				text := p.Text
				if p.Hint != "" {
					text += "; " + p.Hint
				}
				found = append(found, fmt.Sprintf("%d:%d: %s", p.Line, p.Column, text))
			}
			if os.Getenv("SHOW") != "" {
				fmt.Println(file + "\n  " + strings.Join(found, "\n  "))
			}
			require.Equal(t, wanted(string(source)), found)
		})
	}
}

// wanted reads what a file says of itself.
func wanted(source string) []string {
	var all []string
	for i, line := range strings.Split(source, "\n") {
		_, comment, found := strings.Cut(line, "# want: ")
		for problem := range strings.SplitSeq(comment, " | ") {
			if found {
				all = append(all, fmt.Sprintf("%d:%s", i+1, problem))
			}
		}
	}
	return all
}
