package bpmn

import "strings"

// bpmnVerdicts are the elements of BPMN that have no place in the model: drawing and information that may be left out in
// silence (""), and information that someone may miss (a warning).
var bpmnVerdicts = map[string]verdict{
	"group":            {},
	"category":         {},
	"categoryValueRef": {},
	"dataStore":        {},
	"relationship":     {},

	"import":                  {SeverityWarning, "Sonata reads one file at a time"},
	"auditing":                {SeverityWarning, "every step is in the history of the instance"},
	"monitoring":              {SeverityWarning, "every instance can be watched"},
	"rendering":               {SeverityWarning, "name a form by the modelling tool's extension"},
	"resource":                {SeverityWarning, ""},
	"resourceRole":            {SeverityWarning, "name people in a potentialOwner"},
	"performer":               {SeverityWarning, "name people in a resourceAssignmentExpression of a user task"},
	"humanPerformer":          {SeverityWarning, "name people in a resourceAssignmentExpression of a user task"},
	"potentialOwner":          {SeverityWarning, "name people in a resourceAssignmentExpression of a user task"},
	"interfaceRef":            {SeverityWarning, ""},
	"supportedInterfaceRef":   {SeverityWarning, ""},
	"supports":                {SeverityWarning, ""},
	"operationRef":            {SeverityWarning, "a message is published, and no operation called"},
	"endPoint":                {SeverityWarning, ""},
	"endPointRef":             {SeverityWarning, ""},
	"ioBinding":               {SeverityWarning, "call the process by a call activity"},
	"partnerEntity":           {SeverityWarning, ""},
	"partnerRole":             {SeverityWarning, ""},
	"partitionElement":        {SeverityWarning, ""},
	"participantMultiplicity": {SeverityWarning, ""},
	"participantAssociation":  {SeverityWarning, ""},
	"messageFlowAssociation":  {SeverityWarning, ""},
	"conversation":            {SeverityWarning, ""},
	"subConversation":         {SeverityWarning, ""},
	"callConversation":        {SeverityWarning, ""},
	"conversationAssociation": {SeverityWarning, ""},
	"conversationLink":        {SeverityWarning, ""},
	"globalConversation":      {SeverityWarning, ""},
	"choreography":            {SeverityWarning, "a choreography has no engine that runs it; draw a process for each partner"},
	"choreographyRef":         {SeverityWarning, ""},
	"globalChoreographyTask":  {SeverityWarning, ""},
}

// bpmnInformation are elements that are read, or stand in one that is not, and say nothing about how a process runs.
var bpmnInformation = words(`
	callChoreography categoryValue childLaneSet choreographyTask dataInputRefs dataOutputRefs dataState dataStoreReference
	documentation errorRef expression flowNodeRef formalExpression inMessageRef incoming innerParticipantRef inputSet
	inputSetRefs lane laneSet messageFlow messageFlowRef optionalInputRefs optionalOutputRefs outMessageRef
	outerParticipantRef outgoing outputSet outputSetRefs participantRef resourceAssignmentExpression resourceParameter
	resourceParameterBinding resourceRef source subChoreography target text textAnnotation whileExecutingInputRefs
	whileExecutingOutputRefs`)

// bpmnElements are all other elements of BPMN (§8-§11), to tell one in the wrong place from one that is misspelt.
var bpmnElements = words(`
	activationCondition adHocSubProcess assignment association boundaryEvent businessRuleTask callActivity callChoreography
	cancelEventDefinition categoryValue childLaneSet choreographyTask collaboration compensateEventDefinition
	completionCondition complexBehaviorDefinition complexGateway condition conditionExpression conditionalEventDefinition
	correlationKey correlationProperty correlationPropertyBinding correlationPropertyRef
	correlationPropertyRetrievalExpression correlationSubscription dataInput dataInputAssociation dataInputRefs dataObject
	dataObjectReference dataOutput dataOutputAssociation dataOutputRefs dataPath dataState dataStoreReference definitions
	documentation endEvent error errorEventDefinition errorRef escalation escalationEventDefinition event eventBasedGateway
	eventDefinitionRef exclusiveGateway expression extension extensionElements flowNodeRef formalExpression from
	globalBusinessRuleTask globalManualTask globalScriptTask globalTask globalUserTask implicitThrowEvent inMessageRef
	incoming inclusiveGateway innerParticipantRef inputDataItem inputSet inputSetRefs interface intermediateCatchEvent
	intermediateThrowEvent ioSpecification itemDefinition lane laneSet linkEventDefinition loopCardinality loopCondition
	loopDataInputRef loopDataOutputRef manualTask message messageEventDefinition messageFlow messageFlowRef messagePath
	multiInstanceLoopCharacteristics operation optionalInputRefs optionalOutputRefs outMessageRef outerParticipantRef
	outgoing outputDataItem outputSet outputSetRefs parallelGateway participant participantRef process property receiveTask
	resourceAssignmentExpression resourceParameter resourceParameterBinding resourceRef script scriptTask sendTask
	sequenceFlow serviceTask signal signalEventDefinition source sourceRef standardLoopCharacteristics startEvent
	subChoreography subProcess target targetRef task terminateEventDefinition text textAnnotation timeCycle timeDate
	timeDuration timerEventDefinition to transaction transformation userTask whileExecutingInputRefs
	whileExecutingOutputRefs`)

func words(text string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		set[word] = true
	}
	return set
}

// unreadBPMN reports a BPMN element that nobody has read.
func (r *reader) unreadBPMN(parent, n *node) {
	v, known := bpmnVerdicts[n.tag]
	switch {
	case v.severity == SeverityWarning:
		r.warn(n, codeInformation, v.hint, "the %s is information only, it is not executed", n.tag)
	case known:
	case bpmnElements[n.tag]:
		r.fail(n, codeMisplaced, "", "%s may not stand in %s", article(n.tag), article(parent.tag))
	default:
		r.fail(n, codeUnknownElement, "is it misspelt?", "BPMN has no element %s", quote(n.tag))
	}
}
