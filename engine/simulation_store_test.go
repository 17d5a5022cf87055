package engine_test

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/sonata-bpmn/sonata/engine"
)

// stored writes an instance as JSON and reads it again, as every store does: what is not written is lost.
func stored(in *engine.Instance) (*engine.Instance, error) {
	data, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	out := &engine.Instance{}
	if err := d.Decode(out); err != nil {
		return nil, err
	}
	wholeNumbers(reflect.ValueOf(out).Elem())
	return out, nil
}

// wholeNumbers makes int64 of the numbers in v; random processes have no others.
func wholeNumbers(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			wholeNumbers(v.Elem())
		}
	case reflect.Struct:
		for field, value := range v.Fields() {
			if field.IsExported() {
				wholeNumbers(value)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			wholeNumbers(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			wholeNumbers(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Interface:
		if n, ok := reflect.TypeAssert[json.Number](v); ok {
			i, err := n.Int64()
			if err != nil {
				panic(err)
			}
			v.Set(reflect.ValueOf(i))
		} else if !v.IsNil() {
			wholeNumbers(v.Elem())
		}
	}
}
