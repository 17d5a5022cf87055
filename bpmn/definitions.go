package bpmn

// readDefinitions reads the root element (§8.2.1).
func (r *reader) readDefinitions(n *node) *Definitions {
	d := &Definitions{
		TargetNamespace:    n.attr("targetNamespace"),
		ExpressionLanguage: n.attr("expressionLanguage"),
		Exporter:           n.kept("exporter"),
	}
	d.ExecutionPlatform, _ = n.lookupIn(NamespaceModel, "executionPlatform")
	r.definitions = d
	d.Element = r.element(n)
	n.information("typeLanguage", "exporterVersion")
	for _, c := range n.children {
		if c.space == NamespaceBPMN {
			r.rootElement(c, d)
		}
	}
	for c := range n.allIn(NamespaceBPMNDI, "BPMNDiagram") {
		d.Diagrams = append(d.Diagrams, r.diagram(c))
	}
	return d
}

// rootElement reads what may stand directly in the definitions and has a place in the model.
func (r *reader) rootElement(n *node, d *Definitions) {
	switch n.tag {
	case "process":
		d.Processes = append(d.Processes, r.process(n))
	case "collaboration":
		d.Collaborations = append(d.Collaborations, r.collaboration(n))
	case "message":
		d.Messages = append(d.Messages, r.message(n))
	case "signal":
		d.Signals = append(d.Signals, r.signal(n))
	case "error":
		d.Errors = append(d.Errors, r.error(n))
	case "escalation":
		d.Escalations = append(d.Escalations, r.escalation(n))
	case "itemDefinition":
		d.ItemDefinitions = append(d.ItemDefinitions, r.itemDefinition(n))
	case "globalTask", "globalUserTask", "globalManualTask", "globalScriptTask", "globalBusinessRuleTask":
		d.GlobalTasks = append(d.GlobalTasks, r.globalTask(n))
	case "interface":
		r.interfaces(n)
	case "correlationProperty":
		r.correlationProperty(n)
	case "extension":
		r.extensionDeclaration(n)
	default:
		if eventDefinitionKinds[n.tag] {
			r.eventDefinition(n) // for eventDefinitionRef
		}
	}
}

func (r *reader) message(n *node) *Message {
	m := &Message{Element: r.element(n), CorrelationKey: r.correlationKey(n)}
	r.exists(n, n.kept("itemRef"), "an itemDefinition", "itemDefinition")
	n.lookup("name")
	r.constant(n, "name", "make what differs the correlation key: the name is the topic")
	r.register(n, m)
	return m
}

// constant refuses an expression in an attribute by which things find each other: it is known at deployment.
func (r *reader) constant(n *node, key, hint string) {
	if value := n.attr(key); isTemplate(value) {
		r.fail(n, codeNotExecutable, hint, "the %s of the %s is an expression, %s, which is not evaluated", key, n.tag, quote(value))
	}
}

func (r *reader) signal(n *node) *Signal {
	s := &Signal{Element: r.element(n)}
	n.lookup("name")
	r.constant(n, "name", "use a message with a correlation key")
	n.information("structureRef")
	r.register(n, s)
	return s
}

func (r *reader) error(n *node) *Error {
	e := &Error{Element: r.element(n), Code: n.attr("errorCode")}
	r.constant(n, "errorCode", "draw an end event for each code, behind an exclusive gateway")
	n.information("structureRef")
	r.register(n, e)
	return e
}

func (r *reader) escalation(n *node) *Escalation {
	e := &Escalation{Element: r.element(n), Code: n.attr("escalationCode")}
	r.constant(n, "escalationCode", "draw an event for each code, behind an exclusive gateway")
	n.information("structureRef")
	r.register(n, e)
	return e
}

func (r *reader) itemDefinition(n *node) *ItemDefinition {
	d := &ItemDefinition{Element: r.element(n), StructureRef: n.attr("structureRef"), IsCollection: r.bool(n, "isCollection", false)}
	n.information("itemKind")
	r.register(n, d)
	return d
}

// extensionDeclaration reads bpmn:extension, by which a file can insist that its readers know an extension (§8.3.3).
func (r *reader) extensionDeclaration(n *node) {
	r.element(n)
	definition := n.kept("definition")
	if r.bool(n, "mustUnderstand", false) {
		r.fail(n, codeMustUnderstand, "if the process can do without it, set mustUnderstand to false",
			"the file demands the extension %s, which Sonata does not know", quote(definition))
	}
}
