package runner_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// What is counted is what became durable: nothing of a request that was refused, or of a record that was seen before. However many topics there
// are, the labels are bounded.
func TestCounts(t *testing.T) {
	w := newWorld(t)
	teller := publish("tell", "=to", "=n>n")
	w.install(model("talker", startOn("s", "m"), message("m", "begin", ""), teller, end, "s -> tell -> end"))
	w.send("begin", "1", nil, map[string]any{"to": "told", "n": int64(1)})
	w.send("begin", "1", nil, map[string]any{"to": "told", "n": int64(1)})
	w.awaitPublished("told", 1)
	for i := range 300 {
		w.send("begin", fmt.Sprint("x", i), nil, map[string]any{"to": fmt.Sprint("topic", i), "n": int64(1)})
	}
	w.awaitPublished("topic299", 1)
	require.NoError(t, w.r.Settled(w.ctx))
	m := w.r.Metrics()
	require.Equal(t, map[string]int64{"talker": 301}, m.Counts[runner.CountStarted])
	require.Equal(t, map[string]int64{"talker": 301}, m.Counts[runner.CountCompleted])
	require.Equal(t, map[string]int64{"begin": 302}, m.Counts[runner.CountReceived])
	require.Equal(t, map[string]int64{"begin": 1}, m.Counts[runner.CountRepeated])
	require.Len(t, m.Counts[runner.CountPublished], 201)
	require.Equal(t, int64(101), m.Counts[runner.CountPublished][runner.OtherLabel])
	require.Equal(t, int64(1), m.Counts[runner.CountPublished]["told"])

	_, err := w.r.Request(w.ctx, []runner.Publication{{Name: "begin", Data: map[string]any{"to": "told", "n": int64(1)}}, {Name: "nobody"}}, nil)
	require.Error(t, err)
	require.Equal(t, m.Counts[runner.CountStarted], w.r.Metrics().Counts[runner.CountStarted])
}
