package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sonata-bpmn/sonata/engine"
)

// thing is what the tests of this file search for.
type thing struct {
	Key    engine.Key
	Name   string
	Number int
	Flag   bool
	At     time.Time
}

var things = &collection[thing]{
	name: "things", key: "key", also: []string{"born"},
	fields: map[string]field[thing]{
		"key":    keyField(func(t thing) engine.Key { return t.Key }),
		"born":   keyField(func(t thing) engine.Key { return t.Key }),
		"name":   stringField(func(t thing) string { return t.Name }),
		"number": intField(func(t thing) int { return t.Number }),
		"flag":   boolField(func(t thing) bool { return t.Flag }),
		"at":     timeField(func(t thing) time.Time { return t.At }),
		"colour": stringField(func(thing) string { return "red" }, "red", "green"),
	},
}

func find(t require.TestingT, items []thing, body string) (*searchResult[thing], error) {
	var request searchRequest
	require.NoError(t, json.Unmarshal([]byte(body), &request), body)
	q, err := things.parse(request)
	if err != nil {
		return nil, err
	}
	return things.run(context.Background(), q, slice(items))
}

var someThings = []thing{
	{Key: 1, Name: "apple", Number: 5, At: time.UnixMilli(1000)},
	{Key: 2, Name: "pear", Number: 3, Flag: true},
	{Key: 9, Number: 4, At: time.UnixMilli(2000)},
	{Key: 10, Name: "apricot", Number: 5, Flag: true},
	{Key: 100, Name: "a*b", Number: -1},
}

func TestFilterOperators(t *testing.T) {
	for filter, want := range map[string][]engine.Key{
		`{}`:                         {1, 2, 9, 10, 100},
		`{"name":null}`:              {1, 2, 9, 10, 100},
		`{"name":"pear"}`:            {2},
		`{"name":""}`:                {},
		`{"name":{}}`:                {1, 2, 9, 10, 100},
		`{"name":{"$eq":"pear"}}`:    {2},
		`{"name":{"$neq":"pear"}}`:   {1, 9, 10, 100},
		`{"name":{"$exists":false}}`: {9},
		`{"name":{"$exists":true}}`:  {1, 2, 10, 100},
		`{"name":{"$in":["pear","apple","plum"]}}`:       {1, 2},
		`{"name":{"$in":[]}}`:                            {},
		`{"name":{"$notIn":["pear","apple"]}}`:           {9, 10, 100},
		`{"name":{"$like":"ap*"}}`:                       {1, 10},
		`{"name":{"$like":"?*\\**"}}`:                    {100},
		`{"name":{"$like":"a*","$neq":"apple"}}`:         {10, 100},
		`{"key":"9"}`:                                    {9},
		`{"key":9}`:                                      {9},
		`{"key":{"$in":["9","100",1]}}`:                  {1, 9, 100},
		`{"key":"9223372036854775807"}`:                  {},
		`{"number":5}`:                                   {1, 10},
		`{"number":{"$gt":3,"$lt":5}}`:                   {9},
		`{"number":{"$gte":4,"$lte":5}}`:                 {1, 9, 10},
		`{"flag":true}`:                                  {2, 10},
		`{"flag":{"$eq":false},"number":5}`:              {1},
		`{"at":"1970-01-01T00:00:02Z"}`:                  {9},
		`{"at":{"$lt":"1970-01-01T01:00:01.5+01:00"}}`:   {1},
		`{"at":{"$exists":false}}`:                       {2, 10, 100},
		`{"flag":true,"$or":[{"number":3},{"key":"1"}]}`: {2},
		`{"$or":[{"number":3},{"number":4}]}`:            {2, 9},
		`{"$or":[]}`:                                     {1, 2, 9, 10, 100},
		`{"colour":{"$like":"g*"}}`:                      {},
	} {
		result, err := find(t, someThings, `{"filter":`+filter+`}`)
		require.NoError(t, err, filter)
		require.Equal(t, want, keysOf(result.Items), filter)
		require.Equal(t, len(want), result.Page.TotalItems, filter)
	}
}

func keysOf(items []thing) []engine.Key {
	keys := []engine.Key{}
	for _, item := range items {
		keys = append(keys, item.Key)
	}
	return keys
}

func TestSearchRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for body, want := range map[string]string{
		`{"filter":{"weight":1,"name":"x","age":2}}`:              "things cannot be searched by age, weight; the fields to search by are at, born, colour, flag, key, name, number",
		`{"filter":{"name":5}}`:                                   "filter name must be a string",
		`{"filter":{"name":{"$gt":"a"}}}`:                         `filter name has no operator "$gt"`,
		`{"filter":{"name":{"$regex":"a"}}}`:                      `filter name has no operator "$regex"`,
		`{"filter":{"name":{"$in":"a"}}}`:                         "filter name.$in must be an array",
		`{"filter":{"name":{"$in":[1]}}}`:                         "filter name.$in must be a string",
		`{"filter":{"name":{"$exists":"yes"}}}`:                   "filter name.$exists must be true or false",
		`{"filter":{"name":["a"]}}`:                               "filter name must be a string",
		`{"filter":{"key":"abc"}}`:                                "filter key must be a key: a whole number, as a string",
		`{"filter":{"key":-5}}`:                                   "filter key must be a key: a whole number, as a string",
		`{"filter":{"number":"5"}}`:                               "filter number must be a whole number",
		`{"filter":{"number":1.5}}`:                               "filter number must be a whole number",
		`{"filter":{"flag":"true"}}`:                              "filter flag must be true or false",
		`{"filter":{"at":"yesterday"}}`:                           `filter at must be a time such as "2026-01-31T12:00:00Z" (RFC 3339)`,
		`{"filter":{"colour":"blue"}}`:                            "filter colour must be one of red, green",
		`{"filter":{"$or":{"name":"x"}}}`:                         "filter $or must be an array of objects",
		`{"filter":{"$or":[{"weight":1}]}}`:                       "things cannot be searched by weight",
		`{"sort":[{"field":"weight"}]}`:                           `things cannot be sorted by "weight"`,
		`{"sort":[{"field":"name","order":"UP"}]}`:                `the order of sort field "name" must be ASC or DESC`,
		`{"page":{"limit":-1}}`:                                   "page.limit must be between 0 and 10000",
		`{"page":{"limit":10001}}`:                                "page.limit must be between 0 and 10000",
		`{"page":{"from":-1}}`:                                    "page.from must not be negative",
		`{"page":{"after":"WyIxIl0=","before":"WyIxIl0="}}`:       "page takes only one of from, after and before",
		`{"page":{"after":"%%%"}}`:                                "page.after must be a cursor",
		`{"page":{"before":"e30="}}`:                              "page.before must be a cursor",
		`{"page":{"after":"WyJ4Il0="}}`:                           "page.after must be a cursor", // ["x"]
		`{"page":{"after":"WyIxIl0="},"sort":[{"field":"name"}]}`: "page.after must be a cursor of an earlier search with the same sort fields",
	} {
		_, err := find(t, someThings, body)
		require.ErrorContains(t, err, want, body)
		require.Equal(t, 400, problemOf(err).Status, body)
	}
}

func TestSort(t *testing.T) {
	for sort, want := range map[string][]engine.Key{
		`[]`:                                {1, 2, 9, 10, 100},
		`[{"field":"key","order":"DESC"}]`:  {100, 10, 9, 2, 1},
		`[{"field":"born","order":"desc"}]`: {100, 10, 9, 2, 1},
		`[{"field":"name"}]`:                {100, 1, 10, 2, 9},
		`[{"field":"number","order":"DESC"},{"field":"name","order":"DESC"}]`: {10, 1, 9, 2, 100},
		`[{"field":"flag"},{"field":"number"}]`:                               {100, 9, 1, 2, 10},
		`[{"field":"at"}]`:                                                    {1, 9, 2, 10, 100},
	} {
		result, err := find(t, someThings, `{"sort":`+sort+`}`)
		require.NoError(t, err, sort)
		require.Equal(t, want, keysOf(result.Items), sort)
	}
}

