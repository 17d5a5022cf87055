package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A busy program may have three times as much garbage as lives, but no more than 96 MB, unless more lives; an idle one as much as lives.
func TestPace(t *testing.T) {
	for _, c := range []struct {
		apart   time.Duration
		live    uint64
		percent int
	}{
		{time.Millisecond, 20 << 20, 300},
		{time.Millisecond, 48 << 20, 200},
		{time.Millisecond, 500 << 20, 100},
		{time.Millisecond, 0, 100},
		{time.Minute, 20 << 20, 100},
	} {
		require.Equal(t, c.percent, pace(c.apart, c.live), "%v, %d", c.apart, c.live)
	}
}
