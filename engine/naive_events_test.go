package engine_test

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

var waitKinds = map[string]string{
	"messageEventDefinition": "message", "timerEventDefinition": "timer", "signalEventDefinition": "signal", "conditionalEventDefinition": "condition",
}

// waitsOf are what the event definitions of an event wait for.
func (n *naive) waitsOf(event *bpmn.FlowNode, lookup func(string) any) ([]*wait, string) {
	keyless := func(m *bpmn.Message) bool {
		if m.CorrelationKey == nil {
			return false
		}
		key, err := evaluate(*m.CorrelationKey, lookup)
		return err != nil || key == nil
	}
	if event.Kind == "receiveTask" {
		if keyless(event.Message) {
			return nil, "MESSAGE_ERROR"
		}
		return []*wait{{kind: "message", element: event.ID}}, ""
	}
	var waits []*wait
	for i, d := range event.EventDefinitions {
		kind, ok := waitKinds[d.Kind]
		if !ok {
			continue
		}
		w := &wait{kind: kind, element: event.ID, definition: i}
		if kind == "timer" && !n.schedule(w, d.Timer, lookup) {
			return nil, "TIMER_ERROR"
		}
		begins := event.Kind == "startEvent" && event.Parent == nil // any message will do for what has no key yet
		if kind == "message" && !begins && keyless(d.Message) {
			return nil, "MESSAGE_ERROR"
		}
		waits = append(waits, w)
	}
	return waits, ""
}

// schedule reads a duration in whole seconds, PT5S, or a cycle of them, R3/PT5S.
func (n *naive) schedule(w *wait, timer *bpmn.Timer, lookup func(string) any) bool {
	value, err := evaluate(timer.Value, lookup)
	text, ok := value.(string)
	if err != nil || !ok {
		return false
	}
	if repeat, period, ok := strings.Cut(text, "/"); ok {
		w.left, _ = strconv.Atoi(strings.TrimPrefix(repeat, "R"))
		w.left--
		w.cycle, text = true, period
	}
	seconds, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(text, "PT"), "S"))
	if err != nil {
		return false
	}
	w.period = time.Duration(seconds) * time.Second
	w.due = n.now.Add(w.period)
	return true
}

// arm opens what the boundary events of an activity wait for, those that do not wait already.
func (n *naive) arm(v *visit) bool {
	for _, b := range v.node.Boundary {
		if slices.ContainsFunc(v.waits, func(w *wait) bool { return w.element == b.ID }) || slices.ContainsFunc(v.blocked, isOf(b.ID)) {
			continue
		}
		waits, fault := n.waitsOf(b, v.innermost)
		if fault != "" {
			n.fail(v, fault)
			return false
		}
		v.waits = append(v.waits, waits...)
	}
	return true
}

// await opens what a catching event waits for, or all of what an event-based gateway does.
func (n *naive) await(v *visit) {
	events := []*bpmn.FlowNode{v.node}
	if v.node.Kind == "eventBasedGateway" {
		events = nil
		for _, f := range v.node.Outgoing {
			events = append(events, f.Target)
		}
	}
	for _, e := range events {
		waits, fault := n.waitsOf(e, v.lookup)
		if fault != "" {
			n.fail(v, fault)
			v.waits = nil // the others do not happen while this one waits for an operator
			return
		}
		v.waits = append(v.waits, waits...)
	}
}

// open arms the event sub-processes of an area: all of them, or none and why.
func (n *naive) open(a *area) (fault string) {
	var doors []*wait
	for _, node := range a.body.FlowNodes {
		if node.TriggeredByEvent {
			waits, fault := n.waitsOf(startOf(node), a.lookup)
			if fault != "" {
				return fault
			}
			doors = append(doors, waits...)
		}
	}
	a.doors, a.open = doors, true
	return ""
}

func startOf(eventSubProcess *bpmn.FlowNode) *bpmn.FlowNode {
	for _, node := range eventSubProcess.Body.FlowNodes {
		if node.Kind == "startEvent" {
			return node
		}
	}
	panic("naive: an event sub-process without start event")
}

