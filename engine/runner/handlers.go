package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// Handler does the jobs of one type within this process (see [Options.Handlers]). What it returns become the job's results:
// JSON values as an [engine.Instance] has them (whole numbers as int64), and no others. An error fails the job, which is tried again while it
// has retries; a [*BPMNError] is thrown where the job is, a [*Failure] says more about the retries. A handler runs at least once for a
// job: again if the process ends before its result is durable. It must return when ctx ends.
type Handler func(ctx context.Context, job *Job) (map[string]any, error)

// BPMNError is what a [Handler] returns to throw a BPMN error (§10.5.6).
type BPMNError struct {
	Code, Text string
	Variables  map[string]any
}

func (e *BPMNError) Error() string { return fmt.Sprintf("BPMN error %s: %s", e.Code, e.Text) }

// Failure is what a [Handler] returns to say when, and how often, a job is tried again. With no Retries left it becomes an incident.
type Failure struct {
	Err       error
	Retries   int
	BackOff   time.Duration // until the next attempt
	Variables map[string]any
}

func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns what went wrong.
func (f *Failure) Unwrap() error { return f.Err }

// handlers has jobs done by Go functions. Those of a batch are begun as soon as it is durable, so that nothing need be read for
// them. When too many are under way, the rest is read from the store later. Results are written many at once.
type handlers struct {
	r      *Runner
	byType map[string]Handler
	limit  int
	ctx    context.Context //nolint:containedctx // of Run: its end ends the handlers
	work   sync.WaitGroup
	wake   chan struct{}

	mu     sync.Mutex
	busy   map[handled]bool // begun, and the result is not durable yet
	behind map[string]bool  // types of which jobs may wait in the store
	done   []result
}

type handled struct {
	instance engine.Key
	id       engine.ID
}

type result struct {
	job     handled
	command engine.Command
	retries int
}

func newHandlers(r *Runner, byType map[string]Handler, limit int) *handlers {
	h := &handlers{r: r, byType: byType, limit: limit, wake: make(chan struct{}, 1), busy: map[handled]bool{}, behind: map[string]bool{}}
	for jobType := range byType {
		h.behind[jobType] = true // what an earlier run left
	}
	return h
}

func (h *handlers) handles(jobType string) bool { return h.byType[jobType] != nil }

// run writes results, and has the jobs done that had to wait, until ctx ends and every handler has returned.
func (h *handlers) run(ctx context.Context) {
	ended := make(chan struct{})
	context.AfterFunc(ctx, func() {
		h.mu.Lock()
		h.mu.Unlock() //nolint:staticcheck // whoever began a job before the end has counted it now, and nobody begins one any more
		h.work.Wait()
		close(ended)
	})
	signal(h.wake)
	var wait backoff
	for {
		select {
		case <-h.wake:
		case <-ended:
			if err := h.settle(ctx); err != nil { // the jobs are done again at the next start
				h.r.log.Warn("results of jobs could not be stored", slog.Any("error", err))
			}
			return
		}
		if err := h.settle(ctx); err != nil {
			h.r.log.Warn("results of jobs could not be stored; it is tried again", slog.Any("error", err))
			if wait.sleep(ctx, h.r.opts.Clock); ctx.Err() == nil {
				signal(h.wake)
			}
			continue
		}
		wait.reset()
		h.catchUp(ctx)
	}
}

// settle writes the results that are there.
func (h *handlers) settle(ctx context.Context) error {
	h.mu.Lock()
	done := h.done
	h.done = nil
	h.mu.Unlock()
	if len(done) == 0 {
		return nil
	}
	tasks := make([]task, len(done))
	for i, d := range done {
		tasks[i] = d.task()
	}
	err := h.r.submitTasks(context.WithoutCancel(ctx), tasks)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		h.done = append(done, h.done...)
		return err
	}
	for _, d := range done {
		delete(h.busy, d.job)
	}
	return nil
}

// task writes one result. A job that is gone needs none. One whose result cannot be used has failed.
func (d result) task() task {
	carryOut := func(u *unit, c engine.Command) error {
		err := u.command(d.job.instance, c)
		if refused, ok := errors.AsType[*engine.Rejection](err); ok {
			u.r.log.Debug("the result of a job came too late", slog.String("instance", d.job.instance.String()), slog.Any("error", refused))
			return nil
		}
		return err
	}
	return task{
		run: func(u *unit) error { return carryOut(u, d.command) },
		rescue: func(u *unit, err error) error {
			failed := engine.FailJob{Subscription: d.job.id, Retries: d.retries - 1, Text: "the result of the job cannot be used: " + reasonOf(err)}
			return carryOut(u, failed)
		},
	}
}

