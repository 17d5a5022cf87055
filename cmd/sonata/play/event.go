package play

import (
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// Kind says what happened.
type Kind string

// Kinds of event.
const (
	ElementActivated      Kind = "elementActivated"
	ElementCompleted      Kind = "elementCompleted"
	ElementTerminated     Kind = "elementTerminated" // its work was withdrawn
	FlowTaken             Kind = "flowTaken"
	VariablesSet          Kind = "variablesSet"
	MessagePublished      Kind = "messagePublished"
	MessageCorrelated     Kind = "messageCorrelated"
	SignalBroadcast       Kind = "signalBroadcast"
	JobCreated            Kind = "jobCreated"
	JobCompleted          Kind = "jobCompleted"
	TimerScheduled        Kind = "timerScheduled"
	TimerFired            Kind = "timerFired"
	ErrorThrown           Kind = "errorThrown"
	EscalationThrown      Kind = "escalationThrown"
	CompensationTriggered Kind = "compensationTriggered"
	IncidentRaised        Kind = "incidentRaised"
	InstanceStarted       Kind = "instanceStarted"
	InstanceCompleted     Kind = "instanceCompleted"
	InstanceTerminated    Kind = "instanceTerminated"
	InstanceWaiting       Kind = "instanceWaiting" // at the end: it goes on only if something comes from outside
)

// Event is one thing that happened.
type Event struct {
	Seq int       `json:"seq"` // from 1 on
	At  time.Time `json:"at"`
	// Kind and the fields up to Scope are always there.
	Kind     Kind      `json:"event"`
	Element  string    `json:"element"` // id of the flow node, sequence flow or process
	Type     string    `json:"type"`    // its XML local name: "userTask", "sequenceFlow", "process", …
	Name     string    `json:"name"`    // as it is drawn, "" for none
	Instance int       `json:"instance"`
	Scope    engine.ID `json:"scope"` // in which it happened; 1 is the process itself

	Detail
}

// Detail is what an event carries besides; each kind has its own fields.
type Detail struct {
	Source string `json:"source,omitempty"` // of a sequence flow
	Target string `json:"target,omitempty"`

	Topic   string            `json:"topic,omitempty"` // of a message
	Key     string            `json:"key,omitempty"`
	Headers map[string]string `json:"headers,omitempty"` // of a message or job
	Data    any               `json:"data,omitempty"`

	Signal    string         `json:"signal,omitempty"`
	Variables map[string]any `json:"variables,omitempty"` // that were set, or that the instance ended with

	JobType string     `json:"jobType,omitempty"`
	Retries int        `json:"retries,omitempty"`
	Due     *time.Time `json:"due,omitempty"` // of a timer

	Code     string   `json:"code,omitempty"` // of an error or escalation; of an incident: its kind
	Text     string   `json:"text,omitempty"` // of an error or incident
	CaughtBy string   `json:"caughtBy,omitempty"`
	Handlers []string `json:"handlers,omitempty"` // of a compensation, in their order

	BusinessKey string `json:"businessKey,omitempty"`
	Parent      int    `json:"parent,omitempty"` // the instance that called this one
	WaitsFor    []Wait `json:"waitsFor,omitempty"`
}

// Wait is one thing that an instance waits for.
type Wait struct {
	Kind    string     `json:"kind"` // of a subscription: "job", "message", …; "incident"; "join": for other tokens
	Element string     `json:"element"`
	Name    string     `json:"name,omitempty"` // job type, topic, called process, signal
	Key     string     `json:"key,omitempty"`  // of a message
	Due     *time.Time `json:"due,omitempty"`
	Text    string     `json:"text,omitempty"` // of an incident
}
