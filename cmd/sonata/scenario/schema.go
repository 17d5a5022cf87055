package scenario

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// Schema is the JSON Schema of scenario files, for editors. It is made of the same structs and tags as the decoder.
func Schema() ([]byte, error) {
	s := schemas{}
	root := s.of(reflect.TypeFor[File]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Sonata scenarios"
	root["description"] = "Tests of BPMN processes for sonata test; see docs/testing.md."
	root["$defs"] = s
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(root)
	return b.Bytes(), err
}

// schemas are the definitions, by the name of their type.
type schemas map[string]any

type object = map[string]any

// of gives the schema of a struct.
func (s schemas) of(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, f := range fieldsOf(t) {
		property := s.ref(f.typ)
		property["description"] = f.doc
		properties[f.name] = property
		if f.required {
			required = append(required, f.name)
		}
	}
	schema := object{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		schema["required"] = required
	} else if t == reflect.TypeFor[Step]() || t == reflect.TypeFor[Expect]() {
		schema["minProperties"] = 1
	}
	return schema
}

// ref gives the schema of a field's type.
func (s schemas) ref(t reflect.Type) object {
	switch t {
	case wordType:
		return object{"type": []string{"string", "number", "boolean"}}
	case valueType, templateType:
		return object{}
	case objectType:
		return object{"type": "object"}
	}
	if words := enums[t]; words != nil {
		return object{"enum": words}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.ref(t.Elem())
	case reflect.Struct:
		return s.define(t)
	case reflect.Slice:
		item := s.ref(t.Elem())
		return object{"anyOf": []any{object{"type": "array", "items": item}, item}}
	case reflect.Map:
		value := s.ref(t.Elem())
		if t.Elem().Kind() == reflect.Pointer {
			value = object{"anyOf": []any{value, object{"type": "null"}}}
		}
		return object{"type": "object", "additionalProperties": value}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int:
		return object{"type": "integer", "minimum": 0, "maximum": maxNumber}
	}
	return object{"type": []string{"string", "number", "boolean"}}
}

// define gives a reference to a struct's schema. Where one field may stand for all, a text is enough.
func (s schemas) define(t reflect.Type) object {
	if s[t.Name()] == nil {
		s[t.Name()] = object{} // for those that hold themselves
		schema := s.of(t)
		for _, f := range fieldsOf(t) {
			if f.short {
				schema = object{"anyOf": []any{object{"type": []string{"string", "number", "boolean"}}, schema}}
			}
		}
		s[t.Name()] = schema
	}
	return object{"$ref": "#/$defs/" + t.Name()}
}
