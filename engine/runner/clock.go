package runner

import (
	"math"
	"time"
)

// SystemClock is the clock of the machine.
type SystemClock struct{}

// Now returns the time.
func (SystemClock) Now() time.Time { return time.Now() }

// longestWait bounds how long a wait relies on the monotonic clock, which does not see that the machine slept, or that its
// wall clock was set.
const longestWait = time.Minute

// Wake returns a channel that receives once the time has come, and a function that gives up waiting.
func (SystemClock) Wake(at time.Time) (<-chan time.Time, func()) {
	w := &wait{at: at.Round(0), wake: make(chan time.Time, 1)} // without the monotonic reading
	w.timer = time.AfterFunc(math.MaxInt64, w.look)
	w.timer.Reset(min(time.Until(w.at), longestWait))
	return w.wake, func() { w.timer.Stop() }
}

type wait struct {
	at    time.Time
	wake  chan time.Time
	timer *time.Timer
}

func (w *wait) look() {
	if now := time.Now().Round(0); now.Before(w.at) {
		w.timer.Reset(min(w.at.Sub(now), longestWait))
	} else {
		w.wake <- now
	}
}
