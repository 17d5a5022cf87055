package engine

import (
	"maps"
)

// waiter is what waits for an event: a token, or, for an event sub-process, a scope (token is then the zero Token).
type waiter struct {
	token Token
	scope ID
}

// inside is the scope in which the waiter's expressions are evaluated.
func (w waiter) inside() ID {
	if w.token.ID != 0 {
		return w.token.inside()
	}
	return w.scope
}

func (w waiter) owner() ID {
	if w.token.ID != 0 {
		return w.token.ID
	}
	return w.scope
}

// open opens a subscription, giving it its ID.
func (s *step) open(sub Subscription) {
	sub.ID = s.newID()
	s.emit(SubscriptionOpened{sub})
}

// close closes a subscription. The incident of a job that failed goes with the job, that of a condition with what waited for it.
func (s *step) close(sub Subscription, withdrawn bool) {
	s.emit(SubscriptionClosed{Subscription: sub, Withdrawn: withdrawn})
	if sub.Job != nil || sub.Kind == SubscriptionCondition {
		s.forgetFailure(sub)
	}
}

// forgetFailure ends the incident of a subscription.
func (s *step) forgetFailure(sub Subscription) {
	for i, ok := s.incidents.next(sub.owner(), 0); ok; i, ok = s.incidents.next(sub.owner(), i.ID) {
		if i.Subscription == sub.ID {
			s.emit(IncidentResolved{Incident: i.ID})
		}
	}
}

// waitAgain opens the subscriptions of an event that has happened and does not interrupt. What it is beside goes on if it cannot wait.
func (s *step) waitAgain(n *node, w waiter) {
	if err := s.subscribe(n, w); err != nil {
		s.raise(Token{ID: w.token.ID, Scope: w.scope}, n, entering, err)
	}
}

// subscribe opens the subscriptions of an event or receive task that waits: all of them, or none if one of them cannot be.
func (s *step) subscribe(n *node, w waiter) error {
	for _, d := range n.definitions {
		c, ok := d.trigger.(catcher)
		if !ok {
			continue // errors and the like come to their catcher by themselves
		}
		sub, err := c.subscribe(s, n, d, w)
		if err != nil {
			s.unsubscribe(w.owner(), n.id, true)
			return err
		}
		if sub.Kind == "" {
			continue // it will never happen
		}
		sub.Token, sub.Scope, sub.Element, sub.Definition = w.token.ID, w.scope, n.id, d.index
		s.open(sub)
	}
	return nil
}

// subscribeBoundary opens what the boundary events of an activity wait for, unless they wait already.
func (s *step) subscribeBoundary(n *node, t Token) error {
	for _, b := range n.boundary {
		if s.isWaiting(t.ID, b.id) {
			continue
		}
		if err := s.subscribe(b, waiter{token: *s.in.Token(t.ID), scope: t.Scope}); err != nil {
			return err
		}
	}
	return nil
}

// subscribeEventSubProcesses opens what the event sub-processes of a scope wait for, unless they wait already: all of them, or none if
// one of them cannot, as nothing is to begin in a scope that waits for an operator.
func (s *step) subscribeEventSubProcesses(k *container, scope ID) error {
	for _, sub := range k.eventSubProcesses {
		start := sub.eventStart()
		if s.isWaiting(scope, start.id) {
			continue
		}
		if err := s.subscribe(start, waiter{scope: scope}); err != nil {
			s.closeEventSubProcesses(scope)
			return err
		}
	}
	return nil
}

// closeEventSubProcesses lets no event sub-process of a scope begin any more.
func (s *step) closeEventSubProcesses(scope ID) {
	s.unsubscribe(scope, "", true)
	s.forgetIncidents(scope)
}

// isWaiting says whether an element waits, be it for an operator, for a token, or for a scope where no token waits.
func (s *step) isWaiting(owner ID, element string) bool {
	for sub, ok := s.subscriptions.next(owner, 0); ok; sub, ok = s.subscriptions.next(owner, sub.ID) {
		if sub.Element == element {
			return true
		}
	}
	for i, ok := s.incidents.next(owner, 0); ok; i, ok = s.incidents.next(owner, i.ID) {
		if i.Element == element {
			return true
		}
	}
	return false
}

