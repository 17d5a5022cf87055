package runner

import (
	"bytes"
	"slices"

	"github.com/sonata-bpmn/sonata/engine"
)

// Finding instances by what is inside of them: by the tables in which that waits for its event.

// Bounds of what is gone through to find jobs; beyond them all instances are.
const (
	maxHeldJobs = 10_000
	maxJobTypes = 1000
)

// awaiting finds who waits for a message: each subscription has one row by the reference to its instance.
func (w walk) awaiting(name string) index {
	prefix := append(rowKey{}.text(name), byte(byReference))
	return w.find(tableAwaited, prefix, 2, func(from engine.Key) rowKey { return slices.Clone(prefix).text(from.String()) })
}

// working finds who has jobs that are not done: available ones, those that are held, and, as these are in no list, whoever has an incident. It is
// nil if the filter does not ask for that, or too much would have to be gone through.
func (w walk) working(f Filter, g *registry) index {
	types := []rowKey{rowKey{}.text(f.JobType)}
	switch {
	case f.JobType != "":
	case f.Jobs:
		types = w.jobTypes()
	default:
		return nil
	}
	held, few := w.heldJobs()
	if !few || len(types) > maxJobTypes {
		return nil
	}
	either := []index{w.given(held)}
	for _, prefix := range types {
		either = append(either, w.find(tableJobs, prefix, 2, func(from engine.Key) rowKey { return slices.Clone(prefix).key(from) }))
	}
	for _, d := range g.all {
		either = append(either, w.index(tableByDefinition, rowKey{}.key(d.Key).class(classIncident)))
	}
	return w.union(either)
}

// heldJobs lists the instances of the jobs that become available again by themselves, if there are few.
func (w walk) heldJobs() (instances []engine.Key, few bool) {
	few = true
	w.tx.Ascend(tableJobTimers, nil, func(row, _ []byte) bool {
		instances = append(instances, engine.Key(num(row, 2)))
		few = len(instances) <= maxHeldJobs
		return few
	})
	return instances, few
}

// jobTypes lists how the rows of each type begin, leaping from one to the next; a few too many show that there are more.
func (w walk) jobTypes() (prefixes []rowKey) {
	const numbers = 2 * 8 // instance and subscription
	for from := []byte(nil); len(prefixes) <= maxJobTypes; {
		var prefix rowKey
		w.tx.Ascend(tableJobs, from, func(row, _ []byte) bool {
			prefix = bytes.Clone(row[:len(row)-numbers])
			return false
		})
		if prefix == nil {
			break
		}
		prefixes = append(prefixes, prefix)
		from = append(bytes.Clone(prefix), bytes.Repeat([]byte{0xff}, numbers+1)...)
	}
	return prefixes
}
