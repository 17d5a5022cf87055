package runner

import (
	"bytes"
	"maps"
	"slices"

	"github.com/tidwall/btree"
)

// A batch does not write to the store while it is made: what it is to write is staged in memory, row by row, and the batch after it can
// be made on top of that while the store syncs this one. What is read meanwhile is the store's snapshot below the staged rows.

// staged is what becomes of one row.
type staged struct {
	key, value []byte
	gone       bool // it is deleted
	fresh      bool // the store has no row with this key: deleting it leaves nothing to do
}

// stagedTable is what becomes of a table.
type stagedTable struct {
	dropped bool // and what rows has came after that
	rows    *btree.BTreeG[staged]
}

// stagedRows is what becomes of all tables.
type stagedRows map[Table]*stagedTable

func newStagedTable() *stagedTable {
	less := func(a, b staged) bool { return bytes.Compare(a.key, b.key) < 0 }
	// No locks: it is written to while its batch is made, and only read after that.
	return &stagedTable{rows: btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})}
}

func (s stagedRows) table(name Table) *stagedTable {
	t := s[name]
	if t == nil {
		t = newStagedTable()
		s[name] = t
	}
	return t
}

// noValue is that of an index row: nil would say that the row is not there.
var noValue = []byte{}

// set stages a row, and returns what was staged of it before, if anything was.
func (s stagedRows) set(table Table, row staged) (before staged, was bool) {
	t := s.table(table)
	if row.value == nil && !row.gone {
		row.value = noValue
	}
	if before, was = t.rows.Set(row); !was || before.fresh == row.fresh {
		return before, was
	}
	if row.fresh = before.fresh; row.fresh && row.gone {
		t.rows.Delete(row)
	} else {
		t.rows.Set(row)
	}
	return before, was
}

// reset makes a row what it was before a set.
func (s stagedRows) reset(table Table, key []byte, before staged, was bool) {
	if was {
		s.table(table).rows.Set(before)
	} else {
		s.table(table).rows.Delete(staged{key: key})
	}
}

// drop stages the deletion of a whole table.
func (s stagedRows) drop(table Table) {
	t := newStagedTable()
	t.dropped = true
	s[table] = t
}

// empty says that nothing is to be done.
func (s stagedRows) empty() bool {
	for _, t := range s {
		if t.dropped || t.rows.Len() > 0 {
			return false
		}
	}
	return true
}

// write does in a transaction what was staged.
func (s stagedRows) write(tx Tx) (err error) {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if s[name].dropped {
			err = tx.Drop(name)
		}
		s[name].rows.Scan(func(row staged) bool {
			if err == nil && row.gone {
				err = tx.Delete(name, row.key)
			} else if err == nil {
				err = tx.Put(name, row.key, row.value)
			}
			return err == nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// stagedTx reads the store as it will be: under what the batch at hand has staged lies what the batch before it has, which may or may not be
// in the snapshot yet.
type stagedTx struct {
	store      ReadTx
	below, own stagedRows
}

// layer is a table of one of the two, nil if nothing is staged for it. hides says that nothing of what lies below it is left.
func (s stagedRows) layer(table Table) (t *stagedTable, hides bool) {
	t = s[table]
	return t, t != nil && t.dropped
}

// Get implements [ReadTx].
func (tx *stagedTx) Get(table Table, key []byte) []byte {
	for _, rows := range [...]stagedRows{tx.own, tx.below} {
		t, hides := rows.layer(table)
		if t == nil {
			continue
		}
		if row, is := t.rows.Get(staged{key: key}); is {
			return row.value
		}
		if hides {
			return nil
		}
	}
	return tx.store.Get(table, key)
}

// Ascend implements [ReadTx].
func (tx *stagedTx) Ascend(table Table, from []byte, fn func(key, value []byte) bool) {
	tx.walk(table, direction{from: from}, fn)
}

// Descend implements [ReadTx].
func (tx *stagedTx) Descend(table Table, from []byte, fn func(key, value []byte) bool) {
	tx.walk(table, direction{from: from, down: true}, fn)
}

// direction is how a table is gone through.
type direction struct {
	from []byte
	down bool
}

// before says whether one key comes before another one.
func (d direction) before(a, b []byte) bool {
	if d.down {
		a, b = b, a
	}
	return bytes.Compare(a, b) < 0
}

// walk merges the staged rows into those of the store.
func (tx *stagedTx) walk(table Table, d direction, fn func(key, value []byte) bool) {
	own, hides := tx.own.layer(table)
	layers := stagedLayers{direction: d, upper: d.cursor(own)}
	if !hides {
		var below *stagedTable
		below, hides = tx.below.layer(table)
		layers.lower = d.cursor(below)
	}
	stopped := false
	if !hides {
		each := func(key, value []byte) bool {
			row, is, ok := layers.upTo(key, fn)
			if ok && !is {
				ok = fn(key, value)
			} else if ok && !row.gone {
				ok = fn(row.key, row.value)
			}
			stopped = !ok
			return ok
		}
		if layers.nearest() == nil {
			each = fn
		}
		if d.down {
			tx.store.Descend(table, d.from, each)
		} else {
			tx.store.Ascend(table, d.from, each)
		}
	}
	if !stopped {
		layers.upTo(nil, fn)
	}
}

// stagedCursor goes through the rows of one layer.
type stagedCursor struct {
	rows *btree.IterG[staged] // nil: at the end
	down bool
}

func (d direction) cursor(t *stagedTable) stagedCursor {
	if t == nil || t.rows.Len() == 0 {
		return stagedCursor{}
	}
	rows := t.rows.Iter()
	c := stagedCursor{&rows, d.down}
	var there bool
	switch {
	case !d.down:
		there = rows.Seek(staged{key: d.from})
	case d.from == nil:
		there = rows.Last()
	default: // Seek finds the first one that is not smaller
		if there = rows.Seek(staged{key: d.from}); !there {
			there = rows.Last()
		} else if !bytes.Equal(rows.Item().key, d.from) {
			there = rows.Prev()
		}
	}
	if !there {
		c.rows = nil
	}
	return c
}

func (c *stagedCursor) next() {
	if c.down && !c.rows.Prev() || !c.down && !c.rows.Next() {
		c.rows = nil
	}
}

// stagedLayers are two layers, of which the upper one has the say about a row that both have.
type stagedLayers struct {
	direction

	upper, lower stagedCursor
}

// upTo hands out the rows in front of a key (nil: all). Then it says what is staged for the key itself, if anything is. ok is false when fn
// wanted no more.
func (l *stagedLayers) upTo(key []byte, fn func(key, value []byte) bool) (at staged, is, ok bool) {
	for {
		c := l.nearest()
		if c == nil {
			return at, false, true
		}
		row := c.rows.Item()
		if key != nil && l.before(key, row.key) {
			return at, false, true
		}
		c.next()
		if key != nil && bytes.Equal(row.key, key) {
			return row, true, true
		}
		if !row.gone && !fn(row.key, row.value) {
			return at, false, false
		}
	}
}

// nearest is the cursor with the next row, nil if there is none.
func (l *stagedLayers) nearest() *stagedCursor {
	switch {
	case l.upper.rows == nil && l.lower.rows == nil:
		return nil
	case l.upper.rows == nil:
		return &l.lower
	case l.lower.rows == nil:
		return &l.upper
	}
	a, b := l.upper.rows.Item().key, l.lower.rows.Item().key
	switch {
	case bytes.Equal(a, b):
		l.lower.next()
		return &l.upper
	case l.before(a, b):
		return &l.upper
	}
	return &l.lower
}
