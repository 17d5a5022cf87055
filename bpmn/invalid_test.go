package bpmn_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
)

const invalidDir = "../testdata/invalid"

var want = regexp.MustCompile(`<!-- want: ((?:BPMN\d{3} ?)+)-->`)

// Each file under testdata/invalid says in comments which problems it has, each in the line of its fault. Parse finds
// exactly these.
func TestInvalidFiles(t *testing.T) {
	for _, file := range files(t, invalidDir) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			var wanted, got []string
			for i, line := range strings.Split(string(data), "\n") {
				if match := want.FindStringSubmatch(line); match != nil {
					for code := range strings.FieldsSeq(match[1]) {
						wanted = append(wanted, fmt.Sprintf("line %d: %s", i+1, code))
					}
				}
			}
			require.NotEmpty(t, wanted, "the file says what is wrong with it")
			problems := parse(t, "invalid.bpmn", data)
			for _, p := range problems {
				require.Equal(t, "invalid.bpmn", p.Pos.File)
				require.Positive(t, p.Pos.Column)
				require.NotEmpty(t, p.Text)
				got = append(got, fmt.Sprintf("line %d: %s", p.Pos.Line, p.Code))
			}
			require.Equal(t, wanted, got, "%v", problems)
		})
	}
}

// Codes are promises to users: each is explained in docs/errors.md, and a file shows each.
func TestCodes(t *testing.T) {
	code := regexp.MustCompile(`BPMN\d{3}`)
	var used, shown []string
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, source := range sources {
		if !strings.HasSuffix(source, "_test.go") {
			text, err := os.ReadFile(source)
			require.NoError(t, err)
			for _, quoted := range regexp.MustCompile(`= "BPMN\d{3}"`).FindAllString(string(text), -1) {
				used = append(used, code.FindString(quoted))
			}
		}
	}
	require.NotEmpty(t, used)
	require.Len(t, used, len(slices.Compact(slices.Sorted(slices.Values(used)))), "two codes have one number")

	page, err := os.ReadFile("../docs/errors.md")
	require.NoError(t, err)
	documented := regexp.MustCompile(`(?m)^\| (BPMN\d{3}) \|`).FindAllStringSubmatch(string(page), -1)
	var explained []string
	for _, match := range documented {
		explained = append(explained, match[1])
	}
	require.ElementsMatch(t, used, explained, "docs/errors.md has each code once")

	for _, file := range files(t, invalidDir) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range want.FindAllString(string(text), -1) {
			shown = append(shown, code.FindAllString(match, -1)...)
		}
	}
	require.Subset(t, shown, used, "each code has a file under testdata/invalid")
}

// parse gives the problems of a document, whatever their severity, and checks what holds for all.
func parse(t *testing.T, file string, data []byte) bpmn.Problems {
	t.Helper()
	definitions, err := bpmn.Parse(file, data)
	if err == nil {
		require.False(t, definitions.Warnings.HasErrors())
		return definitions.Warnings
	}
	problems, ok := errors.AsType[bpmn.Problems](err)
	require.True(t, ok, "the error is a list of problems")
	require.True(t, problems.HasErrors())
	require.Nil(t, definitions)
	return problems
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.bpmn"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}
