package engine

import (
	"maps"
	"strconv"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// callActivity starts an instance of another process and goes on when that has ended (§10.3.6). The called instance
// is one of its own, with this one as parent.
type callActivity struct{}

type callSpec struct {
	processID, businessKey *expression
	bindingType            string
	versionTag             string
	allParentVariables     bool
	allChildVariables      bool
	version                *expression // for bindingType "version"
	arguments              []mapping   // nil: the activity's own variables
	onlyArguments          bool
	detached, independent  bool
}

func (callActivity) link(c *compiler, n *node) {
	called := n.source.CalledElement
	if called == nil || called.ProcessID.Text == "" {
		c.refuse(CodeCall, n.source.Element, "%s does not say which process it calls", n).Hint = "enter its process id"
		return
	}
	at := n.source.Element
	at.Pos = called.Pos
	n.call = &callSpec{
		processID:          c.expression(called.ProcessID, at, anyResult),
		bindingType:        called.BindingType,
		versionTag:         called.VersionTag,
		allParentVariables: called.PropagateAllParentVariables,
		allChildVariables:  called.PropagateAllChildVariables,
		arguments:          c.mappings(n.source, called.Arguments, c.expression),
		onlyArguments:      called.Arguments != nil,
		detached:           !called.WaitForCompletion,
		independent:        called.Independent,
	}
	if called.Version != nil {
		n.call.version = c.expression(*called.Version, at, anyResult)
	}
	if called.BusinessKey != nil {
		n.call.businessKey = c.expression(*called.BusinessKey, at, anyResult)
	}
}

func (callActivity) enter(s *step, n *node, t Token) error {
	call := Call{BindingType: n.call.bindingType, VersionTag: n.call.versionTag, BusinessKey: s.in.BusinessKey, Detached: n.call.detached}
	var err error
	if call.ProcessID, err = s.text(n.call.processID, t.inside(), "the called process of", n); err != nil {
		return err
	}
	if n.call.businessKey != nil {
		if call.BusinessKey, err = s.text(n.call.businessKey, t.inside(), "the business key of", n); err != nil {
			return err
		}
	}
	if call.Version, err = s.calledVersion(n, t); err != nil {
		return err
	}
	if call.Variables, err = s.callVariables(n, t); err != nil {
		return err
	}
	if !call.Detached {
		call.CatchesAll, call.Catches = s.caughtAbove(n)
	}
	s.open(Subscription{
		Kind: SubscriptionCall, Token: t.ID, Scope: t.Scope, Element: n.id, Name: call.ProcessID, Call: &call,
		Independent: n.call.independent,
	})
	return nil
}

// callVariables are what the called instance begins with.
func (s *step) callVariables(n *node, t Token) (map[string]any, error) {
	var variables map[string]any
	switch {
	case n.call.allParentVariables:
		variables = s.in.Variables(t.inside())
	case !n.call.onlyArguments:
		variables = maps.Clone(s.local(t))
	}
	if !n.call.onlyArguments {
		return variables, nil
	}
	arguments, err := s.evaluate(n, n.call.arguments, func(name string) any { return s.lookup(t.inside(), name) })
	if variables == nil {
		return arguments, err
	}
	maps.Copy(variables, arguments)
	return variables, err
}

// calledVersion is the version of the called process that the model names, 0 if it names none.
func (s *step) calledVersion(n *node, t Token) (int, error) {
	if n.call.version == nil {
		return 0, nil
	}
	text, err := s.text(n.call.version, t.inside(), "the called version of", n)
	if err != nil {
		return 0, err
	}
	version, err := strconv.Atoi(text)
	if err != nil || version < 1 {
		return 0, faultf(IncidentExpression, "the called version of %s is no whole number from 1 on", n)
	}
	return version, nil
}

func (c EndCall) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionCall)
	if err != nil {
		return err
	}
	n, t := s.p.nodes[sub.Element], *s.in.Token(sub.Token)
	s.emit(SubscriptionClosed{Subscription: sub})
	switch c.Outcome.Kind {
	case OutcomeCompleted:
		var results map[string]any
		if n.call.allChildVariables || len(n.outputs) > 0 && n.source.Results != bpmn.ResultsAll {
			results = c.Outcome.Variables
		}
		s.leave(n, t, results)
	case OutcomeError:
		if err := s.throwError(n, t, thrownError{code: c.Outcome.Code, text: c.Outcome.Text, variables: c.Outcome.Variables}); err != nil {
			s.raise(t, n, entering, err)
		}
	case OutcomeTerminated:
		if n.call.independent {
			s.leave(n, t, nil)
			return nil
		}
		s.raise(t, n, entering, faultf(IncidentCalledElement, "the instance of %s that %s called was cancelled; resolving this incident calls it again", sub.Name, n))
	default:
		s.raise(t, n, entering, faultf(IncidentCalledElement, "%s cannot call %q: %s", n, sub.Name, c.Outcome.Text))
	}
	return nil
}
