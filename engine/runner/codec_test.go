package runner

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
)

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
		c.put(&held{in: live(key)})
	}
	require.NotNil(t, c.get(0)) // used again
	c.put(&held{in: live(cacheSize)})
	require.NotNil(t, c.get(0))
	require.Nil(t, c.get(1), "the one that was not used for longest has made room")
	require.Len(t, c.byKey, cacheSize)

	ended := live(0)
	ended.State = engine.StateCompleted
	c.put(&held{in: ended})
	require.Nil(t, c.get(0))
	c.put(&held{in: ended})
	require.Nil(t, c.get(0))
	require.Equal(t, len(c.byKey), c.recent.Len())
}
