package runner

import (
	"context"
	"log/slog"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// Options of a Runner. The zero value of each is its default.
type Options struct {
	Bus        Bus           // nil: messages stay in the outbox
	Clock      Clock         // nil: the system's
	Logger     *slog.Logger  // nil: silent
	MessageTTL time.Duration // how long a message that nobody awaits yet is kept for whoever comes to wait; default 1 h
	SeenWindow time.Duration // how long CloudEvent ids are remembered; default 7 days
	BatchSize  int           // most requests in one transaction; default 1000
}

// Resource is one file to deploy.
type Resource struct {
	Name string
	XML  []byte
}

// Definition is one deployed version of a process.
type Definition struct {
	Key          engine.Key
	ProcessID    string
	Name         string
	Version      int
	VersionTag   string
	ResourceName string
	DeployedAt   time.Time
}

// Deployment is the outcome of Deploy: one definition for each executable process of the resources, in their order. A
// process whose resource has not changed keeps its version.
type Deployment struct {
	Key         engine.Key
	Definitions []Definition
}

// Start asks for an instance.
type Start struct {
	DefinitionKey engine.Key // or:
	ProcessID     string
	Version       int // 0 or less: the newest
	BusinessKey   string
	Variables     map[string]any
}

// Publication is a message that comes in by REST rather than by Kafka.
type Publication struct {
	Name           string // topic
	CorrelationKey string
	ID             string        // "" or unique within Options.SeenWindow
	TimeToLive     time.Duration // how long it waits for a receiver; 0: not at all; negative: Options.MessageTTL
	Data           map[string]any
}

// InstanceInfo is an instance as lists show it: without its variables.
type InstanceInfo struct {
	engine.Header
	State       engine.State
	EndedAt     time.Time // zero while active
	HasIncident bool
	ProcessName string
	VersionTag  string
}

// Filter selects instances. Zero fields select everything; fields are combined with AND.
type Filter struct {
	Keys          []engine.Key
	State         engine.State
	ProcessID     string
	Version       int
	DefinitionKey engine.Key
	ParentKey     engine.Key
	BusinessKey   string
	HasIncident   *bool
}

// Page selects a part of a list that is ordered by key.
type Page struct {
	After      engine.Key // exclusive; 0: from the start
	Limit      int        // default 100, at most 10,000
	Descending bool       // newest first
}

// Entry is one event of one instance, as a watcher sees it, after it is durable.
type Entry struct {
	Seq       uint64    // ascending over all instances
	At        time.Time // when the step ran
	Instance  engine.Key
	Root      engine.Key
	ProcessID string
	Event     engine.Event
}

// Runner owns the store, the bus and the clock; see the package documentation.
type Runner struct {
}

// New opens a store: it checks the format and loads the definitions. Nothing runs before [Runner.Run].
func New(store Store, opts Options) (*Runner, error) { return &Runner{}, nil }

// Run binds the bus and runs the loop until ctx ends; then it finishes the batch at hand and returns nil. It is called once.
func (r *Runner) Run(ctx context.Context) error { return nil }

// Ready returns nil while everything works, else why not.
func (r *Runner) Ready() error { return nil }

// Deploy parses, checks and stores the executable processes of the resources, all or none. The error is [bpmn.Problems] when
// the resources are at fault.
func (r *Runner) Deploy(ctx context.Context, resources []Resource) (Deployment, error) {
	return Deployment{}, nil
}

// Start starts an instance and returns when it is durable. The error is an [*engine.Rejection] when it is refused.
func (r *Runner) Start(ctx context.Context, start Start) (InstanceInfo, error) {
	return InstanceInfo{}, nil
}

// Cancel ends an instance and everything that it called. The error is an [*engine.Rejection]: [engine.CodeNotFound] or
// [engine.CodeState].
func (r *Runner) Cancel(ctx context.Context, key engine.Key) error { return nil }

// Publish correlates a message, or keeps it for its time to live, and returns the key of the message.
func (r *Runner) Publish(ctx context.Context, p Publication) (engine.Key, error) { return 0, nil }

// Receive takes records from a Bus, in the order of their offsets, and returns when they are durably dealt with.
func (r *Runner) Receive(ctx context.Context, records []Incoming) error { return nil }

// Positions lists the offset of the next record to read, for each partition of which records were received.
func (r *Runner) Positions() ([]Position, error) { return nil, nil }

// Instance returns the state of an instance. Of an ended one, only the header, the state and the variables are left. The
// error is an [*engine.Rejection] with [engine.CodeNotFound] when there is none.
func (r *Runner) Instance(key engine.Key) (*engine.Instance, InstanceInfo, error) {
	return nil, InstanceInfo{}, nil
}

// Search lists instances by key, and says whether there are more after the page.
func (r *Runner) Search(f Filter, p Page) (items []InstanceInfo, more bool, err error) {
	return nil, false, nil
}

// History lists what happened to an instance, oldest first, after the entry with the given Seq, at most limit steps.
func (r *Runner) History(key engine.Key, after uint64, limit int) ([]Entry, error) { return nil, nil }

// Definitions lists everything that was deployed, oldest first.
func (r *Runner) Definitions() []Definition { return nil }

// XML returns the resource that a definition was deployed from. The error is an [*engine.Rejection] with
// [engine.CodeNotFound] when there is no such definition.
func (r *Runner) XML(key engine.Key) ([]byte, error) { return nil, nil }

// Watch delivers what happens to the instances of a root instance (0: to all), from now on. The channel is closed when ctx
// or Run ends, or when the watcher falls too far behind.
func (r *Runner) Watch(ctx context.Context, root engine.Key) <-chan Entry { return nil }

// CompleteJob completes a job of an instance. The error is an [*engine.Rejection] when it is refused; so it is with the
// methods below.
func (r *Runner) CompleteJob(ctx context.Context, key engine.Key, c engine.CompleteJob) error {
	return nil
}

// FailJob tells that a job failed.
func (r *Runner) FailJob(ctx context.Context, key engine.Key, c engine.FailJob) error { return nil }

// ThrowError throws a BPMN error from a job.
func (r *Runner) ThrowError(ctx context.Context, key engine.Key, c engine.ThrowError) error {
	return nil
}

// ResolveIncident runs a failed step of an instance again.
func (r *Runner) ResolveIncident(ctx context.Context, key engine.Key, c engine.ResolveIncident) error {
	return nil
}

// SetVariables writes variables of an instance.
func (r *Runner) SetVariables(ctx context.Context, key engine.Key, c engine.SetVariables) error {
	return nil
}

// DeadLetter is a message that could not be used.
type DeadLetter struct {
	Key       engine.Key     `json:"key"`
	Topic     string         `json:"topic"`
	Partition int32          `json:"partition"` // -1: it did not come from Kafka
	Offset    int64          `json:"offset"`
	RecordKey []byte         `json:"recordKey,omitempty"`
	Headers   []RecordHeader `json:"headers,omitempty"`
	Value     []byte         `json:"value,omitempty"`
	Reason    string         `json:"reason"`
	At        time.Time      `json:"at"`
}

// DeadLetters lists the messages that could not be used, oldest first, after the given key, and says whether there are more.
func (r *Runner) DeadLetters(after engine.Key, limit int) (items []DeadLetter, more bool, err error) {
	return nil, false, nil
}

// DropDeadLetter removes a dead letter. The error is an [*engine.Rejection] with [engine.CodeNotFound] when there is none.
func (r *Runner) DropDeadLetter(ctx context.Context, key engine.Key) error { return nil }

// BufferedMessage is a message that nobody awaits yet.
type BufferedMessage struct {
	Key            engine.Key
	Name           string // topic
	CorrelationKey string
	ReferenceID    string // kogitoprocrefid: the instance that it is for
	BusinessKey    string
	ExpiresAt      time.Time
}

// BufferedMessages lists the messages that nobody awaits yet, oldest first, after the given key, and says whether there are more.
func (r *Runner) BufferedMessages(after engine.Key, limit int) (items []BufferedMessage, more bool, err error) {
	return nil, false, nil
}