// conditions lists the conditional events that may happen now: their condition became true.
func (n *naive) conditions(a *area) []move {
	var list []move
	look := func(w *wait, lookup func(string) any, fire func()) {
		d := n.nodes[w.element].EventDefinitions[w.definition]
		ok, err := holds(d.Condition, lookup)
		if err != nil {
			ok = false
		}
		if ok && !w.held {
			list = append(list, move{w.element, func() { w.held = true; fire() }, moveCondition, 0})
		} else if !ok {
			w.held = false
		}
	}
	for _, w := range a.doors {
		if w.kind == "condition" {
			look(w, a.lookup, func() { n.knock(a, w, nil) })
		}
	}
	for _, v := range a.visits {
		for _, w := range v.waits {
			if w.kind == "condition" {
				look(w, v.innermost, func() { n.fire(v, w, nil) })
			}
		}
	}
	return list
}

// gather keeps what a trigger of a parallel multiple event brought until the last one has come (§10.5.5).
func (n *naive) gather(waits *[]*wait, w *wait, data map[string]any) (map[string]any, bool) {
	if !n.nodes[w.element].ParallelMultiple {
		return data, true
	}
	all := merged(w.brought, data)
	for _, other := range *waits {
		if other != w && other.element == w.element {
			other.brought = all
			*waits = slices.DeleteFunc(slices.Clone(*waits), func(other *wait) bool { return other == w })
			return nil, false
		}
	}
	return all, true
}

// gatherStart is the first trigger of a parallel multiple start event: an instance that has begun nothing yet waits for the others,
// and what came stays in the event (§10.5.2).
func (n *naive) gatherStart(node *bpmn.FlowNode, c engine.StartInstance) {
	data := c.Variables
	if c.Message != nil {
		data, _ = c.Message.Data.(map[string]any)
	}
	n.root = &area{kind: areaProcess, body: &n.process.Container, vars: map[string]any{}}
	v := &visit{node: node, in: n.root, vars: merged(nil, data)}
	n.root.visits = append(n.root.visits, v)
	waits, _ := n.waitsOf(node, v.lookup)
	v.waits = slices.DeleteFunc(waits, func(w *wait) bool {
		d := node.EventDefinitions[w.definition]
		return c.Message != nil && d.Message != nil || c.Signal != "" && d.Signal != nil
	})
	n.settle()
}

// gathered is a further trigger of it. With the last one the process begins, and with it its event sub-processes.
func (n *naive) gathered(v *visit, w *wait, data map[string]any) {
	v.vars = merged(v.vars, data)
	if v.waits = slices.DeleteFunc(slices.Clone(v.waits), func(other *wait) bool { return other == w }); len(v.waits) > 0 {
		return
	}
	if len(v.node.Outputs) == 0 { // else they are what the mappings see
		data, v.vars = v.vars, nil
	}
	if n.results(v, data) && n.opened(v) {
		n.leave(v)
	}
}

// opened arms what is around a start event as it is left: in a process, and in an event sub-process that an event started.
func (n *naive) opened(v *visit) bool {
	if v.in.open || v.in.around != nil && v.in.around.in.kind == areaUndo { // nothing waits beside a handler
		return true
	}
	if fault := n.open(v.in); fault != "" {
		n.fail(v, fault)
		v.done = true
		return false
	}
	return true
}

// rearm says what becomes of a wait after it fired and its event did not interrupt, and why the event cannot wait again.
func (n *naive) rearm(waits []*wait, w *wait, lookup func(string) any) ([]*wait, string) {
	if n.nodes[w.element].ParallelMultiple {
		waits = slices.DeleteFunc(waits, func(other *wait) bool { return other == w })
		again, fault := n.waitsOf(n.nodes[w.element], lookup)
		return append(waits, again...), fault
	}
	if w.kind != "timer" {
		return waits, ""
	}
	if w.left > 0 {
		w.left--
		w.due = w.due.Add(w.period)
		return waits, ""
	}
	return slices.DeleteFunc(waits, func(other *wait) bool { return other == w }), ""
}

