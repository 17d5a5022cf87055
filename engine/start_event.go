package engine

// startEvent is where an instance, or the inside of a sub-process, begins (§10.5.2). It never gets a token from a flow: a token
// is placed in it when its trigger happens.
type startEvent struct{}

func (startEvent) link(c *compiler, n *node) {
	c.event(n)
	if n.source.ParallelMultiple && len(n.definitions) > 1 && n.container.node == nil {
		c.refuse(CodeTrigger, n.source.Element, "%s waits for all of its triggers, but until they have come there is no instance that could wait", n).
			Hint = "let a parallel event-based gateway with instantiate=\"true\" start the process"
	}
}

func (startEvent) enter(s *step, n *node, t Token) error {
	if n.container.node == nil {
		if err := s.subscribeEventSubProcesses(n.container, t.Scope); err != nil {
			return err
		}
	}
	s.leave(n, t, nil)
	return nil
}
