package engine

import "slices"

// compensateTrigger undoes what completed (§10.5.5, §13.5.5). A boundary event of this kind names the handler of its activity;
// throwing one runs the handlers of the activities that completed in the scope, in the reverse order of their completion, one
// after the other, and the thrower goes on when all are done; with waitForCompletion="false" it goes on at once, and the
// scope lasts until they are done. What an activity's handler sees are the variables as they
// were when the activity completed.
type compensateTrigger struct{}

func (compensateTrigger) link(c *compiler, n *node, d *definition) {
	at := n.source.Element
	at.Pos = d.source.Pos
	switch positionOf(n) {
	case positionBoundary:
		c.linkHandler(n, d)
	case positionThrow, positionEnd:
		ref := d.source.ActivityRef
		sees := func(k *container) bool {
			return slices.ContainsFunc(k.nodes, func(other *node) bool { return other.id == ref })
		}
		if ref != "" && !slices.ContainsFunc(n.compensated(), sees) {
			c.refuse(CodeCompensation, at, "%s compensates %q, which is not in its scope", n, ref)
		}
	}
}

// linkHandler finds the activity that an association connects with a compensation boundary event.
func (c *compiler) linkHandler(n *node, d *definition) {
	for _, a := range c.associations {
		other := ""
		switch n.id {
		case a.SourceRef:
			other = a.TargetRef
		case a.TargetRef:
			other = a.SourceRef
		}
		if handler := c.process.nodes[other]; handler != nil && handler.source.IsForCompensation {
			n.handler, handler.undoes = handler, true
			return
		}
	}
	at := n.source.Element
	at.Pos = d.source.Pos
	c.refuse(CodeCompensation, at, "no compensation handler belongs to %s", n).Hint = "draw an association to an activity that is marked for compensation"
}

// compensated are the containers whose completed activities a throwing event compensates: its own and, inside of an event
// sub-process, the one around that.
func (n *node) compensated() []*container {
	around := []*container{n.container}
	for owner := n.container.node; owner != nil && owner.source.TriggeredByEvent; owner = owner.container.node {
		around = append(around, owner.container)
	}
	return around
}

// throw begins to compensate. The token stays in the event until the last handler is done, or, if the event does not wait, another
// one does, from which no flow goes on.
func (compensateTrigger) throw(s *step, n *node, d *definition, t Token) (throwing, error) {
	return func() bool { return s.throwCompensation(n, d, t) }, nil
}

func (s *step) throwCompensation(n *node, d *definition, t Token) (leave bool) {
	if d.source.WaitForCompletion {
		return !s.compensate(n, d, t)
	}
	beside := s.place(t.Scope, n)
	s.emit(ScopeOpened{Scope{ID: s.newID(), Parent: t.Scope, Token: beside.ID, Node: n.id, Beside: true}})
	if !s.compensate(n, d, beside) {
		s.consume(beside.ID, false)
	}
	return true
}

// isBeside says whether no flow goes on from a token, in which compensation handlers run: beside the event that threw, or in a transaction
// that is being cancelled.
func (s *step) isBeside(t Token) bool {
	if t.Inner == 0 {
		return false
	}
	inside := s.in.Scope(t.Inner)
	return inside.Beside || s.isCancelled(t.Scope) && (!inside.Cancelling || s.isCancelled(t.Inner))
}

// isCompensating says whether a token in a throwing event has still handlers to run.
func (s *step) isCompensating(t Token) bool {
	if n := s.p.nodes[t.Node]; t.Inner == 0 || !n.compensates() && !n.cancels() {
		return false
	}
	inside := s.in.Scope(t.Inner)
	return inside.Live > 0 || len(inside.Compensating) > 0
}

