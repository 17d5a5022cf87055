package engine_test

import (
	"testing"
	"time"

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
	require.ErrorContains(t, start(map[string]any{"degrees": "many"}), `the condition of the start event "hot" (hot): a text cannot be compared`)
	require.Error(t, start(nil))
}

// §10.5.2: a parallel multiple start event needs all of its triggers. The first makes the instance, which waits for the others in the
// event; what they bring reaches the process when all have come.
func TestParallelMultipleStart(t *testing.T) {
	const model = `
		startEvent all message=plans key="= house" message=permits key="= house" signal=go timeDuration=PT1H parallel
		serviceTask build type=build
		all -> build`
	require.Equal(t, []engine.Start{
		{Element: "all", Kind: engine.StartMessage, Name: "plans", Gathers: true},
		{Element: "all", Kind: engine.StartMessage, Name: "permits", Gathers: true},
		{Element: "all", Kind: engine.StartSignal, Name: "go", Gathers: true},
	}, enginetest.Compile(t, model).Starts(), "a tick of a timer makes no instance where something else can")

	c := enginetest.StartWith(t, model, engine.StartInstance{Key: 1, Element: "all", Message: &engine.Message{Name: "permits", Data: map[string]any{"house": "h1"}}})
	require.Len(t, c.In.Subscriptions, 3)
	require.Equal(t, "h1", c.In.Subscriptions[0].Key, "the first message's data are there for the other keys")
	require.Empty(t, c.Variables())
	c.Advance(time.Hour)
	c.Do(engine.CorrelateSignal{Subscription: c.In.Subscriptions[1].ID, Variables: map[string]any{"by": "mayor"}})
	require.Empty(t, c.Variables())
	require.Equal(t, []string{"all"}, c.Waiting())
	c.Message("all", map[string]any{"floors": int64(2)})
	require.Equal(t, []string{"build"}, c.Waiting())
	require.Equal(t, map[string]any{"house": "h1", "by": "mayor", "floors": int64(2)}, c.Variables())
	require.Len(t, c.In.Scopes, 1)
	c.Complete("build", nil)
	c.Completed()
}

// What comes first may know nothing that correlates the others: then any message of the name is taken, and its data give the key of the
// next one.
func TestParallelMultipleStartLearnsItsKeys(t *testing.T) {
	c := enginetest.StartWith(t, `
		startEvent all signal=go message=plans key="= house" message=permits key="= house" parallel
		task build
		all -> build`, engine.StartInstance{Key: 1, Element: "all", Signal: "go"})
	require.True(t, c.In.Subscriptions[0].Any)
	require.True(t, c.In.Subscriptions[1].Any)
	c.Message("all", map[string]any{"house": "h1"})
	require.Len(t, c.In.Subscriptions, 1)
	require.False(t, c.In.Subscriptions[0].Any)
	require.Equal(t, "h1", c.In.Subscriptions[0].Key)
	c.Message("all", nil)
	c.Completed()
}

// Outputs are mapped once, from what all triggers have brought together.
func TestParallelMultipleStartMapsOutputs(t *testing.T) {
	c := enginetest.StartWith(t, `
		startEvent all message=a key=k signal=s parallel out:sum="= x + y"
		serviceTask build type=build
		all -> build`, engine.StartInstance{Key: 1, Element: "all", Signal: "s", Variables: map[string]any{"x": int64(1)}})
	require.Empty(t, c.Variables())
	c.Message("all", map[string]any{"y": int64(2)})
	require.Equal(t, map[string]any{"sum": int64(3)}, c.Variables())
}

// A condition among the triggers is about what the others have brought, and stays met once it was.
func TestParallelMultipleStartWithACondition(t *testing.T) {
	const model = `
		startEvent all message=a key=k message=b key=k condition="degrees > 60" parallel
		task build
		all -> build`
	hot := func(degrees int64) map[string]any { return map[string]any{"degrees": degrees} }
	c := enginetest.StartWith(t, model, engine.StartInstance{Key: 1, Element: "all", Message: &engine.Message{Name: "a", Data: hot(61)}})
	require.Len(t, c.In.Subscriptions, 1)
	c.Message("all", hot(1))
	c.Completed()

	c = enginetest.StartWith(t, model, engine.StartInstance{Key: 1, Element: "all", Message: &engine.Message{Name: "a", Data: hot(1)}})
	require.Len(t, c.In.Subscriptions, 2)
	c.Message("all", hot(60))
	require.Len(t, c.In.Subscriptions, 1)
	c.Do(engine.SetVariables{Scope: c.In.Scopes[1].ID, Variables: hot(61)})
	c.Completed()
}

