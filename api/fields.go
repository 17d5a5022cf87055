package api

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/engine"
)

// misspelt refuses a body with a field that nobody knows and that nearly is a field of the request which is not there: without its
// variables a process would start all the same. Any other field that nobody knows is left alone, as clients of other versions send some.
func misspelt(data []byte, request any) error {
	var given map[string]unread
	_ = json.Unmarshal(data, &given) // it can be read: so it was before
	known := fieldsOf(request)
	is := func(written string) func(string) bool {
		return func(field string) bool { return strings.EqualFold(written, field) } // as encoding/json reads them
	}
	names := slices.Sorted(maps.Keys(given))
	missing := slices.DeleteFunc(slices.Clone(known), func(field string) bool { return slices.ContainsFunc(names, is(field)) })
	for _, name := range names {
		if slices.ContainsFunc(known, is(name)) {
			continue
		}
		if meant := meantBy(name, missing); meant != "" {
			return invalid("field %q is not known; did you mean %q?", name, meant)
		}
	}
	return nil
}

// unread is a value that is passed over.
type unread struct{}

// UnmarshalJSON is part of json.Unmarshaler.
func (*unread) UnmarshalJSON([]byte) error { return nil }

// fieldsOf lists the fields of a request, in its order.
func fieldsOf(request any) []string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeOf(request).Elem()) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// meantBy gives the field that is nearest to what is written, else the first that it abbreviates: it begins with the same three letters
// and has letters of the field alone, in their order, as vars of variables.
func meantBy(written string, fields []string) string {
	if meant := engine.Nearest(written, fields...); meant != "" {
		return meant
	}
	for _, field := range fields {
		if len(written) >= 3 && strings.HasPrefix(field, written[:3]) && within(written, field) {
			return field
		}
	}
	return ""
}

// within says whether a word has all letters of another in their order.
func within(letters, word string) bool {
	for i := range len(letters) {
		at := strings.IndexByte(word, letters[i])
		if at < 0 {
			return false
		}
		word = word[at+1:]
	}
	return true
}
