package engine_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// The naive interpreter executes a model as the specification words it, as slowly and simply as that allows: it walks the
// model itself, looks at every token for every decision, searches paths anew each time, and knows nothing of package
// engine. It keeps the set of possible next moves open, because the specification leaves the order of independent moves to
// the engine: a step of the engine is right when some order of legal moves explains it (see naive_compare_test.go).
//
// A visit is one token in one flow node. An area is what tokens can be in: the process, the body of a sub-process, the
// instances of a looping activity, the handlers of one compensation.
type naive struct {
	process *bpmn.Process
	nodes   map[string]*bpmn.FlowNode
	flows   map[string]*bpmn.SequenceFlow
	root    *area
	state   string
	now     time.Time
	ticks   int // counts what begins and completes
	arrived int // the youngest token that has moved
	// catches says which error codes a caller catches; nil if there is no caller.
	catches func(code string) bool

	// What the running step did: flows taken, things thrown, and why the interpreter cannot say what is right.
	taken, thrown []string
	unsure        string
	// prefer sorts the moves that are possible; may says whether a state after a move can be right, so that another is tried.
	prefer func(moves []move) []int
	may    func(n *naive) bool
}

type areaKind string

const (
	areaProcess areaKind = "process"
	areaBody    areaKind = "body"
	areaAdHoc   areaKind = "adHoc"
	areaLoop    areaKind = "loop"
	areaUndo    areaKind = "undo"
)

type area struct {
	kind        areaKind
	body        *bpmn.Container
	around      *visit // nil for the process
	flows       []lying
	visits      []*visit
	vars        map[string]any
	doors       []*wait  // what the event sub-processes wait for
	blocked     []string // start events of those that cannot wait again, with the kind of the incident
	open        bool     // they have begun to wait
	interrupted bool
	cancelled   bool // by a cancel end event of the transaction
	done        []*done
	resets      map[string][]string // by complex gateway: the flows of its activation
	waiting     []string            // of a sequential ad-hoc sub-process: what has not begun
	emptied     int                 // when nothing was left in it
	finishing   bool                // of an ad-hoc sub-process whose condition held
}

// lying is a token on a flow, and since when.
type lying struct {
	flow string
	age  int
}

type visit struct {
	node   *bpmn.FlowNode
	in     *area
	waits  []*wait
	inside *area
	vars   map[string]any // of the activity itself: inputs, loop item
	fresh  bool           // placed in the node, which has still to begin
	fault  string         // kind of the incident
	// blocked are the events on its boundary that cannot wait again.
	blocked []string
	done    bool    // the work is done; what failed is leaving
	settled bool    // and its results are variables
	loop    *rounds // of the body of a looping activity
	number  int     // loopCounter, of one of its instances
	began   int     // when it was placed or, once it has begun, did
	begun   bool
	undo    []*done // of a throw event: the handlers that have still to run
	beside  bool    // runs handlers only: the event that threw did not wait
	// cancelling, of a cancel end event: what it undoes now is its transaction.
	cancelling bool
	undoes     []*done // of a compensation event sub-process: what completed inside of its sub-process
}

type rounds struct {
	items                              []any
	total, started, finished, withdrew int
	outputs                            []any
}

type wait struct {
	kind, element string
	definition    int
	due           time.Time
	period        time.Duration
	cycle         bool
	left          int // firings of a cycle after the next one
	held          bool
	brought       map[string]any // by the other triggers of a parallel multiple event
	fault         string         // kind of the incident of a job
}

// done is an activity that completed and can be undone.
type done struct {
	node, handler *bpmn.FlowNode
	vars          map[string]any
	inner         []*done
	at            int // its place in the order
}

type move struct {
	label string // the flow or element that it starts from
	run   func()
	kind  moveKind
	age   int
}

type moveKind int

const (
	moveToken moveKind = iota
	moveClose
	moveCondition
	moveJoin
)

func newNaive(p *bpmn.Process) *naive {
	n := &naive{process: p, nodes: map[string]*bpmn.FlowNode{}, flows: map[string]*bpmn.SequenceFlow{}, state: "ACTIVE"}
	n.index(&p.Container)
	return n
}

func (n *naive) index(k *bpmn.Container) {
	for _, node := range k.FlowNodes {
		n.nodes[node.ID] = node
		if node.Body != nil {
			n.index(node.Body)
		}
	}
	for _, f := range k.SequenceFlows {
		n.flows[f.ID] = f
	}
}

