package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Run checks a store that may forget everything when it is closed. The function opens an empty one.
func Run(t *testing.T, open func(t *testing.T) runner.Store) {
	tests := []struct {
		name  string
		check func(t *testing.T, s runner.Store)
	}{
		{"order", testOrder},
		{"bounds", testBounds},
		{"iteration ends when told", testStop},
		{"empty and absent values", testEmpty},
		{"keys", testKeys},
		{"big values", testBig},
		{"own buffers", testBuffers},
		{"reads its own writes", testOwnWrites},
		{"tables are apart", testTables},
		{"dropped tables", testDrop},
		{"an error undoes all", testError},
		{"a panic undoes all", testPanic},
		{"snapshots", testSnapshot},
		{"concurrent views", testConcurrent},
		{"like a map", testModel},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := open(t)
			defer func() { require.NoError(t, s.Close()) }()
			test.check(t, s)
		})
	}
	t.Run("closed", func(t *testing.T) {
		s := open(t)
		require.NoError(t, s.Close())
		require.Error(t, s.Update(func(runner.Tx) error { return nil }))
		require.Error(t, s.View(func(runner.ReadTx) error { return nil }))
	})
}

// RunDurable checks that a store keeps what was written when it is closed. The function opens the store of a directory.
func RunDurable(t *testing.T, open func(t *testing.T, dir string) runner.Store) {
	dir := t.TempDir()
	for round := range 3 {
		s := open(t, dir)
		view(t, s, func(tx runner.ReadTx) {
			for i := range round {
				require.Equal(t, "kept", string(tx.Get("a", fmt.Append(nil, i))))
				require.Equal(t, []byte{}, tx.Get("empty", fmt.Append(nil, i)), "an empty value is not an absent one")
			}
			require.Nil(t, tx.Get("a", []byte("undone")))
			require.Nil(t, tx.Get("a", fmt.Append(nil, round)))
		})
		update(t, s, func(tx runner.Tx) {
			put(t, tx, "a", fmt.Sprint(round), "kept")
			require.NoError(t, tx.Put("empty", fmt.Append(nil, round), nil))
		})
		require.Error(t, s.Update(func(tx runner.Tx) error {
			put(t, tx, "a", "undone", "x")
			return errors.New("no")
		}))
		require.NoError(t, s.Close())
	}
}

func testOrder(t *testing.T, s runner.Store) {
	update(t, s, func(tx runner.Tx) {
		for _, key := range []string{"b", "a\xff", "a", "a\x00", "\x00", "\xff\xff", "ab"} {
			put(t, tx, "a", key, "v"+key)
		}
		require.NoError(t, tx.Delete("a", []byte("b")))
		require.NoError(t, tx.Delete("a", []byte("never there")))
		require.NoError(t, tx.Delete("no such table", []byte("x")))
	})
	view(t, s, func(tx runner.ReadTx) {
		require.Equal(t, []string{"\x00", "a", "a\x00", "ab", "a\xff", "\xff\xff"}, keys(tx, "a", nil, false))
		require.Equal(t, []string{"\xff\xff", "a\xff", "ab", "a\x00", "a", "\x00"}, keys(tx, "a", nil, true))
		tx.Ascend("a", nil, func(key, value []byte) bool {
			require.Equal(t, "v"+string(key), string(value))
			return true
		})
	})
}

func testBounds(t *testing.T, s runner.Store) {
	update(t, s, func(tx runner.Tx) {
		for _, key := range []string{"b", "d", "f"} {
			put(t, tx, "a", key, "")
		}
	})
	up := map[string][]string{"": {"b", "d", "f"}, "a": {"b", "d", "f"}, "b": {"b", "d", "f"}, "c": {"d", "f"}, "d": {"d", "f"}, "f": {"f"}, "g": nil}
	down := map[string][]string{"a": nil, "b": {"b"}, "c": {"b"}, "d": {"d", "b"}, "f": {"f", "d", "b"}, "g": {"f", "d", "b"}}
	view(t, s, func(tx runner.ReadTx) {
		for from, want := range up {
			require.Equal(t, want, keys(tx, "a", []byte(from), false), "ascending from %q", from)
		}
		for from, want := range down {
			require.Equal(t, want, keys(tx, "a", []byte(from), true), "descending from %q", from)
		}
		require.Empty(t, keys(tx, "no such table", nil, false))
		require.Empty(t, keys(tx, "no such table", []byte("a"), true))
		require.Empty(t, keys(tx, "no such table", nil, true))
	})
}

