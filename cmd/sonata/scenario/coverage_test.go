package scenario_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/cmd/sonata/scenario"
)

// A compensation event is played when its handler is: no token enters it (§10.5.5).
func TestCompensationEventsCount(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	write("undo.bpmn", `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t"><process id="undo" isExecutable="true">
		<startEvent id="s"/><task id="build"/><boundaryEvent id="event" attachedToRef="build"><compensateEventDefinition/></boundaryEvent>
		<task id="handler" isForCompensation="true"/><association id="a" sourceRef="event" targetRef="handler" associationDirection="One"/>
		<endEvent id="e"><compensateEventDefinition/></endEvent>
		<sequenceFlow id="f1" sourceRef="s" targetRef="build"/><sequenceFlow id="f2" sourceRef="build" targetRef="e"/></process></definitions>`)
	path := write("undo.test.yaml", "scenarios: [{name: a, steps: [{start: undo, expect: {state: completed}}]}]")
	var all scenario.Coverages
	err := loader().Run(t.Context(), []string{path}, func(*scenario.Scenario) bool { return true }, func(r *scenario.Report) error {
		require.NoError(t, r.Err)
		for _, result := range r.Results {
			require.Nil(t, result.Failure)
			all.Add(result)
		}
		return nil
	})
	require.NoError(t, err)
	require.Len(t, all.All(), 1)
	c := all.All()[0]
	require.Empty(t, c.Missed())
	require.Equal(t, 1, c.Times("event"))
	require.Equal(t, 1, c.Times("f2"))
	require.Zero(t, c.Times("nothing"))
}
