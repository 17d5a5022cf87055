package runner

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner/codec"
)

// batch is one store transaction in the making. It is made of units, one for each request, and each of them is in it
// either wholly or not at all.
type batch struct {
	r         *Runner
	tx        Tx
	now       time.Time
	err       error // the first error of the store; it fails the whole batch
	wrote     bool
	state                         // as the units so far leave it
	watched   bool                // somebody wants the entries
	entries   []Entry             // as the units so far, and the one at work, have made them
	messages  int                 // in the outbox
	jobs      []jobRef            // that became available
	before    map[engine.Key]held // what has changed, as the store has it; the zero value: it is new
	after     map[engine.Key]held // the same, as the store will have it
	undone    []undo              // room for the undo of the next unit
	acquitted []uint64            // what is suspected no longer
}

// state is what a unit may change besides rows.
type state struct {
	counters
	definitions *registry
	symbols     *codec.Symbols
	changed     map[engine.Key]*engine.Instance
	tails       map[engine.Key]tail
}

// counters give out what must never be given out twice.
type counters struct {
	lastKey     engine.Key
	lastSeq     uint64
	deadLetters int64 // how many there are
}

func (u *unit) nextSeq(n int) uint64 {
	first := u.lastSeq + 1
	u.lastSeq += uint64(n)
	return first
}

func decodeCounters(row []byte) (c counters) {
	if len(row) == 3*8 {
		c.lastKey = engine.Key(binary.BigEndian.Uint64(row))
		c.lastSeq = binary.BigEndian.Uint64(row[8:])
		c.deadLetters = int64(binary.BigEndian.Uint64(row[16:]))
	}
	return c
}

// unit is one request's share of a batch. What it writes is undone when it fails.
type unit struct {
	*batch
	state
	undo      []undo
	queue     []func() // commands that follow from what was done, in their order
	told      int      // how many entries there were before this unit
	messages  int
	jobs      []jobRef
	acquitted []uint64
	depth     map[engine.Key]int // of calls, of the instances started in this unit
	stepping  engine.Key         // the instance whose step runs, for the log
	finally   func() error       // runs after everything that follows; its error undoes it all
	failure   error
}

type undo struct {
	table Table
	key   []byte
	value []byte // nil: the row was not there
}

func (b *batch) newUnit() *unit {
	u := &unit{batch: b, state: b.state, undo: b.undone[:0], told: len(b.entries)}
	u.changed, u.tails = nil, nil
	return u
}

// maxFollowing bounds the commands that may follow from one request: processes that call themselves, or throw the signal
// that starts them, would go on for ever.
const maxFollowing = 100_000

// attempt runs a request and everything that follows from it. An error, or a panic, undoes it.
func (b *batch) attempt(run func(*unit) error) (err error) {
	u := b.newUnit()
	defer func() {
		if p := recover(); p != nil {
			err = u.panicked(p)
		}
		if err == nil {
			err = b.err
		}
		if err == nil {
			u.merge()
		} else {
			u.rollback()
		}
		clear(u.undo) // what it holds is no longer needed
		b.undone = u.undo
	}()
	if err := run(u); err != nil {
		return err
	}
	for n := 0; len(u.queue) > 0; n++ {
		if n == maxFollowing {
			return &engine.Rejection{Code: engine.CodeState, Text: fmt.Sprintf(
				"this would set off more than %d further commands; look for a process that calls itself or throws the signal that starts it", maxFollowing)}
		}
		next := u.queue[0]
		u.queue = u.queue[1:]
		next()
	}
	if u.failure != nil {
		return u.failure
	}
	if u.finally != nil {
		if err := u.finally(); err != nil {
			return err
		}
	}
	return nil
}

// then runs fn after what is queued already.
func (u *unit) then(fn func()) { u.queue = append(u.queue, fn) }

func (u *unit) fail(err error) {
	if u.failure == nil {
		u.failure = err
	}
}

// errInternal is what a caller hears of a panic; the log has the rest.
var errInternal = errors.New("internal error; the log says where")

func (u *unit) panicked(p any) error {
	u.r.log.Error("a step failed by our own fault; nothing of it was done",
		slog.String("instance", u.stepping.String()), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	return errInternal
}

// merge makes the unit a part of its batch.
func (u *unit) merge() {
	b := u.batch
	changed, tails := b.changed, b.tails
	maps.Copy(changed, u.changed)
	maps.Copy(tails, u.tails)
	b.state = u.state
	b.changed, b.tails = changed, tails
	b.messages += u.messages
	b.jobs = append(b.jobs, u.jobs...)
	for key := range u.changed {
		b.r.resting.remove(key)
	}
	b.acquitted = append(b.acquitted, u.acquitted...)
}

func (u *unit) rollback() {
	clear(u.entries[u.told:])
	u.batch.entries = u.entries[:u.told]
	for i := len(u.undo) - 1; i >= 0 && u.err == nil; i-- {
		if old := u.undo[i]; old.value == nil {
			u.check(u.tx.Delete(old.table, old.key))
		} else {
			u.check(u.tx.Put(old.table, old.key, old.value))
		}
	}
}

// check notes an error of the store.
func (b *batch) check(err error) {
	b.wrote = true
	if err != nil && b.err == nil {
		b.err = err
	}
}

// put writes a row.
func (u *unit) put(table Table, key, value []byte) {
	u.undo = append(u.undo, undo{table, key, u.tx.Get(table, key)})
	u.check(u.tx.Put(table, key, value))
}

// insert writes a row that is known not to be there.
func (u *unit) insert(table Table, key, value []byte) {
	u.undo = append(u.undo, undo{table, key, nil})
	u.check(u.tx.Put(table, key, value))
}

func (u *unit) delete(table Table, key []byte) {
	if old := u.tx.Get(table, key); old != nil {
		u.undo = append(u.undo, undo{table, key, old})
		u.check(u.tx.Delete(table, key))
	}
}

// unindex deletes an index row that is known to be there.
func (u *unit) unindex(table Table, key []byte) {
	u.undo = append(u.undo, undo{table, key, []byte{}})
	u.check(u.tx.Delete(table, key))
}

// instance returns an instance as this unit sees it, nil if there is none.
func (u *unit) instance(key engine.Key) *engine.Instance {
	if in := u.changed[key]; in != nil {
		return in
	}
	if in := u.batch.changed[key]; in != nil {
		return in
	}
	return u.held(key).in
}

// held returns an instance as it was before this batch; the zero value if there was none.
func (u *unit) held(key engine.Key) held {
	if known := u.r.cache.get(key); known.in != nil {
		return known
	}
	row := u.tx.Get(tableInstances, rowKey{}.key(key))
	if row == nil {
		return held{}
	}
	h, err := decodeHeld(u.tx, u.symbols, row)
	if err != nil {
		panic(fmt.Errorf("instance %s: %w", key, err))
	}
	u.r.cache.put(h)
	return h
}

// tail is what came of an instance after its snapshot, as this unit sees it.
func (u *unit) tail(key engine.Key) tail {
	if t, changed := u.tails[key]; changed {
		return t
	}
	if t, changed := u.batch.tails[key]; changed {
		return t
	}
	return u.held(key).tail
}
