package engine

// task has no work to do for the engine: an undefined task, or a manual task, which people do without telling (§10.3.3). The
// token passes through.
type task struct{}

func (task) enter(s *step, n *node, t Token) error {
	s.leave(n, t, nil)
	return nil
}
