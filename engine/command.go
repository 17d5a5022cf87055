package engine

import (
	"fmt"
	"time"
)

// Command asks an instance to do something. [Step] carries it out or rejects it.
type Command interface{ handle(s *step) error }

// Message is what arrives for a message event.
type Message struct {
	Name string `json:"name"` // topic
	// Data is the payload. The fields of an object become variables; any other value becomes the variable "data".
	Data any `json:"data,omitempty"`
	// Event holds the CloudEvent attributes (id, source, type, time, extensions), visible to expressions as `event`.
	Event map[string]any `json:"event,omitempty"`
	// Record holds topic, partition, offset, key, headers and timestamp, visible to expressions as `record`.
	Record map[string]any `json:"record,omitempty"`
}

// StartInstance creates an instance.
type StartInstance struct {
	Key         Key    // of the new instance
	Element     string // the start event; "" for the only none start event
	BusinessKey string // "" : what the model says, else the caller's
	ReferenceID string
	Variables   map[string]any
	Message     *Message // for a message start event
	Signal      string   // for a signal start event: its name; the Variables are what it brings
	Parent      *Parent  // for a call activity
	RootKey     Key      // of the caller's root; 0 without Parent
	RootProcess string
}

// CompleteJob says that a job is done.
type CompleteJob struct {
	Subscription ID
	Variables    map[string]any
}

// ActivateJob gives an available job to a worker, for a time longer than 0.
type ActivateJob struct {
	Subscription ID
	Worker       string
	Timeout      time.Duration
}

// FreeJob makes a job available again: its worker did not answer before the deadline, or the time before its next attempt
// is over. Early frees it before that time.
type FreeJob struct {
	Subscription ID
	Early        bool
}

// UpdateJob changes the retries (at least 1), or the time that the worker still has the job, from now on (longer than 0); nil leaves
// them. More retries do not resolve the incident of a job that has failed.
type UpdateJob struct {
	Subscription ID
	Retries      *int
	Timeout      *time.Duration
}

// FailJob says that a job failed. With no Retries left it becomes an incident; else it is available again after the
// BackOff. Variables become local to the element, as in Camunda 8.
type FailJob struct {
	Subscription ID
	Retries      int
	Text         string
	BackOff      time.Duration
	Variables    map[string]any
}

// ThrowError throws a BPMN error from a job (§10.5.6).
type ThrowError struct {
	Subscription ID
	Code, Text   string
	Variables    map[string]any
}

// CorrelateMessage gives a message to the subscription that waits for it.
type CorrelateMessage struct {
	Subscription ID
	Message      Message
}

// CorrelateSignal gives a signal to a subscription that waits for it.
type CorrelateSignal struct {
	Subscription ID
	Variables    map[string]any
}

// TriggerTimer fires a timer that is due.
type TriggerTimer struct{ Subscription ID }

// EndCall tells a call activity how the instance that it called ended, or why none could be started.
type EndCall struct {
	Subscription ID
	Outcome      Outcome
}

// EscalateCall tells a call activity that an escalation left the instance that it called.
type EscalateCall struct {
	Subscription ID
	Code         string
	Variables    map[string]any
}

// ResolveIncident runs the failed step again. Variables are written first, as a result of the element would be: each where it
// is, as seen from there.
type ResolveIncident struct {
	Incident  ID
	Retries   int // for a job; 0 means those that it has, but at least 1
	Variables map[string]any
}

// SetVariables writes variables from outside, into the named scope (0: the process). With Local they are set right there,
// else in the nearest scope that has them (§10.5.7).
type SetVariables struct {
	Scope     ID
	Variables map[string]any
	Local     bool
}

// CancelInstance ends the instance and everything that it waits for.
type CancelInstance struct{}

// Code is the machine-readable part of a [Rejection].
type Code string

// Codes of rejections.
const (
	CodeNotFound Code = "NOT_FOUND"     // no such instance, subscription, incident, process
	CodeState    Code = "INVALID_STATE" // it exists but has ended, or does not wait for this
	CodeInvalid  Code = "INVALID_ARGUMENT"
)

// Rejection says why a command was not carried out. Nothing has changed.
type Rejection struct {
	Code Code
	Text string
}

func (r *Rejection) Error() string { return r.Text }

func reject(code Code, format string, args ...any) error {
	return &Rejection{Code: code, Text: fmt.Sprintf(format, args...)}
}
