package runner_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// The story of the crash tests: an order comes in, a called process asks a supplier who is another process, a timer runs, a
// job is done by a signal, and a last message says that all is done. It is told to its end however often the store
// or the bus fails.
var story = []runner.Resource{
	model("order", startOn("start", "m"), call("call", "asking", ""), timer("wait", "PT1H"), publish("done", "done", "=answer>answer"), end,
		message("m", "order", ""), "start -> call -> wait -> done -> end"),
	model("asking", start, publish("ask", "question", "=n>n"), catch("hear", "m"), end, message("m", "answer", ""), "start -> ask -> hear -> end"),
	model("supplier", startOn("start", "m"), publish("reply", "answer", "=n * 2>answer"), end, message("m", "question", ""), "start -> reply -> end"),
}

// told is what the story must come to, whatever happened on the way.
type told struct {
	states   []string
	messages []string
}

// tell runs the story to its end. After each failure it starts the runner anew, as an operator would.
func tell(t *testing.T, w *world) told {
	t.Helper()
	w.again(func() error {
		if w.ordered {
			return w.bus.Redeliver(w.ctx)
		}
		w.ordered = true
		return w.bus.Send(w.ctx, "order", event("the order", nil, map[string]any{"n": int64(21)}))
	})
	w.again(func() error { return w.until("order", "wait") })
	w.clock.Advance(time.Hour)
	w.again(func() error { return w.until("order", "") })
	w.again(func() error {
		for w.r.Outbox() != 0 && !w.failed.Load() {
			if err := w.r.Sync(w.ctx); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, runner.Check(w.store))
	require.Empty(t, w.letters())

	var result told
	for _, item := range w.search(runner.Filter{}) {
		result.states = append(result.states, fmt.Sprintf("%s v%d %s %v", item.ProcessID, item.Version, item.State, w.variables(item.Key)))
	}
	for _, m := range w.bus.Published() {
		text := strings.Join([]string{m.Topic, m.ID, m.Key, m.ProcessID, m.InstanceKey, string(m.Data)}, " ")
		if !slices.Contains(result.messages, text) {
			result.messages = append(result.messages, text)
		}
	}
	return result
}

// again does something, and after a failure starts the runner anew and does it again.
func (w *world) again(do func() error) {
	w.t.Helper()
	var err error
	for range 5 {
		err = do()
		if failed := w.failed.Swap(false); err == nil && !failed {
			return
		}
		w.restart()
	}
	w.t.Fatalf("it fails again and again: %v; %s", err, w.logs)
}

// until waits until the only instance of a process waits at an element, or has ended; it fails when the world breaks.
func (w *world) until(process, element string) error {
	for {
		if err := w.r.Sync(w.ctx); err != nil {
			return err
		}
		for _, item := range w.search(runner.Filter{ProcessID: process}) {
			in := w.instance(item.Key)
			if element == "" && in.State != engine.StateActive || slices.ContainsFunc(in.Subscriptions, func(s engine.Subscription) bool { return s.Element == element }) {
				return nil
			}
		}
		if w.failed.Load() {
			return errBroken
		}
	}
}

// Whichever update of the store fails, before or after its commit, the story has the same end, and each message the same
// id as ever.
func TestCrashAtEachUpdate(t *testing.T) {
	want, updates := untroubled(t)
	for _, after := range []bool{false, true} {
		for k := 1; k <= updates; k++ {
			t.Run(fmt.Sprintf("update %d, after the commit: %v", k, after), func(t *testing.T) {
				w := newStoryWorld(t, memory.NewStore(), &flaky{failAt: k, after: after})
				require.Equal(t, want, tell(t, w))
			})
		}
	}
}

// Whichever publication fails, with or without having been sent, the same is true.
func TestCrashAtEachPublish(t *testing.T) {
	want, _ := untroubled(t)
	for _, after := range []bool{false, true} {
		for k := 1; k <= 3; k++ {
			t.Run(fmt.Sprintf("publication %d, after it was sent: %v", k, after), func(t *testing.T) {
				w := newStoryWorld(t, memory.NewStore(), &flaky{})
				w.opts.Bus = &flakyBus{Bus: w.bus, failAt: k, after: after, failed: func() { w.failed.Store(true) }}
				w.restart()
				require.Equal(t, want, tell(t, w))
			})
		}
	}
}

// The durable store tells the same story.
func TestStoryWithBolt(t *testing.T) {
	want, updates := untroubled(t)
	for k := 1; k <= updates; k += 3 {
		store, err := bolt.Open(t.TempDir())
		require.NoError(t, err)
		require.Equal(t, want, tell(t, newStoryWorld(t, store, &flaky{failAt: k})))
	}
}

func untroubled(t *testing.T) (told, int) {
	t.Helper()
	store := &flaky{}
	want := tell(t, newStoryWorld(t, memory.NewStore(), store))
	require.Len(t, want.states, 3)
	require.Len(t, want.messages, 3)
	for _, state := range want.states {
		require.Contains(t, state, "COMPLETED")
	}
	return want, store.count() + 3
}

// newStoryWorld deploys the story; the failures are counted from then on.
func newStoryWorld(t *testing.T, below runner.Store, store *flaky) *world {
	seedStore(t, below)
	failAt := store.failAt
	store.failAt = 0
	w := newWorld(t, func(w *world) {
		store.Store, store.broken = below, func() { w.failed.Store(true) }
		w.store = store
	})
	w.install(story...)
	w.stop()
	store.n, store.failAt = 0, failAt
	w.start()
	return w
}

// A deployment whose commit failed can be repeated, whether it was committed or not.
func TestCrashAtDeployment(t *testing.T) {
	for _, after := range []bool{false, true} {
		store := &flaky{Store: memory.NewStore(), failAt: 2, after: after, broken: func() {}}
		w := newWorld(t, func(w *world) { w.store = store })
		_, err := w.r.Deploy(w.ctx, story)
		require.ErrorIs(t, err, errBroken)
		require.ErrorContains(t, w.r.Ready(), "the store failed")
		for _, d := range w.install(story...).Definitions {
			require.Equal(t, 1, d.Version)
		}
		require.NoError(t, w.r.Ready())
		require.Len(t, w.r.Definitions(), 3)
	}
}

// seedStore gives the store a fixed id, so that the ids of messages can be compared between runs.
func seedStore(t *testing.T, store runner.Store) {
	t.Helper()
	_, err := runner.New(store, runner.Options{Clock: memory.NewClock(begin)})
	require.NoError(t, err)
	require.NoError(t, store.Update(func(tx runner.Tx) error { return tx.Put("meta", []byte("id"), []byte("0123456789abcdef")) }))
}

// flakyBus fails one publication.
type flakyBus struct {
	*memory.Bus
	n, failAt int
	after     bool
	failed    func()
}

func (b *flakyBus) Publish(ctx context.Context, messages []runner.Outgoing) (int, error) {
	if b.n++; b.n != b.failAt {
		return b.Bus.Publish(ctx, messages)
	}
	b.failed()
	if b.after {
		if _, err := b.Bus.Publish(ctx, messages); err != nil {
			return 0, err
		}
	}
	return 0, errBroken
}
