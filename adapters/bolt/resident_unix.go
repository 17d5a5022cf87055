//go:build unix

package bolt

import (
	"golang.org/x/sys/unix"

	"go.etcd.io/bbolt"
)

// forgetPages unmaps the pages of the file that were read so far. They stay in the system's page cache, and come back when they are read
// again (madvise(2), MADV_DONTNEED); but they are not counted as ours, and make room for whoever needs it.
func forgetPages(db *bbolt.DB) {
	_ = db.View(func(tx *bbolt.Tx) error { // while a transaction reads, the file is not mapped anew elsewhere
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, db.Info().Data, uintptr(tx.Size()), unix.MADV_DONTNEED) // refused: nothing has changed
		return nil
	})
}
