package runner

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner/codec"
)

var document = map[string]any{
	"nil": nil, "true": true, "int": int64(1) << 60, "negative": int64(-7), "float": 1.5, "huge": 1e300, "text": "a<b>&\u2028\"",
	"list": []any{int64(1), 2.5, "x", nil, []any{}, map[string]any{}}, "object": map[string]any{"deep": map[string]any{"n": int64(9)}},
}

// random fills a value with whatever its type can hold, so that a field that is added is tested without being named.
func random(r *rand.Rand, v reflect.Value, depth int) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		at := time.Unix(r.Int64N(1<<33)-1<<31, r.Int64N(1e9)).UTC()
		v.Set(reflect.ValueOf(at))
		return
	case v.Kind() != reflect.Struct && (r.IntN(4) == 0 || depth > 7):
		return // left zero
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			random(r, field, depth+1)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		random(r, v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 3))
		for i := range v.Len() {
			random(r, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := range r.IntN(3) {
			item := reflect.New(v.Type().Elem()).Elem()
			random(r, item, depth+1)
			v.SetMapIndex(reflect.ValueOf(fmt.Sprint(i)), item)
		}
	case reflect.Interface:
		values := []any{nil, true, false, r.Int64() - r.Int64(), int64(r.IntN(70)), r.NormFloat64(), "", strings.Repeat("x", r.IntN(200)), document, []any{document}}
		if picked := values[r.IntN(len(values))]; picked != nil {
			v.Set(reflect.ValueOf(picked))
		}
	case reflect.String:
		v.SetString([]string{"job", "Activity_1", strings.Repeat("é", r.IntN(100)), "\x00"}[r.IntN(4)])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(r.Uint64N(256))
	default:
		v.SetInt(r.Int64N(1<<(1+r.IntN(31))) - 5)
	}
}

// What is read is what was written, types included, whatever the symbols are: otherwise an instance would behave differently after a
// restart.
func TestRowsRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	few := codec.NewSymbols([]string{"id", "Activity_1", "text"})
	for range 2000 {
		for _, symbols := range []*codec.Symbols{codec.NewSymbols(nil), few, codec.NewSymbols(ownSymbols)} {
			t1 := rowTypes[r.IntN(len(rowTypes))]
			written, read := reflect.New(t1), reflect.New(t1)
			random(r, written.Elem(), 0)
			row := symbols.Append(nil, written.Interface())
			require.Equal(t, row, symbols.Append(nil, written.Interface()), "the same value has the same row")
			require.NoError(t, symbols.Decode(row, read.Interface()))
			require.Equal(t, written.Interface(), read.Interface())
			require.Error(t, symbols.Decode(row[:len(row)-1], reflect.New(t1).Interface()), "cut off")
			require.Error(t, symbols.Decode(append(row, 0), reflect.New(t1).Interface()), "too long")
		}
	}
}

// instance has something of everything; its first scope's data is large enough to stand apart.
func instance() *engine.Instance {
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	return &engine.Instance{
		Header: engine.Header{Key: 7, DefinitionKey: 3, ProcessID: "p", Version: 2, BusinessKey: "b", RootKey: 5, RootProcessID: "r",
			StartedAt: at, ReferenceID: "9", Parent: &engine.Parent{Key: 5, Subscription: 2, Catches: []string{"E"}}},
		State: engine.StateActive, LastID: 12,
		Tokens: []engine.Token{{ID: 2, Scope: 1, Node: "n"}},
		Scopes: []engine.Scope{
			{ID: 1, Node: "p", Variables: map[string]any{"large": strings.Repeat("x", apartFrom), "document": document}, Completed: []engine.Completion{{ID: 4, Variables: document, Inner: []engine.Completion{{Variables: document}}}}},
			{ID: 5, Node: "small", Variables: map[string]any{"n": int64(1)}},
			{ID: 6, Node: "loop", Loop: &engine.Loop{Items: make([]any, apartFrom), Total: 3, Output: []any{nil, document, nil}}},
		},
		Subscriptions: []engine.Subscription{{ID: 3, Kind: engine.SubscriptionTimer, Due: at, Cycle: &engine.Cycle{Text: "R", Remaining: -1}, Received: document, Call: &engine.Call{Variables: document}}},
		Incidents:     []engine.Incident{{ID: 8, At: at}},
	}
}

