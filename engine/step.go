package engine

import (
	"slices"
	"time"
)

// Result is what a step did: the instance afterwards, the events that led there, and what the world must do. The
// instance must be stored together with the events before any effect happens.
type Result struct {
	Instance *Instance
	Events   []Event
	Effects  []Effect
}

// Limits of one step, so that a loop of nodes that never wait becomes an incident instead of an endless computation, and so does
// what multiplies tokens.
const (
	stepLimit = 10_000 // flow nodes that are entered; tokens that begin beside others
	// itemLimit is how many flow nodes may be entered besides for each item of a multi-instance activity whose items are done beside each
	// other: what is done for each of many items is no loop.
	itemLimit = 10
	// workLimit is how many steps all expressions that are evaluated in one step may take together, and itemWork how many more for each of
	// those items.
	workLimit = 40 * maxSteps
	itemWork  = 2_000
)

// usualEvents is room for the events of most steps.
const usualEvents = 16

// unknown is a process of which nothing is known. That is enough to end an instance, whose parts say by themselves what is to be closed.
var unknown = &Process{}

// Step carries out a command on an instance (nil for StartInstance) and then moves every token until each one waits. It is a
// pure function: the same process, instance, time and command give the same result. The instance that comes in is not
// changed. CancelInstance looks at no process, so that one that cannot be compiled any more may be nil. The error is a *Rejection.
func Step(p *Process, in *Instance, at time.Time, c Command) (Result, error) {
	if _, cancels := c.(CancelInstance); cancels {
		p = unknown
	}
	s := &step{p: p, at: at, in: &Instance{}, events: make([]Event, 0, usualEvents), work: workLimit}
	if in != nil {
		s.in = in.clone()
	}
	s.tokens.all, s.tokens.owner = &s.in.Tokens, (*Token).owner
	s.lying.all, s.lying.owner = &s.in.Tokens, (*Token).place
	s.subscriptions.all, s.subscriptions.owner = &s.in.Subscriptions, (*Subscription).owner
	s.incidents.all, s.incidents.owner = &s.in.Incidents, (*Incident).owner
	if err := c.handle(s); err != nil {
		return Result{}, err
	}
	s.run()
	r := Result{Instance: s.in, Events: s.events}
	for _, e := range s.events {
		if effect, ok := effectOf(s.in.Key, e); ok {
			r.Effects = append(r.Effects, effect)
		}
	}
	return r, nil
}

// Replay applies events to an instance (nil: from its start) and returns the instance afterwards.
func Replay(in *Instance, events []Event) *Instance {
	if in == nil {
		in = &Instance{}
	}
	in = in.clone()
	for _, e := range events {
		e.apply(in)
	}
	return in
}

// Apply applies an event to the instance itself, for those who follow one that is their own: [Replay] copies it first.
func (in *Instance) Apply(e Event) { e.apply(in) }

// step is one run of Step: the whole vocabulary of the behaviors.
type step struct {
	p       *Process
	at      time.Time
	in      *Instance
	events  []Event
	queue   []ID // tokens that can move, in the order in which they were produced
	drained []ID // scopes that lost a token
	// unsettled are the scopes whose waiting joins are to be asked, as something has moved there.
	unsettled     scopes
	tokens        parts[ID, Token, *Token]    // by scope
	lying         parts[place, Token, *Token] // by flow
	subscriptions parts[ID, Subscription, *Subscription]
	incidents     parts[ID, Incident, *Incident]
	entered       int
	forked        int  // tokens that began beside others
	items         int  // of multi-instance activities, done beside each other
	alone         int  // of them, those that were the only one of their activity
	work          int  // what is left of workLimit
	changed       bool // variables, or what waits for conditions on them
	asked         ID   // the last subscription whose condition was asked since variables changed
}

// emit applies an event at once, so that a behavior reads what it wrote.
func (s *step) emit(e Event) {
	s.events = append(s.events, e)
	s.note(e)
	e.apply(s.in)
}

func (s *step) newID() ID { return s.in.LastID + 1 }

// run moves tokens until none can: first those that are on their way, then scopes that became empty, and, when nothing
// else moves, the joins that wait for just that (inclusive gateway, §13.4.3).
func (s *step) run() {
	for {
		switch {
		case len(s.queue) > 0:
			id := s.queue[0]
			s.queue = s.queue[1:]
			if t := s.in.Token(id); t != nil {
				s.advance(*t)
			}
		case len(s.drained) > 0:
			id := s.drained[0]
			s.drained = s.drained[1:]
			s.checkDrained(id)
		case s.checkConditions():
		case s.settle():
		default:
			return
		}
	}
}

// advance takes a token along its flow to the flow node that the flow leads to.
func (s *step) advance(t Token) {
	n := s.p.nodes[t.Node]
	if t.Flow != "" {
		n = s.p.flows[t.Flow].target
	}
	if s.entered++; s.entered > stepLimit+itemLimit*s.items {
		s.raise(t, n, entering, faultf(IncidentStepLimit, "more than %d flow nodes ran without waiting for anything; look for a loop around %s", s.entered-1, n))
		return
	}
	switch j, ok := n.behavior.(joiner); {
	case t.Flow == "":
		s.enter(n, t)
	case ok:
		j.arrive(s, n, t)
	case n.source.StartQuantity > 1:
		s.collect(n, t)
	default:
		s.admit(n, t)
	}
}

