package runner

import (
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// Resource is one file to deploy.
type Resource struct {
	Name string
	XML  []byte
}

// Definition is one deployed version of a process.
type Definition struct {
	Key           engine.Key `json:"key"`
	ProcessID     string     `json:"processId"`
	Name          string     `json:"name,omitempty"`
	Version       int        `json:"version"`
	VersionTag    string     `json:"versionTag,omitempty"`
	ResourceName  string     `json:"resourceName"`
	DeploymentKey engine.Key `json:"deploymentKey"` // of the deployment that brought it
	DeployedAt    time.Time  `json:"deployedAt"`
}

// Deployment is the outcome of Deploy: one definition for each executable process of the resources, in their order. A
// process whose resource has not changed keeps its version.
type Deployment struct {
	Key         engine.Key
	Definitions []Definition
	Warnings    bpmn.Problems // of the resources
}

// Start asks for an instance.
type Start struct {
	DefinitionKey engine.Key // or:
	ProcessID     string
	Version       int    // 0 or less: the newest
	Element       string // the start event; "" : the only one that nothing triggers
	BusinessKey   string
	Variables     map[string]any
}

// Publication is a message that comes in by REST rather than by Kafka.
type Publication struct {
	Name           string // topic
	CorrelationKey string
	ID             string        // "" or unique, for this name and correlation key, within Options.SeenWindow
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
	// Resting says why the timers of the instance do not fire, "" if they do: one of them made Sonata fail, or a process ended at the
	// instance, which is then set aside as a whole. [Runner.Release] lets it go on; so does anything that happens to one whose timers rest.
	// An instance whose process cannot be run rests as a whole, too; it can only be cancelled.
	Resting string

	blocks []engine.Key // further blocks of keys
}

// Filter selects instances. Zero fields select everything; fields are combined with AND.
type Filter struct {
	Keys          []engine.Key
	State         engine.State
	ProcessID     string
	Version       int
	DefinitionKey engine.Key
	Definitions   []engine.Key // any of these; nil: any at all
	ParentKey     engine.Key
	BusinessKey   string
	HasIncident   *bool
	Ended         bool      // those that have ended, however
	Jobs          bool      // those with a job that is not done. Others may be among them
	JobType       string    // those with a job of this type that is not done. Others may be among them
	Awaits        string    // those that wait for a message of this name
	Since         time.Time // that started then or later; zero: whenever. Some that started earlier may be among them
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
