package engine_test

import (
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// catcher is a boundary event of an activity, or the start event of an event sub-process.
type catcher struct {
	event *bpmn.FlowNode
	host  *visit // of a boundary event
	in    *area
}

// find looks for who catches an error or escalation: the activity that threw it, then the areas around it from inside
// outwards; exactly its code goes before every code (§10.5.6, §10.5.7).
func (n *naive) find(v *visit, kind, code string) *catcher {
	for {
		if v.number == 0 && !v.in.cancelled {
			if b := match(v.node.Boundary, kind, code); b != nil {
				return &catcher{b, v, v.in}
			}
		}
		a := v.in
		if a.body != nil && !a.interrupted && !a.completing() {
			var starts []*bpmn.FlowNode
			for _, node := range a.body.FlowNodes {
				if node.TriggeredByEvent {
					starts = append(starts, startOf(node))
				}
			}
			if s := match(starts, kind, code); s != nil {
				return &catcher{s, nil, a}
			}
		}
		if a.around == nil {
			return nil
		}
		v = a.around
	}
}

func match(events []*bpmn.FlowNode, kind, code string) *bpmn.FlowNode {
	for _, want := range []string{code, ""} {
		for _, e := range events {
			for _, d := range e.EventDefinitions {
				if d.Kind == kind && codeOf(d) == want {
					return e
				}
			}
		}
	}
	return nil
}

func codeOf(d *bpmn.EventDefinition) string {
	switch {
	case d.Error != nil:
		return d.Error.Code
	case d.Escalation != nil:
		return d.Escalation.Code
	}
	return ""
}

// uncaught says whether nobody catches what an event definition throws, though it has to be caught.
func (n *naive) uncaught(v *visit, d *bpmn.EventDefinition) bool {
	return d.Error != nil && n.uncaughtCode(v, d.Error.Code)
}

func (n *naive) uncaughtCode(v *visit, code string) bool {
	return n.find(v, "errorEventDefinition", code) == nil && (n.catches == nil || !n.catches(code))
}

// throwError ends what is between the thrower and its catcher; what nobody catches is an incident at the thrower.
func (n *naive) throwError(v *visit, code string, data map[string]any) {
	c := n.find(v, "errorEventDefinition", code)
	switch {
	case c == nil && n.catches != nil && n.catches(code):
		n.state = "TERMINATED"
		n.thrown = append(n.thrown, "error "+code)
	case c == nil:
		n.fail(v, "UNHANDLED_ERROR_EVENT")
	case c.host != nil:
		n.escape(c.host, c.event, data)
	default:
		n.interrupt(c.in)
		n.beginAtStart(n.beginEventSubProcess(c.in, c.event), data)
	}
}

// escalate gives an escalation to its catcher, if there is one; the thrower goes on unless that interrupts.
func (n *naive) escalate(v *visit, code string, data map[string]any) {
	c := n.find(v, "escalationEventDefinition", code)
	switch {
	case c == nil:
		if n.catches != nil {
			n.thrown = append(n.thrown, "escalation "+code)
		}
	case c.host != nil && c.event.CancelActivity:
		n.escape(c.host, c.event, data)
	case c.host != nil:
		n.beside(c.in, c.event, data)
	default:
		if c.event.IsInterrupting {
			n.interrupt(c.in)
		}
		n.beginAtStart(n.beginEventSubProcess(c.in, c.event), data)
	}
}

// record keeps what can be undone of an activity that completed (§13.5.5).
func (n *naive) record(v *visit) {
	if v.in.kind == areaUndo || strings.HasSuffix(v.node.Kind, "Event") || strings.HasSuffix(v.node.Kind, "Gateway") {
		return
	}
	inside := v.inside
	d := &done{node: v.node, vars: v.vars}
	for _, b := range v.node.Boundary {
		for _, e := range b.EventDefinitions {
			if e.Kind == "compensateEventDefinition" && v.number == 0 {
				d.handler = n.handlerOf(b)
			}
		}
	}
	if inside != nil {
		d.vars = merged(v.vars, inside.vars)
		d.inner = inside.done
		if d.handler == nil && (v.node.Loop == nil || v.number > 0) {
			d.handler = compensationOf(v.node)
		}
	}
	if len(d.leaves()) == 0 {
		return
	}
	// What followed an event on the boundary of a sub-process is undone before it, though it completed earlier.
	n.ticks++
	d.at = n.ticks
	if undoneLate(v.node) {
		d.at = v.began
	}
	v.in.done = append(v.in.done, d)
	slices.SortFunc(v.in.done, func(a, b *done) int { return a.at - b.at })
}

func (n *naive) handlerOf(b *bpmn.FlowNode) *bpmn.FlowNode {
	for _, a := range n.process.Associations {
		if a.SourceRef == b.ID {
			return n.nodes[a.TargetRef]
		}
	}
	return nil
}

// compensationOf is the event sub-process that compensates a sub-process.
func compensationOf(subProcess *bpmn.FlowNode) *bpmn.FlowNode {
	if subProcess.Body == nil {
		return nil
	}
	for _, node := range subProcess.Body.FlowNodes {
		if node.TriggeredByEvent && startOf(node).EventDefinitions[0].Kind == "compensateEventDefinition" {
			return node
		}
	}
	return nil
}

// gatherDone takes from its area, and from around an event sub-process, what completed there, to be undone: the last first (§13.5.5).
func (n *naive) gatherDone(v *visit, activity string) {
	for a := v.in; ; a = a.around.in {
		for _, item := range slices.Backward(slices.Clone(a.done)) {
			if activity == "" || item.node.ID == activity {
				a.done = slices.DeleteFunc(a.done, func(other *done) bool { return other == item })
				v.undo = append(v.undo, item.leaves()...)
			}
		}
		if a.around == nil || !a.around.node.TriggeredByEvent {
			break
		}
	}
}

// cancel withdraws everything else in a transaction but the handlers that run already, in which nothing begins any more, and then undoes
// what completed, the last first.
func (n *naive) cancel(v *visit) {
	v.cancelling = true
	completed := v.in.cancel(v)
	slices.SortFunc(completed, func(a, b *done) int { return a.at - b.at })
	v.undo = (&done{inner: completed}).leaves()
	v.inside = &area{kind: areaUndo, around: v}
	if n.closes(v.inside) {
		n.undoNext(v)
	}
}

// cancel ends an area for a cancel end event, and says what completed there.
func (a *area) cancel(by *visit) (completed []*done) {
	completed, a.done = a.done, nil
	a.flows, a.resets, a.waiting = nil, nil, nil
	a.lock()
	a.interrupted, a.cancelled = true, true
	for _, v := range slices.Clone(a.visits) {
		if v == by {
			continue
		}
		undoing := v.inside != nil && v.inside.kind == areaUndo
		if undoing {
			undoing = len(v.undo)+len(v.inside.visits) > 0
			v.beside = !v.cancelling
		} else if v.inside != nil {
			completed = append(completed, v.inside.cancel(by)...)
			undoing = len(v.inside.visits) > 0
		}
		if v.waits, v.blocked, v.fault = nil, nil, ""; !undoing {
			a.drop(v)
		}
	}
	return completed
}

// leaves are the handlers of a completed activity: its own, or else those of what completed inside.
func (d *done) leaves() []*done {
	if d.handler != nil {
		return []*done{d}
	}
	var leaves []*done
	for _, inner := range slices.Backward(d.inner) {
		leaves = append(leaves, inner.leaves()...)
	}
	return leaves
}

// undoNext runs the handlers one after the other.
func (n *naive) undoNext(v *visit) {
	if len(v.undo) == 0 {
		v.inside = nil
		n.undone(v)
		return
	}
	if v.inside == nil {
		v.inside = &area{kind: areaUndo, around: v}
	}
	next := v.undo[0]
	v.undo = v.undo[1:]
	w := &visit{node: next.handler, in: v.inside, vars: merged(nil, next.vars), fresh: true, began: n.tick()}
	if w.node.TriggeredByEvent {
		w.undoes = next.inner // it may itself undo what completed inside of its sub-process
	}
	v.inside.visits = append(v.inside.visits, w)
}

// undone goes on after the last handler. A cancel end event leaves its transaction by the cancel event on its boundary.
func (n *naive) undone(v *visit) {
	switch {
	case v.beside:
		v.in.drop(v)
	case v.cancelling:
		transaction := v.in.around
		if transaction.in.cancelled {
			transaction.in.drop(transaction)
			return
		}
		if transaction.number > 0 { // the event is on the boundary of all instances together
			transaction = transaction.in.around
		}
		for _, b := range transaction.node.Boundary {
			if b.EventDefinitions[0].Kind == "cancelEventDefinition" {
				n.escape(transaction, b, nil)
				return
			}
		}
		n.unsure = "a transaction without cancel event"
	default:
		n.throwRest(v)
	}
}