// unlock lets an event that could not wait again try once more.
func (n *naive) unlock(waits *[]*wait, list *[]string, element string, lookup func(string) any) {
	*list = slices.DeleteFunc(slices.Clone(*list), isOf(element))
	again, fault := n.waitsOf(n.nodes[element], lookup)
	*waits = append(*waits, again...)
	if fault != "" {
		*list = append(*list, blocked(element, fault))
	}
}

func blocked(element, fault string) string { return element + " " + fault }

func isOf(element string) func(string) bool {
	return func(line string) bool { return strings.HasPrefix(line, element+" ") }
}

// fire is what happens when something comes that a visit waits for.
func (n *naive) fire(v *visit, w *wait, data map[string]any) {
	event := n.nodes[w.element]
	if event == v.node && event.Kind == "startEvent" {
		n.gathered(v, w, data)
		return
	}
	data, last := n.gather(&v.waits, w, data)
	if !last {
		return
	}
	switch {
	case event == v.node && v.node.Kind == "receiveTask":
		n.finish(v, data)
	case event == v.node:
		n.happen(v, data)
	case v.node.Kind == "eventBasedGateway":
		// §13.4.4: the first event wins; the others wait no longer.
		v.waits, v.node = nil, event
		if event.Kind == "receiveTask" {
			n.finish(v, data)
			return
		}
		n.happen(v, data)
	case event.CancelActivity:
		n.escape(v, event, data)
	default:
		var fault string
		if v.waits, fault = n.rearm(v.waits, w, v.innermost); fault != "" {
			v.blocked = append(v.blocked, blocked(event.ID, fault))
		}
		n.beside(v.in, event, data)
	}
}

// happen is an event that was waited for: what it brought is kept, and the token goes on.
func (n *naive) happen(v *visit, data map[string]any) {
	v.waits = nil
	if n.results(v, data) {
		n.leave(v)
	}
}

// escape is an interrupting boundary event: the activity ends with all inside of it, the event goes on (§13.5.3).
func (n *naive) escape(v *visit, event *bpmn.FlowNode, data map[string]any) {
	a := v.in
	a.drop(v)
	n.beside(a, event, data)
}

func (n *naive) beside(a *area, event *bpmn.FlowNode, data map[string]any) {
	b := &visit{node: event, in: a}
	a.visits = append(a.visits, b)
	n.happen(b, data)
}

// knock starts an event sub-process (§13.5.4): an interrupting one takes the place of everything in its area.
func (n *naive) knock(a *area, w *wait, data map[string]any) {
	start := n.nodes[w.element]
	data, last := n.gather(&a.doors, w, data)
	if !last {
		return
	}
	if start.IsInterrupting {
		n.interrupt(a)
	} else {
		var fault string
		if a.doors, fault = n.rearm(a.doors, w, a.lookup); fault != "" {
			a.blocked = append(a.blocked, blocked(start.ID, fault))
		}
	}
	n.beginAtStart(n.beginEventSubProcess(a, start), data)
}

func (n *naive) interrupt(a *area) {
	n.empty(a)
	a.lock()
	a.interrupted, a.finishing = true, true
}

func (n *naive) beginEventSubProcess(a *area, start *bpmn.FlowNode) *visit {
	v := &visit{node: start.Parent, in: a}
	a.visits = append(a.visits, v)
	v.inside = &area{kind: areaBody, body: v.node.Body, around: v, vars: map[string]any{}}
	return v
}

func (n *naive) beginAtStart(v *visit, data map[string]any) {
	s := &visit{node: startOf(v.node), in: v.inside}
	v.inside.visits = append(v.inside.visits, s)
	if n.results(s, data) && n.opened(s) {
		n.leave(s)
	}
}

// inOrder puts what may end its thrower after the rest.
func inOrder(definitions []*bpmn.EventDefinition) []*bpmn.EventDefinition {
	order := func(d *bpmn.EventDefinition) int {
		switch d.Kind {
		case "messageEventDefinition", "signalEventDefinition":
			return 0
		case "escalationEventDefinition":
			return 1
		}
		return 2
	}
	return slices.SortedStableFunc(slices.Values(definitions), func(a, b *bpmn.EventDefinition) int { return order(a) - order(b) })
}

