package runner_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Where a topic was created anew its offsets begin again: the record that says so counts, and the ones after it, although
// their offsets were passed before.
func TestTopicCreatedAnew(t *testing.T) {
	w := newWorld(t)
	w.install(model("one", startOn("start", "m"), end, message("m", "order", ""), "start -> end"))
	receive := func(offset int64, id string, reset bool) {
		record := event(id, nil, nil)
		record.Topic, record.Offset, record.Reset = "order", offset, reset
		require.NoError(t, w.r.Receive(w.ctx, []runner.Incoming{record}))
	}
	started := func() int { return len(w.search(runner.Filter{ProcessID: "one"})) }
	receive(7, "a", false)
	receive(0, "b", false)
	require.Equal(t, 1, started(), "an offset that was passed")
	receive(0, "c", true)
	receive(1, "d", false)
	require.Equal(t, 3, started())
}
