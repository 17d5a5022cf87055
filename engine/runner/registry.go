package runner

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// definitionRow is a definition as it is stored: with what must be known of it before it is compiled.
type definitionRow struct {
	Definition
	Resource engine.Key               `json:"resource"`
	Sum      []byte                   `json:"sum"` // SHA-256 of the resource
	Starts   []engine.Start           `json:"starts,omitempty"`
	Consume  []string                 `json:"consume,omitempty"`
	Publish  []string                 `json:"publish,omitempty"`
	Keyed    []string                 `json:"keyed,omitempty"` // topics of whose messages expressions of the process take keys
	Lives    map[string]time.Duration `json:"lives,omitempty"` // how long messages that nobody awaits are kept, by topic
}

type definition struct {
	definitionRow
	// compiled is nil until it is needed, and for good where fault says why it cannot be had. The loop alone uses them.
	compiled *engine.Process
	fault    error
}

// registry is what is deployed. It is never changed: a deployment makes a new one.
type registry struct {
	all       []*definition // ascending by key
	byKey     map[engine.Key]*definition
	byProcess map[string][]*definition // ascending by version
	keyed     map[string][]*definition // by topic, those that take keys from its messages
}

func newRegistry(all []*definition) *registry {
	g := &registry{all: all, byKey: map[engine.Key]*definition{}, byProcess: map[string][]*definition{}, keyed: map[string][]*definition{}}
	for _, d := range all {
		g.byKey[d.Key] = d
		g.byProcess[d.ProcessID] = append(g.byProcess[d.ProcessID], d)
		for _, topic := range d.Keyed {
			g.keyed[topic] = append(g.keyed[topic], d)
		}
	}
	return g
}

func (g *registry) with(added []*definition) *registry {
	return newRegistry(append(slices.Clone(g.all), added...))
}

// latest returns the newest version of a process, nil if there is none.
func (g *registry) latest(processID string) *definition {
	versions := g.byProcess[processID]
	if len(versions) == 0 {
		return nil
	}
	return versions[len(versions)-1]
}

// tagged returns the newest version of a process that has the version tag.
func (g *registry) tagged(processID, tag string) *definition {
	for _, d := range slices.Backward(g.byProcess[processID]) {
		if d.VersionTag == tag {
			return d
		}
	}
	return nil
}

// version returns a version of a process, nil if there is none.
func (g *registry) version(processID string, version int) *definition {
	for _, d := range g.byProcess[processID] {
		if d.Version == version {
			return d
		}
	}
	return nil
}

// newest returns the newest version of each process, in the order of the process ids.
func (g *registry) newest() []*definition {
	var newest []*definition
	for _, id := range slices.Sorted(maps.Keys(g.byProcess)) {
		newest = append(newest, g.latest(id))
	}
	return newest
}

// startEvent is a start event of a definition.
type startEvent struct {
	definition *definition
	number     int // among the starts of the definition
	engine.Start
}

// starts lists the start events of the newest versions that a message or signal of this name triggers: at most one of each
// process.
func (g *registry) starts(kind engine.StartKind, name string) []startEvent {
	var found []startEvent
	for _, d := range g.newest() {
		for i, s := range d.Starts {
			if s.Kind == kind && s.Name == name {
				found = append(found, startEvent{d, i, s})
				break
			}
		}
	}
	return found
}

// life is how long a message of a topic is kept when nobody awaits it: the shortest time that the newest version of a process
// names, else the given one.
func (g *registry) life(topic string, otherwise time.Duration) time.Duration {
	life, named := time.Duration(0), false
	for _, d := range g.newest() {
		if own, ok := d.Lives[topic]; ok && (!named || own < life) {
			life, named = own, true
		}
	}
	if named {
		return life
	}
	return otherwise
}

// inUse lists the newest versions, and older ones of which instances still run.
func (g *registry) inUse(tx ReadTx) (used []*definition) {
	for _, d := range g.all {
		_, running := g.running(tx, d, 0)
		if running || g.latest(d.ProcessID) == d {
			used = append(used, d)
		}
	}
	return used
}

// running finds the first instance of a definition, from a key on, that has not ended.
func (g *registry) running(tx ReadTx, d *definition, from engine.Key) (engine.Key, bool) {
	active := Filter{DefinitionKey: d.Key, State: engine.StateActive}
	return meet(active.indexes(g, walk{tx: tx}), from)
}

// process returns the compiled process of a definition, which was checked when it was deployed: by another Sonata perhaps, which could
// run what this one cannot.
func (g *registry) process(tx ReadTx, key engine.Key) (*engine.Process, error) {
	d := g.byKey[key]
	if d == nil {
		return nil, fmt.Errorf("there is no process definition %s", key)
	}
	if d.compiled == nil && d.fault == nil {
		p, err := d.compile(tx.Get(tableResources, rowKey{}.key(d.Resource)))
		if err != nil {
			d.fault = &StrandedError{d.Definition, err}
		}
		d.compiled = p
	}
	return d.compiled, d.fault
}

// adopt takes over what another registry of the same definitions has found out.
func (g *registry) adopt(known *registry) {
	for _, d := range g.all {
		if k := known.byKey[d.Key]; k != nil {
			d.compiled, d.fault = k.compiled, k.fault
		}
	}
}

// compile reads and compiles the file of a definition. If that makes us fail, nothing but this definition is to suffer.
func (d *definition) compile(xml []byte) (p *engine.Process, err error) {
	defer func() {
		if v := recover(); v != nil {
			p, err = nil, fmt.Errorf("%s makes Sonata fail: %v", d.ResourceName, v)
		}
	}()
	if xml == nil {
		return nil, fmt.Errorf("%s is not in the store", d.ResourceName)
	}
	definitions, err := bpmn.Parse(d.ResourceName, xml)
	if err != nil {
		return nil, err
	}
	for _, source := range definitions.Executable() {
		if source.ID == d.ProcessID {
			p, err := engine.Compile(source)
			if p == nil {
				return nil, err
			}
			p.Key, p.Version = d.Key, d.Version
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s has no process %s", d.ResourceName, d.ProcessID)
}