func testStop(t *testing.T, s runner.Store) {
	update(t, s, func(tx runner.Tx) {
		for i := range 10 {
			put(t, tx, "a", fmt.Sprint(i), "")
		}
	})
	view(t, s, func(tx runner.ReadTx) {
		for _, iterate := range []func(runner.Table, []byte, func(key, value []byte) bool){tx.Ascend, tx.Descend} {
			n := 0
			iterate("a", nil, func(_, _ []byte) bool { n++; return n < 3 })
			require.Equal(t, 3, n)
		}
	})
}

func testEmpty(t *testing.T, s runner.Store) {
	check := func(tx runner.ReadTx) {
		require.Equal(t, []byte{}, tx.Get("a", []byte("nil")))
		require.Equal(t, []byte{}, tx.Get("a", []byte("empty")))
		require.Nil(t, tx.Get("a", []byte("absent")))
		require.Nil(t, tx.Get("absent", []byte("nil")))
	}
	update(t, s, func(tx runner.Tx) {
		require.NoError(t, tx.Put("a", []byte("nil"), nil))
		require.NoError(t, tx.Put("a", []byte("empty"), []byte{}))
		check(tx)
	})
	view(t, s, check)
}

func testKeys(t *testing.T, s runner.Store) {
	longest := bytes.Repeat([]byte{1}, 32768)
	update(t, s, func(tx runner.Tx) { require.NoError(t, tx.Put("a", longest, []byte("v"))) })
	for _, key := range [][]byte{nil, {}, append(longest, 1)} {
		require.Error(t, s.Update(func(tx runner.Tx) error { return tx.Put("a", key, []byte("v")) }))
	}
	update(t, s, func(tx runner.Tx) {
		require.NoError(t, tx.Delete("a", nil))
		require.Nil(t, tx.Get("a", nil))
	})
	view(t, s, func(tx runner.ReadTx) { require.Equal(t, "v", string(tx.Get("a", longest))) })
}

func testBig(t *testing.T, s runner.Store) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // 16 MiB
	update(t, s, func(tx runner.Tx) { require.NoError(t, tx.Put("a", []byte("big"), big)) })
	view(t, s, func(tx runner.ReadTx) { require.True(t, bytes.Equal(big, tx.Get("a", []byte("big")))) })
	update(t, s, func(tx runner.Tx) { put(t, tx, "a", "big", "small") })
	view(t, s, func(tx runner.ReadTx) { require.Equal(t, "small", string(tx.Get("a", []byte("big")))) })
}

// A caller may use a key's buffer again after each call.
func testBuffers(t *testing.T, s runner.Store) {
	update(t, s, func(tx runner.Tx) {
		key := make([]byte, 1)
		for i := range 5 {
			key[0] = byte('a' + i)
			require.NoError(t, tx.Put("a", key, fmt.Append(nil, i)))
		}
		key[0] = 'b'
		require.NoError(t, tx.Delete("a", key))
		key[0] = 'x'
	})
	view(t, s, func(tx runner.ReadTx) {
		require.Equal(t, []string{"a", "c", "d", "e"}, keys(tx, "a", nil, false))
		require.Equal(t, "4", string(tx.Get("a", []byte("e"))))
	})
}

func testOwnWrites(t *testing.T, s runner.Store) {
	update(t, s, func(tx runner.Tx) { put(t, tx, "a", "old", "1") })
	update(t, s, func(tx runner.Tx) {
		put(t, tx, "a", "new", "1")
		put(t, tx, "a", "new", "2")
		require.Equal(t, "2", string(tx.Get("a", []byte("new"))))
		require.Equal(t, []string{"new", "old"}, keys(tx, "a", nil, false))
		require.NoError(t, tx.Delete("a", []byte("old")))
		require.Nil(t, tx.Get("a", []byte("old")))
		require.Equal(t, []string{"new"}, keys(tx, "a", nil, true))
	})
}

func testTables(t *testing.T, s runner.Store) {
	update(t, s, func(tx runner.Tx) {
		put(t, tx, "a", "k", "in a")
		put(t, tx, "ab", "k", "in ab")
		put(t, tx, "format", "k", "in format")
	})
	view(t, s, func(tx runner.ReadTx) {
		require.Equal(t, "in a", string(tx.Get("a", []byte("k"))))
		require.Equal(t, "in ab", string(tx.Get("ab", []byte("k"))))
		require.Equal(t, []string{"k"}, keys(tx, "format", nil, false))
	})
}

