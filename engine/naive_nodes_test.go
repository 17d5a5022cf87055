package engine_test

import (
	"maps"
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// enter is the arrival of a token in a node.
func (n *naive) enter(a *area, node *bpmn.FlowNode) {
	v := &visit{node: node, in: a}
	a.visits = append(a.visits, v)
	n.begin(v)
}

// begin does what a node does with a token. Resolving an incident begins again.
func (n *naive) begin(v *visit) {
	v.fault, v.fresh = "", false
	switch v.node.Kind {
	case "complexGateway":
		if flows, reset := v.in.resets[v.node.ID]; reset && flows == nil {
			n.sendLate(v)
		} else {
			n.leave(v)
		}
	case "startEvent", "boundaryEvent", "exclusiveGateway", "parallelGateway", "inclusiveGateway":
		n.leave(v)
	case "eventBasedGateway":
		n.await(v)
	case "intermediateCatchEvent":
		if catchesLink(v.node) {
			n.leave(v)
		} else {
			n.await(v)
		}
	case "intermediateThrowEvent", "endEvent":
		n.throw(v)
	default:
		n.beginActivity(v)
	}
}

// leave sends tokens on; a node without a way out is an end.
func (n *naive) leave(v *visit) bool {
	lookup := v.in.lookup
	if v.node.Kind == "complexGateway" {
		lookup = with(map[string]any{"waitingForStart": true}, lookup)
	}
	flows, fault := n.choose(v.node, lookup)
	if fault != "" {
		v.fault, v.done = fault, true
		return false
	}
	n.record(v)
	v.in.drop(v)
	n.put(v.in, flows, v.node.CompletionQuantity)
	if v.in.finishing {
		v.in.flows = nil // nothing begins any more in an ad-hoc sub-process whose condition held
	}
	return true
}

// closes says whether nothing is left in an area, so that it ends (§13.3.4, §13.5.6). That what is around it goes on is a move of
// its own: what is beside it may move before.
func (n *naive) closes(a *area) bool {
	if len(a.flows)+len(a.visits) > 0 || a.around != nil && a.around.fault != "" {
		return false
	}
	if a.kind == areaUndo { // a cancel end event waits for the handlers that have run before
		return !a.around.cancelling || len(a.around.in.visits) == 1
	}
	return a.kind != areaLoop || a.cancelled
}

func (n *naive) close(a *area) {
	if a.cancelled {
		a.around.in.drop(a.around)
		return
	}
	switch a.kind {
	case areaProcess:
		n.state = "COMPLETED"
	case areaBody:
		n.finish(a.around, nil)
	case areaAdHoc:
		n.adHocEmpty(a)
	case areaUndo:
		n.undoNext(a.around)
	}
}

// shut lets no further event sub-process begin when only such are left (§13.5.4).
func (a *area) shut() {
	if a.completing() && (len(a.waiting) == 0 || a.finishing) {
		a.lock()
	}
}

// lock lets no event sub-process of an area begin any more.
func (a *area) lock() { a.doors, a.blocked = nil, nil }

// completing says whether nothing but event sub-processes is left in an area.
func (a *area) completing() bool {
	return len(a.flows)+len(a.resets) == 0 && !slices.ContainsFunc(a.visits, func(v *visit) bool { return !v.node.TriggeredByEvent })
}

// beginActivity starts an activity: its loop, or its work.
func (n *naive) beginActivity(v *visit) {
	loops := v.node.Loop != nil && v.number == 0
	if !v.begun || loops {
		v.began, v.begun = n.tick(), true
	}
	if loops {
		n.beginLoop(v)
		return
	}
	n.work(v)
}

func (n *naive) work(v *visit) {
	if len(v.node.Inputs) > 0 {
		vars, err := mapped(v.node.Inputs, v.lookup)
		if err != nil {
			n.fail(v, "IO_MAPPING_ERROR")
			return
		}
		v.vars = merged(v.vars, vars)
	}
	if v.number == 0 && !n.arm(v) {
		return
	}
	switch kind := v.node.Kind; {
	case kind == "task" && v.node.TaskDefinition == nil, kind == "manualTask":
		n.finish(v, nil)
	case kind == "scriptTask" && v.node.Script != nil:
		value, err := evaluate(*v.node.Script, v.lookup)
		if err != nil {
			n.fail(v, "EXPRESSION_ERROR")
			return
		}
		n.finish(v, map[string]any{v.node.ResultVariable: value})
	case kind == "receiveTask":
		waits, fault := n.waitsOf(v.node, v.lookup)
		if fault != "" {
			n.fail(v, fault)
			return
		}
		v.waits = append(v.waits, waits...)
	case kind == "callActivity":
		v.waits = append(v.waits, &wait{kind: "call", element: v.node.ID})
	case kind == "subProcess", kind == "transaction":
		v.inside = &area{kind: areaBody, body: v.node.Body, around: v, vars: v.ownVariables()}
		if v.node.TriggeredByEvent { // a handler, or again what could not begin: at its start event
			v.inside.done = v.undoes
			n.beginAtStart(v, nil)
			return
		}
		if fault := n.open(v.inside); fault != "" {
			n.fail(v, fault)
			return
		}
		n.enterAll(v.inside, starts(v.node.Body, ""))
	case kind == "adHocSubProcess":
		n.beginAdHoc(v)
	case publishes(v.node):
		n.thrown = append(n.thrown, "message "+v.node.ID)
		n.finish(v, nil)
	default:
		v.waits = append(v.waits, &wait{kind: "job", element: v.node.ID})
	}
}

func publishes(node *bpmn.FlowNode) bool {
	return node.TaskDefinition != nil && node.TaskDefinition.Type.Text == "kafka:publish"
}

// enterAll places a token in several nodes; when each begins is another move.
func (n *naive) enterAll(a *area, nodes []*bpmn.FlowNode) {
	for _, node := range nodes {
		a.visits = append(a.visits, &visit{node: node, in: a, fresh: true, began: n.tick()})
	}
}

func merged(a, b map[string]any) map[string]any {
	c := map[string]any{}
	maps.Copy(c, a)
	maps.Copy(c, b)
	return c
}

// fail is an incident: what the activity itself waits for is withdrawn, what its boundary waits for is not.
func (n *naive) fail(v *visit, kind string) {
	v.fault = kind
	v.waits = slices.DeleteFunc(v.waits, func(w *wait) bool { return w.element == v.node.ID })
}

// finish is the end of an activity's work: its results, then the next instance of its loop, or what follows.
func (n *naive) finish(v *visit, data map[string]any) {
	v.fault, v.done = "", true
	v.waits = slices.DeleteFunc(v.waits, func(w *wait) bool { return w.element == v.node.ID })
	if !n.results(v, data) {
		return
	}
	if v.number > 0 {
		n.endRound(v)
		return
	}
	n.complete(v)
}

// complete goes on after an activity.
func (n *naive) complete(v *visit) {
	a := v.in
	switch {
	case a.kind == areaUndo:
		a.drop(v)
	case v.node.TriggeredByEvent:
		n.record(v)
		a.drop(v)
	case n.leave(v) && a.kind == areaAdHoc:
		n.adHocStep(a)
	}
}

// results writes what an activity or event brought: what its output mappings say, else all of it.
func (n *naive) results(v *visit, data map[string]any) bool {
	v.settled = true
	if v.number > 0 && v.node.Loop.OutputCollection != "" && len(v.node.Outputs) == 0 {
		v.vars = merged(v.vars, data)
		return true
	}
	if len(v.node.Outputs) == 0 {
		n.write(nil, v.in, data)
		return true
	}
	v.vars = merged(v.vars, data)
	lookup := v.lookup
	if v.inside != nil {
		lookup = v.inside.lookup
	}
	vars, err := mapped(v.node.Outputs, lookup)
	if err != nil {
		n.fail(v, "IO_MAPPING_ERROR")
		v.done, v.settled = true, false
		return false
	}
	if v.number > 0 {
		own := outputVariable(v.node)
		if value, ok := vars[own]; ok {
			delete(vars, own)
			v.vars = merged(v.vars, map[string]any{own: value})
			if v.inside != nil {
				delete(v.inside.vars, own)
			}
		}
	}
	n.write(nil, v.in, vars)
	return true
}

// ownVariables are those of a sub-process: none, but what an operator set before it begins once more.
func (v *visit) ownVariables() map[string]any {
	if v.inside != nil {
		return v.inside.vars
	}
	return map[string]any{}
}

// beginAdHoc enables what the sub-process names, or everything that nothing leads to (§13.3.5).
func (n *naive) beginAdHoc(v *visit) {
	var nodes []*bpmn.FlowNode
	if v.node.ActiveElements == nil {
		nodes = starts(v.node.Body, "")
	} else {
		value, err := evaluate(*v.node.ActiveElements, v.lookup)
		list, ok := value.([]any)
		if err != nil || !ok {
			n.fail(v, "EXPRESSION_ERROR")
			return
		}
		for _, id := range list {
			nodes = append(nodes, n.nodes[id.(string)])
		}
	}
	v.inside = &area{kind: areaAdHoc, body: v.node.Body, around: v, vars: v.ownVariables()}
	if fault := n.open(v.inside); fault != "" {
		n.fail(v, fault)
		return
	}
	if v.node.Ordering == "Sequential" && len(nodes) > 0 {
		for _, node := range nodes[1:] {
			v.inside.waiting = append(v.inside.waiting, node.ID)
		}
		nodes = nodes[:1]
	}
	n.enterAll(v.inside, nodes)
}

// adHocStep asks, as an inner activity completes, whether the sub-process is to complete.
func (n *naive) adHocStep(a *area) {
	node := a.around.node
	if n.state != "ACTIVE" || a.around.inside != a || a.around.fault != "" {
		return
	}
	if node.CompletionCondition != nil && !a.finishing {
		ok, err := holds(node.CompletionCondition, a.lookup)
		if err != nil {
			n.fail(a.around, "EXPRESSION_ERROR")
			a.around.done = true
			return
		}
		if ok {
			a.finishing, a.waiting, a.flows = true, nil, nil
			if node.CancelRemainingInstances {
				n.empty(a)
			}
		}
	}
	if n.closes(a) {
		n.adHocEmpty(a)
	}
}

// adHocEmpty goes on when nothing runs: with the next activity, or it is over.
func (n *naive) adHocEmpty(a *area) {
	if a.around.fault != "" {
		return
	}
	node := a.around.node
	met := a.finishing
	if node.CompletionCondition != nil && !met {
		var err error
		if met, err = holds(node.CompletionCondition, a.lookup); err != nil {
			n.fail(a.around, "EXPRESSION_ERROR")
			a.around.done = true
			return
		}
	}
	switch {
	case met:
		a.finishing = true
		n.finish(a.around, nil)
	case len(a.waiting) > 0:
		next := a.waiting[0]
		a.waiting = a.waiting[1:]
		n.enterAll(a, []*bpmn.FlowNode{n.nodes[next]})
	case node.CompletionCondition == nil:
		n.finish(a.around, nil)
	default:
		n.fail(a.around, "CONDITION_ERROR")
		a.around.done = true
	}
}

// empty withdraws everything in an area.
func (n *naive) empty(a *area) { a.flows, a.visits, a.resets, a.waiting = nil, nil, nil, nil }
