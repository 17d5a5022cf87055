package runner

import (
	"bytes"
	"encoding/json"
	"reflect"
	"time"
)

// How rows are written that are few: as JSON. Those of which there are many for each instance are binary; see snapshot.go,
// history.go and outbox.go.

// encode is json.Marshal of a row that cannot fail: its values come from JSON.
func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

// decode reads a row. Numbers in values of type any become int64 or float64, as the engine has them.
func decode(row []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(row))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	settleNumbers(reflect.ValueOf(into))
	return nil
}

var timeType = reflect.TypeFor[time.Time]()

// settleNumbers replaces each json.Number within v.
func settleNumbers(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			settleNumbers(v.Elem())
		}
	case reflect.Struct:
		if v.Type() == timeType {
			return
		}
		for _, field := range v.Fields() {
			settleNumbers(field)
		}
	case reflect.Slice:
		if k := v.Type().Elem().Kind(); k == reflect.Struct || k == reflect.Pointer || k == reflect.Interface {
			for i := range v.Len() {
				settleNumbers(v.Index(i))
			}
		}
	case reflect.Map:
		if values, ok := reflect.TypeAssert[map[string]any](v); ok {
			settled(values)
		}
	case reflect.Interface:
		if !v.IsNil() && v.NumMethod() == 0 {
			v.Set(reflect.ValueOf(settled(v.Interface())))
		}
	}
}

// settled replaces each json.Number within a JSON value, in place where it can.
func settled(value any) any {
	switch v := value.(type) {
	case json.Number:
		return settledNumber(v)
	case map[string]any:
		for name, inner := range v {
			v[name] = settled(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = settled(inner)
		}
	}
	return value
}

func settledNumber(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	f, _ := n.Float64() // what was stored was a number
	return f
}