// compensate runs the handlers of what completed in the scopes that an event compensates, of the activity that its definition names or else
// of all, and reports whether there are any. They come after those that another definition of the same event has begun to run.
func (s *step) compensate(n *node, d *definition, t Token) bool {
	t = *s.in.Token(t.ID)
	var handlers []Completion
	if t.Inner != 0 {
		handlers = slices.Clone(s.in.Scope(t.Inner).Compensating)
	}
	scopes, ref := []ID{t.Scope}, d.source.ActivityRef
	for len(scopes) < len(n.compensated()) {
		scopes = append(scopes, s.in.Scope(scopes[len(scopes)-1]).Parent)
	}
	for _, scope := range scopes {
		completed := slices.DeleteFunc(slices.Clone(s.in.Scope(scope).Completed), func(done Completion) bool { return ref != "" && done.Node != ref })
		if len(completed) == 0 {
			continue
		}
		handlers = handlersOf(Completion{Inner: completed}, handlers)
		t = s.openCompensation(n, t)
		s.emit(CompensationTriggered{Scope: scope, Completed: idsOf(completed), Inner: t.Inner, Handlers: handlers})
	}
	return t.Inner != 0 && (s.in.Scope(t.Inner).Live > 0 || s.compensateNext(t))
}

// openCompensation opens the scope in which the handlers of an event run, unless the event has one already.
func (s *step) openCompensation(n *node, t Token) Token {
	if t = *s.in.Token(t.ID); t.Inner == 0 {
		s.emit(ScopeOpened{Scope{ID: s.newID(), Parent: t.Scope, Token: t.ID, Node: n.id}})
	}
	return *s.in.Token(t.ID)
}

func idsOf(completed []Completion) []ID {
	ids := make([]ID, len(completed))
	for i, done := range completed {
		ids[i] = done.ID
	}
	return ids
}

// handlersOf lists what undoes a completed activity: its handler, else the handlers of what completed inside of it, the last
// first.
func handlersOf(done Completion, handlers []Completion) []Completion {
	if done.Handler != "" {
		return append(handlers, done)
	}
	for _, inner := range slices.Backward(done.Inner) {
		handlers = handlersOf(inner, handlers)
	}
	return handlers
}

// compensateNext runs the next handler, and reports false when there is none left.
func (s *step) compensateNext(t Token) bool {
	pending := s.in.Scope(t.Inner).Compensating
	if len(pending) == 0 {
		return false
	}
	next := pending[0]
	s.emit(CompensationStarted{Scope: t.Inner})
	handler := s.p.nodes[next.Handler]
	h := s.place(t.Inner, handler)
	opened := Scope{ID: s.newID(), Parent: t.Inner, Token: h.ID, Node: handler.id, Variables: next.Variables}
	if handler.source.TriggeredByEvent { // it may itself undo what completed inside of its sub-process
		opened.Completed = next.Inner
	}
	s.emit(ScopeOpened{opened})
	s.queue = append(s.queue, h.ID)
	return true
}

// compensates says whether a node is a compensation boundary event or the start of a compensation event sub-process.
func (n *node) compensates() bool {
	return slices.ContainsFunc(n.definitions, func(d *definition) bool { _, ok := d.trigger.(compensateTrigger); return ok })
}

// undoneBy is the handler of an activity: the one on its boundary or, for a sub-process, its compensation event sub-process. The
// handler on the boundary of a looping activity undoes it as a whole, event sub-processes undo its instances, the last first.
func (n *node) undoneBy(instance bool) string {
	if !instance {
		for _, b := range n.boundary {
			if b.handler != nil {
				return b.handler.id
			}
		}
	}
	if n.body != nil && (n.loop == nil || instance) {
		for _, sub := range n.body.eventSubProcesses {
			if sub.eventStart().compensates() {
				return sub.id
			}
		}
	}
	return ""
}

// recordCompletion keeps what is needed to undo an activity that completes, until its scope ends.
func (s *step) recordCompletion(n *node, t Token) {
	if n.source.IsForCompensation || n.source.TriggeredByEvent && n.eventStart().compensates() {
		return
	}
	done := Completion{Node: n.id, Variables: s.local(t)}
	if t.Inner != 0 {
		done.Inner = s.in.Scope(t.Inner).Completed
	}
	done.Handler = n.undoneBy(s.isInstance(t))
	if len(handlersOf(done, nil)) == 0 {
		return
	}
	done.ID = s.newID()
	if n.body != nil && slices.ContainsFunc(n.boundary, func(b *node) bool { return !b.interrupts() }) {
		// What followed an event on the boundary completed before the sub-process did, and is undone before it all the same.
		done.ID = t.Inner
	}
	s.emit(CompletionRecorded{Scope: t.Scope, Completion: done})
}