// Where there is no message and no signal the first timer makes the instance, and the others are awaited in it.
func TestParallelMultipleStartWithoutMessage(t *testing.T) {
	const timers = `
		startEvent all timeDate=2026-01-01T00:00:00Z timeDuration=PT1H parallel
		task build
		all -> build`
	require.Equal(t, []engine.Start{{Element: "all", Kind: engine.StartTimer, Gathers: true}}, enginetest.Compile(t, timers).Starts())
	c := enginetest.StartWith(t, timers, engine.StartInstance{Key: 1, Element: "all"})
	require.Len(t, c.In.Subscriptions, 1)
	c.Advance(time.Hour)
	c.Completed()

	const conditions = `
		startEvent all condition="x > 1" condition="y > 1" parallel
		task build
		all -> build`
	p := enginetest.Compile(t, conditions)
	require.Equal(t, []engine.Start{{Element: "all", Kind: engine.StartConditional, Gathers: true}}, p.Starts())
	_, err := engine.Step(p, nil, enginetest.Epoch, engine.StartInstance{Key: 1, Element: "all", Variables: map[string]any{"x": int64(2), "y": int64(1)}})
	require.ErrorContains(t, err, "does not hold")
	enginetest.StartWith(t, conditions, engine.StartInstance{Key: 1, Element: "all", Variables: map[string]any{"x": int64(2), "y": int64(2)}}).Completed()
}

// The event sub-processes of a process wait from when its start event is left: their correlation keys may be in what it has brought,
// and before that nothing is there that they could end (§10.5.2, §13.5.4).
func TestEventSubProcessesWaitForWhatTheStartBrings(t *testing.T) {
	const model = `
		startEvent begin message=orders key="= order" %s
		serviceTask build type=build
		begin -> build
		subProcess stop event {
			startEvent stopped message=stops key="= order"
			endEvent over
			stopped -> over
		}`
	start := engine.StartInstance{Key: 1, Element: "begin", Message: &engine.Message{Name: "orders", Data: map[string]any{"order": "o1"}}}
	c := enginetest.StartWith(t, sprintf(model, ""), start)
	require.Equal(t, "o1", c.Subscription("stopped").Key)

	c = enginetest.StartWith(t, sprintf(model, "signal=go parallel"), start)
	require.Equal(t, []string{"begin"}, c.Waiting())
	c.Do(engine.CorrelateSignal{Subscription: c.In.Subscriptions[0].ID})
	require.Equal(t, "o1", c.Subscription("stopped").Key)
	c.Message("stopped", nil)
	c.Completed()

	// A key that is missing is an incident of the start event, which an operator can mend.
	c = enginetest.StartWith(t, sprintf(model, ""), engine.StartInstance{Key: 1, Element: "begin", Message: &engine.Message{Name: "orders"}})
	require.Len(t, c.In.Incidents, 1)
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"order": "o2"}})
	require.Equal(t, "o2", c.Subscription("stopped").Key)
	require.Contains(t, c.Waiting(), "build")
}

// Somebody who starts the instance by hand stands for all triggers; one whose times cannot be computed is not started.
func TestParallelMultipleStartByHand(t *testing.T) {
	const model = `
		startEvent all message=a key=k timeDuration="= wait" parallel
		task build
		all -> build`
	enginetest.StartWith(t, model, engine.StartInstance{Key: 1, Element: "all"}).Completed()
	_, err := engine.Step(enginetest.Compile(t, model), nil, enginetest.Epoch, engine.StartInstance{Key: 1, Element: "all", Message: &engine.Message{Name: "a"}})
	require.ErrorContains(t, err, "cannot start")
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
