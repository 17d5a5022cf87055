package runner_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// A call activity starts an instance of its own, with parent and root, and goes on with its variables when that has ended.
func TestCall(t *testing.T) {
	w := newWorld(t)
	w.install(model("parent", start, call("call", "child", ""), end, "start -> call -> end"),
		model("child", start, call("call", "grandchild", ""), end, "start -> call -> end"),
		model("grandchild", start, work("job", "j"), end, "start -> job -> end"))
	key := w.launch("parent", map[string]any{"n": int64(1)})
	child, grandchild := w.instance(w.only("child")), w.instance(w.only("grandchild"))
	require.Equal(t, key, child.Parent.Key)
	require.Equal(t, child.Key, grandchild.Parent.Key)
	require.Equal(t, key, grandchild.RootKey)
	require.Equal(t, "parent", grandchild.RootProcessID)
	require.Equal(t, []engine.Key{child.Key}, keysOf(w.search(runner.Filter{ParentKey: key})))

	job := w.subscription(grandchild.Key, "job").ID
	require.NoError(t, w.r.CompleteJob(w.ctx, grandchild.Key, engine.CompleteJob{Subscription: job, Variables: map[string]any{"m": int64(2)}}))
	require.Equal(t, engine.StateCompleted, w.instance(key).State)
	require.Equal(t, map[string]any{"n": int64(1), "m": int64(2)}, w.variables(key))
	rejected(t, w.r.CompleteJob(w.ctx, grandchild.Key, engine.CompleteJob{Subscription: job}), engine.CodeState, "has ended")
	rejected(t, w.r.CompleteJob(w.ctx, 1, engine.CompleteJob{}), engine.CodeNotFound, "no process instance 1")
}

func keysOf(items []runner.InstanceInfo) []engine.Key {
	var keys []engine.Key
	for _, item := range items {
		keys = append(keys, item.Key)
	}
	return keys
}

// Cancelling an instance cancels everything that it called, in one batch.
func TestCancelCascade(t *testing.T) {
	w := newWorld(t)
	w.install(model("parent", start, `<parallelGateway id="fork"/>`, call("a", "child", ""), call("b", "child", ""),
		"start -> fork -> a", "fork -> b"),
		model("child", start, call("call", "grandchild", ""), "start -> call"),
		model("grandchild", start, `<eventBasedGateway id="g"/>`, timer("t", "PT1H"), catch("c", "m"), message("m", "x", "=k"), "start -> g -> t", "g -> c"))
	key := w.launch("parent", map[string]any{"k": "K"})
	require.Len(t, w.search(runner.Filter{State: engine.StateActive}), 5)
	require.Len(t, w.waiting(), 1)

	before := w.search(runner.Filter{})
	require.NoError(t, w.r.Cancel(w.ctx, key))
	for _, item := range before {
		in := w.instance(item.Key)
		require.Equal(t, engine.StateTerminated, in.State)
		require.Equal(t, begin, in.EndedAt)
		require.Empty(t, in.Subscriptions)
	}
	require.Empty(t, w.waiting(), "no timer is left")
	rejected(t, w.r.Cancel(w.ctx, key), engine.CodeState, "has ended (TERMINATED)")
	rejected(t, w.r.Cancel(w.ctx, 12345), engine.CodeNotFound, "no process instance 12345")
}

// A boundary event that interrupts a call activity cancels what it called; cancelling what was called is an incident of the
// caller.
func TestInterruptedCalls(t *testing.T) {
	w := newWorld(t)
	w.install(model("parent", start, call("call", "child", ""), end,
		`<boundaryEvent id="late" attachedToRef="call"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>`,
		`<endEvent id="tooLate"/>`, "start -> call -> end", "late -> tooLate"),
		model("child", start, work("job", "j"), "start -> job"))
	key := w.launch("parent", nil)
	child := w.only("child")
	w.advance(59 * 60e9)
	require.Equal(t, engine.StateActive, w.instance(child).State)
	w.advance(60e9)
	require.Equal(t, engine.StateTerminated, w.instance(child).State)
	require.Equal(t, engine.StateCompleted, w.instance(key).State)

	key = w.launch("parent", nil)
	child = keysOf(w.search(runner.Filter{ParentKey: key}))[0]
	require.NoError(t, w.r.Cancel(w.ctx, child))
	in := w.instance(key)
	require.Len(t, in.Incidents, 1)
	require.Contains(t, in.Incidents[0].Text, "cancelled")
	yes := true
	require.Equal(t, []engine.Key{key}, keysOf(w.search(runner.Filter{HasIncident: &yes})))
	require.NoError(t, w.r.ResolveIncident(w.ctx, key, engine.ResolveIncident{Incident: in.Incidents[0].ID}))
	require.Len(t, w.search(runner.Filter{ParentKey: key, State: engine.StateActive}), 1, "it is called again")
}

