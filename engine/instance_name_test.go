package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// The instance has a name that FEEL's grammar allows too, so that a modeler which checks FEEL finds nothing wrong with a
// diagram that uses it. A variable of that name hides it, as it hides the other.
func TestTheInstanceUnderTheNameThatFEELAllows(t *testing.T) {
	c := enginetest.StartWith(t, `
		startEvent start message=order property:businessKey="= processInstance.processId"
		endEvent done message=done type=kafka:publish header:topic=done in:id="= processInstance.key" in:same="= processInstance.key == instance.key"
		start -> done`, engine.StartInstance{Key: 7, Element: "start", Message: &engine.Message{Name: "order"}})
	c.Completed()
	require.Equal(t, c.In.ProcessID, c.In.BusinessKey)
	require.Equal(t, map[string]any{"id": "7", "same": true}, c.Effects[0].(engine.PublishMessage).Data)
}
