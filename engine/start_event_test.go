package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// §10.5.2: a conditional start event begins an instance when its condition holds; who starts it says by which variables.
func TestConditionalStart(t *testing.T) {
	p := enginetest.Compile(t, `
		startEvent hot condition="degrees > 60"
		task ring
		hot -> ring`)
	require.Equal(t, []engine.Start{{Element: "hot", Kind: engine.StartConditional}}, p.Starts())
	start := func(variables map[string]any) error {
		_, err := engine.Step(p, nil, enginetest.Epoch, engine.StartInstance{Key: 1, Element: "hot", Variables: variables})
		return err
	}
	require.NoError(t, start(map[string]any{"degrees": int64(61)}))
	require.EqualError(t, start(map[string]any{"degrees": int64(60)}), `the condition of the start event "hot" (hot) does not hold`)
	require.Error(t, start(nil))
}

// A process cannot wait for the second of its triggers before there is an instance, so it is refused and not begun by the first.
func TestParallelMultipleStartIsRefused(t *testing.T) {
	_, err := engine.Compile(enginetest.Model(`
		startEvent both message=a key=k signal=s parallel
		task ring
		both -> ring`))
	require.ErrorContains(t, err, engine.CodeTrigger)
	require.ErrorContains(t, err, "event-based gateway")
}

// §10.6.6: the correlation keys of the events that are still awaited may be in what the first message has brought.
func TestSiblingsWaitWithTheFirstMessagesData(t *testing.T) {
	c := enginetest.StartWith(t, `
		eventBasedGateway both instantiate parallel
		intermediateCatchEvent plan message=plans key="= house"
		intermediateCatchEvent permit message=permits key="= house"
		both -> plan
		both -> permit`, engine.StartInstance{Key: 1, Element: "plan", Message: &engine.Message{Name: "plans", Data: map[string]any{"house": "h1"}}})
	require.Equal(t, "h1", c.Subscription("permit").Key)
}
