package runner

// Store is an ordered key-value store in which a batch of writes is one atomic, durable transaction. adapters/bolt is the
// durable one, adapters/memory the one for tests; adapters/storetest is what each must pass.
type Store interface {
	// Update runs fn in the only writing transaction. When it returns nil, every write of fn is durable; when it returns
	// an error, none is there. Only one Update runs at a time.
	Update(fn func(Tx) error) error
	// View runs fn on a consistent snapshot. Views run beside each other and beside an Update.
	View(fn func(ReadTx) error) error
	Close() error
}

// ReadTx reads one snapshot. Byte slices that it hands out are valid until the transaction ends and must not be written to.
type ReadTx interface {
	// Get returns nil if the key is not there.
	Get(table Table, key []byte) []byte
	// Ascend calls fn for each key >= from, in ascending order, until fn returns false.
	Ascend(table Table, from []byte, fn func(key, value []byte) bool)
	// Descend calls fn for each key <= from (all keys if from is nil), in descending order, until fn returns false.
	Descend(table Table, from []byte, fn func(key, value []byte) bool)
}

// Tx reads and writes. Tables come into being with their first Put. The callbacks of Ascend and Descend must not write to
// the table that they read.
type Tx interface {
	ReadTx
	// Put keeps the value: it must not be written to any more. A key has 1 to 32768 bytes. A nil value is an empty one.
	Put(table Table, key, value []byte) error
	// Delete does nothing if the key is not there.
	Delete(table Table, key []byte) error
	// Drop deletes a whole table, whatever its size in little time.
	Drop(table Table) error
}

// Table names one key space of a Store.
type Table string
