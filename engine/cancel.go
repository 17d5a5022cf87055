package engine

import (
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// cancelTrigger ends a transaction without success (§10.5.5, §10.3.5 Transaction): everything still running in it is
// withdrawn, what completed is compensated, also inside of what was running (§13.5.5), and then the transaction is left by its cancel
// boundary event. What is being compensated already goes on, as a handler that was withdrawn would leave its activity half undone and
// one that ran again would undo it twice; what is left to compensate waits for that.
type cancelTrigger struct{}

func (cancelTrigger) link(c *compiler, n *node, d *definition) {
	at := n.source.Element
	at.Pos = d.source.Pos
	switch positionOf(n) {
	case positionEnd:
		owner := n.container.node
		if owner == nil || owner.kind() != "transaction" {
			c.refuse(CodeTransaction, at, "%s cancels a transaction, but is not directly inside of one", n)
		} else if !slices.ContainsFunc(owner.source.Boundary, func(b *bpmn.FlowNode) bool {
			return slices.ContainsFunc(b.EventDefinitions, func(d *bpmn.EventDefinition) bool { return d.Kind == "cancelEventDefinition" })
		}) {
			c.refuse(CodeTransaction, at, "%s cancels the transaction %s, which has no cancel boundary event", n, owner).Hint = "draw one, so that it is clear how to go on"
		}
	case positionBoundary:
		if n.source.AttachedTo == nil || n.source.AttachedTo.Kind != "transaction" {
			c.refuse(CodeTransaction, at, "%s is a cancel event, which belongs on a transaction", n)
		}
	}
}

func (cancelTrigger) throw(s *step, n *node, _ *definition, t Token) (throwing, error) {
	return func() bool {
		t = s.openCompensation(n, t)
		completed := s.cancelScope(t.Scope, t)
		slices.SortFunc(completed, func(a, b Completion) int { return int(a.ID - b.ID) })
		s.emit(CompensationTriggered{Scope: t.Scope, Completed: idsOf(completed), Inner: t.Inner, Handlers: handlersOf(Completion{Inner: completed}, nil), Cancelling: true})
		s.cancelNext(n, t)
		return false
	}, nil
}

// cancelScope withdraws what runs in a scope of a transaction that is being cancelled by a token, but for the compensations that are under
// way and what they are inside of, and says what completed there.
func (s *step) cancelScope(scope ID, by Token) []Completion {
	completed := slices.Clone(s.in.Scope(scope).Completed)
	for t, ok := s.tokens.next(scope, 0); ok; t, ok = s.tokens.next(scope, t.ID) {
		if t.ID == by.ID {
			continue
		}
		goesOn := s.isCompensating(t)
		if t.Inner != 0 && !goesOn {
			completed = append(completed, s.cancelScope(t.Inner, by)...)
			goesOn = s.in.Scope(t.Inner).Live > 0
		}
		if !goesOn {
			s.consume(t.ID, true)
			continue
		}
		s.unsubscribe(t.ID, "", true)
		s.forgetIncidents(t.ID)
	}
	s.closeEventSubProcesses(scope)
	if scope != by.Scope && s.in.Scope(scope).Live > 0 {
		s.emit(CompensationTriggered{Scope: scope, Completed: idsOf(s.in.Scope(scope).Completed), Inner: by.Inner, Cancelling: true})
	}
	return completed
}

// isCancelled says whether a scope is part of a transaction that is being cancelled: nothing goes on there but compensation.
func (s *step) isCancelled(scope ID) bool {
	in := s.in.Scope(scope)
	return in.Cancelling && !s.p.nodes[in.Node].cancels()
}

// cancelledEarlier says whether a token cancels its transaction since an earlier version of Sonata, which took note of that in the event alone
// or, where there is nothing else that it can wait for, not at all.
func (s *step) cancelledEarlier(n *node, t Token) bool {
	return n.kind() == "endEvent" && n.cancels() && (len(n.definitions) == 1 || t.Inner != 0 && s.in.Scope(t.Inner).Cancelling)
}

// cancelNext goes on with the cancellation of a transaction, for the token in its cancel end event, when that is alone in the transaction:
// with the next handler, and when all is undone out of the transaction.
func (s *step) cancelNext(n *node, t Token) {
	if s.in.Scope(t.Scope).Live == 1 && s.in.Scope(t.Inner).Live == 0 && !s.compensateNext(t) {
		s.cancelTransaction(n, t)
	}
}

// resumeCancel goes on with the cancellation of a transaction whose cancel end event has waited for the compensations that were under way.
func (s *step) resumeCancel(transaction *Scope) {
	if !transaction.Cancelling {
		return
	}
	t, _ := s.tokens.next(transaction.ID, 0)
	if n := s.p.nodes[t.Node]; n.cancels() && t.Inner != 0 && s.in.Scope(t.Inner).Cancelling {
		s.cancelNext(n, t)
	}
}

// cancelTransaction leaves the transaction around a cancel end event, when its compensation is done. In one that is being cancelled itself it
// leads nowhere.
func (s *step) cancelTransaction(n *node, t Token) {
	host := *s.in.Token(s.in.Scope(t.Scope).Token)
	if s.isCancelled(host.Scope) {
		s.consume(host.ID, true)
		return
	}
	for _, b := range n.container.node.boundary {
		if b.cancels() {
			if s.isInstance(host) {
				host = *s.in.Token(s.in.Scope(host.Scope).Token)
			}
			s.interrupt(b, host, nil)
			return
		}
	}
}

func (n *node) cancels() bool { return slices.ContainsFunc(n.definitions, (*definition).cancels) }

func (d *definition) cancels() bool { _, ok := d.trigger.(cancelTrigger); return ok }