// Whatever the items, the order and the size of the pages: paging forwards and backwards by cursors, and by from, shows every
// match once, in the order that an unpaged search has.
func TestPagingProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var items []thing
		key := engine.Key(0)
		for range rapid.IntRange(0, 30).Draw(t, "count") {
			key += engine.Key(rapid.IntRange(1, 50).Draw(t, "gap"))
			items = append(items, thing{Key: key, Name: rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "name"), Number: rapid.IntRange(0, 3).Draw(t, "number")})
		}
		sort := rapid.SampledFrom([]string{
			`[]`, `[{"field":"key","order":"DESC"}]`, `[{"field":"name"}]`, `[{"field":"number","order":"DESC"},{"field":"name"}]`,
			`[{"field":"name","order":"DESC"},{"field":"key","order":"DESC"}]`, `[{"field":"at"}]`,
		}).Draw(t, "sort")
		filter := rapid.SampledFrom([]string{`{}`, `{"name":{"$neq":"a"}}`}).Draw(t, "filter")
		limit := rapid.IntRange(1, 7).Draw(t, "limit")
		ask := func(page string) *searchResult[thing] {
			result, err := find(t, items, fmt.Sprintf(`{"filter":%s,"sort":%s,"page":%s}`, filter, sort, page))
			require.NoError(t, err)
			return result
		}
		all := ask(`{"limit":10000}`)
		want := keysOf(all.Items)

		forwards, page := []engine.Key{}, fmt.Sprintf(`{"limit":%d}`, limit)
		for {
			result := ask(page)
			require.Equal(t, len(want), result.Page.TotalItems)
			if len(result.Items) == 0 {
				break
			}
			forwards = append(forwards, keysOf(result.Items)...)
			page = fmt.Sprintf(`{"limit":%d,"after":%q}`, limit, *result.Page.EndCursor)
		}
		require.Equal(t, want, forwards)

		backwards := []engine.Key{}
		if len(want) > 0 {
			last := ask(fmt.Sprintf(`{"from":%d,"limit":1}`, len(want)-1))
			backwards = keysOf(last.Items)
			for cursor := last.Page.StartCursor; cursor != nil; {
				result := ask(fmt.Sprintf(`{"limit":%d,"before":%q}`, limit, *cursor))
				backwards = append(keysOf(result.Items), backwards...)
				cursor = result.Page.StartCursor
			}
		}
		require.Equal(t, want, backwards)

		offsets := []engine.Key{}
		for from := 0; from < len(want)+limit; from += limit {
			offsets = append(offsets, keysOf(ask(fmt.Sprintf(`{"from":%d,"limit":%d}`, from, limit)).Items)...)
		}
		require.Equal(t, want, offsets)
	})
}

// Counting stops where it becomes dear, and says so.
func TestSearchCountsSoFar(t *testing.T) {
	many := make([]thing, maxSorted+1)
	for i := range many {
		many[i] = thing{Key: engine.Key(i + 1), Number: i % 7}
	}
	result, err := find(t, many, `{"page":{"limit":3}}`)
	require.NoError(t, err)
	require.Equal(t, []engine.Key{1, 2, 3}, keysOf(result.Items))
	require.Equal(t, maxTotal, result.Page.TotalItems)
	require.True(t, result.Page.HasMoreTotalItems)

	result, err = find(t, many[:maxTotal], `{"page":{"limit":3}}`)
	require.NoError(t, err)
	require.Equal(t, maxTotal, result.Page.TotalItems)
	require.False(t, result.Page.HasMoreTotalItems)

	result, err = find(t, many, `{"page":{"from":5000,"limit":2}}`)
	require.NoError(t, err)
	require.Equal(t, []engine.Key{5001, 5002}, keysOf(result.Items))
	require.GreaterOrEqual(t, result.Page.TotalItems, 5002, "what is shown is counted")

	result, err = find(t, many, `{"page":{"limit":0}}`)
	require.NoError(t, err)
	require.Empty(t, result.Items)
	require.Nil(t, result.Page.EndCursor)
	require.Equal(t, maxTotal, result.Page.TotalItems)

	_, err = find(t, many, `{"sort":[{"field":"number"}]}`)
	require.ErrorContains(t, err, "more than 10000 things match: narrow the filter, or sort by key")
	result, err = find(t, many[1:], `{"sort":[{"field":"number"}],"page":{"limit":1}}`)
	require.NoError(t, err)
	require.Equal(t, maxSorted, result.Page.TotalItems)
}

