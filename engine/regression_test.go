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
