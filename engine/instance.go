package engine

import (
	"slices"
	"strconv"
	"time"
)

// Key identifies a process instance (or a definition) in a store. It is rendered as a decimal string in JSON, because
// JavaScript cannot hold 64 bits.
type Key int64

func (k Key) String() string { return strconv.FormatInt(int64(k), 10) }

// MarshalText renders the key in decimal.
func (k Key) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(k), 10), nil }

// UnmarshalText reads a decimal key.
func (k *Key) UnmarshalText(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 64)
	*k = Key(n)
	return err
}

// ParseKey reads a key as String renders it.
func ParseKey(s string) (Key, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	return Key(n), err
}

// ID identifies a token, scope, subscription or incident within its instance. IDs ascend in the order of creation.
type ID int64

// State of an instance.
type State string

// States of an instance.
const (
	StateActive     State = "ACTIVE"
	StateCompleted  State = "COMPLETED"
	StateTerminated State = "TERMINATED"
)

// Instance is the whole state of one process instance. It changes by events only (see [Replay]); whoever holds one must
// treat it, and every value in it, as immutable.
type Instance struct {
	Header
	State   State     `json:"state"`
	EndedAt time.Time `json:"endedAt,omitzero"`
	// LastID is the highest ID given out so far.
	LastID        ID             `json:"lastId"`
	Tokens        []Token        `json:"tokens,omitempty"`        // ascending by ID
	Scopes        []Scope        `json:"scopes,omitempty"`        // ascending by ID; the first is the process itself
	Subscriptions []Subscription `json:"subscriptions,omitempty"` // ascending by ID
	Incidents     []Incident     `json:"incidents,omitempty"`     // ascending by ID
	// Conversations has, by the id of a correlation key, the key of the first message that the instance received or sent.
	Conversations map[string]string `json:"conversations,omitempty"`
}

// Header is what of an instance never changes.
type Header struct {
	Key           Key       `json:"key"`
	DefinitionKey Key       `json:"definitionKey"`
	ProcessID     string    `json:"processId"`
	Version       int       `json:"version"`
	BusinessKey   string    `json:"businessKey,omitempty"`
	RootKey       Key       `json:"rootKey"`
	RootProcessID string    `json:"rootProcessId"`
	StartedAt     time.Time `json:"startedAt"`
	// ReferenceID is the kogitoprocinstanceid of the event that started the instance; what the instance publishes names
	// it as kogitoprocrefid, so that the requester finds its reply.
	ReferenceID string  `json:"referenceId,omitempty"`
	Parent      *Parent `json:"parent,omitempty"` // nil unless a call activity started it
}

// Parent is the call activity that started an instance.
type Parent struct {
	Key          Key    `json:"key"`
	Subscription ID     `json:"subscription"`
	Element      string `json:"element"`
	// CatchesAll and Catches say which error codes some caller up the chain catches: an error that nobody catches is an
	// incident where it is thrown, in the called instance, and not the end of it (§10.5.6; research of other engines).
	CatchesAll bool     `json:"catchesAll,omitempty"`
	Catches    []string `json:"catches,omitempty"`
}

// Token is where the instance stands: on a sequence flow (Flow is set) or in a flow node (Node is set), never both.
type Token struct {
	ID    ID     `json:"id"`
	Scope ID     `json:"scope"`
	Flow  string `json:"flow,omitempty"`
	Node  string `json:"node,omitempty"`
	// Inner is the scope inside of the token's node: of a sub-process, or of an activity with local variables. 0: none.
	Inner ID `json:"inner,omitempty"`
}

// Scope holds variables: of the process, of a sub-process, or of one activity that has input mappings (§10.5.7).
type Scope struct {
	ID     ID     `json:"id"`
	Parent ID     `json:"parent,omitempty"` // 0: the process itself
	Token  ID     `json:"token,omitempty"`  // the token whose flow node this is the inside of; 0 in the process itself
	Node   string `json:"node"`
	// Live counts the tokens in the scope; a scope with none is finished.
	Live int `json:"live,omitempty"`
	// Loop is set inside of a looping activity and of an ad-hoc sub-process.
	Loop *Loop `json:"loop,omitempty"`
	// Index is, inside of one instance of a looping activity, which one it is, from 1 on.
	Index int `json:"index,omitempty"`
	// Resetting holds, by complex gateway that waits for its reset, the flows that took part in its activation.
	Resetting map[string][]string `json:"resetting,omitempty"`
	// Completed is what can be compensated, ascending by ID; the last is undone first.
	Completed []Completion `json:"completed,omitempty"`
	// Compensating are the handlers that a compensation in this scope has still to run, in their order.
	Compensating []Completion `json:"compensating,omitempty"`
	// Beside: the compensation in this scope goes on beside the event that threw it, which did not wait.
	Beside bool `json:"beside,omitempty"`
	// Cancelling: this scope is part of a transaction that is being cancelled, or of the cancel end event that does it.
	Cancelling bool `json:"cancelling,omitempty"`
	// Variables are JSON values: nil, bool, int64, float64, string, []any, map[string]any.
	Variables map[string]any `json:"variables,omitempty"`
}

