package bpmn

import (
	"cmp"
	"strings"
)

// activity reads a task, call activity or sub-process (§10.3).
func (r *reader) activity(n *node, f *FlowNode) {
	f.IsForCompensation = r.bool(n, "isForCompensation", false)
	f.StartQuantity = r.int(n, "startQuantity", 1)
	f.CompletionQuantity = r.int(n, "completionQuantity", 1)
	f.Loop = r.loop(n)
	r.defaultFlow(n, f)
	switch n.tag {
	case "subProcess", "transaction", "adHocSubProcess":
		r.subProcess(n, f)
	case "callActivity":
		r.callActivity(n, f)
	default:
		r.task(n, f)
	}
	r.work(n, f)
	r.camunda(n, f)
	r.kogito(n, f)
	if f.Kind == "userTask" {
		r.people(n, f)
	}
	r.data(n, f)
}

func (r *reader) task(n *node, f *FlowNode) {
	switch n.tag {
	case "sendTask":
		r.messageRef(n, &f.Message)
		r.operation(n, f)
	case "receiveTask":
		r.messageRef(n, &f.Message)
		r.operation(n, f)
		f.Instantiate = r.bool(n, "instantiate", false)
	case "serviceTask":
		r.operation(n, f)
	case "businessRuleTask":
		n.information("implementation")
	case "userTask":
		n.information("implementation")
		r.humanTask(n, f)
	case "scriptTask":
		r.script(n, f, "scriptFormat")
	}
}

// operation reads the operation that a task calls (§10.3.3): a worker carries it out, as a job whose type is the names of its
// interface and of the operation, unless something else says who does the work.
func (r *reader) operation(n *node, f *FlowNode) {
	n.information("implementation")
	r.later(func() {
		o := reference[operation](r, n, "operationRef", "an operation")
		switch {
		case o == nil || f.TaskDefinition != nil || f.Script != nil || f.Message != nil:
		case f.Kind == "receiveTask":
			r.warn(n, codeInformation, "name the message that it waits for", "the operation %s is information only", quote(o.name))
		default:
			f.TaskDefinition = r.jobType(n, serviceName(o.owner, o.name))
		}
	})
}

// operation is what an interface offers (§8.5.1).
type operation struct{ owner, name string }

func (r *reader) interfaces(n *node) {
	owner := r.element(n)
	n.lookup("name")
	n.information("implementationRef")
	for c := range n.all("operation") {
		e := r.element(c)
		c.lookup("name")
		c.information("implementationRef")
		for _, tag := range []string{"inMessageRef", "outMessageRef", "errorRef"} {
			for ref := range c.all(tag) {
				r.exists(ref, ref.body(), "a message or an error")
			}
		}
		r.register(c, &operation{owner.Name, e.Name})
	}
}

// script reads the script of a script task or global script task; its language is in the attribute format.
func (r *reader) script(n *node, f *FlowNode, format string) {
	f.ScriptFormat = n.attr(format)
	if c := r.child(n, "script"); c != nil {
		if text := c.body(); text != "" {
			f.Script = r.scriptText(c, f, text)
		}
	}
	r.zeebeScript(n, f)
}

// scriptText reads a script, which must be an expression. In jBPM a script without a format is Java.
func (r *reader) scriptText(n *node, f *FlowNode, text string) *Expression {
	language := foreignLanguages[strings.ToLower(strings.TrimSuffix(f.ScriptFormat, "/"))]
	if f.ScriptFormat == "" && r.profile == profileKogito {
		language = java
	}
	script := &Expression{Text: text, Language: cmp.Or(f.ScriptFormat, r.defaultLanguage()), Pos: n.pos}
	switch language {
	case juel:
		return r.translated(n, script, juel)
	case java, mvel:
		r.fail(n, codeForeignExpression, `write it as an expression, with scriptFormat="expr", or let a worker do it: a task with drools:taskName, which is the job type`,
			"a script in %s is not run", language)
	}
	return script
}

func (r *reader) callActivity(n *node, f *FlowNode) {
	if name := n.attr("calledElement"); name != "" {
		f.CalledElement = r.newCalledElement(n, f, r.calledProcess(n, name))
	}
	r.calledElement(n, f)
}

// calledProcess is what a call activity calls: the id of a process or global task of any document, or an expression.
func (r *reader) calledProcess(n *node, name string) Expression {
	if r.profile == profileCamunda7 || r.profile == profileKogito {
		return *r.template(n, name)
	}
	if prefix, id, ok := strings.Cut(name, ":"); ok && !isTemplate(name) {
		if uri, bound := n.scope.lookup(prefix); bound && uri == r.definitions.TargetNamespace {
			name = id
		}
	}
	return Expression{Text: name, Literal: !isTemplate(name), Pos: n.pos}
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
		f.CompletionCondition = r.adHocCompletion(r.child(n, "completionCondition"))
		if c := r.zeebe(n, "adHoc"); c != nil {
			f.ActiveElements = r.attributeExpression(c, "activeElementsCollection")
		}
	}
}

// globalTask reads a task that call activities of any process may call (§10.3.6).
func (r *reader) globalTask(n *node) *FlowNode {
	f := &FlowNode{Element: r.element(n), Kind: n.tag, StartQuantity: 1, CompletionQuantity: 1}
	r.register(n, f)
	d := r.callable(n)
	d.f = f
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
	r.camunda(n, f)
	if f.Kind == "globalUserTask" {
		r.people(n, f)
	}
	d.linkScript()
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
	r.camundaLoop(n, l)
	r.loops[l] = r.loopData(n)
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
