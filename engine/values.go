package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limits of JSON values.
const (
	// MaxDocument is the size in bytes of the largest JSON document that DecodeJSON reads.
	MaxDocument = 4 << 20
	// maxResult is about the size in bytes, as JSON, of the largest value that an expression may give.
	maxResult = 1 << 20
	maxDepth  = 64 // of nested lists and objects
)

// normalize turns a value into a JSON value of the engine, as DecodeJSON gives them. Times become RFC 3339 texts,
// durations ISO 8601 texts. What is a JSON value already is returned as it is, not copied; nothing is changed in place.
func normalize(value any) (any, error) {
	result, _, err := normalizeUpTo(value, maxResult)
	return result, err
}

// normalizeUpTo says too how much of the size is left.
func normalizeUpTo(value any, size int) (result any, left int, err error) {
	n := normalizer{left: size}
	if result, err = n.value(value, 0); err != nil {
		// Of several faults, which one is met first depends on Go's random map order. Once more in a fixed order.
		n = normalizer{left: size, ordered: true}
		result, err = n.value(value, 0)
	}
	return result, n.left, err
}

type normalizer struct {
	left    int // bytes of JSON that the value may still have, about
	ordered bool
}

func (n *normalizer) value(value any, depth int) (any, error) {
	if err := n.take(depth); err != nil {
		return nil, err
	}
	switch v := value.(type) {
	case nil, bool, int64:
		return v, nil
	case int:
		return int64(v), nil
	case float64:
		return canonical(v)
	case string:
		return n.text(v)
	case []any:
		return n.list(v, depth)
	case map[string]any:
		return n.object(v, depth)
	case json.Number:
		return parseNumber(string(v))
	case time.Time:
		return formatTime(v), nil
	case time.Duration:
		return formatDuration(v), nil
	}
	return n.reflected(reflect.ValueOf(value), depth)
}

// take counts a value.
func (n *normalizer) take(depth int) error {
	if n.left -= 4; n.left < 0 {
		return errors.New("the value is too large")
	}
	if depth > maxDepth {
		return fmt.Errorf("the value is nested deeper than %d levels", maxDepth)
	}
	return nil
}

func (n *normalizer) text(s string) (any, error) {
	if n.left -= len(s); n.left < 0 {
		return nil, errors.New("the value is too large")
	}
	return strings.ToValidUTF8(s, "\uFFFD"), nil
}

// list copies the list only if an element changes.
func (n *normalizer) list(list []any, depth int) (any, error) {
	result, copied := list, false
	for i, before := range list {
		after, err := n.value(before, depth+1)
		if err != nil {
			return nil, err
		}
		if !copied && !same(before, after) {
			result, copied = slices.Clone(list), true
		}
		if copied {
			result[i] = after
		}
	}
	return result, nil
}

// object copies the map only if a value changes.
func (n *normalizer) object(object map[string]any, depth int) (any, error) {
	result, copied := object, false
	keys := maps.Keys(object)
	if n.ordered {
		keys = slices.Values(slices.Sorted(keys))
	}
	for key := range keys {
		n.left -= len(key)
		after, err := n.value(object[key], depth+1)
		if err != nil {
			return nil, err
		}
		if !copied && !same(object[key], after) {
			result, copied = maps.Clone(object), true
		}
		if copied {
			result[key] = after
		}
	}
	return result, nil
}

// reflected handles types other than those of encoding/json.
func (n *normalizer) reflected(v reflect.Value, depth int) (any, error) {
	switch {
	case v.CanInt():
		return v.Int(), nil
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		return int64(v.Uint()), nil
	case v.CanFloat():
		return canonical(v.Float())
	case v.Kind() == reflect.Bool:
		return v.Bool(), nil
	case v.Kind() == reflect.String:
		return n.text(v.String())
	case v.Kind() == reflect.Slice || v.Kind() == reflect.Array:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = v.Index(i).Interface()
		}
		return n.list(list, depth)
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		object := make(map[string]any, v.Len())
		for key, value := range v.Seq2() {
			object[key.String()] = value.Interface()
		}
		return n.object(object, depth)
	}
	return nil, fmt.Errorf("a value of type %s cannot be a variable", v.Type())
}

// same says whether normalizing has left a value alone.
func same(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
	case nil, bool, int64, float64, string:
		return a == b
	}
	return false
}

// canonical makes a number without a fraction an int64, so that a value is the same before and after it was stored as JSON.
func canonical(f float64) (any, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, errors.New("the result is no finite number")
	}
	if f == math.Trunc(f) && f >= math.MinInt64 && f < math.MaxInt64 {
		return int64(f), nil
	}
	return f, nil
}

// parseNumber reads a JSON number.
func parseNumber(text string) (any, error) {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, errors.New("a number is too large")
	}
	if !strings.ContainsAny(text, ".eE") && strconv.FormatFloat(f, 'f', -1, 64) != text {
		return nil, errors.New("an integer of more than 64 bits would lose digits; send it as a text")
	}
	return canonical(f)
}

// setPath returns target with the value at a dotted path such as "order.id" (see checkPath). Objects on the way are made,
// in place of whatever else is there. Neither target nor any object in it is changed, as others share them.
func setPath(target map[string]any, path string, value any) map[string]any {
	name, rest, nested := strings.Cut(path, ".")
	if nested {
		inner, _ := target[name].(map[string]any)
		value = setPath(inner, rest, value)
	}
	result := make(map[string]any, len(target)+1)
	maps.Copy(result, target)
	result[name] = value
	return result
}

// kindOf names the type of a value inside of an expression; it never shows the value, which may be a secret.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a text"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	case time.Time:
		return "a time"
	case time.Duration:
		return "a duration"
	default:
		return "a number"
	}
}
