package bpmn

// The dialects of the Activiti family: Camunda 7, Activiti and Flowable. What of them does not name Java code is read into
// the neutral fields of the model (camunda_*.go). The table says of the rest whether the process runs the same without it;
// what is not in it is refused.

const (
	namespaceCamunda  = "http://camunda.org/schema/1.0/bpmn"
	namespaceActiviti = "http://activiti.org/bpmn"
	namespaceFlowable = "http://flowable.org/bpmn"
)

var family = []string{namespaceCamunda, namespaceActiviti, namespaceFlowable}

const (
	camunda8Hint = "draw it in Camunda Modeler for Camunda 8: task definition, input and output mappings"
	workerHint   = `let a worker do it: make it an external task (type="external" and a topic, which is the job type)`
	listenerHint = "draw what the listener does as a task"
	decisionHint = "decision tables are not run; use an expression, or an external task whose worker decides"
)

var camundaVerdicts = map[string]verdict{
	// Only modelling tools, task lists and history read these.
	"@modelerTemplate":        {},
	"@modelerTemplateVersion": {},
	"@modelerTemplateIcon":    {},
	"@diagramRelationId":      {},
	"@historyTimeToLive":      {},
	"@isStartableInTasklist":  {},
	"@initiator":              {},
	"@formRefBinding":         {},
	"@formRefVersion":         {},
	"@errorMessage":           {},
	"formData":                {SeverityWarning, "the form's fields are not shown or checked; name a form key"},
	"formProperty":            {SeverityWarning, "the form's fields are not shown or checked; name a form key"},
	"@candidateStarterGroups": {SeverityWarning, "who may start a process is not checked"},
	"@candidateStarterUsers":  {SeverityWarning, "who may start a process is not checked"},
	"potentialStarter":        {SeverityWarning, "who may start a process is not checked"},
	// Transactions and the order of jobs: every step of Sonata is durable, and workers take the oldest job.
	"@async":        {},
	"@asyncBefore":  {},
	"@asyncAfter":   {},
	"@asyncLeave":   {},
	"@exclusive":    {},
	"@jobPriority":  {},
	"@taskPriority": {},
	// Java code, and what it is given.
	"@class":                             {SeverityError, workerHint},
	"@delegateExpression":                {SeverityError, workerHint},
	"@expression":                        {SeverityError, workerHint},
	"@topic":                             {SeverityError, workerHint},
	"@type":                              {SeverityError, workerHint},
	"field":                              {SeverityError, workerHint},
	"connector":                          {SeverityError, workerHint},
	"errorEventDefinition":               {SeverityError, "let the worker throw the BPMN error"},
	"@variableMappingClass":              {SeverityError, "use in and out mappings"},
	"@variableMappingDelegateExpression": {SeverityError, "use in and out mappings"},
	"executionListener":                  {SeverityError, listenerHint},
	"taskListener":                       {SeverityError, listenerHint},
	"@resource":                          {SeverityError, "write the script into the file"},
	"@formHandlerClass":                  {SeverityError, "forms have no code here; delete it"},
	// Decisions, cases and tenants.
	"@decisionRef":                    {SeverityError, decisionHint},
	"@decisionRefBinding":             {},
	"@decisionRefVersion":             {},
	"@decisionRefTenantId":            {},
	"@mapDecisionResult":              {},
	"@caseRef":                        {SeverityError, "cases (CMMN) are not run; call a process"},
	"@caseBinding":                    {},
	"@caseVersion":                    {},
	"@caseTenantId":                   {},
	"@calledElementTenantId":          {SeverityError, "there are no tenants; delete it"},
	"@calledElementType":              {SeverityError, "name the process by its id (key)"},
	"@variableName":                   {SeverityError, "put the filter into the condition"},
	"@variableEvents":                 {SeverityError, "put the filter into the condition"},
	"@local":                          {SeverityError, "name the variables, each with a source and a target"},
	"@skipExpression":                 {SeverityError, "draw the choice with an exclusive gateway"},
	"@elementIndexVariable":           {SeverityError, "use loopCounter"},
	"@triggerable":                    {SeverityError, "draw a receive task behind it"},
	"@useLocalScopeForResultVariable": {SeverityError, "map the result by an output parameter"},
}

func activitiFamily(prefix string) dialect {
	return dialect{
		prefix: prefix, verdicts: camundaVerdicts, hint: camunda8Hint,
		unknownAttribute: SeverityError, unknownElement: SeverityError,
	}
}

// camundaAttr gives an attribute of the family.
func camundaAttr(n *node, key string) (value string, ok bool) {
	for _, space := range family {
		if value, ok := n.lookupIn(space, key); ok {
			return value, true
		}
	}
	return "", false
}

// camundaValue gives an attribute that may hold an expression, nil if it is not there or empty.
func (r *reader) camundaValue(n *node, key string) *Expression {
	text, _ := camundaAttr(n, key)
	if text == "" {
		return nil
	}
	return r.template(n, text)
}

// camundaElements gives the extension elements of the family with a name.
func (r *reader) camundaElements(n *node, tag string) []*node {
	extensions := r.child(n, "extensionElements")
	if extensions == nil {
		return nil
	}
	var found []*node
	for _, space := range family {
		for c := range extensions.allIn(space, tag) {
			found = append(found, c)
		}
	}
	return found
}

func (r *reader) camundaVersionTag(n *node) string {
	tag, _ := camundaAttr(n, "versionTag")
	return tag
}

// camunda reads what the family says about an activity or event.
func (r *reader) camunda(n *node, f *FlowNode) {
	r.camundaParameters(n, f)
	switch f.Kind {
	case "serviceTask", "sendTask", "businessRuleTask":
		r.camundaTask(n, f)
	case "scriptTask", "globalScriptTask":
		if name, ok := camundaAttr(n, "resultVariable"); ok {
			f.ResultVariable = name
		}
	case "userTask", "globalUserTask", "startEvent":
		r.camundaForm(n, f)
	case "callActivity":
		r.camundaCall(n, f)
	}
	if flowNodeClasses[f.Kind] == event {
		r.camundaEvent(n, f)
	}
	if r.profile == profileCamunda7 && f.Kind != "callActivity" {
		r.later(func() {
			if f.Results == ResultsUnlessMapped {
				f.Results = ResultsAll
			}
		})
	}
}
