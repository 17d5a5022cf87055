package main

import (
	"archive/tar"
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
)

// TestABackupUnderLoad: a backup of a program at work has everything that was confirmed before it was asked for; restored, compacted and
// started, nothing is lost and nothing happens twice. The original goes on.
func TestABackupUnderLoad(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	s, l := serve(t, data, ledgerFlows...), &ledger{t: t}
	enough, end := l.load(s, s, 100)
	<-enough
	l.mu.Lock()
	before := &ledger{t: t, started: slices.Clone(l.started), sent: slices.Clone(l.sent)}
	l.mu.Unlock()
	backup, restored := filepath.Join(dir, "backup.tar"), filepath.Join(dir, "restored")
	require.Regexp(t, `backup.tar has \d+ bytes`, s.client("backup", backup))
	end()
	require.Empty(t, l.wrong(s))
	for _, args := range [][]string{{"check", "--data", data}, {"compact", "--data", data}} {
		o := sonataCommand(t, args...)
		require.Equal(t, exitFailed, o.status)
		require.Contains(t, o.errors, "another Sonata uses this data directory", "%v", args)
	}
	require.Zero(t, s.stop())

	for _, step := range []struct {
		args []string
		says string
	}{
		{[]string{"restore", backup, "--data", restored}, `/restored is whole: \d+ instances`},
		{[]string{"check", "--data", restored}, `is whole: \d+ instances`},
		{[]string{"compact", "--data", restored}, `had \d+ bytes and has \d+`},
		{[]string{"check", "--data", restored}, `is whole: \d+ instances`},
	} {
		o := sonataCommand(t, step.args...)
		require.Zero(t, o.status, "%v: %s", step.args, o.errors)
		require.Regexp(t, step.says, o.out)
	}
	before.next = l.next
	require.Empty(t, before.wrong(serve(t, restored, ledgerFlows...)))
	require.Empty(t, l.wrong(serve(t, data, ledgerFlows...)))
}

// TestDamagedData: whatever has happened to a backup or to the file of a store, it is said in words, with status 1, and nothing half
// done is left behind.
func TestDamagedData(t *testing.T) {
	data, dir := t.TempDir(), t.TempDir()
	s, l := serve(t, data, ledgerFlows...), &ledger{t: t}
	enough, end := l.load(s, s, 60)
	<-enough
	end()
	backup := filepath.Join(dir, "backup.tar")
	s.client("backup", backup)
	require.Zero(t, s.stop())
	whole := []byte(read(t, backup))

	refuse := func(name string, file []byte, says string) {
		t.Helper()
		path, restored := filepath.Join(dir, name), filepath.Join(dir, name+".restored")
		require.NoError(t, os.WriteFile(path, file, 0o600))
		o := sonataCommand(t, "restore", path, "--data", restored)
		require.Equal(t, exitFailed, o.status, "%s: %s", name, o.errors)
		require.Regexp(t, says, o.errors, name)
		require.NotContains(t, o.errors, "goroutine", name)
		require.NoDirExists(t, restored)
		require.NoDirExists(t, restored+".restoring")
	}
	refuse("cut", whole[:len(whole)/2], "no whole backup of Sonata")
	refuse("empty", nil, "no whole backup of Sonata")
	refuse("outside", tarOf(t, bolt.FileName, "x", "../evil", "x"), "does not belong there")
	refuse("foreign", tarOf(t, "readme.txt", "x"), `it has "readme.txt", which does not belong there`)
	refuse("no store", tarOf(t, bolt.FileName, "this is no store"), "sonata.db")

	store := []byte(read(t, filepath.Join(data, bolt.FileName)))
	check := func(name string, file []byte) outcome {
		t.Helper()
		damaged := filepath.Join(t.TempDir(), "data")
		require.NoError(t, os.MkdirAll(damaged, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(damaged, bolt.FileName), file, 0o600))
		o := sonataCommand(t, "check", "--data", damaged)
		require.NotContains(t, o.errors, "goroutine", name)
		return o
	}
	require.Zero(t, check("untouched", store).status)
	empty := check("empty", nil)
	require.Equal(t, exitFailed, empty.status)
	require.Contains(t, empty.errors, "sonata.db is empty: what was in it is lost; restore a backup")
	meta := check("meta page", slices.Concat(store[:16], bytes.Repeat([]byte{0xff}, 64), store[80:]))
	require.Equal(t, exitFailed, meta.status)
	require.Contains(t, meta.errors, "meta page 0 is not valid")
	used := bytes.LastIndexFunc(store, func(r rune) bool { return r != 0 }) // the rest of the file is room for more
	require.Equal(t, exitFailed, check("cut", store[:used/2]).status)
	require.Equal(t, exitFailed, check("zeroed", slices.Concat(store[:used/4], make([]byte, used/2), store[used/4+used/2:])).status)
	random, found := rand.New(rand.NewPCG(1, 1)), 0
	for range 20 {
		file := bytes.Clone(store)
		for range 1 + random.IntN(30) {
			file[random.IntN(used)] ^= byte(1 + random.IntN(255))
		}
		if o := check("flipped", file); o.status != 0 {
			require.Equal(t, exitFailed, o.status, o.errors)
			found++
		}
	}
	require.Positive(t, found)

	require.NoError(t, os.Truncate(filepath.Join(data, bolt.FileName), 0))
	o := sonataCommand(t, "serve", "--data", data, "--listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0")
	require.Equal(t, exitFailed, o.status)
	require.Contains(t, o.errors, "restore a backup, or move "+data+" away to begin anew")
	require.Empty(t, read(t, filepath.Join(data, bolt.FileName)))
}

func tarOf(t *testing.T, namesAndTexts ...string) []byte {
	t.Helper()
	var file bytes.Buffer
	out := tar.NewWriter(&file)
	for i := 0; i < len(namesAndTexts); i += 2 {
		require.NoError(t, out.WriteHeader(&tar.Header{Name: namesAndTexts[i], Mode: 0o600, Size: int64(len(namesAndTexts[i+1]))}))
		_, err := out.Write([]byte(namesAndTexts[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, out.Close())
	return file.Bytes()
}
