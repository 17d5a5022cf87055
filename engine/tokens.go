package engine

import "fmt"

// produce puts a token on each flow and lets it move.
func (s *step) produce(scope ID, flows ...*flow) {
	for _, f := range flows {
		t := Token{ID: s.newID(), Scope: scope, Flow: f.id}
		s.emit(TokenProduced{t})
		s.queue = append(s.queue, t.ID)
	}
}

// place puts a token straight into a node.
func (s *step) place(scope ID, n *node) Token {
	t := Token{ID: s.newID(), Scope: scope, Node: n.id}
	s.emit(TokenProduced{t})
	return t
}

// consume takes a token away, with the scope of its inside and everything that it waits for. Withdrawn says that the
// work was not done.
func (s *step) consume(id ID, withdrawn bool) {
	t := *s.in.Token(id)
	s.unsubscribe(id, "", withdrawn)
	if t.Inner != 0 {
		s.withdrawScope(t.Inner)
		s.emit(ScopeClosed{Scope: t.Inner})
	}
	s.forgetIncidents(id)
	s.emit(TokenConsumed{Token: id, Node: t.Node, Withdrawn: withdrawn})
	s.drained = append(s.drained, t.Scope)
}

// withdrawScope withdraws everything that lives in a scope and leaves it empty.
func (s *step) withdrawScope(scope ID) {
	for t, ok := s.tokens.next(scope, 0); ok; t, ok = s.tokens.next(scope, t.ID) {
		s.consume(t.ID, true)
	}
	s.closeEventSubProcesses(scope)
}

// unsubscribe closes the subscriptions of a token, or of a scope where no token waits: of one element or, if that is "", of all.
// Subscriptions of a token that goes on were not all withdrawn: what a boundary event waited for did not happen, but the call or job of
// a completed activity is over.
func (s *step) unsubscribe(owner ID, element string, withdrawn bool) {
	for sub, ok := s.subscriptions.next(owner, 0); ok; sub, ok = s.subscriptions.next(owner, sub.ID) {
		if element == "" || sub.Element == element {
			s.close(sub, withdrawn)
		}
	}
}

// forgetIncidents ends the incidents of a token, or of a scope.
func (s *step) forgetIncidents(owner ID) {
	for i, ok := s.incidents.next(owner, 0); ok; i, ok = s.incidents.next(owner, i.ID) {
		s.emit(IncidentResolved{Incident: i.ID})
	}
}

// leave completes a node: results go to the variables, output mappings are evaluated, and a token goes out on each flow
// that is chosen. A fault leaves the token in the node, with its work done; resolving the incident leaves it again.
func (s *step) leave(n *node, t Token, results map[string]any) {
	switch {
	case n.loop == nil:
	case s.isInstance(t):
		s.leaveInstance(n, t, results)
		return
	default:
		s.continueLoop(n, t)
		return
	}
	if err := s.closeOutputs(n, t, results); err != nil {
		s.raise(t, n, leaving, err)
		return
	}
	s.depart(n, t)
}

// depart goes on after a node whose results are in the variables. What fails from here on does not take them over again when it is
// resolved, be it that an output mapping counts.
func (s *step) depart(n *node, t Token) {
	if n.loop != nil && s.isInstance(t) {
		s.completeInstance(n, t)
		return
	}
	if n.startsProcess() || n.startsEventSubProcess() { // now, as the correlation keys of event sub-processes may be in what it has brought
		if err := s.subscribeEventSubProcesses(n.container, t.Scope); err != nil {
			s.raise(t, n, settled, err)
			return
		}
	}
	s.exit(n, t)
}

// exit sends tokens out of a node.
func (s *step) exit(n *node, t Token) {
	flows, err := s.chooseAll(n, t)
	if err == nil {
		err = s.multiply(n, len(flows)*max(n.source.CompletionQuantity, 1))
	}
	if err != nil {
		s.raise(t, n, exiting, err)
		return
	}
	s.recordCompletion(n, *s.in.Token(t.ID))
	s.take(n, t, flows)
	s.completed(n, t.Scope)
}

// take consumes the token and produces one on each of the flows.
func (s *step) take(n *node, t Token, flows []*flow) {
	s.consume(t.ID, false)
	for range max(n.source.CompletionQuantity, 1) {
		s.produce(t.Scope, flows...)
	}
}

// chooseAll applies the rule for leaving an activity or event (§13.3.1): every flow without a condition is taken, and every
// flow whose condition holds; the default flow only if no condition held.
func (s *step) chooseAll(n *node, t Token) ([]*flow, error) {
	if len(n.outgoing) == 1 && n.outgoing[0].condition == nil {
		return n.outgoing, nil
	}
	var taken []*flow
	held, conditional := false, false
	for _, f := range n.outgoing {
		if f == n.defaultFlow {
			continue
		}
		if f.condition == nil {
			taken = append(taken, f)
			continue
		}
		conditional = true
		ok, err := s.holds(f, t)
		if err != nil {
			return nil, err
		}
		if ok {
			held = true
			taken = append(taken, f)
		}
	}
	if !held && n.defaultFlow != nil {
		taken = append(taken, n.defaultFlow)
	}
	if len(taken) == 0 && conditional {
		return nil, n.noFlow()
	}
	return taken, nil
}

// holds evaluates a flow's condition.
func (s *step) holds(f *flow, t Token) (bool, error) {
	return s.condition(f.condition, t.Scope, "the condition of", f)
}

// condition evaluates an expression that must be true or false.
func (s *step) condition(x *expression, scope ID, what string, of fmt.Stringer) (bool, error) {
	value, err := s.eval(x, scope)
	if err != nil {
		return false, faultf(IncidentExpression, "%s %s: %w", what, of, err)
	}
	return value.(bool), nil
}

func (n *node) noFlow() error {
	return faultf(IncidentNoFlow, "no condition holds on the flows that leave %s, and there is no default flow", n)
}

// isInstance says whether a token is one instance of a looping activity, and not the activity as a whole.
func (s *step) isInstance(t Token) bool {
	return t.Node != "" && s.in.Scope(t.Scope).Node == t.Node
}