// Completion is what is needed to undo an activity that completed (§13.5.5).
type Completion struct {
	ID      ID     `json:"id,omitempty"`
	Node    string `json:"node"`
	Handler string `json:"handler,omitempty"` // the flow node that undoes it
	// Variables are the activity's own, as they were when it completed.
	Variables map[string]any `json:"variables,omitempty"`
	Inner     []Completion   `json:"inner,omitempty"` // what completed inside of a sub-process
}

// SubscriptionKind says what a subscription waits for.
type SubscriptionKind string

// Kinds of subscription.
const (
	SubscriptionJob       SubscriptionKind = "job"
	SubscriptionMessage   SubscriptionKind = "message"
	SubscriptionTimer     SubscriptionKind = "timer"
	SubscriptionCall      SubscriptionKind = "call"
	SubscriptionSignal    SubscriptionKind = "signal"
	SubscriptionCondition SubscriptionKind = "condition"
)

// Subscription is one thing that an instance waits for. Everything that waits is one.
type Subscription struct {
	ID         ID               `json:"id"`
	Kind       SubscriptionKind `json:"kind"`
	Token      ID               `json:"token,omitempty"` // the waiting token; 0 when a scope waits (event sub-process)
	Scope      ID               `json:"scope"`
	Element    string           `json:"element"`              // the flow node that goes on when it fires
	Definition int              `json:"definition,omitempty"` // which of the element's event definitions
	Name       string           `json:"name,omitempty"`       // job type, message name (topic), called process id, signal name
	Key        string           `json:"key,omitempty"`        // of a message: the correlation key
	// KeySource is the text of the expressions on the message that give its correlation key (see [Process.MessageKeys]);
	// "" : the record has it.
	KeySource string `json:"keySource,omitempty"`
	// Any, of a message that a start event awaits besides another trigger: as nothing tells which one is meant, the subscription
	// takes any of the name that nobody else takes, if the instance has no business key.
	Any   bool      `json:"any,omitempty"`
	Due   time.Time `json:"due,omitzero"`    // of a timer
	Cycle *Cycle    `json:"cycle,omitempty"` // of a repeating timer
	Held  bool      `json:"held,omitempty"`  // of a condition: it was true when last evaluated
	// Received is what the other triggers of a parallel multiple event brought; a start event of a process has it in its scope.
	Received map[string]any `json:"received,omitempty"`
	// Independent, of a call: the called instance goes on when nobody waits for it any more.
	Independent bool  `json:"independent,omitempty"`
	Job         *Job  `json:"job,omitempty"`
	Call        *Call `json:"call,omitempty"`
}

// Job is what a worker needs besides the variables, and who has it. A job is available while nobody has it, it does not wait
// for its next attempt, and no incident keeps it.
type Job struct {
	Retries  int               `json:"retries"`
	Headers  map[string]string `json:"headers,omitempty"`
	Failure  string            `json:"failure,omitempty"` // of the last attempt
	Worker   string            `json:"worker,omitempty"`  // who has it, or had it last
	Deadline time.Time         `json:"deadline,omitzero"` // until when the worker has it; zero: nobody has
	RetryAt  time.Time         `json:"retryAt,omitzero"`  // when it becomes available again after a failure; zero: it need not wait
	Failed   bool              `json:"failed,omitempty"`  // it has become an incident
}

// Call is how a called process is to be started. It is needed once, when the subscription opens.
type Call struct {
	ProcessID   string `json:"processId"`
	BindingType string `json:"bindingType,omitempty"`
	VersionTag  string `json:"versionTag,omitempty"`
	Version     int    `json:"version,omitempty"` // for the binding type "version"
	// Detached: the caller does not wait. The called instance gets a Parent whose Subscription is 0, and the call activity is
	// told to go on (EndCall with OutcomeCompleted) as soon as the instance exists.
	Detached    bool           `json:"detached,omitempty"`
	BusinessKey string         `json:"businessKey,omitempty"`
	Variables   map[string]any `json:"variables,omitempty"`
	CatchesAll  bool           `json:"catchesAll,omitempty"`
	Catches     []string       `json:"catches,omitempty"`
}

