package engine_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/engine"
)

// do makes a command of the engine in the naive interpreter.
func (n *naive) do(before *engine.Instance, c engine.Command) string {
	switch c := c.(type) {
	case engine.StartInstance:
		if p := c.Parent; p != nil && p.Subscription != 0 { // else nobody waits for it
			n.catches = func(code string) bool { return p.CatchesAll || slices.Contains(p.Catches, code) }
		}
		if node := n.nodes[c.Element]; node != nil && node.ParallelMultiple {
			n.gatherStart(node, c)
		} else {
			n.start(c)
		}
		return ""
	case engine.CancelInstance:
		n.state = "TERMINATED"
		return ""
	case engine.SetVariables:
		return n.setVariables(before, c)
	case engine.ResolveIncident:
		return n.resolve(before, c)
	}
	id, act := n.action(c)
	sub := before.Subscription(id)
	if sub == nil {
		return "the command names no subscription"
	}
	if sub.Token == 0 {
		a := n.areaOf(before, sub.Scope)
		if a == nil {
			return "the interpreter has no such scope"
		}
		for _, w := range a.doors {
			if same(w, before, sub) {
				n.knock(a, w, dataOf(c))
				n.settle()
				return ""
			}
		}
		return "the event sub-process does not wait"
	}
	v := n.visitOf(before, sub.Token)
	if v == nil {
		return "no token of the interpreter is where the engine's is:\n" + n.tokenTree(before, before.Token(sub.Token))
	}
	for _, w := range v.waits {
		if same(w, before, sub) {
			act(v, w)
			n.settle()
			return ""
		}
	}
	return "nothing waits there"
}

// action says what a command does to the visit that waits for it.
func (n *naive) action(c engine.Command) (engine.ID, func(v *visit, w *wait)) {
	switch c := c.(type) {
	case engine.CompleteJob:
		return c.Subscription, func(v *visit, w *wait) { n.jobDone(v, w, c.Variables) }
	case engine.FailJob:
		return c.Subscription, func(_ *visit, w *wait) {
			if c.Retries == 0 {
				w.fault = "JOB_NO_RETRIES"
			}
		}
	case engine.ThrowError:
		return c.Subscription, func(v *visit, w *wait) {
			if n.uncaughtCode(v, c.Code) {
				w.fault = "UNHANDLED_ERROR_EVENT" // the job is what an operator lets run again
			} else {
				n.throwError(v, c.Code, c.Variables)
			}
		}
	case engine.CorrelateMessage:
		return c.Subscription, func(v *visit, w *wait) { n.fire(v, w, dataOf(c)) }
	case engine.CorrelateSignal:
		return c.Subscription, func(v *visit, w *wait) { n.fire(v, w, c.Variables) }
	case engine.TriggerTimer:
		return c.Subscription, func(v *visit, w *wait) { n.fire(v, w, nil) }
	case engine.EscalateCall:
		return c.Subscription, func(v *visit, _ *wait) { n.escalate(v, c.Code, c.Variables) }
	case engine.EndCall:
		return c.Subscription, func(v *visit, _ *wait) { n.endCall(v, c.Outcome) }
	}
	panic(fmt.Sprintf("naive: the interpreter does not know %T", c))
}

func dataOf(c engine.Command) map[string]any {
	switch c := c.(type) {
	case engine.CorrelateMessage:
		data, _ := c.Message.Data.(map[string]any)
		return data
	case engine.CorrelateSignal:
		return c.Variables
	}
	return nil
}

func dropKind(waits []*wait, kind string) []*wait {
	return slices.DeleteFunc(waits, func(w *wait) bool { return w.kind == kind })
}

// jobDone is the completion of a job: of an activity, or of an event that throws a message by one and perhaps does more.
func (n *naive) jobDone(v *visit, w *wait, vars map[string]any) {
	v.waits = slices.DeleteFunc(slices.Clone(v.waits), func(other *wait) bool { return other == w })
	if v.node.Kind != "endEvent" && v.node.Kind != "intermediateThrowEvent" {
		n.finish(v, vars)
		return
	}
	if len(v.node.Outputs) > 0 { // they see it later
		v.vars = merged(v.vars, vars)
	} else {
		n.write(nil, v.in, vars)
	}
	n.throwRest(v)
}

func (n *naive) endCall(v *visit, o engine.Outcome) {
	v.waits = dropKind(v.waits, "call")
	switch o.Kind {
	case engine.OutcomeCompleted:
		n.finish(v, o.Variables)
	case engine.OutcomeError:
		n.throwError(v, o.Code, o.Variables)
	default:
		n.fail(v, "CALLED_ELEMENT_ERROR")
	}
}

func (n *naive) setVariables(before *engine.Instance, c engine.SetVariables) string {
	n.unsure = ""
	a, v := n.root, (*visit)(nil)
	if c.Scope != 0 && c.Scope != before.Scopes[0].ID {
		s := before.Scope(c.Scope)
		v = n.visitOf(before, s.Token)
		if v == nil {
			return "no token of the interpreter has such a scope"
		}
		a = v.in
		if v.inside != nil && v.inside.kind != areaUndo { // else the variables are the event's own
			a, v = v.inside, nil
		}
	}
	if c.Local {
		for name, value := range c.Variables {
			if v != nil {
				v.vars = set(v.vars, name, value)
			} else {
				a.vars = set(a.vars, name, value)
			}
		}
	} else {
		n.write(v, a, c.Variables)
	}
	n.settle()
	return ""
}

func (n *naive) resolve(before *engine.Instance, c engine.ResolveIncident) string {
	i := before.Incident(c.Incident)
	if i.Token == 0 {
		a := n.areaOf(before, i.Scope)
		if a == nil {
			return "the interpreter has no scope with such an incident"
		}
		n.unlock(&a.doors, &a.blocked, i.Element, a.lookup)
		n.settle()
		return ""
	}
	v := n.visitOf(before, i.Token)
	if v == nil {
		return "no token of the interpreter has such an incident:\n" + n.tokenTree(before, before.Token(i.Token))
	}
	switch {
	case i.Element != v.node.ID:
		n.unlock(&v.waits, &v.blocked, i.Element, v.innermost)
	case i.Subscription != 0 && before.Subscription(i.Subscription).Kind == engine.SubscriptionJob:
		failed := slices.IndexFunc(v.waits, func(w *wait) bool { return same(w, before, before.Subscription(i.Subscription)) })
		v.waits[failed].fault = ""
	case v.done:
		n.leaveAgain(v)
	case v.number > 0:
		v.fault = ""
		n.work(v)
	default:
		n.begin(v)
	}
	n.settle()
	return ""
}

// leaveAgain repeats what failed after the work was done, and nothing that was done before.
func (n *naive) leaveAgain(v *visit) {
	late := v.fault == "UNHANDLED_ERROR_EVENT"
	v.fault = ""
	switch event := strings.HasSuffix(v.node.Kind, "Event"); {
	case event && late:
		v.done = false
		n.throwRest(v)
	case v.loop != nil && !v.settled:
		n.goOn(v)
	case v.inside != nil && v.inside.kind == areaAdHoc && !v.settled:
		n.adHocStep(v.inside)
	case event:
		if !v.settled && len(v.node.Outputs) > 0 && !n.results(v, nil) {
			return
		}
		if v.node.Kind != "startEvent" || n.opened(v) {
			n.leave(v)
		}
	case strings.HasSuffix(v.node.Kind, "Gateway"):
		n.leave(v)
	case !v.settled:
		n.finish(v, nil)
	case v.number > 0:
		n.endRound(v)
	default:
		n.complete(v)
	}
}