// multiply says that a node is about to let several tokens begin beside each other. They are bounded as the nodes are that
// a step may enter: what multiplies tokens again and again becomes an incident before it takes all memory.
func (s *step) multiply(n *node, tokens int) error {
	if tokens <= 1 {
		return nil
	}
	if tokens > stepLimit-s.forked {
		return faultf(IncidentStepLimit, "more than %d tokens would move at once; look for what multiplies them at %s and before it", stepLimit, n)
	}
	s.forked += tokens
	return nil
}

// allow lets a step do more for items that are done beside each other. One alone is done beside nothing, and a loop around it would go on for
// ever if each turn allowed more. So it counts only as a part of what is done for those that are not alone, a few for each.
func (s *step) allow(items int) {
	if items == 1 {
		if s.alone >= 4*(s.items-s.alone) {
			return
		}
		s.alone++
	}
	s.items += items
	s.work += itemWork * items
}

// collect lets an activity begin once its startQuantity of tokens has arrived, on whichever flows (§10.3).
func (s *step) collect(n *node, t Token) {
	var arrived []Token
	for other, ok := s.tokens.next(t.Scope, 0); ok; other, ok = s.tokens.next(t.Scope, other.ID) {
		if f := s.p.flows[other.Flow]; f != nil && f.target == n {
			arrived = append(arrived, other)
		}
	}
	if len(arrived) >= n.source.StartQuantity {
		s.join(n, arrived[:n.source.StartQuantity])
	}
}

// admit moves a token from its flow into the node.
func (s *step) admit(n *node, t Token) {
	s.emit(TokenEntered{Token: t.ID, Node: n.id})
	s.enter(n, *s.in.Token(t.ID))
}

// enter begins a node's work: its local variables, its boundary events, then what its kind does. It also runs again when
// an incident is resolved, and then keeps the boundary events that wait already.
func (s *step) enter(n *node, t Token) {
	if err := s.tryEnter(n, t); err != nil {
		s.raise(t, n, entering, err)
	}
}

func (s *step) tryEnter(n *node, t Token) error {
	instance := n.loop != nil && s.isInstance(t)
	if n.loop != nil && !instance {
		return s.enterLoop(n, t)
	}
	if err := s.openInputs(n, t); err != nil {
		return err
	}
	if !instance {
		if err := s.subscribeBoundary(n, t); err != nil {
			return err
		}
	}
	return n.behavior.enter(s, n, *s.in.Token(t.ID))
}

// scopes are a queue, in which each is once.
type scopes struct {
	list []ID
	in   map[ID]bool
}

// unsettle notes that something has moved in a scope.
func (s *step) unsettle(scope ID) {
	if len(s.p.joins) == 0 || s.unsettled.in[scope] {
		return
	}
	if s.unsettled.in == nil {
		s.unsettled.in = map[ID]bool{}
	}
	s.unsettled.in[scope] = true
	s.unsettled.list = append(s.unsettled.list, scope)
}

// settle asks the waiting joins where something has moved, in the order of the file, and reports whether one of them went on. Where
// nothing has moved since they were asked they wait for good.
func (s *step) settle() bool {
	for len(s.unsettled.list) > 0 {
		scope := s.unsettled.list[0]
		if slices.ContainsFunc(s.p.joins, func(n *node) bool { return n.behavior.(settler).settle(s, n, scope) }) {
			return true
		}
		s.unsettled.list = s.unsettled.list[1:]
		delete(s.unsettled.in, scope)
	}
	return false
}

// checkDrained ends what is inside of a scope in which no token is left: an embedded sub-process goes on after it, the
// process itself is completed (§13.3.4, §13.5.6).
func (s *step) checkDrained(id ID) {
	scope := s.in.Scope(id)
	if scope == nil || s.in.State != StateActive {
		return
	}
	if s.onlyEventSubProcesses(id) {
		s.closeEventSubProcesses(id)
	}
	if scope.Live > 0 {
		s.resumeCancel(scope)
		return
	}
	if scope.Parent == 0 {
		s.end(StateCompleted, Outcome{Kind: OutcomeCompleted, Variables: scope.Variables})
		return
	}
	owner := *s.in.Token(scope.Token)
	if s.cannotLeave(owner.ID) { // what is inside ended by several tokens, and was asked about after the first
		return
	}
	n := s.p.nodes[owner.Node]
	switch d, ok := n.behavior.(drainer); {
	case s.isBeside(owner):
		if !s.compensateNext(owner) {
			s.consume(owner.ID, !scope.Beside)
		}
	case ok && (n.loop == nil || s.isInstance(owner)):
		d.drained(s, n, owner)
	default:
		s.leave(n, owner, nil)
	}
}

// end closes whatever still waits and ends the instance.
func (s *step) end(state State, o Outcome) {
	root := s.in.Scopes[0].ID
	s.withdrawScope(root)
	s.queue, s.drained = nil, nil
	s.emit(InstanceEnded{Key: s.in.Key, State: state, At: s.at, Parent: s.in.Parent, Outcome: o})
}
