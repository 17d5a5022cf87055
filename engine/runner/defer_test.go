package runner_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// The stories of the crash tests come to the same end when no snapshot is up to date.
func TestCrashWithOldSnapshots(t *testing.T) {
	defer runner.DeferSnapshots(1)()
	t.Run("updates", TestCrashAtEachUpdate)
	t.Run("publishes", TestCrashAtEachPublish)
	t.Run("bolt", TestStoryWithBolt)
	t.Run("panics", TestPanicOfARecord)
}

// snapshot is the stored one of the newest instance.
func (w *world) snapshot() []byte {
	var row []byte
	require.NoError(w.t, w.store.View(func(tx runner.ReadTx) error {
		tx.Descend("instances", nil, func(_, value []byte) bool {
			row = bytes.Clone(value)
			return false
		})
		return nil
	}))
	return row
}

// The snapshot of a large instance is written now and then, and not for each small step; what was read again after a restart is what
// it was, at any moment between two snapshots; what lists show is always up to date; and nothing is left when it has ended.
func TestOldSnapshots(t *testing.T) {
	defer runner.DeferSnapshots(100)()
	w := newWorld(t)
	w.install(model("q", start, work("one", "two"), work("last", "two"), end, "start -> one -> last -> end"))
	key := w.launch("q", map[string]any{"keep": strings.Repeat("x", 3000), "list": make([]any, 300)})
	written := 0
	last := w.snapshot()
	for i := range 200 {
		require.NoError(t, w.r.SetVariables(w.ctx, key, engine.SetVariables{Variables: map[string]any{"n": int64(i)}}))
		if now := w.snapshot(); !bytes.Equal(last, now) {
			written++
			last = now
		}
		if i%7 == 0 {
			before := w.instance(key)
			w.restart()
			require.Equal(t, before, w.instance(key))
			require.EqualValues(t, i, w.instance(key).Scopes[0].Variables["n"])
		}
	}
	require.Equal(t, int64(199), w.variables(key)["n"])
	job := w.subscription(key, "one").ID
	require.NoError(t, w.r.FailJob(w.ctx, key, engine.FailJob{Subscription: job, Text: "no"}))
	yes := true
	require.Len(t, w.search(runner.Filter{HasIncident: &yes}), 1)
	require.NoError(t, w.r.ResolveIncident(w.ctx, key, engine.ResolveIncident{Incident: w.instance(key).Incidents[0].ID}))
	require.Empty(t, w.search(runner.Filter{HasIncident: &yes}))
	for _, element := range []string{"one", "last"} {
		w.restart()
		require.NoError(t, w.r.CompleteJob(w.ctx, key, engine.CompleteJob{Subscription: w.subscription(key, element).ID}))
	}
	require.Equal(t, engine.StateCompleted, w.search(runner.Filter{})[0].State)
	require.Zero(t, w.rows("tails"))
	history, err := w.r.History(key, 0, 10_000)
	require.NoError(t, err)
	require.Equal(t, w.instance(key), engine.Replay(nil, events(history)))
	require.Positive(t, written)
	require.Less(t, written, 120, "of 200 steps")
}

func events(entries []runner.Entry) []engine.Event {
	list := make([]engine.Event, len(entries))
	for i, e := range entries {
		list[i] = e.Event
	}
	return list
}
