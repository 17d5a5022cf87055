package api

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// kind is the type of a field that can be searched by.
type kind int

const (
	kindString kind = iota
	kindKey
	kindSubKey
	kindInt
	kindBool
	kindTime // compared as milliseconds since 1970
)

// field is one member of the items of a collection. get returns its value as a scalar: string, engine.Key, subKey, int64 or
// bool, as the kind says, or nil if the item has none.
type field[T any] struct {
	kind kind
	enum []string // the only values of a kindString; nil: any
	get  func(T) any
}

func stringField[T any](get func(T) string, enum ...string) field[T] {
	return field[T]{kindString, enum, func(item T) any { return orNil(get(item)) }}
}

func keyField[T any](get func(T) engine.Key) field[T] {
	return field[T]{kindKey, nil, func(item T) any { return orNil(get(item)) }}
}

func subKeyField[T any](get func(T) subKey) field[T] {
	return field[T]{kindSubKey, nil, func(item T) any { return orNil(get(item)) }}
}

func intField[T any](get func(T) int) field[T] {
	return field[T]{kindInt, nil, func(item T) any { return int64(get(item)) }}
}

func boolField[T any](get func(T) bool) field[T] {
	return field[T]{kindBool, nil, func(item T) any { return get(item) }}
}

func timeField[T any](get func(T) time.Time) field[T] {
	return field[T]{kindTime, nil, func(item T) any {
		if at := get(item); !at.IsZero() {
			return at.UnixMilli()
		}
		return nil
	}}
}

func orNil[S comparable](s S) any {
	var zero S
	if s == zero {
		return nil
	}
	return s
}

// condition is one comparison of a filter.
type condition struct {
	field    string
	operator string
	operand  any   // of the comparing operators: a scalar; of $exists: a bool
	operands []any // of $in and $notIn
}

// filter is the conditions of a search. All of them must hold and, if there are alternatives, all conditions of one of those.
type filter struct {
	all          []condition
	alternatives [][]condition
}

// equals is the one value that a field must have; ok is false if there is none.
func (f filter) equals(field string) (value any, ok bool) {
	for _, c := range f.all {
		if c.field == field && c.operator == "$eq" {
			return c.operand, true
		}
	}
	return nil, false
}

// operators lists what each kind can be asked beyond $eq, $neq, $exists, $in and $notIn.
var operators = map[kind][]string{
	kindString: {"$like"},
	kindInt:    {"$gt", "$gte", "$lt", "$lte"},
	kindTime:   {"$gt", "$gte", "$lt", "$lte"},
}

// parseFilter reads the filter of a search. Fields that the collection does not have are named, all at once.
func (c *collection[T]) parseFilter(raw map[string]json.RawMessage) (f filter, err error) {
	if alternatives, ok := raw["$or"]; ok {
		var groups []map[string]json.RawMessage
		if err := json.Unmarshal(alternatives, &groups); err != nil {
			return f, invalid("filter $or must be an array of objects")
		}
		for _, group := range groups {
			conditions, err := c.parseConditions(group)
			if err != nil {
				return f, err
			}
			f.alternatives = append(f.alternatives, conditions)
		}
	}
	top := maps.Clone(raw)
	delete(top, "$or")
	f.all, err = c.parseConditions(top)
	return f, err
}

func (c *collection[T]) parseConditions(raw map[string]json.RawMessage) (conditions []condition, err error) {
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		field, known := c.fields[name]
		switch {
		case string(raw[name]) == "null": // as if it were missing: clients write what they leave out like this
			continue
		case !known:
			unknown = append(unknown, name)
			continue
		}
		parsed, err := field.parse(name, raw[name])
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, parsed...)
	}
	if unknown != nil {
		return nil, invalid("%s cannot be searched by %s; the fields to search by are %s",
			c.name, strings.Join(unknown, ", "), strings.Join(slices.Sorted(maps.Keys(c.fields)), ", "))
	}
	return conditions, nil
}

// parse reads the conditions on one field: a plain value, or an object of operators.
func (f field[T]) parse(name string, raw json.RawMessage) ([]condition, error) {
	var object map[string]json.RawMessage
	if raw[0] != '{' {
		object = map[string]json.RawMessage{"$eq": raw}
	} else if err := json.Unmarshal(raw, &object); err != nil {
		return nil, invalid("filter %s is not valid JSON", name)
	}
	var conditions []condition
	for _, operator := range slices.Sorted(maps.Keys(object)) {
		c, err := f.condition(name, operator, object[operator])
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, c)
	}
	return conditions, nil
}

