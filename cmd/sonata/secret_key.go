package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// secretKeyFile is the file of keys within a data directory.
const secretKeyFile = "secret.key"

// secretKeys reads the keys that sensitive values are encrypted with. A file that --secret-key-file names must be there; the one in the data
// directory is made at the first start.
func (s *server) secretKeys() (*secret.Keys, error) {
	path := s.secretKey
	if path == "" {
		path = filepath.Join(s.data, secretKeyFile)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			missing, err := sealedWith(s.data)
			if err == nil {
				err = makeSecretKey(path)
			}
			if err != nil {
				return nil, err
			}
			s.tellOfNewKey(path, missing)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the key for sensitive values cannot be read: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 {
		s.log.Warn("others than its owner can read the key for sensitive values; take that right from them (chmod 600)", slog.String("file", path))
	}
	keys, err := secret.ParseKeys(path, text)
	if err != nil {
		return nil, fmt.Errorf("the key for sensitive values: %w", err)
	}
	return keys, nil
}

// tellOfNewKey says what to do with a key that was made.
func (s *server) tellOfNewKey(path string, missing []string) {
	if len(missing) == 0 {
		s.log.Info("a key for sensitive values was made; keep a copy of it apart from backups, which do not have it", slog.String("file", path))
		return
	}
	s.log.Warn("a key for sensitive values was made, but the store has some that were encrypted with other keys, and cannot be read; add the lines of these keys below the new one, which is in use from now on, and start Sonata again",
		slog.String("file", path), slog.String("missing", strings.Join(missing, ", ")))
}

// sealedWith gives the ids of the keys that sensitive values in a data directory are encrypted with.
func sealedWith(data string) ([]string, error) {
	file, err := os.Open(filepath.Join(data, bolt.FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return secret.KeysIn(file)
}

// makeSecretKey writes a file with a new key, durably: nothing is encrypted with a key that a power cut takes away.
func makeSecretKey(path string) error {
	unfinished := path + ".new"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) { // others may read what is left there
		return err
	}
	file, err := os.OpenFile(unfinished, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, secret.NewKey())
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(unfinished, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
