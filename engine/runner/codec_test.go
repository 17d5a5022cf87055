package runner

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
)

var document = map[string]any{
	"nil": nil, "true": true, "int": int64(1) << 60, "negative": int64(-7), "float": 1.5, "huge": 1e300, "text": "a<b>&\u2028\"",
	"list": []any{int64(1), 2.5, "x", nil, []any{}, map[string]any{}}, "object": map[string]any{"deep": map[string]any{"n": int64(9)}},
}

// What is read is what was written, types included: otherwise an instance would behave differently after a restart.
func TestSnapshotRoundTrip(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	in := &engine.Instance{
		Header: engine.Header{Key: 7, DefinitionKey: 3, ProcessID: "p", Version: 2, BusinessKey: "b", RootKey: 5, RootProcessID: "r",
			StartedAt: at, ReferenceID: "9", Parent: &engine.Parent{Key: 5, Subscription: 2, Catches: []string{"E"}}},
		State: engine.StateActive, LastID: 12,
		Tokens:        []engine.Token{{ID: 2, Scope: 1, Node: "n"}},
		Scopes:        []engine.Scope{{ID: 1, Node: "p", Variables: document, Completed: []engine.Completion{{ID: 4, Variables: document, Inner: []engine.Completion{{Variables: document}}}}}},
		Subscriptions: []engine.Subscription{{ID: 3, Kind: engine.SubscriptionTimer, Due: at, Cycle: &engine.Cycle{Text: "R", Remaining: -1}, Received: document, Call: &engine.Call{Variables: document}}},
		Incidents:     []engine.Incident{{ID: 8, At: at}},
	}
	row, err := encodeInstance(in)
	require.NoError(t, err)
	got, err := decodeInstance(row)
	require.NoError(t, err)
	require.Equal(t, in, got)

	s, err := decodeSummary(row)
	require.NoError(t, err)
	require.Equal(t, summaryOf(in), s)

	row[0] = 99
	_, err = decodeInstance(row)
	require.ErrorContains(t, err, "format")
	_, err = decodeInstance(nil)
	require.ErrorContains(t, err, "format")
}

func TestHistoryRoundTrip(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	events := []engine.Event{
		engine.VariablesSet{Scope: 1, Variables: document},
		engine.InstanceEnded{Key: 1 << 60, At: at, Parent: &engine.Parent{Key: 4}, Outcome: engine.Outcome{Kind: engine.OutcomeCompleted, Variables: document}},
		engine.TokenProduced{Token: engine.Token{ID: 4, Scope: 1, Flow: "f"}},
		engine.LoopAdvanced{Scope: 2, Output: []any{int64(3), 1.5}},
		engine.ErrorThrown{},
	}
	row, err := encodeHistory(at, events)
	require.NoError(t, err)
	gotAt, got, err := decodeHistory(row)
	require.NoError(t, err)
	require.Equal(t, at, gotAt)
	require.Equal(t, events, got)
	require.Contains(t, string(row), `{"type":"TokenProduced","id":4`)

	_, _, err = decodeHistory([]byte(`{"events":[{"type":"Unheard"}]}`))
	require.ErrorContains(t, err, `"Unheard"`)
}

// Keys sort by their parts, and no part can be mistaken for another.
func TestRowKeys(t *testing.T) {
	sorted := []rowKey{
		rowKey{}.num(-2).num(5), rowKey{}.num(-1), rowKey{}.num(0).num(-1), rowKey{}.num(0).num(1), rowKey{}.num(1), rowKey{}.num(1 << 62),
	}
	require.True(t, slices.IsSortedFunc(sorted, func(a, b rowKey) int { return strings.Compare(string(a), string(b)) }))
	require.NotEqual(t, rowKey{}.text("a").text("bc"), rowKey{}.text("ab").text("c"))
	require.NotEqual(t, rowKey{}.text(""), rowKey{}.text("\x00"))
	long := strings.Repeat("x", 100_000)
	require.Less(t, len(rowKey{}.text(long)), 64)
	require.NotEqual(t, rowKey{}.text(long), rowKey{}.text(long+"x"))

	for _, at := range []time.Time{{}, time.Unix(-5, 7).UTC(), time.Date(9999, 1, 1, 0, 0, 0, 1, time.UTC)} {
		require.Equal(t, at, timeOf(rowKey{}.time(at).num(3)))
	}
	early, late := time.Date(1969, 1, 1, 0, 0, 0, 999, time.UTC), time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)
	require.Less(t, string(rowKey{}.time(early)), string(rowKey{}.time(late)))
	key := rowKey{}.text("name").sub(12, 34)
	require.EqualValues(t, 34, num(key, 1))
	require.EqualValues(t, 12, num(key, 2))
}

// The cache holds the instances that were used last, and none that has ended.
func TestCache(t *testing.T) {
	c := newCache()
	live := func(key engine.Key) *engine.Instance {
		return &engine.Instance{Header: engine.Header{Key: key}, State: engine.StateActive}
	}
	for key := range engine.Key(cacheSize) {
		c.put(live(key))
	}
	require.NotNil(t, c.get(0)) // used again
	c.put(live(cacheSize))
	require.NotNil(t, c.get(0))
	require.Nil(t, c.get(1), "the one that was not used for longest has made room")
	require.Len(t, c.byKey, cacheSize)

	ended := live(0)
	ended.State = engine.StateCompleted
	c.put(ended)
	require.Nil(t, c.get(0))
	c.put(ended)
	require.Nil(t, c.get(0))
	require.Equal(t, len(c.byKey), c.recent.Len())
}
