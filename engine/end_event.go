package engine

// endEvent consumes its token, after doing what its trigger says (§10.5.3, §13.5.6). Its scope is finished when no other token
// is left in it.
type endEvent struct{}

func (endEvent) link(c *compiler, n *node) { c.event(n) }

func (endEvent) enter(s *step, n *node, t Token) error {
	return s.throwAndLeave(n, t)
}

// drained goes on after a compensation handler: with the next one, else the end.
func (endEvent) drained(s *step, n *node, t Token) {
	switch {
	case s.compensateNext(t):
	case n.cancels():
		s.cancelTransaction(n, t)
	default:
		s.compensationDone(n, t)
	}
}
