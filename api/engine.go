package api

import (
	"context"
	"iter"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Engine is what the API needs of a [runner.Runner]; each method is documented there.
type Engine interface {
	Definitions
	Instances
	Observer
	Work
	Messaging
}

// Work is what workers and operators do to instances.
type Work interface {
	Workers
	Operations
}

// Messaging is what becomes of messages.
type Messaging interface {
	Messages
	DeadLetters
}

// Definitions deploys processes and tells which there are.
type Definitions interface {
	Deploy(ctx context.Context, resources []runner.Resource) (runner.Deployment, error)
	Definitions() []runner.Definition
	XML(key engine.Key) ([]byte, error)
}

// Instances starts, finds and cancels instances.
type Instances interface {
	Start(ctx context.Context, start runner.Start) (runner.InstanceInfo, error)
	Cancel(ctx context.Context, key engine.Key) error
	Instance(key engine.Key) (*engine.Instance, runner.InstanceInfo, error)
	Search(f runner.Filter, p runner.Page) (items []runner.InstanceInfo, more bool, err error)
	Locate(key engine.Key) (instance engine.Key, part engine.ID, ok bool, err error)
}

// Observer tells what happened, what happens, how often, and whether the engine works.
type Observer interface {
	Metrics() runner.Metrics
	Story(key engine.Key, after uint64) iter.Seq2[runner.Entry, error]
	Watch(ctx context.Context, root engine.Key) <-chan runner.Entry
	Ready() error
}

// Workers give work to those who do it, and take what has become of it.
type Workers interface {
	ActivateJobs(ctx context.Context, a runner.Activation) ([]runner.Job, error)
	UpdateJob(ctx context.Context, key engine.Key, c engine.UpdateJob) error
	CompleteJob(ctx context.Context, key engine.Key, c engine.CompleteJob) error
	FailJob(ctx context.Context, key engine.Key, c engine.FailJob) error
	ThrowError(ctx context.Context, key engine.Key, c engine.ThrowError) error
}

// Operations does what an operator does to an instance.
type Operations interface {
	ResolveIncident(ctx context.Context, key engine.Key, c engine.ResolveIncident) error
	SetVariables(ctx context.Context, key engine.Key, c engine.SetVariables) error
	Release(ctx context.Context, key engine.Key) error
}

// Messages takes messages in and shows those that found no use yet.
type Messages interface {
	Publish(ctx context.Context, p runner.Publication) (runner.Receipt, error)
	Request(ctx context.Context, messages []runner.Publication, accept func([]*engine.Instance) error) ([]*engine.Instance, error)
	BufferedMessages(after engine.Key, limit int) (items []runner.BufferedMessage, more bool, err error)
}

// DeadLetters shows messages that could not be used, tries them again and forgets them.
type DeadLetters interface {
	DeadLetters(after engine.Key, limit int) (items []runner.DeadLetter, more bool, err error)
	DeadLetter(key engine.Key) (runner.DeadLetter, error)
	RetryDeadLetter(ctx context.Context, key engine.Key, c runner.Correction) (fate runner.Fate, taker engine.Key, err error)
	DropDeadLetter(ctx context.Context, key engine.Key) error
}

var _ Engine = (*runner.Runner)(nil)
