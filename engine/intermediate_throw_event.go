package engine

// intermediateThrowEvent does what its trigger says and goes on at once; without a trigger it only marks a point in the
// diagram (§10.5.4).
type intermediateThrowEvent struct{}

func (intermediateThrowEvent) link(c *compiler, n *node) { c.event(n) }

func (intermediateThrowEvent) enter(s *step, n *node, t Token) error {
	return s.throwAndLeave(n, t)
}

func (s *step) throwAndLeave(n *node, t Token) error {
	if n.trigger != nil {
		done, err := n.trigger.(thrower).throw(s, n, t)
		if err != nil || !done {
			return err
		}
	}
	s.leave(n, t, nil)
	return nil
}
