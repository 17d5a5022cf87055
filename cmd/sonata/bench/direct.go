package bench

import (
	"context"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// job is a service task that is to be done.
type job struct {
	instance engine.Key
	id       engine.ID
}

// openDirect runs an engine without Kafka.
func openDirect(file string) func(context.Context, *env) error {
	return func(ctx context.Context, e *env) error {
		resource, err := flow(file)
		if err != nil {
			return err
		}
		e.jobs = make(chan job, e.Concurrency)
		return e.start(ctx, nil, []runner.Resource{resource})
	}
}

// observe hands out the jobs that are durable now. There is never more than one for each instance under way.
func (e *env) observe(entries []runner.Entry) {
	e.tracker.observe(entries)
	if e.jobs == nil {
		return
	}
	for _, entry := range entries {
		if opened, ok := entry.Event.(engine.SubscriptionOpened); ok && opened.Kind == engine.SubscriptionJob {
			e.jobs <- job{entry.Instance, opened.ID}
		}
	}
}

// driveDirect starts instances, does their jobs, and waits for their ends.
func driveDirect(ctx context.Context, e *env, n int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	clients, ctx := errgroup.WithContext(ctx)
	over := make(chan struct{})
	for range e.Concurrency {
		clients.Go(func() error { return e.work(ctx, over) })
	}
	var starters errgroup.Group
	e.startInstances(ctx, &starters, n, func(key engine.Key) error { return e.tracker.wait(ctx, key) })
	err := starters.Wait()
	close(over)
	if err != nil {
		cancel()
		_ = clients.Wait()
		return err
	}
	return clients.Wait()
}

// work does jobs.
func (e *env) work(ctx context.Context, over <-chan struct{}) error {
	for {
		select {
		case j := <-e.jobs:
			if err := e.runner.CompleteJob(ctx, j.instance, engine.CompleteJob{Subscription: j.id}); err != nil {
				return err
			}
		case <-over:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// startInstances starts n instances of the newest process, as many at a time as are to be under way; each is waited for.
func (e *env) startInstances(ctx context.Context, starters *errgroup.Group, n int, wait func(engine.Key) error) {
	definition := e.runner.Definitions()[0]
	var next atomic.Int64
	for range min(e.Concurrency, n) {
		starters.Go(func() error {
			for number := next.Add(1); number <= int64(n); number = next.Add(1) {
				began := time.Now()
				info, err := e.runner.Start(ctx, runner.Start{DefinitionKey: definition.Key, Variables: map[string]any{
					"orderId": strconv.FormatInt(number, 10), "amount": int64(5), "customer": "ETSI HypO", "urgent": false,
				}})
				if err == nil {
					err = wait(info.Key)
				}
				if err != nil {
					return err
				}
				e.tracker.lasted(time.Since(began))
			}
			return nil
		})
	}
}

// driveWaiting starts instances that wait for a message each.
func driveWaiting(ctx context.Context, e *env, n int) error {
	var starters errgroup.Group
	e.startInstances(ctx, &starters, n, func(engine.Key) error { return nil })
	return starters.Wait()
}

// freeMemory gives back what is no longer used.
func freeMemory() { debug.FreeOSMemory() }
