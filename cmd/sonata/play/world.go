package play

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// ErrEndless says that processes send each other messages without end.
var ErrEndless = fmt.Errorf("more than %d messages were published; look for processes that answer each other without end", maxMessages)

// maxMessages is how many messages are delivered in one world.
const maxMessages = 10_000

// World is a Sonata of its own, in which the processes of a stage are played. Its methods are for one goroutine.
type World struct {
	Stage *Stage

	ctx    context.Context //nolint:containedctx // it is the world's life, which its methods share
	runner *runner.Runner
	live   Live // nil: what follows is the world

	stop  context.CancelFunc
	ended chan error
	store *memory.Store
	bus   *memory.Bus
	clock *memory.Clock
	crash *memory.Crash // nil: it never crashes

	mu        sync.Mutex // guards what follows: the runner's loop and its bus write it while a command is carried out
	instances []*Instance
	byKey     map[engine.Key]*Instance
	events    []Event
	published []Published
	delivered int
	held      bool       // messages stay on their topics
	sent      int        // by whoever plays
	letter    engine.Key // the last dead letter that was looked at
	seen      uint64     // the number of the last entry
}

// Instance is a process instance of a world.
type Instance struct {
	Number  int // from 1 on, in the order of creation
	Process *Process
	State   *engine.Instance // as it is now
}

// Active says whether the instance has not ended.
func (i *Instance) Active() bool { return i.State.State == engine.StateActive }

// Published is a message that an instance published.
type Published struct {
	Instance *Instance
	Element  string
	Topic    string
	Key      string // "" if it is that of the root instance
	Headers  map[string]string
	Data     any // JSON values of the engine
}

// Open makes a world. It ends with ctx or with [World.Close].
func (s *Stage) Open(ctx context.Context) (*World, error) { return s.OpenCrashing(ctx, nil) }

// OpenCrashing makes a world in which Sonata crashes when it is told to, and is started again at once: whoever plays notices nothing.
func (s *Stage) OpenCrashing(ctx context.Context, crash *memory.Crash) (*World, error) {
	w := &World{Stage: s, ctx: ctx, clock: memory.NewClock(s.opts.At), byKey: map[engine.Key]*Instance{}, store: s.store.Copy(), crash: crash}
	w.bus = memory.NewBus(w.deliver)
	if err := w.run(); err != nil {
		return nil, err
	}
	return w, nil
}

// run lets a runner work on the store until [World.Close].
func (w *World) run() (err error) {
	ctx, stop := context.WithCancel(w.ctx)
	store, bus := runner.Store(w.store), runner.Bus(w.bus)
	if w.crash != nil {
		store, bus = w.crash.Attach(w.store, w.bus, stop)
	}
	r, err := w.Stage.runner.Fork(store, runner.Options{
		Bus: bus, Clock: w.clock, ID: storeID, NoStartTimers: w.Stage.opts.NoStartTimers, Observe: w.observe,
	})
	if err != nil {
		stop()
		return err
	}
	ended := make(chan error, 1)
	w.runner, w.stop, w.ended = r, stop, ended
	if err := w.catchUp(); err != nil {
		stop()
		return err
	}
	go func() {
		ended <- r.Run(ctx)
		close(ended)
	}()
	return w.settle()
}

// Close ends the world. One that is live goes on without being looked at.
func (w *World) Close() error {
	if w.live != nil {
		return nil
	}
	w.stop()
	return <-w.ended
}

// Restart stops Sonata and starts it again on the same store. If it crashed, it did not hear that what it published had arrived:
// then it publishes all of that again, with the same ids.
func (w *World) Restart(crashed bool) error {
	if w.live != nil {
		r, err := w.live.Restart(w.ctx)
		if err != nil {
			return err
		}
		w.runner = r
		return w.settle()
	}
	if err := errors.Join(w.Close(), w.run()); err != nil || !crashed {
		return err
	}
	if _, err := w.bus.Publish(w.ctx, w.bus.Published()); err != nil {
		return err
	}
	return w.settle()
}

// deliver gives messages to the runner, up to a limit: after it they stay on their topics.
func (w *World) deliver(ctx context.Context, records []runner.Incoming) error {
	if err := w.mayDeliver(len(records)); err != nil {
		return err
	}
	return w.runner.Receive(ctx, records)
}

var errHeld = errors.New("messages are held back")

func (w *World) mayDeliver(records int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held {
		return errHeld
	}
	if w.delivered += records; w.delivered > maxMessages {
		return ErrEndless
	}
	return nil
}

// hold holds messages back, or delivers those that were held back.
func (w *World) hold(held bool) error {
	w.mu.Lock()
	w.held = held
	w.mu.Unlock()
	if held {
		return nil
	}
	if err := w.bus.Redeliver(w.ctx); err != nil {
		return err
	}
	return w.settle()
}

// settle waits until nothing is left to do.
func (w *World) settle() error {
	if w.live != nil {
		return w.calm()
	}
	if err := w.runner.Settled(w.ctx); w.crashed() {
		return w.revive()
	} else if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.delivered > maxMessages {
		return ErrEndless
	}
	return nil
}

// Now is what the clock shows.
func (w *World) Now() time.Time {
	if w.live != nil {
		return time.Now()
	}
	return w.clock.Now()
}

// Instances lists the instances in the order of their creation.
func (w *World) Instances() []*Instance { return w.instances }

// Events lists what has happened so far, in its order.
func (w *World) Events() []Event { return w.events }

// Published lists what the processes published so far, in its order.
func (w *World) Published() []Published { return w.published }

// observe follows what has become durable.
func (w *World) observe(entries []runner.Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	own := map[*Instance]bool{} // copied: nobody else sees its state change
	for _, e := range entries {
		w.seen = max(w.seen, e.Seq)
		i := w.byKey[e.Instance]
		_, begins := e.Event.(engine.InstanceStarted)
		if i == nil && w.live != nil && !begins {
			continue // it was there before
		}
		if i == nil {
			i = &Instance{Number: len(w.instances) + 1, Process: w.Stage.byID[e.ProcessID], State: &engine.Instance{}}
			w.instances = append(w.instances, i)
			w.byKey[e.Instance] = i
		}
		if !own[i] {
			i.State, own[i] = engine.Replay(i.State, nil), true
		}
		if begins {
			i.State.Apply(e.Event)
		}
		w.note(i, e)
		if !begins {
			i.State.Apply(e.Event)
		}
		if thrown, ok := e.Event.(engine.MessageThrown); ok {
			w.published = append(w.published, publishedBy(i, thrown))
		}
	}
}
