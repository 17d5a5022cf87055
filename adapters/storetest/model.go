package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// model is what a store is compared with: a map for each table.
type model map[runner.Table]map[string]string

func (m model) clone() model {
	c := model{}
	for table, rows := range m {
		c[table] = maps.Clone(rows)
	}
	return c
}

// testModel does random things to the store and to maps, and compares them.
func testModel(t *testing.T, s runner.Store) {
	rapid.Check(t, func(t *rapid.T) {
		want := model{"a": {}, "b": {}}
		if err := s.Update(func(tx runner.Tx) error { return errors.Join(tx.Drop("a"), tx.Drop("b")) }); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 5).Draw(t, "transactions") {
			next, undo := want.clone(), errors.New("undo")
			err := s.Update(func(tx runner.Tx) error {
				for range rapid.IntRange(0, 60).Draw(t, "writes") {
					write(t, tx, next)
				}
				compare(t, tx, next)
				if rapid.Bool().Draw(t, "commit") {
					return nil
				}
				return undo
			})
			switch {
			case err == nil:
				want = next
			case !errors.Is(err, undo):
				t.Fatal(err)
			}
			_ = s.View(func(tx runner.ReadTx) error { compare(t, tx, want); return nil })
		}
	})
}

var (
	anyTable = rapid.SampledFrom([]runner.Table{"a", "b"})
	anyKey   = rapid.StringMatching(`[a-e]{1,3}`)
)

func write(t *rapid.T, tx runner.Tx, want model) {
	table, key := anyTable.Draw(t, "table"), anyKey.Draw(t, "key")
	var err error
	switch op := rapid.IntRange(0, 9).Draw(t, "operation"); {
	case op < 6:
		value := fmt.Sprint(op, key)
		want[table][key] = value
		err = tx.Put(table, []byte(key), []byte(value))
	case op < 9:
		delete(want[table], key)
		err = tx.Delete(table, []byte(key))
	default:
		clear(want[table])
		err = tx.Drop(table)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func compare(t *rapid.T, tx runner.ReadTx, want model) {
	from := anyKey.Draw(t, "from")
	for table, rows := range want {
		sorted := slices.Sorted(maps.Keys(rows))
		at, found := slices.BinarySearch(sorted, from)
		if got := keys(tx, table, []byte(from), false); !slices.Equal(got, sorted[at:]) {
			t.Fatalf("%s ascending from %q: %q, not %q", table, from, got, sorted[at:])
		}
		below := slices.Clone(sorted[:at])
		if found {
			below = append(below, from)
		}
		slices.Reverse(below)
		if got := keys(tx, table, []byte(from), true); !slices.Equal(got, below) {
			t.Fatalf("%s descending from %q: %q, not %q", table, from, got, below)
		}
		for key, value := range rows {
			if got := tx.Get(table, []byte(key)); string(got) != value {
				t.Fatalf("%s %q: %q, not %q", table, key, got, value)
			}
		}
	}
}
