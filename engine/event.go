package engine

import "time"

// Event is a fact about one instance. Events alone change state: applying them in order to nothing gives the instance
// (see [Replay]). No event names a kind of flow node.
type Event interface{ apply(in *Instance) }

// EventTypes lists every type of event, as zero values, for those who write events down and read them again.
func EventTypes() []Event {
	return []Event{
		InstanceStarted{},
		InstanceEnded{},
		TokenProduced{},
		TokenEntered{},
		TokenConsumed{},
		ScopeOpened{},
		ScopeClosed{},
		VariablesSet{},
		SubscriptionOpened{},
		SubscriptionUpdated{},
		SubscriptionClosed{},
		SubscriptionFired{},
		IncidentRaised{},
		IncidentResolved{},
		MessageThrown{},
		SignalThrown{},
		LoopStarted{},
		LoopAdvanced{},
		GatewayResetting{},
		GatewayReset{},
		CompletionRecorded{},
		CompensationTriggered{},
		CompensationStarted{},
		EscalationThrown{},
		ErrorThrown{},
		ConversationBegun{},
	}
}

// InstanceStarted creates the instance and its outermost scope.
type InstanceStarted struct {
	Header
	Scope ID `json:"scope"`
}

// InstanceEnded says that nothing of the instance is left to do.
type InstanceEnded struct {
	Key     Key       `json:"key"`
	State   State     `json:"state"` // StateCompleted or StateTerminated
	At      time.Time `json:"at"`
	Parent  *Parent   `json:"parent,omitempty"`
	Outcome Outcome   `json:"outcome"`
}

// Outcome is how a called instance ended, as its caller needs to know it.
type Outcome struct {
	Kind      OutcomeKind    `json:"kind"`
	Code      string         `json:"code,omitempty"` // of an error
	Text      string         `json:"text,omitempty"` // of an error or a failure
	Variables map[string]any `json:"variables,omitempty"`
}

// OutcomeKind says how a called instance ended.
type OutcomeKind string

// Kinds of outcome.
const (
	OutcomeCompleted  OutcomeKind = "completed"
	OutcomeError      OutcomeKind = "error"      // a BPMN error left the called instance
	OutcomeTerminated OutcomeKind = "terminated" // cancelled by an operator
	OutcomeNotStarted OutcomeKind = "notStarted" // there is no such process
)

// TokenProduced puts a token on a sequence flow, or straight into a flow node (boundary events, targets of event-based gateways).
type TokenProduced struct{ Token }

// TokenEntered moves a token from its flow into the flow node that the flow leads to.
type TokenEntered struct {
	Token ID     `json:"token"`
	Node  string `json:"node"`
}

