package bolt

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

// OpenToRead opens the store of a data directory to read it; its file stays as it is. The error is [ErrInUse] when another process writes it.
func OpenToRead(dir string) (*Store, error) {
	path := filepath.Join(dir, FileName)
	if err := checkThere(path); err != nil {
		return nil, err
	}
	db, err := openFile(path)
	if err != nil {
		return nil, err
	}
	if err := checkFormat(db); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), checkMeta(db), db.Close())
	}
	return &Store{db: db}, nil
}

// checkThere refuses a file that is missing or empty: Open would make a new one of it.
func checkThere(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("there is no store in %s: %w", filepath.Dir(path), err)
	}
	if info.Size() == 0 {
		return fmt.Errorf("%s is empty: what was in it is lost; restore a backup", path)
	}
	return nil
}

// Snapshot calls fn with the size of the store as it is at this moment, and a function that writes that, while the store is used.
func (s *Store) Snapshot(fn func(size int64, write func(io.Writer) error) error) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		return fn(tx.Size(), func(w io.Writer) error {
			_, err := tx.WriteTo(w)
			return err
		})
	})
}

// CheckPages reads every page of the file and returns what is wrong with it, nil if nothing is.
func (s *Store) CheckPages() error {
	problems := []error{checkMeta(s.db)}
	err := s.db.View(func(tx *bbolt.Tx) error {
		for problem := range tx.Check() {
			problems = append(problems, problem)
		}
		return nil
	})
	return errors.Join(append(problems, err)...)
}

// compactBatch is how many bytes are copied in one transaction. Each leaves free room: the last page of the one before, which it writes again
// with what it adds, and a page has two rows or more, however large they are.
const compactBatch = 64 << 20

// Compact writes the store of a data directory anew, without the room that is free in it, and returns its size before and
// after; they are the same where the new file would be no smaller. Until the new file is whole the old one stays as it is. The error is
// [ErrInUse] when another process has the store.
func Compact(dir string) (before, after int64, err error) {
	path := filepath.Join(dir, FileName)
	if err := checkThere(path); err != nil {
		return 0, 0, err
	}
	old, err := Open(dir)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, old.Close()) }()
	temporary := path + ".compact"
	if err := os.RemoveAll(temporary); err != nil { // of an attempt that was cut short
		return 0, 0, err
	}
	if err := copyTo(temporary, old.db); err != nil {
		return 0, 0, errors.Join(fmt.Errorf("%s: %w", temporary, err), os.RemoveAll(temporary))
	}
	sizes := [2]int64{}
	for i, name := range []string{path, temporary} {
		info, err := os.Stat(name)
		if err != nil {
			return 0, 0, err
		}
		sizes[i] = info.Size()
	}
	if sizes[1] >= sizes[0] {
		return sizes[0], sizes[0], os.Remove(temporary)
	}
	if err := errors.Join(os.Rename(temporary, path), syncDir(dir)); err != nil {
		return 0, 0, err
	}
	return sizes[0], sizes[1], nil
}

func copyTo(path string, from *bbolt.DB) error {
	to, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = bbolt.Compact(to, from, compactBatch)
	if err == nil { // once more, so that both meta pages lead to the whole tree: the first is of one without the last batch
		err = to.Update(func(*bbolt.Tx) error { return nil })
	}
	return errors.Join(err, to.Sync(), to.Close())
}
