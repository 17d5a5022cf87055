package bpmn_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
)

var update = flag.Bool("update", false, "write the table of the schema into docs/bpmn.md")

// schema reads the elements of BPMN's XML Schema and their attributes.
func schema(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/schema.txt")
	require.NoError(t, err)
	elements := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			name, attributes, _ := strings.Cut(strings.TrimSpace(line), ":")
			elements[name] = strings.Fields(attributes)
		}
	}
	require.Greater(t, len(elements), 150)
	return elements
}

// notes say what the table cannot.
var notes = map[string]string{
	"association":         "connects a compensation event with its handler; any other is drawing",
	"businessRuleTask":    "as a job; decision tables are not run",
	"choreographyTask":    "see choreography",
	"callChoreography":    "see choreography",
	"subChoreography":     "see choreography",
	"correlationKey":      "of a collaboration or a conversation in it; two keys for one message: the first counts",
	"dataObject":          "a variable, where an association fills or reads it; in a sub-process one of its own",
	"dataObjectReference": "stands for its data object",
	"dataStoreReference":  "an association with it is refused: a data store lives outside of the process",
	"event":               "of a complexBehaviorDefinition: signal, message, escalation or error",
	"eventDefinitionRef":  "",
	"extension":           "`mustUnderstand=\"true\"` is refused",
	"globalTask":          "a call activity calls it like a process",
	"implicitThrowEvent":  "as a flow element it is refused; see event",
	"incoming":            "checked against the sequence flows, which decide",
	"outgoing":            "checked against the sequence flows, which decide",
	"inputSet":            "data is never waited for: what has no value is null",
	"outputSet":           "data is never waited for: what has no value is null",
	"itemDefinition":      "types are checked loosely, at deployment: constants that cannot fit are reported",
	"messageFlow":         "messages travel by their topics",
	"operation":           "a job whose type is the names of the interface and the operation, for a task without another worker",
	"participant":         "its process has the correlation keys of the collaboration",
	"process":             "what is not executable is checked, not deployed",
	"property":            "a variable; of an event it is information",
	"script":              "an expression in expr or FEEL; in Camunda 7's dialect also JUEL",
	"source":              "of a link or relationship; links find each other by name",
	"target":              "of a link or relationship; links find each other by name",
}

const begin, end = "<!-- schema:begin -->\n", "<!-- schema:end -->"

// docs/bpmn.md lists what becomes of each element and attribute of BPMN's schema. The table is what Parse really does with a
// file that has them all, so an element that is forgotten, or one that is read and not said to be, fails here.
func TestSchemaPage(t *testing.T) {
	data, err := os.ReadFile("testdata/schema.bpmn")
	require.NoError(t, err)
	uses, problems := bpmn.Examine("schema.bpmn", data)
	for _, p := range problems {
		require.NotContains(t, []string{"BPMN010", "BPMN011", "BPMN012"}, p.Code, "%v", p)
		require.Equal(t, bpmn.SeverityWarning, p.Severity, "%v", p)
	}
	elements := schema(t)
	var table strings.Builder
	table.WriteString("| Element | | Attributes that are executed | kept as information | |\n|---|---|---|---|---|\n")
	for _, element := range slices.Sorted(maps.Keys(elements)) {
		require.Contains(t, uses, element, "testdata/schema.bpmn has each element")
		require.NotEqual(t, bpmn.Unread, uses[element], "%s is neither executed nor kept as information", element)
		columns := map[bpmn.Use][]string{}
		for _, attribute := range elements[element] {
			use, ok := uses[element+"@"+attribute]
			require.True(t, ok, "testdata/schema.bpmn has %s of %s", attribute, element)
			require.NotEqual(t, bpmn.Unread, use, "%s of %s is neither executed nor kept as information", attribute, element)
			columns[use] = append(columns[use], attribute)
		}
		note := notes[element]
		if note == "" {
			note = bpmn.Hint(element)
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s | %s |\n", element, uses[element], strings.Join(columns[bpmn.Executed], " "), strings.Join(columns[bpmn.Kept], " "), note)
	}
	for element := range notes {
		require.Contains(t, elements, element)
	}

	const page = "../docs/bpmn.md"
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), begin)
	require.True(t, found)
	written, after, found := strings.Cut(rest, end)
	require.True(t, found)
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(before+begin+table.String()+end+after), 0o600))
		return
	}
	require.Equal(t, table.String(), written, "go test ./bpmn -run TestSchemaPage -update writes the table")
}

// docs/bpmn.md names everything that is refused of the dialects which it describes.
func TestDialectPage(t *testing.T) {
	page, err := os.ReadFile("../docs/bpmn.md")
	require.NoError(t, err)
	for _, name := range bpmn.Refused() {
		require.Contains(t, string(page), "`"+name+"`")
	}
}
