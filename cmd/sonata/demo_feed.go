package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// feed takes entries from a watch as fast as they come and hands them out as fast as they are wanted. A terminal is slower than
// the engine, and a watcher that lags is dropped.
type feed struct {
	mu      sync.Mutex
	entries []runner.Entry
	ended   bool
	news    chan struct{} // holds one signal
}

func newFeed(from <-chan runner.Entry) *feed {
	f := &feed{news: make(chan struct{}, 1)}
	go func() {
		for e := range from {
			f.put(func() { f.entries = append(f.entries, e) })
		}
		f.put(func() { f.ended = true })
	}()
	return f
}

func (f *feed) put(change func()) {
	f.mu.Lock()
	change()
	f.mu.Unlock()
	select {
	case f.news <- struct{}{}:
	default:
	}
}

var (
	errQuiet = errors.New("nothing happened")
	errOver  = errors.New("nothing will come any more")
)

// next returns what came since the last call, waiting until there is something. The error is errQuiet when nothing came for a
// while, errOver when nothing will.
func (f *feed) next(ctx context.Context, quiet time.Duration) ([]runner.Entry, error) {
	timer := time.NewTimer(quiet)
	defer timer.Stop()
	for {
		f.mu.Lock()
		entries, ended := f.entries, f.ended
		f.entries = nil
		f.mu.Unlock()
		if len(entries) > 0 {
			return entries, nil
		}
		if ended {
			return nil, errOver
		}
		select {
		case <-f.news:
		case <-timer.C:
			return nil, errQuiet
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
