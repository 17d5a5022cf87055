package engine

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/bpmn/bpmntest"
)

// secret stands in every text variable of the fuzz test: no error may show it.
const secret = "S3CR3T"

var fuzzVariables = map[string]any{
	"a": int64(3), "f": 2.5, "s": secret + " text", "yes": true, "count": int64(4), "empty": []any{}, "when": "2026-03-31T09:00:00Z",
	"list":  []any{int64(3), int64(1), 2.5, int64(987654321987)},
	"texts": []any{secret, "b", secret + "c"},
	"order": map[string]any{"id": secret, "items": []any{map[string]any{"price": 2.5, "name": secret}, map[string]any{"price": int64(3)}}},
	"deep":  map[string]any{"x": map[string]any{"y": map[string]any{"z": secret}}},
}

var fuzzNow = time.Date(2026, 3, 31, 9, 0, 0, 1, time.UTC)

// FuzzExpression: whatever the text, compiling and evaluating end soon, without panic, twice alike, with a JSON value or
// an error in our own words that shows no data.
func FuzzExpression(f *testing.F) {
	for _, c := range expressionCases {
		f.Add(c.text)
	}
	for _, text := range hostileExpressions {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var first string
		bpmntest.Bounded(t, func() { first = outcome(text, fuzzVariables) })
		require.Equal(t, first, outcome(text, fuzzVariables), "the same input gives the same output")
		require.NotContains(t, first, "this cannot be evaluated", "an error that is not in our own words: add it to libraryMessages")
		if strings.HasPrefix(first, "error") && !strings.Contains(text, "S") {
			require.NotContains(t, first, secret)
			require.NotContains(t, first, "987654321987")
		}
	})
}

// outcome is the value as JSON, or the error.
func outcome(text string, variables map[string]any) string {
	e, problem := compileExpression(bpmn.Expression{Text: text}, anyResult)
	if problem != nil {
		return "problem: " + problem.Text + problem.Hint
	}
	value, err := e.eval(fuzzNow, func(name string) any { return variables[name] })
	if err != nil {
		return "error: " + err.Error()
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return "not JSON: " + err.Error()
	}
	decoded, err := DecodeJSON(encoded)
	if err != nil {
		return "not read back: " + err.Error()
	}
	if again, _ := normalize(value); !same(again, value) {
		return "not normal"
	}
	if again, _ := json.Marshal(decoded); string(again) != string(encoded) {
		return "changed when stored: " + string(encoded)
	}
	return string(encoded)
}
