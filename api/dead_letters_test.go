package api

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// What Kafka brought and nobody could use is shown, but not what is in it: nothing is known of it, so nothing can be masked.
func TestDeadLetters(t *testing.T) {
	s := newSite(t)
	require.Empty(t, s.post("/v2/dead-letters/search", "").items())
	var records []runner.Incoming
	for i := range 3 {
		records = append(records, runner.Incoming{
			Topic: "orders", Partition: 2, Offset: int64(i), Key: fmt.Appendf(nil, "k%d", i), Value: []byte("canary"),
			Headers: []runner.RecordHeader{{Key: "Authorization", Value: []byte("canary")}}, Timestamp: s.clock.Now(), Fault: "it is not JSON",
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, s.runner.Receive(ctx, records))

	answer := s.post("/v2/dead-letters/search", `{"filter":{"topic":"orders","partition":2,"date":{"$lte":"2026-03-04T05:06:07Z"}}}`)
	require.NotContains(t, answer.body, "canary")
	found := answer.items()
	require.Len(t, found, 3)
	require.Equal(t, "k0", found[0]["recordKey"])
	require.EqualValues(t, 0, found[0]["offset"])
	require.EqualValues(t, 6, found[0]["size"])
	require.Contains(t, found[0]["reason"], "not JSON")

	newest := s.post("/v2/dead-letters/search", `{"sort":[{"field":"date","order":"DESC"}],"page":{"limit":2}}`)
	require.Equal(t, []any{"k2", "k1"}, column(newest.items(), "recordKey"))
	end := newest.is(200)["page"].(map[string]any)["endCursor"].(string)
	rest := s.post("/v2/dead-letters/search", `{"sort":[{"field":"date","order":"DESC"}],"page":{"after":"`+end+`"}}`)
	require.Equal(t, []any{"k0"}, column(rest.items(), "recordKey"))
	page := s.post("/v2/dead-letters/search", `{"page":{"limit":1}}`)
	end = page.is(200)["page"].(map[string]any)["endCursor"].(string)
	require.Equal(t, []any{"k1", "k2"}, column(s.post("/v2/dead-letters/search", `{"page":{"after":"`+end+`"}}`).items(), "recordKey"))

}

func column(items []map[string]any, member string) (values []any) {
	for _, item := range items {
		values = append(values, item[member])
	}
	return values
}

// More than one read of the runner's list, in both directions.
func TestListedReadsOn(t *testing.T) {
	const count = 2*scanLimit + 7
	list := func(after int, limit int) (page []int, more bool) {
		for i := after + 1; i <= count && len(page) < limit; i++ {
			page = append(page, i)
		}
		return page, len(page) > 0 && page[len(page)-1] < count
	}
	src := listed(func(after engine.Key, limit int) ([]int, bool, error) {
		page, more := list(int(after), limit)
		return page, more, nil
	}, func(i int) (engine.Key, thing) { return engine.Key(i), thing{Key: engine.Key(i)} })
	for _, descending := range []bool{false, true} {
		var seen []engine.Key
		for item, err := range src(context.Background(), nil, descending) {
			require.NoError(t, err)
			seen = append(seen, item.Key)
		}
		require.Len(t, seen, count)
		require.Equal(t, descending, seen[0] == count)
	}
	for item := range src(context.Background(), engine.Key(count-1), false) {
		require.EqualValues(t, count-1, item.Key)
		break
	}
}
