package runner_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Verify sees what no index knows: each kind of damage is named.
func TestVerify(t *testing.T) {
	w := newWorld(t)
	w.install(labour, model("quick", start, end, "start -> end"))
	w.launch("labour", map[string]any{"text": strings.Repeat("y", 2000)})
	w.launch("quick", nil)
	w.stop()
	whole := w.store.(*memory.Store)
	for table, damage := range map[runner.Table]string{
		"jobs": "lacks a row", "by-definition": "lacks a row", "ended": "says otherwise", "variables": "are missing",
	} {
		require.ErrorContains(t, runner.Verify(change(t, whole, table, func(tx runner.Tx, key, _ []byte) error {
			return tx.Delete(table, key)
		}), func(engine.Key) {}), damage, table)
	}
	require.ErrorContains(t, runner.Verify(change(t, whole, "history", func(tx runner.Tx, key, row []byte) error {
		return tx.Put("history", key, bytes.ReplaceAll(row, []byte("yyyy"), []byte("xxxx")))
	}), func(engine.Key) {}), "another state")
	require.ErrorContains(t, runner.Verify(change(t, whole, "instances", func(tx runner.Tx, key, _ []byte) error {
		return tx.Delete("instances", key)
	}), func(engine.Key) {}), "which is gone")
	seen := 0
	require.NoError(t, runner.Verify(whole, func(engine.Key) { seen++ }))
	require.Equal(t, 2, seen)
}

// change copies a store and does something to every row of a table.
func change(t *testing.T, from *memory.Store, table runner.Table, do func(tx runner.Tx, key, row []byte) error) runner.Store {
	t.Helper()
	store := from.Copy()
	require.NoError(t, store.Update(func(tx runner.Tx) error {
		var keys, rows [][]byte
		tx.Ascend(table, nil, func(key, row []byte) bool {
			keys, rows = append(keys, bytes.Clone(key)), append(rows, bytes.Clone(row))
			return true
		})
		require.NotEmpty(t, keys)
		for i := range keys {
			if err := do(tx, keys[i], rows[i]); err != nil {
				return err
			}
		}
		return nil
	}))
	return store
}
