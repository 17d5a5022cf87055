package runner

import (
	"errors"
	"fmt"

	"github.com/sonata-bpmn/sonata/engine"
)

// Check compares every index of a store with what the rows that it is made from say, and returns what differs, nil if
// nothing does. It is for tests, and for an operator who does not trust a disk.
func Check(store Store) error {
	return store.View(func(tx ReadTx) error {
		want := map[row]bool{}
		err := errors.Join(
			eachRow(tx, tableInstances, decodeWith(tx), func(_ []byte, in *engine.Instance) {
				for _, r := range indexRows(in) {
					want[r] = true
				}
			}),
			eachRow(tx, tableBuffer, decodeRow[message], func(_ []byte, m *message) {
				want[row{tableExpiry, string(rowKey{}.time(m.ExpiresAt).key(m.Key))}] = true
				for _, key := range bufferedRows(m) {
					want[row{tableBuffered, string(key)}] = true
				}
			}),
			eachRow(tx, tableStartTimers, decodeRow[startTimer], func(key []byte, t *startTimer) {
				want[row{tableTimers, string(rowKey{}.time(t.Due).sub(engine.Key(num(key, 2)), engine.ID(num(key, 1))))}] = true
			}))
		if err != nil {
			return err
		}
		return errors.Join(compareIndexes(tx, want), checkCounters(tx))
	})
}

var indexTables = []Table{
	tableByDefinition, tableByBusinessKey, tableByParent,
	tableTimers, tableAwaited, tableSignals, tableJobs, tableJobTimers, tableCalls, tableBuffered, tableExpiry,
}

func compareIndexes(tx ReadTx, want map[row]bool) error {
	var problems []error
	for _, table := range indexTables {
		tx.Ascend(table, nil, func(key, _ []byte) bool {
			r := row{table, string(key)}
			if !want[r] {
				problems = append(problems, fmt.Errorf("%s has a row that it should not have: %x", table, key))
			}
			delete(want, r)
			return true
		})
	}
	for r := range want {
		problems = append(problems, fmt.Errorf("%s lacks a row: %x", r.table, r.key))
	}
	return errors.Join(problems...)
}

// checkCounters checks that nothing was given out that the counters would give out again.
func checkCounters(tx ReadTx) error {
	c := decodeCounters(tx.Get(tableMeta, metaCounters))
	var problems []error
	for _, table := range []Table{tableInstances, tableDefinitions, tableDeployments, tableResources, tableBuffer, tableDeadLetters} {
		tx.Descend(table, nil, func(key, _ []byte) bool {
			if found := engine.Key(num(key, 1)); found > c.lastKey {
				problems = append(problems, fmt.Errorf("%s has key %s, above the last one that was given out, %s", table, found, c.lastKey))
			}
			return false
		})
	}
	tx.Ascend(tableTraces, nil, func(key, _ []byte) bool {
		if tx.Get(tableInstances, key) == nil {
			problems = append(problems, fmt.Errorf("%s has a row of no instance: %x", tableTraces, key))
		}
		return true
	})
	var letters int64
	tx.Ascend(tableDeadLetters, nil, func(_, _ []byte) bool { letters++; return true })
	if letters != c.deadLetters {
		problems = append(problems, fmt.Errorf("there are %d dead letters, not %d", letters, c.deadLetters))
	}
	return errors.Join(problems...)
}

func eachRow[T any](tx ReadTx, table Table, read func([]byte) (*T, error), fn func(key []byte, value *T)) error {
	var problems []error
	tx.Ascend(table, nil, func(key, data []byte) bool {
		value, err := read(data)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s, row %x: %w", table, key, err))
			return true
		}
		fn(key, value)
		return true
	})
	return errors.Join(problems...)
}

// decodeWith reads instances with what of them stands apart.
func decodeWith(tx ReadTx) func([]byte) (*engine.Instance, error) {
	symbols := loadSymbols(tx)
	return func(row []byte) (*engine.Instance, error) { return decodeInstance(tx, symbols, row) }
}

func decodeRow[T any](data []byte) (*T, error) {
	value := new(T)
	return value, decode(data, value)
}
