package bolt

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is marked is known to the next process, however this one ends.
func TestMarkerOutlivesTheProcess(t *testing.T) {
	if dir := os.Getenv("SONATA_TEST_MARKER"); dir != "" {
		m, err := OpenMarker(dir)
		require.NoError(t, err)
		m.Mark(7)
		m.Mark(4711)
		require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGKILL))
		select {} // until that arrives
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestMarkerOutlivesTheProcess$")
	child.Env = append(os.Environ(), "SONATA_TEST_MARKER="+dir)
	require.Error(t, child.Run())
	m, err := OpenMarker(dir)
	require.NoError(t, err)
	require.EqualValues(t, 4711, m.Marked())
	m.Mark(0)
	require.NoError(t, m.Close())
	m, err = OpenMarker(dir)
	require.NoError(t, err)
	require.Zero(t, m.Marked())
	require.NoError(t, m.Close())
	_, err = OpenMarker(dir + "/none")
	require.ErrorContains(t, err, "marker")
}
