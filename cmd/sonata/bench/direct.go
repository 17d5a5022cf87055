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

// openDirect runs an engine without Kafka.
func openDirect(file string) func(context.Context, *env) error {
	return func(ctx context.Context, e *env) error {
		resource, err := flow(file)
		if err != nil {
			return err
		}
		e.handlers = map[string]runner.Handler{"bench": func(context.Context, *runner.Job) (map[string]any, error) { return nil, nil }}
		return e.start(ctx, nil, []runner.Resource{resource})
	}
}

// driveDirect starts instances and waits for their ends; the engine has their jobs done.
func driveDirect(ctx context.Context, e *env, n int) error {
	starters, ctx := errgroup.WithContext(ctx)
	e.startInstances(ctx, starters, n, func(key engine.Key) error { return e.tracker.wait(ctx, key) })
	return starters.Wait()
}

// startInstances starts n instances of the workload's process, as many at a time as are to be under way; each is waited for.
func (e *env) startInstances(ctx context.Context, starters *errgroup.Group, n int, wait func(engine.Key) error) {
	definition := e.deployment.Definitions[0]
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
