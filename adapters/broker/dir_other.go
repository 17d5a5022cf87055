//go:build !unix

package broker

import "os"

// lockFile does nothing where there is no flock: the lock of the store beside it guards the whole data directory.
func lockFile(*os.File) error { return nil }
