package scenario_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/sonata-bpmn/sonata/cmd/sonata/scenario"
)

var (
	root       = filepath.Join("..", "..", "..")
	schemaFile = filepath.Join(root, "docs", "scenario.schema.json")
)

// The schema in docs is that of the code. SONATA_TEST_UPDATE=1 writes it anew.
func TestTheSchemaIsThatOfTheCode(t *testing.T) {
	want, err := scenario.Schema()
	require.NoError(t, err)
	if os.Getenv("SONATA_TEST_UPDATE") != "" {
		require.NoError(t, os.WriteFile(schemaFile, want, 0o644))
	}
	got, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run this test with SONATA_TEST_UPDATE=1")
}

// Every scenario file of the repository is valid by the schema, and what the decoder refuses for its form is not.
func TestTheSchemaAgreesWithTheDecoder(t *testing.T) {
	schema := readSchema(t)
	for _, path := range repositoryFiles(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Empty(t, schema.check(schema.root, parsed(t, text), ""), path)
	}
	for _, text := range []string{
		"scenarios: 3",
		"scenarioz: []",
		"scenarios: [{name: a}]",
		"scenarios: [{name: a, steps: [{strt: p}]}]",
		"scenarios: [{name: a, steps: [{start: {process: p, variables: 3}}]}]",
		"scenarios: [{name: a, steps: [{expect: {state: done}}]}]",
		"scenarios: [{name: a, steps: [{complete: {variables: {}}}]}]",
		"scenarios: [{name: a, steps: [{complete: {job: a, instance: -1}}]}]",
		"scenarios: [{name: a, steps: [{complete: {job: a, instance: x}}]}]",
		"scenarios: [{name: a, steps: [{publish: {topic: a, untaken: 1}}]}]",
		"scenarios: [{name: a, steps: [{publish: {topic: [a]}}]}]",
		"{responders: {a: {data: 3}}, scenarios: [{name: a, steps: [{advance: PT1S}]}]}",
		"scenarios: [{name: a, steps: [{}]}]",
	} {
		require.NotEmpty(t, schema.check(schema.root, parsed(t, []byte(text)), ""), text)
		path := filepath.Join(t.TempDir(), "a.test.yaml")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := loader().Load(t.Context(), path)
		require.ErrorAs(t, err, new(scenario.Problems), text)
	}
}

// repositoryFiles lists the scenario files of the repository.
func repositoryFiles(t *testing.T) (paths []string) {
	t.Helper()
	for _, dir := range []string{"processes/*", "testdata/*"} {
		found, err := filepath.Glob(filepath.Join(root, dir, "*"+scenario.Suffix))
		require.NoError(t, err)
		paths = append(paths, found...)
	}
	require.NotEmpty(t, paths)
	return paths
}

// parsed reads YAML as JSON has it.
func parsed(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	require.NoError(t, yaml.Unmarshal(text, &value))
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	var plain any
	require.NoError(t, json.Unmarshal(encoded, &plain))
	return plain
}

// jsonSchema checks what Schema uses of JSON Schema, and fails the test on anything else.
type jsonSchema struct {
	t    *testing.T
	root map[string]any
}

func readSchema(t *testing.T) jsonSchema {
	t.Helper()
	text, err := scenario.Schema()
	require.NoError(t, err)
	s := jsonSchema{t: t}
	require.NoError(t, json.Unmarshal(text, &s.root))
	return s
}

// check says what of a value the schema forbids.
func (s jsonSchema) check(schema map[string]any, value any, path string) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, path+": "+fmt.Sprintf(format, args...)) }
	for keyword, rule := range schema {
		switch keyword {
		case "$schema", "$defs", "title", "description", "additionalProperties":
		case "$ref":
			name := filepath.Base(rule.(string))
			faults = append(faults, s.check(s.root["$defs"].(map[string]any)[name].(map[string]any), value, path)...)
		case "anyOf":
			if !slices.ContainsFunc(rule.([]any), func(one any) bool { return s.check(one.(map[string]any), value, path) == nil }) {
				fault("fits none")
			}
		case "type":
			if !hasType(rule, value) {
				fault("is no %v", rule)
			}
		case "enum":
			if !slices.ContainsFunc(rule.([]any), func(word any) bool { return word == value }) {
				fault("is none of %v", rule)
			}
		case "minimum":
			if n, ok := value.(float64); ok && n < rule.(float64) {
				fault("is too small")
			}
		case "maximum":
			if n, ok := value.(float64); ok && n > rule.(float64) {
				fault("is too large")
			}
		case "items":
			items, _ := value.([]any)
			for i, item := range items {
				faults = append(faults, s.check(rule.(map[string]any), item, fmt.Sprintf("%s[%d]", path, i))...)
			}
		case "required":
			for _, name := range rule.([]any) {
				if o, ok := value.(map[string]any); ok && !reflect.ValueOf(o).MapIndex(reflect.ValueOf(name)).IsValid() {
					fault("lacks %v", name)
				}
			}
		case "minProperties":
			if o, ok := value.(map[string]any); ok && len(o) < int(rule.(float64)) {
				fault("is empty")
			}
		case "properties":
		default:
			require.FailNow(s.t, "the schema uses a keyword that this test does not know", keyword)
		}
	}
	return append(faults, s.checkProperties(schema, value, path)...)
}

func (s jsonSchema) checkProperties(schema map[string]any, value any, path string) (faults []string) {
	object, _ := value.(map[string]any)
	properties, _ := schema["properties"].(map[string]any)
	for name, field := range object {
		switch others := schema["additionalProperties"].(type) {
		case bool:
			if properties[name] == nil {
				faults = append(faults, path+"."+name+": is not known")
			}
		case map[string]any:
			faults = append(faults, s.check(others, field, path+"."+name)...)
		}
		if rule, ok := properties[name].(map[string]any); ok {
			faults = append(faults, s.check(rule, field, path+"."+name)...)
		}
	}
	return faults
}

func hasType(rule, value any) bool {
	if types, several := rule.([]any); several {
		return slices.ContainsFunc(types, func(one any) bool { return hasType(one, value) })
	}
	switch v := value.(type) {
	case nil:
		return rule == "null"
	case bool:
		return rule == "boolean"
	case float64:
		return rule == "number" || rule == "integer" && v == float64(int(v))
	case string:
		return rule == "string"
	case []any:
		return rule == "array"
	default:
		return rule == "object"
	}
}
