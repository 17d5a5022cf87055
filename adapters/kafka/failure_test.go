package kafka

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// TestKilledBroker kills a broker in a process of its own, again and again, while messages are published. Everything that was
// acknowledged must be there in the end, and what was read must have been in order.
func TestKilledBroker(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "broker")
	addr, kill := startProcess(t, dir, "127.0.0.1:0")
	in := newInbox()
	b := bus(t, addr, in, func(c *Config) { c.DeliveryTimeout = 20 * time.Second })
	name := topic("killed")
	bind(t, b, nil, name)

	const count, kills = 400, 4
	var acked atomic.Int64
	failed := make(chan error, 1)
	go func() {
		todo := messages(name, count)
		for len(todo) > 0 {
			n, err := b.Publish(deadline(t), todo[:min(10, len(todo))])
			if n == 0 && err != nil && !errors.Is(err, context.DeadlineExceeded) && acked.Load() == 0 {
				failed <- err
				return
			}
			todo = todo[n:]
			acked.Add(int64(n))
		}
		failed <- nil
	}()
	for k := range kills {
		require.Eventually(t, func() bool { return acked.Load() >= int64((k+1)*count/(kills+2)) }, patience, time.Millisecond)
		kill()
		_, kill = startProcess(t, dir, addr)
	}
	require.NoError(t, <-failed)

	// A broker that was killed has forgotten sequence numbers, so a batch may be there twice; its ids tell.
	seen, next := map[string]bool{}, 0
	for next < count {
		r := in.next(t)
		if n := number(t, r); !seen[r.ID] {
			seen[r.ID] = true
			require.Equal(t, next, n, "what was acknowledged is there, in order")
			next++
		}
	}
	require.Empty(t, b.Faults())
}

func TestPublishWhileTheBrokerRestarts(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "broker")
	server := startBroker(t, dir, "127.0.0.1:0")
	in := newInbox()
	b := bus(t, server.Addr(), in)
	name := topic("restart")
	bind(t, b, nil, name)
	publish(t, b, message(name, 0))
	in.next(t)
	require.NoError(t, server.Close())
	done := make(chan error, 1)
	go func() {
		n, err := b.Publish(deadline(t), messages(name, 3))
		if err == nil && n != 3 {
			err = errors.New("not all")
		}
		done <- err
	}()
	require.Eventually(t, func() bool { return b.Health() != nil }, patience, 10*time.Millisecond)
	require.ErrorContains(t, b.Health(), "no answer from Kafka at ["+server.Addr()+"]")
	startBroker(t, dir, server.Addr())
	require.NoError(t, <-done)
	for i := range 3 {
		require.Equal(t, i, number(t, in.next(t)))
	}
	require.Eventually(t, func() bool { return b.Health() == nil }, patience, 10*time.Millisecond)
}

// nobody is an address at which nothing answers.
func nobody(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// silent is an address that takes connections and says nothing.
func silent(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

func TestWithoutKafka(t *testing.T) {
	t.Parallel()
	for name, addr := range map[string]string{"refused": nobody(t), "silent": silent(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			b := bus(t, addr, newInbox(), func(c *Config) {
				c.RequestTimeout, c.DeliveryTimeout, c.CloseTimeout = 500*time.Millisecond, time.Second, 5*time.Second
			})
			err := b.Bind(deadline(t), runner.Topics{Consume: []string{"a", "b"}, Publish: []string{"c"}}, nil)
			require.ErrorContains(t, err, "no answer from Kafka at ["+addr+"] within 500ms")
			n, err := b.Publish(deadline(t), messages("a", 2))
			require.Zero(t, n)
			require.ErrorContains(t, err, "no answer from Kafka")
			require.NotErrorIs(t, err, runner.ErrUnpublishable)
			require.Error(t, b.Health())
			require.NoError(t, b.Close())
			require.Less(t, time.Since(begin), 15*time.Second)
		})
	}
}

func TestBindGoesOnByItself(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "broker")
	server := startBroker(t, dir, "127.0.0.1:0")
	require.NoError(t, server.CreateTopic("late", 1))
	r := rawClient(t, server.Addr())
	r.send("late", 0, []byte(`{"n":0}`))
	r.send("late", 0, []byte(`{"n":1}`))
	require.NoError(t, server.Close())

	in := newInbox()
	b := bus(t, server.Addr(), in, func(c *Config) { c.RequestTimeout = 200 * time.Millisecond })
	require.Error(t, b.Bind(deadline(t), runner.Topics{Consume: []string{"late"}}, []runner.Position{{Topic: "late", Offset: 1}}))
	require.Error(t, b.Health())
	startBroker(t, dir, server.Addr())
	require.Equal(t, 1, number(t, in.next(t)))
	require.Eventually(t, func() bool { return b.Health() == nil }, patience, 10*time.Millisecond)
}

