package engine

// receiveTask waits for a message (§10.3.3).
type receiveTask struct{}

func (receiveTask) link(c *compiler, n *node) {
	if n.source.Instantiate && len(n.source.Incoming) > 0 {
		c.refuse(CodeTrigger, n.source.Element, "%s starts the process, so no sequence flow may lead to it", n)
	}
	if n.source.Instantiate && n.source.Loop != nil {
		c.refuse(CodeTrigger, n.source.Element, "%s starts the process, so it cannot be repeated", n)
	}
	d := &definition{trigger: messageTrigger{}}
	c.message(n, d, n.source.Message)
	n.definitions = []*definition{d}
}

func (receiveTask) enter(s *step, n *node, t Token) error {
	return s.subscribe(n, waiter{token: t, scope: t.Scope})
}
