package runner_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// rows counts the rows of a table.
func (w *world) rows(table runner.Table) (n int) {
	w.t.Helper()
	require.NoError(w.t, w.store.View(func(tx runner.ReadTx) error {
		tx.Ascend(table, nil, func(_, _ []byte) bool { n++; return true })
		return nil
	}))
	return n
}

// What has ended is forgotten when its time is over, with everything that belongs to it, and not before; what its caller may
// still ask for stays.
func TestRetention(t *testing.T) {
	w := newWorld(t, func(w *world) { w.opts.HistoryTTL = time.Hour })
	w.install(labour, model("quick", start, end, "start -> end"),
		model("caller", start, call("call", "quick", ""), work("task", "labour"), end, "start -> call -> task -> end"))
	w.launch("quick", map[string]any{"text": string(make([]byte, 2000))})
	caller := w.launch("caller", nil)
	require.Len(t, w.search(runner.Filter{ProcessID: "quick"}), 2)
	require.Equal(t, []time.Time{begin.Add(time.Hour + time.Minute)}, w.waiting(), "it does not look before there is something to do")
	w.advance(time.Hour)
	require.Len(t, w.search(runner.Filter{ProcessID: "quick"}), 2)
	w.advance(time.Minute)
	require.Len(t, w.search(runner.Filter{ProcessID: "quick"}), 1, "that which was called stays with its caller")
	require.NoError(t, runner.Check(w.store))

	require.NoError(t, w.r.CompleteJob(w.ctx, caller, engine.CompleteJob{Subscription: w.subscription(caller, "task").ID}))
	w.restart()
	w.advance(3 * time.Hour)
	require.Empty(t, w.search(runner.Filter{}))
	for _, table := range []runner.Table{"instances", "history", "variables", "ended", "by-parent", "by-definition"} {
		require.Zero(t, w.rows(table), table)
	}
	require.Empty(t, w.waiting())
	_, _, err := w.r.Instance(caller)
	rejected(t, err, engine.CodeNotFound, "no process instance")
}

// An instance with a long history goes in slices, and others are served between them.
func TestRetentionInSlices(t *testing.T) {
	w := newWorld(t, func(w *world) { w.opts.HistoryTTL = time.Hour })
	w.install(labour)
	key := w.launch("labour", nil)
	sub := w.subscription(key, "task").ID
	for range 2500 {
		require.NoError(t, w.r.FailJob(w.ctx, key, engine.FailJob{Subscription: sub, Retries: 3}))
	}
	require.NoError(t, w.r.Cancel(w.ctx, key))
	rows := w.rows("history")
	w.advance(time.Hour + time.Minute)
	for w.rows("instances") > 0 {
		w.sync()
	}
	require.Greater(t, rows, 2500)
	require.Zero(t, w.rows("history"))
}

// Without a time, everything stays.
func TestNoRetention(t *testing.T) {
	w := newWorld(t)
	w.install(model("quick", start, end, "start -> end"))
	w.launch("quick", nil)
	require.Empty(t, w.waiting())
	w.advance(10 * 365 * 24 * time.Hour)
	require.Len(t, w.search(runner.Filter{}), 1)
}
