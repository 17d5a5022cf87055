package tosca_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
)

const version = "tosca_definitions_version: tosca_simple_yaml_1_3\n"

// TestWhatCannotBeRead: a document that is no YAML, no JSON, or beyond the limits says so at its place.
func TestWhatCannotBeRead(t *testing.T) {
	laughs := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	limit := "the document has more than 100000 values, or more than 64 within each other, with what its aliases repeat"
	for _, test := range []struct {
		name, source string
		want         []string
	}{
		{"empty", " \n\n", []string{"1:1: the document is empty"}},
		{"null", "~", []string{"1:1: the document is empty"}},
		{"text", "hello", []string{"1:1: this must be a TOSCA service template"}},
		{"no version", "node_types: {}", []string{"1:1: tosca_definitions_version is missing"}},
		{"binary", "a: \xff\xfe", []string{"1:1: the document is not in UTF-8"}},
		{"tabs", "a:\n\tb: c", []string{"2:1: this is neither YAML nor JSON"}},
		{"unclosed", "a: [b", []string{"2:1: this is neither YAML nor JSON"}},
		{"unknown alias", "a: *b", []string{"1:4: this is neither YAML nor JSON"}},
		{"broken JSON", "{\"a\": 1,, \"b\": 2}", []string{"1:9: this is neither YAML nor JSON"}},
		{"two documents", version + "---\n" + version, []string{"2:1: there is a second document"}},
		{"too large", strings.Repeat(" ", tosca.MaxBytes+1), []string{"1:1: the document is larger than 1 MiB"}},
		{"billion laughs", laughs, []string{"1:34: " + limit}},
		{"alias of itself", "a: &a [*a, *a]", []string{"1:8: " + limit}},
		{"deep YAML", "a: " + strings.Repeat("[", 100) + strings.Repeat("]", 100), []string{"1:67: " + limit}},
		{"deep JSON", `{"a": ` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}", []string{"1:70: " + limit}},
		{"many values", "a: [" + strings.Repeat("1,", 100_000) + "1]", []string{"1:200001: " + limit}},
		{"many tokens", "a: [" + strings.Repeat("1,", 100_001) + "1]", []string{"1:1: " + limit}},
		{"JSON twice", "{\"a\": 1,\n \"a\": 2}", []string{"1:1: tosca_definitions_version is missing", "2:2: \"a\" is given twice; it is there in line 1 already"}},
		{"JSON number", "{\"tosca_definitions_version\": \"tosca_simple_yaml_1_3\", \"metadata\": {\"é\": [1e999,\n 99999999999999999999]}}",
			[]string{"1:75: this number is too large; write it as a text", "2:2: this number does not fit into 64 bits; write it as a text"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := tosca.Parse([]byte(test.source))
			requireProblems(t, test.want, err)
		})
	}
}

// TestJSONAndYAMLAreReadAlike: the same template gives the same in both, whatever is unlike in their texts.
func TestJSONAndYAMLAreReadAlike(t *testing.T) {
	fromYAML := parse(t, []byte(`tosca_definitions_version: tosca_simple_yaml_1_3
metadata:
  text: "\U0001F600 a/b"
  whole: 0x10
  float: 1.0
  list: [true, null, 2001-01-01]
  base: &base {a: 1, b: 2}
  merged: {<<: *base, b: 3}
  both: {<<: [{c: 1}, *base]}
  "null": "yes"
`))
	fromJSON := parse(t, []byte(`{"tosca_definitions_version": "tosca_simple_yaml_1_3", "metadata": {
		"text": "\ud83d\ude00 a\/b", "whole": 16, "float": 1.0, "list": [true, null, "2001-01-01"], "base": {"a": 1, "b": 2},
		"merged": {"a": 1, "b": 3}, "both": {"a": 1, "b": 2, "c": 1}, "null": "yes"}}`))
	require.Equal(t, fromJSON.Value(), fromYAML.Value())
	require.Equal(t, int64(16), fromYAML.Value()["metadata"].(map[string]any)["whole"])
}

// TestCheckingIsBounded: types, properties and regular expressions can be made to multiply; a document cannot make checking take long.
func TestCheckingIsBounded(t *testing.T) {
	var wide strings.Builder
	wide.WriteString(version + "node_types:\n  a.Wide:\n    properties:\n")
	for i := range 3000 {
		fmt.Fprintf(&wide, "      p%d: {type: string, required: false}\n", i)
	}
	wide.WriteString("topology_template:\n  node_templates:\n")
	for i := range 5000 {
		fmt.Fprintf(&wide, "    n%d: {type: a.Wide}\n", i)
	}
	pattern := version + "data_types:\n  a.Text: {derived_from: string, constraints: [{pattern: \"((a{0,30}){0,30}b?)*\"}]}\n" +
		"topology_template:\n  inputs:\n    a: {type: a.Text, default: " + strings.Repeat("a", 1<<19) + "}\n"
	long := version + "node_types:\n  t0: {}\n"
	for i := range 100 {
		long += fmt.Sprintf("  t%d: {derived_from: t%d}\n", i+1, i)
	}
	for name, source := range map[string]string{"wide": wide.String(), "pattern": pattern} {
		t.Run(name, func(t *testing.T) {
			_, err := tosca.Parse([]byte(source))
			require.ErrorContains(t, err, "the document takes too long to check")
		})
	}
	_, err := tosca.Parse([]byte(long))
	require.ErrorContains(t, err, "t64 is derived through more than 64 types")
	var many strings.Builder
	many.WriteString(version + "node_types:\n")
	for i := range 2000 {
		fmt.Fprintf(&many, "  t%d: {derived_from: nobody%d}\n", i, i)
	}
	_, err = tosca.Parse([]byte(many.String()))
	require.ErrorContains(t, err, "there are 1000 problems more")
}

// TestPathsArePointers: a problem's path is the JSON Pointer of RFC 6901 to its value.
func TestPathsArePointers(t *testing.T) {
	_, err := tosca.Parse([]byte(version + "data_types: {\"a/b~c\": {properties: {p: {type: integer, constraints: [{less_than: 1}, {in_range: [1, a]}]}}}}"))
	var problems tosca.Problems
	require.ErrorAs(t, err, &problems)
	require.Equal(t, "/data_types/a~1b~0c/properties/p/constraints/1/in_range/1", problems[0].Path)
	require.Equal(t, "2:101: error: /data_types/a~1b~0c/properties/p/constraints/1/in_range/1: in_range constrains integer: this must be a whole number, and it is the text \"a\"", err.Error())
}
