package runner_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

var labour = model("labour", start, work("task", "labour"), end, "start -> task -> end")

// activate asks for jobs that are there.
func (w *world) activate(worker string, most int) []runner.Job {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	got := make(chan []runner.Job, 1)
	go func() {
		jobs, err := w.r.ActivateJobs(ctx, runner.Activation{Type: "labour", Worker: worker, Timeout: time.Minute, Max: most})
		if err != nil {
			w.t.Error(err)
		}
		got <- jobs
	}()
	// Whoever waits has looked at least once when two requests after it are done.
	for range 3 {
		w.sync()
	}
	select {
	case jobs := <-got:
		cancel()
		return jobs
	default:
		cancel()
		return <-got
	}
}

// awaitJobs returns the jobs that a worker is given, however long that takes.
func (w *world) awaitJobs(a runner.Activation) []runner.Job {
	w.t.Helper()
	jobs, err := w.r.ActivateJobs(w.ctx, a)
	require.NoError(w.t, err)
	return jobs
}

// A job is given to one worker, the oldest first, with what the worker needs; after its timeout it is given again, and a late
// answer of the first worker still counts.
func TestActivation(t *testing.T) {
	w := newWorld(t)
	w.install(labour)
	first := w.launch("labour", map[string]any{"n": int64(1)})
	second := w.launch("labour", map[string]any{"n": int64(2)})
	ask := runner.Activation{Type: "labour", Worker: "ann", Timeout: time.Minute, Max: 1}

	jobs := w.awaitJobs(ask)
	require.Len(t, jobs, 1)
	require.Equal(t, first, jobs[0].InstanceInfo.Key)
	require.Equal(t, map[string]any{"n": int64(1)}, jobs[0].Variables)
	require.Equal(t, "ann", jobs[0].Job.Worker)
	require.Equal(t, begin.Add(time.Minute), jobs[0].Job.Deadline)
	instance, id, ok, err := w.r.Locate(jobs[0].Key())
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, first, instance)
	require.Equal(t, jobs[0].ID, id)

	ask.Max = 10
	jobs = w.awaitJobs(ask)
	require.Len(t, jobs, 1, "the first has a worker")
	require.Equal(t, second, jobs[0].InstanceInfo.Key)
	require.Equal(t, []time.Time{begin.Add(time.Minute)}, w.waiting())

	w.restart() // locks survive
	w.advance(time.Minute)
	ask.Worker = "bob"
	require.Len(t, w.awaitJobs(ask), 2)
	require.NoError(t, w.r.CompleteJob(w.ctx, first, engine.CompleteJob{Subscription: w.subscription(first, "task").ID}))
	require.Equal(t, engine.StateCompleted, w.instance(first).State)
}

// A worker waits for jobs without being asked to come back.
func TestActivationWaits(t *testing.T) {
	w := newWorld(t)
	w.install(labour)
	got := make(chan []runner.Job)
	go func() {
		jobs, err := w.r.ActivateJobs(w.ctx, runner.Activation{Type: "labour", Timeout: time.Minute, Max: 5})
		if err != nil {
			t.Error(err)
		}
		got <- jobs
	}()
	key := w.launch("labour", nil)
	jobs := <-got
	require.Len(t, jobs, 1)
	require.Equal(t, key, jobs[0].InstanceInfo.Key)

	go func() {
		jobs, err := w.r.ActivateJobs(w.ctx, runner.Activation{Type: "labour", Timeout: time.Minute, Max: 5})
		if err != nil {
			t.Error(err)
		}
		got <- jobs
	}()
	w.sync()
	w.advance(time.Minute) // the lock of the first activation ends
	require.Len(t, <-got, 1)

	require.Empty(t, w.activate("late", 5), "ctx ends the wait")
}

