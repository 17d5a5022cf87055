package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// heavy does 210 times what takes 200,000 steps of evaluation, beside a task that waits for a condition on its result.
const heavy = `
	startEvent start
	scriptTask heavy times-sequential="= 210" script="= n + len(concat(list, list)) - 99999" result=n
	userTask u
	boundaryEvent b on=u condition="n > 0"
	start -> u
	start -> heavy`

func heavyVariables() map[string]any {
	return map[string]any{"list": make([]any, 50_000), "n": int64(0)}
}

// All expressions of a step have one budget, whatever each of them may take. Where it is used up there is an incident, and resolving
// that goes on with what failed, once: every turn has counted one.
func TestTheExpressionsOfAStepShareTheirWork(t *testing.T) {
	c := enginetest.Start(t, heavy, heavyVariables())
	require.Equal(t, engine.IncidentStepLimit, incidentAt(t, c, "heavy").Kind)
	require.Contains(t, incidentAt(t, c, "heavy").Text, "more than 40,000,000 steps together")
	resolved := 0
	for c.In.State == engine.StateActive {
		require.Less(t, resolved, 20)
		c.Do(engine.ResolveIncident{Incident: incidentAt(t, c, "heavy").ID})
		resolved++
	}
	require.Equal(t, int64(210), c.Variables()["n"])
}

// A condition that could not be asked is not taken as one that does not hold.
func TestAConditionThatIsNotAskedIsAnIncident(t *testing.T) {
	c := enginetest.Start(t, heavy, heavyVariables())
	i := incidentAt(t, c, "b")
	require.Equal(t, engine.IncidentStepLimit, i.Kind)
	require.Contains(t, c.Waiting(), "b")
	c.Do(engine.ResolveIncident{Incident: i.ID})
	require.NotContains(t, c.Waiting(), "u", "the boundary event has interrupted its task")
	require.Len(t, c.In.Incidents, 1)

	c = enginetest.Start(t, heavy, heavyVariables())
	c.Do(engine.SetVariables{Variables: map[string]any{"n": int64(0)}})
	require.Len(t, c.In.Incidents, 1, "a later change has asked it")
	require.Contains(t, c.Waiting(), "u")
}

func incidentAt(t *testing.T, c *enginetest.Case, element string) engine.Incident {
	t.Helper()
	for _, i := range c.In.Incidents {
		if i.Element == element {
			return i
		}
	}
	require.Fail(t, "no incident", "%s: %v", element, c.In.Incidents)
	return engine.Incident{}
}

// Each of many conditions is asked once for one change: if all were asked again after each that comes true, their work would
// exceed the limit of a step.
func TestManyConditionsAreEachAskedOnce(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess each times="= 3000" {
			startEvent s
			userTask u
			boundaryEvent b on=u condition="go == 1" nonInterrupting
			s -> u
		}
		start -> each`, nil)
	c.Do(engine.SetVariables{Variables: map[string]any{"go": int64(1)}})
	require.Empty(t, c.In.Incidents)
	require.Equal(t, 3000, strings.Count(c.Path(), " b"))
}

// Resolving the incident of a condition asks just that one: those before it would use the step's work up again.
func TestResolvingAConditionAsksThatOneOnly(t *testing.T) {
	const waiting = `
		startEvent start
		subProcess many times="= 210" {
			startEvent begin
			intermediateCatchEvent e condition="len(concat(list, list)) < n"
			begin -> e
		}
		start -> many`
	c := enginetest.Start(t, waiting, heavyVariables())
	unasked := len(c.In.Incidents)
	require.NotZero(t, unasked)
	for range unasked {
		c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID})
	}
	require.Empty(t, c.In.Incidents)
	require.Len(t, c.Waiting(), 210)
}

// What is done for each of many items has a share of the work for each.
func TestManyItemsMayDoMoreWork(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		scriptTask each times="= 3000" script="= len(concat(list, list))" result=n
		endEvent end
		start -> each -> end`, map[string]any{"list": make([]any, 3575)})
	require.Empty(t, c.In.Incidents)
	require.Equal(t, engine.StateCompleted, c.In.State)
}

// Activities of one item each, inside of many that are beside each other, are no loop.
func TestManyTimesOneItemIsNoLoop(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess orders times="= 2000" {
			startEvent begin
			subProcess lines times="= 1" {
				startEvent first
				task a
				task b
				task c
				task d
				task e
				task f
				first -> a -> b -> c -> d -> e -> f
			}
			begin -> lines
		}
		endEvent end
		start -> orders -> end`, nil)
	require.Empty(t, c.In.Incidents)
	require.Equal(t, engine.StateCompleted, c.In.State)
}

// A loop around an activity of one item ends at the limit of a loop, and not at many times that.
func TestALoopAroundOneItemIsALoop(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		exclusiveGateway again
		task one times="= 1"
		start -> again -> one -> again`, nil)
	require.Len(t, c.In.Incidents, 1)
	require.Contains(t, c.In.Incidents[0].Text, "more than 10000 flow nodes")
}