// lookAgain has the store searched for jobs of all types.
func (h *handlers) lookAgain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for jobType := range h.byType {
		h.behind[jobType] = true
	}
	signal(h.wake)
}

// committed begins the jobs of a batch.
func (h *handlers) committed(refs []jobRef, changed map[engine.Key]change) {
	if len(h.byType) == 0 || len(refs) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, ref := range refs {
		in := changed[ref.instance].in
		switch {
		case !h.handles(ref.jobType):
			continue
		case in == nil: // its instance has rested, and nothing else has happened to it
			h.behind[ref.jobType] = true
			signal(h.wake)
			continue
		}
		if sub := in.Subscription(ref.id); sub != nil && sub.Available() {
			h.begin(in, sub)
		}
	}
}

// begin begins a job, or notes that one waits. The lock is held.
func (h *handlers) begin(in *engine.Instance, sub *engine.Subscription) bool {
	job := handled{in.Key, sub.ID}
	switch {
	case h.busy[job]: // it has failed, and is to be done again when that is settled
		h.behind[sub.Name] = true
		return true
	case len(h.busy) >= h.limit || h.ctx == nil || h.ctx.Err() != nil:
		h.behind[sub.Name] = true
		return false
	}
	h.busy[job] = true
	given := &Job{Subscription: *sub, Variables: in.JobVariables(sub)}
	s := summaryOf(in)
	h.work.Go(func() { h.do(given, s) })
	return true
}

// do runs the handler.
func (h *handlers) do(job *Job, s summary) {
	info, err := h.r.infoOf(s)
	var variables map[string]any
	if err == nil {
		job.InstanceInfo = info
		variables, err = h.call(job)
	}
	d := result{job: handled{s.Key, job.ID}, command: answer(job, variables, err), retries: job.Job.Retries}
	h.mu.Lock()
	h.done = append(h.done, d)
	h.mu.Unlock()
	signal(h.wake)
}

func (h *handlers) call(job *Job) (variables map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil {
			h.r.log.Error("the handler of a job panicked", slog.String("jobType", job.Name), slog.String("instance", job.InstanceInfo.Key.String()),
				slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			err = errors.New("its handler panicked; the log says where")
		}
	}()
	return h.byType[job.Name](h.ctx, job)
}

// answer makes a command of what a handler returned.
func answer(job *Job, variables map[string]any, err error) engine.Command {
	var (
		thrown  *BPMNError
		failure *Failure
	)
	switch {
	case err == nil:
		return engine.CompleteJob{Subscription: job.ID, Variables: variables}
	case errors.As(err, &thrown):
		return engine.ThrowError{Subscription: job.ID, Code: thrown.Code, Text: thrown.Text, Variables: thrown.Variables}
	case errors.As(err, &failure):
		return engine.FailJob{
			Subscription: job.ID, Retries: failure.Retries, Text: failure.Error(), BackOff: failure.BackOff, Variables: failure.Variables,
		}
	}
	return engine.FailJob{Subscription: job.ID, Retries: job.Job.Retries - 1, Text: err.Error()}
}

// catchUp begins jobs that had to wait in the store, as many as there is room for.
func (h *handlers) catchUp(ctx context.Context) {
	for jobType := range h.byType {
		h.mu.Lock()
		wanted := h.behind[jobType] && len(h.busy) < h.limit && ctx.Err() == nil
		if wanted {
			h.behind[jobType] = false // whoever has to wait from now on says so
		}
		h.mu.Unlock()
		if !wanted {
			continue
		}
		if err := h.read(jobType); err != nil {
			h.r.log.Warn("jobs could not be read", slog.String("jobType", jobType), slog.Any("error", err))
		}
	}
}

func (h *handlers) read(jobType string) error {
	prefix := rowKey{}.text(jobType)
	return h.r.store.View(func(tx ReadTx) error {
		var failed error
		tx.Ascend(tableJobs, prefix, func(key, _ []byte) bool {
			if !bytes.HasPrefix(key, prefix) {
				return false
			}
			job := handled{engine.Key(num(key, 2)), engine.ID(num(key, 1))}
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.busy[job] || h.r.resting.get(job.instance).whole {
				return true
			}
			in, err := decodeInstance(tx, h.r.symbols.Load(), tx.Get(tableInstances, rowKey{}.key(job.instance)))
			if err != nil {
				failed = err
				return false
			}
			return h.begin(in, in.Subscription(job.id))
		})
		return failed
	})
}