// mustBeActive rejects commands to an instance that has ended.
func (s *step) mustBeActive() error {
	if s.in.State != StateActive {
		return reject(CodeState, "instance %s has ended (%s)", s.in.Key, s.in.State)
	}
	return nil
}

// waiting finds an open subscription of a kind.
func (s *step) waiting(id ID, kind SubscriptionKind) (Subscription, error) {
	if err := s.mustBeActive(); err != nil {
		return Subscription{}, err
	}
	sub := s.in.Subscription(id)
	if sub == nil || sub.Kind != kind {
		return Subscription{}, reject(CodeNotFound, "instance %s has no such %s open any more; it is done, or was withdrawn", s.in.Key, kind)
	}
	return *sub, nil
}

// fire lets the event happen that a subscription waited for. Where the event stands decides what follows.
func (s *step) fire(sub Subscription, results map[string]any) {
	n := s.p.nodes[sub.Element]
	s.emit(SubscriptionFired{Subscription: sub.ID, Kind: sub.Kind, Element: sub.Element, Name: sub.Name})
	if n.gathers() {
		var complete bool
		if results, complete = s.gatherTriggers(sub, results); !complete {
			return
		}
	}
	switch {
	case n.host != nil:
		s.fireBoundary(n, sub, results)
	case sub.Token == 0:
		if !n.interrupts() {
			s.rearm(sub)
		}
		s.startEventSubProcess(n.container.node, n, s.in.Scope(sub.Scope).ID, results)
	case s.in.Token(sub.Token).Node != n.id: // an event-based gateway: the first event wins, and the others wait no longer
		t := *s.in.Token(sub.Token)
		s.consume(t.ID, false)
		s.leave(n, s.place(t.Scope, n), results)
	default:
		t := *s.in.Token(sub.Token)
		s.emit(SubscriptionClosed{Subscription: sub})
		s.unsubscribe(t.ID, n.id, true) // the event has happened, even if it cannot leave
		s.leave(n, t, results)
	}
}

// gatherTriggers waits for all triggers of a parallel multiple event (§10.5.5). What one of them brought is kept with the
// next one that is still awaited.
func (s *step) gatherTriggers(sub Subscription, results map[string]any) (map[string]any, bool) {
	if s.p.nodes[sub.Element].gathersToStart() {
		return s.gatherToStart(sub, results)
	}
	merged := maps.Clone(sub.Received)
	if merged == nil {
		merged = map[string]any{}
	}
	maps.Copy(merged, results)
	for other, ok := s.subscriptions.next(sub.owner(), 0); ok; other, ok = s.subscriptions.next(sub.owner(), other.ID) {
		if other.ID != sub.ID && other.Element == sub.Element {
			s.emit(SubscriptionClosed{Subscription: sub})
			maps.Copy(merged, other.Received)
			other.Received = merged
			s.emit(SubscriptionUpdated{other})
			return nil, false
		}
	}
	return merged, true
}

// rearm keeps the subscription of a non-interrupting event open for its next occurrence: a message can come again, a
// timer only as its cycle says.
func (s *step) rearm(sub Subscription) {
	n := s.p.nodes[sub.Element]
	if n.gathers() {
		s.emit(SubscriptionClosed{Subscription: sub})
		w := waiter{scope: sub.Scope}
		if t := s.in.Token(sub.Token); t != nil {
			w.token = *t
		}
		s.waitAgain(n, w)
		return
	}
	if sub.Kind != SubscriptionTimer {
		return
	}
	if sub.Cycle != nil {
		if due, cycle := nextDue(sub.Cycle, sub.Due, s.at); !due.IsZero() {
			sub.Due, sub.Cycle = due, cycle
			s.emit(SubscriptionUpdated{sub})
			return
		}
	}
	s.emit(SubscriptionClosed{Subscription: sub})
}
