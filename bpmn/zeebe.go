package bpmn

import "slices"

// The dialect of Camunda 8, which Camunda Modeler writes, is read into the neutral fields of the model here. Attributes
// are constants unless they start with "=".

var zeebe = dialect{
	prefix: "zeebe",
	verdicts: map[string]verdict{
		"@modelerTemplate":              {},
		"@modelerTemplateVersion":       {},
		"@modelerTemplateIcon":          {},
		"@modelerConfigurationTemplate": {},
		"@modelerConfigurationName":     {},
		"@id":                           {},
		"@processIdExpression":          {SeverityError, `write processId="=…"`},
		"@outputCollection":             {SeverityError, "collect the results by output mappings (zeebe:ioMapping) of the activities"},
		"@outputElement":                {SeverityError, "collect the results by output mappings (zeebe:ioMapping) of the activities"},
		"userTaskForm":                  {SeverityWarning, ""},
		"jobPriorityDefinition":         {SeverityWarning, ""},
		"executionListeners":            {SeverityError, "draw what the listener does as a task"},
		"taskListeners":                 {SeverityError, "draw what the listener does as a task"},
		"linkedResources":               {SeverityError, "give the worker what it needs in a task header"},
		"calledDecision":                {SeverityError, "use a task definition (zeebe:taskDefinition) or a script"},
		"conditionalFilter":             {SeverityError, "put the filter into the condition"},
		"agentDefinition":               {SeverityError, "use a task definition (zeebe:taskDefinition)"},
	},
	unknownAttribute: SeverityWarning,
	unknownElement:   SeverityError,
}

// zeebe gives an extension element of n, nil if there is none.
func (r *reader) zeebe(n *node, tag string) *node { return r.extension(n, NamespaceZeebe, tag) }

func (r *reader) extension(n *node, space, tag string) *node {
	extensions := r.child(n, "extensionElements")
	if extensions == nil {
		return nil
	}
	return r.childIn(extensions, space, tag)
}

// properties reads the name/value pairs that designers and element templates give to any element.
func (r *reader) properties(n *node) map[string]string {
	var properties map[string]string
	for _, space := range []string{NamespaceZeebe, namespaceCamunda} {
		list := r.extension(n, space, "properties")
		if list == nil {
			continue
		}
		list.information("id")
		properties = r.pairs(list, "property", "name", properties)
	}
	return r.metaData(n, properties)
}

// pairs reads a list of pairs into a map: child elements called tag with the attributes key and value.
func (r *reader) pairs(list *node, tag, key string, into map[string]string) map[string]string {
	for c := range list.allIn(list.space, tag) {
		name := r.required(c, key)
		value, _ := c.lookup("value")
		c.information("id")
		if _, taken := into[name]; taken {
			r.fail(c, codeRepeated, "keep one of them", "%s %s is given twice", describe(c), quote(name))
		}
		if into == nil {
			into = map[string]string{}
		}
		into[name] = value
	}
	return into
}

func (r *reader) versionTag(n *node) string {
	if c := r.zeebe(n, "versionTag"); c != nil {
		return r.required(c, "value")
	}
	return r.camundaVersionTag(n)
}

func (r *reader) correlationKey(n *node) *Expression {
	if c := r.zeebe(n, "subscription"); c != nil {
		return r.attributeExpression(c, "correlationKey")
	}
	return nil
}

// workers are the kinds of flow nodes whose work can be a job.
var workers = []string{
	"serviceTask", "sendTask", "businessRuleTask", "scriptTask", "userTask", "intermediateThrowEvent", "endEvent",
	"implicitThrowEvent", "globalUserTask", "globalBusinessRuleTask", "globalScriptTask",
}

// work reads who does the work of a flow node, and what data goes in and comes out.
func (r *reader) work(n *node, f *FlowNode) {
	if slices.Contains(workers, f.Kind) && (flowNodeClasses[f.Kind] != event || throwsMessage(n)) {
		f.TaskDefinition = r.taskDefinition(n)
	}
	list := r.zeebe(n, "ioMapping")
	if list == nil {
		return
	}
	if f.Kind != "startEvent" && f.Kind != "boundaryEvent" { // what happens to them begins with what they bring
		for c := range list.allIn(NamespaceZeebe, "input") {
			f.Inputs = append(f.Inputs, r.mapping(c))
		}
	}
	for c := range list.allIn(NamespaceZeebe, "output") {
		f.Outputs = append(f.Outputs, r.mapping(c))
	}
}

// throwsMessage says whether an event may throw a message: only then is there something to do for a worker.
func throwsMessage(n *node) bool {
	return slices.ContainsFunc(n.children, func(c *node) bool {
		return c.space == NamespaceBPMN && (c.tag == "messageEventDefinition" || c.tag == "eventDefinitionRef")
	})
}

