package play

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Begin is what the clock of a stage shows unless something else is asked for.
var Begin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// storeID makes the ids of messages the same in every world.
var storeID = uuid.NewSHA1(uuid.NameSpaceOID, []byte("sonata/play"))

// Options of a stage.
type Options struct {
	At time.Time // when everything is deployed; zero: [Begin]
	// NoStartTimers: timer start events start nothing by themselves.
	NoStartTimers bool
}

// Stage is a set of deployed processes, ready to be played any number of times, by any number of goroutines.
type Stage struct {
	// Processes are those that can be run, in the order of the files.
	Processes []*Process
	Warnings  bpmn.Problems

	opts   Options
	byID   map[string]*Process
	runner *runner.Runner
	store  *memory.Store
}

// Deploy deploys files, all or none. The error is [bpmn.Problems] when they are at fault.
func Deploy(ctx context.Context, files []runner.Resource, opts Options) (*Stage, error) {
	if opts.At.IsZero() {
		opts.At = Begin
	}
	s := &Stage{opts: opts, byID: map[string]*Process{}, store: memory.NewStore()}
	r, err := runner.New(s.store, runner.Options{Clock: memory.NewClock(opts.At), ID: storeID, NoStartTimers: opts.NoStartTimers})
	if err != nil {
		return nil, err
	}
	s.runner = r
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	deployment, err := r.Deploy(ctx, files)
	stop()
	if err := errors.Join(err, <-ended); err != nil {
		return nil, err
	}
	s.Warnings = deployment.Warnings
	return s, s.read(files)
}

// read finds out what the elements are called.
func (s *Stage) read(files []runner.Resource) error {
	for _, file := range files {
		definitions, err := bpmn.Parse(file.Name, file.XML)
		if err != nil {
			return err
		}
		for _, source := range definitions.Executable() {
			p, err := newProcess(source)
			if err != nil {
				return fmt.Errorf("process %s, which was deployed, does not compile: %w", source.ID, err)
			}
			s.Processes = append(s.Processes, p)
			s.byID[p.ID] = p
		}
	}
	return nil
}

// Process returns the process with the id, nil if there is none.
func (s *Stage) Process(id string) *Process { return s.byID[id] }

// IDs are those of the processes, in their order.
func (s *Stage) IDs() []string {
	ids := make([]string, len(s.Processes))
	for i, p := range s.Processes {
		ids[i] = p.ID
	}
	return ids
}

// Topics lists the topics that the processes read and those that they publish to, each sorted and without repetition. A topic
// that only an expression knows is not among them.
func (s *Stage) Topics() (consume, publish []string) {
	for _, p := range s.Processes {
		c, pub := p.Compiled.Topics()
		consume, publish = append(consume, c...), append(publish, pub...)
	}
	slices.Sort(consume)
	slices.Sort(publish)
	return slices.Compact(consume), slices.Compact(publish)
}
