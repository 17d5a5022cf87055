package bench

import (
	"bytes"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// syncsPerCommit is what a transaction of bbolt costs: one for its pages, one for the page that makes them valid.
const syncsPerCommit = 2

// meter is a store that counts its commits and, when told to, logs what they write.
type meter struct {
	runner.Store
	commits atomic.Int64
	log     atomic.Pointer[rowLog]
}

// Update implements [runner.Store].
func (m *meter) Update(fn func(runner.Tx) error) error {
	log := m.log.Load()
	err := m.Store.Update(func(tx runner.Tx) error {
		if log != nil {
			tx = &loggedTx{tx, log}
		}
		return fn(tx)
	})
	if err == nil {
		m.commits.Add(1)
	}
	if log != nil {
		log.close(err == nil)
	}
	return err
}

// begin logs what is written from now on, until end.
func (m *meter) begin(instances int) *rowLog {
	log := &rowLog{instances: instances}
	m.log.Store(log)
	return log
}

func (m *meter) end() { m.log.Store(nil) }

// rowLog is what was written, transaction by transaction.
type rowLog struct {
	instances int
	batches   [][]write
	open      []write
}

// write is one write of a transaction.
type write struct {
	table      runner.Table
	key, value []byte
	kind       writeKind
}

type writeKind byte

const (
	writePut writeKind = iota
	writeDelete
	writeDrop
)

// close ends a transaction.
func (l *rowLog) close(committed bool) {
	if committed {
		l.batches = append(l.batches, l.open)
	}
	l.open = nil
}

// replay writes it all to a new store, and returns how many seconds that took.
func (l *rowLog) replay(dir string) (seconds float64, err error) {
	store, err := bolt.Open(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	began := time.Now()
	for _, batch := range l.batches {
		if err := store.Update(func(tx runner.Tx) error { return apply(tx, batch) }); err != nil {
			return 0, err
		}
	}
	return time.Since(began).Seconds(), nil
}

func apply(tx runner.Tx, batch []write) error {
	for _, w := range batch {
		var err error
		switch w.kind {
		case writePut:
			err = tx.Put(w.table, w.key, w.value)
		case writeDelete:
			err = tx.Delete(w.table, w.key)
		case writeDrop:
			err = tx.Drop(w.table)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// loggedTx logs what is written.
type loggedTx struct {
	runner.Tx
	log *rowLog
}

// Put implements [runner.Tx].
func (tx *loggedTx) Put(table runner.Table, key, value []byte) error {
	tx.log.open = append(tx.log.open, write{table, bytes.Clone(key), value, writePut})
	return tx.Tx.Put(table, key, value)
}

// Delete implements [runner.Tx].
func (tx *loggedTx) Delete(table runner.Table, key []byte) error {
	tx.log.open = append(tx.log.open, write{table, bytes.Clone(key), nil, writeDelete})
	return tx.Tx.Delete(table, key)
}

// Drop implements [runner.Tx].
func (tx *loggedTx) Drop(table runner.Table) error {
	tx.log.open = append(tx.log.open, write{table, nil, nil, writeDrop})
	return tx.Tx.Drop(table)
}
