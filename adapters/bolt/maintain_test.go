package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Of a store that was compacted, and of a snapshot, either meta page leads to everything: if one is damaged the other serves, and the check says so.
func TestDamagedMetaPages(t *testing.T) {
	compacted := t.TempDir()
	s := open(t, compacted)
	for _, room := range []int{1 << 20, 1} { // first what leaves room, so that there is something to gain
		require.NoError(t, s.Update(func(tx runner.Tx) error {
			return errors.Join(tx.Put("a", []byte("k"), []byte("v")), tx.Put("b", []byte("k"), make([]byte, room)))
		}))
	}
	require.NoError(t, s.Close())
	before, after, err := Compact(compacted)
	require.NoError(t, err)
	require.Less(t, after, before)

	snapshot := t.TempDir()
	s = open(t, compacted)
	pageSize := int64(s.db.Info().PageSize)
	var copied bytes.Buffer
	require.NoError(t, s.Snapshot(func(_ int64, write func(io.Writer) error) error { return write(&copied) }))
	require.NoError(t, s.Close())
	require.NoError(t, os.WriteFile(filepath.Join(snapshot, FileName), copied.Bytes(), 0o600))

	for name, dir := range map[string]string{"compacted": compacted, "snapshot": snapshot} {
		path := filepath.Join(dir, FileName)
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		for page := range int64(metaPages) {
			t.Run(fmt.Sprintf("%s, page %d", name, page), func(t *testing.T) {
				damaged := bytes.Clone(whole)
				copy(damaged[page*pageSize+metaOffset:], bytes.Repeat([]byte{0xff}, metaSize))
				require.NoError(t, os.WriteFile(path, damaged, 0o600))
				s := open(t, dir)
				require.ErrorContains(t, s.CheckPages(), fmt.Sprintf("meta page %d is not valid", page))
				require.NoError(t, s.View(func(tx runner.ReadTx) error {
					require.Equal(t, "v", string(tx.Get("a", []byte("k"))))
					return nil
				}))
				require.NoError(t, s.Close())
			})
		}
		require.NoError(t, os.WriteFile(path, whole, 0o600))
		s := open(t, dir)
		require.NoError(t, s.CheckPages())
		require.NoError(t, s.Close())
	}
}

// However large its rows are, a store that is compacted does not grow, and nothing of it is lost.
func TestCompactingLargeRows(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	value := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, 1_300_000) }
	const rows = 60
	for i := range rows {
		require.NoError(t, s.Update(func(tx runner.Tx) error { return tx.Put("letters", []byte{byte(i)}, value(i)) }))
	}
	require.NoError(t, s.Close())
	for range 2 {
		before, after, err := Compact(dir)
		require.NoError(t, err)
		require.LessOrEqual(t, after, before)
		info, err := os.Stat(filepath.Join(dir, FileName))
		require.NoError(t, err)
		require.Equal(t, after, info.Size())
		require.NoFileExists(t, filepath.Join(dir, FileName+".compact"))
	}
	s = open(t, dir)
	require.NoError(t, s.CheckPages())
	require.NoError(t, s.View(func(tx runner.ReadTx) error {
		for i := range rows {
			require.True(t, bytes.Equal(value(i), tx.Get("letters", []byte{byte(i)})), i)
		}
		return nil
	}))
	require.NoError(t, s.Close())
}

// Whoever only looks leaves the file as it is, whatever is in it, and makes none.
func TestOpenToRead(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"none":    {nil, "there is no store in"},
		"empty":   {[]byte{}, "is empty: what was in it is lost; restore a backup"},
		"foreign": {make([]byte, 1<<16), "not a store"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if path := filepath.Join(dir, FileName); c.file != nil {
				require.NoError(t, os.WriteFile(path, c.file, 0o600))
			}
			_, err := OpenToRead(dir)
			require.ErrorContains(t, err, c.says)
			_, _, err = Compact(dir)
			require.ErrorContains(t, err, c.says)
			found, err := os.ReadFile(filepath.Join(dir, FileName))
			require.Equal(t, c.file == nil, os.IsNotExist(err))
			require.Len(t, found, len(c.file))
		})
	}

	dir := t.TempDir()
	s := open(t, dir)
	require.NoError(t, s.Update(func(tx runner.Tx) error { return tx.Put("a", []byte("k"), []byte("v")) }))
	_, err := OpenToRead(dir)
	require.ErrorIs(t, err, ErrInUse)
	require.NoError(t, s.Close())
	before, err := os.ReadFile(filepath.Join(dir, FileName))
	require.NoError(t, err)
	s, err = OpenToRead(dir)
	require.NoError(t, err)
	require.NoError(t, s.CheckPages())
	require.Error(t, s.Update(func(runner.Tx) error { return nil }))
	require.NoError(t, s.Close())
	after, err := os.ReadFile(filepath.Join(dir, FileName))
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after))
}

// A store that was made and never used again has one meta page of an empty tree: it is not taken for a whole one.
func TestOpenToReadAnEmptyTree(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	require.NoError(t, s.Close())
	file, err := os.OpenFile(filepath.Join(dir, FileName), os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteAt(make([]byte, metaSize), metaOffset)
	require.NoError(t, errors.Join(err, file.Close()))
	_, err = OpenToRead(dir)
	require.ErrorContains(t, err, "holds nothing")
	require.ErrorContains(t, err, "meta page 0 is not valid")
}
