package bpmn

// sequenceFlow reads a sequence flow and links it to its ends, which must be in the same container (§8.4.13).
func (r *reader) sequenceFlow(n *node, c *Container) *SequenceFlow {
	f := &SequenceFlow{Element: r.element(n), Condition: r.expression(r.child(n, "conditionExpression"))}
	n.information("isImmediate")
	r.register(n, f)
	r.flows = append(r.flows, placedFlow{f, n, c})
	r.required(n, "sourceRef")
	r.required(n, "targetRef")
	r.later(func() {
		if f.Source = r.flowEnd(n, c, "sourceRef"); f.Source != nil {
			f.Source.Outgoing = append(f.Source.Outgoing, f)
		}
		if f.Target = r.flowEnd(n, c, "targetRef"); f.Target != nil {
			f.Target.Incoming = append(f.Target.Incoming, f)
		}
	})
	return f
}

func (r *reader) flowEnd(n *node, c *Container, key string) *FlowNode {
	end := reference[FlowNode](r, n, key, "a flow node")
	if end != nil && r.places[end] != c {
		r.fail(n, codeCrossing, "end it at the border; between pools use a message flow",
			"the sequence flow crosses the border of a process or sub-process to reach %s", quote(end.ID))
	}
	return end
}

// defaultFlow links the flow that is taken when no condition holds (§8.4.13).
func (r *reader) defaultFlow(n *node, f *FlowNode) {
	r.later(func() { f.Default = reference[SequenceFlow](r, n, "default", "a sequenceFlow") })
}

// checkFlow checks what can be seen only when all flows are linked.
func (r *reader) checkFlow() {
	for _, f := range r.flowNodes {
		r.checkListed(f, "incoming", f.Incoming)
		r.checkListed(f, "outgoing", f.Outgoing)
		r.checkDefault(f)
		r.checkDeadEnds(f)
		if flowNodeClasses[f.Kind] == gateway {
			r.checkDirection(f)
		}
	}
	for _, f := range r.flows {
		r.checkConditionPlace(f)
	}
}

// checkListed compares the incoming and outgoing elements with the sequence flows, which decide. A file may leave them out
// altogether.
func (r *reader) checkListed(f placedNode, tag string, flows []*SequenceFlow) {
	drawn, listed := set(flows), map[*SequenceFlow]bool{}
	for c := range f.n.all(tag) {
		flow := follow[SequenceFlow](r, c, c.body(), "a sequenceFlow")
		if flow == nil {
			continue
		}
		listed[flow] = true
		if !drawn[flow] {
			r.fail(c, codeFlowDisagrees, "correct the flow's sourceRef or targetRef, or delete this line",
				"%s lists %s, but that sequence flow says otherwise", tag, quote(flow.ID))
		}
	}
	for _, flow := range flows {
		if len(listed) > 0 && !listed[flow] {
			r.warn(f.n, codeFlowNotListed, "the sequence flow decides", "%s does not list the sequence flow %s", tag, quote(flow.ID))
		}
	}
}

func set(flows []*SequenceFlow) map[*SequenceFlow]bool {
	members := make(map[*SequenceFlow]bool, len(flows))
	for _, f := range flows {
		members[f] = true
	}
	return members
}

func (r *reader) checkDefault(f placedNode) {
	switch {
	case f.Default == nil:
	case f.Default.Source != f.FlowNode:
		r.fail(f.n, codeDefaultFlow, "choose one of its outgoing flows",
			"the default flow %s does not leave this %s", quote(f.Default.ID), f.Kind)
	case f.Default.Condition != nil:
		r.fail(f.n, codeDefaultCondition, "delete the condition: the default flow is taken when no other is",
			"the default flow %s has a condition", quote(f.Default.ID))
	}
}

// checkDeadEnds finds flows into or out of elements that cannot have them (§10.3.5, §10.5.2-10.5.4, §10.7).
func (r *reader) checkDeadEnds(f placedNode) {
	detached := f.TriggeredByEvent || f.IsForCompensation
	if len(f.Incoming) > 0 && (detached || f.Kind == "startEvent" || f.Kind == "boundaryEvent") {
		r.forbiddenFlow(f, "enter", f.Incoming[0])
	}
	if len(f.Outgoing) > 0 && (detached || f.Kind == "endEvent") {
		r.forbiddenFlow(f, "leave", f.Outgoing[0])
	}
}

func (r *reader) forbiddenFlow(f placedNode, verb string, flow *SequenceFlow) {
	what := f.Kind
	switch {
	case f.TriggeredByEvent:
		what = "event sub-process"
	case f.IsForCompensation:
		what = "compensation activity"
	}
	r.fail(f.n, codeFlowForbidden, "delete the flow", "the sequence flow %s must not %s %s", quote(flow.ID), verb, article(what))
}

// checkConditionPlace refuses a condition where it would not be evaluated: only activities and exclusive, inclusive and
// complex gateways choose among their flows (§8.4.13, Table 8.60).
func (r *reader) checkConditionPlace(f placedFlow) {
	if f.Condition == nil || f.Source == nil || flowNodeClasses[f.Source.Kind] == activity {
		return
	}
	switch f.Source.Kind {
	case "exclusiveGateway", "inclusiveGateway", "complexGateway":
		return
	}
	r.fail(f.n, codeConditionPlace, "delete the condition, or put an exclusive or inclusive gateway before it",
		"the sequence flow leaves %s and has a condition, which nobody would evaluate", article(f.Source.Kind))
}
