package engine

// conditionalTrigger waits until a condition on variables becomes true (§10.5.5). The condition is evaluated when the event
// begins to wait and whenever variables changed in a step. A non-interrupting event happens again only after the condition was false
// in between.
type conditionalTrigger struct{}

func (conditionalTrigger) link(c *compiler, n *node, d *definition) {
	at := n.source.Element
	at.Pos = d.source.Pos
	if d.source.Condition == nil {
		c.refuse(CodeTrigger, at, "%s has no condition", n)
		return
	}
	d.condition = c.expression(*d.source.Condition, at, boolResult)
}

func (conditionalTrigger) subscribe(s *step, _ *node, _ *definition, _ waiter) (Subscription, error) {
	s.changed = true
	return Subscription{Kind: SubscriptionCondition}, nil
}

// checkConditions lets the first conditional event happen whose condition has become true, and reports whether one did.
func (s *step) checkConditions() bool {
	if !s.changed {
		return false
	}
	for _, sub := range s.in.Subscriptions {
		if sub.Kind != SubscriptionCondition {
			continue
		}
		n := s.p.nodes[sub.Element]
		scope := sub.Scope
		if t := s.in.Token(sub.Token); t != nil {
			scope = t.inside()
		}
		value, err := s.eval(n.definitions[sub.Definition].condition, scope)
		holds, _ := value.(bool)
		holds = holds && err == nil // a condition on variables that are not there yet does not hold
		if holds == sub.Held {
			continue
		}
		sub.Held = holds
		s.emit(SubscriptionUpdated{sub})
		if holds {
			s.fire(sub, nil)
		}
		return true
	}
	s.changed = false
	return false
}
