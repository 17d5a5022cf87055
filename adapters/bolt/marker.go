package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// markerName is the marker's file within a data directory.
const markerName = "working-on"

// Marker is a [runner.Marker] in a file of a data directory. What is marked is in the memory of the system, from where it outlives the
// process without a write to the disk.
type Marker struct {
	file   *os.File
	page   page
	marked uint64
}

var _ runner.Marker = (*Marker)(nil)

// page is memory that outlives the process.
type page interface {
	set(value uint64)
	close() error
}

const markerSize = 8

// OpenMarker opens the marker of a data directory that exists. One process at a time may have it: that which has the store.
func OpenMarker(dir string) (*Marker, error) {
	file, err := os.OpenFile(filepath.Join(dir, markerName), os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // an operator says where the data is
	if err != nil {
		return nil, fmt.Errorf("marker: %w", err)
	}
	m := &Marker{file: file}
	var before [markerSize]byte
	if n, _ := file.ReadAt(before[:], 0); n == markerSize { // a shorter one is new
		m.marked = binary.NativeEndian.Uint64(before[:])
	}
	if err = file.Truncate(markerSize); err == nil {
		m.page, err = openPage(file)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("marker: %w", err), file.Close())
	}
	return m, nil
}

// Mark implements [runner.Marker].
func (m *Marker) Mark(work uint64) { m.page.set(work) }

// Marked implements [runner.Marker].
func (m *Marker) Marked() uint64 { return m.marked }

// Close leaves what is marked in the file.
func (m *Marker) Close() error { return errors.Join(m.page.close(), m.file.Close()) }
