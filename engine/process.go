package engine

import (
	"slices"
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// Process is an executable process: linked, checked, every expression compiled. It is immutable once deployed and safe
// for concurrent use.
type Process struct {
	ID         string
	Name       string
	VersionTag string
	// Key and Version are given at deployment, before the first Step.
	Key     Key
	Version int

	root        *container
	nodes       map[string]*node
	flows       map[string]*flow
	businessKey *expression
	keySources  map[string][]*keySource  // by topic, in the order of the file
	lives       map[string]time.Duration // of messages that nobody awaits, by topic
	// joins are the gateways whose readiness depends on tokens elsewhere; they are asked again when nothing can move.
	joins    []*node
	warnings bpmn.Problems
}

// container is what holds flow nodes: the process (node is nil) or a sub-process.
type container struct {
	node   *node
	nodes  []*node
	starts []*node // where a token is produced when the container is entered
	// eventSubProcesses start while the container is alive, by the trigger of their start event.
	eventSubProcesses []*node
}

// node is a flow node, ready to execute.
type node struct {
	source    *bpmn.FlowNode
	id        string
	behavior  behavior
	container *container
	body      *container // of sub-processes

	incoming, outgoing []*flow
	defaultFlow        *flow
	handler            *node // of a compensation boundary event
	undoes             bool  // it is the handler of an activity
	boundary           []*node
	host               *node // of a boundary event: the activity it is attached to

	// definitions are what an event waits for or throws, and what a receive task waits for; none for a none event.
	definitions                []*definition
	inputs, outputs            []mapping
	businessKey, accepts       *expression // of start events
	work                       *workSpec   // job or publication of a task
	call                       *callSpec
	loop                       *loopSpec
	activation                 *expression // of complex gateways
	completion, activeElements *expression // of ad-hoc sub-processes
	script                     *scriptSpec
	reach                      map[*flow]reachable // of inclusive gateways
}

type flow struct {
	id             string
	source, target *node
	condition      *expression
}

type mapping struct {
	source *expression
	target string
	pos    bpmn.Position
}

// definition is one event definition of an event, with what its trigger needs.
type definition struct {
	source       *bpmn.EventDefinition // nil for a receive task
	trigger      trigger
	index        int           // among the definitions of its event
	name         string        // topic of a message, name of a signal or link
	code         string        // of an error or escalation; "" catches every one
	key          []*expression // correlation key of a message, on the variables
	messageKey   *keySource    // the same on the message; nil: the record's own key
	ignored      []string      // fields of a message's data that are left unread
	conversation *conversation // whose first message decides on the key
	work         *workSpec     // of a message that is thrown
	timer        *expression
	condition    *expression
}

type scriptSpec struct {
	value          *expression
	resultVariable string
}

func (n *node) kind() string { return n.source.Kind }

// interrupts says whether a boundary event or the start event of an event sub-process ends what it is attached to.
func (n *node) interrupts() bool {
	if n.host != nil {
		return n.source.CancelActivity
	}
	return n.source.IsInterrupting
}

// Start is one way to start an instance from outside.
type Start struct {
	Element string
	Kind    StartKind
	Name    string // of a message start event: the topic; of a signal start event: the signal
	// Gathers says that the start event is parallel multiple: what can also come to an instance that waits there for it makes none.
	Gathers bool
}

// StartKind says what triggers a start event.
type StartKind string

// Kinds of start.
const (
	StartNone    StartKind = "none"
	StartMessage StartKind = "message"
	StartTimer   StartKind = "timer"
	StartSignal  StartKind = "signal"
	// StartConditional is a start event that somebody names who knows the variables that its condition is about.
	StartConditional StartKind = "conditional"
)

var startKinds = map[string]StartKind{
	"messageEventDefinition": StartMessage, "timerEventDefinition": StartTimer, "signalEventDefinition": StartSignal,
	"conditionalEventDefinition": StartConditional,
}

// works lists the jobs and publications of a node.
func (n *node) works() []*workSpec {
	var works []*workSpec
	if n.work != nil {
		works = append(works, n.work)
	}
	definitions := n.definitions
	if n.loop != nil {
		for _, b := range n.loop.behaviors {
			definitions = append(slices.Clip(definitions), b.event.definitions...)
		}
	}
	for _, d := range definitions {
		if d.work != nil {
			works = append(works, d.work)
		}
	}
	return works
}

// Starts lists the start events of the process, in document order.
func (p *Process) Starts() []Start {
	var starts []Start
	for _, n := range p.root.nodes {
		if n.instantiates() {
			starts = append(starts, Start{Element: n.id, Kind: StartMessage, Name: n.definitions[0].name})
		}
		if _, ok := n.behavior.(startEvent); !ok {
			continue
		}
		if len(n.definitions) == 0 {
			starts = append(starts, Start{Element: n.id, Kind: StartNone})
		}
		for _, d := range n.beginnings() {
			if k, ok := startKinds[d.source.Kind]; ok {
				starts = append(starts, Start{Element: n.id, Kind: k, Name: d.name, Gathers: n.gathersToStart()})
			}
		}
	}
	return starts
}

// instantiates says whether the message that a node waits for starts an instance: a receive task that is marked so, or an event
// after an event-based gateway that is (§10.3.3, §10.6.6).
func (n *node) instantiates() bool {
	return len(n.definitions) > 0 && (n.kind() == "receiveTask" && n.source.Instantiate || n.startGateway() != nil)
}

// startGateway is the instantiating gateway before a node, nil if there is none.
func (n *node) startGateway() *node {
	for _, f := range n.incoming {
		if f.source.kind() == "eventBasedGateway" && f.source.source.Instantiate {
			return f.source
		}
	}
	return nil
}

// Topics lists the topics that the process reads and those that it publishes to, each sorted and without repetition. A
// topic that only an expression knows is not listed.
func (p *Process) Topics() (consume, publish []string) {
	for _, n := range p.nodes {
		for _, d := range n.definitions {
			if _, ok := d.trigger.(messageTrigger); ok && d.work == nil {
				consume = append(consume, d.name)
			}
		}
		for _, w := range n.works() {
			if w.topic == nil {
				continue
			}
			if name, ok := w.topic.constant(); ok {
				publish = append(publish, textOf(name))
			}
		}
	}
	slices.Sort(consume)
	slices.Sort(publish)
	return slices.Compact(consume), slices.Compact(publish)
}

// JobTypes lists the job types that the process needs workers for, sorted and without repetition.
func (p *Process) JobTypes() []string {
	var types []string
	for _, n := range p.nodes {
		for _, w := range n.works() {
			if w.topic != nil {
				continue
			}
			if name, ok := w.jobType.constant(); ok {
				types = append(types, textOf(name))
			}
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// NextStart says when a timer start event fires next: for the first time if previous is nil, else after the firing at
// due that previous describes. It returns a zero time when it never fires (again).
func (p *Process) NextStart(element string, at, due time.Time, previous *Cycle) (time.Time, *Cycle, error) {
	if previous != nil {
		next, cycle := nextDue(previous, due, at)
		return next, cycle, nil
	}
	if n := p.nodes[element]; n != nil {
		for _, d := range n.definitions {
			if d.timer == nil {
				continue
			}
			value, err := d.timer.eval(at, func(string) any { return nil })
			if err != nil {
				return time.Time{}, nil, err
			}
			return firstDue(d.source.Timer.Kind, value, at)
		}
	}
	return time.Time{}, nil, reject(CodeNotFound, "process %s has no timer start event %q", p.ID, element)
}

// Words lists the texts of the model that the states and events of its instances repeat: ids, and the names of jobs, topics, signals
// and of the variables that mappings write.
func (p *Process) Words() []string {
	words := append([]string{p.ID}, p.JobTypes()...)
	consume, publish := p.Topics()
	words = append(append(words, consume...), publish...)
	for id, n := range p.nodes {
		words = append(words, id)
		for _, m := range slices.Concat(n.inputs, n.outputs) {
			words = append(words, rootOf(m.target))
		}
		for _, d := range n.definitions {
			words = append(words, d.name)
		}
	}
	for id := range p.flows {
		words = append(words, id)
	}
	slices.Sort(words)
	return slices.Compact(words)
}
