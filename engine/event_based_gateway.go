package engine

import "github.com/sonata-bpmn/sonata/bpmn"

// eventBasedGateway waits for whichever of the events after it happens first (§10.6.6, §13.4.4). All of them wait at once, and
// all others are withdrawn in the step in which one happens.
type eventBasedGateway struct{}

func (eventBasedGateway) link(c *compiler, n *node) {
	fn := n.source
	switch {
	case fn.EventGatewayType == "Parallel" && !fn.Instantiate:
		c.refuse(CodeEventGateway, fn.Element, "%s is parallel, which only a gateway that starts the process can be", n)
	case fn.Instantiate && len(fn.Incoming) > 0:
		c.refuse(CodeEventGateway, fn.Element, "%s starts the process, so no sequence flow may lead to it", n)
	}
	if len(fn.Outgoing) < 2 {
		c.refuse(CodeEventGateway, fn.Element, "%s has less than two events to choose from", n)
	}
	for _, f := range fn.Outgoing {
		if k := f.Target.Kind; k != "intermediateCatchEvent" && k != "receiveTask" {
			c.refuse(CodeEventGateway, f.Element, "%s leads to a %s, which waits for nothing", n, k).Hint = "let it lead to catch events and receive tasks only"
		}
		if fn.Instantiate && !waitsForMessage(f.Target) {
			c.refuse(CodeEventGateway, f.Target.Element, "%s starts the process, so %s must wait for a message", n, label(f.Target.ID, f.Target.Name))
		}
		if f.Condition != nil {
			c.refuse(CodeEventGateway, f.Element, "sequence flow %q has a condition, but %s chooses by events", f.ID, n)
		}
		if len(f.Target.Boundary) > 0 {
			c.refuse(CodeEventGateway, f.Target.Element, "%s waits for %s, so it can have no boundary events", n, label(f.Target.ID, f.Target.Name))
		}
		if len(f.Target.Inputs) > 0 {
			c.refuseIdle(CodeEventGateway, f.Target.Element, "%s begins when it has happened, so its input mappings would not be evaluated", label(f.Target.ID, f.Target.Name)).Hint = "set the variables before " + n.String()
		}
		if f.Target.Loop != nil {
			c.refuse(CodeEventGateway, f.Target.Element, "%s waits for %s, which cannot be repeated then", n, label(f.Target.ID, f.Target.Name))
		}
		if len(f.Target.Incoming) > 1 {
			c.refuse(CodeEventGateway, f.Target.Element, "%s has other incoming flows besides that of %s", label(f.Target.ID, f.Target.Name), n)
		}
	}
}

func waitsForMessage(fn *bpmn.FlowNode) bool {
	return fn.Kind == "receiveTask" || len(fn.EventDefinitions) == 1 && fn.EventDefinitions[0].Kind == "messageEventDefinition"
}

func (eventBasedGateway) enter(s *step, n *node, t Token) error {
	for _, f := range n.outgoing {
		if err := s.subscribe(f.target, waiter{token: t, scope: t.Scope}); err != nil {
			// The others must not fire while this one waits for an operator.
			s.unsubscribe(t.ID, "", true)
			return err
		}
	}
	return nil
}
