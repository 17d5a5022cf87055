package tosca

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// kind of a node.
type kind int

const (
	scalar kind = iota
	list
	object
)

// position in a text, from 1; zero if the node comes from no text.
type position struct{ line, column int }

// node is one value of a document: what YAML and JSON have in common, with its place. Aliases and merged keys are resolved when
// a document is read, so that a node has one parent. Nodes are not changed once they are read, but for hidden.
type node struct {
	kind   kind
	value  any     // of a scalar: nil, bool, int64, float64 or string
	text   string  // of a scalar, as it was written
	items  []*node // of a list; of an object its values, in order
	at     position
	keyAt  position
	key    string // in the object that holds it
	index  int    // in the list that holds it
	parent *node
	byKey  map[string]*node // of an object with many fields
	broken bool             // a scalar that cannot be read, which is reported
	hidden bool             // what stands there is sensitive: no problem quotes it
}

// manyFields is from how many fields on an object finds them in a map.
const manyFields = 12

// path is the JSON Pointer to the node.
func (n *node) path() string {
	var steps []string
	for ; n.parent != nil; n = n.parent {
		step := strings.NewReplacer("~", "~0", "/", "~1").Replace(n.key)
		if n.parent.kind == list {
			step = strconv.Itoa(n.index)
		}
		steps = append(steps, "/"+step)
	}
	slices.Reverse(steps)
	return strings.Join(steps, "")
}

// name is the node as a problem of its key has it: at the key's place.
func (n *node) name() *node {
	named := *n
	if n.keyAt.line > 0 {
		named.at = n.keyAt
	}
	return &named
}

// field gives the value of an object's field, nil if there is none.
func (n *node) field(key string) *node {
	if n == nil || n.kind != object {
		return nil
	}
	if n.byKey != nil {
		return n.byKey[key]
	}
	for _, item := range n.items {
		if item.key == key {
			return item
		}
	}
	return nil
}

// isNull says whether nothing is there: no node, or null.
func (n *node) isNull() bool {
	return n == nil || n.kind == scalar && n.value == nil
}

// plain gives the node as JSON values of its own: nil, bool, int64, float64, string, []any, map[string]any.
func (n *node) plain() any {
	switch {
	case n == nil:
		return nil
	case n.kind == list:
		items := make([]any, len(n.items))
		for i, item := range n.items {
			items[i] = item.plain()
		}
		return items
	case n.kind == object:
		return n.object()
	}
	return n.value
}

// object gives the fields of an object as JSON values; nil if it is none.
func (n *node) object() map[string]any {
	if n == nil || n.kind != object {
		return nil
	}
	fields := make(map[string]any, len(n.items))
	for _, item := range n.items {
		fields[item.key] = item.plain()
	}
	return fields
}

// fromPlain makes a node of JSON values. Numbers of other types become int64 or float64; fields stand in the order of their names.
func fromPlain(value any) *node {
	switch v := value.(type) {
	case map[string]any:
		n := &node{kind: object}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			n.put(key, fromPlain(v[key]))
		}
		return n
	case []any:
		n := &node{kind: list}
		for _, item := range v {
			n.append(fromPlain(item))
		}
		return n
	}
	return &node{value: plainScalar(value), text: scalarText(value)}
}

// put adds a field.
func (n *node) put(key string, value *node) {
	value.parent, value.key = n, key
	n.items = append(n.items, value)
	switch {
	case n.byKey != nil:
		n.byKey[key] = value
	case len(n.items) == manyFields:
		n.byKey = make(map[string]*node, 2*manyFields)
		for _, item := range n.items {
			n.byKey[item.key] = item
		}
	}
}

// append adds an item to a list.
func (n *node) append(item *node) {
	item.parent, item.index = n, len(n.items)
	n.items = append(n.items, item)
}

// copy gives the node as a document of its own, with its places.
func (n *node) copy() *node { return n.copyWith(nil) }

// copyWith is copy with other values at some of its places.
func (n *node) copyWith(others map[*node]any) *node {
	c := *n
	c.parent, c.items, c.byKey = nil, nil, nil
	if other, is := others[n]; is {
		c.kind, c.value, c.text = scalar, other, scalarText(other)
		return &c
	}
	for _, item := range n.items {
		if n.kind == list {
			c.append(item.copyWith(others))
		} else {
			c.put(item.key, item.copyWith(others))
		}
	}
	return &c
}

// equal says whether two nodes have the same content. Objects may have their fields in any order.
func (n *node) equal(other *node) bool {
	if n.kind != other.kind || n.value != other.value || len(n.items) != len(other.items) {
		return false
	}
	for i, item := range n.items {
		twin := other.items[i]
		if n.kind == object && twin.key != item.key {
			twin = other.field(item.key)
		}
		if twin == nil || !item.equal(twin) {
			return false
		}
	}
	return true
}
