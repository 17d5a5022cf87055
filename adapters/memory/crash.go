package memory

import (
	"context"
	"errors"
	"sync"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Errors of a store and a bus whose process has crashed.
var (
	ErrCrashed = errors.New("memory: the process has crashed")
	// ErrCommitted is what an Update returns that was committed before the process crashed: nobody heard of it, but it is there.
	ErrCommitted = errors.New("memory: the process has crashed after the commit")
)

// Crash ends a process at one of the points at which that matters: before and after each commit, and before, within and after each
// publication, of whose acknowledgement nothing is heard then. From there on its store and its bus do nothing, until [Crash.Attach]
// is called for the next process. The zero value ends none and counts the points.
type Crash struct {
	// At says whether the process ends at a point. They are numbered from 1 on, those of all processes in one sequence. nil: never.
	At func(point int) bool

	mu     sync.Mutex
	points int
	down   bool
	end    func()
	store  *Store
	bus    *Bus
}

// Attach returns a store and a bus for a process that may crash. When it does, end is called, once, and must not wait.
func (c *Crash) Attach(store *Store, bus *Bus, end func()) (runner.Store, runner.Bus) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down, c.end, c.store, c.bus = false, end, store, bus
	return &crashStore{store, c}, &crashBus{bus, c}
}

// Left are the store and the bus that outlive the processes; nil before the first.
func (c *Crash) Left() (*Store, *Bus) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.store, c.bus
}

// Points is how many were passed.
func (c *Crash) Points() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.points
}

// Down says whether the process has crashed, and none was attached since.
func (c *Crash) Down() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.down
}

// passes is called at each point. It returns false if the process has crashed.
func (c *Crash) passes() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		return false
	}
	if c.points++; c.At != nil && c.At(c.points) {
		c.down = true
		c.end()
	}
	return !c.down
}

type crashStore struct {
	*Store
	crash *Crash
}

// Update implements [runner.Store].
func (s *crashStore) Update(fn func(runner.Tx) error) error {
	if s.crash.Down() {
		return ErrCrashed
	}
	err := s.Store.Update(func(tx runner.Tx) error {
		if err := fn(tx); err != nil {
			return err // there is nothing to commit
		}
		if !s.crash.passes() {
			return ErrCrashed
		}
		return nil
	})
	if err == nil && !s.crash.passes() {
		return ErrCommitted
	}
	return err
}

type crashBus struct {
	*Bus
	crash *Crash
}

// Bind implements [runner.Bus].
func (b *crashBus) Bind(ctx context.Context, topics runner.Topics, positions []runner.Position) error {
	if b.crash.Down() {
		return ErrCrashed
	}
	return b.Bus.Bind(ctx, topics, positions)
}

// Publish implements [runner.Bus].
func (b *crashBus) Publish(ctx context.Context, messages []runner.Outgoing) (int, error) {
	half := len(messages) / 2
	for _, part := range [][]runner.Outgoing{messages[:half], messages[half:]} {
		if !b.crash.passes() {
			return 0, ErrCrashed
		}
		if len(part) == 0 {
			continue
		}
		if _, err := b.Bus.Publish(ctx, part); err != nil {
			return 0, err
		}
	}
	if !b.crash.passes() {
		return 0, ErrCrashed
	}
	return len(messages), nil
}
