//go:build linux

package powercut

import (
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Disk is a mounted folder. It must be used by other processes than its own: a page fault of ours on a file that we serve would
// wait for ourselves.
type Disk struct {
	Point  string // where it is mounted
	folder string
	server *fuse.Server

	mu       sync.Mutex
	unsynced map[uint64]*changes // by inode
	lies     bool
	left     int           // writes until something goes wrong; negative: never
	fault    syscall.Errno // what then goes wrong; 0: the power
	off      chan struct{} // closed when the power is off
	kill     func()        // called before that
	writes   int
}

// Mount shows folder at point. The error says when the machine has no FUSE, or does not let us use it.
func Mount(folder, point string) (*Disk, error) {
	d := &Disk{Point: point, folder: folder, unsynced: map[uint64]*changes{}, left: -1, off: make(chan struct{})}
	loopback := &fs.LoopbackRoot{Path: folder}
	var at syscall.Stat_t
	if err := syscall.Stat(folder, &at); err != nil {
		return nil, err
	}
	loopback.Dev = at.Dev
	root := &node{LoopbackNode: &fs.LoopbackNode{RootData: loopback}, disk: d}
	loopback.RootNode = root
	var err error
	d.server, err = fs.Mount(point, root, &fs.Options{MountOptions: fuse.MountOptions{
		DirectMountStrict: true, FsName: "powercut", Name: "powercut", DisableXAttrs: true,
		// Every write comes to us at once; none stays in the kernel.
		DisableReadDirPlus: true,
	}})
	return d, err
}

// CutAfter lets so many more writes happen, then cuts the power: nothing works any more, and kill ends those who are at work, before any of them
// hears of it. A machine without power does not tell anybody that its disk has failed.
func (d *Disk) CutAfter(writes int, kill func()) {
	d.plan(writes, 0)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kill = kill
}

// FailAfter lets so many more writes happen, then fails all that come after with fault, such as EIO or ENOSPC.
func (d *Disk) FailAfter(writes int, fault syscall.Errno) { d.plan(writes, fault) }

// Lie makes the disk say that it has synced when it has not.
func (d *Disk) Lie() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lies = true
}

func (d *Disk) plan(writes int, fault syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left, d.fault = writes, fault
}

// Off is closed when the power is off.
func (d *Disk) Off() <-chan struct{} { return d.off }

// Writes is how many writes there were.
func (d *Disk) Writes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.writes
}

// Unmount ends the service. Nobody may have a file open any more.
func (d *Disk) Unmount() error { return d.server.Unmount() }

// Restore gives the folder the contents that a disk might have after the power cut: everything that was synced, and of the rest a
// part that random decides. The disk must have been unmounted.
func (d *Disk) Restore(random *rand.Rand) error {
	var faults []error
	for _, c := range d.unsynced {
		faults = append(faults, c.undo(random))
	}
	clear(d.unsynced)
	return errors.Join(faults...)
}

// allow says whether a write may happen, and counts it.
func (d *Disk) allow() syscall.Errno {
	if d.isOff() {
		return syscall.EIO
	}
	d.writes++
	if d.left > 0 {
		d.left--
		return fs.OK
	}
	if d.left < 0 {
		return fs.OK
	}
	if d.fault == 0 {
		d.kill()
		close(d.off)
		return syscall.EIO
	}
	return d.fault
}

func (d *Disk) isOff() bool {
	select {
	case <-d.off:
		return true
	default:
		return false
	}
}

// changesOf are the unsynced changes of the file at path.
func (d *Disk) changesOf(path string) (*changes, error) {
	var at syscall.Stat_t
	if err := syscall.Stat(path, &at); err != nil {
		return nil, err
	}
	c := d.unsynced[at.Ino]
	if c == nil {
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return nil, err
		}
		c = &changes{file: file}
		d.unsynced[at.Ino] = c
	}
	return c, nil
}
