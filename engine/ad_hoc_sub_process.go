package engine

import "slices"

// adHocSubProcess runs some of the activities inside of it, all at once or one after the other, until its completion
// condition holds (§10.3.5, §13.2.5). Which ones, its active elements collection says; without one all those that no sequence
// flow leads to. Once the condition holds the others are withdrawn, unless cancelRemainingInstances is false.
type adHocSubProcess struct{}

func (adHocSubProcess) link(c *compiler, n *node) {
	fn := n.source
	if fn.CompletionCondition != nil {
		n.completion = c.expression(*fn.CompletionCondition, fn.Element, boolResult)
	}
	if fn.ActiveElements != nil {
		n.activeElements = c.expression(*fn.ActiveElements, fn.Element, anyResult)
	}
	for _, inner := range n.body.nodes {
		if k := inner.kind(); k == "startEvent" || k == "endEvent" {
			c.refuse(CodeSubProcess, inner.source.Element, "%s is inside of an ad-hoc sub-process, which has no start and end events", inner)
		}
	}
}

func (adHocSubProcess) enter(s *step, n *node, t Token) error {
	elements, err := s.activeElements(n, t)
	if err != nil {
		return err
	}
	s.emit(LoopStarted{Scope: t.Inner, Loop: Loop{Items: elements, Total: len(elements)}})
	if err := s.subscribeEventSubProcesses(n.body, t.Inner); err != nil {
		return err
	}
	if len(elements) == 0 {
		s.leave(n, t, nil)
		return nil
	}
	for range elements {
		s.activateNext(t)
		if n.source.Ordering == "Sequential" {
			break
		}
	}
	return nil
}

func (s *step) activeElements(n *node, t Token) ([]any, error) {
	var elements []any
	if n.activeElements == nil {
		for _, inner := range n.body.nodes {
			if len(inner.incoming) == 0 && inner.host == nil && !inner.source.TriggeredByEvent && !inner.source.IsForCompensation {
				elements = append(elements, inner.id)
			}
		}
		return elements, nil
	}
	value, err := s.eval(n.activeElements, t.inside())
	if err != nil {
		return nil, faultf(IncidentExpression, "the active elements of %s: %w", n, err)
	}
	elements, ok := value.([]any)
	if !ok {
		return nil, faultf(IncidentExpression, "the active elements of %s are %s, not a list", n, kindOf(value))
	}
	for _, id := range elements {
		name, _ := id.(string)
		if inner := s.p.nodes[name]; inner == nil || inner.container != n.body {
			return nil, faultf(IncidentExpression, "the active elements of %s name something that is not inside of it", n)
		}
	}
	return elements, nil
}

func (s *step) activateNext(t Token) {
	loop := s.in.Scope(t.Inner).Loop
	id, _ := loop.Items[loop.Started].(string)
	s.emit(LoopAdvanced{Scope: t.Inner, Started: 1})
	inner := s.place(t.Inner, s.p.nodes[id])
	s.queue = append(s.queue, inner.ID)
}

// thinned is asked whenever a token inside is gone.
func (adHocSubProcess) thinned(s *step, n *node, t Token) {
	scope := s.in.Scope(t.Inner)
	if scope.Loop == nil || slices.ContainsFunc(s.in.Incidents, func(i Incident) bool { return i.Token == t.ID }) {
		return
	}
	done := false
	if n.completion != nil {
		var err error
		if done, err = s.condition(n.completion, t.Inner, "the completion condition of", n); err != nil {
			s.raise(t, n, true, err)
			return
		}
	}
	switch {
	case done && (n.source.CancelRemainingInstances || scope.Live == 0):
		s.withdrawScope(t.Inner)
		s.leave(n, t, nil)
	case scope.Live > 0 || done:
	case scope.Loop.Started < len(scope.Loop.Items):
		s.activateNext(t)
	case n.completion == nil:
		s.leave(n, t, nil)
	default:
		s.raise(t, n, true, faultf(IncidentNoFlow, "everything in %s is done, but its completion condition does not hold", n))
	}
}
