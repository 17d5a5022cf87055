package runner

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Bus carries messages between this engine and the world: Kafka, or memory in tests.
//
// What it consumes it hands to [Runner.Receive], one call at a time for a partition, and waits for the answer. After an error it
// delivers again from the first record of that call: a later one must not overtake it.
type Bus interface {
	// Bind makes sure that the topics exist and that records of topics.Consume are delivered from now on, beginning at
	// the given positions (a partition that has none begins at its first record). It is called again, with the
	// whole lists, when a deployment adds topics.
	Bind(ctx context.Context, topics Topics, positions []Position) error
	// Publish sends messages in order and returns how many of them, counted from the first, were acknowledged. With an error the
	// rest is sent again later, with the same IDs.
	Publish(ctx context.Context, messages []Outgoing) (int, error)
}

// ErrUnbindable is what the error of [Bus.Bind] wraps when everything is bound but topics that can never be, as their names are not legal.
// Messages are often called so, such as "order received": they come by REST.
var ErrUnbindable = errors.New("some topics cannot exist")

// ErrUnpublishable is what the error of [Bus.Publish] wraps when the first message that was not acknowledged can never be sent:
// it is too large, or its topic has no legal name. The message becomes a dead letter, so that it does not hold up the others.
var ErrUnpublishable = errors.New("the message cannot be published")

// Topics are what the deployed processes read and write.
type Topics struct{ Consume, Publish []string }

// Position is the offset of the next record to read of a partition.
type Position struct {
	Topic     string
	TopicID   string // of the topic that the offset is of; "": not known. A topic that was created anew has another one.
	Partition int32
	Offset    int64
}

// Cluster is a Bus that knows which Kafka cluster it talks to. A store belongs to the cluster that it was first used with: offsets and
// what is to be published mean nothing in another.
type Cluster interface {
	ClusterID(ctx context.Context) (string, error)
}

// Incoming is one record, as a Bus delivers it to [Runner.Receive].
type Incoming struct {
	Topic     string
	TopicID   string // as in [Position]
	Partition int32
	Offset    int64
	Key       []byte
	Value     []byte
	Headers   []RecordHeader
	Timestamp time.Time
	// ID, Source and Attributes are the CloudEvent's; Attributes holds all of its context attributes, ID and Source included.
	ID, Source string
	Attributes map[string]any
	// Data is the payload as JSON values (integral numbers as int64).
	Data any
	// Fault says why the record cannot be read as a message; it is then kept as a dead letter.
	Fault string
	// Reset says that the partition no longer has the position at which reading was to go on: retention removed it, or the
	// topic was created anew and its offsets began again. Its position is now the one after this record, even if that is lower.
	Reset bool
}

// RecordHeader is one header of a record.
type RecordHeader struct {
	Key   string `json:"key"`
	Value []byte `json:"value"`
}

// Outgoing is one message to publish. Everything in it is fixed when it is stored, before it is sent for the first time, so
// that a receiver can drop a repetition by ID.
type Outgoing struct {
	ID      string            `json:"id"` // of the CloudEvent: a UUID
	Time    time.Time         `json:"time"`
	Topic   string            `json:"topic"`
	Key     string            `json:"key"`
	Headers map[string]string `json:"headers,omitempty"`
	Data    json.RawMessage   `json:"data"`
	// SecretsIn is the field of Data in which what is sealed (see package secret) is opened for the receiver, or "masked": it is masked. A Bus gets
	// it so; what is stored stays sealed. "" is none: then a message that has something sealed is not sent.
	SecretsIn string `json:"secretsIn,omitempty"`
	// The instance that sends it.
	InstanceKey   string `json:"instanceKey"`
	ProcessID     string `json:"processId"`
	Version       int    `json:"version"`
	ParentKey     string `json:"parentKey,omitempty"`
	RootKey       string `json:"rootKey,omitempty"`
	RootProcessID string `json:"rootProcessId,omitempty"`
	ReferenceID   string `json:"referenceId,omitempty"`
	BusinessKey   string `json:"businessKey,omitempty"`
	// What caused it (W3C Trace Context); "" if that is not known.
	TraceParent string `json:"traceParent,omitempty"`
	TraceState  string `json:"traceState,omitempty"`
}

// Clock tells the time and wakes the runner. Tests move one by hand.
type Clock interface {
	Now() time.Time
	// Wake returns a channel that receives once, at or after the time, and a function that gives up waiting.
	Wake(at time.Time) (<-chan time.Time, func())
}
