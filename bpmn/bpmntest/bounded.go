package bpmntest

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Limits of one hostile input: whatever comes in is dealt with within them, or refused.
const (
	MaxTime   = 2 * time.Second // of the processor, so that a busy machine changes nothing
	MaxMemory = 64 << 20        // bytes, all that is allocated on the way
)

// Bounded fails the test when fn takes more time or memory than one input may.
func Bounded(t testing.TB, fn func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := processorTime()
	fn()
	took := processorTime() - begun
	runtime.ReadMemStats(&after)
	if took > MaxTime {
		t.Errorf("it took %v of the processor, more than %v", took, MaxTime)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > MaxMemory {
		t.Errorf("it allocated %d MiB, more than %d", allocated>>20, MaxMemory>>20)
	}
}

// processorTime is what this program has used of the processor.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
