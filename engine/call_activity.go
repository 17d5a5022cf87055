package engine

import "maps"

// callActivity starts an instance of another process and goes on when that has ended (§10.3.6). The called instance
// is one of its own, with this one as parent.
type callActivity struct{}

type callSpec struct {
	processID, businessKey *expression
	bindingType            string
	versionTag             string
	allParentVariables     bool
	allChildVariables      bool
	detached               bool
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
		detached:           !called.WaitForCompletion,
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
	if n.call.allParentVariables {
		call.Variables = s.in.Variables(t.inside())
	} else {
		call.Variables = maps.Clone(s.local(t))
	}
	if !call.Detached {
		call.CatchesAll, call.Catches = s.caughtAbove(n)
	}
	s.open(Subscription{Kind: SubscriptionCall, Token: t.ID, Scope: t.Scope, Element: n.id, Name: call.ProcessID, Call: &call})
	return nil
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
		if n.call.allChildVariables || len(n.outputs) > 0 {
			results = c.Outcome.Variables
		}
		s.leave(n, t, results)
	case OutcomeError:
		if err := s.throwError(n, t, thrownError{code: c.Outcome.Code, text: c.Outcome.Text, variables: c.Outcome.Variables}); err != nil {
			s.raise(t, n, false, err)
		}
	case OutcomeTerminated:
		s.raise(t, n, false, faultf(IncidentCalledElement, "the instance of %s that %s called was cancelled; resolving this incident calls it again", sub.Name, n))
	default:
		s.raise(t, n, false, faultf(IncidentCalledElement, "%s cannot call %q: %s", n, sub.Name, c.Outcome.Text))
	}
	return nil
}