func testDrop(t *testing.T, s runner.Store) {
	update(t, s, func(tx runner.Tx) {
		for i := range 1000 {
			put(t, tx, "a", fmt.Sprint(i), "v")
		}
		put(t, tx, "b", "k", "v")
	})
	require.Error(t, s.Update(func(tx runner.Tx) error {
		require.NoError(t, tx.Drop("b"))
		require.Nil(t, tx.Get("b", []byte("k")))
		return errors.New("no")
	}))
	update(t, s, func(tx runner.Tx) {
		put(t, tx, "a", "one more", "v")
		require.NoError(t, tx.Drop("a"))
		require.NoError(t, tx.Drop("no such table"))
		require.Empty(t, keys(tx, "a", nil, false))
		put(t, tx, "a", "new", "v")
	})
	view(t, s, func(tx runner.ReadTx) {
		require.Equal(t, []string{"new"}, keys(tx, "a", nil, false))
		require.Equal(t, []string{"k"}, keys(tx, "b", nil, false))
	})
}

func testError(t *testing.T, s runner.Store) {
	update(t, s, func(tx runner.Tx) { put(t, tx, "a", "k", "before") })
	no := errors.New("no")
	require.ErrorIs(t, s.Update(func(tx runner.Tx) error { change(t, tx); return no }), no)
	unchanged(t, s)
}

func testPanic(t *testing.T, s runner.Store) {
	update(t, s, func(tx runner.Tx) { put(t, tx, "a", "k", "before") })
	require.PanicsWithValue(t, "oops", func() {
		_ = s.Update(func(tx runner.Tx) error { change(t, tx); panic("oops") })
	})
	unchanged(t, s)
	require.Panics(t, func() { _ = s.View(func(runner.ReadTx) error { panic("oops") }) })
	update(t, s, func(tx runner.Tx) { put(t, tx, "a", "k", "after") }) // it has not kept its lock
}

func change(t *testing.T, tx runner.Tx) {
	put(t, tx, "a", "k", "after")
	put(t, tx, "a", "l", "new")
	put(t, tx, "new table", "k", "v")
}

func unchanged(t *testing.T, s runner.Store) {
	t.Helper()
	view(t, s, func(tx runner.ReadTx) {
		require.Equal(t, "before", string(tx.Get("a", []byte("k"))))
		require.Equal(t, []string{"k"}, keys(tx, "a", nil, false))
		require.Empty(t, keys(tx, "new table", nil, false))
	})
}

func testSnapshot(t *testing.T, s runner.Store) {
	update(t, s, func(tx runner.Tx) { put(t, tx, "a", "k", "1") })
	view(t, s, func(tx runner.ReadTx) {
		done := make(chan error)
		go func() {
			done <- s.Update(func(tx runner.Tx) error {
				return errors.Join(tx.Put("a", []byte("k"), []byte("2")), tx.Put("b", []byte("k"), []byte("2")))
			})
		}()
		require.NoError(t, <-done, "an update does not wait for views")
		require.Equal(t, "1", string(tx.Get("a", []byte("k"))))
		require.Nil(t, tx.Get("b", []byte("k")))
	})
	view(t, s, func(tx runner.ReadTx) { require.Equal(t, "2", string(tx.Get("a", []byte("k")))) })
}

// Two rows that each update makes equal are equal in every view.
func testConcurrent(t *testing.T, s runner.Store) {
	const updates, readers = 200, 4
	var running sync.WaitGroup
	done := make(chan struct{})
	for range readers {
		running.Go(func() {
			for last := 0; ; {
				select {
				case <-done:
					return
				default:
				}
				_ = s.View(func(tx runner.ReadTx) error {
					a, b := string(tx.Get("a", []byte("k"))), string(tx.Get("b", []byte("k")))
					if a != b || len(keys(tx, "rows", nil, false)) < last {
						t.Errorf("a view saw half of an update: %q, %q", a, b)
					}
					last = len(keys(tx, "rows", nil, true))
					return nil
				})
			}
		})
	}
	for i := range updates {
		update(t, s, func(tx runner.Tx) {
			put(t, tx, "a", "k", fmt.Sprint(i))
			put(t, tx, "rows", fmt.Sprint(i), "")
			put(t, tx, "b", "k", fmt.Sprint(i))
		})
	}
	close(done)
	running.Wait()
}

func update(t *testing.T, s runner.Store, fn func(runner.Tx)) {
	t.Helper()
	require.NoError(t, s.Update(func(tx runner.Tx) error { fn(tx); return nil }))
}

func view(t *testing.T, s runner.Store, fn func(runner.ReadTx)) {
	t.Helper()
	require.NoError(t, s.View(func(tx runner.ReadTx) error { fn(tx); return nil }))
}

func put(t *testing.T, tx runner.Tx, table runner.Table, key, value string) {
	t.Helper()
	require.NoError(t, tx.Put(table, []byte(key), []byte(value)))
}

func keys(tx runner.ReadTx, table runner.Table, from []byte, descending bool) []string {
	var found []string
	iterate := tx.Ascend
	if descending {
		iterate = tx.Descend
	}
	iterate(table, from, func(key, _ []byte) bool {
		found = append(found, string(key))
		return true
	})
	return found
}
