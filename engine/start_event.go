package engine

// startEvent is where an instance, or the inside of a sub-process, begins (§10.5.2). It never gets a token from a flow: a token
// is placed in it when its trigger happens.
type startEvent struct{}

func (startEvent) link(c *compiler, n *node) { c.event(n) }

func (startEvent) enter(s *step, n *node, t Token) error {
	if n.container.node == nil {
		if err := s.subscribeEventSubProcesses(n.container, t.Scope); err != nil {
			return err
		}
	}
	s.leave(n, t, nil)
	return nil
}
