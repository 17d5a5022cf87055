//go:build linux

package powercut

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
)

// sector is what a disk writes whole or not at all.
const sector = 512

// change is one write, or one change of a file's size.
type change struct {
	offset int64
	data   []byte // what was written; nil: the file was given the size offset
	before []byte // what was there, as far as the file reached
	size   int64  // the file's size before
}

// changes are what happened to a file since it was last synced, oldest first.
type changes struct {
	file *os.File
	log  []change
}

// note remembers a change that is about to be made.
func (c *changes) note(offset int64, data []byte) error {
	info, err := c.file.Stat()
	if err != nil {
		return err
	}
	end := info.Size()
	if data != nil {
		end = min(end, offset+int64(len(data)))
	}
	before := make([]byte, max(0, end-offset))
	if _, err := c.file.ReadAt(before, offset); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	c.log = append(c.log, change{offset, slices.Clone(data), before, info.Size()})
	return nil
}

// undo takes everything back, then makes a random part of the changes again.
func (c *changes) undo(random *rand.Rand) (err error) {
	defer func() { err = errors.Join(err, c.file.Close()) }()
	for _, change := range slices.Backward(c.log) {
		if err := errors.Join(c.file.Truncate(change.size), c.write(change.before, change.offset)); err != nil {
			return err
		}
	}
	for _, change := range c.log {
		if err := c.redo(change, random); err != nil {
			return err
		}
	}
	return nil
}

func (c *changes) redo(change change, random *rand.Rand) error {
	switch part := random.IntN(4); {
	case part == 0: // never reached the disk
		return nil
	case change.data == nil:
		return c.file.Truncate(change.offset)
	case part == 1: // torn
		sectors := (len(change.data) + sector - 1) / sector
		from := random.IntN(sectors) * sector
		return c.write(change.data[from:min(len(change.data), from+random.IntN(sectors+1)*sector)], change.offset+int64(from))
	default:
		return c.write(change.data, change.offset)
	}
}

func (c *changes) write(data []byte, offset int64) error {
	if len(data) == 0 {
		return nil
	}
	_, err := c.file.WriteAt(data, offset)
	return err
}
