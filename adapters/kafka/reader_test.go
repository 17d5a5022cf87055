package kafka

import (
	"bytes"
	"context"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// What a reader has at hand of a topic that was created anew is of the old one, and is not taken while another reader is being made: it would
// pass for the new one's record, and those before it for repetitions.
func TestWhatIsLeftOfAnOldTopicIsNotTaken(t *testing.T) {
	addr := startBroker(t, filepath.Join(t.TempDir(), "broker"), "127.0.0.1:0").Addr()
	in := newInbox()
	b := bus(t, addr, in, func(c *Config) { c.Refresh = time.Hour })
	name, raw := topic("anew"), rawClient(t, addr)
	raw.create(name, 1)
	bind(t, b, nil, name)
	_, err := raw.admin.DeleteTopics(deadline(t), []string{name})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return raw.tryCreate(name) }, patience, 20*time.Millisecond)

	before, p := b.consumer.current(), partition{topic: name}
	left := &confluent.Message{TopicPartition: confluent.TopicPartition{Topic: &name, Offset: 1000}}
	refreshed := make(chan error, 1)
	go func() { refreshed <- b.consumer.refresh(t.Context()) }()
	isAssigned := func() bool {
		b.consumer.mu.Lock()
		defer b.consumer.mu.Unlock()
		_, assigned := b.consumer.next[p]
		return assigned
	}
	for isAssigned() && b.consumer.current() == before {
		runtime.Gosched() // until the old topic is no longer read
	}
	for b.consumer.current() == before {
		_, taken := b.consumer.take(before, left)
		require.False(t, taken)
	}
	require.NoError(t, <-refreshed)
	raw.send(name, 0, []byte(`{"n":0}`))
	got := in.next(t)
	require.Zero(t, got.Offset)
	require.True(t, got.Reset)
}

// A reader whose place another one has taken begins nothing anew, although it is told that a position is out of range.
func TestOnlyTheCurrentReaderRestarts(t *testing.T) {
	in := newInbox()
	b := bus(t, startBroker(t, filepath.Join(t.TempDir(), "broker"), "127.0.0.1:0").Addr(), in)
	name := topic("ranges")
	bind(t, b, nil, name)
	before := b.consumer.current()
	b.consumer.pace(before, true)
	current := b.consumer.current()
	require.NotEqual(t, before, current)
	b.consumer.restart(before)
	b.consumer.pace(before, false)
	require.Equal(t, current, b.consumer.current())
	publish(t, b, message(name, 1))
	require.Equal(t, 1, number(t, in.next(t)))
	b.consumer.restart(current)
	require.NotEqual(t, current, b.consumer.current())
	publish(t, b, message(name, 2))
	require.Equal(t, 2, number(t, in.next(t)))
}

// However often the readers change while a batch is not accepted: none but the one that has the batch in hand and the current one are left.
func TestReadersDoNotPileUp(t *testing.T) {
	in := newInbox()
	offered, settled := make(chan int, 1), make(chan struct{})
	in.before = func(ctx context.Context, records []runner.Incoming) error {
		select {
		case offered <- len(records):
		default:
		}
		select {
		case <-settled:
		case <-ctx.Done():
		}
		return nil
	}
	b := bus(t, startBroker(t, filepath.Join(t.TempDir(), "broker"), "127.0.0.1:0").Addr(), in)
	bound := []string{topic("backlog")}
	bind(t, b, nil, bound...)
	publish(t, b, messages(bound[0], 4*batchRecords)...)
	var first int
	select {
	case first = <-offered:
	case <-time.After(patience):
		require.Fail(t, "no batch was offered")
	}
	require.Eventually(t, func() bool { // the next one is in hand
		b.consumer.mu.Lock()
		defer b.consumer.mu.Unlock()
		return b.consumer.next[partition{topic: bound[0]}] > int64(first)
	}, patience, time.Millisecond)
	for range 6 {
		bound = append(bound, topic("more"))
		bind(t, b, nil, bound...)
		require.Eventually(t, func() bool { return waitingReaders() == 2 }, patience, 10*time.Millisecond)
	}
	close(settled)
	for i := range 4 * batchRecords {
		require.Equal(t, i, number(t, in.next(t)))
	}
}

// Whoever fills a batch waits for its turn: one that has read on must not overtake the one before it, which still has a batch in hand.
func TestReadersTakeTurns(t *testing.T) {
	in := newInbox()
	b := bus(t, startBroker(t, filepath.Join(t.TempDir(), "broker"), "127.0.0.1:0").Addr(), in)
	name := topic("turns")
	bind(t, b, nil, name)
	b.consumer.turn <- struct{}{}
	publish(t, b, message(name, 1))
	require.Eventually(t, func() bool { return waitingReaders() == 1 }, patience, 10*time.Millisecond)
	require.Empty(t, in.records)
	<-b.consumer.turn
	require.Equal(t, 1, number(t, in.next(t)))
}

// waitingReaders counts those that have something to hand over.
func waitingReaders() int {
	stacks := make([]byte, 4<<20)
	return bytes.Count(stacks[:runtime.Stack(stacks, true)], []byte("(*consumer).fill("))
}

// A reader does not rest for so long that requests to the same broker time out meanwhile.
func TestSocketTimeout(t *testing.T) {
	require.Equal(t, time.Minute, Config{}.socketTimeout())
	require.Equal(t, 3*time.Second, Config{Options: map[string]string{"socket.timeout.ms": "3000"}}.socketTimeout())
}
