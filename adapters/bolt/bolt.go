package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// FileName is the store's file within a data directory.
const FileName = "sonata.db"

// lockTimeout is how long Open waits for another process to give the file up: long enough for one that is just ending.
const lockTimeout = 2 * time.Second

// forgetEvery is after how many commits the pages that were read are forgotten: a store that is larger than the memory must not look as if it took it all.
const forgetEvery = 256

// The bucket "format" holds the number of the file's format under the key "number"; another number is refused, not guessed at.
const format = "1"

var formatBucket, formatKey = []byte("format"), []byte("number")

// ErrInUse says that another process has the data directory open.
var ErrInUse = errors.New("another Sonata uses this data directory; stop it, or give this one a directory of its own with --data")

// Store keeps its tables in the buckets of one file. Once a write has failed it refuses to write again until it is opened
// anew: after a failed fsync nobody knows what is on the disk, and a second one that succeeds does not change that
// (https://wiki.postgresql.org/wiki/Fsync_Errors).
type Store struct {
	db     *bbolt.DB
	failed atomic.Pointer[error]
	wrote  atomic.Bool
	// commits since the pages that were read were last forgotten; of the one transaction that writes.
	commits int
}

var _ runner.Store = (*Store)(nil)

// Open opens the store of a data directory; both come into being, readable by their owner only, if they are not there. The
// error is [ErrInUse] when another process has it.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	path := filepath.Join(dir, FileName)
	if err := checkSize(path); err != nil {
		return nil, err
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: lockTimeout,
		// A synced freelist makes small transactions three times slower once many pages are free; without it, opening
		// reads the whole tree, seconds for some GB. So it is written by Close; after a crash the tree is read.
		NoFreelistSync: true,
		FreelistType:   bbolt.FreelistMapType,
		// Address space, not memory: a map that need not grow never makes a writer wait for readers.
		InitialMmapSize: 1 << 30,
		NoStatistics:    true,
	})
	if err != nil {
		return nil, openError(path, err)
	}
	if err := errors.Join(checkFormat(db), syncDir(dir)); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), db.Close())
	}
	forgetPages(db) // after a crash all of them were read, to find the free ones
	return &Store{db: db}, nil
}

func openError(path string, err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("%s: %w", filepath.Dir(path), ErrInUse)
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w; mount it for writing", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; run as the user who owns it, or permit this one to read and write it", err)
	}
	return fmt.Errorf("%s: not a store that this Sonata can open: %w", path, err)
}

// checkSize refuses a file that was cut off: reading its map beyond its end would end the process. Opened for reading, bbolt looks at
// the first two pages alone.
func checkSize(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil // it comes into being
	}
	db, err := openFile(path)
	if err != nil {
		return err
	}
	return db.Close()
}

