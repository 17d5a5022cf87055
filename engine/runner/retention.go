package runner

import (
	"bytes"
	"fmt"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// An instance that has ended is kept for [Options.HistoryTTL], with its history; while its caller runs it is kept longer. The table of
// the ended ones is in the order of time, so that what is to go is found without looking at anything else.

// purgeRows is how many rows of history go at once, so that nobody waits long behind them.
const purgeRows = 2000

// purgeEvery rounds the time at which instances go, so that many go in one transaction and an idle runner stays idle.
func (o Options) purgeEvery() time.Duration {
	const part = 60 // of the time that they are kept for
	return min(max(o.HistoryTTL/part, time.Second), time.Minute)
}

// purgeAt is when an instance goes that has ended, or was last found to be kept, at the given time.
func (o Options) purgeAt(ended time.Time) time.Time {
	return ended.Add(o.HistoryTTL).Truncate(o.purgeEvery()).Add(o.purgeEvery())
}

// retain notes that an instance has ended.
func (u *unit) retain(before, after *engine.Instance) {
	if after.State != engine.StateActive && (before == nil || before.State == engine.StateActive) {
		u.insert(tableEnded, rowKey{}.time(u.now).key(after.Key), nil)
	}
}

// nextPurge is when the next instance goes: the zero time if none does.
func (r *Runner) nextPurge(tx ReadTx) (next time.Time) {
	if r.opts.HistoryTTL <= 0 {
		return next
	}
	tx.Ascend(tableEnded, nil, func(key, _ []byte) bool {
		if !r.resting.has(engine.Key(num(key, 1))) {
			next = r.opts.purgeAt(timeOf(key))
		}
		return next.IsZero()
	})
	return next
}

// duePurges lists the instances that go now, each as a task of its own, as many as one batch should forget.
func (b *batch) duePurges(limit int) (tasks []task) {
	if b.r.opts.HistoryTTL <= 0 {
		return nil
	}
	left := purgeRows
	b.tx.Ascend(tableEnded, nil, func(key, _ []byte) bool {
		if len(tasks) == limit || b.r.opts.purgeAt(timeOf(key)).After(b.now) {
			return false
		}
		row := bytes.Clone(key)
		instance := engine.Key(num(row, 1))
		if !b.r.resting.has(instance) && !b.isChanging(instance) {
			tasks = append(tasks, task{
				run: func(u *unit) error { return u.purge(row, &left) },
				rescue: func(u *unit, err error) error { // it stays; nothing else does
					u.r.resting.add(instance, rest{reason: "it cannot be forgotten: " + reasonOf(err)})
					return nil
				},
			})
		}
		return true
	})
	return tasks
}

// purge forgets an instance, or as much of it as there is time for.
func (u *unit) purge(row []byte, left *int) error {
	key := engine.Key(num(row, 1))
	in := u.instance(key)
	if in == nil || in.State == engine.StateActive || u.tx.Get(tableEnded, row) == nil || *left <= 0 {
		return nil
	}
	if in.Parent != nil {
		if parent := u.instance(in.Parent.Key); parent != nil && parent.State == engine.StateActive {
			u.delete(tableEnded, row)
			u.insert(tableEnded, rowKey{}.time(u.now).key(key), nil)
			return nil
		}
	}
	if *left -= u.purgeHistory(key, *left); *left <= 0 {
		return nil // the rest goes next time
	}
	for _, r := range indexRows(in) {
		u.delete(r.table, []byte(r.key))
	}
	for _, table := range []Table{tableVariables, tableBlocks, tableOutcomes} {
		for _, part := range u.rows(table, rowKey{}.key(key)) {
			if table == tableBlocks {
				u.delete(tableBlockOwners, u.tx.Get(tableBlocks, part))
			}
			u.delete(table, part)
		}
	}
	u.delete(tableInstances, rowKey{}.key(key))
	u.delete(tableTraces, rowKey{}.key(key))
	u.delete(tableEnded, row)
	return nil
}

// purgeHistory deletes the oldest steps of an instance, and returns how many, at least 1. Each step leads to the one before it, so the
// newest goes last: until then the others can be found.
func (u *unit) purgeHistory(key engine.Key, limit int) int {
	steps, err := stepsAfter(u.tx, u.symbols, u.known(key).last, 0)
	if err != nil {
		panic(fmt.Errorf("history of instance %s: %w", key, err))
	}
	steps = steps[max(len(steps)-limit, 0):]
	for _, step := range steps {
		u.delete(tableHistory, rowKey{}.num(int64(step.number)))
	}
	return max(len(steps), 1)
}
