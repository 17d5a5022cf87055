package bpmn

// Codes of the problems that Parse finds. A code never changes its meaning; docs/errors.md explains each.
const (
	// The file as XML.
	codeSyntax             = "BPMN001"
	codeEncoding           = "BPMN002"
	codeLimit              = "BPMN003"
	codeDoctype            = "BPMN004"
	codeRoot               = "BPMN005"
	codeUnboundPrefix      = "BPMN006"
	codeDuplicateAttribute = "BPMN007"

	// The vocabulary.
	codeUnknownElement   = "BPMN010"
	codeMisplaced        = "BPMN011"
	codeUnknownAttribute = "BPMN012"
	codeValue            = "BPMN013"
	codeMissing          = "BPMN014"
	codeRepeated         = "BPMN015"
	codeStrayText        = "BPMN016"
	codeInformation      = "BPMN017"
	codeNotExecutable    = "BPMN018"
	codeMustUnderstand   = "BPMN019"

	// Identifiers and references.
	codeNoID        = "BPMN020"
	codeBadID       = "BPMN021"
	codeDuplicateID = "BPMN022"
	codeDangling    = "BPMN023"
	codeWrongKind   = "BPMN024"
	codeForeignRef  = "BPMN025"

	// The flow.
	codeCrossing          = "BPMN030"
	codeFlowDisagrees     = "BPMN031"
	codeFlowNotListed     = "BPMN032"
	codeAttachment        = "BPMN033"
	codeDefaultFlow       = "BPMN034"
	codeDefaultCondition  = "BPMN035"
	codeConditionPlace    = "BPMN036"
	codeFlowForbidden     = "BPMN037"
	codeTimer             = "BPMN038"
	codeGatewayDirection  = "BPMN039"
	codeIncomplete        = "BPMN040"
	codeTypeMismatch      = "BPMN041"
	codeForeignExpression = "BPMN042"
	codeDiagram           = "BPMN050"
	codeExtensionIgnored  = "BPMN060"
	codeExtensionRequired = "BPMN061"

	// Bookkeeping.
	codeMoreProblems = "BPMN099"
)

// localCodes are those of errors that leave the elements of a document, their ids and the references between them as they were meant.
var localCodes = []string{
	codeValue, codeMissing, codeRepeated, codeNotExecutable, codeMustUnderstand, codeBadID, codeFlowDisagrees, codeDefaultCondition, codeConditionPlace,
	codeTimer, codeIncomplete, codeForeignExpression, codeExtensionRequired,
}
