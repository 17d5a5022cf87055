package runner_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// The system's clock wakes at the time and not before, however far off that is, and not at all once nobody waits.
func TestSystemClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := runner.SystemClock{}
		for _, wait := range []time.Duration{-time.Hour, 0, time.Millisecond, time.Minute, 90 * time.Second, 1000 * time.Hour} {
			at := clock.Now().Add(wait)
			wake, _ := clock.Wake(at)
			woken := <-wake
			require.False(t, woken.Before(at))
			require.Less(t, clock.Now().Sub(at), max(-wait, 0)+time.Millisecond)
		}
		wake, stop := clock.Wake(clock.Now().Add(time.Hour))
		stop()
		<-time.After(2 * time.Hour) // of the bubble's clock
		require.Empty(t, wake)
	})
}