// What cannot be called is an incident that says why, and nothing else is harmed.
func TestUncallable(t *testing.T) {
	for text, called := range map[string]string{
		`no process "nowhere" is deployed`:                                       call("call", "nowhere", ""),
		`no version of process "child" that is deployed has the version tag "9"`: call("call", "child", `bindingType="versionTag" versionTag="9"`),
		`no process "child" was deployed together with the caller`:               call("call", "child", `bindingType="deployment"`),
		`has no none start event`:                                                call("call", "byMessage", ""),
		`calls are nested more than 64 deep; does a process call itself?`:        call("call", "parent", ""),
	} {
		w := newWorld(t)
		w.install(model("child", start, end, "start -> end"), model("byMessage", startOn("start", "m"), end, message("m", "x", ""), "start -> end"))
		w.install(model("parent", start, called, end, "start -> call -> end"))
		w.launch("parent", nil)
		yes := true
		failed := w.search(runner.Filter{HasIncident: &yes})
		require.Len(t, failed, 1, text)
		require.Contains(t, w.instance(failed[0].Key).Incidents[0].Text, text)
	}
}

// The binding of a call activity says which version is called.
func TestBinding(t *testing.T) {
	child := func(tag string) runner.Resource {
		return model("child", fmt.Sprintf(`<extensionElements><zeebe:versionTag value=%q/></extensionElements>`, tag), start, work("job", "j"), end, "start -> job -> end")
	}
	w := newWorld(t)
	w.install(child("one"), model("same", start, call("call", "child", `bindingType="deployment"`), end, "start -> call -> end"))
	w.install(model("tagged", start, call("call", "child", `bindingType="versionTag" versionTag="one"`), end, "start -> call -> end"),
		model("newest", start, call("call", "child", ""), end, "start -> call -> end"))
	w.install(child("two"))
	w.restart()
	for process, want := range map[string]int{"same": 1, "tagged": 1, "newest": 2} {
		parent := w.launch(process, nil)
		called := w.search(runner.Filter{ParentKey: parent})
		require.Len(t, called, 1)
		require.Equal(t, want, called[0].Version, process)
	}
	// A deployment that leaves the called process as it is binds to that.
	w.install(child("two"), model("same", start, call("call", "child", `bindingType="deployment"`), task, end, "start -> call -> task -> end"))
	called := w.search(runner.Filter{ParentKey: w.launch("same", nil)})
	require.Equal(t, 2, called[0].Version)
}

// A detached call goes on at once; what it called lives on alone.
func TestDetachedCall(t *testing.T) {
	detached := `<callActivity id="call"><extensionElements><zeebe:calledElement processId="child"/><zeebe:properties><zeebe:property name="waitForCompletion" value="false"/></zeebe:properties></extensionElements></callActivity>`
	w := newWorld(t)
	w.install(model("parent", start, detached, end, "start -> call -> end"), model("child", start, work("job", "j"), end, "start -> job -> end"))
	info, err := w.r.Start(w.ctx, runner.Start{ProcessID: "parent"})
	require.NoError(t, err)
	require.Equal(t, engine.StateCompleted, info.State, "the answer tells what is durable")
	child := w.instance(w.only("child"))
	require.Equal(t, info.Key, child.Parent.Key)
	require.Zero(t, child.Parent.Subscription, "nobody waits for it")
	require.NoError(t, w.r.CompleteJob(w.ctx, child.Key, engine.CompleteJob{Subscription: w.subscription(child.Key, "job").ID}))
	require.Equal(t, engine.StateCompleted, w.instance(child.Key).State)
}

// A signal reaches everything that waits for it and starts what starts with it, the thrower's own instance included.
func TestSignal(t *testing.T) {
	catching := `<intermediateCatchEvent id="wait"><signalEventDefinition signalRef="s"/></intermediateCatchEvent>`
	throwing := `<intermediateThrowEvent id="throw"><signalEventDefinition signalRef="s"/></intermediateThrowEvent>`
	sig := `<signal id="s" name="alarm"/>`
	w := newWorld(t)
	w.install(model("hears", start, catching, end, sig, "start -> wait -> end"),
		model("begins", `<startEvent id="start"><signalEventDefinition signalRef="s"/></startEvent>`, end, sig, "start -> end"),
		model("cries", start, `<parallelGateway id="fork"/>`, throwing, catching, sig, "start -> fork -> wait", "fork -> throw"))
	a, b := w.launch("hears", nil), w.launch("hears", nil)
	crier := w.launch("cries", nil)
	for _, key := range []engine.Key{a, b, crier} {
		require.Equal(t, engine.StateCompleted, w.instance(key).State)
	}
	require.Len(t, w.search(runner.Filter{ProcessID: "begins"}), 1)
}

// Processes that set each other off for ever are stopped.
func TestEndlessSignals(t *testing.T) {
	w := newWorld(t)
	w.install(model("echo", `<startEvent id="start"><signalEventDefinition signalRef="s"/></startEvent>`,
		`<endEvent id="end"><signalEventDefinition signalRef="s"/></endEvent>`, `<signal id="s" name="alarm"/>`, "start -> end"),
		model("cries", start, `<endEvent id="end"><signalEventDefinition signalRef="s"/></endEvent>`, `<signal id="s" name="alarm"/>`, "start -> end"))
	w.launch("cries", nil)
	require.Len(t, w.search(runner.Filter{ProcessID: "echo"}), 64)
	require.Contains(t, w.logs.String(), "a signal starts instances that throw it again")
}
