package engine

import (
	"strings"
)

// adHocSubProcess runs some of the activities inside of it, all at once or one after the other, until its completion
// condition holds (§10.3.5, §13.3.5). Which ones, its active elements collection says; without one all those that no sequence
// flow leads to. The condition is asked as an activity completes. Once it holds no further activity begins, and those that run are
// withdrawn, unless cancelRemainingInstances is false.
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

// drained goes on when nothing inside runs.
func (a adHocSubProcess) drained(s *step, n *node, t Token) { a.decide(s, n, t) }

// decide asks, when an activity inside has completed and when nothing inside runs, whether the sub-process is to complete.
func (adHocSubProcess) decide(s *step, n *node, t Token) {
	if s.fails(t.ID, n) {
		return
	}
	if !s.in.Scope(t.Inner).Loop.Finishing && n.completion != nil {
		holds, err := s.condition(n.completion, t.Inner, "the completion condition of", n)
		switch {
		case err != nil:
			s.raise(t, n, leaving, err)
			return
		case holds && n.source.CancelRemainingInstances:
			s.withdrawScope(t.Inner)
			fallthrough
		case holds:
			s.beginNothingElse(t.Inner)
		}
	}
	scope := s.in.Scope(t.Inner)
	switch {
	case scope.Live > 0:
	case scope.Loop.Finishing || n.completion == nil && scope.Loop.Started == len(scope.Loop.Items):
		s.leave(n, t, nil)
	case scope.Loop.Started < len(scope.Loop.Items):
		s.activateNext(t)
	default:
		s.raise(t, n, leaving, faultf(IncidentNoFlow, "everything in %s is done, but its completion condition does not hold", n))
	}
}

// completed tells the ad-hoc sub-process around a node that a token has left the node.
func (s *step) completed(n *node, scope ID) {
	inside := s.in.Scope(scope)
	if inside == nil || inside.Loop == nil || n.container.node == nil || inside.Node != n.container.node.id {
		return
	}
	if inside.Loop.Finishing {
		s.beginNothingElse(scope)
	}
	if isActivity(n) {
		s.p.nodes[inside.Node].behavior.(decider).decide(s, n.container.node, *s.in.Token(inside.Token))
	}
}

func isActivity(n *node) bool { return !strings.HasSuffix(n.kind(), "Event") }

// beginNothingElse lets what runs in an ad-hoc sub-process come to its end, and nothing else begin.
func (s *step) beginNothingElse(scope ID) {
	loop := s.in.Scope(scope).Loop
	if loop == nil {
		return
	}
	for t, ok := s.tokens.next(scope, 0); ok; t, ok = s.tokens.next(scope, t.ID) {
		if t.Flow != "" {
			s.consume(t.ID, true)
		}
	}
	if !loop.Finishing {
		finishing := *loop
		finishing.Finishing = true
		s.emit(LoopStarted{Scope: scope, Loop: finishing})
	}
}