// openFile opens a file for reading, if it was not cut off.
func openFile(path string) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockTimeout, ReadOnly: true, FreelistType: bbolt.FreelistMapType, NoStatistics: true})
	if err != nil {
		return nil, openError(path, err)
	}
	var size int64
	err = db.View(func(tx *bbolt.Tx) error {
		size = tx.Size()
		return nil
	})
	info, err2 := os.Stat(path)
	if err = errors.Join(err, err2); err == nil && info.Size() < size {
		err = fmt.Errorf("%s is cut off: it has %d bytes and needs %d; restore a backup", path, info.Size(), size)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// checkFormat refuses a file that is not ours, and marks a new one. It writes to no other: a transaction would drop the list of free pages.
func checkFormat(db *bbolt.DB) error {
	isNew := false
	err := db.View(func(tx *bbolt.Tx) error {
		if bucket := tx.Bucket(formatBucket); bucket != nil {
			if found := bucket.Get(formatKey); string(found) != format {
				return fmt.Errorf("the store has format %q, this Sonata knows format %s only; use the Sonata that wrote it", found, format)
			}
			return nil
		}
		if name, _ := tx.Cursor().First(); name != nil {
			return errors.New("the file is a bbolt database, but not one of Sonata")
		}
		if isNew = true; db.IsReadOnly() {
			return errors.New("the store holds nothing, not even what a new one does; restore a backup")
		}
		return nil
	})
	if err != nil || !isNew {
		return err
	}
	return db.Update(func(tx *bbolt.Tx) error {
		bucket, err := tx.CreateBucket(formatBucket)
		if err != nil {
			return err
		}
		return bucket.Put(formatKey, []byte(format))
	})
}

// syncDir makes the file's name in the directory as durable as its content.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Update runs fn in the only writing transaction; see [runner.Store].
func (s *Store) Update(fn func(runner.Tx) error) error {
	if failed := s.failed.Load(); failed != nil {
		return fmt.Errorf("the store takes no writes since one failed; mend the disk and start Sonata again: %w", *failed)
	}
	var refused error
	err := s.db.Update(func(tx *bbolt.Tx) error {
		refused = fn(&writeTx{newReadTx(tx), map[runner.Table]bool{}})
		return refused
	})
	if err == nil {
		s.wrote.Store(true)
		if s.commits++; s.commits >= forgetEvery {
			s.commits = 0
			forgetPages(s.db)
		}
	}
	if err != nil && refused == nil { // fn was content: beginning or committing failed
		s.failed.CompareAndSwap(nil, &err)
	}
	return err
}

// View runs fn on a consistent snapshot; see [runner.Store].
func (s *Store) View(fn func(runner.ReadTx) error) error {
	return s.db.View(func(tx *bbolt.Tx) error { return fn(newReadTx(tx)) })
}

// Close waits for running transactions, then closes the file. It leaves the list of free pages in it, if something was written, so that
// the next Open need not read the whole file to find them.
func (s *Store) Close() error {
	var err error
	if s.wrote.Load() && s.failed.Load() == nil {
		s.db.NoFreelistSync = false
		err = s.db.Update(func(*bbolt.Tx) error { return nil })
	}
	return errors.Join(err, s.db.Close())
}

type readTx struct {
	tx      *bbolt.Tx
	buckets map[runner.Table]*bbolt.Bucket // those that were looked for; nil: it is not there
}

func newReadTx(tx *bbolt.Tx) readTx { return readTx{tx, map[runner.Table]*bbolt.Bucket{}} }

// bucketName keeps tables apart from the store's own bucket.
func bucketName(table runner.Table) []byte { return []byte("t/" + table) }

// bucket returns a table's bucket, nil if it has none. bbolt looks for it in the file each time, if the transaction only reads.
func (r readTx) bucket(table runner.Table) *bbolt.Bucket {
	bucket, known := r.buckets[table]
	if !known {
		bucket = r.tx.Bucket(bucketName(table))
		r.buckets[table] = bucket
	}
	return bucket
}

// Get implements [runner.ReadTx].
func (r readTx) Get(table runner.Table, key []byte) []byte {
	if bucket := r.bucket(table); bucket != nil {
		return bucket.Get(key)
	}
	return nil
}

// Ascend implements [runner.ReadTx].
func (r readTx) Ascend(table runner.Table, from []byte, fn func(key, value []byte) bool) {
	if bucket := r.bucket(table); bucket != nil {
		cursor := bucket.Cursor()
		for key, value := cursor.Seek(from); key != nil && fn(key, value); {
			key, value = cursor.Next()
		}
	}
}

// Descend implements [runner.ReadTx].
func (r readTx) Descend(table runner.Table, from []byte, fn func(key, value []byte) bool) {
	if bucket := r.bucket(table); bucket != nil {
		cursor := bucket.Cursor()
		for key, value := last(cursor, from); key != nil && fn(key, value); {
			key, value = cursor.Prev()
		}
	}
}

// last moves the cursor to the last key that is not after from.
func last(cursor *bbolt.Cursor, from []byte) (key, value []byte) {
	if from == nil {
		return cursor.Last()
	}
	switch key, value = cursor.Seek(from); {
	case key == nil:
		return cursor.Last()
	case bytes.Equal(key, from):
		return key, value
	default:
		return cursor.Prev()
	}
}

type writeTx struct {
	readTx
	written map[runner.Table]bool // the tables whose buckets are made for writing
}

// writable returns a table's bucket, which comes into being if it is not there.
func (w *writeTx) writable(table runner.Table) (*bbolt.Bucket, error) {
	if w.written[table] {
		return w.buckets[table], nil
	}
	bucket, err := w.tx.CreateBucketIfNotExists(bucketName(table))
	if err != nil {
		return nil, err
	}
	if table.Ascending() {
		bucket.FillPercent = 0.9 // nothing will be inserted before the last page: leave little room in the others
	}
	w.buckets[table], w.written[table] = bucket, true
	return bucket, nil
}

// Put implements [runner.Tx].
func (w *writeTx) Put(table runner.Table, key, value []byte) error {
	bucket, err := w.writable(table)
	if err != nil {
		return err
	}
	if value == nil {
		value = []byte{} // bbolt's Get would return nil for it until the commit
	}
	return bucket.Put(key, value)
}

// Delete implements [runner.Tx].
func (w *writeTx) Delete(table runner.Table, key []byte) error {
	if w.bucket(table) == nil || len(key) == 0 {
		return nil
	}
	bucket, err := w.writable(table)
	if err != nil {
		return err
	}
	return bucket.Delete(key)
}

// Drop implements [runner.Tx].
func (w *writeTx) Drop(table runner.Table) error {
	delete(w.buckets, table)
	delete(w.written, table)
	err := w.tx.DeleteBucket(bucketName(table))
	if errors.Is(err, bolterrors.ErrBucketNotFound) {
		return nil
	}
	return err
}
