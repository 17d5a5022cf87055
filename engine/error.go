package engine

import (
	"maps"
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// errorTrigger throws a BPMN error or catches one (§10.5.6). An error is control flow: it looks for the nearest scope that
// catches it, outwards through sub-processes and calls.
type errorTrigger struct{}

func (errorTrigger) link(c *compiler, n *node, d *bpmn.EventDefinition) {
	if d.Error != nil {
		n.error = d.Error.Code
	}
	at := n.source.Element
	at.Pos = d.Pos
	switch {
	case positionOf(n) == positionEnd && n.error == "":
		c.refuse(CodeTrigger, at, "%s throws an error without a code", n.label()).Hint = "choose an error and give it a code"
	case positionOf(n) != positionEnd && !n.source.CancelActivity && n.kind() == "boundaryEvent", positionOf(n) == positionSubProcessStart && !n.source.IsInterrupting:
		c.refuse(CodeTrigger, at, "%s catches an error, which always interrupts", n.label()).Hint = "make it interrupting"
	}
}

func (errorTrigger) throw(s *step, n *node, t Token) (bool, error) {
	return false, s.throwError(n, t, thrownError{code: n.error, variables: s.local(t)})
}

// thrownError is a BPMN error on its way.
type thrownError struct {
	code, text string
	variables  map[string]any
}

// results are the variables that an error brings to its catcher; `error` is there for output mappings only, as `event` is
// for messages.
func (e thrownError) results(catcher *node) map[string]any {
	if len(catcher.outputs) == 0 {
		return e.variables
	}
	results := maps.Clone(e.variables)
	if results == nil {
		results = map[string]any{}
	}
	results["error"] = map[string]any{"code": e.code, "message": e.text}
	return results
}

// throwError gives an error to the nearest catcher: boundary events of the throwing activity, event sub-processes of its
// scope, then the same of the sub-process around it, and so on to the caller. In one scope a catcher of exactly this code goes
// before one of all errors. Without any catcher it is a fault, and nothing has changed.
func (s *step) throwError(n *node, t Token, e thrownError) error {
	thrown := ErrorThrown{Element: n.id, Code: e.code, Text: e.text}
	host, at := t, n
	for {
		if b := catches(at.boundary, e.code); b != nil {
			thrown.CaughtBy = b.id
			s.emit(thrown)
			s.interrupt(b, host, e.results(b))
			return nil
		}
		k := at.container
		if start := catches(s.armed(k, host.Scope), e.code); start != nil {
			thrown.CaughtBy = start.id
			s.emit(thrown)
			s.startEventSubProcess(start.container.node, start, host.Scope, e.results(start))
			return nil
		}
		if k.node == nil {
			break
		}
		at, host = k.node, *s.in.Token(s.in.Scope(host.Scope).Token)
	}
	if p := s.in.Parent; p != nil && (p.CatchesAll || slices.Contains(p.Catches, e.code)) {
		s.emit(thrown)
		s.end(StateTerminated, Outcome{Kind: OutcomeError, Code: e.code, Text: e.text, Variables: e.variables})
		return nil
	}
	if e.text != "" {
		return faultf(IncidentUnhandledError, "nothing catches the error %q that %s throws: %s", e.code, n.label(), e.text)
	}
	return faultf(IncidentUnhandledError, "nothing catches the error %q that %s throws", e.code, n.label())
}

// catches finds the event that catches an error code: exactly, else every code.
func catches(events []*node, code string) *node {
	var all *node
	for _, n := range events {
		if _, ok := n.trigger.(errorTrigger); !ok {
			continue
		}
		if n.error == code {
			return n
		}
		if n.error == "" {
			all = n
		}
	}
	return all
}

// armed lists the start events of a scope's event sub-processes that can still catch something: none, once one of them
// has interrupted the scope.
func (s *step) armed(k *container, scope ID) []*node {
	var starts []*node
	for _, sub := range k.eventSubProcesses {
		start := sub.eventStart()
		if start.interrupts() && slices.ContainsFunc(s.in.Tokens, func(t Token) bool { return t.Scope == scope && t.Node == sub.id }) {
			return nil
		}
		starts = append(starts, start)
	}
	return starts
}

// caughtAbove lists the error codes that something around a call activity catches, for the instance that it calls.
func (s *step) caughtAbove(n *node) (all bool, codes []string) {
	if p := s.in.Parent; p != nil {
		all, codes = p.CatchesAll, slices.Clone(p.Catches)
	}
	for at := n; at != nil; at = at.container.node {
		catchers := slices.Clone(at.boundary)
		for _, sub := range at.container.eventSubProcesses {
			catchers = append(catchers, sub.eventStart())
		}
		for _, c := range catchers {
			if _, ok := c.trigger.(errorTrigger); !ok {
				continue
			}
			if c.error == "" {
				all = true
			} else {
				codes = append(codes, c.error)
			}
		}
	}
	slices.Sort(codes)
	return all, slices.Compact(codes)
}

// local are the variables of a node's own scope.
func (s *step) local(t Token) map[string]any {
	if t.Inner == 0 {
		return nil
	}
	return s.in.Scope(t.Inner).Variables
}
