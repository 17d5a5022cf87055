package runner

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// Codes of the problems that Deploy adds to those of [bpmn.Parse] and [engine.Compile]; docs/errors.md explains each.
const (
	CodeSameProcess     = "DEP001" // two resources have a process with the same id
	CodeNothingToDeploy = "DEP002" // a resource has no executable process
	CodeStartTimer      = "DEP003" // the time of a timer start event cannot be computed
)

// candidate is a process that is about to be deployed.
type candidate struct {
	resource *resource
	source   *bpmn.Process
	compiled *engine.Process
}

type resource struct {
	Resource
	sum []byte
	key engine.Key // once it is stored
}

// Deploy parses, checks and stores the executable processes of the resources, all or none. Versions begin with 1; a process
// whose resource is the one of its newest version, byte for byte, keeps that version. Running instances stay on
// theirs; message, signal and timer start events of older versions no longer start anything.
//
// The error is [bpmn.Problems], with everything that is wrong in all of them, when the resources are at fault, and a
// [*BindError] when the deployment stands but the bus could not be told yet.
func (r *Runner) Deploy(ctx context.Context, resources []Resource) (Deployment, error) {
	candidates, warnings, problems := check(resources, r.opts.Clock.Now())
	if problems.HasErrors() {
		return Deployment{}, problems
	}
	var deployment Deployment
	err := r.submit(ctx, func(u *unit) error {
		deployment = u.deploy(candidates)
		return nil
	})
	if err != nil {
		return Deployment{}, err
	}
	deployment.Warnings = warnings
	if err := r.bind(ctx); err != nil {
		return deployment, &BindError{Err: err}
	}
	return deployment, nil
}

// BindError says that a deployment stands, but that its topics could not be bound yet. The Runner goes on trying, unless Err is an
// [ErrUnbindable].
type BindError struct{ Err error }

func (e *BindError) Error() string {
	if errors.Is(e.Err, ErrUnbindable) {
		return fmt.Sprintf("deployed, but %v", e.Err)
	}
	return fmt.Sprintf("deployed, but not yet connected to its topics (Sonata goes on trying): %v", e.Err)
}

// Unwrap returns what the bus said.
func (e *BindError) Unwrap() error { return e.Err }

// check reads and compiles everything, and collects every problem.
func check(resources []Resource, at time.Time) (candidates []candidate, warnings, problems bpmn.Problems) {
	seen := map[string]*bpmn.Process{}
	for _, given := range resources {
		sum := sha256.Sum256(given.XML)
		from := &resource{Resource: given, sum: sum[:]}
		definitions, found := bpmn.ParseDraft(given.Name, given.XML)
		if found.HasErrors() {
			problems = append(problems, engine.Faults(definitions, found)...)
			continue
		}
		warnings = append(warnings, found...)
		executable := definitions.Executable()
		for _, source := range executable {
			compiled, err := engine.Compile(source)
			problems = append(problems, problemsOf(given.Name, err)...)
			if compiled != nil {
				warnings = append(warnings, compiled.Warnings()...)
			}
			problems = append(problems, CheckStartTimers(source, compiled, at)...)
			if first := seen[source.ID]; first != nil {
				problems = append(problems, SameProcess(source, first))
			}
			seen[source.ID] = source
			candidates = append(candidates, candidate{from, source, compiled})
		}
		if len(executable) == 0 {
			problems = append(problems, NothingToDeploy(definitions))
		}
	}
	if len(resources) == 0 {
		problems = append(problems, bpmn.Problem{Severity: bpmn.SeverityError, Code: CodeNothingToDeploy, Text: "there is nothing to deploy", Hint: "name at least one .bpmn file"})
	}
	return candidates, warnings, problems
}

// CheckStartTimers computes when the timer start events of a process fire first, and reports those of which that cannot be said
// (DEP003). p is the source compiled, nil if it could not be.
func CheckStartTimers(source *bpmn.Process, p *engine.Process, at time.Time) (problems bpmn.Problems) {
	if p == nil {
		return nil
	}
	for _, s := range p.Starts() {
		if s.Kind != engine.StartTimer {
			continue
		}
		if _, _, err := p.NextStart(s.Element, at, time.Time{}, nil); err != nil {
			i := slices.IndexFunc(source.FlowNodes, func(n *bpmn.FlowNode) bool { return n.ID == s.Element })
			n := source.FlowNodes[i]
			problems = append(problems, bpmn.Problem{
				Pos: n.Pos, Severity: bpmn.SeverityError, Code: CodeStartTimer, ElementID: n.ID, ElementName: n.Name,
				Text: fmt.Sprintf("the time of this start event cannot be computed: %v", err), Hint: "there are no variables yet when it is",
			})
		}
	}
	return problems
}

func problemsOf(file string, err error) bpmn.Problems {
	var problems bpmn.Problems
	if err == nil || errors.As(err, &problems) {
		return problems
	}
	return bpmn.Problems{{Pos: bpmn.Position{File: file}, Severity: bpmn.SeverityError, Text: err.Error()}}
}

