package memory

import (
	"slices"
	"sync"
	"time"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Clock is a [runner.Clock] that stands still until it is moved.
type Clock struct {
	mu      sync.Mutex
	now     time.Time
	waiting []*waiter
}

type waiter struct {
	at   time.Time
	wake chan time.Time
}

var _ runner.Clock = (*Clock)(nil)

// NewClock returns a clock that shows the given time.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now returns the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Wake returns a channel that receives once, when the clock shows the time or a later one.
func (c *Clock) Wake(at time.Time) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := &waiter{at: at, wake: make(chan time.Time, 1)}
	c.waiting = append(c.waiting, w)
	c.wakeDue()
	return w.wake, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.waiting = slices.DeleteFunc(c.waiting, func(other *waiter) bool { return other == w })
	}
}

// Advance moves the clock, and wakes whoever waited for a time up to then.
func (c *Clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
	c.wakeDue()
}

// Waiting returns the times that somebody waits for, in ascending order.
func (c *Clock) Waiting() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	times := make([]time.Time, len(c.waiting))
	for i, w := range c.waiting {
		times[i] = w.at
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

func (c *Clock) wakeDue() {
	c.waiting = slices.DeleteFunc(c.waiting, func(w *waiter) bool {
		if w.at.After(c.now) {
			return false
		}
		w.wake <- c.now
		return true
	})
}
