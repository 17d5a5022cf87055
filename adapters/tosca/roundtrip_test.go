package tosca_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
)

// values draws any JSON value, texts that YAML reads otherwise among them.
func values() *rapid.Generator[any] {
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", " ", "yes", "No", "on", "~", "null", "1", "0x1f", "1.0", "1e3", ".inf", "2001-01-01",
		"<<", "=", "- a", "a: b", "#a", "&a", "*a", "!a", "%a", "@a", "`a", "a\nb", "a\n", "\n", "\t", "a\r\nb", "\u0085", "\u2028", "\ufeff", "🦜", "'", "\"", "\\", "---", "...", "0o17", "017", "1_000", "190:20:30"}))
	scalars := rapid.OneOf(rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Float64().AsAny(), texts.AsAny())
	return rapid.Custom(func(t *rapid.T) any { return draw(t, scalars, texts, 3) })
}

func draw(t *rapid.T, scalars *rapid.Generator[any], texts *rapid.Generator[string], depth int) any {
	switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
	case depth > 0 && kind == 0:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			list = append(list, draw(t, scalars, texts, depth-1))
		}
		return list
	case depth > 0 && kind == 1:
		object := map[string]any{}
		for range rapid.IntRange(0, 20).Draw(t, "fields") {
			object[texts.Draw(t, "field")] = draw(t, scalars, texts, depth-1)
		}
		return object
	}
	return scalars.Draw(t, "scalar")
}

// TestWrittenIsReadAgain: a template that is written as YAML or as JSON is read as the same.
func TestWrittenIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		template, err := tosca.FromValue(map[string]any{
			"tosca_definitions_version": "tosca_simple_yaml_1_3", "metadata": map[string]any{"any": values().Draw(t, "value")},
		})
		require.NoError(t, err)
		requireRoundTrip(t, template)
	})
}

func requireRoundTrip(t require.TestingT, template *tosca.ServiceTemplate) {
	written, err := template.YAML()
	require.NoError(t, err)
	for _, source := range [][]byte{written, template.JSON()} {
		again, err := tosca.Parse(source)
		require.NoError(t, err, string(source))
		require.Equal(t, template.Value(), again.Value(), string(source))
	}
}

// FuzzParse: whatever comes in, it is read or refused at places that are in it, and what is read can be written and read again.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"*.yaml", "*.json", "invalid/*.yaml"} {
		files, _ := filepath.Glob(filepath.Join("testdata", pattern))
		for _, file := range files {
			source, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(string(source))
		}
	}
	for _, source := range []string{loopOfTwo, "{}", "[", "a: &a [*a]", "{\"a\": 1e999}", version + "metadata: {<<: {a: 1}, a: [2]}"} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		template, err := tosca.Parse([]byte(source))
		if err == nil {
			requireRoundTrip(t, template)
			template.ControlLoops()
			return
		}
		var problems tosca.Problems
		require.ErrorAs(t, err, &problems)
		lines := 2
		for _, end := range []string{"\r", "\n", "\u0085", "\u2028", "\u2029"} {
			lines += strings.Count(source, end)
		}
		for _, p := range problems {
			require.NotEmpty(t, p.Text)
			require.False(t, p.Line < 0 || p.Line > lines || p.Line > 0 && p.Column < 1, "%s of %d lines", p, lines)
		}
		_, _ = tosca.ParseInstances([]byte(source))
	})
}
