// Package powercut is a disk for tests whose power can be cut: a FUSE file system over a folder that remembers which writes have
// not been synced, and takes back a random part of them, whole or torn at sectors, as a disk without power does. A process that is
// merely killed loses nothing that it wrote: the kernel still has it.
//
// It can also fail a write as a full or a broken disk does, and lie about syncing, so that a test can show that it would notice.
//
// What happens to names (creating, renaming, removing files) is kept at once: the rig asks about contents, not about directories.
package powercut
