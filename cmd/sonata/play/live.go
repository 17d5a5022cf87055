package play

import (
	"context"
	"errors"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Live is a Sonata that works: messages go over Kafka, and time is what it is.
type Live interface {
	// Runner is the engine, on which what the stage holds is deployed.
	Runner() *runner.Runner
	// Next returns what has become durable since the last call, in its order, as soon as there is something. When nothing
	// comes for a while it returns nothing.
	Next(ctx context.Context, quiet time.Duration) ([]runner.Entry, error)
	// Publish puts a record on its topic: Topic, Key, Value and Headers count. It returns when the broker has it.
	Publish(ctx context.Context, record runner.Incoming) error
	// Restart stops it and starts it again.
	Restart(ctx context.Context) (*runner.Runner, error)
}

// Times of a live world.
const (
	calmTime = 250 * time.Millisecond // nothing happens for so long: nothing is left to do but to wait
	busyTime = 10 * time.Second       // somebody else keeps it busy
	patience = 30 * time.Second       // for what must happen
	// Horizon is how far a live world goes on into the future.
	Horizon = time.Minute
)

// ErrHorizon says that a live world would have to wait for too long.
var ErrHorizon = errors.New("that is too far in the future to wait for")

// Attach makes a world of a Sonata that works, in which nothing has happened yet.
func (s *Stage) Attach(ctx context.Context, live Live) *World {
	return &World{Stage: s, ctx: ctx, live: live, runner: live.Runner(), byKey: map[engine.Key]*Instance{}}
}

// Live says whether time is real.
func (w *World) Live() bool { return w.live != nil }

// Patience is how long to wait for what must happen: no time in a world in which everything happens at once.
func (w *World) Patience() time.Duration {
	if w.live == nil {
		return 0
	}
	return patience
}

// Look lets a live world go on until something happens or nothing does for a while.
func (w *World) Look() error {
	if w.live == nil {
		return nil
	}
	_, err := w.look()
	return err
}

func (w *World) look() (happened bool, err error) {
	entries, err := w.live.Next(w.ctx, calmTime)
	w.observe(entries)
	return len(entries) > 0, err
}

// calm waits until nothing happens any more.
func (w *World) calm() error {
	for end := time.Now().Add(busyTime); time.Now().Before(end); {
		if happened, err := w.look(); err != nil || !happened {
			return err
		}
	}
	return nil
}

// waitUntil lets time go on, but no longer than something can happen by itself.
func (w *World) waitUntil(at time.Time, then func() error) error {
	if time.Until(at) > Horizon {
		return ErrHorizon
	}
	for {
		happened, err := w.look()
		if err := errors.Join(err, then()); err != nil {
			return err
		}
		due, err := w.NextTimer()
		if err != nil || !happened && (due.IsZero() || due.After(at) || time.Now().After(at)) {
			return err
		}
	}
}

// sendLive publishes a message and waits until somebody has taken it.
func (w *World) sendLive(m Message, wasTaken func() bool) (bool, error) {
	record, err := w.record(m)
	if err != nil {
		return false, err
	}
	if err := w.live.Publish(w.ctx, record); err != nil {
		return false, err
	}
	for end := time.Now().Add(patience); !wasTaken() && time.Now().Before(end); {
		happened, err := w.look()
		if err != nil || m.Untaken && !happened {
			return wasTaken(), err
		}
	}
	return wasTaken(), w.calm()
}
