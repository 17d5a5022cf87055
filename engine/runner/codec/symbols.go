package codec

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"
	"time"
)

// Symbols are texts that rows name by their number. They never change; [Symbols.With] makes more of them. The zero value has none.
type Symbols struct {
	texts   []string
	numbers map[string]uint64
	fields  sync.Map // *plan of a struct: []uint64, what stands for the names of its fields
}

// NewSymbols numbers the texts, which must be different, from 0 on.
func NewSymbols(texts []string) *Symbols {
	s := &Symbols{texts: texts, numbers: make(map[string]uint64, len(texts))}
	for i, text := range texts {
		s.numbers[text] = uint64(i)
	}
	return s
}

// Len is the number of the symbols, and so the number of the next one.
func (s *Symbols) Len() int { return len(s.texts) }

// With returns symbols that have the texts too, and which of these are new: their numbers follow each other.
func (s *Symbols) With(texts []string) (all *Symbols, added []string) {
	for _, text := range texts {
		if _, known := s.numbers[text]; !known && text != "" && !slices.Contains(added, text) {
			added = append(added, text)
		}
	}
	if len(added) == 0 {
		return s, nil
	}
	return NewSymbols(slices.Concat(s.texts, added)), added
}

// What the first byte of a value says. From tagSmall on it is a whole number of 0 to 63, from tagShort on a text of as many bytes.
const (
	tagNil byte = iota
	tagFalse
	tagTrue
	tagInt    // zigzag varint
	tagFloat  // 8 bytes
	tagText   // length, bytes
	tagSymbol // number
	tagBytes  // length, bytes
	tagTime   // seconds since 1970, nanoseconds doubled and 1 added if the offset of the zone follows, in seconds
	tagList
	tagObject
)

const (
	tagSmall byte = 0x40
	tagShort byte = 0x80
	short         = 64
)

// Names of members: 0 ends the object.
const (
	nameEnd = iota
	nameText
	nameSymbol
)

// fieldNumbers are the numbers of the symbols that name the fields of a struct, 0 for one that has none.
func (s *Symbols) fieldNumbers(p *plan) []uint64 {
	if known, ok := s.fields.Load(p); ok {
		return known.([]uint64)
	}
	numbers := make([]uint64, len(p.fields))
	for i, f := range p.fields {
		if n, known := s.numbers[f.name]; known {
			numbers[i] = nameSymbol + n
		}
	}
	s.fields.Store(p, numbers)
	return numbers
}

// encoder appends to a row.
type encoder struct {
	symbols *Symbols
	row     []byte
	keys    []string // scratch
}

func (e *encoder) int(n int64) {
	if n >= 0 && n < short {
		e.row = append(e.row, tagSmall+byte(n))
		return
	}
	e.row = binary.AppendVarint(append(e.row, tagInt), n)
}

func (e *encoder) bool(b bool) {
	if b {
		e.row = append(e.row, tagTrue)
	} else {
		e.row = append(e.row, tagFalse)
	}
}

func (e *encoder) float(f float64) {
	e.row = binary.BigEndian.AppendUint64(append(e.row, tagFloat), math.Float64bits(f))
}

func (e *encoder) text(s string) {
	if len(s) < short {
		e.row = append(e.row, tagShort+byte(len(s)))
	} else {
		e.row = binary.AppendUvarint(append(e.row, tagText), uint64(len(s)))
	}
	e.row = append(e.row, s...)
}

// word writes a text that may be a symbol.
func (e *encoder) word(s string) {
	if n, known := e.symbols.numbers[s]; known {
		e.row = binary.AppendUvarint(append(e.row, tagSymbol), n)
		return
	}
	e.text(s)
}

func (e *encoder) name(s string) {
	if n, known := e.symbols.numbers[s]; known {
		e.row = binary.AppendUvarint(e.row, nameSymbol+n)
		return
	}
	e.row = append(e.row, nameText)
	e.row = append(binary.AppendUvarint(e.row, uint64(len(s))), s...)
}

func (e *encoder) bytes(b []byte) {
	e.row = binary.AppendUvarint(append(e.row, tagBytes), uint64(len(b)))
	e.row = append(e.row, b...)
}

func (e *encoder) time(t time.Time) {
	e.row = binary.AppendVarint(append(e.row, tagTime), t.Unix())
	_, offset := t.Zone()
	nanos := uint64(t.Nanosecond()) << 1
	if offset == 0 {
		e.row = binary.AppendUvarint(e.row, nanos)
		return
	}
	e.row = binary.AppendVarint(binary.AppendUvarint(e.row, nanos|1), int64(offset))
}

func (e *encoder) count(tag byte, n int) {
	e.row = binary.AppendUvarint(append(e.row, tag), uint64(n))
}