// A failing store fails the search, whatever was found before.
func TestSearchFailsWithItsSource(t *testing.T) {
	broken := errors.New("broken")
	src := func(context.Context, any, bool) iter.Seq2[thing, error] {
		return func(yield func(thing, error) bool) {
			_ = yield(thing{Key: 1}, nil) && yield(thing{}, broken)
		}
	}
	for _, sort := range []string{`[]`, `[{"field":"name"}]`} {
		var request searchRequest
		require.NoError(t, json.Unmarshal([]byte(`{"sort":`+sort+`}`), &request))
		q, err := things.parse(request)
		require.NoError(t, err)
		_, err = things.run(context.Background(), q, src)
		require.ErrorIs(t, err, broken)

		canceled, cancel := context.WithCancel(context.Background())
		cancel()
		_, err = things.run(canceled, q, slice(someThings))
		require.ErrorIs(t, err, context.Canceled)
	}
}

func FuzzLike(f *testing.F) {
	f.Add("a*b?", "axxbc")
	f.Add(`\*`, "*")
	f.Add(`\`, `\`)
	f.Add("*a*a*a*a*b", strings.Repeat("a", 40))
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 100 || len(text) > 100 {
			t.Skip("too long for the regular expression that it is compared with")
		}
		var b strings.Builder
		escaped := false
		for _, r := range pattern {
			switch {
			case escaped:
				b.WriteString(regexp.QuoteMeta(string(r)))
				escaped = false
			case r == '\\':
				escaped = true
			case r == '*':
				b.WriteString(".*")
			case r == '?':
				b.WriteString(".")
			default:
				b.WriteString(regexp.QuoteMeta(string(r)))
			}
		}
		if escaped {
			b.WriteString(`\\`)
		}
		want := regexp.MustCompile(`(?s)\A` + b.String() + `\z`).MatchString(string([]rune(text)))
		require.Equal(t, want, like(pattern, text), "%q %q", pattern, text)
	})
}

// A cursor is handed out to be handed back: whatever else comes is refused, not crashed on.
func FuzzCursor(f *testing.F) {
	f.Add("WyIxIl0=", false)
	f.Add("W251bGwsIjEiXQ==", true)
	f.Fuzz(func(t *testing.T, cursor string, sorted bool) {
		request := searchRequest{}
		request.Page.After = &cursor
		if sorted {
			require.NoError(t, json.Unmarshal([]byte(`[{"field":"at"},{"field":"flag"}]`), &request.Sort))
		}
		q, err := things.parse(request)
		if err != nil {
			require.Equal(t, 400, problemOf(err).Status)
			return
		}
		result, err := things.run(context.Background(), q, slice(someThings))
		require.NoError(t, err)
		require.LessOrEqual(t, len(result.Items), len(someThings))
	})
}

func FuzzFilter(f *testing.F) {
	f.Add(`{"name":{"$like":"a"},"$or":[{"key":1},{"at":{"$gt":"2026-01-01T00:00:00Z"}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var raw map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &raw) != nil {
			return
		}
		parsed, err := things.parseFilter(raw)
		if err != nil {
			require.Equal(t, 400, problemOf(err).Status)
			return
		}
		for _, item := range someThings {
			things.matches(parsed, item)
		}
	})
}

// Parts are shown as their key and ordered by their instance first, as lists find them.
func TestSubKeys(t *testing.T) {
	keys := rapid.Int64Range(1, math.MaxInt64)
	rapid.Check(t, func(t *rapid.T) {
		a := subKey{engine.Key(keys.Draw(t, "instance a")), engine.Key(keys.Draw(t, "a"))}
		b := subKey{engine.Key(keys.Draw(t, "instance b")), engine.Key(keys.Draw(t, "b"))}
		require.Equal(t, cmp.Or(cmp.Compare(a.instance, b.instance), cmp.Compare(a.key, b.key)), a.compare(b))
		require.Equal(t, `"`+a.key.String()+`"`, jsonText(a))
	})
}
