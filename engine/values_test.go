package engine

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDecodeJSON(t *testing.T) {
	for text, want := range map[string]any{
		`null`: nil, `true`: true, `"ä"`: "ä", "\t1\n": int64(1), `-0`: int64(0), `1.0`: int64(1), `1e3`: int64(1000), `1.5`: 1.5, `1e300`: 1e300, `100000000000000000000`: 1e20,
		`9223372036854775807`: int64(math.MaxInt64), `-9223372036854775808`: int64(math.MinInt64), `9007199254740993`: int64(9007199254740993), `0.1`: 0.1,
		`[]`: []any{}, `{}`: map[string]any{}, `[1,[2.5]]`: []any{int64(1), []any{2.5}}, `{"a":{"b":1}}`: map[string]any{"a": map[string]any{"b": int64(1)}},
	} {
		value, err := DecodeJSON([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, value, text)
	}
	for text, fault := range map[string]string{
		``: "empty or ends too early", `{`: "ends too early", `{"a":S3CR3T}`: "not a JSON document: wrong at byte 6", `1 2`: "more text follows after byte 1", `{} }`: "more text follows", `nul`: "ends too early",
		`9223372036854775808`: "more than 64 bits", `123456789012345678901234567890`: "more than 64 bits", `1e400`: "too large",
		strings.Repeat("[", 66) + strings.Repeat("]", 66): "deeper than 64 levels", strings.Repeat("[", 20000): "deeper than 64 levels",
		`"` + strings.Repeat("a", MaxDocument) + `"`: "more than the limit of 4194304",
	} {
		value, err := DecodeJSON([]byte(text))
		require.ErrorContains(t, err, fault, text[:min(len(text), 20)])
		require.NotContains(t, err.Error(), secret)
		require.Nil(t, value)
	}
}

type named string

func TestNormalize(t *testing.T) {
	at := time.Date(2026, 3, 31, 9, 0, 0, 5, time.FixedZone("", 7200))
	for _, c := range []struct{ value, want any }{
		{int8(-1), int64(-1)}, {uint16(1), int64(1)}, {uint64(math.MaxInt64), int64(math.MaxInt64)}, {float32(0.5), 0.5}, {2.0, int64(2)}, {math.Ldexp(1, 60), int64(1) << 60}, {math.Ldexp(1, 63), math.Ldexp(1, 63)},
		{named("x"), "x"}, {json.Number("12"), int64(12)}, {"a\xffb", "a\uFFFDb"}, {at, "2026-03-31T09:00:00.000000005+02:00"}, {-90 * time.Minute, "-PT1H30M"}, {time.Duration(math.MinInt64), "-PT2562047H47M16.854775808S"},
		{[]string{"a"}, []any{"a"}}, {[2]int{1, 2}, []any{int64(1), int64(2)}}, {map[string]int{"a": 1}, map[string]any{"a": int64(1)}}, {map[named][]bool{"a": {true}}, map[string]any{"a": []any{true}}},
		{[]any{1, "a", nil}, []any{int64(1), "a", nil}}, {map[string]any{"a": []any{2.0}}, map[string]any{"a": []any{int64(2)}}},
	} {
		value, err := normalize(c.value)
		require.NoError(t, err)
		require.Equal(t, c.want, value)
	}
	for fault, value := range map[string]any{
		"no finite number": math.NaN(), "a value of type struct {}": struct{}{}, "of type chan int": make(chan int), "of type map[int]string": map[int]string{1: "a"}, "of type uint64": uint64(math.MaxUint64),
		"of type func()": []any{func() {}}, "too large": strings.Repeat("a", maxResult+1),
	} {
		_, err := normalize(value)
		require.ErrorContains(t, err, fault)
	}
}

// Values that need no change are shared, those that do are copied: nobody's map changes.
func TestNormalizeCopiesOnlyWhatChanges(t *testing.T) {
	untouched := map[string]any{"list": []any{int64(1)}}
	before := map[string]any{"a": untouched, "b": []any{1}}
	value, err := normalize(before)
	require.NoError(t, err)
	require.Equal(t, []any{1}, before["b"])
	require.Equal(t, []any{int64(1)}, value.(map[string]any)["b"])
	require.True(t, same(untouched, value.(map[string]any)["a"]))
	again, err := normalize(value)
	require.NoError(t, err)
	require.True(t, same(value, again))
}

// Of several faults the same one is told each time, whatever Go's map order.
func TestNormalizeIsDeterministic(t *testing.T) {
	value := map[string]any{"a": math.NaN(), "b": struct{}{}, "c": make(chan int), "d": uint64(math.MaxUint64)}
	for range 50 {
		_, err := normalize(value)
		require.EqualError(t, err, "the result is no finite number")
	}
}

// jsonValues generates values as they come from outside, nested up to a depth.
func jsonValues(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{rapid.Just[any](nil), asAny(rapid.Bool()), asAny(rapid.Int64()), asAny(rapid.Int()), asAny(rapid.Float64()), asAny(rapid.String())}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	inner := jsonValues(depth - 1)
	return rapid.OneOf(append(scalars, asAny(rapid.SliceOfN(inner, 0, 3)), asAny(rapid.MapOfN(rapid.String(), inner, 0, 3)))...)
}

func asAny[T any](g *rapid.Generator[T]) *rapid.Generator[any] {
	return rapid.Map(g, func(v T) any { return v })
}

// A value is the same before and after it was stored as JSON.
func TestValuesSurviveStorage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value, err := normalize(jsonValues(3).Draw(t, "value"))
		require.NoError(t, err)
		stored, err := json.Marshal(value)
		require.NoError(t, err)
		loaded, err := DecodeJSON(stored)
		require.NoError(t, err)
		require.Equal(t, value, loaded)
	})
}

