package bpmn

import "strings"

// bpmnVerdicts are the elements of BPMN that have no place in the model: drawing and information that may be left out in
// silence (""), information that someone may miss (a warning), and what would change the run (an error).
var bpmnVerdicts = map[string]verdict{
	"group":            {},
	"category":         {},
	"categoryValueRef": {},
	"dataState":        {},
	"dataStore":        {},

	"import":                  {SeverityWarning, "Sonata reads one file at a time"},
	"relationship":            {SeverityWarning, ""},
	"auditing":                {SeverityWarning, ""},
	"monitoring":              {SeverityWarning, ""},
	"rendering":               {SeverityWarning, ""},
	"resource":                {SeverityWarning, ""},
	"resourceRole":            {SeverityWarning, ""},
	"performer":               {SeverityWarning, ""},
	"humanPerformer":          {SeverityWarning, ""},
	"potentialOwner":          {SeverityWarning, ""},
	"interface":               {SeverityWarning, ""},
	"interfaceRef":            {SeverityWarning, ""},
	"supportedInterfaceRef":   {SeverityWarning, ""},
	"supports":                {SeverityWarning, ""},
	"operationRef":            {SeverityWarning, ""},
	"endPoint":                {SeverityWarning, ""},
	"endPointRef":             {SeverityWarning, ""},
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
	"choreography":            {SeverityWarning, ""},
	"choreographyRef":         {SeverityWarning, ""},
	"globalChoreographyTask":  {SeverityWarning, ""},
	"correlationProperty":     {SeverityWarning, "give the message a correlation key (zeebe:subscription)"},
	"correlationKey":          {SeverityWarning, "give the message a correlation key (zeebe:subscription)"},
	"property":                {SeverityWarning, "use input mappings (zeebe:ioMapping) for variables of its own"},
	"ioSpecification":         {SeverityWarning, "use input and output mappings (zeebe:ioMapping)"},
	"ioBinding":               {SeverityWarning, ""},
	"dataInput":               {SeverityWarning, "use input and output mappings (zeebe:ioMapping)"},
	"dataOutput":              {SeverityWarning, "use input and output mappings (zeebe:ioMapping)"},
	"inputSet":                {SeverityWarning, ""},
	"outputSet":               {SeverityWarning, ""},
	"correlationSubscription": {SeverityError, "give the message a correlation key (zeebe:subscription)"},
	"loopDataInputRef":        {SeverityError, "use inputCollection of zeebe:loopCharacteristics"},
	"loopDataOutputRef":       {SeverityError, "use outputCollection of zeebe:loopCharacteristics"},
	"inputDataItem":           {SeverityError, "use inputElement of zeebe:loopCharacteristics"},
	"outputDataItem":          {SeverityError, "use outputElement of zeebe:loopCharacteristics"},
}

// bpmnElements are all other elements of BPMN (§8-§11), to tell one in the wrong place from one that is misspelt.
var bpmnElements = words(`
	assignment association boundaryEvent businessRuleTask callActivity callChoreography cancelEventDefinition
	categoryValue childLaneSet choreographyTask collaboration compensateEventDefinition completionCondition
	complexBehaviorDefinition complexGateway condition conditionExpression conditionalEventDefinition
	correlationPropertyBinding correlationPropertyRef correlationPropertyRetrievalExpression dataInputAssociation
	dataInputRefs dataObject dataObjectReference dataOutputAssociation dataOutputRefs dataPath dataStoreReference
	definitions documentation endEvent error errorEventDefinition errorRef escalation escalationEventDefinition event
	eventBasedGateway eventDefinitionRef exclusiveGateway expression extension extensionElements flowNodeRef
	formalExpression from globalBusinessRuleTask globalManualTask globalScriptTask globalTask globalUserTask
	implicitThrowEvent inMessageRef incoming inclusiveGateway innerParticipantRef inputSetRefs intermediateCatchEvent
	intermediateThrowEvent itemDefinition lane laneSet linkEventDefinition loopCardinality loopCondition manualTask message
	messageEventDefinition messageFlow messageFlowRef messagePath multiInstanceLoopCharacteristics operation
	optionalInputRefs optionalOutputRefs outMessageRef outerParticipantRef outgoing outputSetRefs parallelGateway
	participant participantRef process receiveTask resourceAssignmentExpression resourceParameter
	resourceParameterBinding resourceRef script scriptTask sendTask sequenceFlow serviceTask signal signalEventDefinition
	source sourceRef standardLoopCharacteristics startEvent subChoreography subProcess target targetRef task
	terminateEventDefinition text textAnnotation timeCycle timeDate timeDuration timerEventDefinition to transaction
	transformation userTask whileExecutingInputRefs whileExecutingOutputRefs`)

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
	case v.severity == SeverityError:
		r.fail(n, codeNotExecutable, v.hint, "the %s is not executed, and the process would run differently without it", n.tag)
	case known:
	case bpmnElements[n.tag]:
		r.fail(n, codeMisplaced, "", "%s may not stand in %s", article(n.tag), article(parent.tag))
	default:
		r.fail(n, codeUnknownElement, "is it misspelt?", "BPMN has no element %s", quote(n.tag))
	}
}
