package engine

// boundaryEvent waits while its activity works (§10.5.4). An interrupting one ends the activity and goes on alone; a
// non-interrupting one sends a token of its own beside it (§13.5.3).
type boundaryEvent struct{}

func (boundaryEvent) link(c *compiler, n *node) { c.event(n) }

func (boundaryEvent) enter(s *step, n *node, t Token) error {
	s.leave(n, t, nil)
	return nil
}

func (s *step) fireBoundary(n *node, sub Subscription, results map[string]any) {
	host := *s.in.Token(sub.Token)
	if n.interrupts() {
		s.interrupt(n, host, results)
		return
	}
	s.rearm(sub)
	s.leave(n, s.place(host.Scope, n), results)
}

// interrupt withdraws an activity in favour of its boundary event.
func (s *step) interrupt(n *node, host Token, results map[string]any) {
	s.consume(host.ID, true)
	s.leave(n, s.place(host.Scope, n), results)
}
