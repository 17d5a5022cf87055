package engine

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

func (escalationTrigger) throw(s *step, n *node, d *definition, t Token) (throwing, error) {
	variables := s.sent(n, d.index, t)
	return func() bool {
		s.escalate(n, t, d.code, variables)
		return s.in.Token(t.ID) != nil
	}, nil
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
// all codes. A transaction that is being cancelled begins nothing else: what goes wrong in its compensation is a hazard, which only its
// boundary catches (§10.3.5, Transaction).
func (s *step) seek(n *node, t Token, is func(*definition) bool, code string) catch {
	for host, at := t, n; ; {
		if s.isInstance(host) {
			// Boundary events belong to the multi-instance activity as a whole (camunda#4601).
			host = *s.in.Token(s.in.Scope(host.Scope).Token)
		}
		scope, cancelled := s.in.Scope(host.Scope), s.isCancelled(host.Scope) || s.cancelledEarlier(at, host)
		if b := catches(at.boundary, is, code); b != nil && !cancelled {
			return catch{catcher: b, host: host, scope: host.Scope}
		}
		if start := catches(s.armed(scope), is, code); start != nil && !cancelled {
			return catch{catcher: start, scope: host.Scope}
		}
		if scope.Parent == 0 {
			return catch{}
		}
		// Around a compensation handler is the event that compensates, wherever the handler is drawn.
		host = *s.in.Token(scope.Token)
		at = s.p.nodes[host.Node]
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
			case d.code == "" && all == nil:
				all = n
			}
		}
	}
	return all
}

// armed lists the start events of a scope's event sub-processes that can still catch something: none, once one of them
// has interrupted the scope (camunda#3678) or only they are left in it.
func (s *step) armed(scope *Scope) []*node {
	inside := s.p.root
	if scope.Parent != 0 {
		inside = s.p.nodes[scope.Node].body
	}
	if inside == nil || s.onlyEventSubProcesses(scope.ID) {
		return nil
	}
	var starts []*node
	for _, sub := range inside.eventSubProcesses {
		starts = append(starts, sub.eventStart())
	}
	return starts
}

// onlyEventSubProcesses says whether nothing but event sub-processes is left in a scope: it waits for them, and no further one begins
// (§13.5.4).
func (s *step) onlyEventSubProcesses(scope ID) bool {
	if loop := s.in.Scope(scope).Loop; loop != nil && !loop.Finishing && loop.Started < len(loop.Items) {
		return false
	}
	for t, ok := s.tokens.next(scope, 0); ok; t, ok = s.tokens.next(scope, t.ID) {
		if t.Flow != "" || !s.p.nodes[t.Node].source.TriggeredByEvent {
			return false
		}
	}
	return true
}
