package engine

// serviceTask has its work done by somebody else and goes on when that is done (§10.3.3): a worker takes the job, or, for the
// task type "kafka:publish", the message is published. Send tasks and business rule tasks do the same. Any of them may have an
// expression instead, which is evaluated like a script.
type serviceTask struct{}

func (serviceTask) link(c *compiler, n *node) {
	if n.source.Script != nil {
		scriptTask{}.link(c, n)
		return
	}
	n.work = c.work(n, n.source.Message)
	if n.work == nil {
		c.refuse(CodeWork, n.source.Element, "%s does not say who does its work", n).Hint = `give it a task definition type: a job type, or "kafka:publish"`
	}
}

func (serviceTask) enter(s *step, n *node, t Token) error {
	if n.script != nil {
		return scriptTask{}.enter(s, n, t)
	}
	done, err := n.work.begin(s, n, t)
	if done {
		s.leave(n, t, nil)
	}
	return err
}
