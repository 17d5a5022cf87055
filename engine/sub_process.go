package engine

// subProcess runs the flow nodes inside of it in a scope of its own and goes on when none of them is left to run
// (§10.3.5, §13.3.4). As an event sub-process it starts when the trigger of its start event happens while the scope
// around it is alive; if that event interrupts, everything else in the scope is withdrawn first (§13.5.4).
type subProcess struct{}

func (subProcess) link(c *compiler, n *node) {
	fn := n.source
	if !fn.TriggeredByEvent {
		c.requireNoneStart(n)
		return
	}
	if len(fn.Incoming)+len(fn.Outgoing)+len(fn.Boundary) > 0 {
		c.refuse(CodeSubProcess, fn.Element, "%s is an event sub-process, so no flow and no boundary event may touch it", n)
	}
	starts := 0
	for _, inner := range n.body.nodes {
		if inner.kind() == "startEvent" {
			starts++
		}
	}
	if starts != 1 {
		c.refuse(CodeSubProcess, fn.Element, "%s is an event sub-process and has %d start events; it needs exactly one", n, starts)
	}
}

// requireNoneStart checks that there is a way in, and only one kind of it.
func (c *compiler) requireNoneStart(n *node) {
	starts := 0
	for _, inner := range n.body.nodes {
		if inner.kind() != "startEvent" {
			continue
		}
		starts++
		if len(inner.source.EventDefinitions) > 0 {
			c.refuse(CodeSubProcess, inner.source.Element, "%s is inside of a sub-process, where a start event has no trigger", inner)
		}
	}
	if starts > 1 {
		c.refuse(CodeSubProcess, n.source.Element, "%s has %d start events; a sub-process has one", n, starts)
	}
	if len(n.body.nodes) == 0 {
		c.refuse(CodeSubProcess, n.source.Element, "%s is empty", n)
	}
}

func (subProcess) enter(s *step, n *node, t Token) error {
	if n.source.TriggeredByEvent { // a compensation handler
		start := n.eventStart()
		s.leave(start, s.place(t.Inner, start), nil)
		return nil
	}
	if err := s.subscribeEventSubProcesses(n.body, t.Inner); err != nil {
		return err
	}
	s.begin(n.body, t.Inner)
	return nil
}

// begin produces a token at each place where a container starts.
func (s *step) begin(k *container, scope ID) {
	for _, start := range k.starts {
		t := s.place(scope, start)
		s.queue = append(s.queue, t.ID)
	}
}

// eventStart is the start event of an event sub-process.
func (n *node) eventStart() *node {
	for _, inner := range n.body.nodes {
		if _, ok := inner.behavior.(startEvent); ok {
			return inner
		}
	}
	return nil
}

// startEventSubProcess starts n in a scope because the trigger of its start event happened. Where it cannot start, the event waits for
// an operator, with what it has brought.
func (s *step) startEventSubProcess(n, start *node, scope ID, results map[string]any) {
	if start.interrupts() {
		s.withdrawScope(scope)
		s.beginNothingElse(scope)
	}
	t := s.place(scope, n)
	err := s.openInputs(n, t)
	event := s.place(s.in.Token(t.ID).Inner, start)
	if err == nil {
		s.leave(start, event, results)
		return
	}
	s.set(s.ownScope(event), results)
	s.raise(event, start, entering, err)
}

// enterEventSubProcess begins it again at its start event, in which its event has waited for an operator.
func (s *step) enterEventSubProcess(start *node, event Token) error {
	n, owner := start.container.node, s.in.Scope(event.Scope).Token
	if err := s.openInputs(n, *s.in.Token(owner)); err != nil {
		return err
	}
	s.leave(start, event, s.local(event))
	return nil
}
