package runner

import (
	"bytes"
	"math"
	"slices"

	"github.com/sonata-bpmn/sonata/engine"
)

const (
	defaultLimit = 100
	maxLimit     = 10_000
)

// Instance returns the state of an instance. Of an ended one, the header, the state and the variables of the process are
// left. The error is an [*engine.Rejection] with [engine.CodeNotFound] when there is none.
func (r *Runner) Instance(key engine.Key) (*engine.Instance, InstanceInfo, error) {
	var (
		in   *engine.Instance
		info InstanceInfo
	)
	err := r.store.View(func(tx ReadTx) (err error) {
		row := tx.Get(tableInstances, rowKey{}.key(key))
		if row == nil {
			return rejection(engine.CodeNotFound, "there is no process instance %s", key)
		}
		if in, err = decodeInstance(tx, r.symbols.Load(), row); err == nil {
			info = r.info(tx, r.registry.Load(), summaryOf(in))
		}
		return err
	})
	if err != nil {
		return nil, InstanceInfo{}, err
	}
	return in, info, nil
}

func summaryOf(in *engine.Instance) summary {
	return summary{Header: in.Header, State: in.State, EndedAt: in.EndedAt, LastID: in.LastID, Incidents: make([]struct{}, len(in.Incidents))}
}

func (r *Runner) info(tx ReadTx, g *registry, s summary) InstanceInfo {
	info := InstanceInfo{
		Header: s.Header, State: s.State, EndedAt: s.EndedAt, HasIncident: len(s.Incidents) > 0, Resting: r.resting.get(s.Key).reason,
		blocks: blocksOf(tx, s.Key, s.LastID),
	}
	if d := g.byKey[s.DefinitionKey]; d != nil {
		info.ProcessName, info.VersionTag = d.Name, d.VersionTag
	}
	return info
}

// infoOf is info where no transaction is at hand.
func (r *Runner) infoOf(s summary) (info InstanceInfo, err error) {
	if s.LastID>>blockBits == 0 { // nothing need be read
		return r.info(nil, r.registry.Load(), s), nil
	}
	err = r.store.View(func(tx ReadTx) error {
		info = r.info(tx, r.registry.Load(), s)
		return nil
	})
	return info, err
}

// Search lists instances in the order of their keys, which is that of their creation, and says whether there are more after the
// page. It reads what it lists and little more: each field of the filter has an index, or says which definitions or keys to look at.
func (r *Runner) Search(f Filter, p Page) (items []InstanceInfo, more bool, err error) {
	limit := min(p.Limit, maxLimit)
	if limit <= 0 {
		limit = defaultLimit
	}
	err = r.store.View(func(tx ReadTx) error {
		var failed error
		symbols := r.symbols.Load()
		r.matches(tx, f, p)(func(key engine.Key) bool {
			var s summary
			if s, failed = decodeSummary(symbols, tx.Get(tableInstances, rowKey{}.key(key))); failed != nil {
				return false
			}
			if more = len(items) == limit; more {
				return false
			}
			items = append(items, r.info(tx, r.registry.Load(), s))
			return true
		})
		return failed
	})
	if err != nil {
		return nil, false, err
	}
	return items, more, nil
}

// matches goes through the keys that every index of the filter has.
func (r *Runner) matches(tx ReadTx, f Filter, p Page) func(yield func(engine.Key) bool) {
	indexes := f.indexes(r.registry.Load(), walk{tx, p.Descending})
	oldest := f.oldest()
	from, step := max(p.After+1, oldest), engine.Key(1)
	if p.Descending {
		from, step = p.After-1, -1
		if p.After == 0 {
			from = math.MaxInt64
		}
	}
	return func(yield func(engine.Key) bool) {
		for {
			key, ok := meet(indexes, from)
			if !ok || key < oldest || !yield(key) {
				return
			}
			from = key + step
		}
	}
}

// oldest is the least key that an instance can have. A key is never of an earlier time than when it is given out.
func (f Filter) oldest() engine.Key {
	if f.Since.IsZero() {
		return 0
	}
	return engine.Key(min(max(f.Since.UnixMilli(), 0), math.MaxInt64>>keyShift) << keyShift)
}

// index finds the first key, from the given one on, in the direction of the walk.
type index func(from engine.Key) (engine.Key, bool)

// meet finds the first key that all indexes have: each in turn leaps to the key that the one before has found.
func meet(indexes []index, from engine.Key) (engine.Key, bool) {
	for agreed, i := 0, 0; agreed < len(indexes); i = (i + 1) % len(indexes) {
		key, ok := indexes[i](from)
		switch {
		case !ok:
			return 0, false
		case key == from:
			agreed++
		default:
			from, agreed = key, 1
		}
	}
	return from, true
}

