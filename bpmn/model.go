package bpmn

// Namespaces of the documents that Parse reads.
const (
	NamespaceBPMN   = "http://www.omg.org/spec/BPMN/20100524/MODEL"
	NamespaceBPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
	NamespaceDC     = "http://www.omg.org/spec/DD/20100524/DC"
	NamespaceDI     = "http://www.omg.org/spec/DD/20100524/DI"
	NamespaceZeebe  = "http://camunda.org/schema/zeebe/1.0"
	NamespaceModel  = "http://camunda.org/schema/modeler/1.0"
	NamespaceXSI    = "http://www.w3.org/2001/XMLSchema-instance"
	namespaceBIOC   = "http://bpmn.io/schema/bpmn/biocolor/1.0"
	namespaceColor  = "http://www.omg.org/spec/BPMN/non-normative/color/1.0"
)

// Position is a place in a source file; Line and Column count from 1, Column in bytes.
type Position struct {
	File         string
	Line, Column int
}

// Element is what every BPMN element has (§8.3.1, BaseElement).
type Element struct {
	ID, Name      string
	Pos           Position
	Documentation string
	// Properties are the name/value pairs of the modelling tool's extension (zeebe:properties).
	Properties map[string]string
}

// Definitions is the root of a document (§8.2.1).
type Definitions struct {
	Element
	TargetNamespace    string
	ExpressionLanguage string
	Exporter           string
	ExecutionPlatform  string // modeler:executionPlatform, such as "Camunda Cloud"
	Processes          []*Process
	Messages           []*Message
	Signals            []*Signal
	Errors             []*Error
	Escalations        []*Escalation
	ItemDefinitions    []*ItemDefinition
	Collaborations     []*Collaboration
	GlobalTasks        []*FlowNode // globalTask, globalUserTask, …: what a call activity may call beside a process (§10.3.6)
	Diagrams           []*Diagram
	// Warnings are the problems that do not keep the document from being deployed, sorted by place.
	Warnings Problems
}

// Container is what holds flow elements: a process or a sub-process (§8.4.8, FlowElementsContainer).
type Container struct {
	FlowNodes       []*FlowNode // in document order
	SequenceFlows   []*SequenceFlow
	DataObjects     []*DataObject
	TextAnnotations []*TextAnnotation
	Associations    []*Association
	Lanes           []*Lane
}

// Process is a process definition (§10.2).
type Process struct {
	Element
	Container
	IsExecutable bool
	VersionTag   string
	Definitions  *Definitions
	// Correlations say how the messages of this process find their instance, as far as that is drawn: at most one for each
	// message.
	Correlations []*Correlation
}

// Correlation matches a message with the conversation that it belongs to (§8.4.2): a message resumes an instance when the
// values of Message and of Instance are the same, all of them, as texts. There is one value for each correlation property.
type Correlation struct {
	// ID is that of the correlation key.
	ID  string
	For *Message
	// Message is evaluated on the message: the fields of its data, `data`, `event` and `record`.
	Message []Expression
	// Instance is evaluated on the variables when the instance begins to wait. nil: what counts is the value of the first
	// message of the conversation that the instance received or sent.
	Instance []Expression
}

// FlowNode is an activity, gateway or event (§8.4.13). Fields that a kind does not have are zero.
type FlowNode struct {
	Element
	Kind     string // XML local name: "exclusiveGateway", "serviceTask", "boundaryEvent", …
	Incoming []*SequenceFlow
	Outgoing []*SequenceFlow
	Default  *SequenceFlow // of activities and gateways
	Parent   *FlowNode     // the sub-process around it, nil in a process

	// Events (§10.5)
	EventDefinitions []*EventDefinition
	AttachedTo       *FlowNode   // of a boundary event
	Boundary         []*FlowNode // the boundary events attached to this activity, in document order
	CancelActivity   bool        // boundary event interrupts; true unless the file says false
	IsInterrupting   bool        // start event of an event sub-process interrupts; true unless the file says false
	ParallelMultiple bool

	// Sub-processes (§10.3.5)
	Body             *Container // of subProcess, transaction, adHocSubProcess
	TriggeredByEvent bool

	// Activities (§10.3)
	IsForCompensation  bool
	StartQuantity      int // 1 unless the file says otherwise
	CompletionQuantity int
	Loop               *LoopCharacteristics
	Message            *Message    // of send and receive tasks
	Instantiate        bool        // of receive tasks and event-based gateways
	ScriptFormat       string      // of script tasks
	Script             *Expression // what a script task evaluates, or another task in place of a job
	ResultVariable     string      // of tasks with a script
	CalledElement      *CalledElement
	TaskDefinition     *TaskDefinition // who does the work of a task or throwing event
	Inputs, Outputs    []Mapping
	Results            Results
	// Payloads names, for each event definition in its order (for a send or receive task: the only one), the local variable
	// that is as a whole the data of what the event brings or sends. Where it is missing or "", the fields of that data are
	// variables themselves.
	Payloads   []string
	Form       *Form       // of user tasks and start events: information only
	Assignment *Assignment // of user tasks: information only

	// Gateways (§10.6)
	GatewayDirection    string
	EventGatewayType    string      // "Exclusive" or "Parallel"
	ActivationCondition *Expression // of complex gateways

	// Ad-hoc sub-processes (§10.3.5)
	CompletionCondition      *Expression
	CancelRemainingInstances bool
	ActiveElements           *Expression // list of element ids to activate (zeebe:adHoc activeElementsCollection)
	Ordering                 string
}

