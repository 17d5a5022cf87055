//go:build unix

package bolt

import (
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// mapped is a file's first bytes, mapped into memory.
type mapped struct{ bytes []byte }

func openPage(file *os.File) (page, error) {
	bytes, err := syscall.Mmap(int(file.Fd()), 0, markerSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	return mapped{bytes}, err
}

func (m mapped) set(value uint64) {
	atomic.StoreUint64((*uint64)(unsafe.Pointer(&m.bytes[0])), value) //nolint:gosec // a map begins at a page, so it is aligned
}

func (m mapped) close() error { return syscall.Munmap(m.bytes) }
