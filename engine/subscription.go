package engine

import "slices"

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

// open opens a subscription, giving it its ID.
func (s *step) open(sub Subscription) {
	sub.ID = s.newID()
	s.emit(SubscriptionOpened{sub})
}

// subscribe opens the subscription of an event or receive task that waits.
func (s *step) subscribe(n *node, w waiter) error {
	var sub Subscription
	var err error
	if n.trigger == nil {
		sub, err = messageTrigger{}.subscribe(s, n, w) // a receive task
	} else {
		sub, err = n.trigger.(catcher).subscribe(s, n, w)
	}
	if err != nil {
		return err
	}
	sub.Token, sub.Scope, sub.Element = w.token.ID, w.scope, n.id
	s.open(sub)
	return nil
}

// subscribeBoundary opens what the boundary events of an activity wait for, unless they wait already.
func (s *step) subscribeBoundary(n *node, t Token) error {
	for _, b := range n.boundary {
		if _, waits := b.trigger.(catcher); !waits || s.isWaiting(t.ID, b.id) {
			continue
		}
		if err := s.subscribe(b, waiter{token: *s.in.Token(t.ID), scope: t.Scope}); err != nil {
			return err
		}
	}
	return nil
}

// subscribeEventSubProcesses opens what the event sub-processes of a scope wait for, unless they wait already.
func (s *step) subscribeEventSubProcesses(k *container, scope ID) error {
	for _, sub := range k.eventSubProcesses {
		for _, start := range sub.body.nodes {
			_, isStart := start.behavior.(startEvent)
			_, waits := start.trigger.(catcher)
			if !isStart || !waits || slices.ContainsFunc(s.in.Subscriptions, func(x Subscription) bool { return x.Scope == scope && x.Element == start.id }) {
				continue
			}
			if err := s.subscribe(start, waiter{scope: scope}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *step) isWaiting(token ID, element string) bool {
	return slices.ContainsFunc(s.in.Subscriptions, func(x Subscription) bool { return x.Token == token && x.Element == element })
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
		return Subscription{}, reject(CodeNotFound, "instance %s has no open %s %d; it is done, or was withdrawn", s.in.Key, kind, id)
	}
	return *sub, nil
}

// fire lets the event happen that a subscription waited for. Where the event stands decides what follows.
func (s *step) fire(sub Subscription, results map[string]any) {
	n := s.p.nodes[sub.Element]
	switch {
	case n.host != nil:
		s.fireBoundary(n, sub, results)
	case sub.Token == 0:
		s.startEventSubProcess(n.container.node, n, s.in.Scope(sub.Scope).ID, results)
	case s.in.Token(sub.Token).Node != n.id: // an event-based gateway: the first event wins, and the others wait no longer
		t := *s.in.Token(sub.Token)
		s.consume(t.ID, false)
		s.leave(n, s.place(t.Scope, n), results)
	default:
		t := *s.in.Token(sub.Token)
		s.emit(SubscriptionClosed{Subscription: sub})
		s.leave(n, t, results)
	}
}

// rearm keeps the subscription of a non-interrupting event open for its next occurrence: a message can come again, a
// timer only as its cycle says.
func (s *step) rearm(sub Subscription) {
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
