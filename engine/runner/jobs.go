package runner

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// Job is work that a worker was given. Nothing in it may be changed.
type Job struct {
	InstanceInfo
	engine.Subscription
	Variables map[string]any // those that the element sees
}

// Key identifies the job over all instances.
func (j *Job) Key() engine.Key { return j.PartKey(j.ID) }

// Activation asks for jobs. What Camunda 8 calls the activation of a job gives it to one worker, for a time.
type Activation struct {
	Type    string
	Worker  string        // who asks
	Timeout time.Duration // how long the worker has each job; then it is available again
	Max     int           // most jobs to give
	NoWait  bool          // if there are none
}

// jobRef names a job.
type jobRef struct {
	jobType  string
	instance engine.Key
	id       engine.ID
}

// ActivateJobs gives available jobs of a type to a worker, those of the oldest instances first. If there are none it waits until
// there are, or until ctx ends: then it returns none. The error is an [*engine.Rejection] when the request is refused.
//
// A worker that does not answer in time loses the job to others, but a late answer is taken while nobody else has answered.
func (r *Runner) ActivateJobs(ctx context.Context, a Activation) ([]Job, error) {
	switch {
	case a.Type == "" || a.Max < 1 || a.Timeout <= 0:
		return nil, rejection(engine.CodeInvalid, "an activation needs the type of the jobs, a timeout longer than 0 and a number of at least 1")
	case r.handlers.handles(a.Type):
		return nil, rejection(engine.CodeState, "jobs of type %q are done within this Sonata", a.Type)
	}
	for {
		// Listened first, looked for then: no job can slip through between.
		news, stop := r.jobNews.listen(a.Type)
		jobs, err := r.activateNow(ctx, a)
		if err != nil || len(jobs) > 0 || a.NoWait {
			stop()
			return jobs, err
		}
		select {
		case <-news:
		case <-ctx.Done():
		case <-r.stopped:
			err = ErrStopped
		}
		stop()
		if err != nil || ctx.Err() != nil {
			return nil, err
		}
	}
}

// activateNow gives what is available. A caller that has gone meanwhile gets nothing: its jobs are available again.
func (r *Runner) activateNow(ctx context.Context, a Activation) ([]Job, error) {
	var jobs []Job
	req := &request{done: make(chan error, 1)}
	var look func(after []byte) task
	look = func(after []byte) task {
		return task{run: func(u *unit) error {
			wanted := a.Max - len(jobs)
			refs, last := u.available(a.Type, after, wanted)
			for _, ref := range refs {
				req.tasks = append(req.tasks, task{run: func(u *unit) error { return u.activate(ref, a, &jobs) }, rescue: notGiven})
			}
			if len(refs) == wanted && wanted > 0 { // some may not be given after all
				req.tasks = append(req.tasks, look(last))
			}
			return nil
		}, rescue: notGiven}
	}
	req.tasks = []task{look(nil)}
	if err := r.submitRequest(context.WithoutCancel(ctx), req); err != nil { // nothing of it is stored
		return nil, err
	}
	if ctx.Err() == nil {
		return jobs, nil
	}
	tasks := make([]task, len(jobs))
	for i, j := range jobs {
		tasks[i] = task{run: func(u *unit) error {
			return u.command(j.InstanceInfo.Key, engine.FreeJob{Subscription: j.ID, Early: true})
		}}
	}
	return nil, r.submitTasks(context.WithoutCancel(ctx), tasks)
}

// notGiven lets the other jobs of an activation be given when one could not; the log says why.
func notGiven(*unit, error) error { return nil }

// available lists jobs of a type that can be given away, after a row, and the row of the last one.
func (u *unit) available(jobType string, after []byte, limit int) (refs []jobRef, last []byte) {
	prefix := rowKey{}.text(jobType)
	from := append([]byte(nil), prefix...)
	if after != nil {
		from = slices.Concat(after, []byte{0})
	}
	u.tx.Ascend(tableJobs, from, func(key, _ []byte) bool {
		if len(refs) == limit || !bytes.HasPrefix(key, prefix) {
			return false
		}
		if ref := (jobRef{jobType, engine.Key(num(key, 2)), engine.ID(num(key, 1))}); !u.r.resting.get(ref.instance).whole {
			refs = append(refs, ref)
			last = bytes.Clone(key)
		}
		return true
	})
	return refs, last
}

// activate gives one job away. One that cannot be given stays where it is, and keeps nobody from the others.
func (u *unit) activate(ref jobRef, a Activation, jobs *[]Job) error {
	err := u.command(ref.instance, engine.ActivateJob{Subscription: ref.id, Worker: a.Worker, Timeout: a.Timeout})
	if err != nil {
		u.r.log.Debug("a job could not be given to a worker", slog.String("instance", ref.instance.String()), slog.Any("error", err))
		return nil
	}
	u.finally = func() error {
		if job, ok := u.r.job(u.tx, u.definitions, u.instance(ref.instance), ref.id); ok {
			*jobs = append(*jobs, job)
		}
		return nil
	}
	return nil
}

// job shows a job of an instance to a worker.
func (r *Runner) job(tx ReadTx, g *registry, in *engine.Instance, id engine.ID) (Job, bool) {
	sub := in.Subscription(id)
	if sub == nil || sub.Kind != engine.SubscriptionJob {
		return Job{}, false
	}
	return Job{InstanceInfo: r.info(tx, g, summaryOf(in)), Subscription: *sub, Variables: in.JobVariables(sub)}, true
}

// jobNews tells who waits for jobs of a type that there are some.
type jobNews struct {
	mu      sync.Mutex
	waiting map[string]map[chan struct{}]struct{} // by job type
}

// listen returns a channel that receives when jobs of the type become available, and a function that stops listening.
func (n *jobNews) listen(jobType string) (news <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.waiting == nil {
		n.waiting = map[string]map[chan struct{}]struct{}{}
	}
	if n.waiting[jobType] == nil {
		n.waiting[jobType] = map[chan struct{}]struct{}{}
	}
	n.waiting[jobType][c] = struct{}{}
	return c, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if delete(n.waiting[jobType], c); len(n.waiting[jobType]) == 0 {
			delete(n.waiting, jobType)
		}
	}
}

// tell tells of jobs that have become available.
func (n *jobNews) tell(refs []jobRef) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.waiting) == 0 {
		return
	}
	for _, ref := range refs {
		for c := range n.waiting[ref.jobType] {
			signal(c)
		}
	}
}

// tellAll tells everybody to look.
func (n *jobNews) tellAll() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, waiting := range n.waiting {
		for c := range waiting {
			signal(c)
		}
	}
}
