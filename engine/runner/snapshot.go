package runner

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner/codec"
)

// A snapshot is the number of its format, the number of the instance's last step in history, the list of the scopes whose data
// stands apart, and the instance without that data. Data
// that is large stands in a row of its own for each scope, which is written only when the data changes: an instance that takes
// a hundred small steps with a large document writes the document once.

const snapshotFormat = 2

// apartFrom is the weight from which on the data of a scope stands apart, in bytes, about.
const apartFrom = 512

// apart is the data of a scope in a row of its own.
type apart struct {
	Variables map[string]any `json:"variables,omitempty"`
	Items     []any          `json:"items,omitempty"` // of a looping activity
}

// dataOf is what of a scope can stand apart.
func dataOf(s *engine.Scope) apart {
	data := apart{Variables: s.Variables}
	if s.Loop != nil {
		data.Items = s.Loop.Items
	}
	return data
}

// large decides whether the data stands apart. It depends on nothing but the data.
func (a apart) large() bool {
	left := weigh(a.Variables, apartFrom)
	for i := 0; i < len(a.Items) && left > 0; i++ {
		left = weigh(a.Items[i], left)
	}
	return left <= 0
}

// weigh subtracts the weight of a value from what is left, and stops when nothing is.
func weigh(value any, left int) int {
	left -= 8
	switch v := value.(type) {
	case string:
		left -= len(v)
	case []any:
		for i := 0; i < len(v) && left > 0; i++ {
			left = weigh(v[i], left)
		}
	case map[string]any:
		if left <= 8*len(v) { // also because of this, the order in which the members are met decides nothing
			return 0
		}
		total := 0
		for name, inner := range v {
			total += len(name) + left - weigh(inner, left)
		}
		left -= total
	}
	return left
}

// same says that the data is the very same in memory: data is replaced, never changed.
func (a apart) same(b apart) bool {
	return reflect.ValueOf(a.Variables).Pointer() == reflect.ValueOf(b.Variables).Pointer() &&
		len(a.Items) == len(b.Items) && reflect.ValueOf(a.Items).Pointer() == reflect.ValueOf(b.Items).Pointer()
}

// split takes the large data out of an instance: it returns the scopes that it was in, and the instance without it.
func split(in *engine.Instance) (scopes []engine.ID, rest *engine.Instance) {
	for i := range in.Scopes {
		if dataOf(&in.Scopes[i]).large() {
			scopes = append(scopes, in.Scopes[i].ID)
		}
	}
	if scopes == nil {
		return nil, in
	}
	copied := *in
	copied.Scopes = make([]engine.Scope, len(in.Scopes))
	next := 0
	for i, s := range in.Scopes {
		if next < len(scopes) && s.ID == scopes[next] {
			next++
			s.Variables = nil
			if s.Loop != nil {
				loop := *s.Loop
				loop.Items = nil
				s.Loop = &loop
			}
		}
		copied.Scopes[i] = s
	}
	return scopes, &copied
}

func encodeSnapshot(symbols *codec.Symbols, last uint64, scopes []engine.ID, rest *engine.Instance) []byte {
	w := symbols.Begin(append(make([]byte, 0, 192), snapshotFormat))
	w.Int(int64(last))
	w.Value(scopes)
	w.Value(rest)
	return w.End()
}

// readSnapshot reads what comes before the instance.
func readSnapshot(symbols *codec.Symbols, row []byte) (last uint64, scopes []engine.ID, rest []byte, err error) {
	if len(row) == 0 || row[0] != snapshotFormat {
		return 0, nil, nil, fmt.Errorf("a snapshot has a format that this Sonata does not know (it knows %d)", snapshotFormat)
	}
	var number int64
	if rest, err = symbols.DecodePart(row[1:], &number); err == nil {
		rest, err = symbols.DecodePart(rest, &scopes)
	}
	return uint64(number), scopes, rest, err
}

// decodeInstance reads a snapshot, and what of it stands apart.
func decodeInstance(tx ReadTx, symbols *codec.Symbols, row []byte) (*engine.Instance, error) {
	h, err := decodeHeld(tx, symbols, row)
	if err != nil {
		return nil, err
	}
	return h.in, nil
}

// decodeHeld reads an instance: its snapshot, and what has happened since.
func decodeHeld(tx ReadTx, symbols *codec.Symbols, row []byte) (*held, error) {
	last, scopes, rest, err := readSnapshot(symbols, row)
	if err != nil {
		return nil, err
	}
	in := &engine.Instance{}
	if err := symbols.Decode(rest, in); err != nil {
		return nil, err
	}
	if err := join(tx, symbols, in, scopes); err != nil {
		return nil, err
	}
	h := &held{in: in, last: last, stored: in, size: len(row)}
	if newest := tx.Get(tableTails, rowKey{}.key(in.Key)); newest != nil {
		err = h.replay(tx, symbols, uint64(num(newest, 1)))
	}
	return h, err
}

