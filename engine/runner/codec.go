package runner

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// How rows are written. All are JSON; a snapshot begins with the number of its format, so that another one can follow.

const snapshotFormat = 1

func encodeInstance(in *engine.Instance) ([]byte, error) {
	data, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	return append([]byte{snapshotFormat}, data...), nil
}

func decodeInstance(row []byte) (*engine.Instance, error) {
	in := &engine.Instance{}
	return in, decodeSnapshot(row, in)
}

// summary is what lists show of a snapshot.
type summary struct {
	engine.Header
	State     engine.State `json:"state"`
	EndedAt   time.Time    `json:"endedAt"`
	Incidents []struct{}   `json:"incidents"`
}

func decodeSummary(row []byte) (summary, error) {
	var s summary
	return s, decodeSnapshot(row, &s)
}

func decodeSnapshot(row []byte, into any) error {
	if len(row) == 0 || row[0] != snapshotFormat {
		return fmt.Errorf("a snapshot has a format that this Sonata does not know (it knows %d)", snapshotFormat)
	}
	return decode(row[1:], into)
}

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

// eventTypes are the events by the name of their type, which is how history names them.
var eventTypes = func() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, e := range engine.EventTypes() {
		t := reflect.TypeOf(e)
		types[t.Name()] = t
	}
	return types
}()

// historyRow is one step of an instance.
type historyRow struct {
	At     time.Time         `json:"at"`
	Events []json.RawMessage `json:"events"` // each {"type": "TokenEntered", …}
}

func encodeHistory(at time.Time, events []engine.Event) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"at":%q,"events":[`, at.Format(time.RFC3339Nano))
	for i, e := range events {
		body, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		name := reflect.TypeOf(e).Name()
		if eventTypes[name] == nil {
			return nil, fmt.Errorf("history has no name for events of type %T", e)
		}
		b.WriteString(`{"type":"` + name + `"`)
		if len(body) > len("{}") {
			b.WriteByte(',')
		}
		b.Write(body[1:])
	}
	b.WriteString("]}")
	return b.Bytes(), nil
}

func decodeHistory(row []byte) (time.Time, []engine.Event, error) {
	var h historyRow
	if err := decode(row, &h); err != nil {
		return time.Time{}, nil, err
	}
	events := make([]engine.Event, len(h.Events))
	for i, body := range h.Events {
		var err error
		if events[i], err = decodeEvent(body); err != nil {
			return time.Time{}, nil, err
		}
	}
	return h.At, events, nil
}

func decodeEvent(body []byte) (engine.Event, error) {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(body, &kind); err != nil {
		return nil, err
	}
	eventType := eventTypes[kind.Type]
	if eventType == nil {
		return nil, fmt.Errorf("history has an event of type %q, which this Sonata does not know", kind.Type)
	}
	e := reflect.New(eventType)
	if err := decode(body, e.Interface()); err != nil {
		return nil, err
	}
	return e.Elem().Interface().(engine.Event), nil
}
