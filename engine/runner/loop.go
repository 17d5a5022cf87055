package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// task is one request's work.
type task struct {
	run func(u *unit) error
	// rescue, if there is one, runs in place of a run that failed.
	rescue func(u *unit, err error) error
}

// request is what a caller waits for: tasks that are committed together. A task may add further ones to its request.
type request struct {
	tasks []task
	err   error      // of the tasks, before the commit
	done  chan error // receives once, after the commit
}

// submit runs fn in the loop and returns when what it wrote is durable, or why nothing was written.
func (r *Runner) submit(ctx context.Context, fn func(u *unit) error) error {
	return r.submitTasks(ctx, []task{{run: fn}})
}

func (r *Runner) submitTasks(ctx context.Context, tasks []task) error {
	return r.submitRequest(ctx, &request{tasks: tasks, done: make(chan error, 1)})
}

func (r *Runner) submitRequest(ctx context.Context, req *request) error {
	select {
	case r.requests <- req:
	case <-ctx.Done():
		return ctx.Err()
	case <-r.stopped:
		return ErrStopped
	}
	select {
	case err := <-req.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-r.stopped:
	}
	select {
	case err := <-req.done: // it was in the last batch
		return err
	default:
		return ErrStopped
	}
}

// loop takes what is ready and writes it in batches until ctx ends.
func (r *Runner) loop(ctx context.Context) {
	alarm := alarm{clock: r.opts.Clock}
	defer alarm.set(time.Time{})
	var wait backoff
	for {
		alarm.set(r.next)
		var requests []*request
		select {
		case <-ctx.Done():
			return
		case first := <-r.requests:
			requests = r.collect(first)
		case <-alarm.rings:
			alarm.rang()
		}
		if err := r.write(requests); err != nil {
			r.next = r.opts.Clock.Now().Add(wait.step()) // what is due is tried again
			continue
		}
		wait.reset()
		r.tellSettled()
	}
}

// collect takes everything that is ready, up to the size of a batch.
func (r *Runner) collect(first *request) []*request {
	requests := []*request{first}
	for n := len(first.tasks); n < r.opts.BatchSize; {
		select {
		case req := <-r.requests:
			requests = append(requests, req)
			n += len(req.tasks)
		default:
			return requests
		}
	}
	return requests
}

// errNothing ends a transaction that has written nothing, so that it costs no write to the disk.
var errNothing = errors.New("nothing to write")

// entriesRoom is for how many entries room is kept from one batch to the next.
const entriesRoom = 20_000

// write runs one batch and answers those who wait for it.
func (r *Runner) write(requests []*request) error {
	b := &batch{r: r, now: r.opts.Clock.Now().UTC().Round(0)}
	if r.health.has(troubleStore) {
		if err := r.recover(); err != nil {
			return r.refuse(requests, err)
		}
		b.wrote = true // find out whether it takes writes again
	}
	b.state = state{counters: r.counters, definitions: r.registry.Load(), symbols: r.symbols.Load(), changed: map[engine.Key]*engine.Instance{}, tails: map[engine.Key]tail{}}
	b.before, b.after = map[engine.Key]held{}, map[engine.Key]held{}
	b.entries, b.watched = r.entries[:0], r.opts.Observe != nil || r.watchers.any()
	defer func() {
		clear(b.entries)
		if r.entries = b.entries; cap(r.entries) > entriesRoom {
			r.entries = nil
		}
	}()
	err := r.update(func(tx Tx) error {
		b.tx = tx
		return b.run(requests)
	})
	if errors.Is(err, errNothing) {
		err = nil
	}
	if err != nil {
		return r.refuse(requests, err)
	}
	r.health.set(troubleStore, nil)
	r.committed(b)
	for _, req := range requests {
		req.done <- req.err
	}
	return nil
}

// refuse tells everybody that the store has failed.
func (r *Runner) refuse(requests []*request, err error) error {
	r.health.set(troubleStore, err)
	r.log.Error("a batch could not be stored", slog.Int("requests", len(requests)), slog.Any("error", err))
	for _, req := range requests {
		req.done <- err
	}
	return err
}

// recover forgets everything that is not in the store: after a failed commit nobody knows, before it is read again, whether
// it happened.
func (r *Runner) recover() error {
	r.cache = newCache()
	return r.store.View(r.load)
}

// update is the store's, with a panic made an error: the store has undone the transaction by then.
func (r *Runner) update(fn func(Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("a batch failed by our own fault", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("%w: %v", errInternal, p)
		}
	}()
	return r.store.Update(fn)
}

// run runs the requests, then what is due.
func (b *batch) run(requests []*request) error {
	b.dropSeen()
	for _, req := range requests {
		for i := 0; i < len(req.tasks); i++ { //nolint:intrange // a task may add others
			if err := b.perform(req.tasks[i]); err != nil && req.err == nil {
				req.err = err
			}
			if b.err != nil {
				return b.err
			}
		}
	}
	for _, d := range b.dueRows(b.r.opts.BatchSize) {
		if _ = b.perform(d.task()); b.err != nil { // its rescue deals with any other error
			return b.err
		}
	}
	for _, t := range b.duePurges(b.r.opts.BatchSize) {
		if _ = b.perform(t); b.err != nil {
			return b.err
		}
	}
	b.r.next = b.r.nextWake(b.tx)
	if !b.wrote {
		return errNothing
	}
	b.saveSnapshots()
	b.r.symbols.Store(b.symbols) // before the commit, so that whoever reads after it knows them
	b.check(b.tx.Put(tableMeta, metaCounters, encodeCounters(b.counters)))
	return b.err
}

// perform runs a task, and its rescue if it fails.
func (b *batch) perform(t task) error {
	err := b.attempt(t.run)
	if err == nil || t.rescue == nil || b.err != nil {
		return err
	}
	return b.attempt(func(u *unit) error { return t.rescue(u, err) })
}

// committed makes known what is durable now.
func (r *Runner) committed(b *batch) {
	for _, h := range b.after {
		r.cache.put(h)
	}
	r.counters = b.counters
	r.registry.Store(b.definitions)
	if r.opts.Observe != nil && len(b.entries) > 0 {
		r.opts.Observe(b.entries)
	}
	r.watchers.tell(b.entries)
	if b.messages > 0 {
		signal(r.published)
	}
	b.mergeAcquitted(b.acquitted)
	r.handlers.committed(b.jobs, b.changed)
	r.jobNews.tell(b.jobs)
}

// signal wakes whoever reads the channel, which has room for one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// alarm rings when the clock shows a time. It bothers the clock only when the time changes.
type alarm struct {
	clock Clock
	at    time.Time
	rings <-chan time.Time
	stop  func()
}

func (a *alarm) set(at time.Time) {
	if at.Equal(a.at) {
		return
	}
	if a.stop != nil {
		a.stop()
	}
	a.at, a.rings, a.stop = at, nil, nil
	if !at.IsZero() {
		a.rings, a.stop = a.clock.Wake(at)
	}
}

// rang forgets the time, so that it can be set again.
func (a *alarm) rang() { a.at, a.rings, a.stop = time.Time{}, nil, nil }
