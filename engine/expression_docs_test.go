package engine

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// docs/expressions.md lists exactly the functions that there are.
func TestDocumentedFunctions(t *testing.T) {
	page, err := os.ReadFile("../docs/expressions.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "## Functions")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "##")
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-zA-Z0-9]+)`").FindAllStringSubmatch(section, -1) {
		listed[m[1]] = true
	}
	for name, f := range functions {
		if f.types != nil {
			require.True(t, listed[name], "the page lacks %s", name)
			delete(listed, name)
		}
	}
	for name := range listed {
		text := map[string]string{"now": "now()", "matches": `"a" matches "b"`, "reduce": "reduce([1], #acc + #)", "sum": "sum([1])", "sortBy": "sortBy([1], #)", "groupBy": `groupBy(["a"], #)`}[name]
		if text == "" {
			text = name + "([1, 2], # > 1)"
		}
		_, problem := compileExpression(bpmn.Expression{Text: text, Language: "expr"}, anyResult)
		require.Nil(t, problem, "the page lists %s: %s", name, text)
	}
}
