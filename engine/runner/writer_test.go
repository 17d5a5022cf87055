package runner_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// heldStore is a store whose transactions wait, when all is written but nothing committed, for what is to become of them.
type heldStore struct {
	runner.Store
	written chan struct{}
	outcome chan error
	over    chan struct{} // nobody decides any more
}

func (h *heldStore) Update(fn func(runner.Tx) error) error {
	return h.Store.Update(func(tx runner.Tx) error {
		if err := fn(tx); err != nil || h.written == nil {
			return err
		}
		select {
		case h.written <- struct{}{}:
			return <-h.outcome
		case <-h.over:
			return errors.New("nobody waited for this transaction")
		}
	})
}

// asked is a request under way: made is closed when the loop has dealt with it, done receives when it is durable or has failed.
type asked struct {
	made chan struct{}
	done chan error
}

func (w *world) ask(name string) asked {
	a := asked{make(chan struct{}), make(chan error, 1)}
	go func() {
		_, err := w.r.Request(w.ctx, []runner.Publication{{Name: name, CorrelationKey: "k", Data: map[string]any{"k": "k"}}}, func([]*engine.Instance) error {
			close(a.made)
			return nil
		})
		a.done <- err
	}()
	return a
}

// newHeldWorld has a process that a message begins and another one ends, and a store that waits from then on.
func newHeldWorld(t *testing.T) (*world, *heldStore) {
	store := &heldStore{Store: memory.NewStore(), over: make(chan struct{})}
	w := newWorld(t, func(w *world) { w.store = store })
	t.Cleanup(func() { close(store.over) })
	w.install(model("p", startOn("start", "a"), catch("wait", "b"), publish("tell", "told"), end,
		message("a", "begin", ""), message("b", "finish", "=k"), "start -> wait -> tell -> end"))
	w.stop()
	store.written, store.outcome = make(chan struct{}), make(chan error)
	w.start()
	return w, store
}

// While a batch is stored, the next one is made, and sees what the first has done. Nobody hears of it, and nothing leaves, before it is durable.
func TestABatchOnTopOfAnother(t *testing.T) {
	w, store := newHeldWorld(t)
	first := w.ask("begin")
	<-store.written
	second := w.ask("finish")
	<-second.made // for the instance that the first one begins
	require.Empty(t, first.done)
	require.Empty(t, w.search(runner.Filter{}))
	store.outcome <- nil
	require.NoError(t, <-first.done)
	<-store.written
	require.Empty(t, second.done)
	require.Empty(t, w.bus.Published())
	require.Equal(t, engine.StateActive, w.instance(w.only("p")).State)
	store.outcome <- nil
	require.NoError(t, <-second.done)
	<-store.written // the outbox
	store.outcome <- nil
	w.awaitPublished("told", 1)
	require.Equal(t, engine.StateCompleted, w.instance(w.only("p")).State)
}

// A batch fails with the one that it was made on top of, and leaves no trace in memory either.
func TestABatchOnTopOfOneThatFails(t *testing.T) {
	w, store := newHeldWorld(t)
	first := w.ask("begin")
	<-store.written
	second := w.ask("finish")
	<-second.made
	broken := errors.New("broken on purpose")
	store.outcome <- broken
	require.ErrorIs(t, <-first.done, broken)
	select {
	case err := <-second.done:
		require.ErrorIs(t, err, broken)
	case <-store.written:
		store.outcome <- broken
		require.Fail(t, "it is stored without what it was made on")
	}
	require.ErrorContains(t, w.r.Ready(), "the store failed")

	again := w.ask("finish")
	<-store.written // it is tried whether the store takes anything again
	store.outcome <- nil
	rejected(t, <-again.done, engine.CodeNotFound, "no instance waits")
	require.NoError(t, w.r.Ready())
	require.Empty(t, w.search(runner.Filter{}))
}

// Whoever watches before a request is made is told of what it does, also when its batch was begun before.
func TestWatchingWhileABatchIsMade(t *testing.T) {
	w, store := newHeldWorld(t)
	w.stop()
	w.opts.Bus = nil
	w.seen = nil
	var err error
	w.r, err = runner.New(store, w.opts)
	require.NoError(t, err)
	w.ctx, w.end = context.WithTimeout(context.Background(), time.Minute)
	w.ended = make(chan error, 1)
	go func() { w.ended <- w.r.Run(w.ctx) }()

	first := w.ask("begin")
	<-store.written
	second := w.ask("begin")
	<-second.made // in a batch that nobody watches
	seen := w.r.Watch(w.ctx, 0)
	third := w.ask("begin")
	<-third.made // in the same batch
	store.outcome <- nil
	<-store.written
	store.outcome <- nil
	for _, a := range []asked{first, second, third} {
		require.NoError(t, <-a.done)
	}
	require.IsType(t, engine.InstanceStarted{}, (<-seen).Event)
}

// A worker gets no job whose activation is not stored.
func TestAnActivationThatIsNotStored(t *testing.T) {
	w, store := newHeldWorld(t)
	w.stop()
	store.written = nil
	w.start()
	w.install(model("labour", start, work("do", "dig"), end, "start -> do -> end"))
	w.launch("labour", nil)
	w.stop()
	store.written = make(chan struct{})
	w.start()
	type given struct {
		jobs []runner.Job
		err  error
	}
	answer := make(chan given, 1)
	activate := func() {
		jobs, err := w.r.ActivateJobs(w.ctx, runner.Activation{Type: "dig", Worker: "ann", Timeout: time.Hour, Max: 1, NoWait: true})
		answer <- given{jobs, err}
	}
	go activate()
	<-store.written
	broken := errors.New("broken on purpose")
	store.outcome <- broken
	got := <-answer
	require.ErrorIs(t, got.err, broken)
	require.Empty(t, got.jobs)
	go activate()
	<-store.written
	store.outcome <- nil
	got = <-answer
	require.NoError(t, got.err)
	require.Len(t, got.jobs, 1)
}
