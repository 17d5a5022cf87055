package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/cmd/sonata/scenario"
)

// load reads a scenario file of this text, which deploys testdata/work.bpmn.
func load(t *testing.T, text string) (*scenario.Suite, error) {
	t.Helper()
	dir := t.TempDir()
	work, err := os.ReadFile(filepath.Join("testdata", "work.bpmn"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "work.bpmn"), work, 0o600))
	path := filepath.Join(dir, "work.test.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return loader().Load(t.Context(), path)
}

// Values are those of JSON: numbers keep their kind, dates are texts, and aliases and << stand for what they name.
func TestValues(t *testing.T) {
	suite, err := load(t, `
scenarios:
  - name: values
    steps:
      - start: &start
          variables: &all {i: 3, f: 2.50, t: text, "n": null, b: true, d: 2026-03-01, at: 2026-03-01T12:00:00Z, quoted: "3", l: [1, [a]], o: {x: {y: 1}}, big: 9007199254740993}
      - start:
          <<: *start
          process: work
      - start: {variables: {<<: *all, i: 4, more: *all}}
`)
	require.NoError(t, err)
	all := map[string]any{
		"i": int64(3), "f": 2.5, "t": "text", "n": nil, "b": true, "d": "2026-03-01", "at": "2026-03-01T12:00:00Z", "quoted": "3",
		"l": []any{int64(1), []any{"a"}}, "o": map[string]any{"x": map[string]any{"y": int64(1)}}, "big": int64(9007199254740993),
	}
	steps := suite.Scenarios[0].Steps
	require.Equal(t, all, steps[0].Start.Variables.Fields)
	require.Equal(t, all, steps[1].Start.Variables.Fields)
	require.Equal(t, "work", steps[1].Start.Process.Text)
	require.Equal(t, int64(4), steps[2].Start.Variables.Fields["i"])
	require.Equal(t, "text", steps[2].Start.Variables.Fields["t"])
	require.Equal(t, all, steps[2].Start.Variables.Fields["more"])
}

// A file that would be endless, or huge, is refused in little time.
func TestHostileFiles(t *testing.T) {
	lol := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'i'; c++ {
		lol += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+", ", 9) + "]\n"
	}
	for name, text := range map[string]string{
		"an alias of what it is in": "scenarios:\n  - name: a\n    steps:\n      - start: {variables: &v {v: *v}}",
		"a merge of what it is in":  "scenarios:\n  - name: a\n    steps:\n      - start: {variables: &v {<<: *v}}",
		"aliases of aliases":        "scenarios:\n  - name: a\n    steps:\n      - start:\n          variables:\n            " + strings.ReplaceAll(lol, "\n", "\n            "),
		"deep":                      "scenarios:\n  - name: a\n    steps:\n      - start: {variables: {v: " + strings.Repeat("[", 500) + strings.Repeat("]", 500) + "}}",
		"large":                     "scenarios: [" + strings.Repeat("x, ", 2<<20) + "]",
		"not a number":              "scenarios:\n  - name: a\n    steps:\n      - start: {variables: {v: .nan}}",
		"infinite":                  "scenarios:\n  - name: a\n    steps:\n      - start: {variables: {v: -.inf}}",
		"too large a number":        "scenarios:\n  - name: a\n    steps:\n      - start: {variables: {v: 99999999999999999999999}}",
		"no UTF-8":                  "scenarios:\n  - name: \xff",
		"a key that is no text":     "scenarios:\n  - name: a\n    steps:\n      - start: {variables: {[1]: 2}}",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, text)
			if name == "too large a number" { // YAML's reader makes a float of it, as JSON's would
				require.NoError(t, err)
				return
			}
			require.ErrorAs(t, err, new(scenario.Problems))
			require.Less(t, len(err.Error()), 2000)
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"scenarios: [{name: a, steps: [{start: {variables: {a: 1}}, expect: {at: charge}}]}]",
		"responders: {a: {topic: b, data: {x: =request.data}}}\nscenarios: [{name: a, steps: [{advance: PT1H}]}]",
		"scenarios: &a [*a]", "scenarios:\n- <<: {name: a}\n", "clock: 2026-01-01\nscenarios: 3",
	} {
		f.Add(seed)
	}
	l := loader()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "work.test.yaml")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, _ = l.Load(t.Context(), path) // no panic
	})
}