// replay applies the steps since the snapshot.
func (h *held) replay(tx ReadTx, symbols *codec.Symbols, newest uint64) error {
	steps, err := stepsAfter(tx, symbols, newest, h.last)
	if err != nil {
		return err
	}
	if len(steps) == 0 || steps[len(steps)-1].number != h.last {
		return fmt.Errorf("steps between number %d, of the snapshot, and %d are missing in the history", h.last, newest)
	}
	for _, step := range slices.Backward(steps[:len(steps)-1]) {
		made, err := decodeHistory(symbols, step.row)
		if err != nil {
			return err
		}
		h.in = engine.Replay(h.in, made.events)
		h.since += len(step.row)
	}
	h.last = newest
	return nil
}

// join gives the scopes the data that stands apart.
func join(tx ReadTx, symbols *codec.Symbols, in *engine.Instance, scopes []engine.ID) error {
	for _, id := range scopes {
		var data apart
		s := in.Scope(id)
		found := tx.Get(tableVariables, rowKey{}.sub(in.Key, id))
		if s == nil || found == nil {
			return fmt.Errorf("the variables of scope %d are missing", id)
		}
		if err := symbols.Decode(found, &data); err != nil {
			return err
		}
		s.Variables = data.Variables
		if s.Loop != nil {
			s.Loop.Items = data.Items
		}
	}
	return nil
}

// summary is what lists show of a snapshot.
type summary struct {
	engine.Header
	State     engine.State `json:"state"`
	EndedAt   time.Time    `json:"endedAt"`
	LastID    engine.ID    `json:"lastId"`
	Incidents []struct{}   `json:"incidents"`
}

func decodeSummary(symbols *codec.Symbols, row []byte) (s summary, err error) {
	s, _, err = decodeSummaryAndLast(symbols, row)
	return s, err
}

func decodeSummaryAndLast(symbols *codec.Symbols, row []byte) (s summary, last uint64, err error) {
	last, _, rest, err := readSnapshot(symbols, row)
	if err != nil {
		return s, 0, err
	}
	return s, last, symbols.DecodeSome(rest, &s)
}

// deferFrom is the size of a snapshot, in bytes, from which on it is not written in each batch.
var deferFrom = 16 << 10

// saveSnapshots stores each instance that has changed in this batch, once. The snapshot of a large one is written when the steps
// since the last one have as many bytes, so that the cost of many small steps does not grow with the instance; in between its history
// is what is stored of it. What lists show is always in the snapshot.
func (b *batch) saveSnapshots(tx Tx) (err error) {
	for _, key := range slices.Sorted(maps.Keys(b.changed)) {
		c := b.changed[key]
		h, row := c.held, rowKey{}.key(key)
		if h.since += c.bytes; h.size >= deferFrom && h.since < h.size && classOf(h.stored) == classOf(c.in) {
			if err = tx.Put(tableTails, row, rowKey{}.num(int64(c.last))); err != nil {
				return err
			}
			continue
		}
		if h.since > c.bytes {
			err = tx.Delete(tableTails, row)
		}
		if err == nil {
			h.size, err = b.saveSnapshot(tx, c)
		}
		if err != nil {
			return err
		}
		h.stored, h.since = c.in, 0
	}
	return nil
}

// saveSnapshot writes the snapshot of an instance, and of its large data what has changed since the one before. It returns the size of
// the snapshot.
func (b *batch) saveSnapshot(tx Tx, c change) (size int, err error) {
	in, before := c.in, c.held.stored
	scopes, rest := split(in)
	had := largeScopes(before)
	for _, id := range scopes {
		data := dataOf(in.Scope(id))
		if !had[id] || !data.same(dataOf(before.Scope(id))) {
			err = errors.Join(err, tx.Put(tableVariables, rowKey{}.sub(in.Key, id), b.symbols.Append(nil, data)))
		}
		delete(had, id)
	}
	for id := range had {
		err = errors.Join(err, tx.Delete(tableVariables, rowKey{}.sub(in.Key, id)))
	}
	row := encodeSnapshot(b.symbols, c.last, scopes, rest)
	return len(row), errors.Join(err, tx.Put(tableInstances, rowKey{}.key(in.Key), row))
}

// largeScopes are the scopes whose data stands apart.
func largeScopes(in *engine.Instance) map[engine.ID]bool {
	var large map[engine.ID]bool
	for i := 0; in != nil && i < len(in.Scopes); i++ {
		if s := &in.Scopes[i]; dataOf(s).large() {
			if large == nil {
				large = map[engine.ID]bool{}
			}
			large[s.ID] = true
		}
	}
	return large
}
