package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// The incident of a job without retries goes with the job, also when the job ends in another incident: an error that nothing
// catches, or an output mapping that fails.
func TestTheIncidentOfAJobGoesWithTheJob(t *testing.T) {
	const model = `
		startEvent start
		serviceTask a type=a out:z="= x + 1"
		start -> a`
	c := enginetest.Start(t, model, map[string]any{"x": "text"})
	c.Do(engine.FailJob{Subscription: c.Subscription("a").ID, Text: "no"})
	c.Throw("a", "E1")
	require.Equal(t, engine.IncidentUnhandledError, c.In.Incidents[0].Kind)
	c.Resolve()
	c.Do(engine.FailJob{Subscription: c.Subscription("a").ID, Text: "no"})
	c.Complete("a", nil)
	require.Equal(t, engine.IncidentMapping, c.In.Incidents[0].Kind)
	c.Do(engine.SetVariables{Variables: map[string]any{"x": int64(1)}})
	c.Resolve()
	c.Completed()
}

// A receive task after an event-based gateway begins its work when its message comes; it cannot have a marker, for it could not
// wait for several.
func TestLoopingReceiveTaskAfterAnEventBasedGatewayIsRefused(t *testing.T) {
	_, err := engine.Compile(enginetest.Model(`
		startEvent start
		eventBasedGateway g
		receiveTask a message=m key=k times="= 2"
		intermediateCatchEvent b message=n key=k
		start -> g -> a
		g -> b`))
	require.ErrorContains(t, err, "cannot be repeated")
	_, err = engine.Compile(enginetest.Model(`
		receiveTask a message=m instantiate times="= 2"
		endEvent end
		a -> end`))
	require.ErrorContains(t, err, "cannot be repeated")
}

// §13.4.5: when a complex gateway resets, the default flow gets a token if no condition holds, as at its activation.
func TestComplexGatewayTakesItsDefaultFlowAtTheReset(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		serviceTask a type=a
		serviceTask b type=b
		complexGateway g activation="activationCount >= 1"
		serviceTask first type=first
		serviceTask late type=late
		start -> fork -> a -> g
		fork -> b -> g
		g -> first : waitingForStart
		g -> late : default`, nil)
	c.Complete("a", nil)
	require.Equal(t, []string{"b", "first"}, c.Waiting())
	c.Complete("b", nil)
	require.Equal(t, []string{"first", "late"}, c.Waiting())
}

// §13.4.5: a token that can still come to a flow which was part of the activation does not hold the reset back, by the second
// half of the rule of inclusive joins.
func TestComplexGatewayResetsBesideATokenForAFlowOfItsActivation(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		serviceTask a type=a
		exclusiveGateway either
		exclusiveGateway x
		exclusiveGateway y
		complexGateway g activation="activationCount >= 1"
		endEvent end
		start -> fork -> x -> g
		fork -> a -> either
		either -> x : n == 1
		either -> y : default
		y -> g
		g -> end : waitingForStart`, map[string]any{"n": int64(1)})
	require.Equal(t, []string{"a"}, c.Waiting())
	require.Empty(t, c.In.Scopes[0].Resetting, "what waits in a may also come to the flow that was part of the activation")
	c.Complete("a", nil)
	c.Completed()
	require.Equal(t, "start fork x a g end either x g end", c.Path())
}
