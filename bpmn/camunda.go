package bpmn

// The dialects of the Activiti family: Camunda 7, Activiti and Flowable. Their attributes and elements mostly name Java
// code or change how data flows, so each is an error unless the table says that the process runs the same without it.

const (
	namespaceCamunda  = "http://camunda.org/schema/1.0/bpmn"
	namespaceActiviti = "http://activiti.org/bpmn"
	namespaceFlowable = "http://flowable.org/bpmn"
)

const camunda8Hint = "draw it in Camunda Modeler for Camunda 8: task definition, input and output mappings"

var camundaVerdicts = map[string]verdict{
	// Only modelling tools, task lists and history read these.
	"@modelerTemplate":        {},
	"@modelerTemplateVersion": {},
	"@modelerTemplateIcon":    {},
	"@diagramRelationId":      {},
	"@historyTimeToLive":      {SeverityWarning, ""},
	"@isStartableInTasklist":  {SeverityWarning, ""},
	"@candidateStarterGroups": {SeverityWarning, ""},
	"@candidateStarterUsers":  {SeverityWarning, ""},
	"@assignee":               {SeverityWarning, ""},
	"@candidateUsers":         {SeverityWarning, ""},
	"@candidateGroups":        {SeverityWarning, ""},
	"@dueDate":                {SeverityWarning, ""},
	"@followUpDate":           {SeverityWarning, ""},
	"@priority":               {SeverityWarning, ""},
	"@formKey":                {SeverityWarning, ""},
	"@formRef":                {SeverityWarning, ""},
	"@formRefBinding":         {SeverityWarning, ""},
	"@formRefVersion":         {SeverityWarning, ""},
	"formData":                {SeverityWarning, ""},
	"formProperty":            {SeverityWarning, ""},
	"potentialStarter":        {SeverityWarning, ""},
	"@errorMessage":           {SeverityWarning, ""},
	// Transactions and retries: every step of Sonata is durable, and a failed one is an incident.
	"@async":                  {SeverityWarning, ""},
	"@asyncBefore":            {SeverityWarning, ""},
	"@asyncAfter":             {SeverityWarning, ""},
	"@exclusive":              {SeverityWarning, ""},
	"@jobPriority":            {SeverityWarning, ""},
	"@taskPriority":           {SeverityWarning, ""},
	"failedJobRetryTimeCycle": {SeverityWarning, ""},
	// What most models have, with what to do instead.
	"@class":              {SeverityError, "let a worker do it: name a task type in zeebe:taskDefinition"},
	"@delegateExpression": {SeverityError, "let a worker do it: name a task type in zeebe:taskDefinition"},
	"@expression":         {SeverityError, "use a script task, or let a worker do it (zeebe:taskDefinition)"},
	"@topic":              {SeverityError, "name the topic as the type of zeebe:taskDefinition"},
	"@type":               {SeverityError, "name a task type in zeebe:taskDefinition"},
	"@decisionRef":        {SeverityError, "use a script task, or let a worker decide (zeebe:taskDefinition)"},
	"@collection":         {SeverityError, "use inputCollection of zeebe:loopCharacteristics"},
	"@elementVariable":    {SeverityError, "use inputElement of zeebe:loopCharacteristics"},
	"inputOutput":         {SeverityError, "use zeebe:ioMapping"},
	"in":                  {SeverityError, "use zeebe:ioMapping"},
	"out":                 {SeverityError, "use zeebe:ioMapping"},
	"executionListener":   {SeverityError, "draw what the listener does as a task"},
	"taskListener":        {SeverityError, "draw what the listener does as a task"},
}

func activitiFamily(prefix string) dialect {
	return dialect{
		prefix: prefix, verdicts: camundaVerdicts, hint: camunda8Hint,
		unknownAttribute: SeverityError, unknownElement: SeverityError,
	}
}

func (r *reader) camundaVersionTag(n *node) string {
	tag, _ := n.lookupIn(namespaceCamunda, "versionTag")
	return tag
}