// cannotThrow is why an event throws nothing at all; "" if it can throw everything.
func (n *naive) cannotThrow(v *visit) string {
	if publishes(v.node) {
		if _, err := evaluate(bpmn.Expression{Text: cmp.Or(v.node.TaskDefinition.Headers["key"], "true")}, v.lookup); err != nil {
			return "EXPRESSION_ERROR"
		}
	}
	if slices.ContainsFunc(v.node.EventDefinitions, func(d *bpmn.EventDefinition) bool { return n.uncaught(v, d) }) {
		return "UNHANDLED_ERROR_EVENT"
	}
	return ""
}

// throw is a throwing event or an end event. Messages, signals and compensations are thrown as it begins.
func (n *naive) throw(v *visit) {
	if len(v.node.Inputs) > 0 {
		vars, err := mapped(v.node.Inputs, v.lookup)
		if err != nil {
			n.fail(v, "IO_MAPPING_ERROR")
			return
		}
		v.vars = merged(v.vars, vars)
	}
	if fault := n.cannotThrow(v); fault != "" {
		n.fail(v, fault)
		return
	}
	for _, d := range v.node.EventDefinitions {
		switch d.Kind {
		case "messageEventDefinition":
			if publishes(v.node) {
				n.thrown = append(n.thrown, "message "+v.node.ID)
			} else {
				v.waits = append(v.waits, &wait{kind: "job", element: v.node.ID})
			}
		case "signalEventDefinition":
			n.thrown = append(n.thrown, "signal "+d.Signal.Name)
		case "compensateEventDefinition":
			runs := v
			if !d.WaitForCompletion {
				runs = &visit{node: v.node, in: v.in, beside: true}
				v.in.visits = append(v.in.visits, runs)
			}
			n.gatherDone(runs, d.ActivityRef)
			if runs.beside {
				n.undoNext(runs)
			}
		}
	}
	if len(v.undo) > 0 {
		n.undoNext(v)
	}
	n.throwRest(v)
}

// throwRest is what remains as soon as no worker and no handler has anything to do for the event: whatever can end it, a cancel last.
// Only then the token goes on.
func (n *naive) throwRest(v *visit) {
	if len(v.waits) > 0 || v.inside != nil {
		return
	}
	rest := map[string][]*bpmn.EventDefinition{}
	for _, d := range v.node.EventDefinitions {
		rest[d.Kind] = append(rest[d.Kind], d)
		if n.uncaught(v, d) {
			n.fail(v, "UNHANDLED_ERROR_EVENT")
			v.done = true
			return
		}
	}
	for _, d := range rest["escalationEventDefinition"] {
		if n.escalate(v, d.Escalation.Code, v.sent()); !slices.Contains(v.in.visits, v) || !n.alive(v.in) {
			return // what catches it interrupts
		}
	}
	for _, d := range rest["errorEventDefinition"] {
		n.throwError(v, d.Error.Code, v.sent())
		return
	}
	if rest["terminateEventDefinition"] != nil {
		n.terminate(v)
	}
	switch {
	case rest["cancelEventDefinition"] != nil:
		n.cancel(v)
	case rest["linkEventDefinition"] != nil:
		v.node = n.linkTarget(v.node)
		n.begin(v)
	case n.results(v, nil):
		n.leave(v)
	}
}

// sent is the data of an escalation or error: what the input mappings of its event made.
func (v *visit) sent() map[string]any {
	var data map[string]any
	for _, m := range v.node.Inputs {
		data = set(data, m.Target, v.vars[m.Target])
	}
	return data
}

// alive says whether an area is still part of the instance.
func (n *naive) alive(a *area) bool {
	for a.around != nil {
		if a.around.inside != a || !slices.Contains(a.around.in.visits, a.around) {
			return false
		}
		a = a.around.in
	}
	return true
}

// terminate ends everything else in its area, which then completes in the ordinary way (§13.5.6).
func (n *naive) terminate(v *visit) {
	n.empty(v.in)
	v.in.lock()
	v.in.visits = []*visit{v}
}
