package engine

import "slices"

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

func (inclusiveGateway) settle(s *step, n *node) bool {
	if len(n.incoming) < 2 {
		return false
	}
	asked := map[ID]bool{}
	for _, t := range s.in.Tokens {
		if t.Flow == "" || asked[t.Scope] || s.p.flows[t.Flow].target != n {
			continue
		}
		asked[t.Scope] = true
		if s.stopped(t.ID) {
			continue
		}
		if s.nothingComes(n, t.Scope, s.filled(n, t.Scope)) {
			s.join(n, s.gather(n, t.Scope))
			return true
		}
	}
	return false
}

// filled are the incoming flows of a gateway that have a token.
func (s *step) filled(n *node, scope ID) map[*flow]bool {
	filled := map[*flow]bool{}
	for _, t := range s.in.Tokens {
		if f := s.p.flows[t.Flow]; t.Scope == scope && f != nil && f.target == n {
			filled[f] = true
		}
	}
	return filled
}

// nothingComes applies the rule above to one scope.
func (s *step) nothingComes(n *node, scope ID, filled map[*flow]bool) bool {
	for _, t := range s.in.Tokens {
		if t.Scope != scope || t.Flow != "" && s.p.flows[t.Flow].target == n || s.isBeside(t) {
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

// stopped says whether a token waits for an operator.
func (s *step) stopped(token ID) bool {
	return slices.ContainsFunc(s.in.Incidents, func(i Incident) bool { return i.Token == token })
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
