package scenario

import (
	"cmp"
	"slices"

	"github.com/sonata-bpmn/sonata/cmd/sonata/play"
)

// Coverage says what of a process was played.
type Coverage struct {
	*play.Process
	entered, taken map[string]bool
}

// Elements counts the flow nodes that were entered, and all.
func (c *Coverage) Elements() (entered, all int) { return len(c.entered), len(c.Nodes) }

// Taken counts the sequence flows that were taken, and all.
func (c *Coverage) Taken() (taken, all int) { return len(c.taken), len(c.Flows) }

// Missed lists the flow nodes that were not entered and, if all were, the sequence flows that were not taken.
func (c *Coverage) Missed() (ids []string) {
	for _, n := range c.Nodes {
		if !c.entered[n.ID] {
			ids = append(ids, n.ID)
		}
	}
	if ids != nil {
		return ids
	}
	for _, f := range c.Flows {
		if !c.taken[f.ID] {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// Coverages collects what was played, by file and process.
type Coverages struct {
	byPlace map[coverageKey]*Coverage
}

type coverageKey struct{ file, process string }

// Add adds what a scenario has played. Processes that were deployed count, whether they were started or not.
func (c *Coverages) Add(r Result) {
	if c.byPlace == nil {
		c.byPlace = map[coverageKey]*Coverage{}
	}
	of := map[string]*Coverage{}
	for _, p := range r.Stage.Processes {
		key := coverageKey{p.Pos.File, p.ID}
		if c.byPlace[key] == nil {
			c.byPlace[key] = &Coverage{p, map[string]bool{}, map[string]bool{}}
		}
		of[p.ID] = c.byPlace[key]
	}
	processes := map[int]*Coverage{} // by instance
	for _, e := range r.Events {
		switch e.Kind {
		case play.InstanceStarted:
			processes[e.Instance] = of[e.Element]
		case play.ElementActivated:
			processes[e.Instance].entered[e.Element] = true
		case play.FlowTaken:
			processes[e.Instance].taken[e.Element] = true
			processes[e.Instance].entered[e.Source] = true // an event-based gateway that begins a process is entered by nothing else
		}
	}
}

// All lists the coverage of each process, by file.
func (c *Coverages) All() []*Coverage {
	var all []*Coverage
	for _, one := range c.byPlace {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b *Coverage) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.ID, b.ID))
	})
	return all
}