func TestSetPath(t *testing.T) {
	shared := map[string]any{"b": map[string]any{"c": int64(1), "d": int64(2)}, "e": "text"}
	target := map[string]any{"a": shared}
	got := setPath(target, "a.b.c", "new")
	require.Equal(t, map[string]any{"a": map[string]any{"b": map[string]any{"c": "new", "d": int64(2)}, "e": "text"}}, got)
	require.Equal(t, map[string]any{"a": map[string]any{"b": map[string]any{"c": int64(1), "d": int64(2)}, "e": "text"}}, target, "nothing shared has changed")
	require.Equal(t, map[string]any{"x": map[string]any{"y": nil}}, setPath(nil, "x.y", nil))
	require.Equal(t, map[string]any{"a": map[string]any{"b": shared["b"], "e": map[string]any{"f": true}}}, setPath(target, "a.e.f", true))
}

// What lax senders write is read as browsers read it: the last of equal names, U+FFFD in place of what is no character.
func TestDecodeLaxJSON(t *testing.T) {
	for text, want := range map[string]any{
		`{"a":1,"a":2}`: map[string]any{"a": int64(2)}, "\"a\xff\"": "a\uFFFD", `"\ud800"`: "\uFFFD", "{\"\xff\":1}": map[string]any{"\uFFFD": int64(1)},
	} {
		value, err := DecodeJSON([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, value, text)
	}
}

// BenchmarkDecodeJSON reads an event of a flow.
func BenchmarkDecodeJSON(b *testing.B) {
	document := []byte(`{"specversion":"1.0","id":"5f2f0c9e-66b6-4d5a-9a86-1d6a8d3c7e01","source":"/process/messages","type":"request",
		"time":"2026-11-22T10:00:00.123456789Z","datacontenttype":"application/json","kogitoprocinstanceid":"1234567890123456789","kogitoprocid":"messages",
		"kogitoprocversion":"1","kogitobusinesskey":"run/1234","data":{"orderId":"run/1234","amount":5,"customer":"ETSI HypO","urgent":false}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeJSON(document); err != nil {
			b.Fatal(err)
		}
	}
}
