package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// endless reports loops of nodes that do not wait and that a token never gets out of: the step that comes there never ends, and
// becomes an incident (IncidentStepLimit).
func (l *soundness) endless(k *container, together *concurrency) {
	if together == nil {
		return
	}
	trap := l.trap(k)
	told := map[*node]bool{}
	for _, n := range k.nodes {
		if !trap[n] || told[n] || !l.reached[n] {
			continue
		}
		loop := l.loopOf(n, trap)
		for _, member := range loop {
			told[member] = true
		}
		if len(loop) == 0 || !l.closed(loop) || !together.marked.has(together.index[n.id]) || l.mayBeStopped(k, loop, together) {
			continue
		}
		l.report(CodeEndless, bpmn.SeverityError, n.source.Element, "the loop of %s never ends: nothing in it waits, and no way leads out of it", names(loop)).
			Hint = "lead a way out of it, or let something in it wait, such as a timer"
	}
}

// trap finds the nodes that do not wait and from which a token, whatever the data, can only go on to such nodes.
func (l *soundness) trap(k *container) map[*node]bool {
	trap := map[*node]bool{}
	for _, n := range k.nodes {
		trap[n] = n.passes()
	}
	for changed := true; changed; {
		changed = false
		for _, n := range k.nodes {
			if trap[n] && !l.stays(n, trap) {
				trap[n] = false
				changed = true
			}
		}
	}
	return trap
}

// closed says whether a token stays in a loop for ever; otherwise it gets into another one, which is reported.
func (l *soundness) closed(loop []*node) bool {
	members := map[*node]bool{}
	for _, n := range loop {
		members[n] = true
	}
	return !slices.ContainsFunc(loop, func(n *node) bool { return !l.stays(n, members) })
}

// stays says whether a token that leaves a node, or one of several, certainly goes to a node of the set.
func (l *soundness) stays(n *node, set map[*node]bool) bool {
	if target := n.linkTarget(); target != nil {
		return set[target]
	}
	flows := n.possible(l.impossible)
	if !n.isGateway() || n.kind() == "parallelGateway" {
		for _, f := range flows {
			if set[f.target] && (f.condition == nil && f != n.defaultFlow || n.kind() == "parallelGateway") {
				return true
			}
		}
	}
	for _, f := range flows {
		if !set[f.target] {
			return false
		}
	}
	return len(flows) > 0
}

// passes says whether a token goes through the node at once, by a flow, whatever else is in the instance.
func (n *node) passes() bool {
	if n.loop != nil || len(n.boundary) > 0 || n.source.StartQuantity > 1 || n.work != nil {
		return false
	}
	switch n.behavior.(type) {
	case task, scriptTask, exclusiveGateway:
		return true
	case parallelGateway, inclusiveGateway:
		return len(n.incoming) < 2
	case intermediateThrowEvent:
		return len(n.definitions) == 0 || len(n.definitions) == 1 && n.linkTarget() != nil
	case intermediateCatchEvent:
		return n.linkName() != ""
	}
	return false
}

// loopOf lists the nodes of a set that lie on a loop with n, in the order of the file; none if n lies on no loop.
func (l *soundness) loopOf(n *node, set map[*node]bool) []*node {
	from := func(start *node) map[*node]bool {
		found := map[*node]bool{}
		pending := []*node{start}
		for len(pending) > 0 {
			at := pending[0]
			pending = pending[1:]
			for _, next := range at.successors(l.impossible) {
				if set[next] && !found[next] {
					found[next] = true
					pending = append(pending, next)
				}
			}
		}
		return found
	}
	var loop []*node
	after := from(n)
	for _, other := range n.container.nodes {
		if after[other] && from(other)[n] {
			loop = append(loop, other)
		}
	}
	return loop
}

// mayBeStopped says whether something else, in the same step, may withdraw a token that runs in the loop: another token that ends or
// leaves the scope, or a condition that the loop itself makes true.
func (l *soundness) mayBeStopped(k *container, loop []*node, together *concurrency) bool {
	stops, conditions := false, false
	for _, n := range l.process.nodes {
		conditions = conditions || n.completion != nil || n.loop != nil && n.body != nil
		for _, d := range n.definitions {
			switch d.trigger.(type) {
			case conditionalTrigger:
				conditions = true
			case terminateTrigger, errorTrigger, escalationTrigger, cancelTrigger:
				stops = true
			}
		}
	}
	if !stops || conditions {
		return conditions
	}
	if k.node != nil {
		return true
	}
	return slices.ContainsFunc(loop, func(n *node) bool { return !together.with[together.index[n.id]].empty() })
}

// names lists nodes for people.
func names(nodes []*node) string {
	const most = 4
	var texts []string
	for _, n := range nodes {
		if len(texts) == most {
			texts = append(texts, fmt.Sprintf("%d more", len(nodes)-most))
			break
		}
		texts = append(texts, n.String())
	}
	if last := len(texts) - 1; last > 0 {
		return strings.Join(texts[:last], ", ") + " and " + texts[last]
	}
	return texts[0]
}
