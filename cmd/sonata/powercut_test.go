//go:build linux

package main

import (
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/cmd/sonata/powercut"
)

// TestPowerCut cuts the power at a random write, again and again: what REST or the broker had confirmed is there afterwards, once.
func TestPowerCut(t *testing.T) {
	cuts := crashes(t, "SONATA_TEST_CUTS")
	for first := 0; first < cuts; first += cutsOfADisk {
		seed := uint64(first)
		require.Empty(t, cutAgainAndAgain(t, rand.New(rand.NewPCG(seed, 1)), min(cutsOfADisk, cuts-first), false), "seed %d", seed)
	}
}

// TestPowerCutNoticesADiskThatLies is the control: on a disk that only says that it has synced, the same test must fail.
func TestPowerCutNoticesADiskThatLies(t *testing.T) {
	for seed := range uint64(max(1, crashes(t, "SONATA_TEST_CUTS")/cutsOfADisk)) {
		require.NotEmpty(t, cutAgainAndAgain(t, rand.New(rand.NewPCG(seed, 2)), cutsOfADisk, true), "seed %d", seed)
	}
}

// cutsOfADisk is how often the power of one disk is cut: it is read again from its beginning each time.
const cutsOfADisk = 20

// cutAgainAndAgain returns what the program lost, or that it did not start again.
func cutAgainAndAgain(t *testing.T, random *rand.Rand, cuts int, lying bool) []string {
	folder, l := t.TempDir(), &ledger{t: t}
	for range cuts {
		disk := mount(t, folder)
		if lying {
			disk.Lie()
		}
		s := launch(t, filepath.Join(disk.Point, "data"), "--deploy", filepath.Join("testdata", "ledger.bpmn"))
		if !s.ready() {
			return []string{"it does not start any more: " + s.text()}
		}
		if wrong := l.wrong(s); len(wrong) > 0 {
			return wrong
		}
		disk.CutAfter(random.IntN(300), func() { s.signal(syscall.SIGKILL) })
		_, end := l.load(s, s, -1)
		<-disk.Off()
		s.kill()
		end()
		require.NoError(t, disk.Unmount())
		require.NoError(t, disk.Restore(random))
	}
	return nil
}

func mount(t *testing.T, folder string) *powercut.Disk {
	t.Helper()
	disk, err := powercut.Mount(folder, t.TempDir())
	if err != nil {
		t.Skipf("the power is cut only where there is FUSE, and a user who may mount: %v", err)
	}
	t.Cleanup(func() { _ = disk.Unmount() })
	return disk
}

// TestABrokenDisk fails all writes from a random one on. The program says what is wrong, confirms nothing more, and once the disk is
// mended everything that it had confirmed is there.
func TestABrokenDisk(t *testing.T) {
	rounds := max(3, crashes(t, "SONATA_TEST_CUTS")/cutsOfADisk)
	for name, fault := range map[string]syscall.Errno{"full": syscall.ENOSPC, "broken": syscall.EIO, "read-only": syscall.EROFS} {
		t.Run(name, func(t *testing.T) {
			random, folder, l := rand.New(rand.NewPCG(uint64(fault), 3)), t.TempDir(), &ledger{t: t}
			for range rounds {
				disk := mount(t, folder)
				s := serve(t, filepath.Join(disk.Point, "data"), ledgerFlows...)
				require.Empty(t, l.wrong(s))
				disk.FailAfter(random.IntN(100), fault)
				_, end := l.load(s, s, -1)
				entry := s.log("a batch could not be stored", nil)
				require.Contains(t, entry["error"], fault.Error())
				require.Contains(t, entry["error"], filepath.Join("data", "sonata.db"))
				require.Equal(t, http.StatusServiceUnavailable, s.health("/readyz"))
				s.kill()
				end()
				require.NoError(t, disk.Unmount())
				require.NoError(t, disk.Restore(random))
			}
		})
	}
}
