package scenario

import (
	"cmp"
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/cmd/sonata/play"
)

// Coverage says what of a process was played.
type Coverage struct {
	*play.Process
	entered, taken map[string]int    // how often, by id
	undoes         map[string]string // the compensation event, by the activity that it leads to
}

func newCoverage(p *play.Process) *Coverage {
	c := &Coverage{p, map[string]int{}, map[string]int{}, map[string]string{}}
	c.associate(&p.Container)
	return c
}

// associate finds the compensation events. No token enters one: it is played when its handler is (§10.5.5, Compensation Event).
func (c *Coverage) associate(in *bpmn.Container) {
	for _, a := range in.Associations {
		if n := c.Node(a.SourceRef); n != nil && n.Kind == "boundaryEvent" && c.Node(a.TargetRef) != nil {
			c.undoes[a.TargetRef] = a.SourceRef
		}
	}
	for _, n := range in.FlowNodes {
		if n.Body != nil {
			c.associate(n.Body)
		}
	}
}

// Times says how often a flow node was entered, or a sequence flow taken.
func (c *Coverage) Times(id string) int { return c.entered[id] + c.taken[id] }

// Elements counts the flow nodes that were entered, and all.
func (c *Coverage) Elements() (entered, all int) { return len(c.entered), len(c.Nodes) }

// Taken counts the sequence flows that were taken, and all.
func (c *Coverage) Taken() (taken, all int) { return len(c.taken), len(c.Flows) }

// Missed lists the flow nodes that were not entered and, if all were, the sequence flows that were not taken.
func (c *Coverage) Missed() (ids []string) {
	for _, n := range c.Nodes {
		if c.entered[n.ID] == 0 {
			ids = append(ids, n.ID)
		}
	}
	if ids != nil {
		return ids
	}
	for _, f := range c.Flows {
		if c.taken[f.ID] == 0 {
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
			c.byPlace[key] = newCoverage(p)
		}
		of[p.ID] = c.byPlace[key]
	}
	processes := map[int]*Coverage{} // by instance
	for _, e := range r.Events {
		switch e.Kind {
		case play.InstanceStarted:
			processes[e.Instance] = of[e.Element]
		case play.ElementActivated:
			c := processes[e.Instance]
			c.entered[e.Element]++
			if event := c.undoes[e.Element]; event != "" {
				c.entered[event]++
			}
		case play.FlowTaken:
			c := processes[e.Instance]
			c.taken[e.Element]++
			c.entered[e.Source] = max(c.entered[e.Source], 1) // an event-based gateway that begins a process is entered by nothing else
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