func (r *reader) taskDefinition(n *node) *TaskDefinition {
	c, headers := r.zeebe(n, "taskDefinition"), r.zeebe(n, "taskHeaders")
	if c == nil {
		if headers != nil {
			r.warn(headers, codeExtensionIgnored, "add a task definition (zeebe:taskDefinition)", "task headers without a task definition do nothing")
			headers.dismiss()
		}
		return nil
	}
	d := &TaskDefinition{Pos: c.pos, Retries: Expression{Text: "3", Literal: true, Pos: c.pos}}
	if r.required(c, "type") != "" {
		d.Type = *r.attributeExpression(c, "type")
	}
	if retries := r.attributeExpression(c, "retries"); retries != nil {
		d.Retries = *retries
	}
	if headers != nil {
		d.Headers = r.pairs(headers, "header", "key", nil)
	}
	return d
}

func (r *reader) mapping(n *node) Mapping {
	m := Mapping{Target: r.required(n, "target"), Pos: n.pos}
	if source := r.attributeExpression(n, "source"); source != nil {
		m.Source = *source
	} else if _, ok := n.lookup("source"); ok {
		m.Source = Expression{Literal: true, Pos: n.pos}
	} else {
		r.fail(n, codeMissing, `write source="=null" for no value`, "%s has no \"source\"", describe(n))
	}
	return m
}

func (r *reader) zeebeScript(n *node, f *FlowNode) {
	c := r.zeebe(n, "script")
	if c == nil {
		return
	}
	if f.Script != nil {
		r.fail(c, codeRepeated, "keep one of them", "%s has a bpmn:script and a zeebe:script", describe(n))
	}
	if r.required(c, "expression") != "" {
		f.Script = r.attributeExpression(c, "expression")
	}
	f.ResultVariable = r.required(c, "resultVariable")
}

func (r *reader) calledElement(n *node, f *FlowNode) {
	c := r.zeebe(n, "calledElement")
	if c == nil {
		return
	}
	if process := r.attributeExpression(c, "processId"); process != nil {
		f.CalledElement = r.newCalledElement(n, f, *process)
	} else if f.CalledElement == nil {
		r.required(c, "processId")
		f.CalledElement = r.newCalledElement(n, f, Expression{Literal: true, Pos: c.pos})
	}
	called := f.CalledElement
	called.PropagateAllParentVariables = r.bool(c, "propagateAllParentVariables", true)
	called.PropagateAllChildVariables = r.bool(c, "propagateAllChildVariables", true)
	called.BusinessKey = r.attributeExpression(c, "businessId")
	called.BindingType, called.VersionTag = r.binding(c)
}

// binding reads which version of a called process or form is meant.
func (r *reader) binding(n *node) (bindingType, versionTag string) {
	bindingType, versionTag = r.enum(n, "bindingType", "latest", "deployment", "versionTag"), n.attr("versionTag")
	if bindingType == "versionTag" && versionTag == "" {
		r.required(n, "versionTag")
	}
	return bindingType, versionTag
}

// collections reads what a multi-instance activity runs over, and where its results go.
func (r *reader) collections(n *node, l *LoopCharacteristics) {
	c := r.zeebe(n, "loopCharacteristics")
	if c == nil {
		return
	}
	l.InputCollection = r.attributeExpression(c, "inputCollection")
	l.InputElement = c.attr("inputElement")
	l.OutputCollection = c.attr("outputCollection")
	l.OutputElement = r.attributeExpression(c, "outputElement")
}

// humanTask reads what a user task or start event says about forms and people.
func (r *reader) humanTask(n *node, f *FlowNode) {
	if c := r.zeebe(n, "formDefinition"); c != nil {
		f.Form = &Form{ID: c.attr("formId"), Key: c.attr("formKey"), ExternalReference: c.attr("externalReference")}
		f.Form.BindingType, f.Form.VersionTag = r.binding(c)
	}
	if f.Kind == "startEvent" {
		return
	}
	r.zeebe(n, "userTask") // says that the engine, not a worker, keeps the task
	var a Assignment
	if c := r.zeebe(n, "assignmentDefinition"); c != nil {
		a.Assignee = r.attributeExpression(c, "assignee")
		a.CandidateUsers = r.attributeExpression(c, "candidateUsers")
		a.CandidateGroups = r.attributeExpression(c, "candidateGroups")
	}
	if c := r.zeebe(n, "taskSchedule"); c != nil {
		a.DueDate = r.attributeExpression(c, "dueDate")
		a.FollowUpDate = r.attributeExpression(c, "followUpDate")
	}
	if c := r.zeebe(n, "priorityDefinition"); c != nil {
		a.Priority = r.attributeExpression(c, "priority")
	}
	if a != (Assignment{}) {
		f.Assignment = &a
	}
}
