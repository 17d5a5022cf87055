package codec_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner/codec"
)

type base struct {
	ID   int    `json:"id"`
	Name string `json:"name,omitempty"`
}

type whole struct {
	base                     // unexported, like one that another package embeds
	Inner  *whole            `json:"inner"`
	List   []base            `json:"list"`
	Map    map[string]*base  `json:"map"`
	Any    any               `json:"any"`
	Bytes  []byte            `json:"bytes"`
	At     time.Time         `json:"at"`
	Texts  map[string]string `json:"texts"`
	Ratio  float64           `json:"ratio"`
	Yes    bool              `json:"yes"`
	Hidden int               `json:"-"`
	Plain  int8
}

func roundTrip(t *testing.T, symbols *codec.Symbols, written whole) []byte {
	t.Helper()
	row := symbols.Append(nil, &written)
	var read whole
	require.NoError(t, symbols.Decode(row, &read))
	require.Equal(t, written, read)
	return row
}

func TestRoundTrip(t *testing.T) {
	value := whole{
		Inner: &whole{List: []base{}, Map: map[string]*base{}, Bytes: []byte{}, Texts: map[string]string{}},
		List:  []base{{ID: 1, Name: "n"}, {}}, Map: map[string]*base{"a": {ID: -1}, "nil": nil},
		Any:   map[string]any{"list": []any{nil, true, false, int64(63), int64(64), int64(-1), 0.5, "", strings.Repeat("x", 64), []any{}, map[string]any{}}},
		Bytes: []byte{0, 255}, At: time.Date(1960, 1, 2, 3, 4, 5, 6, time.UTC), Texts: map[string]string{"k": "v"}, Ratio: -0.1, Yes: true, Plain: -128,
	}
	none := codec.NewSymbols(nil)
	all := codec.NewSymbols(codec.FieldNames(reflect.TypeFor[whole]()))
	require.Less(t, len(roundTrip(t, all, value)), len(roundTrip(t, none, value)))
	for _, empty := range []whole{{}, {Any: []any{}}, {Any: ""}, {At: time.Unix(0, 0).UTC()}} {
		roundTrip(t, none, empty)
	}
	zone := time.Date(2026, 3, 29, 1, 30, 0, 0, time.FixedZone("", -5400))
	var at time.Time
	require.NoError(t, none.Decode(none.Append(nil, zone), &at))
	require.Equal(t, zone.String(), at.String())
}

func TestSymbols(t *testing.T) {
	first := codec.NewSymbols([]string{"a"})
	second, added := first.With([]string{"b", "a", "b", "", "c"})
	require.Equal(t, []string{"b", "c"}, added)
	require.Equal(t, 1, first.Len())
	require.Equal(t, 3, second.Len())
	same, added := second.With([]string{"c"})
	require.Same(t, second, same)
	require.Empty(t, added)

	type word string
	row := second.Append(nil, word("c"))
	require.Len(t, row, 2)
	var got word
	require.NoError(t, second.Decode(row, &got))
	require.Equal(t, word("c"), got)
	require.ErrorContains(t, first.Decode(row, &got), "symbol 2")
}

// A row of another version: one that lacks a field is read, one that has more is refused, and whoever wants only some fields gets them.
func TestOtherVersions(t *testing.T) {
	type newer struct {
		ID    int            `json:"id"`
		Extra map[string]any `json:"extra"`
		Name  string         `json:"name"`
	}
	s := codec.NewSymbols(nil)
	var n newer
	require.NoError(t, s.Decode(s.Append(nil, base{ID: 3, Name: "x"}), &n))
	require.Equal(t, newer{ID: 3, Name: "x"}, n)

	row := s.Append(nil, newer{ID: 4, Extra: map[string]any{"deep": []any{map[string]any{"at": time.Unix(5, 0)}}}, Name: "y"})
	var b base
	require.ErrorContains(t, s.Decode(row, &b), `"extra"`)
	b = base{}
	require.NoError(t, s.DecodeSome(row, &b))
	require.Equal(t, base{ID: 4, Name: "y"}, b)
}

func TestWrongShapes(t *testing.T) {
	s := codec.NewSymbols(nil)
	for _, written := range []any{"text", int64(1), nil, []any{}, true, 1.5, time.Unix(1, 0)} {
		row := s.Append(nil, written)
		for _, into := range []any{new(string), new(int), new([]int), new(bool), new(float64), new(time.Time), new(base), new([]byte)} {
			_ = s.Decode(row, into) // an error or the value, never a panic
		}
	}
	require.Error(t, s.Decode(s.Append(nil, "text"), new(int)))
	require.Error(t, s.Decode(s.Append(nil, int64(300)), new(int8)))
	require.Error(t, s.Decode(nil, new(int)))
	deep := append([]byte{}, []byte(strings.Repeat("\x09\x01", 5000))...)
	require.Error(t, s.Decode(append(deep, 0), new(any)), "nested too deep")
	require.Panics(t, func() { s.Append(nil, func() {}) })
}

// FuzzDecode: whatever a damaged disk gives, reading ends with a value or an error; a value that was read is written and read again as
// the same.
func FuzzDecode(f *testing.F) {
	s := codec.NewSymbols(append(codec.FieldNames(reflect.TypeFor[whole]()), "extra"))
	f.Add(s.Append(nil, &whole{Inner: &whole{Plain: 3}, List: []base{{ID: 9}}, Any: []any{"x", map[string]any{"a": int64(1)}}, Bytes: []byte("b")}))
	f.Add([]byte{0x0a, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, row []byte) {
		var read any
		if s.Decode(row, &read) == nil {
			again := s.Append(nil, read)
			var second any
			require.NoError(t, s.Decode(again, &second))
			require.Equal(t, again, s.Append(nil, second))
		}
		_ = s.Decode(row, new(whole))
		_ = s.DecodeSome(row, new(base))
	})
}