// indexes are those that the filter names, or, if it names none, all instances.
func (f Filter) indexes(g *registry, w walk) []index {
	var found []index
	if f.Keys != nil {
		found = append(found, w.given(f.Keys))
	}
	if f.ParentKey != 0 {
		found = append(found, w.index(tableByParent, rowKey{}.key(f.ParentKey)))
	}
	if f.BusinessKey != "" {
		found = append(found, w.index(tableByBusinessKey, rowKey{}.text(f.BusinessKey)))
	}
	if f.Awaits != "" {
		found = append(found, w.awaiting(f.Awaits))
	}
	if jobs := w.working(f, g); jobs != nil {
		found = append(found, jobs)
	}
	classes, all := f.classes()
	definitions, anyDefinition := f.definitions(g)
	switch {
	case !all || !anyDefinition:
		var either []index
		for _, d := range definitions {
			for _, c := range classes {
				either = append(either, w.index(tableByDefinition, rowKey{}.key(d.Key).class(c)))
			}
		}
		found = append(found, w.union(either))
	case len(found) == 0:
		found = append(found, w.index(tableInstances, nil))
	}
	return found
}

// classes are those that the filter lets through; all says that it asks for nothing about them.
func (f Filter) classes() (classes []class, all bool) {
	for _, c := range []struct {
		class    class
		state    engine.State
		incident bool
	}{
		{classActive, engine.StateActive, false}, {classIncident, engine.StateActive, true},
		{classCompleted, engine.StateCompleted, false}, {classTerminated, engine.StateTerminated, false},
	} {
		if (f.State == "" || f.State == c.state) && (!f.Ended || c.state != engine.StateActive) && (f.HasIncident == nil || *f.HasIncident == c.incident) {
			classes = append(classes, c.class)
		}
	}
	return classes, f.State == "" && f.HasIncident == nil && !f.Ended
}

// definitions are those that the filter lets through; all says that it asks for nothing about them.
func (f Filter) definitions(g *registry) (found []*definition, all bool) {
	if all = f.DefinitionKey == 0 && f.Definitions == nil && f.ProcessID == "" && f.Version == 0; all {
		return g.all, true
	}
	for _, d := range g.all {
		if isOrAny(f.DefinitionKey, d.Key) && (f.Definitions == nil || slices.Contains(f.Definitions, d.Key)) &&
			isOrAny(f.ProcessID, d.ProcessID) && isOrAny(f.Version, d.Version) {
			found = append(found, d)
		}
	}
	return found, false
}

// isOrAny says whether a value is the one that is wanted, if one is.
func isOrAny[T comparable](want, value T) bool {
	var none T
	return want == none || want == value
}

// union finds the keys that any of the indexes has. It asks an index again only when the key that this found last is behind.
func (w walk) union(indexes []index) index {
	type head struct {
		key       engine.Key
		ok, known bool
	}
	heads := make([]head, len(indexes))
	before := func(a, b engine.Key) bool { return a < b != w.descending && a != b }
	return func(from engine.Key) (best engine.Key, found bool) {
		for i := range heads {
			h := &heads[i]
			if !h.known || h.ok && before(h.key, from) {
				h.key, h.ok = indexes[i](from)
				h.known = true
			}
			if h.ok && (!found || before(h.key, best)) {
				best, found = h.key, true
			}
		}
		return best, found
	}
}

// walk goes through indexes in one direction.
type walk struct {
	tx         ReadTx
	descending bool
}

// index finds keys in the rows that begin with the prefix and go on with an instance key.
func (w walk) index(table Table, prefix rowKey) index {
	return w.find(table, prefix, 1, func(from engine.Key) rowKey { return slices.Clone(prefix).key(from) })
}

// find finds keys in the rows that begin with the prefix, in which the instance key is the so manieth number from the end. The row of a key, or
// the one before all of its rows, is at a place.
func (w walk) find(table Table, prefix rowKey, number int, at func(from engine.Key) rowKey) index {
	return func(from engine.Key) (key engine.Key, ok bool) {
		found := func(row, _ []byte) bool {
			if ok = bytes.HasPrefix(row, prefix); ok {
				key = engine.Key(num(row, number))
			}
			return false
		}
		switch {
		case !w.descending:
			w.tx.Ascend(table, at(from), found)
		case number == 1:
			w.tx.Descend(table, at(from), found)
		default:
			w.tx.Descend(table, at(from).num(math.MaxInt64), found) // behind all rows of the key
		}
		return key, ok
	}
}

// given finds keys of a list, if there are such instances.
func (w walk) given(keys []engine.Key) index {
	sorted := slices.Compact(slices.Sorted(slices.Values(keys)))
	return func(from engine.Key) (engine.Key, bool) {
		at, found := slices.BinarySearch(sorted, from)
		step := 1
		if w.descending {
			step = -1
			if !found {
				at--
			}
		}
		for ; 0 <= at && at < len(sorted); at += step {
			if w.tx.Get(tableInstances, rowKey{}.key(sorted[at])) != nil {
				return sorted[at], true
			}
		}
		return 0, false
	}
}
