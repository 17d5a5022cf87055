package runner_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// countdown starts itself by a message, again and again, until n is 0.
func countdown() runner.Resource {
	return model("countdown", startOn("start", "m"), `<exclusiveGateway id="more" default="flow3"/>`, publish("again", "count", "=n - 1>n"), end,
		message("m", "count", ""), "start -> more",
		`<sequenceFlow id="go" sourceRef="more" targetRef="again"><conditionExpression>=n &gt; 0</conditionExpression></sequenceFlow>`,
		"again -> end", "more -> end")
}

// A settled runner has sent everything, and everything that came of it has happened.
func TestSettled(t *testing.T) {
	var seen []runner.Entry
	w := newWorld(t, func(w *world) { w.opts.Observe = func(entries []runner.Entry) { seen = append(seen, entries...) } })
	w.install(countdown())
	for range 20 {
		seen = seen[:0]
		w.send("count", uuid.NewString(), nil, map[string]any{"n": int64(9)})
		require.NoError(t, w.r.Settled(w.ctx))
		ended := 0
		for i, e := range seen {
			if _, ok := e.Event.(engine.InstanceEnded); ok {
				ended++
			}
			require.True(t, i == 0 || seen[i-1].Seq < e.Seq, "in their order")
		}
		require.Equal(t, 10, ended)
		require.Zero(t, w.r.Outbox())
	}
}

// Timers that are due belong to what must be done first; those that are not do not.
func TestSettledAfterTimers(t *testing.T) {
	w := newWorld(t)
	w.install(model("slow", start, timer("wait", "PT1H"), timer("again", "PT0S"), timer("long", "P1D"), end, "start -> wait -> again -> long -> end"))
	key := w.launch("slow", nil)
	require.NoError(t, w.r.Settled(w.ctx))
	due, err := w.r.NextTimer()
	require.NoError(t, err)
	require.Equal(t, begin.Add(time.Hour), due)
	w.clock.Advance(time.Hour)
	require.NoError(t, w.r.Settled(w.ctx))
	require.Equal(t, "long", w.subscription(key, "long").Element)
	due, err = w.r.NextTimer()
	require.NoError(t, err)
	require.Equal(t, begin.Add(25*time.Hour), due)
	w.clock.Advance(24 * time.Hour)
	require.NoError(t, w.r.Settled(w.ctx))
	require.Equal(t, engine.StateCompleted, w.instance(key).State)
	due, err = w.r.NextTimer()
	require.NoError(t, err)
	require.Zero(t, due)
}

// Nobody waits for ever for a runner that has ended, or longer than they want to.
func TestSettledGivesUp(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	require.ErrorIs(t, w.r.Settled(ctx), context.Canceled)
	w.stop()
	require.ErrorIs(t, w.r.Settled(context.Background()), runner.ErrStopped)
}

// A fork goes on from the copy of a store and changes nothing in the store that was copied.
func TestFork(t *testing.T) {
	store := memory.NewStore()
	w := newWorld(t, func(w *world) { w.store, w.opts.ID = store, uuid.NewSHA1(uuid.Nil, []byte("fork")) })
	w.install(countdown())
	var ids []string
	for range 2 {
		copied := store.Copy()
		f := &world{t: t, store: copied, clock: memory.NewClock(begin)}
		f.bus = memory.NewBus(func(ctx context.Context, records []runner.Incoming) error { return f.r.Receive(ctx, records) })
		var err error
		f.r, err = w.r.Fork(copied, runner.Options{Bus: f.bus, Clock: f.clock})
		require.NoError(t, err)
		f.run()
		require.NoError(t, f.r.Settled(f.ctx))
		f.send("count", "1", nil, map[string]any{"n": int64(1)})
		require.NoError(t, f.r.Settled(f.ctx))
		require.Len(t, f.search(runner.Filter{State: engine.StateCompleted}), 2)
		ids = append(ids, f.publishedOn("count")[0].ID)
		f.stop()
	}
	require.Equal(t, ids[0], ids[1], "the id of a message follows from the store, the instance and the event")
	require.Empty(t, w.search(runner.Filter{}))
}

// A signal from outside resumes and starts what waits for it.
func TestBroadcast(t *testing.T) {
	w := newWorld(t)
	const alarm = `<signal id="s" name="alarm"/>`
	w.install(
		model("waits", start, `<intermediateCatchEvent id="wait"><signalEventDefinition signalRef="s"/></intermediateCatchEvent>`, end, alarm, "start -> wait -> end"),
		model("starts", `<startEvent id="start"><signalEventDefinition signalRef="s"/></startEvent>`, end, alarm, "start -> end"))
	key := w.launch("waits", nil)
	require.NoError(t, w.r.Broadcast(w.ctx, "other", nil))
	require.Equal(t, engine.StateActive, w.instance(key).State)
	require.NoError(t, w.r.Broadcast(w.ctx, "alarm", map[string]any{"level": int64(3)}))
	require.Equal(t, engine.StateCompleted, w.instance(key).State)
	require.Equal(t, map[string]any{"level": int64(3)}, w.variables(key))
	require.Equal(t, map[string]any{"level": int64(3)}, w.variables(w.only("starts")))
	rejected(t, w.r.Broadcast(w.ctx, "", nil), engine.CodeInvalid, "name")
}

// An instance can be begun at any start event; without its trigger a timer start event starts nothing by itself if that is
// what was asked for.
func TestStartAtAnElement(t *testing.T) {
	w := newWorld(t, func(w *world) { w.opts.NoStartTimers = true })
	w.install(model("p", startAt("timeDuration", "PT1H"), end, "start -> end"))
	w.advance(2 * time.Hour)
	require.Empty(t, w.search(runner.Filter{}))
	info, err := w.r.Start(w.ctx, runner.Start{ProcessID: "p", Element: "start"})
	require.NoError(t, err)
	require.Equal(t, engine.StateCompleted, info.State)
	_, err = w.r.Start(w.ctx, runner.Start{ProcessID: "p", Element: "end"})
	rejected(t, err, engine.CodeInvalid, "no start event")
}
