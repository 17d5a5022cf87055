package runner_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// clusterBus is a bus of a Kafka cluster.
type clusterBus struct {
	*memory.Bus
	id  string
	err error
}

func (b *clusterBus) ClusterID(context.Context) (string, error) { return b.id, b.err }

// Data is not taken to another Kafka cluster unless somebody says so: neither is anything read from it nor published to it.
func TestOtherCluster(t *testing.T) {
	bus := &clusterBus{id: "one"}
	w := newWorld(t, func(w *world) {
		bus.Bus = w.bus
		w.opts.Bus = bus
	})
	w.install(patient, model("sender", start, publish("say", "said"), end, "start -> say -> end"))
	require.NoError(t, w.bus.Send(w.ctx, "reply", runner.Incoming{Offset: 4, TopicID: "t1"}))
	w.launch("sender", nil)
	w.awaitPublished("said", 1)
	w.drain()

	w.stop()
	bus.id = "two"
	w.start()
	_, err := w.r.Deploy(w.ctx, []runner.Resource{patient})
	require.ErrorIs(t, err, runner.ErrOtherCluster)
	require.ErrorContains(t, err, `"one"`)
	require.ErrorContains(t, err, "--adopt-cluster two")
	require.ErrorContains(t, w.r.Ready(), "another Kafka cluster")
	w.launch("sender", nil)
	w.sync()
	require.Len(t, w.publishedOn("said"), 1)

	w.stop()
	w.opts.AdoptCluster = "three" // names neither
	w.start()
	_, err = w.r.Deploy(w.ctx, []runner.Resource{patient})
	require.ErrorIs(t, err, runner.ErrOtherCluster)

	w.stop()
	w.opts.AdoptCluster = "two"
	w.start()
	w.install(patient)
	w.awaitPublished("said", 2)
	require.NoError(t, w.r.Ready())
	kept, _, err := w.r.BufferedMessages(0, 10)
	require.NoError(t, err)
	require.Len(t, kept, 2, "its topics are read from their beginning")

	w.stop()
	w.opts.AdoptCluster, bus.err = "", errors.New("no answer")
	w.start()
	_, err = w.r.Deploy(w.ctx, []runner.Resource{patient})
	require.ErrorContains(t, err, "no answer")
}

// A topic of the same name is not the same topic: what was read of the one says nothing about the other.
func TestTopicOfTheSameName(t *testing.T) {
	w := newWorld(t)
	w.install(model("starter", startOn("start", "m"), end, message("m", "order", ""), "start -> end"))
	give := func(topicID, id string, offset int64) {
		record := event(id, nil, nil)
		record.Topic, record.TopicID, record.Offset = "order", topicID, offset
		require.NoError(t, w.r.Receive(w.ctx, []runner.Incoming{record}))
	}
	give("t1", "a", 7)
	positions, err := w.r.Positions()
	require.NoError(t, err)
	require.Equal(t, []runner.Position{{Topic: "order", TopicID: "t1", Offset: 8}}, positions)
	give("t1", "b", 7)
	require.Len(t, w.search(runner.Filter{}), 1, "it was read before")
	give("t2", "c", 0)
	require.Len(t, w.search(runner.Filter{}), 2)
	positions, err = w.r.Positions()
	require.NoError(t, err)
	require.Equal(t, []runner.Position{{Topic: "order", TopicID: "t2", Offset: 1}}, positions)
}
