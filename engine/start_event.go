package engine

import "slices"

// startEvent is where an instance, or the inside of a sub-process, begins (§10.5.2). It never gets a token from a flow: a token
// is placed in it when its trigger happens.
type startEvent struct{}

func (startEvent) link(c *compiler, n *node) { c.event(n) }

func (startEvent) enter(s *step, n *node, t Token) error {
	if n.startsEventSubProcess() {
		return s.enterEventSubProcess(n, t)
	}
	s.leave(n, t, nil)
	return nil
}

// startsProcess says whether the node is a start event of the process, and not of a sub-process.
func (n *node) startsProcess() bool { return n.container.node == nil && n.kind() == "startEvent" }

// startsEventSubProcess says whether the node is the start event of an event sub-process that an event starts, and not compensation.
func (n *node) startsEventSubProcess() bool {
	owner := n.container.node
	return owner != nil && owner.source.TriggeredByEvent && n.kind() == "startEvent" && !n.compensates()
}

// gathers says whether an event happens only when all of its triggers have come: it is parallel multiple (§10.5.5).
func (n *node) gathers() bool {
	return n.source.ParallelMultiple && len(n.source.EventDefinitions) > 1
}

// gathersToStart says whether that event begins the process. Then the first trigger makes the instance, and its token stays in
// the start event until the others have come (§10.5.2); what came until then are variables of that event alone.
func (n *node) gathersToStart() bool {
	return n.gathers() && n.startsProcess()
}

// beginnings are the definitions of a start event that can make an instance. Where all triggers are needed, a message or signal
// comes first, and the instance that it makes waits for times and conditions: else every tick of a cycle would leave an instance
// that waits. Only where there is neither the first timer does it.
func (n *node) beginnings() []*definition {
	if !n.gathersToStart() {
		return n.definitions
	}
	var told, timers []*definition
	for _, d := range n.definitions {
		switch d.trigger.(type) {
		case messageTrigger, signalTrigger:
			told = append(told, d)
		case timerTrigger:
			timers = append(timers, d)
		}
	}
	switch {
	case len(told) > 0:
		return told
	case len(timers) > 0:
		return timers[:1]
	}
	return n.definitions[:min(1, len(n.definitions))] // they are conditions, which somebody says to hold
}

// first is the definition that has made the instance of a process which waits in its start event for the others. It is nil where
// the process does not wait, be it that somebody starts it by hand, which stands for all triggers.
func (c StartInstance) first(n *node) *definition {
	if !n.gathersToStart() {
		return nil
	}
	var message *definition
	for _, d := range n.beginnings() {
		switch d.trigger.(type) {
		case messageTrigger:
			if c.Message != nil && (message == nil || d.name == c.Message.Name) {
				message = d
			}
		case signalTrigger:
			if c.Message == nil && c.Signal == d.name {
				return d
			}
		case timerTrigger:
			return d // nothing else makes an instance of this process, so nobody needs to say that it was the timer
		}
	}
	return message
}

// gather lets the token wait in a start event for the triggers besides the one that has made the instance. There is nothing yet
// that an operator could mend, so a fault rejects the start.
func (c StartInstance) gather(s *step, n *node, first *definition) error {
	var results map[string]any
	switch first.trigger.(type) {
	case messageTrigger:
		s.converse(first.conversation, *c.Message)
		results = c.Message.results(n, first.index)
	case signalTrigger:
		results = n.brought(first.index, c.Variables)
	}
	t := s.place(s.in.Scopes[0].ID, n)
	s.set(s.ownScope(t), results)
	if err := s.subscribe(n, waiter{token: *s.in.Token(t.ID), scope: t.Scope}); err != nil {
		return reject(CodeInvalid, "process %s cannot start: %v", s.p.ID, err)
	}
	happened := slices.IndexFunc(s.in.Subscriptions, func(sub Subscription) bool { return sub.Token == t.ID && sub.Definition == first.index })
	if happened >= 0 { // else it is a cycle without repetitions
		s.fire(s.in.Subscriptions[happened], nil)
	}
	return nil
}

// gatherToStart keeps what a trigger has brought, and says whether it was the last one; then it gives what all have brought.
func (s *step) gatherToStart(sub Subscription, results map[string]any) (map[string]any, bool) {
	n, own := s.p.nodes[sub.Element], s.in.Token(sub.Token).Inner
	s.set(own, results)
	if s.othersWait(sub) {
		s.emit(SubscriptionClosed{Subscription: sub})
		s.tellKeys(n, *s.in.Token(sub.Token))
		return nil, false
	}
	all := s.in.Scope(own).Variables
	s.emit(ScopeClosed{Scope: own})
	return all, true
}

// othersWait says whether another trigger of the same event is still awaited.
func (s *step) othersWait(sub Subscription) bool {
	for other, ok := s.subscriptions.next(sub.owner(), 0); ok; other, ok = s.subscriptions.next(sub.owner(), other.ID) {
		if other.ID != sub.ID && other.Element == sub.Element {
			return true
		}
	}
	return false
}

// tellKeys evaluates the correlation keys again that could not be told before a message had come.
func (s *step) tellKeys(n *node, t Token) {
	for _, sub := range slices.Clone(s.in.Subscriptions) {
		if sub.Token != t.ID || !sub.Any {
			continue
		}
		d := n.definitions[sub.Definition]
		if key, err := s.awaitedKey(n, d, waiter{token: t, scope: t.Scope}); err == nil && key != "" {
			sub = sub.keyed(key, d)
			s.emit(SubscriptionUpdated{sub})
		}
	}
}

// keyed is the subscription with the correlation key that messages for it must have.
func (sub *Subscription) keyed(key string, d *definition) Subscription {
	keyed := *sub
	keyed.Key, keyed.Any = key, false
	if d.messageKey != nil {
		keyed.KeySource = d.messageKey.text
	}
	return keyed
}
