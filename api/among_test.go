package api

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// A search that goes by the definitions finds what going through all instances finds.
func TestSearchByDefinitions(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile, "call.bpmn", callFile).is(200)
	for range 3 {
		s.start("work", `{}`)
		s.start("call", `{}`)
	}
	a := &api{engine: s.runner}
	scanned, err := collected(each(a, runner.Filter{}, a.elementInstances))
	require.NoError(t, err)
	for _, text := range []string{
		`{}`, `{"elementId":"nope"}`, `{"elementId":{"$like":"*"}}`, `{"elementId":{"$neq":"nope"}}`, `{"elementId":{"$exists":false}}`,
		`{"elementId":{"$in":["nope","` + scanned[0].ElementID + `"]}}`, `{"elementId":"` + scanned[0].ElementID + `"}`,
		`{"tenantId":"<default>"}`, `{"tenantId":"other"}`, `{"tenantId":{"$neq":"other"}}`,
		`{"processDefinitionId":{"$like":"w*"}}`, `{"processDefinitionId":{"$notIn":["work"]}}`,
	} {
		var raw map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(text), &raw))
		f, err := elementInstances.parseFilter(raw)
		require.NoError(t, err)
		want := []any{}
		for _, item := range scanned {
			if elementInstances.matches(f, item) {
				want = append(want, item.ElementInstanceKey.String())
			}
		}
		got := column(s.post("/v2/element-instances/search", `{"filter":`+text+`,"page":{"limit":100}}`).items(), "elementInstanceKey")
		require.ElementsMatch(t, want, got, text)
	}
}

func collected[T any](src source[T]) (items []T, err error) {
	for item, err := range src(context.Background(), nil, false) {
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}
