package runner_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Models of our own for the places where engines are known to go wrong, each with the thread that tells of it; see also
// threads_test.go in package engine.

// camunda#3397: messages that are kept for one receiver come to it in the order in which they were sent.
func TestKeptMessagesComeInTheirOrder(t *testing.T) {
	w := newWorld(t)
	w.install(waiter)
	for i := range 3 {
		w.send("reply", fmt.Sprint(i), map[string]any{"correlationkey": "K"}, map[string]any{"n": int64(i)})
	}
	kept, _, err := w.r.BufferedMessages(0, 10)
	require.NoError(t, err)
	require.Len(t, kept, 3)
	for i := range 3 {
		key := w.launch("waiter", map[string]any{"k": "K"})
		require.Equal(t, engine.StateCompleted, w.instance(key).State)
		require.Equal(t, int64(i), w.variables(key)["n"])
	}
}

// camunda#3050: a record that a process both begins with and waits for is used once: it resumes the instance that waits for its key, and
// otherwise begins one; that one does not take it again.
func TestAMessageIsUsedOnceByStartAndCatch(t *testing.T) {
	w := newWorld(t)
	w.install(model("both", startOn("start", "m"), catch("wait", "m"), end, message("m", "order", "=k"), "start -> wait -> end"))
	send := func(id string) {
		w.send("order", id, map[string]any{"correlationkey": "K"}, map[string]any{"k": "K"})
	}
	send("1")
	first := w.only("both")
	require.Equal(t, engine.StateActive, w.instance(first).State, "what began it does not resume it")
	send("2")
	require.Equal(t, engine.StateCompleted, w.instance(first).State)
	require.Len(t, w.search(runner.Filter{ProcessID: "both"}), 1, "what resumed one does not begin another")
	send("3")
	require.Len(t, w.search(runner.Filter{ProcessID: "both"}), 2)
}

// camunda#38987: a cycle that begins in the past starts an instance at once, and then on its grid. camunda#9680, #63687: what was missed
// while the engine was down starts one instance, not one for each time, and not two. camunda#61297: a timer that became overdue
// meanwhile does fire.
func TestCyclesInThePastAndAfterDownTime(t *testing.T) {
	w := newWorld(t)
	count := func() int { return len(w.search(runner.Filter{ProcessID: "tick"})) }
	w.install(model("tick", startAt("timeCycle", "R/"+begin.Add(-15*time.Minute).Format(time.RFC3339)+"/PT10M"), end, "start -> end"))
	w.awaitEnd("tick")
	require.Equal(t, 1, count())
	w.advance(5 * time.Minute)
	require.Equal(t, 2, count(), "the grid is that of the start, 15 minutes ago")

	w.stop()
	w.clock.Advance(time.Hour + 3*time.Minute)
	w.start()
	w.awaitEnd("tick")
	w.sync()
	require.Equal(t, 3, count())
	w.advance(6 * time.Minute)
	require.Equal(t, 3, count())
	w.advance(time.Minute)
	require.Equal(t, 4, count())
}
