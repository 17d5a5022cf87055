package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"

	"go.etcd.io/bbolt"
)

// A bbolt file begins with two meta pages, which commits write in turn: where the tree of this commit begins. bbolt opens a file one of
// whose meta pages is damaged with the other, which is of the commit before, and says nothing; it has no public function that does
// (https://github.com/etcd-io/bbolt/blob/main/internal/common/meta.go has the layout).
const (
	metaPages     = 2
	metaOffset    = 16 // behind the page's header
	metaSize      = 64
	metaSumAt     = 56 // where the checksum of what is before it is
	metaMagic     = 0xED0CDAED
	metaVersion   = 2
	metaVersionAt = 4 // where the version is, behind the magic number
)

// checkMeta returns what is wrong with the meta pages of an open file.
func checkMeta(db *bbolt.DB) error {
	file, err := os.Open(db.Path())
	if err != nil {
		return err
	}
	var problems []error
	for n := range int64(metaPages) {
		var meta [metaSize]byte
		if _, err := file.ReadAt(meta[:], n*int64(db.Info().PageSize)+metaOffset); err != nil {
			problems = append(problems, err)
		} else if !validMeta(meta[:]) {
			problems = append(problems, fmt.Errorf("meta page %d is not valid: what was written last may be missing, or more", n))
		}
	}
	return errors.Join(append(problems, file.Close())...)
}

func validMeta(meta []byte) bool {
	sum := fnv.New64a()
	_, _ = sum.Write(meta[:metaSumAt])
	return binary.NativeEndian.Uint32(meta) == metaMagic &&
		binary.NativeEndian.Uint32(meta[metaVersionAt:]) == metaVersion &&
		binary.NativeEndian.Uint64(meta[metaSumAt:]) == sum.Sum64()
}
