package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The garbage collector's work grows with what lives, however little that is, and at Go's usual pace (GOGC=100) a busy engine with 20 MB alive
// collects every 20 MB: a quarter of its processor time. So while it is busy it may have three times as much garbage as lives, up to a bound.
// An idle one keeps the usual pace, and stays small: it also forgets the program's pages that are not in use.
const (
	busyPercent     = 300
	usualPercent    = 100             // GOGC
	garbageWhenBusy = 96 << 20        // bytes
	busyInterval    = 2 * time.Second // between two collections; only who does much collects as often
	idleInterval    = 10 * time.Second
)

// paceCollector sets the collector's pace after each collection, so that it costs nothing in between. GOGC or GOMEMLIMIT in the environment
// say that somebody else does.
func paceCollector() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	p := &pacer{last: time.Now(), percent: usualPercent, sample: []metrics.Sample{{Name: "/gc/heap/live:bytes"}}}
	p.arm()
}

// pacer is told of each collection by a finalizer.
type pacer struct {
	last    time.Time
	percent int
	sample  []metrics.Sample
}

// sentinel is garbage at once.
type sentinel struct{ _ *pacer }

func (p *pacer) arm() {
	runtime.SetFinalizer(&sentinel{p}, func(*sentinel) {
		p.collected(time.Now())
		p.arm()
	})
}

func (p *pacer) collected(now time.Time) {
	metrics.Read(p.sample)
	apart := now.Sub(p.last)
	percent := pace(apart, p.sample[0].Value.Uint64())
	p.last = now
	if apart > idleInterval {
		forgetProgram()
	}
	if percent != p.percent {
		p.percent = percent
		debug.SetGCPercent(percent)
	}
}

// pace is how much garbage there may be until the next collection, in percent of what lives, when the last two were so far apart. It is rounded, as
// changing it stops the world.
func pace(apart time.Duration, live uint64) int {
	if apart > busyInterval || live == 0 {
		return usualPercent
	}
	const step = 50
	return min(max(int(garbageWhenBusy*100/live)/step*step, usualPercent), busyPercent)
}
