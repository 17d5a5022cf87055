package runner_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func handled(jobType string, do runner.Handler) func(*world) {
	return func(w *world) { w.opts.Handlers = map[string]runner.Handler{jobType: do} }
}

// A Go function does jobs: results, errors, failures and panics become what they would from a worker.
func TestHandlers(t *testing.T) {
	var attempts atomic.Int64
	w := newWorld(t, handled("labour", func(_ context.Context, job *runner.Job) (map[string]any, error) {
		switch attempts.Add(1); job.Variables["how"] {
		case "error":
			return nil, &runner.BPMNError{Code: "DECLINED", Text: "no"}
		case "fail":
			return nil, errors.New("no lorry")
		case "later":
			return nil, &runner.Failure{Err: errors.New("busy"), Retries: 1, BackOff: time.Hour}
		case "panic":
			panic("on purpose")
		case "nonsense":
			return map[string]any{"f": func() {}}, nil
		}
		return map[string]any{"done": job.Variables["n"]}, nil
	}))
	w.install(model("p", start, work("task", "labour"), `<boundaryEvent id="declined" attachedToRef="task"><errorEventDefinition errorRef="e"/></boundaryEvent>`,
		end, `<endEvent id="refused"/>`, `<error id="e" errorCode="DECLINED"/>`, "start -> task -> end", "declined -> refused"))

	key := w.launch("p", map[string]any{"n": int64(7)})
	w.awaitEnd("p")
	require.EqualValues(t, 7, w.variables(key)["done"])

	w.launch("p", map[string]any{"how": "error"})
	w.await(func(e runner.Entry) bool {
		entered, ok := e.Event.(engine.TokenEntered)
		return ok && entered.Node == "refused"
	})

	for _, how := range []string{"fail", "panic", "nonsense"} {
		attempts.Store(0)
		key = w.launch("p", map[string]any{"how": how})
		raised := w.await(func(e runner.Entry) bool {
			_, ok := e.Event.(engine.IncidentRaised)
			return ok && e.Instance == key
		})
		require.Equal(t, engine.IncidentJob, raised.Event.(engine.IncidentRaised).Kind)
		require.EqualValues(t, 3, attempts.Load(), "each retry was used")
	}

	attempts.Store(0)
	key = w.launch("p", map[string]any{"how": "later"})
	w.await(func(e runner.Entry) bool {
		_, ok := e.Event.(engine.SubscriptionUpdated)
		return ok && e.Instance == key
	})
	require.EqualValues(t, 1, attempts.Load())
	require.Equal(t, begin.Add(time.Hour), w.subscription(key, "task").Job.RetryAt)
}

// Whatever the limit, and whoever stopped in between, every job is done.
func TestHandlersCatchUp(t *testing.T) {
	const jobs = 200
	gate := make(chan struct{})
	w := newWorld(t, func(w *world) {
		w.opts.HandlerLimit = 3
		w.opts.Handlers = map[string]runner.Handler{"labour": func(ctx context.Context, job *runner.Job) (map[string]any, error) {
			select {
			case <-gate:
				return nil, nil
			case <-ctx.Done():
				return nil, fmt.Errorf("job %s: %w", job.Key(), ctx.Err())
			}
		}}
	})
	w.install(labour)
	for range jobs {
		w.launch("labour", nil)
	}
	w.restart()
	close(gate)
	for range jobs {
		w.awaitEnd("labour")
	}
	require.Empty(t, w.search(runner.Filter{State: engine.StateActive}))
}