// Cycle is what remains of a repeating timer.
type Cycle struct {
	Text      string `json:"text"`      // as evaluated, such as "R3/PT10S" or "0 0 2 * * *"
	Remaining int    `json:"remaining"` // firings after the pending one; -1: without end
}

// IncidentKind says what failed.
type IncidentKind string

// Kinds of incident.
const (
	IncidentExpression     IncidentKind = "EXPRESSION_ERROR"
	IncidentMapping        IncidentKind = "IO_MAPPING_ERROR"
	IncidentNoFlow         IncidentKind = "CONDITION_ERROR"
	IncidentJob            IncidentKind = "JOB_NO_RETRIES"
	IncidentUnhandledError IncidentKind = "UNHANDLED_ERROR_EVENT"
	IncidentCalledElement  IncidentKind = "CALLED_ELEMENT_ERROR"
	IncidentMessage        IncidentKind = "MESSAGE_ERROR"
	IncidentTimer          IncidentKind = "TIMER_ERROR"
	IncidentStepLimit      IncidentKind = "STEP_LIMIT"
)

// Incident is a fault of data or of a worker. The token stays where it is; resolving the incident runs the failed step again.
type Incident struct {
	ID      ID           `json:"id"`
	Kind    IncidentKind `json:"kind"`
	Token   ID           `json:"token,omitempty"` // 0 when an event sub-process cannot wait again
	Scope   ID           `json:"scope,omitempty"` // of that event sub-process: what it is in; else 0
	Element string       `json:"element"`
	Text    string       `json:"text"`
	At      time.Time    `json:"at"`
	// Leaving says which step failed: false, entering the element; true, leaving it (its work is done).
	Leaving bool `json:"leaving,omitempty"`
	// Settled, of Leaving: its results are in the variables too. What failed came after that.
	Settled bool `json:"settled,omitempty"`
	// Exiting, of Settled: event sub-processes that wait once their scope has begun do so, or have begun already. It has to choose its flows.
	Exiting bool `json:"exiting,omitempty"`
	// Subscription is the job that ran out of retries, or what waits for a condition that could not be asked; else 0.
	Subscription ID `json:"subscription,omitempty"`
}

// Token returns the token with the ID, nil if there is none.
func (in *Instance) Token(id ID) *Token {
	if i, ok := find(in.Tokens, id); ok {
		return &in.Tokens[i]
	}
	return nil
}

// Scope returns the scope with the ID, nil if there is none.
func (in *Instance) Scope(id ID) *Scope {
	if i, ok := find(in.Scopes, id); ok {
		return &in.Scopes[i]
	}
	return nil
}

// Subscription returns the subscription with the ID, nil if there is none.
func (in *Instance) Subscription(id ID) *Subscription {
	if i, ok := find(in.Subscriptions, id); ok {
		return &in.Subscriptions[i]
	}
	return nil
}

// Incident returns the incident with the ID, nil if there is none.
func (in *Instance) Incident(id ID) *Incident {
	if i, ok := find(in.Incidents, id); ok {
		return &in.Incidents[i]
	}
	return nil
}

// Available says whether the subscription is a job that can be given to a worker.
func (s *Subscription) Available() bool {
	return s.Kind == SubscriptionJob && s.Job.Deadline.IsZero() && s.Job.RetryAt.IsZero() && !s.Job.Failed
}

// JobVariables returns the variables that a worker sees: those of the element's own scope and of the scopes around it.
func (in *Instance) JobVariables(sub *Subscription) map[string]any {
	if t := in.Token(sub.Token); t != nil {
		return in.Variables(t.inside())
	}
	return in.Variables(sub.Scope)
}

// Variables returns the variables that are visible in a scope: its own and those of the scopes around it that it does
// not hide. A scope of 0 is the process itself.
func (in *Instance) Variables(scope ID) map[string]any {
	visible := map[string]any{}
	if scope == 0 && len(in.Scopes) > 0 {
		scope = in.Scopes[0].ID
	}
	for s := in.Scope(scope); s != nil; s = in.Scope(s.Parent) {
		for name, value := range s.Variables {
			if _, hidden := visible[name]; !hidden {
				visible[name] = value
			}
		}
	}
	return visible
}

// clone copies the instance so that events can be applied to the copy. Variables are shared: apply replaces a scope's
// map instead of writing to it.
func (in *Instance) clone() *Instance {
	c := *in
	c.Tokens = slices.Clone(in.Tokens)
	c.Scopes = slices.Clone(in.Scopes)
	c.Subscriptions = slices.Clone(in.Subscriptions)
	c.Incidents = slices.Clone(in.Incidents)
	return &c
}
