package bench

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/engine/runner"
	"github.com/sonata-bpmn/sonata/processes"
)

//go:embed flows/*.bpmn
var flows embed.FS

// workload is one way to use an engine.
type workload struct {
	instances, concurrency int // defaults
	logged                 int // of how many instances the rows are logged, at most
	// open wires the engine and what it talks to.
	open func(ctx context.Context, e *env) error
	// drive runs n instances.
	drive func(ctx context.Context, e *env, n int) error
	// after runs when the store is closed; nil: nothing does.
	after func(ctx context.Context, c Config, r *Result) error
}

var workloads = map[string]workload{
	"task":     direct("task", 100_000),
	"gateway":  direct("gateway", 100_000),
	"ten":      direct("ten", 20_000),
	"messages": {instances: 40_000, concurrency: 1000, logged: 10_000, open: openMessages, drive: driveMessages},
	"orders":   {instances: 500, concurrency: 100, logged: 50, open: openOrders, drive: driveOrders},
	"waiting":  {instances: 100_000, concurrency: 1000, logged: 20_000, open: openDirect("waiting"), drive: driveWaiting, after: restart},
}

// Workloads lists the names of the workloads.
func Workloads() []string { return slices.Sorted(maps.Keys(workloads)) }

// direct is a workload whose instances are started, and whose jobs are completed, in this process.
func direct(file string, instances int) workload {
	return workload{instances: instances, concurrency: 1000, logged: 20_000, open: openDirect(file), drive: driveDirect}
}

// flow is a process of this package.
func flow(file string) (runner.Resource, error) {
	name := file + ".bpmn"
	text, err := flows.ReadFile("flows/" + name)
	return runner.Resource{Name: name, XML: text}, err
}

// orderFlows are the processes that deal with orders, and the stand-ins for the systems around them.
func orderFlows() (resources []runner.Resource, err error) {
	for _, files := range []fs.FS{processes.Sonata(), processes.Partners()} {
		err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(files, name)
			resources = append(resources, runner.Resource{Name: name, XML: text})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return resources, nil
}

// restart opens the data directory again and notes how long that takes and what is resident then.
func restart(_ context.Context, c Config, r *Result) (err error) {
	freeMemory()
	began := time.Now()
	store, err := bolt.Open(c.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if _, err := runner.New(store, runner.Options{}); err != nil {
		return err
	}
	r.RestartMillis = millis(time.Since(began))
	freeMemory()
	r.ResidentBytes = readUsage().resident
	return nil
}
