package runner

import (
	"cmp"
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
	trace Trace
	err   error      // of the tasks, before the commit
	done  chan error // receives once, after the commit
}

// submit runs fn in the loop and returns when what it wrote is durable, or why nothing was written.
func (r *Runner) submit(ctx context.Context, fn func(u *unit) error) error {
	return r.submitTasks(ctx, []task{{run: fn}})
}

func (r *Runner) submitTasks(ctx context.Context, tasks []task) error {
	return r.submitRequest(ctx, &request{tasks: tasks, trace: traceIn(ctx), done: make(chan error, 1)})
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

// loop takes what is ready and makes batches of it until ctx ends. While the writer stores one, the next is made on top of it.
func (r *Runner) loop(ctx context.Context) {
	alarm := alarm{clock: r.opts.Clock}
	defer alarm.set(time.Time{})
	w := r.beginWriter()
	defer func() {
		if w.end(); r.inFlight != nil {
			r.landed(<-w.stored)
		}
	}()
	for {
		alarm.set(r.next)
		var requests []*request
		select {
		case <-ctx.Done():
			return
		case first := <-r.requests:
			requests = r.collect(first, 0)
		case <-alarm.rings:
			alarm.rang()
		case err := <-w.stored:
			r.landed(err)
			r.tellSettled()
			continue
		}
		if b := r.fill(w, requests); b != nil {
			r.inFlight = b
			w.batches <- b
		}
	}
}

// collect takes everything that is ready, up to the size of a batch that has n tasks already.
func (r *Runner) collect(first *request, n int) []*request {
	requests := []*request{first}
	for n += len(first.tasks); n < r.opts.BatchSize; {
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

// fill makes a batch of requests, of what is due, and of the requests that come while the writer is busy. It returns nil if there is
// nothing to store after all, because the batch below it could not be stored, or this one could not be made.
func (r *Runner) fill(w *writer, requests []*request) *batch {
	b := r.newBatch()
	err := b.round(requests)
	for r.inFlight != nil {
		more := r.requests
		if err != nil || b.tasks >= r.opts.BatchSize {
			more = nil
		}
		select {
		case first := <-more:
			err = b.round(r.collect(first, b.tasks))
		case failed := <-w.stored:
			r.landed(failed)
			err = cmp.Or(failed, err)
		}
	}
	if err != nil {
		r.refuse(b, err)
		return nil
	}
	b.seal()
	return b
}

// newBatch begins a batch. After a failure it forgets everything that is not in the store: nobody knows, before it is read again, whether
// the last transaction happened.
func (r *Runner) newBatch() *batch {
	b := &batch{r: r, writes: stagedRows{}, changed: map[engine.Key]change{}, counted: map[counted]int64{}, watched: r.opts.Observe != nil}
	if r.inFlight == nil && r.health.has(troubleStore) {
		r.cache = newCache()
		b.failed = r.view(func(tx ReadTx) error { return errors.Join(r.loadSuspects(tx), r.load(tx)) })
		b.probe = true
	}
	b.state = state{counters: r.counters, definitions: r.definitions, symbols: r.symbols.Load()}
	b.entries, r.entries = r.entries[:0], nil
	return b
}

// view is the store's, with a panic made an error.
func (r *Runner) view(fn func(ReadTx) error) (err error) {
	defer r.recovered(&err)
	return r.store.View(fn)
}

// update is the store's, with a panic made an error: the store has undone the transaction by then.
func (r *Runner) update(fn func(Tx) error) (err error) {
	defer r.recovered(&err)
	return r.store.Update(fn)
}

func (r *Runner) recovered(err *error) {
	if p := recover(); p != nil {
		r.log.Error("a batch failed by our own fault", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		*err = fmt.Errorf("%w: %v", errInternal, p)
	}
}

// round runs requests, then what is due.
func (b *batch) round(requests []*request) error {
	b.requests = append(b.requests, requests...)
	if b.failed != nil {
		return b.failed
	}
	return b.r.view(func(tx ReadTx) error {
		below := stagedRows(nil)
		if b.r.inFlight != nil {
			below = b.r.inFlight.writes
		}
		b.tx, b.now = &stagedTx{store: tx, below: below, own: b.writes}, b.r.opts.Clock.Now().UTC().Round(0)
		b.watched = b.watched || b.r.watchers.any() // who began to watch before a request is told of it
		b.dropSeen()
		for _, req := range requests {
			b.tasks += len(req.tasks)
			b.trace = req.trace
			for i := 0; i < len(req.tasks); i++ { //nolint:intrange // a task may add others
				if err := b.perform(req.tasks[i]); err != nil && req.err == nil {
					req.err = err
				}
			}
		}
		b.trace = Trace{}
		if !b.caughtUp { // once a batch, as more of it comes the longer the batch takes
			b.catchUp()
		}
		b.r.next = b.r.nextWake(b.tx)
		return nil
	})
}

// catchUp does what is due.
func (b *batch) catchUp() {
	b.caughtUp = true
	for _, d := range b.dueRows(b.r.opts.BatchSize) {
		_ = b.perform(d.task()) // its rescue deals with any error
		b.tasks++
	}
	for _, t := range b.duePurges(b.r.opts.BatchSize) {
		_ = b.perform(t)
		b.tasks++
	}
}

// perform runs a task, and its rescue if it fails.
func (b *batch) perform(t task) error {
	err := b.attempt(t.run)
	if err == nil || t.rescue == nil {
		return err
	}
	return b.attempt(func(u *unit) error { return t.rescue(u, err) })
}

// seal ends the making of a batch: the next one begins where it ends.
func (b *batch) seal() {
	r := b.r
	for _, c := range b.changed {
		c.held.in, c.held.last = c.in, c.last
		r.cache.put(c.held)
	}
	if !b.writes.empty() || b.probe {
		b.writes.set(tableMeta, staged{key: metaCounters, value: encodeCounters(b.counters)})
	}
	r.counters, r.definitions = b.counters, b.definitions
	r.symbols.Store(b.symbols) // before the commit, so that whoever reads after it knows them
	b.mergeAcquitted(b.acquitted)
	b.tx = nil
}

// landed takes note of what has become of the batch in flight.
func (r *Runner) landed(err error) {
	b := r.inFlight
	r.inFlight = nil
	if err != nil {
		r.refuse(b, err)
		return
	}
	r.storeWait.reset()
	if clear(b.entries); cap(b.entries) <= entriesRoom {
		r.entries = b.entries[:0]
	}
}

// entriesRoom is for how many entries room is kept from one batch to the next.
const entriesRoom = 20_000

// refuse tells everybody that the store has failed. What is due is tried again after a while.
func (r *Runner) refuse(b *batch, err error) {
	r.health.set(troubleStore, err)
	r.log.Error("a batch could not be stored", slog.Int("requests", len(b.requests)), slog.Any("error", err))
	r.next = r.opts.Clock.Now().Add(r.storeWait.step())
	for _, req := range b.requests {
		req.done <- err
	}
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
