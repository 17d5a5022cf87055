package bpmn

// activity reads a task, call activity or sub-process (§10.3).
func (r *reader) activity(n *node, f *FlowNode) {
	f.IsForCompensation = r.bool(n, "isForCompensation", false)
	f.StartQuantity = r.int(n, "startQuantity", 1)
	f.CompletionQuantity = r.int(n, "completionQuantity", 1)
	f.Loop = r.loop(n)
	r.defaultFlow(n, f)
	r.dataAssociations(n)
	switch n.tag {
	case "subProcess", "transaction", "adHocSubProcess":
		r.subProcess(n, f)
	case "callActivity":
		r.callActivity(n, f)
	default:
		r.task(n, f)
	}
	r.work(n, f)
}

func (r *reader) task(n *node, f *FlowNode) {
	switch n.tag {
	case "sendTask":
		r.operation(n)
		r.messageRef(n, &f.Message)
	case "receiveTask":
		r.operation(n)
		r.messageRef(n, &f.Message)
		f.Instantiate = r.bool(n, "instantiate", false)
	case "serviceTask":
		r.operation(n)
	case "businessRuleTask":
		n.information("implementation")
	case "userTask":
		n.information("implementation")
		r.humanTask(n, f)
	case "scriptTask":
		r.script(n, f, "scriptFormat")
	}
}

// operation reads what a task says about the web service that it calls (§10.3.3), which a task definition replaces.
func (r *reader) operation(n *node) {
	n.information("implementation")
	if ref := n.attr("operationRef"); ref != "" {
		r.warn(n, codeInformation, "name the work in a task definition (zeebe:taskDefinition)", "the operation %s is not called", quote(ref))
	}
}

// script reads the script of a script task or global script task; its language is in the attribute format.
func (r *reader) script(n *node, f *FlowNode, format string) {
	f.ScriptFormat = n.attr(format)
	if c := r.child(n, "script"); c != nil {
		if text := c.body(); text != "" {
			f.Script = &Expression{Text: text, Language: f.ScriptFormat, Pos: c.pos}
			if f.Script.Language == "" {
				f.Script.Language = r.defaultLanguage()
			}
		}
	}
	r.zeebeScript(n, f)
}

func (r *reader) callActivity(n *node, f *FlowNode) {
	if name := n.attr("calledElement"); name != "" {
		f.CalledElement = r.newCalledElement(n, f, Expression{Text: name, Literal: !isTemplate(name), Pos: n.pos})
	}
	r.calledElement(n, f)
}

// newCalledElement gives a called element with all defaults.
func (r *reader) newCalledElement(n *node, f *FlowNode, process Expression) *CalledElement {
	return &CalledElement{
		ProcessID: process, BindingType: "latest", Pos: process.Pos,
		PropagateAllParentVariables: true, PropagateAllChildVariables: true,
		WaitForCompletion: r.waitForCompletion(n, f),
	}
}

// waitForCompletion reads the extension property of that name: false starts the process and goes on at once.
func (r *reader) waitForCompletion(n *node, f *FlowNode) bool {
	switch value := f.Properties["waitForCompletion"]; value {
	case "", "true":
		return true
	case "false":
		return false
	default:
		r.fail(n, codeValue, "write true or false", "the property \"waitForCompletion\" has the value %s", quote(value))
		return true
	}
}

func (r *reader) subProcess(n *node, f *FlowNode) {
	f.TriggeredByEvent = r.bool(n, "triggeredByEvent", false)
	f.Body = &Container{}
	r.container(n, f.Body, f)
	switch n.tag {
	case "transaction":
		n.information("method")
	case "adHocSubProcess":
		f.Ordering = r.enum(n, "ordering", "Parallel", "Sequential")
		f.CancelRemainingInstances = r.bool(n, "cancelRemainingInstances", true)
		f.CompletionCondition = r.expression(r.child(n, "completionCondition"))
		if c := r.zeebe(n, "adHoc"); c != nil {
			f.ActiveElements = r.attributeExpression(c, "activeElementsCollection")
		}
	}
}

// globalTask reads a task that call activities of any process may call (§10.3.6).
func (r *reader) globalTask(n *node) *FlowNode {
	f := &FlowNode{Element: r.element(n), Kind: n.tag, StartQuantity: 1, CompletionQuantity: 1}
	r.register(n, f)
	switch n.tag {
	case "globalUserTask":
		n.information("implementation")
		r.humanTask(n, f)
	case "globalBusinessRuleTask":
		n.information("implementation")
	case "globalScriptTask":
		r.script(n, f, "scriptLanguage")
	}
	r.work(n, f)
	return f
}

// loop reads the loop or multi-instance marker of an activity (§10.3.8).
func (r *reader) loop(n *node) *LoopCharacteristics {
	standard, multi := r.child(n, "standardLoopCharacteristics"), r.child(n, "multiInstanceLoopCharacteristics")
	switch {
	case standard != nil && multi != nil:
		r.fail(multi, codeRepeated, "keep one of them", "%s has a loop marker and a multi-instance marker", describe(n))
		fallthrough
	case standard != nil:
		return r.standardLoop(standard)
	case multi != nil:
		return r.multiInstance(multi)
	}
	return nil
}

func (r *reader) standardLoop(n *node) *LoopCharacteristics {
	return &LoopCharacteristics{
		Element:       r.element(n),
		Kind:          n.tag,
		TestBefore:    r.bool(n, "testBefore", false),
		LoopMaximum:   r.int(n, "loopMaximum", 0),
		LoopCondition: r.expression(r.child(n, "loopCondition")),
	}
}

func (r *reader) multiInstance(n *node) *LoopCharacteristics {
	l := &LoopCharacteristics{
		Element:      r.element(n),
		Kind:         n.tag,
		IsSequential: r.bool(n, "isSequential", false),
		Cardinality:  r.expression(r.child(n, "loopCardinality")),
		Completion:   r.expression(r.child(n, "completionCondition")),
		Behavior:     r.enum(n, "behavior", "All", "None", "One", "Complex"),
	}
	r.later(func() {
		l.OneBehavior = reference[EventDefinition](r, n, "oneBehaviorEventRef", "an event definition")
		l.NoneBehavior = reference[EventDefinition](r, n, "noneBehaviorEventRef", "an event definition")
	})
	for c := range n.all("complexBehaviorDefinition") {
		l.ComplexBehaviors = append(l.ComplexBehaviors, r.complexBehavior(c))
	}
	r.collections(n, l)
	return l
}

func (r *reader) complexBehavior(n *node) *ComplexBehavior {
	b := &ComplexBehavior{Element: r.element(n)}
	condition := r.child(n, "condition")
	if condition == nil {
		r.fail(n, codeIncomplete, "", "%s has no condition", describe(n))
	}
	b.Condition = r.expression(condition)
	if c := r.child(n, "event"); c != nil {
		b.Event = &FlowNode{Element: r.element(c), Kind: "implicitThrowEvent"}
		r.event(c, b.Event)
	}
	return b
}
