package engine

import "cmp"

func (c StartInstance) handle(s *step) error {
	starts, err := s.p.chooseStarts(c.Element)
	if err != nil {
		return err
	}
	if err := c.checkCondition(s, starts[0]); err != nil {
		return err
	}
	h := Header{
		Key: c.Key, DefinitionKey: s.p.Key, ProcessID: s.p.ID, Version: s.p.Version,
		RootKey: cmp.Or(c.RootKey, c.Key), RootProcessID: cmp.Or(c.RootProcess, s.p.ID),
		StartedAt: s.at, ReferenceID: c.ReferenceID, Parent: c.Parent,
	}
	h.BusinessKey, err = s.businessKey(c, starts[0], &h)
	if err != nil {
		return err
	}
	s.emit(InstanceStarted{Header: h, Scope: s.newID()})
	root := s.in.Scopes[0].ID
	if first := c.first(starts[0]); first != nil {
		return c.gather(s, starts[0], first)
	}
	results := c.results(s, starts[0])
	if results == nil {
		s.set(root, c.Variables)
	}
	for _, n := range starts {
		if s.in.State != StateActive { // the first of several implicit starts was an end that ends everything
			break
		}
		if fired, ok := c.fired(n); ok {
			s.emit(fired)
		}
		t := s.place(root, n)
		if results != nil {
			s.leave(n, t, results)
		}
		if !n.startsProcess() { // a start event does it when it is left
			if err := s.subscribeEventSubProcesses(s.p.root, root); err != nil {
				return reject(CodeInvalid, "process %s cannot start: %v", s.p.ID, err)
			}
		}
		if results == nil {
			s.enter(n, t)
		}
		s.awaitSiblings(n, root) // last, as their correlation keys may be in what the message has brought
	}
	return nil
}

// checkCondition rejects a start at a conditional start event whose condition does not hold. There is no instance yet whose
// variables could change, so whoever starts it says what is so (§10.5.2).
func (c StartInstance) checkCondition(s *step, start *node) error {
	if len(start.definitions) != 1 && !start.gathersToStart() || c.first(start) != nil {
		return nil
	}
	for _, d := range start.definitions {
		if d.condition == nil {
			continue
		}
		value, err := s.evalWith(d.condition, func(name string) any { return c.Variables[name] })
		if err != nil {
			return reject(CodeInvalid, "the condition of the start event %s: %v", start, err)
		}
		if holds, _ := value.(bool); !holds {
			return reject(CodeInvalid, "the condition of the start event %s does not hold", start)
		}
	}
	return nil
}

// results are what a start event brings that a message or a signal triggers; nil where the instance just begins with the
// variables that it gets.
func (c StartInstance) results(s *step, n *node) map[string]any {
	for i, d := range n.definitions {
		switch d.trigger.(type) {
		case messageTrigger:
			if c.Message != nil && (d.name == c.Message.Name || i == len(n.definitions)-1) {
				s.converse(d.conversation, *c.Message)
				return c.Message.results(n, i)
			}
		case signalTrigger:
			if c.Message == nil && c.Element == n.id && (c.Signal == "" || c.Signal == d.name) && n.payload(i) != "" {
				return n.brought(i, c.Variables)
			}
		}
	}
	if c.Message != nil {
		return c.Message.results(n, 0)
	}
	return nil
}

// awaitSiblings lets the other events after a parallel instantiating gateway wait: the instance needs all of them (§10.6.6).
func (s *step) awaitSiblings(n *node, root ID) {
	g := n.startGateway()
	if g == nil || g.source.EventGatewayType != "Parallel" {
		return
	}
	for _, f := range g.outgoing {
		if f.target != n {
			s.enter(f.target, s.place(root, f.target))
		}
	}
}

// chooseStarts finds where a token is placed: at the start event that was named, else at the only none start event, else,
// where the process has no start event at all, at each node without incoming flow (§10.5.2).
func (p *Process) chooseStarts(element string) ([]*node, error) {
	if element != "" {
		n := p.nodes[element]
		if n == nil || n.container != p.root || n.kind() != "startEvent" && !n.instantiates() {
			return nil, reject(CodeInvalid, "process %s has no start event %q", p.ID, element)
		}
		return []*node{n}, nil
	}
	starts := p.root.starts
	if len(starts) == 0 {
		return nil, reject(CodeInvalid, "process %s has no none start event; it starts by a message or timer", p.ID)
	}
	if len(starts) > 1 && starts[0].kind() == "startEvent" {
		return nil, reject(CodeInvalid, "process %s has %d none start events, so it is not clear where to start", p.ID, len(starts))
	}
	return starts, nil
}

// businessKey is what the caller says, else what the model computes from the data that comes in: the extension property
// "businessKey" of the start event or of the process.
func (s *step) businessKey(c StartInstance, start *node, h *Header) (string, error) {
	x := s.p.businessKey
	if start.businessKey != nil {
		x = start.businessKey
	}
	if c.BusinessKey != "" || x == nil {
		return c.BusinessKey, nil
	}
	value, err := s.evalWith(x, func(name string) any {
		if c.Message != nil {
			if v := c.Message.lookup(name); v != nil {
				return v
			}
		}
		if v, ok := c.Variables[name]; ok {
			return v
		}
		if namesInstance(name) {
			return describe(h)
		}
		return nil
	})
	if err != nil {
		return "", reject(CodeInvalid, "the business key of process %s: %v", s.p.ID, err)
	}
	return textOf(value), nil
}

func (CancelInstance) handle(s *step) error {
	if err := s.mustBeActive(); err != nil {
		return err
	}
	s.end(StateTerminated, Outcome{Kind: OutcomeTerminated})
	return nil
}
