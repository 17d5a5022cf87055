package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// Resolving an incident runs the step again that failed, once, and nothing that was done before it (research of other engines: whoever
// leaves an activity a second time must not take over its results a second time).

// The loop was over before no flow could be chosen: it is not asked again whether it goes on.
func TestALoopThatCannotBeLeftIsOver(t *testing.T) {
	for name, marker := range map[string]string{
		"standard":   `loopWhile="again"`,
		"sequential": `each-sequential="= items" until="not again"`,
		"parallel":   `each="= items" until="not again" into:gone="= loopCounter"`,
	} {
		c := enginetest.Start(t, `
			startEvent start
			serviceTask a type=a `+marker+`
			endEvent end
			start -> a
			a -> end : open`, map[string]any{"again": false, "open": false, "items": []any{int64(1), int64(2)}})
		c.Complete("a", nil)
		require.Equal(t, engine.IncidentNoFlow, c.In.Incidents[0].Kind, name)
		c.Do(engine.SetVariables{Variables: map[string]any{"again": true, "open": true, "gone": "mended"}})
		c.Resolve()
		c.Completed()
		require.Equal(t, "mended", c.Variables()["gone"], name)
	}
}

// Its condition is asked again where that is what failed.
func TestALoopConditionThatFailedIsAskedAgain(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a each="= [1,2,3,4]" until="numberOfCompletedInstances > n"
		start -> a`, nil)
	c.Complete("a", nil)
	require.Equal(t, engine.IncidentExpression, c.In.Incidents[0].Kind)
	c.Complete("a", nil)
	require.Len(t, c.In.Incidents, 1, "while it waits for an operator nothing is asked")
	c.Do(engine.SetVariables{Variables: map[string]any{"n": int64(2)}})
	c.Resolve()
	require.Len(t, c.Waiting(), 2)
	c.Complete("a", nil)
	c.Completed()
}

func TestOutputMappingsCountOnce(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a out:total="= total + 1"
		endEvent end
		start -> a
		a -> end : open`, map[string]any{"total": int64(0), "open": false})
	c.Complete("a", nil)
	c.Do(engine.SetVariables{Variables: map[string]any{"open": true}})
	c.Resolve()
	c.Completed()
	require.Equal(t, int64(1), c.Variables()["total"])

	c = enginetest.Start(t, `
		startEvent start
		serviceTask a type=a times="= 2" out:total="= total + 1" into:all="= 1 + more"
		start -> a`, map[string]any{"total": int64(0)})
	c.Complete("a", nil)
	require.Equal(t, engine.IncidentMapping, c.In.Incidents[0].Kind)
	c.Do(engine.SetVariables{Variables: map[string]any{"more": int64(1)}})
	c.Resolve()
	c.Complete("a", nil)
	c.Completed()
	require.Equal(t, int64(2), c.Variables()["total"])
	require.Equal(t, []any{int64(2), int64(2)}, c.Variables()["all"])
}

// An event on the boundary that waits for an operator does not keep an ad-hoc sub-process from going on.
func TestAnAdHocSubProcessGoesOnBesideItsBoundary(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		adHocSubProcess some sequential {
			serviceTask a type=a
			serviceTask b type=b
		}
		boundaryEvent both on=some message=m key="= k" signal=s parallel nonInterrupting
		start -> some`, map[string]any{"k": "1"})
	c.Do(engine.SetVariables{Variables: map[string]any{"k": nil}})
	c.Message("both", nil)
	for _, sub := range c.In.Subscriptions {
		if sub.Kind == engine.SubscriptionSignal {
			c.Do(engine.CorrelateSignal{Subscription: sub.ID})
		}
	}
	require.Equal(t, "both", c.In.Incidents[0].Element)
	c.Complete("a", nil)
	c.Complete("b", nil)
	c.Completed()
}

// A complex gateway whose reset fails goes on with its reset, and then with what has come meanwhile (§13.4.5).
func TestAComplexGatewayWhoseResetFails(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		serviceTask a type=a
		serviceTask b type=b
		serviceTask c type=c
		exclusiveGateway merge
		complexGateway g activation="activationCount >= 1"
		task out
		start -> fork -> a -> merge -> g
		fork -> b -> g
		fork -> c -> merge
		g -> out : n > 0`, map[string]any{"n": int64(1)})
	c.Complete("a", nil)
	c.Do(engine.SetVariables{Variables: map[string]any{"n": "text"}})
	c.Complete("b", nil)
	require.Equal(t, engine.IncidentExpression, c.In.Incidents[0].Kind)
	c.Complete("c", nil)
	c.Do(engine.SetVariables{Variables: map[string]any{"n": int64(1)}})
	c.Resolve()
	c.Completed()
	require.Equal(t, 3, strings.Count(c.Path(), "out"))
}

// §10.5.4: the first trigger of a multiple event wins, and the others wait no longer, also where the event cannot leave: another one must
// not touch its incident.
func TestAnEventThatCannotLeaveHasHappened(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		intermediateCatchEvent e condition="x > 0" condition="y > 0" out:z="= 1 + more"
		endEvent end
		start -> e -> end`, map[string]any{"x": int64(0), "y": int64(0)})
	c.Do(engine.SetVariables{Variables: map[string]any{"x": int64(1)}})
	require.Len(t, c.In.Incidents, 1)
	require.Empty(t, c.In.Subscriptions)
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"more": int64(1), "y": int64(1)}})
	c.Completed()
	require.Equal(t, int64(2), c.Variables()["z"])
}
