package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/cmd/sonata/play"
	"github.com/sonata-bpmn/sonata/cmd/sonata/scenario"
	"github.com/sonata-bpmn/sonata/engine"
)

// TestEveryConstructHasAScenario: whatever the engine's tables say is executed is played by a scenario of docs/examples that passes
// and names the element in a path that it expects, so that the scenario fails when the element does not do its work. The table in
// docs/bpmn.md is made of that; SONATA_TEST_UPDATE=1 writes it anew.
func TestEveryConstructHasAScenario(t *testing.T) {
	paths, err := scenarioFiles([]string{filepath.Join("..", "..", "docs", "examples")})
	require.NoError(t, err)
	proofs := map[engine.Construct][]string{}
	loader := &scenario.Loader{Flows: flowFiles, Read: readFlow, Suggest: didYouMean}
	err = loader.Run(t.Context(), paths, func(*scenario.Scenario) bool { return true }, func(r *scenario.Report) error {
		require.NoError(t, r.Err, r.Path)
		for _, result := range r.Results {
			require.Nil(t, result.Failure, "%s: %s", r.Path, result.Name)
			for _, construct := range shown(result) {
				proofs[construct] = append(proofs[construct], strings.TrimSuffix(filepath.Base(r.Path), scenario.Suffix))
			}
		}
		return nil
	})
	require.NoError(t, err)
	for _, c := range engine.Constructs() {
		assert.NotEmpty(t, proofs[c], "no scenario in docs/examples shows %+v", c)
	}

	page := filepath.Join("..", "..", "docs", "bpmn.md")
	const begin, end = "<!-- coverage:begin -->\n", "<!-- coverage:end -->\n"
	head, rest, found := strings.Cut(read(t, page), begin)
	require.True(t, found)
	table, tail, found := strings.Cut(rest, end)
	require.True(t, found)
	want := coverageTables(proofs)
	if os.Getenv("SONATA_TEST_UPDATE") != "" {
		require.NoError(t, os.WriteFile(page, []byte(head+begin+want+end+tail), 0o644))
		return
	}
	require.Equal(t, want, table, "docs/bpmn.md is stale; run this test with SONATA_TEST_UPDATE=1")
}

// shown lists the constructs whose elements did their work in a scenario and stand in a path that it expects.
func shown(r scenario.Result) []engine.Construct {
	expected := map[string]bool{}
	for _, step := range r.Steps {
		for _, e := range step.Expect {
			for _, word := range append(e.Path, e.ExactPath...) {
				expected[word.Text] = true
			}
		}
	}
	processes := map[int]*play.Process{}
	found := map[engine.Construct]bool{}
	for _, e := range r.Events {
		if e.Kind == play.InstanceStarted {
			processes[e.Instance] = r.Stage.Process(e.Element)
		}
		if e.Kind != play.ElementCompleted && e.Kind != play.ElementActivated {
			continue
		}
		node := processes[e.Instance].Node(e.Element)
		if node == nil || !expected[node.ID] && !expected[node.Name] || e.Kind == play.ElementActivated && !neverCompletes(node) {
			continue
		}
		for _, c := range engine.ConstructsOf(node) {
			found[c] = true
		}
		if b := handled(processes[e.Instance], node); b != nil {
			found[engine.ConstructsOf(b)[0]] = true
		}
		for _, flow := range node.Incoming { // a gateway that begins a process shows in the event that it waited for
			if flow.Source.Kind == "eventBasedGateway" && flow.Source.Instantiate {
				found[engine.ConstructsOf(flow.Source)[0]] = true
			}
		}
	}
	return slices.Collect(maps.Keys(found))
}

// neverCompletes says whether an end event is withdrawn by what it does.
func neverCompletes(n *bpmn.FlowNode) bool {
	return n.Kind == "endEvent" && len(n.EventDefinitions) == 1 && slices.Contains([]string{"errorEventDefinition", "cancelEventDefinition"}, n.EventDefinitions[0].Kind)
}

