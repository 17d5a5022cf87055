package runner_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// corrupt changes the stored snapshots so that a step on them panics: they wait at an element that their process does not have.
func (w *world) corrupt(element string) {
	w.t.Helper()
	w.stop()
	require.NoError(w.t, w.store.Update(func(tx runner.Tx) error {
		var number []byte // the rows of instances name elements by the numbers of symbols
		tx.Ascend("symbols", nil, func(key, text []byte) bool {
			if string(text) == element {
				number = bytes.Clone(key)
			}
			return number == nil
		})
		require.NoError(w.t, tx.Put("symbols", number, []byte("GONE")))
		return nil
	}))
	w.start()
}

// A record that makes us panic becomes a dead letter. It leaves no trace, and the others of its batch are dealt with.
func TestPanicOfARecord(t *testing.T) {
	w := newWorld(t)
	w.install(model("bad", start, catch("cracked", "m"), end, message("m", "reply", ""), "start -> cracked -> end"), patient)
	bad := w.launch("bad", nil)
	w.corrupt("cracked")
	good := w.launch("patient", nil)

	records := []runner.Incoming{event("1", ref(bad), nil), event("2", ref(good), nil), event("1", ref(bad), nil)}
	for i := range records {
		records[i].Topic, records[i].Offset = "reply", int64(i)
	}
	require.NoError(t, w.r.Receive(w.ctx, records))
	require.Equal(t, engine.StateCompleted, w.instance(good).State)
	require.Equal(t, engine.StateActive, w.instance(bad).State)
	require.Equal(t, []string{"an internal error stopped it; the log says where"}, w.letters())
	require.Contains(t, w.logs.String(), "panic")
	require.Contains(t, w.logs.String(), bad.String())
	positions, err := w.r.Positions()
	require.NoError(t, err)
	require.EqualValues(t, 3, positions[0].Offset)
	history, err := w.r.History(bad, 0, 0)
	require.NoError(t, err)
	require.IsType(t, engine.SubscriptionOpened{}, history[len(history)-1].Event, "nothing was added")

	// So it is with commands.
	err = w.r.CompleteJob(w.ctx, bad, engine.CompleteJob{})
	require.Error(t, err)
	require.NoError(t, w.r.Cancel(w.ctx, bad))
}

// A timer that makes us panic rests, and its instance's other timers with it; those of other instances fire.
func TestPanicOfATimer(t *testing.T) {
	w := newWorld(t)
	w.install(model("bad", start, timer("cracked", "PT1M"), end, "start -> cracked -> end"))
	bad := w.launch("bad", nil)
	w.corrupt("cracked")
	w.install(model("good", start, timer("wait", "PT2M"), end, "start -> wait -> end"))
	good := w.launch("good", nil)
	w.advance(time.Minute)
	require.Equal(t, []time.Time{begin.Add(2 * time.Minute)}, w.waiting(), "it is not tried again and again")
	w.advance(time.Minute)
	require.Equal(t, engine.StateCompleted, w.instance(good).State)
	_, info, err := w.r.Instance(bad)
	require.NoError(t, err)
	require.Equal(t, engine.StateActive, info.State)
	require.Contains(t, info.Resting, "internal error")
	require.NoError(t, w.r.Ready(), "one bad instance is no reason to stop")

	failures := func() int { return strings.Count(w.logs.String(), "a timer could not fire") }
	require.Equal(t, 1, failures())
	w.restart()
	require.Empty(t, w.waiting(), "nor by the next process")
	_, info, err = w.r.Instance(bad)
	require.NoError(t, err)
	require.Contains(t, info.Resting, "internal error")
	require.NoError(t, w.r.Release(w.ctx, bad))
	w.sync()
	require.Equal(t, 2, failures(), "an operator may try it again")
	require.NoError(t, w.r.Cancel(w.ctx, bad))
	_, info, err = w.r.Instance(bad)
	require.NoError(t, err)
	require.Empty(t, info.Resting)
	w.restart()
	require.Zero(t, w.rows("suspects"))
}

// A store of another format is refused.
func TestForeignFormat(t *testing.T) {
	w := newWorld(t)
	w.stop()
	var ours string
	require.NoError(t, w.store.View(func(tx runner.ReadTx) error {
		ours = string(tx.Get("meta", []byte("format")))
		return nil
	}))
	put := func(format string) {
		require.NoError(t, w.store.Update(func(tx runner.Tx) error { return tx.Put("meta", []byte("format"), []byte(format)) }))
	}
	put("99")
	_, err := runner.New(w.store, w.opts)
	require.ErrorIs(t, err, runner.ErrFormat)
	require.ErrorContains(t, err, `"99"`)
	put(ours)
	w.start()
}
