package engine

// intermediateCatchEvent waits until its trigger happens (§10.5.4).
type intermediateCatchEvent struct{}

func (intermediateCatchEvent) link(c *compiler, n *node) { c.event(n) }

func (intermediateCatchEvent) enter(s *step, n *node, t Token) error {
	if n.linkName() != "" { // the target of a jump; reached by a flow, it lets the token through
		s.leave(n, t, nil)
		return nil
	}
	return s.subscribe(n, waiter{token: t, scope: t.Scope})
}
