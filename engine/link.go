package engine

// linkTrigger jumps from a throwing link to the catching link of the same name in the same scope (§10.5.5): a sequence flow that
// is not drawn.
type linkTrigger struct{}

func (linkTrigger) link(c *compiler, n *node, d *definition) {
	d.name = d.source.Link
	at := n.source.Element
	at.Pos = d.source.Pos
	if d.name == "" {
		c.refuse(CodeLink, at, "the link %s has no name", n)
		return
	}
	catching := 0
	for _, other := range n.container.nodes {
		if other.kind() == "intermediateCatchEvent" && other.linkName() == d.name {
			catching++
		}
	}
	if n.kind() == "intermediateThrowEvent" && catching != 1 {
		c.refuse(CodeLink, at, "the link %q leads to %d catching link events in this scope; it needs exactly one", d.name, catching)
	}
	if n.kind() == "intermediateCatchEvent" && catching > 1 {
		c.refuse(CodeLink, at, "there are %d catching link events with the name %q in this scope", catching, d.name)
	}
}

func (linkTrigger) throw(s *step, n *node, d *definition, t Token) (throwing, error) {
	return func() bool {
		for _, target := range n.container.nodes {
			if target.kind() == "intermediateCatchEvent" && target.linkName() == d.name {
				s.consume(t.ID, false)
				s.leave(target, s.place(t.Scope, target), nil)
				break
			}
		}
		return false
	}, nil
}

// linkName is the name of a link event, "" of every other node.
func (n *node) linkName() string {
	for _, d := range n.source.EventDefinitions {
		if d.Kind == "linkEventDefinition" {
			return d.Link
		}
	}
	return ""
}
