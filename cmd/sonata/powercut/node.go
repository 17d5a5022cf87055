//go:build linux

package powercut

import (
	"context"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// node is a file or a folder.
type node struct {
	*fs.LoopbackNode
	disk *Disk
}

// WrapChild implements [fs.NodeWrapChilder].
func (n *node) WrapChild(_ context.Context, child fs.InodeEmbedder) fs.InodeEmbedder {
	return &node{child.(*fs.LoopbackNode), n.disk}
}

func (n *node) path() string { return n.disk.folder + "/" + n.Path(n.Root()) }

// Open implements [fs.NodeOpener].
func (n *node) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	if n.disk.isOff() {
		return nil, 0, syscall.EIO
	}
	handle, options, errno := n.LoopbackNode.Open(ctx, flags)
	return n.handle(handle, errno), options, errno
}

// Create implements [fs.NodeCreater].
func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	n.disk.mu.Lock()
	refused := n.disk.allow()
	n.disk.mu.Unlock()
	if refused != 0 {
		return nil, nil, 0, refused
	}
	inode, handle, options, errno := n.LoopbackNode.Create(ctx, name, flags, mode, out)
	if errno != 0 {
		return nil, nil, 0, errno
	}
	created := inode.Operations().(*node)
	return inode, created.handle(handle, errno), options, errno
}

func (n *node) handle(handle fs.FileHandle, errno syscall.Errno) fs.FileHandle {
	if errno != 0 {
		return nil
	}
	return &file{handle.(*fs.LoopbackFile), n}
}

// Setattr implements [fs.NodeSetattrer]: it changes a file's size.
func (n *node) Setattr(ctx context.Context, handle fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if size, sized := in.GetSize(); sized {
		n.disk.mu.Lock()
		defer n.disk.mu.Unlock()
		if errno := n.change(int64(size), nil); errno != 0 {
			return errno
		}
	}
	if f, ok := handle.(*file); ok {
		handle = f.LoopbackFile
	}
	return n.LoopbackNode.Setattr(ctx, handle, in, out)
}

// CopyFileRange implements [fs.NodeCopyFileRanger]: the kernel reads and writes instead.
func (n *node) CopyFileRange(context.Context, fs.FileHandle, uint64, *fs.Inode, fs.FileHandle, uint64, uint64, uint64) (uint32, syscall.Errno) {
	return 0, syscall.ENOSYS
}

// Unlink implements [fs.NodeUnlinker].
func (n *node) Unlink(ctx context.Context, name string) syscall.Errno {
	if n.disk.isOff() {
		return syscall.EIO
	}
	return n.LoopbackNode.Unlink(ctx, name)
}

// Mkdir implements [fs.NodeMkdirer].
func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if n.disk.isOff() {
		return nil, syscall.EIO
	}
	return n.LoopbackNode.Mkdir(ctx, name, mode, out)
}

// Rename implements [fs.NodeRenamer].
func (n *node) Rename(ctx context.Context, name string, parent fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	if n.disk.isOff() {
		return syscall.EIO
	}
	return n.LoopbackNode.Rename(ctx, name, parent.(*node).LoopbackNode, newName, flags)
}

// change counts and remembers what is about to be written.
func (n *node) change(offset int64, data []byte) syscall.Errno {
	if errno := n.disk.allow(); errno != 0 {
		return errno
	}
	changes, err := n.disk.changesOf(n.path())
	if err == nil {
		err = changes.note(offset, data)
	}
	return fs.ToErrno(err)
}

// sync forgets what there was before: it cannot be taken back any more.
func (n *node) sync() syscall.Errno {
	n.disk.mu.Lock()
	defer n.disk.mu.Unlock()
	if n.disk.isOff() {
		return syscall.EIO
	}
	if n.disk.lies {
		return fs.OK
	}
	changes, err := n.disk.changesOf(n.path())
	if err == nil {
		changes.log = nil
	}
	return fs.OK
}

// Fsync implements [fs.NodeFsyncer], of folders too.
func (n *node) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	if n.IsDir() {
		return fs.OK
	}
	return n.sync()
}

// file is a file that somebody has open.
type file struct {
	*fs.LoopbackFile
	node *node
}

// PassthroughFd implements [fs.FilePassthroughFder]: the kernel must not go past us.
func (f *file) PassthroughFd() (int, bool) { return 0, false }

// Write implements [fs.FileWriter].
func (f *file) Write(ctx context.Context, data []byte, offset int64) (uint32, syscall.Errno) {
	f.node.disk.mu.Lock()
	defer f.node.disk.mu.Unlock()
	if errno := f.node.change(offset, data); errno != 0 {
		return 0, errno
	}
	return f.LoopbackFile.Write(ctx, data, offset)
}

// Fsync implements [fs.FileFsyncer].
func (f *file) Fsync(context.Context, uint32) syscall.Errno { return f.node.sync() }

// Allocate implements [fs.FileAllocater]: nobody needs it.
func (f *file) Allocate(context.Context, uint64, uint64, uint32) syscall.Errno {
	return syscall.ENOTSUP
}
