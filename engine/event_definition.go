package engine

import "slices"

// event links an event: what it waits for or throws, and whether that may stand where the event stands.
func (c *compiler) event(n *node) {
	fn := n.source
	where := positionOf(n)
	if len(fn.EventDefinitions) == 0 && !slices.Contains(positions[""], where) {
		c.refuse(CodeTrigger, fn.Element, "there is no %s without event definition (BPMN 2.0, Table 10.93)", where)
	}
	for i, source := range fn.EventDefinitions {
		at := fn.Element
		at.Pos = source.Pos
		d := &definition{source: source, trigger: triggers[source.Kind], index: i}
		if d.trigger == nil {
			c.refuse(CodeUnsupported, at, "a %s cannot be executed", source.Kind)
			continue
		}
		if !slices.Contains(positions[source.Kind], where) {
			c.refuse(CodeTrigger, at, "there is no %s with a %s (BPMN 2.0, Table 10.93)", where, source.Kind)
			continue
		}
		n.definitions = append(n.definitions, d)
		d.trigger.link(c, n, d)
	}
	if where == positionThrow || where == positionEnd {
		slices.SortStableFunc(n.definitions, func(a, b *definition) int { return a.order() - b.order() })
	}
}
