package runner_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func (w *world) retry(key engine.Key) error {
	_, _, err := w.r.RetryDeadLetter(w.ctx, key, runner.Correction{})
	return err
}

func (w *world) letter() runner.DeadLetter {
	w.t.Helper()
	items, _, err := w.r.DeadLetters(0, 10)
	require.NoError(w.t, err)
	require.Len(w.t, items, 1)
	letter, err := w.r.DeadLetter(items[0].Key)
	require.NoError(w.t, err)
	require.Equal(w.t, items[0], letter)
	return letter
}

// A dead letter says who nearly took it; corrected, it is taken by them.
func TestReplayCorrected(t *testing.T) {
	w := newWorld(t)
	w.install(model("waiter", start, catch("wait", "m"), end, message("m", "reply", "=k"), "start -> wait -> end"))
	key := w.launch("waiter", map[string]any{"k": "right"})
	w.send("reply", "1", map[string]any{"correlationkey": "wrong"}, map[string]any{"a": int64(1)})
	w.advance(time.Hour)
	letter := w.letter()
	require.Equal(t, runner.CauseUnmatched, letter.Cause)
	require.Equal(t, "wrong", letter.CorrelationKey)
	require.Equal(t, []runner.Waiting{{Instance: key, ProcessID: "waiter", Element: "wait", CorrelationKey: "right"}}, letter.Near)

	fate, taker, err := w.r.RetryDeadLetter(w.ctx, letter.Key, runner.Correction{})
	require.NoError(t, err)
	require.Equal(t, runner.FateKept, fate)
	require.Zero(t, taker)
	w.advance(time.Hour)

	right, empty, data := "right", "", any(map[string]any{"a": int64(2)})
	_, _, err = w.r.RetryDeadLetter(w.ctx, letter.Key, runner.Correction{Name: &empty})
	rejected(t, err, engine.CodeInvalid, "needs a name")
	nobody := "7"
	fate, _, err = w.r.RetryDeadLetter(w.ctx, letter.Key, runner.Correction{ReferenceID: &nobody})
	require.NoError(t, err)
	require.Equal(t, runner.FateDead, fate)
	fate, taker, err = w.r.RetryDeadLetter(w.ctx, letter.Key, runner.Correction{CorrelationKey: &right, ReferenceID: &empty, Data: &data})
	require.NoError(t, err)
	require.Equal(t, runner.FateTaken, fate)
	require.Equal(t, key, taker)
	require.EqualValues(t, 2, w.variables(key)["a"])
	require.Empty(t, w.letters())
}

// A record that could not be read becomes a message with data that somebody wrote for it.
func TestReplayUnreadable(t *testing.T) {
	w := newWorld(t)
	w.install(model("starter", startOn("start", "m"), end, message("m", "order", ""), "start -> end"))
	require.NoError(t, w.bus.Send(w.ctx, "order", runner.Incoming{
		Key: []byte("k"), Value: []byte("{broken"), Headers: []runner.RecordHeader{{Key: "h", Value: []byte("v")}}, Fault: "it is not JSON",
	}))
	letter := w.letter()
	require.Equal(t, runner.CauseUnreadable, letter.Cause)
	require.Equal(t, "{broken", string(letter.Value))
	require.Equal(t, "k", string(letter.RecordKey))
	require.Equal(t, []runner.RecordHeader{{Key: "h", Value: []byte("v")}}, letter.Headers)
	rejected(t, w.retry(letter.Key), engine.CodeState, "give it data")
	data := any(map[string]any{"n": int64(3)})
	fate, taker, err := w.r.RetryDeadLetter(w.ctx, letter.Key, runner.Correction{Data: &data})
	require.NoError(t, err)
	require.Equal(t, runner.FateTaken, fate)
	require.EqualValues(t, 3, w.variables(taker)["n"])
}

// What could not be used is published to the topic for it, whole.
func TestDeadLetterTopic(t *testing.T) {
	w := newWorld(t, func(w *world) { w.opts.DeadLetterTopic = "dead" })
	w.install(patient)
	require.NoError(t, w.bus.Send(w.ctx, "reply", runner.Incoming{
		Key: []byte("k"), Value: []byte{0xff, 0}, Headers: []runner.RecordHeader{{Key: "h", Value: []byte("v")}}, Fault: "it is not JSON",
	}))
	m := w.awaitPublished("dead", 1)[0]
	require.Equal(t, "k", m.Key)
	var data map[string]any
	require.NoError(t, json.Unmarshal(m.Data, &data))
	require.Equal(t, map[string]any{"base64": "/wA="}, data["value"])
	require.Equal(t, map[string]any{"text": "k"}, data["recordKey"])
	require.Equal(t, "UNREADABLE", data["cause"])
	require.Equal(t, "it is not JSON", data["reason"])
	require.Equal(t, "reply", data["topic"])
	require.Equal(t, w.letter().Key.String(), data["deadLetterKey"])
	w.drain()
	require.Len(t, w.publishedOn("dead"), 1)
}

// An answer that comes before anybody waits for it is found by the subscription that opens later, within its time and no longer.
func TestEarlyReply(t *testing.T) {
	w := newWorld(t)
	w.install(model("waiter", start, catch("wait", "m"), end, message("m", "reply", "=k"), "start -> wait -> end"))
	w.send("reply", "1", map[string]any{"correlationkey": "early"}, map[string]any{"a": int64(1)})
	w.advance(time.Hour - time.Second)
	w.restart()
	key := w.launch("waiter", map[string]any{"k": "early"})
	require.Equal(t, engine.StateCompleted, w.instance(key).State)
	require.EqualValues(t, 1, w.variables(key)["a"])
	w.send("reply", "2", map[string]any{"correlationkey": "late"}, nil)
	w.advance(time.Hour)
	require.Equal(t, engine.StateActive, w.instance(w.launch("waiter", map[string]any{"k": "late"})).State)
	require.Len(t, w.letters(), 1)
}
