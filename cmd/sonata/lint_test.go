package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// flowsOfTheRepository lists every .bpmn file but those that must be refused.
func flowsOfTheRepository(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(filepath.Join("..", ".."), func(name string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.IsDir() && (entry.Name() == "invalid" || entry.Name() == "node_modules" || isHidden(name)) {
			return fs.SkipDir
		}
		if err == nil && !entry.IsDir() && isFlow(name) {
			files = append(files, name)
		}
		return err
	})
	require.NoError(t, err)
	require.Greater(t, len(files), 40)
	return files
}

// TestNoFalseAlarms: the flows that are shipped and those that tests run are sound, and so lint says.
func TestNoFalseAlarms(t *testing.T) {
	for _, file := range flowsOfTheRepository(t) {
		for _, p := range check(file, []byte(read(t, file)), map[string]*bpmn.Process{}) {
			require.NotContains(t, p.Code, "LINT", "%s", p)
			require.NotContains(t, []string{engine.CodeNear, engine.CodeSameKey}, p.Code, "%s", p)
			require.False(t, strings.Contains(file, "processes") && p.Severity == bpmn.SeverityError, "%s", p)
		}
	}
}

// TestSARIFIsValid: what lint says of all files that must be refused is valid by the schema of OASIS, which stands in testdata as it
// was published.
func TestSARIFIsValid(t *testing.T) {
	const name = "testdata/sarif-schema-2.1.0.json"
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(read(t, name)))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource(name, document))
	schema, err := compiler.Compile(name)
	require.NoError(t, err)

	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "invalid", "*.bpmn"))
	require.NoError(t, err)
	var found report
	for _, file := range files {
		found.add(file, []byte(read(t, file)))
	}
	odd := `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d"><process id="ä é" isExecutable="x"/></definitions>`
	found.add("a folder/50%, \u00e4:#1.bpmn", []byte(odd))
	require.Greater(t, len(found.problems), 100)
	for _, r := range []*report{{}, &found} {
		var text bytes.Buffer
		require.NoError(t, writeJSON(&text, r.sarif("v1")))
		instance, err := jsonschema.UnmarshalJSON(&text)
		require.NoError(t, err)
		require.NoError(t, schema.Validate(instance))
	}
	last := found.sarif("v1").Runs[0].Results[len(found.problems)-1]
	require.Equal(t, "a%20folder/50%25,%20%C3%A4:%231.bpmn", last.Locations[0].Physical.Artifact.URI)
	encoded, err := json.Marshal(last)
	require.NoError(t, err)
	require.NotContains(t, string(encoded), `"level":""`)
}

// TestLintReportsWhatADeploymentWould: what is wrong only when files are deployed, or deployed together.
func TestLintReportsWhatADeploymentWould(t *testing.T) {
	const file = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t"><process id="p" isExecutable="%s">` +
		`<startEvent id="s">%s</startEvent></process></definitions>`
	codes := func(files ...string) (codes []string) {
		var r report
		for i, text := range files {
			r.add(fmt.Sprintf("%d.bpmn", i), []byte(text))
		}
		for _, p := range r.problems {
			require.Equal(t, p.Code != "DEP001", p.Severity == bpmn.SeverityError, "each of two can be deployed by itself")
			codes = append(codes, p.Code)
		}
		return codes
	}
	good := fmt.Sprintf(file, "true", "")
	require.Empty(t, codes(good))
	require.Equal(t, []string{"DEP001"}, codes(good, good))
	require.Equal(t, []string{"DEP002"}, codes(fmt.Sprintf(file, "false", "")))
	require.Equal(t, []string{"DEP003"}, codes(fmt.Sprintf(file, "true", `<timerEventDefinition><timeDuration>${wait}</timeDuration></timerEventDefinition>`)))
}

// TestColumnsAreCodePoints: editors count characters, the reader of XML counts bytes.
func TestColumnsAreCodePoints(t *testing.T) {
	source := []byte("<a>\n<ä é='ü'><b/>")
	require.Equal(t, 11, codePoint(source, bpmn.Position{Line: 2, Column: 14}))
	require.Equal(t, 1, codePoint(source, bpmn.Position{Line: 7, Column: 3}))
	require.Equal(t, 1, codePoint(nil, bpmn.Position{}))
}

// TestGitHubCommandsCannotBeInjected: what stands in a file or its name begins no command and no property of its own.
func TestGitHubCommandsCannotBeInjected(t *testing.T) {
	r := report{columns: []int{1}, problems: bpmn.Problems{{
		Pos: bpmn.Position{File: "a,b:c\n::error::x", Line: 1, Column: 1}, Severity: bpmn.SeverityWarning, Code: "LINT001", Text: "100%\r\n::error::y",
	}}}
	var text strings.Builder
	require.NoError(t, r.writeGitHub(&text))
	require.Equal(t, "::warning file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3Ax,line=1,col=1,title=LINT001::100%25\ufffd\ufffd::error::y\n", text.String())
}
