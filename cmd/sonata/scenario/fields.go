package scenario

import (
	"reflect"
	"strings"
	"sync"
)

// field is a field of a struct of the format.
type field struct {
	name, doc       string
	required, short bool
	index           []int
	typ             reflect.Type
}

// known are the fields of the structs that were asked for before.
var known sync.Map

// fieldsOf lists the fields of a struct, those of the structs that it embeds included.
func fieldsOf(t reflect.Type) []field {
	if fields, ok := known.Load(t); ok {
		return fields.([]field)
	}
	fields := readFields(t)
	known.Store(t, fields)
	return fields
}

func readFields(t reflect.Type) []field {
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		tag, tagged := f.Tag.Lookup("yaml")
		if !tagged || tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		fields = append(fields, field{
			name: name, doc: f.Tag.Get("doc"), index: f.Index, typ: f.Type,
			required: strings.Contains(options, "required"), short: strings.Contains(options, "short"),
		})
	}
	return fields
}

func namesOf(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}