// SequenceFlow connects two flow nodes of one container (§8.4.13).
type SequenceFlow struct {
	Element
	Source, Target *FlowNode
	Condition      *Expression // nil: unconditional
}

// EventDefinition is the trigger of an event (§10.5.5).
type EventDefinition struct {
	Element
	Kind       string // XML local name: "timerEventDefinition", …
	Message    *Message
	Signal     *Signal
	Error      *Error
	Escalation *Escalation
	Timer      *Timer
	Condition  *Expression // conditionalEventDefinition
	Link       string      // linkEventDefinition's name
	// ActivityRef and WaitForCompletion belong to compensateEventDefinition.
	ActivityRef       string
	WaitForCompletion bool
	// CodeVariable and MessageVariable, if they are set, are variables that get the code and the text of an error, or the
	// code of an escalation, that is caught.
	CodeVariable, MessageVariable string
}

// Timer is the trigger of a timer event: exactly one of timeDate, timeDuration and timeCycle (§10.5.5).
type Timer struct {
	Kind  string // "timeDate", "timeDuration" or "timeCycle"
	Value Expression
}

// Expression is the text of an expression as the file has it.
type Expression struct {
	Text     string
	Language string // language attribute, or the document's expressionLanguage, or ""
	// Literal says that the dialect reads this text as a constant string (zeebe attributes that do not start with "=").
	Literal bool
	Pos     Position
}

// Results says which results of an activity or event leave it beside its Outputs.
type Results string

// Kinds of results.
const (
	ResultsUnlessMapped Results = ""       // all, unless there are Outputs (Camunda 8)
	ResultsAll          Results = "all"    // all; Outputs are evaluated after them (Camunda 7)
	ResultsMapped       Results = "mapped" // none (BPMN's data associations)
)

// Mapping assigns the value of Source to the variable path Target (zeebe:input, zeebe:output).
type Mapping struct {
	Source Expression
	Target string // a variable, or a dotted path into one
	Pos    Position
}

// TaskDefinition names the job type that does a task's work (zeebe:taskDefinition, zeebe:taskHeaders).
type TaskDefinition struct {
	Type    Expression
	Retries Expression
	Headers map[string]string
	Pos     Position
}

// CalledElement says which process a call activity starts (calledElement attribute or zeebe:calledElement).
type CalledElement struct {
	ProcessID                   Expression
	BindingType                 string // "latest" (default), "deployment", "version" or "versionTag"
	VersionTag                  string
	Version                     *Expression // for BindingType "version": a whole number
	BusinessKey                 *Expression // of the called instance; nil: the caller's
	PropagateAllParentVariables bool        // default true
	PropagateAllChildVariables  bool        // default true
	// Arguments are variables of the called instance beside those that are propagated. If they are not nil, the activity's
	// own variables are not passed.
	Arguments []Mapping
	// WaitForCompletion false starts the called process and goes on at once (extension property "waitForCompletion");
	// default true.
	WaitForCompletion bool
	// Independent: the called instance goes on when the call activity is withdrawn, and the activity when the instance is
	// cancelled (jBPM); default false.
	Independent bool
	Pos         Position
}

// Form names the form that people fill in (zeebe:formDefinition). One of ID, Key and ExternalReference is set.
type Form struct {
	ID, Key, ExternalReference string
	BindingType                string // "latest" (default), "deployment" or "versionTag"
	VersionTag                 string
}

// Assignment says who should do a user task and until when (zeebe:assignmentDefinition, zeebe:taskSchedule,
// zeebe:priorityDefinition). Each field may be nil.
type Assignment struct {
	Assignee, CandidateUsers, CandidateGroups *Expression
	DueDate, FollowUpDate, Priority           *Expression
}

