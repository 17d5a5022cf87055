package engine

// receiveTask waits for a message (§10.3.3).
type receiveTask struct{}

func (receiveTask) link(c *compiler, n *node) {
	n.message = c.message(n, n.source.Message, true)
}

func (receiveTask) enter(s *step, n *node, t Token) error {
	return s.subscribe(n, waiter{token: t, scope: t.Scope})
}
