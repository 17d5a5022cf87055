package runner

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// startTimer is when a timer start event fires next.
type startTimer struct {
	Due   time.Time     `json:"due"`
	Cycle *engine.Cycle `json:"cycle,omitempty"`
}

// due is a row of a table that is ordered by time.
type due struct {
	table Table
	key   []byte
}

// dueTables are those whose rows become due.
var dueTables = []Table{tableTimers, tableJobTimers, tableExpiry}

// dueRows lists what is due, oldest first, at most limit rows of each table.
func (b *batch) dueRows(limit int) []due {
	var rows []due
	for _, table := range dueTables {
		n := 0
		b.r.awake(b.tx, table, func(key []byte) bool {
			if timeOf(key).After(b.now) || n == limit {
				return false
			}
			rows = append(rows, due{table, append([]byte(nil), key...)})
			n++
			return true
		})
	}
	return rows
}

// ownerOf is the instance or definition whose timer a row is; 0 for other rows.
func ownerOf(table Table, key []byte) engine.Key {
	if table != tableExpiry {
		return engine.Key(num(key, 2))
	}
	return 0
}

// nextWake is when the next row is due: the zero time if none is.
func (r *Runner) nextWake(tx ReadTx) time.Time {
	next := r.nextPurge(tx)
	for _, table := range dueTables {
		r.awake(tx, table, func(key []byte) bool {
			if at := timeOf(key); next.IsZero() || at.Before(next) {
				next = at
			}
			return false
		})
	}
	return next
}

// awake goes through the rows of a table that is ordered by time, those left out that rest. However many of them are at its beginning, they
// are looked at once.
func (r *Runner) awake(tx ReadTx, table Table, fn func(key []byte) bool) {
	var last []byte
	first := true
	tx.Ascend(table, r.passed[table], func(key, _ []byte) bool {
		if !r.resting.has(ownerOf(table, key)) {
			first = false
			return fn(key)
		}
		if first {
			last = append(last[:0], key...)
		}
		return true
	})
	if last != nil {
		r.passed[table] = last
	}
}

// passed is, of each table that is ordered by time, a row up to which all rest.
type passed map[Table][]byte

// add takes note of a new row.
func (p passed) add(table Table, key []byte) {
	if last := p[table]; last != nil && bytes.Compare(key, last) < 0 {
		p[table] = key
	}
}

// wake ends the rest of an instance.
func (r *Runner) wake(key engine.Key) {
	if r.resting.has(key) {
		r.resting.remove(key)
		clear(r.passed)
	}
}

// task makes a request of a row that is due.
func (d due) task() task {
	return task{
		run: func(u *unit) error {
			if u.tx.Get(d.table, d.key) == nil {
				return nil // an earlier unit of this batch has dealt with it
			}
			switch d.table {
			case tableExpiry:
				u.expire(engine.Key(num(d.key, 1)))
				return nil
			case tableJobTimers:
				return u.command(engine.Key(num(d.key, 2)), engine.FreeJob{Subscription: engine.ID(num(d.key, 1))})
			}
			return u.fire(engine.Key(num(d.key, 2)), num(d.key, 1), timeOf(d.key))
		},
		rescue: func(u *unit, err error) error {
			owner := ownerOf(d.table, d.key)
			if u.r.resting.get(owner).whole { // its process cannot be run, which has been told
				return nil
			}
			u.r.log.Error("a timer could not fire; the timers of its instance rest until something else happens to it, or it is released",
				slog.String("instance", owner.String()), slog.Any("error", err))
			u.rest(owner, fmt.Sprintf("its timers rest, because one could not fire: %v", err))
			return nil
		},
	}
}

// fire triggers the timer of an instance, or of a timer start event.
func (u *unit) fire(owner engine.Key, number int64, at time.Time) error {
	if d := u.definitions.byKey[owner]; d != nil {
		return u.fireStart(d, int(number), at)
	}
	if err := u.command(owner, engine.TriggerTimer{Subscription: engine.ID(number)}); err != nil {
		return err
	}
	if u.tx.Get(tableTimers, rowKey{}.time(at).sub(owner, engine.ID(number))) != nil {
		return errors.New("it has fired and is still due")
	}
	return nil
}

// fireStart starts an instance and computes when the next one starts. That this one cannot start does not stop the next.
func (u *unit) fireStart(d *definition, number int, at time.Time) error {
	p, err := u.process(d.Key)
	if err != nil {
		return err
	}
	var timer startTimer
	if err := decode(u.tx.Get(tableStartTimers, startTimerKey(d.Key, number)), &timer); err != nil {
		return err
	}
	u.removeStartTimer(d.Key, number, at)
	element := d.Starts[number].Element
	if timer.Cycle != nil {
		next, cycle, err := p.NextStart(element, u.now, at, timer.Cycle)
		if err != nil {
			return err
		}
		u.addStartTimer(d.Key, number, startTimer{next, cycle})
	}
	if _, err := u.start(d.Key, engine.StartInstance{Element: element}); err != nil {
		u.r.log.Error("a timer could not start a process", slog.String("process", d.ProcessID), slog.String("element", element), slog.Any("error", err))
	}
	return nil
}

func startTimerKey(definition engine.Key, number int) rowKey {
	return rowKey{}.key(definition).num(int64(number))
}

// beginStartTimers sets the timers of a definition's timer start events.
func (u *unit) beginStartTimers(d *definition) {
	if u.r.opts.NoStartTimers {
		return
	}
	for i, s := range d.Starts {
		if s.Kind != engine.StartTimer {
			continue
		}
		next, cycle, err := d.compiled.NextStart(s.Element, u.now, time.Time{}, nil)
		if err != nil {
			u.fail(err) // check has tried it
			return
		}
		u.addStartTimer(d.Key, i, startTimer{next, cycle})
	}
}

func (u *unit) stopStartTimers(d *definition) {
	for i := range d.Starts {
		if row := u.tx.Get(tableStartTimers, startTimerKey(d.Key, i)); row != nil {
			var timer startTimer
			if err := decode(row, &timer); err != nil {
				panic(fmt.Errorf("start timer of %s: %w", d.Key, err))
			}
			u.removeStartTimer(d.Key, i, timer.Due)
		}
	}
}

func (u *unit) addStartTimer(definition engine.Key, number int, timer startTimer) {
	if !timer.Due.IsZero() {
		u.put(tableStartTimers, startTimerKey(definition, number), encode(timer))
		u.insert(tableTimers, rowKey{}.time(timer.Due).sub(definition, engine.ID(number)), nil)
	}
}

func (u *unit) removeStartTimer(definition engine.Key, number int, at time.Time) {
	u.delete(tableStartTimers, startTimerKey(definition, number))
	u.delete(tableTimers, rowKey{}.time(at).sub(definition, engine.ID(number)))
}
