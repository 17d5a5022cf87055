package runner

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner/codec"
)

// batch is one store transaction in the making. It is made of units, one for each request, and each of them is in it
// either wholly or not at all.
type batch struct {
	r         *Runner
	requests  []*request
	tasks     int   // of the requests, and of what was due
	failed    error // why nothing can be done
	probe     bool  // something is to be written, to find out whether the store takes writes again
	caughtUp  bool  // what was due is done
	tx        *stagedTx
	writes    stagedRows
	now       time.Time
	trace     Trace                 // of the request at hand
	state                           // as the units so far leave it
	changed   map[engine.Key]change // by the units so far and the one at work
	watched   bool                  // somebody wants the entries
	entries   []Entry               // as the units so far, and the one at work, have made them
	messages  int                   // in the outbox
	jobs      []jobRef              // that became available
	acquitted []uint64              // what is suspected no longer
	counted   map[counted]int64
}

// state is what a unit may change besides rows and instances.
type state struct {
	counters
	definitions *registry
	symbols     *codec.Symbols
}

// change is what a batch has made of an instance.
type change struct {
	held  *held
	in    *engine.Instance
	last  uint64 // the number of its last step in history
	bytes int    // of the steps of this batch
}

// counters give out what must never be given out twice.
type counters struct {
	lastKey     engine.Key
	lastSeq     uint64
	deadLetters int64 // how many there are
	letterBytes int64 // the bytes of their rows; not stored, but counted at the start
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

// unit is one request's share of a batch. What it does is undone when it fails.
type unit struct {
	*batch
	state
	undo      []undo
	undone    []undoneChange
	queue     []func() // commands that follow from what was done, in their order
	told      int      // how many entries there were before this unit
	messages  int
	jobs      []jobRef
	acquitted []uint64
	counted   []counted
	depth     map[engine.Key]int // of calls, of the instances started in this unit
	cause     cause              // of the command at hand
	stepping  engine.Key         // the instance whose step runs, for the log
	finally   func() error       // runs after everything that follows; its error undoes it all
	failure   error
}

// undo is how a row was staged before.
type undo struct {
	table  Table
	key    []byte
	before staged
	was    bool
}

// undoneChange is how an instance was changed before.
type undoneChange struct {
	key    engine.Key
	before change
	was    bool
}

func (b *batch) newUnit() *unit {
	return &unit{batch: b, state: b.state, undo: b.r.undo[:0], undone: b.r.undone[:0], told: len(b.entries), cause: cause{trace: b.trace}, counted: b.r.counted[:0]}
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
			u.merge()
		} else {
			u.rollback()
		}
		clear(u.undo) // what it holds is no longer needed
		clear(u.undone)
		b.r.undo, b.r.undone, b.r.counted = u.undo, u.undone, u.counted
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
	b.state = u.state
	b.messages += u.messages
	b.jobs = append(b.jobs, u.jobs...)
	for i := range u.undone {
		b.r.wake(u.undone[i].key)
	}
	b.acquitted = append(b.acquitted, u.acquitted...)
	for _, c := range u.counted {
		b.counted[c]++
	}
}

func (u *unit) rollback() {
	clear(u.entries[u.told:])
	u.batch.entries = u.entries[:u.told]
	for _, old := range slices.Backward(u.undo) {
		u.writes.reset(old.table, old.key, old.before, old.was)
	}
	for _, old := range slices.Backward(u.undone) {
		if old.was {
			u.changed[old.key] = old.before
		} else {
			delete(u.changed, old.key)
		}
	}
}

func (u *unit) stage(table Table, row staged) {
	before, was := u.writes.set(table, row)
	u.undo = append(u.undo, undo{table, row.key, before, was})
}

// put writes a row. Neither the key nor the value may be written to any more.
func (u *unit) put(table Table, key, value []byte) { u.stage(table, staged{key: key, value: value}) }

// insert writes a row that is known not to be there.
func (u *unit) insert(table Table, key, value []byte) {
	u.r.passed.add(table, key)
	u.stage(table, staged{key: key, value: value, fresh: true})
}

// delete deletes a row if it is there.
func (u *unit) delete(table Table, key []byte) {
	if u.tx.Get(table, key) != nil {
		u.stage(table, staged{key: bytes.Clone(key), gone: true})
	}
}

// unindex deletes an index row that is known to be there.
func (u *unit) unindex(table Table, key []byte) { u.stage(table, staged{key: key, gone: true}) }

// set notes what has become of an instance.
func (u *unit) set(c change) {
	before, was := u.changed[c.in.Key]
	u.undone = append(u.undone, undoneChange{c.in.Key, before, was})
	u.changed[c.in.Key] = c
}

// known is an instance as this unit sees it; the zero value if there is none.
func (u *unit) known(key engine.Key) change {
	if c, changed := u.changed[key]; changed {
		return c
	}
	if h := u.held(key); h != nil {
		return change{held: h, in: h.in, last: h.last}
	}
	return change{}
}

// instance returns an instance as this unit sees it, nil if there is none.
func (u *unit) instance(key engine.Key) *engine.Instance { return u.known(key).in }

// isChanging says that the snapshot of an instance is about to be written.
func (b *batch) isChanging(key engine.Key) bool {
	_, changing := b.changed[key]
	if !changing && b.r.inFlight != nil {
		_, changing = b.r.inFlight.changed[key]
	}
	return changing
}

// isStored says whether the next process would know the instance if this one ended now.
func (u *unit) isStored(in *engine.Instance) bool {
	return in != nil && (!u.isChanging(in.Key) || u.tx.store.Get(tableInstances, rowKey{}.key(in.Key)) != nil)
}

// exists says whether there is an instance, without reading it.
func (u *unit) exists(key engine.Key) bool {
	return u.isChanging(key) || u.tx.Get(tableInstances, rowKey{}.key(key)) != nil
}

// held returns an instance as it was before this batch; nil if there was none.
func (u *unit) held(key engine.Key) *held {
	if below := u.r.inFlight; below != nil {
		if c, changed := below.changed[key]; changed {
			return c.held
		}
	}
	if known := u.r.cache.get(key); known != nil {
		return known
	}
	row := u.tx.Get(tableInstances, rowKey{}.key(key))
	if row == nil {
		return nil
	}
	h, err := decodeHeld(u.tx, u.symbols, row)
	if err != nil {
		panic(fmt.Errorf("instance %s: %w", key, err))
	}
	u.r.cache.put(h)
	return h
}