// TokenConsumed takes a token away.
type TokenConsumed struct {
	Token ID     `json:"token"`
	Node  string `json:"node,omitempty"` // where it was; "" on a flow
	// Withdrawn: its work was interrupted or cancelled, not done.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// ScopeOpened adds a scope.
type ScopeOpened struct{ Scope }

// ScopeClosed removes a scope with its variables.
type ScopeClosed struct {
	Scope ID `json:"scope"`
}

// VariablesSet writes variables of one scope.
type VariablesSet struct {
	Scope     ID             `json:"scope"`
	Variables map[string]any `json:"variables"`
}

// SubscriptionOpened says that the instance waits.
type SubscriptionOpened struct{ Subscription }

// SubscriptionUpdated replaces a subscription that stays open: a job's retries, a cycle's next due time.
type SubscriptionUpdated struct{ Subscription }

// SubscriptionClosed says that the instance waits no longer: what it waited for happened, or was withdrawn.
type SubscriptionClosed struct {
	Subscription
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// SubscriptionFired says that what an element waited for has happened: its message came, its timer was due, its signal was
// thrown, its condition came true. It changes nothing by itself: what follows from it is in the events after it. Only it tells
// this, as a subscription is closed for other reasons too, and stays open where an event can happen again.
type SubscriptionFired struct {
	Subscription ID               `json:"subscription,omitempty"` // 0: of a start event of the process
	Kind         SubscriptionKind `json:"kind"`
	Element      string           `json:"element"`
	Name         string           `json:"name,omitempty"` // message name (topic), signal name
}

// IncidentRaised says that a step failed.
type IncidentRaised struct{ Incident }

// IncidentResolved says that the failed step runs again, or that its token is gone.
type IncidentResolved struct {
	Incident ID `json:"incident"`
}

// MessageThrown says that a message leaves the instance.
type MessageThrown struct {
	ID      ID                `json:"id"`
	Element string            `json:"element"`
	Topic   string            `json:"topic"`
	Key     string            `json:"key,omitempty"`     // of the record; "" : the business key, else the root instance's key
	Data    any               `json:"data"`              // a JSON value, in most models an object
	Headers map[string]string `json:"headers,omitempty"` // further record headers
}

// Fields are the fields of the message's data, nil if it is no object.
func (e MessageThrown) Fields() map[string]any {
	fields, _ := e.Data.(map[string]any)
	return fields
}

// SignalThrown says that a signal is broadcast (§10.5.5).
type SignalThrown struct {
	Element   string         `json:"element"`
	Name      string         `json:"name"`
	Variables map[string]any `json:"variables,omitempty"`
}

// ConversationBegun keeps the key of the first message of a conversation, by the id of its correlation key.
type ConversationBegun struct {
	Correlation string `json:"correlation"`
	Key         string `json:"key"`
}

// LoopStarted says what the instances of a scope will be.
type LoopStarted struct {
	Scope ID   `json:"scope"`
	Loop  Loop `json:"loop"`
}

// LoopAdvanced counts instances of a looping activity; Output, if Index is not 0, is what the instance with that loopCounter gave.
type LoopAdvanced struct {
	Scope      ID  `json:"scope"`
	Started    int `json:"started,omitempty"`
	Completed  int `json:"completed,omitempty"`
	Terminated int `json:"terminated,omitempty"`
	Index      int `json:"index,omitempty"`
	Output     any `json:"output,omitempty"`
}

// GatewayResetting says that a gateway was activated by tokens on these flows and waits for its reset; without flows,
// that the reset is under way.
type GatewayResetting struct {
	Scope   ID       `json:"scope"`
	Gateway string   `json:"gateway"`
	Flows   []string `json:"flows,omitempty"`
}

// GatewayReset says that a gateway waits for its next start.
type GatewayReset struct {
	Scope   ID     `json:"scope"`
	Gateway string `json:"gateway"`
}

// CompletionRecorded says that an activity completed which can be compensated.
type CompletionRecorded struct {
	Scope      ID         `json:"scope"`
	Completion Completion `json:"completion"`
}

// CompensationTriggered takes completions from a scope and gives their handlers to another one, to be run there.
type CompensationTriggered struct {
	Scope     ID           `json:"scope"`
	Completed []ID         `json:"completed"`
	Inner     ID           `json:"inner"`
	Handlers  []Completion `json:"handlers"`
	// Cancelling: it is the cancellation of a transaction that compensates, and nothing else goes on in the scope.
	Cancelling bool `json:"cancelling,omitempty"`
}

// CompensationStarted says that the next handler of a scope runs.
type CompensationStarted struct {
	Scope ID `json:"scope"`
}

// EscalationThrown tells that an escalation left an element and who caught it.
type EscalationThrown struct {
	Element   string         `json:"element"`
	Code      string         `json:"code"`
	CaughtBy  string         `json:"caughtBy,omitempty"`
	Variables map[string]any `json:"variables,omitempty"`
	Parent    *Parent        `json:"parent,omitempty"` // set when nothing here caught it and there is a caller
}

// ErrorThrown tells that a BPMN error left an element and who caught it; it changes nothing by itself.
type ErrorThrown struct {
	Element  string `json:"element"`
	Code     string `json:"code"`
	Text     string `json:"text,omitempty"`
	CaughtBy string `json:"caughtBy,omitempty"` // "" : by a caller
}
