package runner

import (
	"fmt"
	"reflect"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner/codec"
)

// eventTypes are the events by the name of their type, which is how history names them.
var eventTypes = func() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, e := range engine.EventTypes() {
		t := reflect.TypeOf(e)
		types[t.Name()] = t
	}
	return types
}()

// eventName is written as a symbol.
type eventName string

// encodeHistory writes a step: when it was, then each event after the name of its type.
func encodeHistory(symbols *codec.Symbols, at time.Time, events []engine.Event) ([]byte, error) {
	row := symbols.Append(make([]byte, 0, 64+32*len(events)), at)
	for _, e := range events {
		name := reflect.TypeOf(e).Name()
		if eventTypes[name] == nil {
			return nil, fmt.Errorf("history has no name for events of type %T", e)
		}
		row = symbols.Append(symbols.Append(row, eventName(name)), e)
	}
	return row, nil
}

func decodeHistory(symbols *codec.Symbols, row []byte) (at time.Time, events []engine.Event, err error) {
	row, err = symbols.DecodePart(row, &at)
	for err == nil && len(row) > 0 {
		var name eventName
		if row, err = symbols.DecodePart(row, &name); err != nil {
			break
		}
		eventType := eventTypes[string(name)]
		if eventType == nil {
			return at, nil, fmt.Errorf("history has an event of type %q, which this Sonata does not know", name)
		}
		e := reflect.New(eventType)
		row, err = symbols.DecodePart(row, e.Interface())
		events = append(events, e.Elem().Interface().(engine.Event))
	}
	return at, events, err
}
