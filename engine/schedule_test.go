package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFirstDue(t *testing.T) {
	at := time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		kind, text, due string
		remaining       int
	}{
		{timerDate, "2048-02-13T11:27:56.705567622Z", "2048-02-13T11:27:56.705567622Z", 0},
		{timerDuration, "P1M", "2026-02-28T10:00:00Z", 0},
		{timerCycle, "R/1776-07-04T00:00:00Z/PT1S", "1776-07-04T00:00:00Z", -1},
		{timerCycle, "0 0 29 2 *", "2028-02-29T00:00:00Z", -1},
		{timerCycle, "R3/P1M", "2026-02-28T10:00:00Z", 2},
	} {
		due, cycle, err := firstDue(c.kind, c.text, at)
		require.NoError(t, err, c.text)
		require.Equal(t, c.due, due.Format(time.RFC3339Nano))
		if cycle != nil {
			require.Equal(t, c.remaining, cycle.Remaining)
			for range 4 {
				due, cycle = nextDue(cycle, due, due)
				t.Log(c.text, due, cycle)
			}
		}
	}
	due, cycle, _ := firstDue(timerCycle, "R/1776-07-04T00:00:00Z/PT1S", at)
	t.Log(nextDue(cycle, due, at))
}
