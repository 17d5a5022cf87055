package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

const (
	maxAwait   = 10 * time.Minute // how long a client may wait for an instance to complete, or for jobs
	maxWaiting = 100              // clients that wait for completions or follow events at the same time
	maxPolling = 1000             // workers that wait for jobs at the same time
)

// limiter holds one for each client that waits. Each costs memory in the engine, so there is a limit.
type limiter chan struct{}

// enter counts a client. It must leave again.
func (l limiter) enter() (leave func(), err error) {
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	default:
		return nil, problem(codeExhausted, "%d clients wait already; try again later", cap(l))
	}
}

// await waits until an instance has completed and returns its variables. timeout is in milliseconds, 0 for the default. The
// instance goes on, whatever becomes of the wait.
func (a *api) await(w http.ResponseWriter, r *http.Request, info runner.InstanceInfo, timeout int64) (map[string]any, error) {
	wait := time.Duration(timeout) * time.Millisecond
	if timeout == 0 {
		wait = requestTimeout
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	allow(w, wait)
	for {
		// Watched first, looked at then: the end cannot slip through between.
		watch, stop := context.WithCancel(ctx)
		entries := a.engine.Watch(watch, info.RootKey)
		in, now, err := a.engine.Instance(info.Key)
		if err == nil && now.State == engine.StateActive {
			err = untilEnd(ctx, entries, info.Key)
		}
		stop()
		switch {
		case ctx.Err() == context.DeadlineExceeded:
			return nil, problem(codeDeadline, "instance %s did not complete within %s; it goes on", info.Key, wait)
		case err != nil:
			return nil, err
		case now.State == engine.StateTerminated:
			return nil, problem(engine.CodeState, "instance %s was cancelled", info.Key)
		case now.State == engine.StateCompleted:
			return in.Variables(0), nil
		}
		if err := a.engine.Ready(); err != nil { // else a watch that ends at once would be begun again and again
			return nil, err
		}
	}
}

// untilEnd returns when an instance has ended, or when the entries end and it must be looked at again.
func untilEnd(ctx context.Context, entries <-chan runner.Entry, key engine.Key) error {
	for {
		select {
		case entry, open := <-entries:
			if _, ended := entry.Event.(engine.InstanceEnded); !open || ended && entry.Instance == key {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-stopping(ctx):
			return problem(codeUnavailable, "Sonata is stopping; instance %s goes on when it is back", key)
		}
	}
}

// allow lets an answer take its time, although the server's timeout is short. Where that cannot be changed, as in a test without
// a connection, there is none.
func allow(w http.ResponseWriter, wait time.Duration) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait + requestTimeout))
}