// handled finds the boundary event that a compensation handler belongs to. No token is ever in it.
func handled(p *play.Process, handler *bpmn.FlowNode) *bpmn.FlowNode {
	associations := p.Associations
	for _, n := range p.Nodes {
		if n.Body != nil {
			associations = slices.Concat(associations, n.Body.Associations)
		}
	}
	for _, a := range associations {
		if a.TargetRef == handler.ID && handler.IsForCompensation {
			return p.Node(a.SourceRef)
		}
	}
	return nil
}

// column is one of a coverage table.
type column struct {
	title string
	of    engine.Construct // what the construct of the column has besides that of its row
}

var (
	activityColumns = []column{
		{title: "once"}, {"loop", engine.Construct{Marker: engine.MarkerLoop}}, {"for each at once", engine.Construct{Marker: engine.MarkerParallelInstances}},
		{"for each in turn", engine.Construct{Marker: engine.MarkerSequentialInstances}}, {"compensation handler", engine.Construct{Marker: engine.MarkerCompensation}},
	}
	eventColumns = []column{
		{"start", engine.Construct{Element: "startEvent", Position: "start event"}},
		{"event sub-process, interrupting", engine.Construct{Element: "startEvent", Position: "start event of an event sub-process"}},
		{"event sub-process, beside", engine.Construct{Element: "startEvent", Position: "start event of an event sub-process", NonInterrupting: true}},
		{"catch", engine.Construct{Element: "intermediateCatchEvent", Position: "intermediate catch event"}},
		{"boundary, interrupting", engine.Construct{Element: "boundaryEvent", Position: "boundary event"}},
		{"boundary, beside", engine.Construct{Element: "boundaryEvent", Position: "boundary event", NonInterrupting: true}},
		{"throw", engine.Construct{Element: "intermediateThrowEvent", Position: "intermediate throw event"}},
		{"end", engine.Construct{Element: "endEvent", Position: "end event"}},
	}
)

// coverageTables are three: activities by marker, events by position, and all else.
func coverageTables(proofs map[engine.Construct][]string) string {
	all := engine.Constructs()
	told := map[engine.Construct]bool{}
	cell := func(c engine.Construct) string {
		if !slices.Contains(all, c) {
			return ""
		}
		told[c] = true
		return scenarioLink(proofs[c])
	}
	var b strings.Builder
	b.WriteString("\n| Activity |")
	tableHead(&b, activityColumns)
	activities, triggers := map[string]bool{}, map[string]bool{}
	for _, c := range all {
		if c.Marker == engine.MarkerLoop {
			activities[c.Element] = true
		}
		if c.Position != "" {
			triggers[c.Trigger] = true
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(activities)) {
		fmt.Fprintf(&b, "| %s |", kind)
		for _, col := range activityColumns {
			fmt.Fprintf(&b, " %s |", cell(engine.Construct{Element: kind, Marker: col.of.Marker}))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n| Event |")
	tableHead(&b, eventColumns)
	for _, trigger := range slices.Sorted(maps.Keys(triggers)) {
		fmt.Fprintf(&b, "| %s |", trigger)
		for _, col := range eventColumns {
			c := col.of
			c.Trigger = trigger
			fmt.Fprintf(&b, " %s |", cell(c))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n| Gateways and the rest | |\n|---|---|\n")
	for _, c := range all {
		if !told[c] {
			fmt.Fprintf(&b, "| %s | %s |\n", strings.TrimSuffix(c.Element+", "+c.Marker, ", "), cell(c))
		}
	}
	b.WriteString("\n")
	return b.String()
}

func tableHead(b *strings.Builder, columns []column) {
	for _, col := range columns {
		fmt.Fprintf(b, " %s |", col.title)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(columns)) + "\n")
}

// scenarioLink links one of the scenario files that show a construct, the first by name.
func scenarioLink(files []string) string {
	if len(files) == 0 {
		return "**none**"
	}
	first := slices.MinFunc(files, cmp.Compare[string])
	return fmt.Sprintf("[%s](examples/%s%s)", first, first, scenario.Suffix)
}
