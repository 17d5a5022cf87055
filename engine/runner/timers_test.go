package runner_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func startAt(kind, value string) string {
	return fmt.Sprintf(`<startEvent id="start"><timerEventDefinition><%s>%s</%s></timerEventDefinition></startEvent>`, kind, value, kind)
}

// A timer fires at its time, also after a restart, and at once if its time passed meanwhile.
func TestTimer(t *testing.T) {
	w := newWorld(t)
	w.install(model("slow", start, timer("wait", "PT1H"), end, "start -> wait -> end"))
	first := w.launch("slow", nil)
	w.advance(time.Minute)
	second := w.launch("slow", nil)
	require.Equal(t, []time.Time{begin.Add(time.Hour)}, w.waiting())
	w.restart()
	w.advance(59*time.Minute - time.Nanosecond)
	require.Equal(t, engine.StateActive, w.instance(first).State)
	w.clock.Advance(time.Nanosecond)
	require.Equal(t, first, w.awaitEnd("slow"), "nobody but the clock wakes the runner")
	require.Equal(t, engine.StateActive, w.instance(second).State)

	w.stop()
	w.clock.Advance(24 * time.Hour)
	w.start()
	require.Equal(t, second, w.awaitEnd("slow"))
	require.Equal(t, begin.Add(25*time.Hour), w.instance(second).EndedAt)
	require.Empty(t, w.waiting())
}

// Timers that are due fire in the order of their times, however many are due at once.
func TestTimersInOrder(t *testing.T) {
	w := newWorld(t, func(w *world) { w.opts.BatchSize = 3 })
	w.install(model("slow", start, `<intermediateCatchEvent id="wait"><timerEventDefinition><timeDuration>=d</timeDuration></timerEventDefinition></intermediateCatchEvent>`, end, "start -> wait -> end"))
	want := make([]engine.Key, 10)
	for i := range want {
		n := (i * 7) % 10
		want[n] = w.launch("slow", map[string]any{"d": fmt.Sprintf("PT%dM", n+1)})
	}
	w.clock.Advance(time.Hour)
	var got []engine.Key
	for range want {
		got = append(got, w.awaitEnd("slow"))
	}
	require.Equal(t, want, got)
}

// A timer start event starts an instance again and again, until another version of the process takes its place.
func TestTimerStart(t *testing.T) {
	w := newWorld(t)
	count := func() int { return len(w.search(runner.Filter{})) }
	w.install(model("tick", startAt("timeCycle", "R/PT10M"), end, "start -> end"))
	w.advance(10 * time.Minute)
	require.Equal(t, 1, count())
	w.restart()
	w.install(model("tick", startAt("timeCycle", "R/PT10M"), end, "start -> end")) // the same
	w.advance(10 * time.Minute)
	require.Equal(t, 2, count())

	w.stop()
	w.clock.Advance(24 * time.Hour)
	w.start()
	w.awaitEnd("tick")
	w.sync()
	require.Equal(t, 3, count(), "what was missed does not follow one by one")

	w.install(model("tick", startAt("timeCycle", "R2/PT1H"), end, "start -> end"))
	w.advance(50 * time.Minute)
	require.Equal(t, 3, count(), "the older version starts no more")
	for range 5 {
		w.advance(time.Hour)
	}
	require.Equal(t, 5, count())
	require.Empty(t, w.waiting())

	w.install(model("once", startAt("timeDate", "2026-03-01T00:00:00Z"), end, "start -> end"))
	w.awaitEnd("once")
	require.Empty(t, w.waiting())
}

// With nothing to do the runner does not wake up and does not write.
func TestIdle(t *testing.T) {
	store := &countingStore{}
	w := newWorld(t, func(w *world) { store.Store = w.store; w.store = store })
	w.install(ping, pong, model("slow", start, timer("wait", "PT1H"), end, "start -> wait -> end"))
	w.launch("slow", nil)
	w.launch("ping", map[string]any{"n": 1})
	w.awaitEnd("ping")
	w.drain()
	before := store.updates.Load()
	w.clock.Advance(30 * time.Minute)
	require.Len(t, w.waiting(), 1)
	require.NoError(t, w.r.Ready())
	_, err := w.r.Publish(w.ctx, runner.Publication{}) // refused without the loop
	require.Error(t, err)
	require.Equal(t, before, store.updates.Load())
	rejected(t, w.r.Cancel(w.ctx, 1), engine.CodeNotFound, "")
	require.Equal(t, before, store.updates.Load(), "what changes nothing writes nothing")
}
