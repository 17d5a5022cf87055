package engine

// throwEvent is what intermediate throw events and end events have in common. All that an event defines is thrown (§10.5.4,
// §13.5): at first messages, signals and compensations; then, when workers have sent what they are to send and all is undone that is waited
// for, what may end the event itself.
type throwEvent struct{}

func (throwEvent) link(c *compiler, n *node) { c.event(n) }

// enter throws nothing before all of it can be thrown: resolving an incident enters the event again, and must not throw again what has been
// thrown.
func (throwEvent) enter(s *step, n *node, t Token) error {
	throws, err := s.prepareThrows(n, n.definitions, t)
	if err != nil {
		return err
	}
	first := len(n.definitions) - len(n.thrownLast())
	s.throwAll(t, throws[:first])
	if !s.isThrowing(n, t.ID) && s.throwAll(t, throws[first:]) {
		s.leave(n, t, nil)
	}
	return nil
}

// jobDone keeps what a worker brought, and goes on if nothing else is waited for.
func (throwEvent) jobDone(s *step, n *node, t Token, results map[string]any) {
	s.takeOver(n, t, results)
	s.conclude(n, t.ID)
}

// drained goes on after a compensation handler: with the next one, else with the event that waited for them.
func (throwEvent) drained(s *step, n *node, t Token) {
	switch {
	case s.in.Scope(t.Inner).Cancelling:
		s.cancelNext(n, t)
	case s.compensateNext(t):
	default:
		s.conclude(n, t.ID)
	}
}

// conclude throws what is thrown last, once nothing else is waited for, and leaves the event. By now nobody may catch an error that somebody
// would have caught before; resolving that incident concludes again.
func (s *step) conclude(n *node, token ID) {
	if s.isThrowing(n, token) {
		return
	}
	t := *s.in.Token(token)
	throws, err := s.prepareThrows(n, n.thrownLast(), t)
	if err != nil {
		s.raise(t, n, leaving, err)
		return
	}
	if s.throwAll(t, throws) {
		s.leave(n, t, nil)
	}
}

// isThrowing says whether a worker has still to send something for a token in an event, or a handler to undo something.
func (s *step) isThrowing(n *node, token ID) bool {
	for sub, ok := s.subscriptions.next(token, 0); ok; sub, ok = s.subscriptions.next(token, sub.ID) {
		if sub.Kind == SubscriptionJob && sub.Element == n.id {
			return true
		}
	}
	inside := s.in.Scope(s.in.Token(token).Inner)
	return inside != nil && (inside.Live > 0 || len(inside.Compensating) > 0)
}

func (s *step) prepareThrows(n *node, definitions []*definition, t Token) ([]throwing, error) {
	throws := make([]throwing, len(definitions))
	for i, d := range definitions {
		var err error
		if throws[i], err = d.trigger.(thrower).throw(s, n, d, t); err != nil {
			return nil, err
		}
	}
	return throws, nil
}

// throwAll throws from a token until one of the events ends it, and says whether it may go on.
func (s *step) throwAll(t Token, throws []throwing) (leave bool) {
	leave = true
	for _, throw := range throws {
		if s.in.Token(t.ID) == nil {
			return false
		}
		leave = throw() && leave
	}
	return leave
}

// thrownLast are the definitions of an event that may end it. They are the last in its order.
func (n *node) thrownLast() []*definition {
	for i, d := range n.definitions {
		if d.order() > 0 {
			return n.definitions[i:]
		}
	}
	return nil
}

// order says when what an event throws is thrown: what may end the event goes after the rest, as all of it is thrown (§10.5.4). A cancel
// comes last: it has to compensate before it ends the event.
func (d *definition) order() int {
	switch d.trigger.(type) {
	case messageTrigger, signalTrigger, compensateTrigger:
		return 0
	case escalationTrigger:
		return 1
	case cancelTrigger:
		return 3
	default:
		return 2
	}
}
