package bpmn

// collaboration reads pools and the messages between them (§9). They are drawing: a process is run for itself.
func (r *reader) collaboration(n *node) *Collaboration {
	c := &Collaboration{Element: r.element(n)}
	n.information("isClosed")
	r.register(n, c)
	for child := range n.all("participant") {
		c.Participants = append(c.Participants, r.participant(child))
	}
	for child := range n.all("messageFlow") {
		c.MessageFlows = append(c.MessageFlows, r.messageFlow(child))
	}
	for child := range n.all("textAnnotation") {
		c.TextAnnotations = append(c.TextAnnotations, r.textAnnotation(child))
	}
	for child := range n.all("association") {
		c.Associations = append(c.Associations, r.association(child))
	}
	r.keys[c] = r.collaborationKeys(n)
	return c
}

func (r *reader) participant(n *node) *Participant {
	p := &Participant{Element: r.element(n), ProcessRef: n.attr("processRef")}
	r.exists(n, p.ProcessRef, "a process", "process")
	for _, c := range n.children {
		p.Multiple = p.Multiple || c.is("participantMultiplicity") && c.peek("maximum") != "1"
	}
	r.register(n, p)
	return p
}

func (r *reader) messageFlow(n *node) *MessageFlow {
	f := &MessageFlow{
		Element:    r.element(n),
		SourceRef:  r.needed(n, "sourceRef", n.kept("sourceRef")),
		TargetRef:  r.needed(n, "targetRef", n.kept("targetRef")),
		MessageRef: n.kept("messageRef"),
	}
	r.exists(n, f.SourceRef, "a pool or a flow node")
	r.exists(n, f.TargetRef, "a pool or a flow node")
	r.exists(n, f.MessageRef, "a message", "message")
	r.register(n, f)
	return f
}
