package engine

import "slices"

// complexGateway synchronizes as its activation condition says (§10.6.5, §13.4.5). While it waits for its start it is activated
// as soon as the condition holds; it consumes one token of each incoming flow that has one and produces one on each outgoing flow whose
// condition holds. It then waits for its reset: for the tokens that can still come on the other incoming flows, by the rule of the
// inclusive join, which it consumes too. Expressions see `activationCount`, how many incoming flows have a token,
// `waitingForStart`, and by the ID of each incoming flow how many tokens lie on it.
type complexGateway struct{}

func (complexGateway) link(c *compiler, n *node) {
	fn := n.source
	if fn.ActivationCondition != nil {
		n.activation = c.expression(*fn.ActivationCondition, fn.Element, boolResult)
	} else if len(fn.Incoming) > 1 {
		c.refuse(CodeCondition, fn.Element, "%s has no activation condition", n).Hint = `write one, such as "=activationCount >= 2"`
	}
}

func (complexGateway) arrive(s *step, n *node, t Token) {
	if len(n.incoming) < 2 {
		s.admit(n, t)
		return
	}
	if _, reset := s.in.Scope(t.Scope).Resetting[n.id]; reset {
		return
	}
	gathered := s.gather(n, t.Scope)
	activated, err := s.gatewayCondition(n, n.activation, t.Scope)
	if err != nil {
		s.raise(t, n, entering, faultf(IncidentExpression, "the activation condition of %s: %w", n, err))
		return
	}
	if activated {
		flows := make([]string, len(gathered))
		for i, g := range gathered {
			flows[i] = g.Flow
		}
		s.emit(GatewayResetting{Scope: t.Scope, Gateway: n.id, Flows: flows})
		s.join(n, gathered)
	}
}

// enter produces tokens on the outgoing flows whose conditions hold. At the start one must hold; at the reset none needs to.
func (complexGateway) enter(s *step, n *node, t Token) error {
	var taken []*flow
	conditional := false
	for _, f := range n.outgoing {
		if f == n.defaultFlow {
			continue
		}
		holds := f.condition == nil
		if !holds {
			conditional = true
			var err error
			if holds, err = s.gatewayCondition(n, f.condition, t.Scope); err != nil {
				return faultf(IncidentExpression, "the condition of %s: %w", f, err)
			}
		}
		if holds {
			taken = append(taken, f)
		}
	}
	flows, reset := s.in.Scope(t.Scope).Resetting[n.id]
	resetDone := reset && flows == nil
	if len(taken) == 0 && n.defaultFlow != nil {
		taken = append(taken, n.defaultFlow)
	}
	if len(taken) == 0 && conditional && !resetDone {
		return n.noFlow()
	}
	if err := s.multiply(n, len(taken)); err != nil {
		return err
	}
	if resetDone {
		s.reset(n, t.Scope)
	}
	s.take(n, t, taken)
	return nil
}

// settle resets the gateway once no further token can come on the flows that it still waits for.
func (complexGateway) settle(s *step, n *node, scope ID) bool {
	sc := s.in.Scope(scope)
	if sc == nil || sc.Resetting[n.id] == nil {
		return false
	}
	activated := sc.Resetting[n.id]
	if s.stoppedIn(n, scope) || !s.mayReset(n, scope, activated) {
		return false
	}
	var late []Token
	for _, t := range s.gather(n, scope) {
		if !slices.Contains(activated, t.Flow) {
			late = append(late, t)
		}
	}
	if len(late) == 0 {
		s.reset(n, scope)
	} else {
		s.emit(GatewayResetting{Scope: scope, Gateway: n.id})
		s.join(n, late)
	}
	return true
}

// mayReset says whether every flow that did not take part in the activation has a token or can get none any more. The flows that
// took part count as filled.
func (s *step) mayReset(n *node, scope ID, activated []string) bool {
	filled, _ := s.filled(n, scope)
	for _, id := range activated {
		filled[s.p.flows[id]] = true
	}
	return s.nothingComes(n, scope, filled)
}

// reset lets the gateway wait for its start again, and asks it about tokens that arrived during its reset.
func (s *step) reset(n *node, scope ID) {
	s.emit(GatewayReset{Scope: scope, Gateway: n.id})
	for _, t := range s.gather(n, scope) {
		s.queue = append(s.queue, t.ID)
	}
}

// stoppedIn says whether a token in the gateway waits for an operator.
func (s *step) stoppedIn(n *node, scope ID) bool {
	for t, ok := s.tokens.next(scope, 0); ok; t, ok = s.tokens.next(scope, t.ID) {
		if t.Node == n.id {
			return true
		}
	}
	return false
}

func (s *step) gatewayCondition(n *node, x *expression, scope ID) (bool, error) {
	value, err := s.evalWith(x, func(name string) any {
		switch name {
		case "activationCount":
			return int64(len(s.gather(n, scope)))
		case "waitingForStart":
			flows, reset := s.in.Scope(scope).Resetting[n.id]
			return !reset || flows != nil
		}
		for _, f := range n.incoming {
			if f.id == name {
				return s.count(place{scope, name})
			}
		}
		return s.lookup(scope, name)
	})
	if err != nil {
		return false, err
	}
	return value.(bool), nil
}

// count counts the tokens on a flow.
func (s *step) count(p place) (count int64) {
	for t, ok := s.lying.next(p, 0); ok; t, ok = s.lying.next(p, t.ID) {
		count++
	}
	return count
}
