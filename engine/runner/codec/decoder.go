package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"
)

// maxDepth bounds how deep the values of a row may nest; what processes hold is far below it.
const maxDepth = 1000

var errShort = errors.New("a row is cut off or damaged")

// decoder reads a row from its start.
type decoder struct {
	symbols *Symbols
	row     []byte
	depth   int
	some    bool // members that are not known are passed over
}

// left bounds how many values can still come, and so what is allocated for them.
func (d *decoder) left() int { return len(d.row) }

func (d *decoder) tag() (byte, error) {
	if len(d.row) == 0 {
		return 0, errShort
	}
	tag := d.row[0]
	d.row = d.row[1:]
	return tag, nil
}

// isNil takes a nil, if one is next.
func (d *decoder) isNil() bool {
	if len(d.row) > 0 && d.row[0] == tagNil {
		d.row = d.row[1:]
		return true
	}
	return false
}

func (d *decoder) uvarint() (uint64, error) {
	n, size := binary.Uvarint(d.row)
	if size <= 0 {
		return 0, errShort
	}
	d.row = d.row[size:]
	return n, nil
}

func (d *decoder) varint() (int64, error) {
	n, size := binary.Varint(d.row)
	if size <= 0 {
		return 0, errShort
	}
	d.row = d.row[size:]
	return n, nil
}

// take reads n bytes, which are the row's own.
func (d *decoder) take(n uint64) ([]byte, error) {
	if n > uint64(len(d.row)) {
		return nil, errShort
	}
	b := d.row[:n]
	d.row = d.row[n:]
	return b, nil
}

func (d *decoder) sized() ([]byte, error) {
	n, err := d.uvarint()
	if err != nil {
		return nil, err
	}
	return d.take(n)
}

func (d *decoder) symbol(n uint64) (string, error) {
	if n >= uint64(len(d.symbols.texts)) {
		return "", fmt.Errorf("a row has symbol %d, and there are %d", n, len(d.symbols.texts))
	}
	return d.symbols.texts[n], nil
}

// name reads the name of a member; more is false at the end of the object.
func (d *decoder) name() (name string, more bool, err error) {
	n, err := d.uvarint()
	switch {
	case err != nil || n == nameEnd:
		return "", false, err
	case n == nameText:
		text, err := d.sized()
		return string(text), true, err
	}
	name, err = d.symbol(n - nameSymbol)
	return name, true, err
}

// members reads an object, or nothing if it is nil.
func (d *decoder) members(begin func(), member func(name string) error) error {
	if d.isNil() {
		return nil
	}
	tag, err := d.tag()
	if err != nil {
		return err
	}
	if tag != tagObject {
		return d.mismatch(tag, "an object")
	}
	begin()
	if d.depth++; d.depth > maxDepth {
		return errShort
	}
	defer func() { d.depth-- }()
	for {
		name, more, err := d.name()
		if err != nil || !more {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
	}
}

func (d *decoder) count(want byte) (n int, present bool, err error) {
	if d.isNil() {
		return 0, false, nil
	}
	tag, err := d.tag()
	if err != nil {
		return 0, false, err
	}
	if tag != want {
		return 0, false, d.mismatch(tag, "a list")
	}
	size, err := d.uvarint()
	if err != nil || size > uint64(len(d.row)) { // a value has a byte at least
		return 0, false, errShort
	}
	return int(size), true, nil
}

func (d *decoder) mismatch(tag byte, want string) error {
	return fmt.Errorf("a row has a value of kind %d where %s belongs", tag, want)
}

// unknown deals with a member that the type has not.
func (d *decoder) unknown(name string, t reflect.Type) error {
	if !d.some {
		return fmt.Errorf("a row has a field %q of %s that this Sonata does not know; use the one that wrote it, or a newer one", name, t.Name())
	}
	return d.skip()
}

// skip passes over a value.
func (d *decoder) skip() error {
	_, err := d.value(false)
	return err
}

// value reads a value of any kind; or, if it is not wanted, passes over it.
func (d *decoder) value(wanted bool) (any, error) {
	tag, err := d.tag()
	if err != nil {
		return nil, err
	}
	switch tag {
	case tagNil:
		return nil, nil
	case tagFalse, tagTrue:
		return tag == tagTrue, nil
	case tagFloat:
		return d.float()
	case tagBytes:
		b, err := d.sized()
		return bytes.Clone(b), err
	case tagTime:
		return d.time()
	case tagList:
		return d.list(wanted)
	case tagObject:
		return d.object(wanted)
	}
	if n, ok, err := d.intOf(tag); ok || err != nil {
		return n, err
	}
	return d.textOf(tag)
}

func (d *decoder) intOf(tag byte) (n int64, ok bool, err error) {
	switch {
	case tag == tagInt:
		n, err = d.varint()
		return n, true, err
	case tag >= tagSmall && tag < tagSmall+short:
		return int64(tag - tagSmall), true, nil
	}
	return 0, false, nil
}

func (d *decoder) textOf(tag byte) (string, error) {
	switch {
	case tag == tagText:
		b, err := d.sized()
		return string(b), err
	case tag == tagSymbol:
		n, err := d.uvarint()
		if err != nil {
			return "", err
		}
		return d.symbol(n)
	case tag >= tagShort && tag < tagShort+short:
		b, err := d.take(uint64(tag - tagShort))
		return string(b), err
	}
	return "", d.mismatch(tag, "a text")
}

func (d *decoder) float() (float64, error) {
	b, err := d.take(8)
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

func (d *decoder) time() (time.Time, error) {
	seconds, err := d.varint()
	if err != nil {
		return time.Time{}, err
	}
	nanos, err := d.uvarint()
	if err != nil {
		return time.Time{}, err
	}
	at := time.Unix(seconds, int64(nanos>>1)).UTC()
	if nanos&1 == 0 {
		return at, nil
	}
	offset, err := d.varint()
	return at.In(time.FixedZone("", int(offset))), err
}

func (d *decoder) list(wanted bool) (any, error) {
	n, err := d.uvarint()
	if err != nil || n > uint64(len(d.row)) {
		return nil, errShort
	}
	if d.depth++; d.depth > maxDepth {
		return nil, errShort
	}
	defer func() { d.depth-- }()
	var items []any
	if wanted {
		items = make([]any, 0, n)
	}
	for range n {
		item, err := d.value(wanted)
		if err != nil {
			return nil, err
		}
		if wanted {
			items = append(items, item)
		}
	}
	return items, nil
}

func (d *decoder) object(wanted bool) (any, error) {
	var object map[string]any
	if wanted {
		object = map[string]any{}
	}
	if d.depth++; d.depth > maxDepth {
		return nil, errShort
	}
	defer func() { d.depth-- }()
	for {
		name, more, err := d.name()
		if err != nil || !more {
			return object, err
		}
		value, err := d.value(wanted)
		if err != nil {
			return nil, err
		}
		if wanted {
			object[name] = value
		}
	}
}