func (f field[T]) condition(name, operator string, raw json.RawMessage) (c condition, err error) {
	c = condition{field: name, operator: operator}
	switch {
	case operator == "$exists":
		c.operand, err = field[T]{kind: kindBool}.scalar(name+".$exists", raw)
	case operator == "$in" || operator == "$notIn":
		c.operands, err = f.scalars(name+"."+operator, raw)
	case operator == "$eq" || operator == "$neq":
		c.operand, err = f.scalar(name, raw)
	case !slices.Contains(operators[f.kind], operator):
		err = invalid("filter %s has no operator %q", name, operator)
	case operator == "$like": // a pattern is none of the enum's values
		c.operand, err = field[T]{kind: kindString}.scalar(name, raw)
	default:
		c.operand, err = f.scalar(name, raw)
	}
	return c, err
}

func (f field[T]) scalars(name string, raw json.RawMessage) ([]any, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, invalid("filter %s must be an array", name)
	}
	values := make([]any, len(list))
	for i, item := range list {
		var err error
		if values[i], err = f.scalar(name, item); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// scalar reads a value to compare a field with.
func (f field[T]) scalar(name string, raw json.RawMessage) (any, error) {
	var (
		text   string
		number int64
		yes    bool
	)
	switch f.kind {
	case kindKey, kindSubKey:
		key, err := engine.ParseKey(strings.Trim(string(raw), `"`)) // Camunda 8.7 and older have keys as numbers
		if err != nil || key < 0 {
			return nil, invalid("filter %s must be a key: a whole number, as a string", name)
		}
		if f.kind == kindSubKey {
			return subKey{key: key}, nil // its instance is looked for later, see ask.locate
		}
		return key, nil
	case kindInt:
		if json.Unmarshal(raw, &number) != nil {
			return nil, invalid("filter %s must be a whole number", name)
		}
		return number, nil
	case kindBool:
		if json.Unmarshal(raw, &yes) != nil {
			return nil, invalid("filter %s must be true or false", name)
		}
		return yes, nil
	case kindTime:
		var at time.Time
		if json.Unmarshal(raw, &at) != nil {
			return nil, invalid("filter %s must be a time such as \"2026-01-31T12:00:00Z\" (RFC 3339)", name)
		}
		return at.UnixMilli(), nil
	}
	if json.Unmarshal(raw, &text) != nil {
		return nil, invalid("filter %s must be a string", name)
	}
	if f.enum != nil && !slices.Contains(f.enum, text) {
		return nil, invalid("filter %s must be one of %s", name, strings.Join(f.enum, ", "))
	}
	return text, nil
}

// matches says whether an item passes the filter.
func (c *collection[T]) matches(f filter, item T) bool {
	pass := func(conditions []condition) bool {
		return !slices.ContainsFunc(conditions, func(k condition) bool { return !k.holds(c.fields[k.field].get(item)) })
	}
	return pass(f.all) && (f.alternatives == nil || slices.ContainsFunc(f.alternatives, pass))
}

// holds says whether a value, nil if there is none, meets the condition.
func (k condition) holds(value any) bool {
	switch k.operator {
	case "$eq":
		return value == k.operand
	case "$neq":
		return value != k.operand
	case "$exists":
		return (value != nil) == k.operand
	case "$in":
		return slices.Contains(k.operands, value)
	case "$notIn":
		return !slices.Contains(k.operands, value)
	}
	if value == nil {
		return false
	}
	switch k.operator {
	case "$like":
		return like(k.operand.(string), value.(string))
	case "$gt":
		return compare(value, k.operand) > 0
	case "$gte":
		return compare(value, k.operand) >= 0
	case "$lt":
		return compare(value, k.operand) < 0
	default: // "$lte"
		return compare(value, k.operand) <= 0
	}
}

// compare orders two scalars of one kind; nil comes last.
func compare(a, b any) int {
	switch x := a.(type) {
	case nil:
		if b == nil {
			return 0
		}
		return 1
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y)
		}
	case engine.Key:
		if y, ok := b.(engine.Key); ok {
			return cmp.Compare(x, y)
		}
	case subKey:
		if y, ok := b.(subKey); ok {
			return x.compare(y)
		}
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case bool:
		if y, ok := b.(bool); ok && x != y {
			if y {
				return -1
			}
			return 1
		} else if ok {
			return 0
		}
	}
	return -1 // b is nil
}

// like matches a pattern in which * stands for any text, ? for one character, and \ takes the meaning from the next. It
// returns to the last * only, so its time is bounded by the product of the lengths.
func like(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	star, mark, i, j := -1, 0, 0, 0
	for j < len(t) {
		literal := i < len(p) && p[i] != '*' && p[i] != '?'
		width := 1
		if literal && p[i] == '\\' && i+1 < len(p) {
			width = 2
		}
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i+width-1] == t[j]):
			i += width
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
