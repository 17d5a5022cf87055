package broker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// openDir makes the data directory private to its user, as kfake writes files that everybody may read, and locks it: two brokers
// on one directory would overwrite each other's records. The lock goes with the process.
func openDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the broker's data directory cannot be made: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // G302 means files; a directory without x cannot be entered
		return nil, fmt.Errorf("the broker's data directory cannot be made private: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the broker's data directory cannot be locked: %w", err)
	}
	if err := lockFile(f); err != nil {
		err = fmt.Errorf("the broker's data directory %s is in use by another process (%w): stop that one, or choose another directory with --data", dir, err)
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
