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

func (s *step) throwAndLeave(n *node, t Token) error {
	leave := true
	for _, d := range n.definitions {
		done, err := d.trigger.(thrower).throw(s, n, d, t)
		if err != nil {
			return err
		}
		leave = leave && done
	}
	if leave {
		s.leave(n, t, nil)
	}
	return nil
}
