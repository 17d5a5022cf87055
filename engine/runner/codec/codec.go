package codec

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"
)

// Append writes a value behind what is in row already: a pointer to a struct, a struct, or a JSON value as the engine has them (nil,
// bool, int64, float64, string, []any, map[string]any). It panics for types that have no rows, such as functions.
func (s *Symbols) Append(row []byte, value any) []byte {
	w := s.Begin(row)
	w.Value(value)
	return w.End()
}

// Writer writes several values into one row.
type Writer struct{ encoder }

var writers = sync.Pool{New: func() any { return &Writer{} }}

// Begin makes a Writer that appends to the row, until its End.
func (s *Symbols) Begin(row []byte) *Writer {
	w := writers.Get().(*Writer)
	w.symbols, w.row = s, row
	return w
}

// Value writes a value; see [Symbols.Append].
func (w *Writer) Value(value any) { w.any(value) }

// Int writes a whole number.
func (w *Writer) Int(n int64) { w.int(n) }

// Time writes a time.
func (w *Writer) Time(at time.Time) { w.time(at) }

// Word writes a text that may be a symbol; it is read into a named type of texts, or a field.
func (w *Writer) Word(text string) { w.word(text) }

// End returns the row. The Writer must not be used any more.
func (w *Writer) End() []byte {
	row := w.row
	w.symbols, w.row = nil, nil
	writers.Put(w)
	return row
}

// any writes a value of any type.
func (e *encoder) any(value any) {
	switch v := value.(type) {
	case nil:
		e.row = append(e.row, tagNil)
	case bool:
		e.bool(v)
	case int64:
		e.int(v)
	case float64:
		e.float(v)
	case string:
		e.text(v)
	case []any:
		e.count(tagList, len(v))
		for _, item := range v {
			e.any(item)
		}
	case map[string]any:
		e.object(v)
	default:
		v2 := reflect.ValueOf(value)
		planOf(v2.Type()).write(e, v2)
	}
}

// object writes the members in the order of their names, so that equal objects have equal rows.
func (e *encoder) object(object map[string]any) {
	e.row = append(e.row, tagObject)
	from := len(e.keys)
	for name := range object {
		e.keys = append(e.keys, name)
	}
	to := len(e.keys)
	slices.Sort(e.keys[from:to])
	for i := from; i < to; i++ {
		name := e.keys[i]
		e.name(name)
		e.any(object[name])
	}
	e.keys = e.keys[:from]
	e.row = append(e.row, nameEnd)
}

// Decode reads a row into what the pointer points to, which must be zero. A row with fields that the type does not have, or of
// another shape, or cut off, is an error.
func (s *Symbols) Decode(row []byte, into any) error {
	rest, err := s.DecodePart(row, into)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes follow the end of a row", len(rest))
	}
	return err
}

// DecodePart reads the first value of a row and returns what follows it.
func (s *Symbols) DecodePart(row []byte, into any) (rest []byte, err error) {
	d := decoder{symbols: s, row: row}
	v := reflect.ValueOf(into).Elem()
	err = planOf(v.Type()).read(&d, v)
	return d.row, err
}

// DecodeSome is Decode for a type that has only some of the fields: the others are passed over.
func (s *Symbols) DecodeSome(row []byte, into any) error {
	d := decoder{symbols: s, row: row, some: true}
	v := reflect.ValueOf(into).Elem()
	return planOf(v.Type()).read(&d, v)
}
