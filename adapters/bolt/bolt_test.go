package bolt

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"github.com/sonata-bpmn/sonata/adapters/storetest"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	require.NoError(t, err)
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) runner.Store {
		s := open(t, t.TempDir())
		s.db.NoSync = true // for speed; TestDurable syncs
		return s
	})
}

func TestDurable(t *testing.T) {
	storetest.RunDurable(t, func(t *testing.T, dir string) runner.Store { return open(t, dir) })
}

// Nobody but the owner reads what processes know.
func TestPermissions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	require.NoError(t, open(t, dir).Close())
	info, err := os.Stat(filepath.Join(dir, FileName))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	info, err = os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestTwoAtOnce(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	_, err := Open(dir)
	require.ErrorIs(t, err, ErrInUse)
	require.ErrorContains(t, err, dir)
	require.NoError(t, first.Close())
	require.NoError(t, open(t, dir).Close())
}

// What keeps a file from being written is no fault of the file.
func TestFilesThatCannotBeWritten(t *testing.T) {
	for fault, want := range map[syscall.Errno]string{
		syscall.EROFS:  "open d/sonata.db: read-only file system; mount it for writing",
		syscall.EACCES: "open d/sonata.db: permission denied; run as the user who owns it, or permit this one to read and write it",
		syscall.EPERM:  "open d/sonata.db: operation not permitted; run as the user who owns it, or permit this one to read and write it",
	} {
		require.EqualError(t, openError("d/sonata.db", &fs.PathError{Op: "open", Path: "d/sonata.db", Err: fault}), want)
	}
}

func TestForeignFiles(t *testing.T) {
	t.Run("another format", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir)
		require.NoError(t, s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(formatBucket).Put(formatKey, []byte("99")) }))
		require.NoError(t, s.Close())
		_, err := Open(dir)
		require.ErrorContains(t, err, `format "99"`)
	})
	t.Run("another program's database", func(t *testing.T) {
		dir := t.TempDir()
		db, err := bbolt.Open(filepath.Join(dir, FileName), 0o600, nil)
		require.NoError(t, err)
		require.NoError(t, db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err }))
		require.NoError(t, db.Close())
		_, err = Open(dir)
		require.ErrorContains(t, err, "not one of Sonata")
	})
	t.Run("not a database", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, FileName), make([]byte, 100_000), 0o600))
		_, err := Open(dir)
		require.ErrorContains(t, err, "not a store")
	})
	t.Run("no directory", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		_, err := Open(file)
		require.ErrorContains(t, err, "data directory")
	})
}

// After a commit has failed, nothing is written before the store is opened again; reading goes on.
func TestFailedCommit(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	write := func(value string) error {
		return s.Update(func(tx runner.Tx) error { return tx.Put("a", []byte("k"), []byte(value)) })
	}
	require.NoError(t, write("1"))
	refused := errors.New("no")
	require.ErrorIs(t, s.Update(func(runner.Tx) error { return refused }), refused)
	require.NoError(t, write("2"), "an error of the function is not one of the disk")

	s.db.MaxSize = 1 // the next commit that needs room fails
	require.Error(t, s.Update(func(tx runner.Tx) error { return tx.Put("a", []byte("big"), make([]byte, 64<<20)) }))
	s.db.MaxSize = 0
	require.ErrorContains(t, write("3"), "takes no writes")
	require.NoError(t, s.View(func(tx runner.ReadTx) error {
		require.Equal(t, "2", string(tx.Get("a", []byte("k"))))
		require.Nil(t, tx.Get("a", []byte("big")))
		return nil
	}))
	require.NoError(t, s.Close())

	s = open(t, dir)
	require.NoError(t, write("4"))
	require.NoError(t, s.Close())
}

// To open and close a store changes nothing in it: not the list of its free pages either, which saves the next Open from reading all of it.
func TestOpeningWritesNothing(t *testing.T) {
	dir := t.TempDir()
	store, err := Open(dir)
	require.NoError(t, err)
	require.NoError(t, store.Update(func(tx runner.Tx) error { return tx.Put("table", []byte("key"), []byte("value")) }))
	require.NoError(t, store.Close())
	before, err := os.ReadFile(filepath.Join(dir, FileName))
	require.NoError(t, err)
	store, err = Open(dir)
	require.NoError(t, err)
	require.NoError(t, store.View(func(runner.ReadTx) error { return nil }))
	require.NoError(t, store.Close())
	after, err := os.ReadFile(filepath.Join(dir, FileName))
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after))
}

// A file that was cut off is refused, in words.
func TestCutOff(t *testing.T) {
	dir := t.TempDir()
	store, err := Open(dir)
	require.NoError(t, err)
	require.NoError(t, store.Update(func(tx runner.Tx) error { return tx.Put("table", []byte("key"), make([]byte, 1<<20)) }))
	require.NoError(t, store.Close())
	require.NoError(t, os.Truncate(filepath.Join(dir, FileName), 1<<19))
	_, err = Open(dir)
	require.ErrorContains(t, err, "is cut off: it has 524288 bytes and needs ")
}
