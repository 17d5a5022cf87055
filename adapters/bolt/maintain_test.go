package bolt

import (
	"bytes"
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
	require.NoError(t, s.Update(func(tx runner.Tx) error { return tx.Put("a", []byte("k"), []byte("v")) }))
	require.NoError(t, s.Close())
	_, _, err := Compact(compacted)
	require.NoError(t, err)

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
