package api

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"slices"
)

const (
	defaultLimit = 100
	maxLimit     = 10_000
	maxTotal     = 1000   // how far matches are counted: to count them, each has to be read
	maxSorted    = 10_000 // how many matches can be sorted by something else than their key
)

// searchRequest is the body of every search, as Camunda 8 has it.
type searchRequest struct {
	Filter map[string]json.RawMessage `json:"filter"`
	Sort   []struct {
		Field string `json:"field"`
		Order string `json:"order"`
	} `json:"sort"`
	Page struct {
		From   *int    `json:"from"`
		Limit  *int    `json:"limit"`
		After  *string `json:"after"`
		Before *string `json:"before"`
	} `json:"page"`
}

// searchResult is the answer of every search.
type searchResult[T any] struct {
	Items []T        `json:"items"`
	Page  resultPage `json:"page"`
}

type resultPage struct {
	TotalItems        int     `json:"totalItems"`
	HasMoreTotalItems bool    `json:"hasMoreTotalItems"` // there are more than TotalItems
	StartCursor       *string `json:"startCursor"`
	EndCursor         *string `json:"endCursor"`
}

// collection is a list that can be searched.
type collection[T any] struct {
	name string // for texts: "process instances"
	key  string // the field that identifies an item and in whose order they come
	// also names fields whose order is that of the key, such as the date at which the key was given.
	also   []string
	fields map[string]field[T]
}

// source yields the items of a collection in the order of their key, beginning at or before the given key (nil: the first).
type source[T any] func(ctx context.Context, from any, descending bool) iter.Seq2[T, error]

// search answers a search request from a source, which may depend on the filter.
func search[T any](from ask, c *collection[T], open func(f filter) (source[T], error)) error {
	var request searchRequest
	if err := decode(from.w, from.r, &request); err != nil {
		return err
	}
	q, err := c.parse(request)
	if err == nil {
		err = from.locate(&q)
	}
	if err != nil {
		return err
	}
	src, err := open(q.filter)
	if err != nil {
		return err
	}
	result, err := c.run(from.r.Context(), q, src)
	if err != nil {
		return err
	}
	return answer(from.w, result)
}

// ask is a request to search, and who answers it.
type ask struct {
	a *api
	w http.ResponseWriter
	r *http.Request
}

// locate looks for the instances of all keys in a query that are those of parts of instances.
func (k ask) locate(q *query) error {
	var values []*any
	each := func(list []any) {
		for i := range list {
			values = append(values, &list[i])
		}
	}
	for _, group := range append(slices.Clip(q.filter.alternatives), q.filter.all) {
		for i := range group {
			values = append(values, &group[i].operand)
			each(group[i].operands)
		}
	}
	each(q.after)
	each(q.before)
	for _, value := range values {
		part, is := (*value).(subKey)
		if !is {
			continue
		}
		found, err := k.a.located(part)
		if err != nil {
			return err
		}
		*value = found
	}
	return nil
}

// run carries out a search.
func (c *collection[T]) run(ctx context.Context, q query, src source[T]) (*searchResult[T], error) {
	var (
		result searchResult[T]
		err    error
	)
	if q.natural {
		result, err = c.runNatural(ctx, q, src)
	} else {
		result, err = c.runSorted(ctx, q, src)
	}
	if err != nil {
		return nil, err
	}
	if len(result.Items) == 0 {
		result.Items = []T{} // [] and not null
		return &result, nil
	}
	start, end := c.cursor(result.Items[0], q.sort), c.cursor(result.Items[len(result.Items)-1], q.sort)
	result.Page.StartCursor, result.Page.EndCursor = &start, &end
	return &result, nil
}

// runNatural takes a page out of a source as it comes.
func (c *collection[T]) runNatural(ctx context.Context, q query, src source[T]) (result searchResult[T], err error) {
	if q.after == nil && q.before == nil {
		return c.take(ctx, q, src)
	}
	all := q
	all.after, all.before, all.limit = nil, nil, 0
	counted, err := c.take(ctx, all, src)
	if err != nil {
		return result, err
	}
	result, err = c.take(ctx, q, src)
	result.Page = counted.Page
	return result, err
}

// take takes a page, and counts maxTotal matches if there is no cursor.
func (c *collection[T]) take(ctx context.Context, q query, src source[T]) (result searchResult[T], err error) {
	cursor, descending := q.after, q.descending
	if q.before != nil {
		cursor, descending = q.before, !descending // backwards from the cursor
	}
	page := &result.Page
	for item, err := range c.matching(ctx, q.filter, src, cursor, descending) {
		full := len(result.Items) == q.limit
		switch {
		case err != nil:
			return result, err
		case full && (cursor != nil || page.TotalItems >= maxTotal):
			page.HasMoreTotalItems = true
		case page.TotalItems >= q.from && !full:
			result.Items = append(result.Items, item)
		}
		if page.HasMoreTotalItems {
			break
		}
		page.TotalItems++
	}
	if q.before != nil {
		slices.Reverse(result.Items)
	}
	return result, nil
}

// runSorted sorts all matches and takes a page out of them.
func (c *collection[T]) runSorted(ctx context.Context, q query, src source[T]) (result searchResult[T], err error) {
	var items []T
	for item, err := range c.matching(ctx, q.filter, src, nil, false) {
		if err != nil {
			return result, err
		}
		if items = append(items, item); len(items) > maxSorted {
			return result, invalid("more than %d %s match: narrow the filter, or sort by %s", maxSorted, c.name, c.key)
		}
	}
	slices.SortFunc(items, func(a, b T) int { return q.compare(c.position(a, q.sort), c.position(b, q.sort)) })
	at := func(cursor []any) (int, bool) { // how many items stand before the cursor, and whether one is at it
		return slices.BinarySearchFunc(items, cursor, func(item T, cursor []any) int { return q.compare(c.position(item, q.sort), cursor) })
	}
	total := len(items)
	begin, end := min(q.from, total), total
	if q.after != nil {
		var found bool
		if begin, found = at(q.after); found {
			begin++
		}
	}
	if q.before != nil {
		end, _ = at(q.before)
		begin = max(0, end-q.limit)
	}
	result.Items, result.Page.TotalItems = items[begin:min(end, begin+q.limit)], total
	return result, nil
}

// matching yields the items of a source that pass a filter and stand behind a cursor.
func (c *collection[T]) matching(ctx context.Context, f filter, src source[T], cursor []any, descending bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var from any
		if cursor != nil {
			from = cursor[0]
		}
		for item, err := range src(ctx, from, descending) {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil && cursor != nil {
				d := compare(c.fields[c.key].get(item), cursor[0])
				if d == 0 || (d < 0) != descending {
					continue
				}
			}
			if err == nil && !c.matches(f, item) {
				continue
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// slice is the source of what is in memory anyway. The items are in the order of their key.
func slice[T any](items []T) source[T] {
	return func(_ context.Context, _ any, descending bool) iter.Seq2[T, error] {
		return func(yield func(T, error) bool) {
			for i := range items {
				if descending {
					i = len(items) - 1 - i
				}
				if !yield(items[i], nil) {
					return
				}
			}
		}
	}
}
