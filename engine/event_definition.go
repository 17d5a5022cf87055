package engine

import "slices"

// event links an event: its trigger, and whether it may stand where it stands.
func (c *compiler) event(n *node) {
	fn := n.source
	if len(fn.EventDefinitions) > 1 {
		c.refuse(CodeTrigger, fn.Element, "%s has %d event definitions; one can be executed", n.label(), len(fn.EventDefinitions))
		return
	}
	kind, at := "", fn.Element
	if len(fn.EventDefinitions) == 1 {
		d := fn.EventDefinitions[0]
		kind, at.Pos = d.Kind, d.Pos
		n.trigger = triggers[kind]
		if n.trigger == nil {
			c.refuse(CodeUnsupported, at, "a %s cannot be executed", kind)
			return
		}
	}
	where := positionOf(n)
	if !slices.Contains(positions[kind], where) {
		what := "without event definition"
		if kind != "" {
			what = "with a " + kind
		}
		c.refuse(CodeTrigger, at, "there is no %s %s (BPMN 2.0, Table 10.93)", where, what)
		return
	}
	if n.trigger != nil {
		n.trigger.link(c, n, fn.EventDefinitions[0])
	}
}
