package memory

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/tidwall/btree"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Errors of a write, as adapters/bolt has them.
var (
	ErrKey    = errors.New("memory: a key has 1 to 32768 bytes")
	ErrClosed = errors.New("memory: the store is closed")
)

const maxKey = 32768

// Store is a [runner.Store]: copy-on-write B-trees, one for each table. The zero value is empty and ready to use.
type Store struct {
	writing sync.Mutex // held by Update

	mu     sync.RWMutex // guards what follows
	tables tables
	closed bool
}

var _ runner.Store = (*Store)(nil)

// NewStore returns an empty store.
func NewStore() *Store { return &Store{} }

// tables are never written to once they are a Store's: a transaction replaces those that it changes.
type tables map[runner.Table]*btree.BTreeG[pair]

type pair struct{ key, value []byte }

func less(a, b pair) bool { return bytes.Compare(a.key, b.key) < 0 }

// Update runs fn on copies of the tables that it writes to, and puts them in the place of the old ones when fn returns nil.
func (s *Store) Update(fn func(runner.Tx) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	before, err := s.snapshot()
	if err != nil {
		return err
	}
	tx := &writeTx{readTx: readTx{maps.Clone(before)}, own: map[runner.Table]bool{}}
	if tx.tables == nil {
		tx.tables = tables{}
	}
	if err := fn(tx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tables = tx.tables
	return nil
}

// View runs fn on the tables of the last Update.
func (s *Store) View(fn func(runner.ReadTx) error) error {
	snapshot, err := s.snapshot()
	if err != nil {
		return err
	}
	return fn(readTx{snapshot})
}

// Copy returns a store with the same rows. It takes little time: the two share them until one of them changes.
func (s *Store) Copy() *Store {
	s.writing.Lock()
	defer s.writing.Unlock()
	snapshot, err := s.snapshot()
	if err != nil {
		return &Store{closed: true}
	}
	copied := make(tables, len(snapshot))
	for name, tree := range snapshot {
		copied[name] = tree.Copy()
	}
	return &Store{tables: copied}
}

// Close makes the store unusable.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tables, s.closed = nil, true
	return nil
}

func (s *Store) snapshot() (tables, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	return s.tables, nil
}

type readTx struct{ tables tables }

// Get implements [runner.ReadTx].
func (tx readTx) Get(table runner.Table, key []byte) []byte {
	if tree := tx.tables[table]; tree != nil {
		if found, ok := tree.Get(pair{key: key}); ok {
			return found.value
		}
	}
	return nil
}

// Ascend implements [runner.ReadTx].
func (tx readTx) Ascend(table runner.Table, from []byte, fn func(key, value []byte) bool) {
	if tree := tx.tables[table]; tree != nil {
		tree.Ascend(pair{key: from}, func(p pair) bool { return fn(p.key, p.value) })
	}
}

// Descend implements [runner.ReadTx].
func (tx readTx) Descend(table runner.Table, from []byte, fn func(key, value []byte) bool) {
	tree := tx.tables[table]
	switch {
	case tree == nil:
	case from == nil:
		tree.Reverse(func(p pair) bool { return fn(p.key, p.value) })
	default:
		tree.Descend(pair{key: from}, func(p pair) bool { return fn(p.key, p.value) })
	}
}

type writeTx struct {
	readTx
	own map[runner.Table]bool // tables that are copies already
}

// tree returns this transaction's own copy of a table. Copying is cheap: nodes are shared until they change.
func (tx *writeTx) tree(table runner.Table) *btree.BTreeG[pair] {
	if !tx.own[table] {
		tx.own[table] = true
		if old := tx.tables[table]; old != nil {
			tx.tables[table] = old.Copy()
		} else {
			// No locks: a tree is written to by one transaction only, and read by others only after that.
			tx.tables[table] = btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})
		}
	}
	return tx.tables[table]
}

// Put implements [runner.Tx].
func (tx *writeTx) Put(table runner.Table, key, value []byte) error {
	if len(key) == 0 || len(key) > maxKey {
		return ErrKey
	}
	tx.tree(table).Set(pair{slices.Clone(key), append([]byte{}, value...)})
	return nil
}

// Delete implements [runner.Tx].
func (tx *writeTx) Delete(table runner.Table, key []byte) error {
	if tx.Get(table, key) != nil {
		tx.tree(table).Delete(pair{key: key})
	}
	return nil
}

// Drop implements [runner.Tx].
func (tx *writeTx) Drop(table runner.Table) error {
	tx.own[table] = false
	delete(tx.tables, table)
	return nil
}
