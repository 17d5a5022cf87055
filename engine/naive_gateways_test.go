package engine_test

import (
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// ready says whether the node behind a flow with a token can begin, and which tokens it takes.
func (n *naive) ready(a *area, f *bpmn.SequenceFlow) ([]string, bool) {
	node := f.Target
	filled := filledFlows(a, node)
	switch {
	case node.Kind == "parallelGateway":
		// §13.4.1: a token on each flow, and one is taken of each.
		return filled, len(filled) == len(node.Incoming)
	case node.Kind == "inclusiveGateway":
		return filled, n.nothingComes(a, node, filled)
	case node.Kind == "complexGateway" && len(node.Incoming) > 1:
		_, reset := a.resets[node.ID]
		return filled, !reset && n.activated(a, node, filled)
	case node.StartQuantity > 1:
		tokens := tokensInto(a, node)
		if len(tokens) < node.StartQuantity {
			return nil, false
		}
		return tokens[:node.StartQuantity], true
	}
	return []string{f.ID}, true
}

func filledFlows(a *area, node *bpmn.FlowNode) []string {
	var filled []string
	for _, f := range node.Incoming {
		if a.has(f.ID) {
			filled = append(filled, f.ID)
		}
	}
	return filled
}

func tokensInto(a *area, node *bpmn.FlowNode) []string {
	var tokens []string
	for _, l := range a.flows {
		if slices.ContainsFunc(node.Incoming, func(in *bpmn.SequenceFlow) bool { return in.ID == l.flow }) {
			tokens = append(tokens, l.flow)
		}
	}
	return tokens
}

// nothingComes is the rule of inclusive joins (§13.4.3): each token that can still come to an incoming flow which has none,
// without passing the gateway, can also come to one that counts as filled.
func (n *naive) nothingComes(a *area, gateway *bpmn.FlowNode, filled []string) bool {
	harmless := func(reach map[string]bool) bool {
		empty, full := false, false
		for _, f := range gateway.Incoming {
			if reach[f.ID] && slices.Contains(filled, f.ID) {
				full = true
			} else if reach[f.ID] {
				empty = true
			}
		}
		return full || !empty
	}
	for _, l := range a.flows {
		if n.flows[l.flow].Target != gateway && !harmless(n.reachFlow(n.flows[l.flow], gateway, map[string]bool{})) {
			return false
		}
	}
	for _, v := range a.visits {
		if v.node != gateway && !v.beside && !harmless(n.reachNode(v.node, gateway, map[string]bool{})) {
			return false
		}
	}
	return true
}

// reachFlow collects the flows that a token on a flow can come to without passing the gateway.
func (n *naive) reachFlow(f *bpmn.SequenceFlow, gateway *bpmn.FlowNode, seen map[string]bool) map[string]bool {
	if seen[f.ID] {
		return seen
	}
	seen[f.ID] = true
	if f.Target != gateway {
		n.reachNode(f.Target, gateway, seen)
	}
	return seen
}

// reachNode does so for a token in a node, which can also leave by a boundary event or a link.
func (n *naive) reachNode(node, gateway *bpmn.FlowNode, seen map[string]bool) map[string]bool {
	for _, f := range node.Outgoing {
		n.reachFlow(f, gateway, seen)
	}
	for _, b := range node.Boundary {
		for _, f := range b.Outgoing {
			n.reachFlow(f, gateway, seen)
		}
	}
	if target := n.linkTarget(node); target != nil {
		for _, f := range target.Outgoing {
			n.reachFlow(f, gateway, seen)
		}
	}
	return seen
}

// linkTarget is where a throwing link event goes on.
func (n *naive) linkTarget(node *bpmn.FlowNode) *bpmn.FlowNode {
	if node.Kind != "intermediateThrowEvent" || len(node.EventDefinitions) != 1 || node.EventDefinitions[0].Kind != "linkEventDefinition" {
		return nil
	}
	for _, other := range n.nodes {
		if other.Parent == node.Parent && catchesLink(other) && other.EventDefinitions[0].Link == node.EventDefinitions[0].Link {
			return other
		}
	}
	return nil
}

// choose says which flows a token leaves a node by (§13.3.1, §13.4).
func (n *naive) choose(node *bpmn.FlowNode, lookup func(string) any) ([]*bpmn.SequenceFlow, string) {
	var taken []*bpmn.SequenceFlow
	held := false
	for _, f := range node.Outgoing {
		if f == node.Default {
			continue
		}
		if f.Condition == nil {
			taken = append(taken, f)
			continue
		}
		ok, err := holds(f.Condition, lookup)
		if err != nil {
			return nil, "EXPRESSION_ERROR"
		}
		if ok {
			held = true
			taken = append(taken, f)
			if node.Kind == "exclusiveGateway" {
				return taken, ""
			}
		}
	}
	if !held && node.Default != nil {
		taken = append(taken, node.Default)
	}
	if len(taken) == 0 && len(node.Outgoing) > 0 {
		return nil, "CONDITION_ERROR"
	}
	return taken, ""
}

// activated evaluates the activation condition of a complex gateway (§13.4.5): activationCount is how many of its incoming
// flows have a token.
func (n *naive) activated(a *area, gateway *bpmn.FlowNode, filled []string) bool {
	ok, err := holds(gateway.ActivationCondition, with(map[string]any{"activationCount": int64(len(filled)), "waitingForStart": true}, a.lookup))
	return err == nil && ok
}

func (n *naive) activate(a *area, gateway *bpmn.FlowNode, filled []string) {
	a.take(filled)
	flows, fault := n.choose(gateway, with(map[string]any{"activationCount": int64(len(filled)), "waitingForStart": true}, a.lookup))
	if a.resets == nil {
		a.resets = map[string][]string{}
	}
	a.resets[gateway.ID] = filled
	if fault != "" {
		a.visits = append(a.visits, &visit{node: gateway, in: a, fault: fault})
		return
	}
	n.put(a, flows, 1)
}

// canReset says whether a complex gateway has what it waits for after its activation: a token on each other flow, unless
// none can come.
func (n *naive) canReset(a *area, gateway *bpmn.FlowNode) ([]string, bool) {
	if slices.ContainsFunc(a.visits, func(v *visit) bool { return v.node == gateway }) {
		return nil, false // it waits for an operator
	}
	var late []string
	for _, f := range filledFlows(a, gateway) {
		if !slices.Contains(a.resets[gateway.ID], f) {
			late = append(late, f)
		}
	}
	return late, n.nothingComes(a, gateway, append(slices.Clone(a.resets[gateway.ID]), late...))
}

func (n *naive) reset(a *area, gateway *bpmn.FlowNode, late []string) {
	a.take(late)
	if len(late) == 0 { // §10.6.5: it is tokens that arrive later which may send others on
		delete(a.resets, gateway.ID)
		return
	}
	a.resets[gateway.ID] = nil
	n.sendLate(&visit{node: gateway, in: a})
}

// sendLate is the end of a reset: other than at the start, it may be that no flow is chosen.
func (n *naive) sendLate(v *visit) {
	v.in.drop(v)
	flows, fault := n.choose(v.node, with(map[string]any{"waitingForStart": false}, v.in.lookup))
	if fault == "EXPRESSION_ERROR" {
		v.fault = fault
		v.in.visits = append(v.in.visits, v)
		return
	}
	delete(v.in.resets, v.node.ID)
	n.put(v.in, flows, 1)
}

func (n *naive) put(a *area, flows []*bpmn.SequenceFlow, quantity int) {
	for _, f := range flows {
		for range max(quantity, 1) {
			n.ticks++
			a.flows = append(a.flows, lying{f.ID, n.ticks})
			n.taken = append(n.taken, f.ID)
		}
	}
}
