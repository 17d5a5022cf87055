package runner

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
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

// historyRow is one step of an instance. Steps are stored in the order in which they happen, those of all instances one after the
// other, because adding at the end is what a store does fastest; each leads to the step of its instance before it.
type historyRow struct {
	instance engine.Key
	previous uint64 // its number, 0 if there is none
	at       time.Time
	events   []engine.Event
}

// encodeHistory writes a step, with each event after the name of its type.
func encodeHistory(symbols *codec.Symbols, h historyRow) ([]byte, error) {
	w := symbols.Begin(make([]byte, 0, 64+24*len(h.events)))
	w.Int(int64(h.instance))
	w.Int(int64(h.previous))
	w.Time(h.at)
	for _, e := range h.events {
		name := reflect.TypeOf(e).Name()
		if eventTypes[name] == nil {
			return nil, fmt.Errorf("history has no name for events of type %T", e)
		}
		w.Word(name)
		w.Value(e)
	}
	return w.End(), nil
}

// decodeLink reads where a step belongs, and returns what follows that.
func decodeLink(symbols *codec.Symbols, row []byte) (h historyRow, rest []byte, err error) {
	var previous int64
	if rest, err = symbols.DecodePart(row, &h.instance); err == nil {
		rest, err = symbols.DecodePart(rest, &previous)
	}
	h.previous = uint64(previous)
	return h, rest, err
}

func decodeHistory(symbols *codec.Symbols, row []byte) (historyRow, error) {
	h, row, err := decodeLink(symbols, row)
	if err == nil {
		row, err = symbols.DecodePart(row, &h.at)
	}
	for err == nil && len(row) > 0 {
		var name eventName
		if row, err = symbols.DecodePart(row, &name); err != nil {
			break
		}
		eventType := eventTypes[string(name)]
		if eventType == nil {
			return h, fmt.Errorf("history has an event of type %q, which this Sonata does not know", name)
		}
		e := reflect.New(eventType)
		row, err = symbols.DecodePart(row, e.Interface())
		h.events = append(h.events, e.Elem().Interface().(engine.Event))
	}
	return h, err
}

// storySteps is how many steps of a story are read in one transaction.
const storySteps = 100

// historyStep is a row of history with its number.
type historyStep struct {
	number uint64
	row    []byte
}

// stepsAfter lists the steps of an instance that have entries after the given one, newest first.
func stepsAfter(tx ReadTx, symbols *codec.Symbols, last, after uint64) (steps []historyStep, err error) {
	for number := last; number != 0; {
		row := tx.Get(tableHistory, rowKey{}.num(int64(number)))
		if row == nil {
			break // older history is not kept any more
		}
		steps = append(steps, historyStep{number, row})
		if number <= after {
			break // the entry is one of this step
		}
		h, _, err := decodeLink(symbols, row)
		if err != nil {
			return nil, err
		}
		number = h.previous
	}
	return steps, nil
}

// History lists what happened to an instance, oldest first: the entries after the one with the given Seq (0: from the start), at
// most limit (default 100, at most 10,000). It is empty when there is no such instance. It goes back through all steps after
// that entry, so who wants them all asks for the [Runner.Story].
func (r *Runner) History(key engine.Key, after uint64, limit int) (entries []Entry, err error) {
	if limit = min(limit, maxLimit); limit <= 0 {
		limit = defaultLimit
	}
	for entry, err := range r.Story(key, after) {
		if err != nil {
			return nil, err
		}
		if entries = append(entries, entry); len(entries) == limit {
			break
		}
	}
	return entries, nil
}

// Story yields what has happened to an instance until now, oldest first: the entries after the one with the given Seq (0: from the
// start). Its cost is that of what it yields: it goes back through the steps once, and keeps their numbers alone. No transaction is
// open while the caller looks at an entry.
func (r *Runner) Story(key engine.Key, after uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		s, steps, err := r.storyOf(key, after)
		for part := range slices.Chunk(steps, storySteps) {
			var entries []Entry
			if entries, err = r.entriesOf(s, part); err != nil {
				break
			}
			for _, entry := range entries {
				if entry.Seq > after && !yield(entry, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(Entry{}, err)
		}
	}
}

// storyOf finds the numbers of the steps of an instance that have entries after the given one, oldest first.
func (r *Runner) storyOf(key engine.Key, after uint64) (s summary, steps []uint64, err error) {
	err = r.store.View(func(tx ReadTx) error {
		row := tx.Get(tableInstances, rowKey{}.key(key))
		if row == nil {
			return nil
		}
		var last uint64
		if s, last, err = decodeSummaryAndLast(r.symbols.Load(), row); err != nil {
			return err
		}
		if newest := tx.Get(tableTails, rowKey{}.key(key)); newest != nil {
			last = uint64(num(newest, 1))
		}
		found, err := stepsAfter(tx, r.symbols.Load(), last, after)
		for _, step := range slices.Backward(found) {
			steps = append(steps, step.number)
		}
		return err
	})
	return s, steps, err
}

// entriesOf reads steps of an instance, but for those that are not kept any more.
func (r *Runner) entriesOf(s summary, steps []uint64) (entries []Entry, err error) {
	err = r.store.View(func(tx ReadTx) error {
		symbols := r.symbols.Load()
		for _, number := range steps {
			row := tx.Get(tableHistory, rowKey{}.num(int64(number)))
			if row == nil {
				continue
			}
			h, err := decodeHistory(symbols, row)
			if err != nil {
				return err
			}
			for i, e := range h.events {
				entries = append(entries, Entry{Seq: number + uint64(i), At: h.at, Instance: s.Key, Root: s.RootKey, ProcessID: s.ProcessID, Event: e})
			}
		}
		return nil
	})
	return entries, err
}
