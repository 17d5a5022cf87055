package engine

// intermediateThrowEvent does what its trigger says and goes on at once; without a trigger it only marks a point in the
// diagram (§10.5.4).
type intermediateThrowEvent struct{}

func (intermediateThrowEvent) link(c *compiler, n *node) { c.event(n) }

func (intermediateThrowEvent) enter(s *step, n *node, t Token) error {
	return s.throwAndLeave(n, t)
}

// drained goes on after a compensation handler: with the next one, else after the event.
func (intermediateThrowEvent) drained(s *step, n *node, t Token) {
	if !s.compensateNext(t) {
		s.compensationDone(n, t)
	}
}

// compensationDone goes on when all handlers are done.
func (s *step) compensationDone(n *node, t Token) {
	if s.isBeside(t) {
		s.consume(t.ID, false)
		return
	}
	s.leave(n, t, nil)
}

// throwAndLeave throws nothing before all of it can be thrown: resolving an incident enters the event again, and must not throw again
// what has been thrown.
func (s *step) throwAndLeave(n *node, t Token) error {
	throws := make([]throwing, len(n.definitions))
	for i, d := range n.definitions {
		var err error
		if throws[i], err = d.trigger.(thrower).throw(s, n, d, t); err != nil {
			return err
		}
	}
	if s.throwAll(t, throws) {
		s.leave(n, t, nil)
	}
	return nil
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

// order says when what an event throws is thrown: what may end the event goes after the rest, as all of it is thrown (§10.5.4).
func (d *definition) order() int {
	switch d.trigger.(type) {
	case messageTrigger, signalTrigger, compensateTrigger:
		return 0
	case escalationTrigger:
		return 1
	default:
		return 2
	}
}
