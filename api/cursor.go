package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
)

// position is where an item stands in the order of a search: the values of the sort fields, then the key.
func (c *collection[T]) position(item T, sort []sortField) []any {
	values := make([]any, 0, len(sort)+1)
	for _, s := range sort {
		values = append(values, c.fields[s.name].get(item))
	}
	return append(values, c.fields[c.key].get(item))
}

// cursor writes the position of an item as clients hand it back: a JSON array in base64.
func (c *collection[T]) cursor(item T, sort []sortField) string {
	return base64.StdEncoding.EncodeToString([]byte(jsonText(c.position(item, sort))))
}

// parseCursor reads a cursor that an earlier search with the same sort fields gave.
func (c *collection[T]) parseCursor(name, cursor string, sort []sortField) ([]any, error) {
	wrong := invalid("page.%s must be a cursor of an earlier search with the same sort fields", name)
	text, err := base64.StdEncoding.DecodeString(cursor)
	if err != nil {
		return nil, wrong
	}
	var raw []json.RawMessage
	if json.Unmarshal(text, &raw) != nil || len(raw) != len(sort)+1 {
		return nil, wrong
	}
	position := make([]any, len(raw))
	for i := range raw {
		f := c.fields[c.key]
		if i < len(sort) {
			f = c.fields[sort[i].name]
		}
		if i < len(sort) && bytes.Equal(raw[i], []byte("null")) {
			continue
		}
		if f.kind == kindTime {
			f.kind = kindInt // as milliseconds
		}
		if position[i], err = f.scalar(name, raw[i]); err != nil {
			return nil, wrong
		}
	}
	return position, nil
}
