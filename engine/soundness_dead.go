package engine

import (
	"fmt"
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// reach marks what a token can come to when every event may happen and every condition but a constant one may hold. Joins are
// taken to go on: which of them cannot, deadlocks says.
func (l *soundness) reach(k *container) {
	for _, n := range k.nodes {
		if n.mayBegin() {
			l.mark(n)
		}
	}
}

func (l *soundness) mark(n *node) {
	pending := []*node{n}
	for len(pending) > 0 {
		n, pending = pending[0], pending[1:]
		if !l.reached[n] {
			l.reached[n] = true
			pending = append(pending, n.successors(l.impossible)...)
		}
	}
}

// mayBegin says whether a token can be in the node without one that came along a flow.
func (n *node) mayBegin() bool {
	k := n.container
	switch {
	case n.source.IsForCompensation && !n.source.TriggeredByEvent:
		return n.undoes
	case n.kind() == "startEvent" || n.source.TriggeredByEvent:
		return true
	case k.node == nil && (n.source.Instantiate || n.instantiates()):
		return true
	case k.isAdHoc(): // its active elements may be any
		return n.host == nil && (len(n.incoming) == 0 || k.node.activeElements != nil)
	}
	return slices.Contains(k.starts, n)
}

func (k *container) isAdHoc() bool { return k.node != nil && k.node.kind() == "adHocSubProcess" }

// successors are the nodes that a token which is in this one may come to next.
func (n *node) successors(impossible map[*flow]string) []*node {
	next := append([]*node(nil), n.boundary...)
	for _, f := range n.possible(impossible) {
		next = append(next, f.target)
	}
	if target := n.linkTarget(); target != nil {
		next = append(next, target)
	}
	return next
}

// linkTarget is the catching event that a throwing link leads to, nil for every other node.
func (n *node) linkTarget() *node {
	if n.kind() != "intermediateThrowEvent" || n.linkName() == "" {
		return nil
	}
	for _, other := range n.container.nodes {
		if other.kind() == "intermediateCatchEvent" && other.linkName() == n.linkName() {
			return other
		}
	}
	return nil
}

// dead reports the sequence flows that are never taken, and the nodes that no token comes to for another reason. Of nodes that
// are dead one after the other only the first is reported.
func (l *soundness) dead(k *container) {
	told := map[*node]bool{}
	for _, n := range k.nodes {
		for _, f := range n.outgoing {
			if why := l.impossible[f]; why != "" && l.reached[n] {
				l.report(CodeDead, bpmn.SeverityWarning, f.element(), "%s is never taken%s: %s", f, l.behind([]*node{f.target}, told), why).
					Hint = "correct the condition, or delete the flow"
			}
		}
	}
	for _, entry := range []bool{true, false} { // first what nothing leads to, then circles that nothing leads into
		for _, n := range k.nodes {
			if l.reached[n] || told[n] || entry && (len(n.incoming) > 0 || n.host != nil || n.linkName() != "") {
				continue
			}
			told[n] = true
			after := l.behind(n.successors(nil), told)
			l.report(CodeDead, bpmn.SeverityWarning, n.source.Element, "no token ever reaches %s%s", n, after).
				Hint = "connect it with what comes before it, or delete it"
		}
	}
}

// behind says which dead nodes follow a dead node or flow, and marks them as told.
func (l *soundness) behind(pending []*node, told map[*node]bool) string {
	var dead []*node
	for len(pending) > 0 {
		at := pending[0]
		pending = pending[1:]
		if l.reached[at] || told[at] {
			continue
		}
		told[at] = true
		dead = append(dead, at)
		pending = append(pending, at.successors(nil)...)
	}
	switch len(dead) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf(", nor %s behind it", dead[0])
	default:
		return fmt.Sprintf(", nor the %d elements behind it", len(dead))
	}
}
