package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// The key is made once, for its owner alone; afterwards it is the same one, and a file that is named must be there and be right. Nothing says
// what stands in it.
func TestSecretKeyFile(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := &server{settings: settings{data: t.TempDir()}, log: slog.New(slog.NewTextHandler(&log, nil))}
	first, err := s.secretKeys()
	require.NoError(t, err)
	path := filepath.Join(s.data, secretKeyFile)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.Contains(t, log.String(), "keep a copy")
	sealed, err := first.Seal("a")
	require.NoError(t, err)
	log.Reset()
	again, err := s.secretKeys()
	require.NoError(t, err)
	require.NoError(t, again.Check(sealed))
	require.Empty(t, log.String())

	s.secretKey = filepath.Join(s.data, "other.key")
	_, err = s.secretKeys()
	require.ErrorIs(t, err, os.ErrNotExist)
	key := secret.NewKey()
	require.NoError(t, os.WriteFile(s.secretKey, []byte(key+"\n"), 0o600))
	require.NoError(t, os.Chmod(s.secretKey, 0o644))
	_, err = s.secretKeys()
	require.NoError(t, err)
	require.Contains(t, log.String(), "chmod 600")
	require.NoError(t, os.WriteFile(s.secretKey, []byte(key[:60]+"\n"), 0o600))
	_, err = s.secretKeys()
	require.ErrorContains(t, err, "other.key:1: a key is 64 hexadecimal digits")
	require.NotContains(t, log.String()+err.Error(), key[:60])
}

// A data directory whose key is missing, as after a restore, gets a new one with a warning that names the old one; the old line below the new one is all
// that it takes. What an earlier attempt left is no reason to let others read the key.
func TestSecretKeyMissing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := &server{settings: settings{data: t.TempDir()}, log: slog.New(slog.NewTextHandler(&log, nil))}
	old := secret.NewKey()
	keys, err := secret.ParseKeys("old", []byte(old))
	require.NoError(t, err)
	sealed, err := keys.Seal("hunter2")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(s.data, bolt.FileName), []byte("\x00\x01"+sealed), 0o600))
	path := filepath.Join(s.data, secretKeyFile)
	require.NoError(t, os.WriteFile(path+".new", nil, 0o600))
	require.NoError(t, os.Chmod(path+".new", 0o644))

	made, err := s.secretKeys()
	require.NoError(t, err)
	require.Regexp(t, `level=WARN .*add the lines of these keys below.* missing=`+sealed[len("ENCRYPTED:"):][:8], log.String())
	require.Error(t, made.Check(sealed))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(text, old...), 0o600))
	both, err := s.secretKeys()
	require.NoError(t, err)
	require.NoError(t, both.Check(sealed))
}
