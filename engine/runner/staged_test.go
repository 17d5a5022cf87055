package runner

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/btree"
	"pgregory.net/rapid"
)

// plain is a store of one table, written to at once.
type plain struct{ rows *btree.Map[string, string] }

func newPlain() plain { return plain{new(btree.Map[string, string])} }

func (p plain) copy() plain { return plain{p.rows.Copy()} }

func (p plain) Get(_ Table, key []byte) []byte {
	if v, is := p.rows.Get(string(key)); is {
		return []byte(v)
	}
	return nil
}

func (p plain) Ascend(_ Table, from []byte, fn func(key, value []byte) bool) {
	p.rows.Ascend(string(from), func(k, v string) bool { return fn([]byte(k), []byte(v)) })
}

func (p plain) Descend(_ Table, from []byte, fn func(key, value []byte) bool) {
	if from == nil {
		p.rows.Reverse(func(k, v string) bool { return fn([]byte(k), []byte(v)) })
		return
	}
	p.rows.Descend(string(from), func(k, v string) bool { return fn([]byte(k), []byte(v)) })
}

func (p plain) Put(_ Table, key, value []byte) error {
	p.rows.Set(string(key), string(value))
	return nil
}

func (p plain) Delete(_ Table, key []byte) error {
	p.rows.Delete(string(key))
	return nil
}

func (p plain) Drop(Table) error {
	p.rows.Clear()
	return nil
}

// listed are the rows that a walk hands out, up to a number of them.
func listed(walk func(Table, []byte, func(key, value []byte) bool), from []byte, limit int) []string {
	list := []string{}
	walk("t", from, func(key, value []byte) bool {
		list = append(list, fmt.Sprintf("%s=%s", key, value))
		return len(list) < limit
	})
	return list
}

// What is staged reads as if it had been written, whether the batch below is in the store's snapshot yet or not; what a unit that failed had
// staged leaves no trace; and writing it all makes the store what it was read as.
func TestStagedRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.Map(rapid.IntRange(0, 30), func(n int) []byte { return fmt.Appendf(nil, "%02d", n) })
		store := newPlain()
		for _, k := range rapid.SliceOf(key).Draw(t, "stored") {
			require.NoError(t, store.Put("t", k, []byte("stored")))
		}
		model := store.copy()
		below := stagedRows{}
		stageAtRandom(t, key, &unit{batch: &batch{tx: &stagedTx{store: store, own: below}, writes: below, r: &Runner{}}}, model, "below")
		snapshot, written := store.copy(), store.copy()
		require.NoError(t, below.write(written))
		if rapid.Bool().Draw(t, "below is stored") {
			snapshot = written
		}

		own := stagedRows{}
		u := &unit{batch: &batch{tx: &stagedTx{store: snapshot, below: below, own: own}, writes: own, r: &Runner{}}}
		stageAtRandom(t, key, u, model, "own")
		u.undo = nil
		before := model.copy()
		stageAtRandom(t, key, u, before, "undone") // but for a drop, which no unit does
		if !slices.ContainsFunc(u.undo, func(old undo) bool { return old.key == nil }) {
			u.rollback()
		} else {
			model = before
		}

		for range 5 {
			k, limit := key.Draw(t, "key"), rapid.IntRange(1, 40).Draw(t, "limit")
			require.Equal(t, model.Get("t", k), u.tx.Get("t", k))
			require.Equal(t, listed(model.Ascend, k, limit), listed(u.tx.Ascend, k, limit))
			require.Equal(t, listed(model.Descend, k, limit), listed(u.tx.Descend, k, limit))
			require.Equal(t, listed(model.Descend, nil, limit), listed(u.tx.Descend, nil, limit))
		}
		require.NoError(t, own.write(written))
		require.Equal(t, listed(model.Ascend, nil, 100), listed(written.Ascend, nil, 100))
	})
}

// What comes and goes within one batch never reaches the store.
func TestStagedRowsThatGo(t *testing.T) {
	writes := stagedRows{}
	u := &unit{batch: &batch{tx: &stagedTx{store: newPlain(), own: writes}, writes: writes, r: &Runner{}}}
	u.insert("t", []byte("a"), nil)
	u.put("t", []byte("a"), []byte("1"))
	u.unindex("t", []byte("a"))
	require.True(t, writes.empty())
	u.unindex("t", []byte("b"))
	u.insert("t", []byte("b"), nil)
	u.unindex("t", []byte("b"))
	require.False(t, writes.empty(), "the store has it")
	u.rollback()
	require.True(t, writes.empty())
}

// stageAtRandom does the same to a unit and to a store that is written to at once. An entry without a key in the unit's undo stands for a drop.
func stageAtRandom(t *rapid.T, key *rapid.Generator[[]byte], u *unit, model plain, value string) {
	for range rapid.IntRange(0, 20).Draw(t, value) {
		k := key.Draw(t, "key")
		switch there := model.Get("t", k) != nil; rapid.IntRange(0, 20).Draw(t, "what") {
		case 0:
			u.writes.drop("t")
			u.undo = append(u.undo, undo{table: "t"})
			_ = model.Drop("t")
		case 1, 2, 3, 4, 5:
			u.put("t", k, []byte(value))
			_ = model.Put("t", k, []byte(value))
		case 6, 7, 8, 9, 10:
			if !there {
				u.insert("t", k, nil)
				_ = model.Put("t", k, nil)
			}
		case 11, 12, 13:
			if there {
				u.unindex("t", k)
				_ = model.Delete("t", k)
			}
		default:
			u.delete("t", k)
			_ = model.Delete("t", k)
		}
	}
}
