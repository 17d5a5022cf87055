package engine

// exclusiveGateway routes each token to the first outgoing flow, in the order of the file, whose condition holds, or else to the
// default flow, whose own condition is never evaluated (§10.6.2, §13.4.2). It never waits: incoming flows are merged, not
// joined.
type exclusiveGateway struct{}

func (exclusiveGateway) link(c *compiler, n *node) { c.requireConditions(n) }

func (exclusiveGateway) enter(s *step, n *node, t Token) error {
	for _, f := range n.outgoing {
		if f == n.defaultFlow {
			continue
		}
		ok := f.condition == nil
		if !ok {
			var err error
			if ok, err = s.holds(f, t); err != nil {
				return err
			}
		}
		if ok {
			s.take(n, t, []*flow{f})
			return nil
		}
	}
	switch {
	case n.defaultFlow != nil:
		s.take(n, t, []*flow{n.defaultFlow})
	case len(n.outgoing) == 0:
		s.take(n, t, nil)
	default:
		return n.noFlow()
	}
	return nil
}

// requireConditions checks that a gateway that chooses can do so: each outgoing flow but the default one has a condition.
func (c *compiler) requireConditions(n *node) {
	if len(n.source.Outgoing) < 2 {
		return
	}
	for _, f := range n.source.Outgoing {
		if f.Condition == nil && f != n.source.Default {
			c.refuse(CodeCondition, f.Element, "sequence flow %q leaves %s without a condition", f.ID, n).Hint = "give it a condition, or make it the default flow"
		}
	}
}