// start begins the process at the start event, at what a message instantiates, or where nothing leads to when there is none.
func (n *naive) start(c engine.StartInstance) {
	n.root = &area{kind: areaProcess, body: &n.process.Container, vars: merged(nil, c.Variables)}
	var data map[string]any
	if c.Message != nil {
		data, _ = c.Message.Data.(map[string]any)
	}
	for _, node := range starts(n.root.body, c.Element) {
		v := &visit{node: node, in: n.root}
		n.root.visits = append(n.root.visits, v)
		switch {
		case node.Kind != "startEvent" && c.Element != "":
			n.instantiate(v, data)
		case node.Kind == "startEvent" && !n.results(v, data):
		case n.opened(v):
			n.begin(v)
		}
	}
	n.settle()
}

// instantiate begins at a receive task, or at one of the events after a gateway; a parallel gateway then waits for the others (§10.6.6).
func (n *naive) instantiate(v *visit, data map[string]any) {
	if v.node.Kind == "receiveTask" {
		n.finish(v, data)
	} else {
		n.happen(v, data)
	}
	n.open(n.root)
	for _, f := range v.node.Incoming {
		for _, other := range f.Source.Outgoing {
			if f.Source.EventGatewayType == "Parallel" && other.Target != v.node {
				n.enter(n.root, other.Target)
			}
		}
	}
}

// starts are the start event that was named, the only none start event, or every node that nothing leads to.
func starts(k *bpmn.Container, element string) []*bpmn.FlowNode {
	var none, free []*bpmn.FlowNode
	for _, node := range k.FlowNodes {
		switch {
		case element != "" && node.ID == element:
			return []*bpmn.FlowNode{node}
		case node.Kind == "startEvent" && len(node.EventDefinitions) == 0:
			none = append(none, node)
		case len(node.Incoming) == 0 && node.AttachedTo == nil && !node.TriggeredByEvent && !node.IsForCompensation && node.Kind != "startEvent" && !catchesLink(node):
			free = append(free, node)
		}
	}
	if len(none) > 0 {
		return none
	}
	return free
}

func catchesLink(node *bpmn.FlowNode) bool {
	return node.Kind == "intermediateCatchEvent" && len(node.EventDefinitions) == 1 && node.EventDefinitions[0].Kind == "linkEventDefinition"
}

// settle makes moves until none is possible.
func (n *naive) settle() {
	for moves := 0; n.state == "ACTIVE" && n.unsure == ""; moves++ {
		possible := n.moves()
		if len(possible) == 0 {
			return
		}
		if moves > 2000 {
			n.unsure = "endless loop"
			return
		}
		if !n.move(possible) {
			return
		}
	}
}

// move makes one of the moves.
func (n *naive) move(possible []move) bool {
	order := n.prefer(possible)
	if n.may == nil {
		n.make(possible[order[0]])
		return true
	}
	for _, i := range order {
		try := n.clone()
		try.make(try.moves()[i])
		if try.may(try) {
			*n = *try
			return true
		}
	}
	return false
}

func (n *naive) make(m move) {
	if m.kind == moveToken {
		n.arrived = max(n.arrived, m.age)
	}
	m.run()
}

// moves lists everything that may happen now.
func (n *naive) moves() []move {
	var list []move
	n.each(n.root, func(a *area) {
		a.shut()
		seen := map[string]bool{}
		for _, l := range a.flows {
			f := l.flow
			if seen[f] {
				continue
			}
			seen[f] = true
			if flows, ok := n.ready(a, n.flows[f]); ok {
				kind, age := moveToken, n.turn(a, flows)
				if len(n.flows[f].Target.Incoming) > 1 && n.flows[f].Target.Kind == "inclusiveGateway" {
					kind, age = moveJoin, 0
				}
				list = append(list, move{f, func() { n.arrive(a, n.flows[f].Target, flows) }, kind, age})
			}
		}
		for _, v := range a.visits {
			if v.fresh {
				list = append(list, move{v.node.ID, func() { n.begin(v) }, moveToken, v.began})
			}
		}
		for _, id := range slices.Sorted(maps.Keys(a.resets)) {
			if flows, ok := n.canReset(a, n.nodes[id]); ok {
				list = append(list, move{id, func() { n.reset(a, n.nodes[id], flows) }, moveJoin, 0})
			}
		}
		list = append(list, n.conditions(a)...)
		if n.closes(a) {
			if a.emptied == 0 {
				n.ticks++
				a.emptied = n.ticks
			}
			list = append(list, move{"", func() { n.close(a) }, moveClose, a.emptied})
		}
	})
	return list
}

// each visits an area and every one inside.
func (n *naive) each(a *area, do func(a *area)) {
	if a == nil {
		return
	}
	do(a)
	for _, v := range a.visits {
		n.each(v.inside, do)
	}
}

// arrive takes tokens from flows and enters the node that they lead to.
func (n *naive) arrive(a *area, node *bpmn.FlowNode, flows []string) {
	if node.Kind == "complexGateway" && len(node.Incoming) > 1 {
		n.activate(a, node, flows)
		return
	}
	a.take(flows)
	n.enter(a, node)
}

