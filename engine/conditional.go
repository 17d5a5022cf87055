package engine

import (
	"errors"
	"fmt"
)

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
		if s.ask(sub) {
			return true
		}
	}
	s.changed = false
	return false
}

// ask lets a conditional event happen if its condition has become true, and reports whether anything has changed. One on variables that
// are not there yet does not hold. Where the step may do no more work, the condition is not asked: that is an incident, and resolving it
// asks again.
func (s *step) ask(sub Subscription) bool {
	scope := sub.Scope
	if t := s.in.Token(sub.Token); t != nil {
		scope = t.inside()
	}
	n := s.p.nodes[sub.Element]
	value, err := s.eval(n.definitions[sub.Definition].condition, scope)
	open := s.unasked(sub)
	if errors.Is(err, errWork) {
		if open == 0 {
			s.raiseUnasked(sub, n, err)
		}
		return false
	}
	if open != 0 {
		s.emit(IncidentResolved{Incident: open})
	}
	holds, _ := value.(bool)
	holds = holds && err == nil
	if holds == sub.Held {
		return false
	}
	sub.Held = holds
	s.emit(SubscriptionUpdated{sub})
	if holds {
		s.fire(sub, nil)
	}
	return true
}

func (s *step) raiseUnasked(sub Subscription, n *node, err error) {
	i := Incident{ID: s.newID(), Kind: IncidentStepLimit, Token: sub.Token, Element: n.id, At: s.at, Subscription: sub.ID}
	i.Text = fmt.Sprintf("the condition of %s: %v", n, err)
	if sub.Token == 0 {
		i.Scope = sub.Scope
	}
	s.emit(IncidentRaised{i})
}

// unasked finds the incident that a subscription has because its condition could not be asked; 0: there is none.
func (s *step) unasked(sub Subscription) ID {
	for i, ok := s.incidents.next(sub.owner(), 0); ok; i, ok = s.incidents.next(sub.owner(), i.ID) {
		if i.Subscription == sub.ID {
			return i.ID
		}
	}
	return 0
}
