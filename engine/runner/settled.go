package runner

import (
	"context"
	"errors"
	"time"
)

// Settled returns when nothing is left to do until somebody asks for something or time goes on: no request waits, no timer
// is due, and the bus has taken every message. With a bus that delivers within its Publish, such as that of adapters/memory,
// everything that was published has then been received. It does not poll. The error is that of ctx or of the bus, or
// [ErrStopped].
func (r *Runner) Settled(ctx context.Context) error {
	if err := r.bind(ctx); err != nil && !errors.Is(err, ErrUnbindable) {
		return err
	}
	done := make(chan struct{})
	err := r.submit(ctx, func(*unit) error {
		r.settling = append(r.settling, done)
		return nil
	})
	if err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-r.stopped:
		return ErrStopped
	}
}

// tellSettled runs in the loop after each batch. Whatever keeps the Runner from being settled brings about another batch: a
// request, a timer that is due, and the outbox, whose rows are deleted by a request.
func (r *Runner) tellSettled() {
	if len(r.settling) == 0 || r.inFlight != nil || len(r.requests) > 0 || !r.next.IsZero() && !r.next.After(r.opts.Clock.Now()) || r.hasOutgoing() {
		return
	}
	for _, done := range r.settling {
		close(done)
	}
	r.settling = nil
}

// hasOutgoing says whether messages are left to be published.
func (r *Runner) hasOutgoing() (found bool) {
	if r.opts.Bus == nil {
		return false
	}
	err := r.store.View(func(tx ReadTx) error {
		tx.Ascend(tableOutbox, nil, func(_, _ []byte) bool {
			found = true
			return false
		})
		return nil
	})
	return found || err != nil
}

// NextTimer says when the next timer of an instance or of a start event is due: the zero time if none waits.
func (r *Runner) NextTimer() (due time.Time, err error) {
	err = r.store.View(func(tx ReadTx) error {
		tx.Ascend(tableTimers, nil, func(key, _ []byte) bool {
			if r.resting.has(ownerOf(tableTimers, key)) {
				return true
			}
			due = timeOf(key)
			return false
		})
		return nil
	})
	return due, err
}
