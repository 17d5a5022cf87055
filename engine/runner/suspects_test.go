package runner_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// marker is a [runner.Marker] that a test can read and set.
type marker struct {
	marks  []uint64
	marked uint64
}

func (m *marker) Mark(work uint64) { m.marks = append(m.marks, work) }
func (m *marker) Marked() uint64   { return m.marked }

// dies ends the runner as if its process had died at the given work, and starts it again.
func (w *world) dies(m *marker, at uint64) {
	w.t.Helper()
	w.stop()
	m.marked = at
	w.start()
}

// An instance at which a process crashed is set aside when the next one starts, and everything else goes on; an operator can
// release it.
func TestCrashAtAnInstance(t *testing.T) {
	m := &marker{}
	w := newWorld(t, func(w *world) { w.opts.Marker, w.opts.Crashed = m, true })
	w.install(labour, model("slow", start, timer("wait", "PT1M"), work("task", "labour"), end, "start -> wait -> task -> end"))
	poison, good := w.launch("slow", nil), w.launch("slow", nil)
	require.Contains(t, m.marks, uint64(poison))
	require.Zero(t, m.marks[len(m.marks)-1], "nothing is worked on any more")

	w.dies(m, uint64(poison))
	m.marked = 0
	w.advance(time.Minute)
	_, info, err := w.r.Instance(poison)
	require.NoError(t, err)
	require.Contains(t, info.Resting, "set aside")
	require.NotEmpty(t, w.subscription(poison, "wait"))
	require.NotEmpty(t, w.subscription(good, "task"), "the other went on")
	touch := func() error {
		return w.r.SetVariables(w.ctx, poison, engine.SetVariables{Variables: map[string]any{"a": true}})
	}
	rejected(t, touch(), engine.CodeState, "release it to try again, or cancel it")
	require.Empty(t, w.waiting(), "nothing is tried again and again")

	w.restart()
	rejected(t, touch(), engine.CodeState, "release it to try again, or cancel it")
	rejected(t, w.r.Release(w.ctx, good), engine.CodeState, "not set aside")
	rejected(t, w.r.Release(w.ctx, 1), engine.CodeNotFound, "no process instance")
	require.NoError(t, w.r.Release(w.ctx, poison))
	w.await(func(e runner.Entry) bool { // what was due is done, although nothing else happens
		_, opened := e.Event.(engine.SubscriptionOpened)
		return opened && e.Instance == poison
	})
	require.NotEmpty(t, w.subscription(poison, "task"))
	w.restart()
	require.NoError(t, w.r.Cancel(w.ctx, poison))
}

// What came for an instance while it was set aside is kept for it. Who does not want to try it again cancels it.
func TestMessagesForAnInstanceThatIsSetAside(t *testing.T) {
	m := &marker{}
	w := newWorld(t, func(w *world) { w.opts.Marker, w.opts.Crashed = m, true })
	w.install(model("asker", start, catch("hear", "m"), catch("more", "m"), end, message("m", "answer", ""), "start -> hear -> more -> end"))
	poison, other := w.launch("asker", nil), w.launch("asker", nil)
	w.dies(m, uint64(poison))
	m.marked = 0
	w.send("answer", "1", map[string]any{"kogitoprocrefid": poison.String()}, map[string]any{})
	w.send("answer", "2", map[string]any{"kogitoprocrefid": poison.String()}, map[string]any{})
	w.send("answer", "3", map[string]any{"kogitoprocrefid": other.String()}, map[string]any{})
	require.NotEmpty(t, w.subscription(poison, "hear"))
	require.NotEmpty(t, w.subscription(other, "more"))
	require.NoError(t, w.r.Release(w.ctx, poison))
	require.Equal(t, engine.StateCompleted, w.instance(poison).State)
	require.Empty(t, w.letters())

	w.dies(m, uint64(other))
	m.marked = 0
	require.NoError(t, w.r.Cancel(w.ctx, other))
	require.Equal(t, engine.StateTerminated, w.instance(other).State)
	w.restart()
	require.Zero(t, w.rows("suspects"))
}

// A process that was killed from outside blames nobody, unless it happens at the same instance again and again.
func TestDeathsAtAnInstance(t *testing.T) {
	m := &marker{}
	w := newWorld(t, func(w *world) { w.opts.Marker = m })
	w.install(labour)
	key := w.launch("labour", nil)
	two := 2
	touch := func() error {
		return w.r.UpdateJob(w.ctx, key, engine.UpdateJob{Subscription: w.subscription(key, "task").ID, Retries: &two})
	}
	w.dies(m, uint64(key))
	w.dies(m, uint64(key))
	require.NoError(t, touch(), "it is past what it may have died of")
	w.dies(m, uint64(key))
	w.dies(m, uint64(key))
	w.dies(m, uint64(key))
	rejected(t, touch(), engine.CodeState, "3 times")
	w.dies(m, 12345) // of an instance that never became durable
}

// A record at which processes crash becomes a dead letter.
func TestCrashAtARecord(t *testing.T) {
	m := &marker{}
	w := newWorld(t, func(w *world) { w.opts.Marker, w.opts.Crashed = m, true })
	w.install(model("starter", startOn("start", "m"), end, message("m", "order", ""), "start -> end"))
	record := event("1", nil, nil)
	record.Topic, record.TopicID, record.Offset = "order", "t", 3
	m.marks = nil
	require.NoError(t, w.r.Receive(w.ctx, []runner.Incoming{record}))
	require.Len(t, w.search(runner.Filter{}), 1)
	work := m.marks[0]
	require.Equal(t, []uint64{work, 0}, m.marks, "that which it starts is not to blame")

	w = newWorld(t, func(w *world) { w.opts.Marker, w.opts.Crashed = m, true })
	w.install(model("starter", startOn("start", "m"), end, message("m", "order", ""), "start -> end"))
	w.dies(m, work)
	m.marked = 0
	other := record
	other.Offset, other.ID = 4, "2"
	require.NoError(t, w.r.Receive(w.ctx, []runner.Incoming{record, other}))
	require.Len(t, w.search(runner.Filter{}), 1)
	letter := w.letter()
	require.Equal(t, runner.CauseFailed, letter.Cause)
	require.Contains(t, letter.Reason, "set aside")
	require.NoError(t, w.retry(letter.Key), "an operator may try it again")
	require.Len(t, w.search(runner.Filter{}), 2)
}