// A failed job waits for its back-off, becomes an incident without retries, and is available again when that is resolved.
func TestFailedJobs(t *testing.T) {
	w := newWorld(t)
	w.install(labour)
	key := w.launch("labour", nil)
	ask := runner.Activation{Type: "labour", Timeout: time.Minute, Max: 1}
	job := w.awaitJobs(ask)[0]
	require.NoError(t, w.r.FailJob(w.ctx, key, engine.FailJob{
		Subscription: job.ID, Retries: 1, Text: "no lorry", BackOff: time.Hour, Variables: map[string]any{"tried": int64(1)},
	}))
	require.Empty(t, w.activate("early", 1))
	w.advance(time.Hour)
	job = w.awaitJobs(ask)[0]
	require.Equal(t, 1, job.Job.Retries)
	require.Equal(t, map[string]any{"tried": int64(1)}, job.Variables)
	require.Empty(t, w.variables(key), "what a failure tells stays with the element")

	require.NoError(t, w.r.FailJob(w.ctx, key, engine.FailJob{Subscription: job.ID, Text: "no lorry", BackOff: time.Hour}))
	w.advance(2 * time.Hour)
	require.Empty(t, w.activate("late", 1))
	two := 2
	require.NoError(t, w.r.UpdateJob(w.ctx, key, engine.UpdateJob{Subscription: job.ID, Retries: &two}))
	require.Empty(t, w.activate("late", 1), "retries alone do not resolve an incident")
	require.NoError(t, w.r.ResolveIncident(w.ctx, key, engine.ResolveIncident{Incident: w.instance(key).Incidents[0].ID}))
	job = w.awaitJobs(ask)[0]
	require.Equal(t, 2, job.Job.Retries)

	none, hour := 0, time.Hour
	rejected(t, w.r.UpdateJob(w.ctx, key, engine.UpdateJob{Subscription: job.ID, Retries: &none}), engine.CodeInvalid, "at least 1")
	require.NoError(t, w.r.UpdateJob(w.ctx, key, engine.UpdateJob{Subscription: job.ID, Timeout: &hour}))
	w.advance(time.Minute)
	require.Empty(t, w.activate("greedy", 1), "the worker got more time")
	w.advance(time.Hour)
	require.Len(t, w.awaitJobs(ask), 1)
}

func TestActivationRefused(t *testing.T) {
	w := newWorld(t, func(w *world) {
		w.opts.Handlers = map[string]runner.Handler{"own": func(context.Context, *runner.Job) (map[string]any, error) { return nil, nil }}
	})
	_, err := w.r.ActivateJobs(w.ctx, runner.Activation{Type: "labour", Timeout: time.Minute})
	rejected(t, err, engine.CodeInvalid, "at least 1")
	_, err = w.r.ActivateJobs(w.ctx, runner.Activation{Type: "own", Timeout: time.Minute, Max: 1})
	rejected(t, err, engine.CodeState, "within this Sonata")
	ended := make(chan error)
	go func() {
		_, err := w.r.ActivateJobs(context.Background(), runner.Activation{Type: "labour", Timeout: time.Minute, Max: 1})
		ended <- err
	}()
	w.sync()
	w.stop()
	require.ErrorIs(t, <-ended, runner.ErrStopped)
}

// A job of an instance on which we panic keeps nobody from the others.
func TestPanicOfAnActivation(t *testing.T) {
	w := newWorld(t)
	w.install(model("bad", start, work("cracked", "labour"), end, "start -> cracked -> end"), labour)
	w.launch("bad", nil)
	good := w.launch("labour", nil)
	jobs := w.awaitJobs(runner.Activation{Type: "labour", Timeout: time.Minute, Max: 1})
	require.Len(t, jobs, 1)
	w.advance(time.Minute)
	jobs = w.awaitJobs(runner.Activation{Type: "labour", Timeout: time.Minute, Max: 2})
	require.Len(t, jobs, 2)
	require.Equal(t, good, jobs[1].InstanceInfo.Key)
}

// Keys of parts stay unique, and lead to their part, when an instance outgrows its block.
func TestPartKeys(t *testing.T) {
	w := newWorld(t)
	w.install(model("many", start,
		`<serviceTask id="task"><extensionElements><zeebe:taskDefinition type="labour"/></extensionElements>
			<multiInstanceLoopCharacteristics><loopCardinality>3000</loopCardinality></multiInstanceLoopCharacteristics></serviceTask>`,
		end, "start -> task -> end"), labour)
	many, next := w.launch("many", nil), w.launch("labour", nil)
	seen := map[engine.Key]bool{}
	for _, key := range []engine.Key{many, next} {
		in, info, err := w.r.Instance(key)
		require.NoError(t, err)
		if key == many {
			require.Greater(t, in.LastID, engine.ID(8192), "it needs further blocks")
		}
		for _, sub := range in.Subscriptions {
			part := info.PartKey(sub.ID)
			require.False(t, seen[part])
			require.Positive(t, part)
			seen[part] = true
			instance, id, ok, err := w.r.Locate(part)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, key, instance)
			require.Equal(t, sub.ID, id)
		}
	}
	require.Len(t, seen, 3001)
	_, _, ok, err := w.r.Locate(7)
	require.NoError(t, err)
	require.False(t, ok)
}
