package engine

import (
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// cancelTrigger ends a transaction without success (§10.5.5, §10.3.5 Transaction): everything still running in it is
// withdrawn, what completed is compensated, and then the transaction is left by its cancel boundary event.
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

func (cancelTrigger) throw(s *step, n *node, d *definition, t Token) (throwing, error) {
	return func() bool {
		s.withdrawOthers(t)
		if !s.compensate(n, d, t) {
			s.cancelTransaction(n, t)
		}
		return false
	}, nil
}

// cancelTransaction leaves the transaction around a cancel end event, when its compensation is done.
func (s *step) cancelTransaction(n *node, t Token) {
	host := *s.in.Token(s.in.Scope(t.Scope).Token)
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
