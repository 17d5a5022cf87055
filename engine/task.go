package engine

// task has no work to do for the engine: an undefined task, or a manual task, which people do without telling (§10.3.3). The
// token passes through, unless the file's dialect names work even for an undefined task (jBPM's work items).
type task struct{}

func (task) link(c *compiler, n *node) {
	if n.kind() == "task" {
		n.work = c.work(n, nil)
	}
}

func (task) enter(s *step, n *node, t Token) error {
	done := n.work == nil
	if !done {
		var err error
		if done, err = n.work.begin(s, n, t); err != nil {
			return err
		}
	}
	if done {
		s.leave(n, t, nil)
	}
	return nil
}