// TestUnacknowledged has a broker that goes away between accepting the topic and the message, and does not come back.
func TestUnacknowledged(t *testing.T) {
	t.Parallel()
	server := startBroker(t, filepath.Join(t.TempDir(), "broker"), "127.0.0.1:0")
	b := bus(t, server.Addr(), newInbox(), func(c *Config) { c.DeliveryTimeout = 500 * time.Millisecond })
	publish(t, b, message("known", 0))
	require.NoError(t, server.Close())
	n, err := b.Publish(deadline(t), messages("known", 3))
	require.Zero(t, n)
	require.ErrorContains(t, err, "acknowledged nothing within 500ms")

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = b.Publish(ctx, messages("known", 3))
	require.Error(t, err)
	require.NoError(t, b.Close(), "with messages in the queue")
}

func TestBrokenProducerIsReplaced(t *testing.T) {
	server := startBroker(t, filepath.Join(t.TempDir(), "broker"), "127.0.0.1:0")
	in := newInbox()
	b := bus(t, server.Addr(), in)
	bind(t, b, nil, "fatal")
	publish(t, b, message("fatal", 0))
	require.Equal(t, 0, number(t, in.next(t)))
	b.clients.writing().TestFatalError(confluent.ErrOutOfOrderSequenceNumber, "as if the broker had lost records")
	n, err := b.Publish(deadline(t), messages("fatal", 2))
	require.Zero(t, n)
	require.Error(t, err)
	require.NotErrorIs(t, err, runner.ErrUnpublishable)
	publish(t, b, message("fatal", 1))
	require.Equal(t, 1, number(t, in.next(t)))
}

func TestCloseWhileDelivering(t *testing.T) {
	t.Parallel()
	server := startBroker(t, filepath.Join(t.TempDir(), "broker"), "127.0.0.1:0")
	for name, heeds := range map[string]bool{"heeds its context": true, "does not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entered, leave, left := make(chan struct{}), make(chan struct{}), make(chan struct{})
			config := Config{Brokers: []string{server.Addr()}, CloseTimeout: time.Second,
				Deliver: func(ctx context.Context, _ []runner.Incoming) error {
					defer close(left)
					close(entered)
					if heeds {
						<-ctx.Done()
						return ctx.Err()
					}
					<-leave
					return nil
				}}
			b, err := New(config)
			require.NoError(t, err)
			name := topic("closing")
			bind(t, b, nil, name)
			publish(t, b, message(name, 0))
			<-entered
			err = b.Close()
			if heeds {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "did not close within 1s")
			close(leave)
			<-left
			require.Eventually(t, func() bool { return b.Close() == nil }, patience, time.Millisecond, "it closes in the end")
		})
	}
}

func TestClosedWhileBinding(t *testing.T) {
	b := bus(t, silent(t), newInbox(), func(c *Config) { c.RequestTimeout = time.Hour })
	done := make(chan error, 2)
	started := make(chan struct{}, 2)
	go func() {
		started <- struct{}{}
		done <- b.Bind(context.Background(), runner.Topics{Consume: []string{"a"}}, nil)
	}()
	go func() {
		started <- struct{}{}
		_, err := b.Publish(context.Background(), messages("a", 1))
		done <- err
	}()
	<-started
	<-started
	require.NoError(t, b.Close())
	require.Error(t, <-done)
	require.Error(t, <-done)
}

func BenchmarkPublish(b *testing.B) {
	server := startBroker(b, filepath.Join(b.TempDir(), "broker"), "127.0.0.1:0")
	for _, size := range []int{1, 500} {
		b.Run(map[int]string{1: "one", 500: "batch"}[size], func(b *testing.B) {
			bus := bus(b, server.Addr(), newInbox())
			for b.Loop() {
				publish(b, bus, messages("bench", size)...)
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	server := startBroker(b, filepath.Join(b.TempDir(), "broker"), "127.0.0.1:0")
	for _, size := range []int{1, 500} {
		b.Run(map[int]string{1: "one", 500: "batch"}[size], func(b *testing.B) {
			in := newInbox()
			bus := bus(b, server.Addr(), in)
			name := topic("bench")
			bind(b, bus, nil, name)
			for b.Loop() {
				publish(b, bus, messages(name, size)...)
				for range size {
					in.next(b)
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// BenchmarkNewTopic is a process that is deployed on a running Sonata: a topic more is bound, and a message comes on it at once.
func BenchmarkNewTopic(b *testing.B) {
	in := newInbox()
	bus := bus(b, startBroker(b, filepath.Join(b.TempDir(), "broker"), "127.0.0.1:0").Addr(), in)
	var bound []string
	for range 30 {
		bound = append(bound, topic("before"))
	}
	bind(b, bus, nil, bound...)
	var took []float64
	for b.Loop() {
		began, added := time.Now(), topic("added")
		bound = append(bound, added)
		bind(b, bus, nil, bound...)
		publish(b, bus, message(added, 0))
		in.next(b)
		took = append(took, float64(time.Since(began).Microseconds())/1000)
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "ms-median")
	b.ReportMetric(took[len(took)-1], "ms-most")
}
