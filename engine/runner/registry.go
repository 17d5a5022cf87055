package runner

import (
	"errors"
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
	compiled *engine.Process // nil until it is needed; the loop alone uses it
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

// process returns the compiled process of a definition, which was checked when it was deployed.
func (g *registry) process(tx ReadTx, key engine.Key) (*engine.Process, error) {
	d := g.byKey[key]
	if d == nil {
		return nil, fmt.Errorf("there is no process definition %s", key)
	}
	if d.compiled == nil {
		p, err := d.compile(tx.Get(tableResources, rowKey{}.key(d.Resource)))
		if err != nil {
			return nil, fmt.Errorf("process %s, version %d, was deployed with another Sonata, and this one cannot run it: %w", d.ProcessID, d.Version, err)
		}
		d.compiled = p
	}
	return d.compiled, nil
}

func (d *definition) compile(xml []byte) (*engine.Process, error) {
	definitions, err := bpmn.Parse(d.ResourceName, xml)
	if definitions == nil {
		return nil, errors.Join(err, errors.New("nothing was read"))
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
