package engine

// terminateTrigger ends everything in its scope, without compensation or event handling; the scope then completes in the
// ordinary way, so a sub-process or caller goes on (§13.5.6).
type terminateTrigger struct{}

func (terminateTrigger) link(*compiler, *node, *definition) {}

func (terminateTrigger) throw(s *step, _ *node, _ *definition, t Token) (throwing, error) {
	return func() bool {
		s.withdrawOthers(t)
		return true
	}, nil
}

// withdrawOthers withdraws everything in the scope of a token but the token itself.
func (s *step) withdrawOthers(t Token) {
	for other, ok := s.tokens.next(t.Scope, 0); ok; other, ok = s.tokens.next(t.Scope, other.ID) {
		if other.ID != t.ID {
			s.consume(other.ID, true)
		}
	}
	s.closeEventSubProcesses(t.Scope)
}