func (a *area) take(flows []string) {
	for _, f := range flows {
		i := a.on(f)
		a.flows = slices.Delete(a.flows, i, i+1)
	}
}

// on finds the oldest token on a flow.
func (a *area) on(flow string) int {
	return slices.IndexFunc(a.flows, func(l lying) bool { return l.flow == flow })
}

func (a *area) has(flow string) bool { return a.on(flow) >= 0 }

// turn says which of the tokens that a move takes is the next to arrive; a join that looks at its own flows alone is asked
// whenever one does.
func (n *naive) turn(a *area, flows []string) int {
	turn := 0
	for _, l := range a.flows {
		if l.age > n.arrived && (turn == 0 || l.age < turn) && slices.Contains(flows, l.flow) {
			turn = l.age
		}
	}
	return turn
}

func (a *area) drop(v *visit) {
	a.visits = slices.DeleteFunc(a.visits, func(other *visit) bool { return other == v })
}

// clone copies the whole state, so that another order of moves can be tried.
func (n *naive) clone() *naive {
	c := *n
	c.taken, c.thrown = slices.Clone(n.taken), slices.Clone(n.thrown)
	c.root = n.root.clone(nil)
	return &c
}

func (a *area) clone(around *visit) *area {
	if a == nil {
		return nil
	}
	c := *a
	c.around, c.vars = around, maps.Clone(a.vars)
	c.flows, c.waiting, c.done = slices.Clone(a.flows), slices.Clone(a.waiting), slices.Clone(a.done)
	c.doors, c.blocked, c.resets = cloneWaits(a.doors), slices.Clone(a.blocked), maps.Clone(a.resets)
	c.visits = make([]*visit, len(a.visits))
	for i, v := range a.visits {
		w := *v
		w.in, w.vars, w.undo, w.waits = &c, maps.Clone(v.vars), slices.Clone(v.undo), cloneWaits(v.waits)
		w.blocked = slices.Clone(v.blocked)
		w.inside = v.inside.clone(&w)
		if v.loop != nil {
			l := *v.loop
			l.outputs = slices.Clone(l.outputs)
			w.loop = &l
		}
		c.visits[i] = &w
	}
	return &c
}

func cloneWaits(waits []*wait) []*wait {
	c := make([]*wait, len(waits))
	for i, w := range waits {
		copied := *w
		c[i] = &copied
	}
	return c
}

// picture is the state in lines that another picture of the same state has too, in whatever order things came to be.
func (n *naive) picture() []string {
	lines := []string{"state " + n.state}
	if n.state != "ACTIVE" {
		return lines
	}
	lines = append(lines, "variables "+show(n.root.vars))
	n.each(n.root, func(a *area) {
		for _, l := range a.flows {
			lines = append(lines, a.path()+"flow "+l.flow)
		}
		for _, w := range a.doors {
			lines = append(lines, a.path()+"door "+w.String())
		}
		for _, b := range a.blocked {
			lines = append(lines, a.path()+"blocked "+b)
		}
		for _, v := range a.visits {
			lines = append(lines, a.path()+v.String())
		}
	})
	slices.Sort(lines)
	return lines
}

func (a *area) path() string {
	if a.around == nil {
		return ""
	}
	return a.around.in.path() + a.around.name() + "/"
}

func (v *visit) name() string {
	if v.number > 0 {
		return fmt.Sprintf("%s#%d", v.node.ID, v.number)
	}
	return v.node.ID
}

func (v *visit) String() string {
	var waits []string
	seen := ""
	for _, w := range v.waits {
		waits = append(waits, w.String())
		if w.kind == "job" {
			seen = show(v.visible())
		}
	}
	waits = append(waits, v.blocked...)
	slices.Sort(waits)
	return v.name() + " " + v.fault + " [" + strings.Join(waits, ", ") + "] " + seen
}

func (w *wait) String() string {
	s := fmt.Sprintf("%s %s.%d", w.kind, w.element, w.definition)
	if w.kind == "timer" {
		s += " " + w.due.UTC().Format(time.RFC3339)
		if w.cycle {
			s += fmt.Sprint(" and ", w.left)
		}
	}
	return s + show(w.brought) + w.fault
}

// show writes variables in the order of their names, without what only the engine knows.
func show(vars map[string]any) string {
	if len(vars) == 0 {
		return ""
	}
	var text []byte
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if name == "event" || name == "record" || name == "data" || name == "error" {
			continue
		}
		text = append(append(text, name...), '=')
		switch value := vars[name].(type) {
		case int64:
			text = strconv.AppendInt(text, value, 10)
		case bool:
			text = strconv.AppendBool(text, value)
		default:
			text = fmt.Append(text, value)
		}
		text = append(text, ' ')
	}
	return string(text)
}

func (n *naive) tick() int {
	n.ticks++
	return n.ticks
}
