package engine

import "slices"

// parallelGateway waits for a token on each of its incoming flows, consumes exactly one of each, and produces one on each
// outgoing flow (§10.6.4, §13.4.1). Further tokens on a flow stay there for the next time.
type parallelGateway struct{}

func (parallelGateway) arrive(s *step, n *node, t Token) {
	if gathered := s.gather(n, t.Scope); len(gathered) == len(n.incoming) {
		s.join(n, gathered)
	}
}

func (parallelGateway) enter(s *step, n *node, t Token) error {
	if err := s.multiply(n, len(n.outgoing)); err != nil {
		return err
	}
	s.take(n, t, n.outgoing)
	return nil
}

// gather finds the oldest token on each incoming flow that has one.
func (s *step) gather(n *node, scope ID) []Token {
	var gathered []Token
	for _, f := range n.incoming {
		if t, ok := s.lying.next(place{scope, f.id}, 0); ok {
			gathered = append(gathered, t)
		}
	}
	return gathered
}

// join lets one of the tokens in and consumes the others. The one may be still on its way, which ends here.
func (s *step) join(n *node, tokens []Token) {
	for _, t := range tokens[1:] {
		s.consume(t.ID, false)
	}
	s.queue = slices.DeleteFunc(s.queue, func(id ID) bool { return id == tokens[0].ID })
	s.admit(n, tokens[0])
}
