package engine

import "errors"

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

// checkConditions lets the first conditional event happen whose condition has become true, and reports whether one did. Those that were
// asked since variables changed last are not asked again: else many events would take the square of their number.
func (s *step) checkConditions() bool {
	if !s.changed {
		return false
	}
	from, asked := find(s.in.Subscriptions, s.asked)
	if asked {
		from++
	}
	for _, sub := range s.in.Subscriptions[from:] {
		if sub.Kind != SubscriptionCondition {
			continue
		}
		s.asked = sub.ID
		holds, told := s.conditionHolds(sub)
		if told && holds != sub.Held {
			sub.Held = holds
			s.emit(SubscriptionUpdated{sub})
			if holds {
				s.fire(sub, nil)
			}
			return true
		}
	}
	s.changed = false
	return false
}

// conditionHolds evaluates the condition that a subscription waits for. One on variables that are not there yet does not hold. Where
// the step may do no more work, it is not told: that is an incident, and resolving it asks again.
func (s *step) conditionHolds(sub Subscription) (holds, told bool) {
	scope := sub.Scope
	if t := s.in.Token(sub.Token); t != nil {
		scope = t.inside()
	}
	n := s.p.nodes[sub.Element]
	value, err := s.eval(n.definitions[sub.Definition].condition, scope)
	open := s.notAsked(sub.owner(), sub.Element)
	if errors.Is(err, errWork) {
		if open == 0 {
			s.raise(Token{ID: sub.Token, Scope: sub.Scope}, n, entering, faultf(IncidentStepLimit, "the condition of %s: %w", n, err))
		}
		return false, false
	}
	if open != 0 {
		s.emit(IncidentResolved{Incident: open})
	}
	holds, _ = value.(bool)
	return holds && err == nil, true
}

// notAsked finds the incident that an element has because its condition could not be asked, while it waits for it; 0: there is none.
func (s *step) notAsked(owner ID, element string) ID {
	for i, ok := s.incidents.next(owner, 0); ok; i, ok = s.incidents.next(owner, i.ID) {
		if i.Element == element {
			return i.ID
		}
	}
	return 0
}

// waitsForCondition says whether the element of an incident still waits for a condition: then what failed was to ask that.
func (s *step) waitsForCondition(i Incident) bool {
	for sub, ok := s.subscriptions.next(i.owner(), 0); ok; sub, ok = s.subscriptions.next(i.owner(), sub.ID) {
		if sub.Kind == SubscriptionCondition && sub.Element == i.Element {
			return true
		}
	}
	return false
}
