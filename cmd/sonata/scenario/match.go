package scenario

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// differences says where a value is not as it is wanted: of objects, the fields that are wanted count, of lists, all items.
// null also means: not there.
func differences(path string, want, got any) []string {
	switch w := want.(type) {
	case map[string]any:
		fields, ok := got.(map[string]any)
		if !ok {
			break
		}
		var all []string
		for _, name := range slices.Sorted(maps.Keys(w)) {
			value, there := fields[name]
			if !there && w[name] != nil {
				all = append(all, fmt.Sprintf("%s: expected %s, but it is not there", join(path, name), short(w[name])))
				continue
			}
			all = append(all, differences(join(path, name), w[name], value)...)
		}
		return all
	case []any:
		items, ok := got.([]any)
		if !ok {
			break
		}
		if len(items) != len(w) {
			return []string{fmt.Sprintf("%s: expected %d items, got %d: %s", path, len(w), len(items), short(got))}
		}
		var all []string
		for i := range w {
			all = append(all, differences(fmt.Sprintf("%s[%d]", path, i), w[i], items[i])...)
		}
		return all
	}
	if equal(want, got) {
		return nil
	}
	return []string{fmt.Sprintf("%s: expected %s, got %s", path, short(want), short(got))}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// equal compares single values; numbers by their value.
func equal(a, b any) bool {
	switch x := a.(type) {
	case int64:
		if y, ok := b.(float64); ok {
			return float64(x) == y
		}
	case float64:
		if y, ok := b.(int64); ok {
			return x == float64(y)
		}
	case map[string]any, []any:
		return false // the other is of another kind
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}

// shortWidth is how much of a value is shown.
const shortWidth = 120

// short shows a value as JSON.
func short(value any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	text := []rune(strings.TrimSpace(b.String()))
	if len(text) > shortWidth {
		text = append(text[:shortWidth-1], '…')
	}
	return string(text)
}

// subsequence says which of the wanted words comes too late, or -1: all are there, in their order.
func subsequence(want, got []string) int {
	at := 0
	for i, w := range want {
		found := slices.Index(got[at:], w)
		if found < 0 {
			return i
		}
		at += found + 1
	}
	return -1
}
