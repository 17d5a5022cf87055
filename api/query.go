package api

import (
	"cmp"
	"slices"
	"strings"
)

// query is a search that was understood.
type query struct {
	filter        filter
	sort          []sortField
	natural       bool // sort by the key, so that nothing needs to be held in memory
	descending    bool // if natural
	from, limit   int
	after, before []any // cursors: the values of the sort fields and of the key; nil if not given
}

type sortField struct {
	name       string
	descending bool
}

func (c *collection[T]) parse(request searchRequest) (q query, err error) {
	if q.filter, err = c.parseFilter(request.Filter); err != nil {
		return q, err
	}
	for _, s := range request.Sort {
		order := strings.ToUpper(cmp.Or(s.Order, "ASC"))
		if _, known := c.fields[s.Field]; !known {
			return q, invalid("%s cannot be sorted by %q", c.name, s.Field)
		}
		if order != "ASC" && order != "DESC" {
			return q, invalid("the order of sort field %q must be ASC or DESC", s.Field)
		}
		q.sort = append(q.sort, sortField{s.Field, order == "DESC"})
	}
	if len(q.sort) == 0 || q.sort[0].name == c.key || slices.Contains(c.also, q.sort[0].name) {
		q.natural, q.descending = true, len(q.sort) > 0 && q.sort[0].descending
		q.sort = nil
	}
	return q, c.parsePage(request, &q)
}

func (c *collection[T]) parsePage(request searchRequest, q *query) (err error) {
	page := request.Page
	q.limit = defaultLimit
	if page.Limit != nil {
		q.limit = *page.Limit
	}
	if page.From != nil {
		q.from = *page.From
	}
	given := 0
	for _, is := range []bool{page.From != nil, page.After != nil, page.Before != nil} {
		if is {
			given++
		}
	}
	switch {
	case q.limit < 0 || q.limit > maxLimit:
		return invalid("page.limit must be between 0 and %d", maxLimit)
	case q.from < 0:
		return invalid("page.from must not be negative")
	case given > 1:
		return invalid("page takes only one of from, after and before")
	}
	if page.After != nil {
		q.after, err = c.parseCursor("after", *page.After, q.sort)
	} else if page.Before != nil {
		q.before, err = c.parseCursor("before", *page.Before, q.sort)
	}
	return err
}

// compare orders two positions as the sort fields say, and by the key where they are equal.
func (q query) compare(a, b []any) int {
	for i, s := range q.sort {
		if d := compare(a[i], b[i]); d != 0 && s.descending {
			return -d
		} else if d != 0 {
			return d
		}
	}
	return compare(a[len(q.sort)], b[len(q.sort)])
}
