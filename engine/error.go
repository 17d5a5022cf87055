package engine

import "slices"

// errorTrigger throws a BPMN error or catches one (§10.5.6). An error is control flow: it looks for the nearest scope that
// catches it, outwards through sub-processes and calls.
type errorTrigger struct{}

func (errorTrigger) link(c *compiler, n *node, d *definition) {
	if d.source.Error != nil {
		d.code = d.source.Error.Code
	}
	at := n.source.Element
	at.Pos = d.source.Pos
	switch where := positionOf(n); {
	case where == positionEnd && d.code == "":
		c.refuse(CodeTrigger, at, "%s throws an error without a code", n).Hint = "choose an error and give it a code"
	case where == positionBoundary && !n.source.CancelActivity, where == positionSubProcessStart && !n.source.IsInterrupting:
		c.refuse(CodeTrigger, at, "%s catches an error, which always interrupts", n).Hint = "make it interrupting"
	}
}

func (errorTrigger) throw(s *step, n *node, d *definition, t Token) (throwing, error) {
	return s.prepareError(n, t, thrownError{code: d.code, variables: s.sent(n, d.index, t)})
}

func isError(d *definition) bool { _, ok := d.trigger.(errorTrigger); return ok }

// thrownError is a BPMN error on its way.
type thrownError struct {
	code, text string
	variables  map[string]any
}

// throwError gives an error to the nearest catcher, else to the caller. Without any catcher it is a fault, and nothing has
// changed.
func (s *step) throwError(n *node, t Token, e thrownError) error {
	throw, err := s.prepareError(n, t, e)
	if err == nil {
		throw()
	}
	return err
}

// prepareError finds who catches an error. What else the thrower throws before it does not change that, but by ending the thrower.
func (s *step) prepareError(n *node, t Token, e thrownError) (throwing, error) {
	thrown := ErrorThrown{Element: n.id, Code: e.code, Text: e.text}
	if found := s.seek(n, t, isError, e.code); found.catcher != nil {
		thrown.CaughtBy = found.catcher.id
		return func() bool {
			s.emit(thrown)
			if results := found.catcher.caught(isError, e); found.catcher.host != nil {
				s.interrupt(found.catcher, found.host, results)
			} else {
				s.startEventSubProcess(found.catcher.container.node, found.catcher, found.scope, results)
			}
			return false
		}, nil
	}
	if p := s.in.Parent; p != nil && (p.CatchesAll || slices.Contains(p.Catches, e.code)) {
		return func() bool {
			s.emit(thrown)
			s.end(StateTerminated, Outcome{Kind: OutcomeError, Code: e.code, Text: e.text, Variables: e.variables})
			return false
		}, nil
	}
	if e.text != "" {
		return nil, faultf(IncidentUnhandledError, "nothing catches the error %q that %s throws: %s", e.code, n, e.text)
	}
	return nil, faultf(IncidentUnhandledError, "nothing catches the error %q that %s throws", e.code, n)
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
			for _, d := range c.definitions {
				if isError(d) {
					all = all || d.code == ""
					codes = append(codes, d.code)
				}
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