// rows is a table of a store.
type rows map[string][]byte

func (r rows) Get(_ Table, key []byte) []byte              { return r[string(key)] }
func (rows) Ascend(Table, []byte, func(_, _ []byte) bool)  {}
func (rows) Descend(Table, []byte, func(_, _ []byte) bool) {}

func TestSnapshotRoundTrip(t *testing.T) {
	symbols := codec.NewSymbols(ownSymbols)
	in, before := instance(), instance()
	scopes, rest := split(in)
	require.Equal(t, []engine.ID{1, 6}, scopes, "what is large stands apart, and only that")
	require.Equal(t, before, in, "taking data out of an instance does not change it")
	variables := rows{}
	for _, id := range scopes {
		variables[string(rowKey{}.sub(in.Key, id))] = symbols.Append(nil, dataOf(in.Scope(id)))
	}
	row := encodeSnapshot(symbols, 77, scopes, rest)
	require.NotContains(t, string(row), "xxx")
	got, err := decodeInstance(variables, symbols, row)
	require.NoError(t, err)
	require.Equal(t, in, got)
	h, err := decodeHeld(variables, symbols, row)
	require.NoError(t, err)
	require.Equal(t, &held{in: in, last: 77, stored: in, size: len(row)}, h)

	s, err := decodeSummary(symbols, row)
	require.NoError(t, err)
	require.Equal(t, summaryOf(in), s)

	_, err = decodeInstance(rows{}, symbols, row)
	require.ErrorContains(t, err, "missing")
	row[0] = 99
	_, err = decodeInstance(variables, symbols, row)
	require.ErrorContains(t, err, "format")
	_, err = decodeInstance(variables, symbols, nil)
	require.ErrorContains(t, err, "format")
}

func TestHistoryRoundTrip(t *testing.T) {
	symbols := codec.NewSymbols(ownSymbols)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	events := []engine.Event{
		engine.VariablesSet{Scope: 1, Variables: document},
		engine.InstanceEnded{Key: 1 << 60, At: at, Parent: &engine.Parent{Key: 4}, Outcome: engine.Outcome{Kind: engine.OutcomeCompleted, Variables: document}},
		engine.TokenProduced{Token: engine.Token{ID: 4, Scope: 1, Flow: "f"}},
		engine.LoopAdvanced{Scope: 2, Output: []any{int64(3), 1.5}},
		engine.ErrorThrown{},
	}
	written := historyRow{instance: 1 << 60, previous: 12, at: at, events: events}
	row, err := encodeHistory(symbols, written)
	require.NoError(t, err)
	read, err := decodeHistory(symbols, row)
	require.NoError(t, err)
	require.Equal(t, written, read)
	small, err := encodeHistory(symbols, historyRow{instance: 1 << 60, at: at, events: events[2:3]})
	require.NoError(t, err)
	require.Less(t, len(small), 40, "names are symbols")

	unheard := symbols.Append(slices.Clip(small), eventName("Unheard"))
	_, err = decodeHistory(symbols, unheard)
	require.ErrorContains(t, err, `"Unheard"`)
	for n := range row {
		_, _ = decodeHistory(symbols, row[:n]) // no panic; a history that ends between two events cannot be told
	}
}

// The data stands apart or not by its own weight, so that the same decision is made again after a restart.
func TestLargeDependsOnTheDataAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	symbols := codec.NewSymbols(nil)
	for range 3000 {
		var data, read apart
		random(r, reflect.ValueOf(&data).Elem(), 0)
		require.NoError(t, symbols.Decode(symbols.Append(nil, data), &read))
		for range 5 { // the order of a map differs each time
			require.Equal(t, data.large(), read.large())
		}
	}
	require.False(t, apart{}.large())
	require.True(t, apart{Variables: map[string]any{"a": strings.Repeat("x", apartFrom)}}.large())
	require.True(t, apart{Items: make([]any, apartFrom)}.large())
}
