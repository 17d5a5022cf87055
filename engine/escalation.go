package engine

import "slices"

// escalationTrigger tells a scope further out about something, which then acts beside the thrower or instead of it (§10.5.5,
// §10.5.7). Unlike an error it need not be caught: then nothing happens.
type escalationTrigger struct{}

func (escalationTrigger) link(c *compiler, n *node, d *definition) {
	if d.source.Escalation != nil {
		d.code = d.source.Escalation.Code
	}
	if where := positionOf(n); d.code == "" && (where == positionThrow || where == positionEnd) {
		at := n.source.Element
		at.Pos = d.source.Pos
		c.refuse(CodeTrigger, at, "%s throws an escalation without a code", n).Hint = "choose an escalation and give it a code"
	}
}

func (escalationTrigger) throw(s *step, n *node, d *definition, t Token) (bool, error) {
	s.escalate(n, t, d.code, s.sent(n, d.index, t))
	return s.in.Token(t.ID) != nil, nil
}

// escalate gives an escalation to the nearest catcher, and to the caller if there is none here.
func (s *step) escalate(n *node, t Token, code string, variables map[string]any) {
	found := s.seek(n, t, isEscalation, code)
	thrown := EscalationThrown{Element: n.id, Code: code, Variables: variables}
	if found.catcher == nil {
		thrown.Parent = s.in.Parent
		s.emit(thrown)
		return
	}
	thrown.CaughtBy = found.catcher.id
	s.emit(thrown)
	results := found.catcher.caught(isEscalation, thrownError{code: code, variables: variables})
	switch {
	case found.catcher.host == nil:
		s.startEventSubProcess(found.catcher.container.node, found.catcher, found.scope, results)
	case found.catcher.interrupts():
		s.interrupt(found.catcher, found.host, results)
	default:
		s.leave(found.catcher, s.place(found.host.Scope, found.catcher), results)
	}
}

func isEscalation(d *definition) bool { _, ok := d.trigger.(escalationTrigger); return ok }

func (c EscalateCall) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionCall)
	if err != nil {
		return err
	}
	s.escalate(s.p.nodes[sub.Element], *s.in.Token(sub.Token), c.Code, c.Variables)
	return nil
}

// catch is where an error or escalation is caught: by a boundary event of the token host, or by the start event of an
// event sub-process of scope.
type catch struct {
	catcher *node
	host    Token
	scope   ID
}

// seek finds the nearest catcher of a code: boundary events of the throwing activity, event sub-processes of its scope,
// then the same of the sub-process around it, and so on. In one place a catcher of exactly this code goes before one of
// all codes.
func (s *step) seek(n *node, t Token, is func(*definition) bool, code string) catch {
	for host, at := t, n; ; {
		if s.isInstance(host) {
			// Boundary events belong to the multi-instance activity as a whole (camunda#4601).
			host = *s.in.Token(s.in.Scope(host.Scope).Token)
		}
		if b := catches(at.boundary, is, code); b != nil {
			return catch{catcher: b, host: host, scope: host.Scope}
		}
		if start := catches(s.armed(at.container, host.Scope), is, code); start != nil {
			return catch{catcher: start, scope: host.Scope}
		}
		if at.container.node == nil {
			return catch{}
		}
		at, host = at.container.node, *s.in.Token(s.in.Scope(host.Scope).Token)
	}
}

// catches finds the event that catches a code: exactly, else every code.
func catches(events []*node, is func(*definition) bool, code string) *node {
	var all *node
	for _, n := range events {
		for _, d := range n.definitions {
			switch {
			case !is(d):
			case d.code == code:
				return n
			case d.code == "":
				all = n
			}
		}
	}
	return all
}

// armed lists the start events of a scope's event sub-processes that can still catch something: none, once one of them
// has interrupted the scope (camunda#3678).
func (s *step) armed(k *container, scope ID) []*node {
	var starts []*node
	for _, sub := range k.eventSubProcesses {
		start := sub.eventStart()
		if start.interrupts() && slices.ContainsFunc(s.in.Tokens, func(t Token) bool { return t.Scope == scope && t.Node == sub.id }) {
			return nil
		}
		starts = append(starts, start)
	}
	return starts
}
