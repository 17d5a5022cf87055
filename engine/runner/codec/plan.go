package codec

import (
	"encoding/binary"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// plan is how values of a Go type are written and read.
type plan struct {
	write  func(e *encoder, v reflect.Value)
	read   func(d *decoder, v reflect.Value) error
	fields []field // of a struct
}

// field is one of a struct, or of a struct embedded in it, as encoding/json sees them.
type field struct {
	name  string
	index []int
	plan  *plan
}

var plans sync.Map // reflect.Type: *plan

var (
	timeType  = reflect.TypeFor[time.Time]()
	anyType   = reflect.TypeFor[any]()
	bytesKind = reflect.Uint8
)

// planOf makes the plan of a type once. A type may contain itself: its plan is known before it is complete, and its users look it
// up when they are used.
func planOf(t reflect.Type) *plan {
	if known, ok := plans.Load(t); ok {
		return known.(*plan)
	}
	p := &plan{}
	p.build(t)
	known, _ := plans.LoadOrStore(t, p)
	return known.(*plan)
}

// lazily gives the plan of a type when it is first used.
func lazily(t reflect.Type) func() *plan { return sync.OnceValue(func() *plan { return planOf(t) }) }

func (p *plan) build(t reflect.Type) {
	switch {
	case t == timeType:
		p.write = func(e *encoder, v reflect.Value) { e.timeOf(v) }
		p.read = readTime
	case t == anyType:
		p.write = func(e *encoder, v reflect.Value) { e.any(v.Interface()) }
		p.read = readAny
	case t.Kind() == reflect.Struct:
		p.buildStruct(t)
	case t.Kind() == reflect.Pointer:
		p.buildPointer(t)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == bytesKind:
		p.write = func(e *encoder, v reflect.Value) {
			if !e.isNil(v) {
				e.bytes(v.Bytes())
			}
		}
		p.read = readBytes
	case t.Kind() == reflect.Slice:
		p.buildSlice(t)
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		p.buildMap(t)
	default:
		p.buildScalar(t)
	}
}

func (p *plan) buildScalar(t reflect.Type) {
	switch t.Kind() {
	case reflect.String:
		p.write = func(e *encoder, v reflect.Value) { e.word(v.String()) }
		p.read = readString
	case reflect.Bool:
		p.write = func(e *encoder, v reflect.Value) { e.bool(v.Bool()) }
		p.read = readBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.write = func(e *encoder, v reflect.Value) { e.int(v.Int()) }
		p.read = readInt
	case reflect.Float32, reflect.Float64:
		p.write = func(e *encoder, v reflect.Value) { e.float(v.Float()) }
		p.read = readFloat
	default:
		panic("codec: values of type " + t.String() + " cannot be written")
	}
}

// isNil writes a nil, if the value is one.
func (e *encoder) isNil(v reflect.Value) bool {
	if v.IsNil() {
		e.row = append(e.row, tagNil)
		return true
	}
	return false
}

func (e *encoder) timeOf(v reflect.Value) {
	at, _ := reflect.TypeAssert[time.Time](v)
	e.time(at)
}

func (p *plan) buildPointer(t reflect.Type) {
	elem := lazily(t.Elem())
	p.write = func(e *encoder, v reflect.Value) {
		if !e.isNil(v) {
			elem().write(e, v.Elem())
		}
	}
	p.read = func(d *decoder, v reflect.Value) error {
		if d.isNil() {
			return nil
		}
		v.Set(reflect.New(t.Elem()))
		return elem().read(d, v.Elem())
	}
}

func (p *plan) buildSlice(t reflect.Type) {
	elem := lazily(t.Elem())
	p.write = func(e *encoder, v reflect.Value) {
		if e.isNil(v) {
			return
		}
		e.count(tagList, v.Len())
		for i := range v.Len() {
			elem().write(e, v.Index(i))
		}
	}
	p.read = func(d *decoder, v reflect.Value) error {
		n, present, err := d.count(tagList)
		if err != nil || !present {
			return err
		}
		v.Set(reflect.MakeSlice(t, 0, min(n, d.left())))
		for range n {
			item := reflect.New(t.Elem()).Elem()
			if err := elem().read(d, item); err != nil {
				return err
			}
			v.Set(reflect.Append(v, item))
		}
		return nil
	}
}

func (p *plan) buildMap(t reflect.Type) {
	elem := lazily(t.Elem())
	p.write = func(e *encoder, v reflect.Value) {
		if e.isNil(v) {
			return
		}
		if object, ok := reflect.TypeAssert[map[string]any](v); ok {
			e.object(object)
			return
		}
		e.row = append(e.row, tagObject)
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			e.name(key.String())
			elem().write(e, v.MapIndex(key))
		}
		e.row = append(e.row, nameEnd)
	}
	p.read = func(d *decoder, v reflect.Value) error {
		return d.members(func() { v.Set(reflect.MakeMap(t)) }, func(name string) error {
			item := reflect.New(t.Elem()).Elem()
			if err := elem().read(d, item); err != nil {
				return err
			}
			v.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), item)
			return nil
		})
	}
}

func (p *plan) buildStruct(t reflect.Type) {
	p.fields = fieldsOf(t, nil)
	p.write = func(e *encoder, v reflect.Value) {
		e.row = append(e.row, tagObject)
		numbers := e.symbols.fieldNumbers(p)
		for i := range p.fields {
			f := &p.fields[i]
			value := v.Field(f.index[0])
			for _, at := range f.index[1:] {
				value = value.Field(at)
			}
			switch {
			case value.IsZero():
				continue
			case numbers[i] != 0:
				e.row = binary.AppendUvarint(e.row, numbers[i])
			default:
				e.name(f.name)
			}
			f.plan.write(e, value)
		}
		e.row = append(e.row, nameEnd)
	}
	p.read = func(d *decoder, v reflect.Value) error {
		next := 0
		return d.members(func() {}, func(name string) error {
			f := p.field(name, next)
			if f < 0 {
				return d.unknown(name, t)
			}
			next = f + 1
			return p.fields[f].plan.read(d, v.FieldByIndex(p.fields[f].index))
		})
	}
}

// field finds a field by its name. The fields of a row are in the order of the struct.
func (p *plan) field(name string, from int) int {
	for i := from; i < len(p.fields); i++ {
		if p.fields[i].name == name {
			return i
		}
	}
	return slices.IndexFunc(p.fields, func(f field) bool { return f.name == name })
}

// fieldsOf lists the fields of a struct by the names that they have in JSON.
func fieldsOf(t reflect.Type, at []int) (fields []field) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(slices.Clone(at), i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			fields = append(fields, fieldsOf(f.Type, index)...)
		case !f.IsExported() || name == "-":
		default:
			if name == "" {
				name = f.Name
			}
			fields = append(fields, field{name, index, planOf(f.Type)})
		}
	}
	return fields
}

// FieldNames lists the names of the fields of the types and of everything in them, sorted: what rows of them have as symbols.
func FieldNames(types ...reflect.Type) []string {
	names, done := map[string]bool{}, map[reflect.Type]bool{}
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		if done[t] || t == timeType {
			return
		}
		done[t] = true
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			visit(t.Elem())
		case reflect.Struct:
			for _, f := range planOf(t).fields {
				names[f.name] = true
				visit(t.FieldByIndex(f.index).Type)
			}
		}
	}
	for _, t := range types {
		visit(t)
	}
	return slices.Sorted(maps.Keys(names))
}
