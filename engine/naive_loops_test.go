package engine_test

import (
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// beginLoop starts a looping activity (§13.3.6, §13.3.7).
func (n *naive) beginLoop(v *visit) {
	spec := v.node.Loop
	loop := &rounds{}
	if spec.Kind == "multiInstanceLoopCharacteristics" {
		source := spec.InputCollection
		if source == nil {
			source = spec.Cardinality
		}
		value, err := evaluate(*source, v.lookup)
		switch value := value.(type) {
		case []any:
			loop.items, loop.total = value, len(value)
		case int64:
			loop.total = int(value)
		default:
			err = errFault
		}
		if err != nil || spec.InputCollection != nil && loop.items == nil {
			n.fail(v, "EXPRESSION_ERROR")
			return
		}
		loop.outputs = make([]any, loop.total)
	}
	if v.loop != nil && v.inside != nil {
		v.inside = nil // begun once, and again now that an incident is resolved
	}
	v.loop = loop
	v.inside = &area{kind: areaLoop, around: v}
	if n.arm(v) {
		n.nextRounds(v)
	}
}

// nextRounds begins the instances that are to begin now, or completes the activity when there is none.
func (n *naive) nextRounds(v *visit) {
	spec, loop := v.node.Loop, v.loop
	begun := false
	for {
		again, err := n.again(v)
		if err != nil {
			n.failLoop(v)
			return
		}
		if !again {
			break
		}
		loop.started++
		w := &visit{node: v.node, in: v.inside, fresh: true, began: n.tick(), number: loop.started, vars: map[string]any{"loopCounter": int64(loop.started)}}
		if own := outputVariable(v.node); own != "" {
			w.vars[own] = nil
		}
		if loop.items != nil && spec.InputElement != "" {
			w.vars[spec.InputElement] = loop.items[loop.started-1]
		}
		v.inside.visits = append(v.inside.visits, w)
		begun = true
		if spec.IsSequential || spec.Kind == "standardLoopCharacteristics" {
			break
		}
	}
	if !begun {
		n.endLoop(v)
	}
}

// outputVariable is what each instance has for itself, as the output element is just that.
func outputVariable(node *bpmn.FlowNode) string {
	if node.Loop.OutputElement == nil {
		return ""
	}
	name := strings.TrimPrefix(node.Loop.OutputElement.Text, "= ")
	if name == "loopCounter" || name == node.Loop.InputElement || strings.ContainsAny(name, ` +"`) {
		return ""
	}
	return name
}

// failLoop is a condition of the loop with a fault: nothing is decided until an operator has the condition asked again.
func (n *naive) failLoop(v *visit) {
	n.fail(v, "EXPRESSION_ERROR")
	v.done = true
}

// again says whether a further instance is to begin.
func (n *naive) again(v *visit) (bool, error) {
	spec, loop := v.node.Loop, v.loop
	if spec.Kind == "multiInstanceLoopCharacteristics" {
		return loop.started < loop.total, nil
	}
	if spec.LoopMaximum > 0 && loop.started >= spec.LoopMaximum {
		return false, nil
	}
	if spec.LoopCondition == nil || loop.started == 0 && !spec.TestBefore {
		return true, nil
	}
	return holds(spec.LoopCondition, with(map[string]any{"loopCounter": int64(loop.started)}, v.innermost))
}

// endRound is the completion of one instance.
func (n *naive) endRound(w *visit) {
	v := w.in.around
	spec, loop := v.node.Loop, v.loop
	var output any
	if spec.OutputElement != nil {
		lookup := w.lookup
		if w.inside != nil {
			lookup = w.inside.lookup
		}
		var err error
		output, err = evaluate(*spec.OutputElement, lookup)
		if err != nil {
			n.fail(w, "IO_MAPPING_ERROR")
			return
		}
	}
	if !n.behave(w) {
		return
	}
	if spec.OutputElement != nil {
		loop.outputs[w.number-1] = output
	}
	n.record(w)
	loop.finished++
	w.in.drop(w)
	if v.fault == "" {
		n.goOn(v)
	}
}

// goOn decides, when an instance has completed, whether the activity is over, and begins the next instance if they come in turn.
func (n *naive) goOn(v *visit) {
	spec, loop := v.node.Loop, v.loop
	if spec.Completion != nil && loop.finished > 0 && loop.finished < loop.total {
		ok, err := holds(spec.Completion, with(map[string]any{
			"numberOfInstances": int64(loop.total), "numberOfActiveInstances": int64(len(v.inside.visits)),
			"numberOfCompletedInstances": int64(loop.finished), "numberOfTerminatedInstances": int64(loop.withdrew),
		}, v.inside.lookup))
		if err != nil {
			n.failLoop(v)
			return
		}
		if ok {
			n.endLoop(v)
			return
		}
	}
	if len(v.inside.visits) == 0 {
		n.nextRounds(v)
	}
}

func (n *naive) endLoop(v *visit) {
	v.done, v.settled = true, true
	n.empty(v.inside)
	if name := v.node.Loop.OutputCollection; name != "" {
		n.write(nil, v.in, map[string]any{name: v.loop.outputs})
	}
	n.complete(v)
}

// isRepeated says whether a visit is inside of a loop.
func (v *visit) isRepeated() bool {
	for a := v.in; a.around != nil; a = a.around.in {
		if a.kind == areaLoop {
			return true
		}
	}
	return false
}

// behave throws what the activity throws as one of its instances completes (§10.3.8), and says whether the instance is still there. What
// is thrown says how far the activity is, with this instance as completed.
func (n *naive) behave(w *visit) bool {
	loop := w.in.around.loop
	attributes := map[string]any{
		"numberOfInstances": int64(loop.total), "numberOfActiveInstances": int64(loop.started - loop.finished - 1 - loop.withdrew),
		"numberOfCompletedInstances": int64(loop.finished + 1), "numberOfTerminatedInstances": int64(loop.withdrew),
	}
	lookup := with(attributes, w.innermost)
	thrown, ok := n.behaviors(w, lookup)
	if !ok {
		n.fail(w, "EXPRESSION_ERROR")
		return false
	}
	if slices.ContainsFunc(thrown, func(d *bpmn.EventDefinition) bool { return n.uncaught(w, d) }) {
		n.fail(w, "UNHANDLED_ERROR_EVENT")
		return false
	}
	data := attributes
	if !w.in.around.isRepeated() {
		data = merged(attributes, map[string]any{"loopCounter": lookup("loopCounter")})
	}
	for _, d := range thrown {
		n.throwFrom(w, d, data)
		if w.fault != "" || n.state != "ACTIVE" || !slices.Contains(w.in.visits, w) || !n.alive(w.in) {
			return false
		}
	}
	return true
}

// behaviors are the event definitions to throw.
func (n *naive) behaviors(w *visit, lookup func(string) any) (thrown []*bpmn.EventDefinition, ok bool) {
	switch spec := w.node.Loop; spec.Behavior {
	case "None":
		return []*bpmn.EventDefinition{spec.NoneBehavior}, true
	case "One":
		if w.in.around.loop.finished == 0 {
			return []*bpmn.EventDefinition{spec.OneBehavior}, true
		}
	case "Complex":
		for _, b := range spec.ComplexBehaviors {
			holds, err := holds(b.Condition, lookup)
			if err != nil {
				return nil, false
			}
			d := b.Event.EventDefinitions[0]
			if holds {
				thrown = append(thrown, d)
			}
		}
	}
	return inOrder(thrown), true
}

// throwFrom throws one event: the boundary of the activity catches it, else it goes where such an event goes.
func (n *naive) throwFrom(w *visit, d *bpmn.EventDefinition, data map[string]any) {
	whole := w.in.around
	switch {
	case d.Error != nil:
		n.throwError(w, d.Error.Code, data)
		return
	case d.Escalation != nil:
		n.escalate(w, d.Escalation.Code, data)
		return
	}
	for _, wait := range whole.waits {
		if wait.element == whole.node.ID {
			continue
		}
		awaited := n.nodes[wait.element].EventDefinitions[wait.definition]
		if d.Signal != nil && awaited.Signal != nil && awaited.Signal.Name == d.Signal.Name ||
			d.Message != nil && awaited.Message != nil && awaited.Message.Name == d.Message.Name {
			n.fire(whole, wait, data)
			return
		}
	}
	if d.Signal != nil {
		n.thrown = append(n.thrown, "signal "+d.Signal.Name)
	} else {
		n.thrown = append(n.thrown, "message "+w.node.ID)
	}
}