// LoopCharacteristics is an activity's loop or multi-instance marker (§10.3.8).
type LoopCharacteristics struct {
	Element
	Kind             string // "standardLoopCharacteristics" or "multiInstanceLoopCharacteristics"
	IsSequential     bool
	Cardinality      *Expression
	Completion       *Expression
	InputCollection  *Expression
	InputElement     string
	OutputCollection string
	OutputElement    *Expression
	// ZeroBased: loopCounter counts from 0 (Camunda 7), not from 1.
	ZeroBased bool
	Behavior  string
	// OneBehavior and NoneBehavior are thrown for a Behavior of "One" and "None" (§10.3.8, Table 10.30). nil: a signal that
	// has the name of the activity's id.
	OneBehavior, NoneBehavior *EventDefinition
	ComplexBehaviors          []*ComplexBehavior // for Behavior "Complex"
	TestBefore                bool
	LoopMaximum               int // 0: no limit
	LoopCondition             *Expression
}

// ComplexBehavior throws an event when Condition holds as one instance of a multi-instance activity completes (§10.3.8,
// Table 10.31).
type ComplexBehavior struct {
	Element
	Condition *Expression
	Event     *FlowNode // an implicitThrowEvent
}

// Message is a bpmn:message (§8.4.11). Its name is the topic unless the extension property "topic" says otherwise.
type Message struct {
	Element
	CorrelationKey *Expression // zeebe:subscription correlationKey
}

// Topic is where the message travels: the extension property "topic", else the name.
func (m *Message) Topic() string {
	if t := m.Properties["topic"]; t != "" {
		return t
	}
	return m.Name
}

// Signal is a bpmn:signal (§10.5.5).
type Signal struct{ Element }

// Error is a bpmn:error (§8.4.3).
type Error struct {
	Element
	Code string
}

// Escalation is a bpmn:escalation (§8.4.4).
type Escalation struct {
	Element
	Code string
}

// ItemDefinition is a bpmn:itemDefinition (§8.4.10).
type ItemDefinition struct {
	Element
	StructureRef string
	IsCollection bool
}

// DataObject is a data object or property of a container, or a place where one (or a data store) is drawn (§10.4.1).
type DataObject struct {
	Element
	Kind           string // XML local name: "dataObject", "dataObjectReference", "dataStoreReference" or "property"
	Ref            string // id of the data object or data store that a reference stands for
	ItemSubjectRef string
	IsCollection   bool
}

// TextAnnotation is a note on the diagram (§8.4.1).
type TextAnnotation struct {
	Element
	Text string
}

// Association connects an artifact or a compensation handler with an element (§8.4.1).
type Association struct {
	Element
	SourceRef, TargetRef string
	Direction            string
}

// Lane groups flow nodes of a process (§10.8). It is information only.
type Lane struct {
	Element
	FlowNodeRefs []string
	Lanes        []*Lane
}

// Collaboration shows pools and the messages between them (§9).
type Collaboration struct {
	Element
	Participants    []*Participant
	MessageFlows    []*MessageFlow
	TextAnnotations []*TextAnnotation
	Associations    []*Association
}

// Participant is a pool (§9.3).
type Participant struct {
	Element
	ProcessRef string
	Multiple   bool // there may be more than one of them (participantMultiplicity)
}

// MessageFlow is a message between pools (§9.4). It is information only.
type MessageFlow struct {
	Element
	SourceRef, TargetRef string
	MessageRef           string
}

// Diagram is a bpmndi:BPMNDiagram (§12).
type Diagram struct {
	Element
	PlaneElement string // id of the process or collaboration that is drawn
	Shapes       []*Shape
	Edges        []*Edge
}

// Shape is where a node is drawn, in diagram units.
type Shape struct {
	Drawn
	Bounds          Bounds
	Label           *Bounds
	IsExpanded      bool
	IsVertical      bool // of pools and lanes: isHorizontal is false; without it they are horizontal
	IsMarkerVisible bool // an exclusive gateway shows its X
}

// Edge is how a flow is drawn.
type Edge struct {
	Drawn
	Waypoints []Point
	Label     *Bounds
}

// Drawn is what a shape or edge shows, and in which colours.
type Drawn struct {
	ElementRef string
	Kind       string // of the element, its XML local name; "" if there is no such element
	Text       string // the element's name, an annotation's text, the category value of a group
	// Fill, Stroke and LabelColor are as the file has them (bioc:fill, color:background-color, …), "" for the usual ones.
	Fill, Stroke, LabelColor string
	Pos                      Position
}

// Bounds is a rectangle; X and Y are its upper left corner.
type Bounds struct{ X, Y, Width, Height float64 }

// Point is a waypoint of an edge.
type Point struct{ X, Y float64 }
