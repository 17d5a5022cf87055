package runner

import "context"

// Sync returns when everything that was asked for before it, and every timer that was due, is dealt with.
func (r *Runner) Sync(ctx context.Context) error {
	return r.submit(ctx, func(*unit) error { return nil })
}

// MaxDeadLetters is how many dead letters are kept.
const MaxDeadLetters = maxDeadLetters

// LimitDeadLetters lets the rows of the dead letters have so many bytes, until the function that it returns is called.
func LimitDeadLetters(bytes int64) (undo func()) {
	before := maxLetterBytes
	maxLetterBytes = bytes
	return func() { maxLetterBytes = before }
}

// Outbox is how many messages are not sent yet.
func (r *Runner) Outbox() int {
	rows, err := r.outboxRows()
	if err != nil {
		return -1
	}
	return len(rows)
}

// DeferSnapshots lets the snapshots of all instances that have size bytes or more be older than they are, until the function
// that it returns is called.
func DeferSnapshots(size int) (undo func()) {
	before := deferFrom
	deferFrom = size
	return func() { deferFrom = before }
}
