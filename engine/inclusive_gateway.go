package engine

// inclusiveGateway produces a token on every outgoing flow whose condition holds, or on the default flow if none does. As a
// join it waits for the tokens that can still come (§10.6.3, §13.4.3): it goes on when at least one incoming flow has a token and,
// for every token elsewhere in its scope that could reach an empty incoming flow without passing the gateway, that token
// could also reach an incoming flow that is not empty. It then consumes one token of each flow that has any.
//
// Whether that holds can change when a token moves anywhere in the scope, or is withdrawn. So it is asked whenever nothing
// else can move, and not when a token arrives.
type inclusiveGateway struct{}

func (inclusiveGateway) link(c *compiler, n *node) { c.requireConditions(n) }

func (inclusiveGateway) arrive(s *step, n *node, t Token) {
	if len(n.incoming) < 2 {
		s.admit(n, t)
	}
}

func (inclusiveGateway) settle(s *step, n *node, scope ID) bool {
	if len(n.incoming) < 2 {
		return false
	}
	filled, first := s.filled(n, scope)
	if first == 0 || s.fails(first, n) || !s.nothingComes(n, scope, filled) {
		return false
	}
	s.join(n, s.gather(n, scope))
	return true
}

// filled are the incoming flows of a gateway that have a token, and the first of the tokens.
func (s *step) filled(n *node, scope ID) (filled map[*flow]bool, first ID) {
	filled = map[*flow]bool{}
	for _, t := range s.gather(n, scope) {
		filled[s.p.flows[t.Flow]] = true
		if first == 0 || t.ID < first {
			first = t.ID
		}
	}
	return filled, first
}

// nothingComes applies the rule above to one scope.
func (s *step) nothingComes(n *node, scope ID, filled map[*flow]bool) bool {
	for t, ok := s.tokens.next(scope, 0); ok; t, ok = s.tokens.next(scope, t.ID) {
		if t.Flow != "" && s.p.flows[t.Flow].target == n || s.isBeside(t) {
			continue
		}
		toEmpty, toFilled := false, false
		for _, f := range n.incoming {
			if n.reach[f].has(t) {
				toEmpty = toEmpty || !filled[f]
				toFilled = toFilled || filled[f]
			}
		}
		if toEmpty && !toFilled {
			return false
		}
	}
	return true
}

func (inclusiveGateway) enter(s *step, n *node, t Token) error {
	if len(n.outgoing) == 1 && n.outgoing[0].condition == nil {
		s.take(n, t, n.outgoing)
		return nil
	}
	flows, err := s.chooseAll(n, t)
	if err == nil {
		err = s.multiply(n, len(flows))
	}
	if err != nil {
		return err
	}
	s.take(n, t, flows)
	return nil
}

// reachable is the set of places, flows and nodes by ID, from which a token can come to one incoming flow of a gateway
// without passing the gateway.
type reachable map[string]bool

func (r reachable) has(t Token) bool {
	if t.Flow != "" {
		return r[t.Flow]
	}
	return r[t.Node]
}

// linksTo lists the throwing link events that lead to a catching one.
func linksTo(n *node) []*node {
	name := n.linkName()
	if name == "" || n.kind() != "intermediateCatchEvent" {
		return nil
	}
	var throwing []*node
	for _, other := range n.container.nodes {
		if other.kind() == "intermediateThrowEvent" && other.linkName() == name {
			throwing = append(throwing, other)
		}
	}
	return throwing
}

// reachability walks backwards from each incoming flow of a gateway. A boundary event is reached from its activity, as
// the activity can still be left there.
func reachability(n *node) map[*flow]reachable {
	reach := map[*flow]reachable{}
	for _, f := range n.incoming {
		r := reachable{}
		pending := []*node{f.source}
		for len(pending) > 0 {
			at := pending[0]
			pending = pending[1:]
			if at == n || r[at.id] {
				continue
			}
			r[at.id] = true
			if at.host != nil {
				pending = append(pending, at.host)
			}
			pending = append(pending, linksTo(at)...)
			for _, in := range at.incoming {
				r[in.id] = true
				pending = append(pending, in.source)
			}
		}
		reach[f] = r
	}
	return reach
}