// SameProcess reports that the second process has the id of the first one, with which it is to be deployed (DEP001).
func SameProcess(second, first *bpmn.Process) bpmn.Problem {
	return bpmn.Problem{
		Pos: second.Pos, Severity: bpmn.SeverityError, Code: CodeSameProcess, ElementID: second.ID, ElementName: second.Name,
		Text: fmt.Sprintf("another process has the id %q too, at %s:%d, so that the two cannot be deployed together", second.ID, first.Pos.File, first.Pos.Line),
		Hint: "give one of them another id, or deploy one of them only",
	}
}

// NothingToDeploy reports that a file has no executable process (DEP002).
func NothingToDeploy(d *bpmn.Definitions) bpmn.Problem {
	return bpmn.Problem{
		Pos: d.Pos, Severity: bpmn.SeverityError, Code: CodeNothingToDeploy, ElementID: d.ID,
		Text: "no process in this file is executable", Hint: `mark the process "Executable" in the properties panel`,
	}
}

// deploy stores what is new of the candidates.
func (u *unit) deploy(candidates []candidate) Deployment {
	deployment := Deployment{Key: u.nextKey()}
	var keys []engine.Key
	var added []*definition
	for _, c := range candidates {
		d := u.definitions.latest(c.source.ID)
		if d == nil || d.fault != nil || !bytes.Equal(d.Sum, c.resource.sum) {
			d = u.define(c, deployment.Key, d)
			added = append(added, d)
		}
		deployment.Definitions = append(deployment.Definitions, d.Definition)
		keys = append(keys, d.Key)
	}
	u.insert(tableDeployments, rowKey{}.key(deployment.Key), encode(keys))
	u.definitions = u.definitions.with(added)
	for _, d := range added {
		for _, topic := range d.Keyed {
			u.then(func() { u.rekey(topic) })
		}
		for _, s := range d.Starts {
			if s.Kind == engine.StartMessage {
				u.then(func() { u.claimStarts(s.Name) })
			}
		}
	}
	return deployment
}

// define stores a new version of a process. previous is its newest version so far, nil if there is none.
func (u *unit) define(c candidate, deployment engine.Key, previous *definition) *definition {
	if c.resource.key == 0 {
		c.resource.key = u.nextKey()
		u.insert(tableResources, rowKey{}.key(c.resource.key), c.resource.XML)
	}
	version := 1
	if previous != nil {
		version = previous.Version + 1
		u.stopStartTimers(previous)
	}
	p := c.compiled
	p.Key, p.Version = u.nextKey(), version
	consume, publish := p.Topics()
	d := &definition{compiled: p, definitionRow: definitionRow{
		Definition: Definition{
			Key: p.Key, ProcessID: p.ID, Name: p.Name, Version: version, VersionTag: p.VersionTag,
			ResourceName: c.resource.Name, DeploymentKey: deployment, DeployedAt: u.now,
		},
		Resource: c.resource.key, Sum: c.resource.sum, Starts: p.Starts(), Consume: consume, Publish: publish, Keyed: p.KeyedTopics(), Lives: p.Lives(),
	}}
	u.insert(tableDefinitions, rowKey{}.key(d.Key), encode(d.definitionRow))
	u.learn(p)
	u.beginStartTimers(d)
	return d
}

// deployment lists the definitions of a deployment, those included that it left as they were.
func (u *unit) deployment(key engine.Key) []engine.Key {
	var keys []engine.Key
	if row := u.tx.Get(tableDeployments, rowKey{}.key(key)); row != nil {
		if err := decode(row, &keys); err != nil {
			panic(fmt.Errorf("deployment %s: %w", key, err))
		}
	}
	return keys
}

// loadRegistry reads what is deployed.
func loadRegistry(tx ReadTx) (*registry, error) {
	var all []*definition
	var failed error
	tx.Ascend(tableDefinitions, nil, func(_, value []byte) bool {
		d := &definition{}
		failed = decode(value, &d.definitionRow)
		all = append(all, d)
		return failed == nil
	})
	return newRegistry(all), failed
}

// Definitions lists everything that was deployed, oldest first.
func (r *Runner) Definitions() []Definition {
	all := r.registry.Load().all
	list := make([]Definition, len(all))
	for i, d := range all {
		list[i] = d.Definition
	}
	return list
}

// XML returns the resource that a definition was deployed from. The error is an [*engine.Rejection] with
// [engine.CodeNotFound] when there is no such definition, or its resource is gone.
func (r *Runner) XML(key engine.Key) ([]byte, error) {
	d := r.registry.Load().byKey[key]
	if d == nil {
		return nil, rejection(engine.CodeNotFound, "there is no process definition %s", key)
	}
	var xml []byte
	err := r.store.View(func(tx ReadTx) error {
		xml = bytes.Clone(tx.Get(tableResources, rowKey{}.key(d.Resource)))
		if xml == nil {
			return rejection(engine.CodeNotFound, "the file %s of process definition %s is not in the store", d.ResourceName, key)
		}
		return nil
	})
	return xml, err
}
