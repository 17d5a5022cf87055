package bpmn

// eventDefinitionKinds are the triggers of events (§10.5.5).
var eventDefinitionKinds = map[string]bool{
	"messageEventDefinition": true, "timerEventDefinition": true, "signalEventDefinition": true, "errorEventDefinition": true,
	"escalationEventDefinition": true, "conditionalEventDefinition": true, "linkEventDefinition": true,
	"compensateEventDefinition": true, "cancelEventDefinition": true, "terminateEventDefinition": true,
}

// event reads what triggers an event (§10.5).
func (r *reader) event(n *node, f *FlowNode) {
	switch n.tag {
	case "startEvent":
		f.IsInterrupting = r.bool(n, "isInterrupting", true)
		f.ParallelMultiple = r.bool(n, "parallelMultiple", false)
		r.humanTask(n, f)
	case "boundaryEvent":
		f.CancelActivity = r.bool(n, "cancelActivity", true)
		f.ParallelMultiple = r.bool(n, "parallelMultiple", false)
		r.attachment(n, f)
	case "intermediateCatchEvent":
		f.ParallelMultiple = r.bool(n, "parallelMultiple", false)
	}
	for _, c := range n.children {
		switch {
		case c.space != NamespaceBPMN:
		case eventDefinitionKinds[c.tag]:
			f.EventDefinitions = append(f.EventDefinitions, r.eventDefinition(c))
		case c.tag == "eventDefinitionRef":
			c.read = true
			r.sharedDefinition(c, f)
		}
	}
	r.work(n, f)
	r.camunda(n, f)
	r.kogito(n, f)
	r.data(n, f)
}

// sharedDefinition links an event definition that stands in the document's root and serves several events.
func (r *reader) sharedDefinition(n *node, f *FlowNode) {
	ref := n.body()
	r.later(func() {
		if d := follow[EventDefinition](r, n, ref, "an event definition"); d != nil {
			f.EventDefinitions = append(f.EventDefinitions, d)
		}
	})
}

// attachment links a boundary event to its activity, which must be in the same container (§10.5.4).
func (r *reader) attachment(n *node, f *FlowNode) {
	r.required(n, "attachedToRef")
	r.later(func() {
		host := reference[FlowNode](r, n, "attachedToRef", "an activity")
		switch {
		case host == nil:
			return
		case flowNodeClasses[host.Kind] != activity:
			r.fail(n, codeAttachment, "attach it to a task, call activity or sub-process",
				"the boundary event is attached to %s, which is %s", quote(host.ID), article(host.Kind))
			return
		case r.places[host] != r.places[f]:
			r.fail(n, codeAttachment, "put both into the same process or sub-process",
				"the boundary event and the activity %s are not in the same process or sub-process", quote(host.ID))
			return
		}
		f.AttachedTo = host
		host.Boundary = append(host.Boundary, f)
	})
}

func (r *reader) eventDefinition(n *node) *EventDefinition {
	d := &EventDefinition{Element: r.element(n), Kind: n.tag}
	r.register(n, d)
	d.CodeVariable, _ = camundaAttr(n, "errorCodeVariable")
	if name, ok := camundaAttr(n, "escalationCodeVariable"); ok {
		d.CodeVariable = name
	}
	d.MessageVariable, _ = camundaAttr(n, "errorMessageVariable")
	switch n.tag {
	case "messageEventDefinition":
		r.messageRef(n, &d.Message)
	case "timerEventDefinition":
		d.Timer = r.timer(n)
	case "signalEventDefinition":
		r.later(func() { d.Signal = reference[Signal](r, n, "signalRef", "a signal") })
	case "errorEventDefinition":
		r.later(func() { d.Error = reference[Error](r, n, "errorRef", "an error") })
	case "escalationEventDefinition":
		r.later(func() { d.Escalation = reference[Escalation](r, n, "escalationRef", "an escalation") })
	case "conditionalEventDefinition":
		d.Condition = r.condition(n)
	case "linkEventDefinition":
		r.linkDefinition(n, d)
	case "compensateEventDefinition":
		r.compensation(n, d)
	case "terminateEventDefinition":
		r.terminateScope(n)
	}
	return d
}

func (r *reader) messageRef(n *node, message **Message) {
	r.later(func() { *message = reference[Message](r, n, "messageRef", "a message") })
}

// timer reads the one of its three elements that there must be (§10.5.5, Table 10.101).
func (r *reader) timer(n *node) *Timer {
	var timer *Timer
	for _, kind := range []string{"timeDate", "timeDuration", "timeCycle"} {
		c := r.child(n, kind)
		if c == nil {
			continue
		}
		value := r.timerText(c)
		switch {
		case timer != nil:
			r.fail(c, codeTimer, "keep one of them", "the timer has both %s and %s", timer.Kind, kind)
		case value == nil:
			timer = &Timer{Kind: kind}
		default:
			timer = &Timer{Kind: kind, Value: *value}
		}
	}
	if timer == nil {
		r.fail(n, codeTimer, "say when it fires: timeDate, timeDuration or timeCycle", "the timer never fires")
	}
	return timer
}

func (r *reader) condition(n *node) *Expression {
	c := r.child(n, "condition")
	if c == nil {
		r.fail(n, codeIncomplete, "", "%s has no condition", describe(n))
	}
	return r.expression(c)
}

// linkDefinition reads a link, whose ends find each other by name (§10.5.5); source and target repeat what the names say.
func (r *reader) linkDefinition(n *node, d *EventDefinition) {
	if d.Link = n.attr("name"); d.Link == "" {
		r.fail(n, codeIncomplete, "give both ends of the link the same name", "the link has no name")
	}
	for _, tag := range []string{"source", "target"} {
		for c := range n.all(tag) {
			ref := c.body()
			r.later(func() { follow[EventDefinition](r, c, ref, "a linkEventDefinition") })
		}
	}
}

func (r *reader) compensation(n *node, d *EventDefinition) {
	d.ActivityRef = n.attr("activityRef")
	d.WaitForCompletion = r.bool(n, "waitForCompletion", true)
	r.later(func() {
		if f := reference[FlowNode](r, n, "activityRef", "an activity"); f != nil && flowNodeClasses[f.Kind] != activity {
			r.wrongReference(n, f.ID, "an activity")
		}
	})
}
