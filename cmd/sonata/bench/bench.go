package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Config says what is measured.
type Config struct {
	Workload    string // one of [Workloads]
	Instances   int    // 0: the workload's default
	Concurrency int    // how many instances are under way at any time; 0: the workload's default
	// Dir is the data directory; what is in it already stays, and slows down or does not. "" : a new one in the working directory,
	// which is removed at the end.
	Dir string
	// Order makes service orders, for the workload "orders".
	Order func() (Order, error)
	// Profile begins to write profiles and returns what ends that. It brackets the measured part. nil: none are written.
	Profile func() (stop func() error, err error)
}

// Order is a service order to publish.
type Order struct {
	ID    string // its business key
	Topic string
	Data  any
}

// Result is what a run has shown.
type Result struct {
	Workload           string  `json:"workload"`
	Instances          int     `json:"instances"`
	Concurrency        int     `json:"concurrency"`
	Seconds            float64 `json:"seconds"`
	InstancesPerSecond float64 `json:"instancesPerSecond"`
	StepsPerSecond     float64 `json:"stepsPerSecond"`
	// P50Millis and P99Millis are latencies of an instance, from the request to its durable end; of waiting ones, to its durable
	// start.
	P50Millis float64 `json:"p50Millis"`
	P99Millis float64 `json:"p99Millis"`
	Fsyncs    int64   `json:"fsyncs"` // of the store; those of the embedded broker are not counted
	// BytesPerInstance is what reached the disk's cache, the broker's files included; 0 where the system does not tell.
	BytesPerInstance int64 `json:"bytesPerInstance"`
	PeakRSSBytes     int64 `json:"peakRSSBytes"` // of this process, the mapped part of the store included
	// CeilingInstancesPerSecond is how fast the bare store takes the rows of such instances.
	CeilingInstancesPerSecond float64 `json:"ceilingInstancesPerSecond"`
	Ratio                     float64 `json:"ratio"` // of instances per second to the ceiling
	// Of the workload "waiting": what is resident when the instances wait, and how long a restart with them takes.
	ResidentBytes int64   `json:"residentBytes,omitempty"`
	RestartMillis float64 `json:"restartMillis,omitempty"`
}

// ErrConfig is what the error of Run wraps when nothing was measured because the Config is wrong.
var ErrConfig = errors.New("the benchmark cannot be run like this")

// most bounds what one run is asked for.
const most = 100_000_000

// Run measures. The error says what is wrong with the Config, or what failed.
func Run(ctx context.Context, c Config) (result Result, err error) {
	w, err := c.complete()
	if err != nil {
		return Result{}, err
	}
	if c.Dir == "" {
		if c.Dir, err = os.MkdirTemp(".", "sonata-bench-"); err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(c.Dir)) }()
	}
	result = Result{Workload: c.Workload, Instances: c.Instances, Concurrency: c.Concurrency}
	log, err := measure(ctx, c, w, &result)
	if err != nil {
		return Result{}, err
	}
	if err := result.compare(c, log); err != nil {
		return Result{}, err
	}
	if w.after != nil {
		err = w.after(ctx, c, &result)
	}
	return result, err
}

// complete checks the Config and gives what it leaves out its default.
func (c *Config) complete() (workload, error) {
	w, known := workloads[c.Workload]
	switch {
	case !known:
		return w, fmt.Errorf("%w: there is no workload %q; choose one of %s", ErrConfig, c.Workload, strings.Join(Workloads(), ", "))
	case c.Instances < 0 || c.Instances > most || c.Concurrency < 0 || c.Concurrency > most:
		return w, fmt.Errorf("%w: instances and concurrency must be 1 to %d", ErrConfig, most)
	}
	c.Instances = cmp.Or(c.Instances, w.instances)
	c.Concurrency = min(cmp.Or(c.Concurrency, w.concurrency), c.Instances)
	return w, nil
}

// measure runs the workload, then a part of it once more to log its rows. The store is closed when it returns.
func measure(ctx context.Context, c Config, w workload, result *Result) (log *rowLog, err error) {
	store, err := bolt.Open(c.Dir)
	if err != nil {
		return nil, err
	}
	metered := &meter{Store: store}
	defer func() { err = errors.Join(err, store.Close()) }()
	e := &env{Config: c, store: metered, tracker: newTracker()}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := w.open(ctx, e); err != nil {
		return nil, errors.Join(err, e.close())
	}
	defer func() { err = errors.Join(err, e.close()) }()
	if err := e.measured(ctx, w, result); err != nil {
		return nil, err
	}
	part := min(c.Instances, w.logged)
	log = metered.begin(part)
	defer metered.end()
	return log, w.drive(ctx, e, part)
}

// measured drives the workload and notes what it took.
func (e *env) measured(ctx context.Context, w workload, result *Result) (err error) {
	if e.Profile != nil {
		stop, err := e.Profile()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	before, commits, began := readUsage(), e.store.commits.Load(), time.Now()
	if err := w.drive(ctx, e, e.Instances); err != nil {
		return err
	}
	result.Seconds = time.Since(began).Seconds()
	after := readUsage()
	latencies, steps := e.tracker.take()
	slices.Sort(latencies)
	n := float64(e.Instances)
	result.InstancesPerSecond, result.StepsPerSecond = n/result.Seconds, float64(steps)/result.Seconds
	result.P50Millis, result.P99Millis = millis(quantile(latencies, 0.5)), millis(quantile(latencies, 0.99))
	result.Fsyncs = syncsPerCommit * (e.store.commits.Load() - commits)
	result.BytesPerInstance = (after.written - before.written) / int64(e.Instances)
	result.PeakRSSBytes = after.peak
	return nil
}

// compare writes the rows again, to a bare store in a directory beside the data.
func (r *Result) compare(c Config, log *rowLog) (err error) {
	dir, err := os.MkdirTemp(c.Dir, "ceiling-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	seconds, err := log.replay(dir)
	if err != nil {
		return err
	}
	r.CeilingInstancesPerSecond = float64(log.instances) / seconds
	r.Ratio = r.InstancesPerSecond / r.CeilingInstancesPerSecond
	return nil
}

// quantile reads a sorted list.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// env is what a workload runs in.
type env struct {
	Config
	store   *meter
	tracker *tracker
	runner  *runner.Runner
	// deployment has the processes of the workload; the store may have others.
	deployment runner.Deployment
	// handlers do the jobs of the process.
	handlers map[string]runner.Handler
	closers  []func() error
	addr     string     // of the broker
	outside  runner.Bus // another system's connection to it
}

// start runs an engine on the store and deploys.
func (e *env) start(ctx context.Context, bus runner.Bus, resources []runner.Resource) (err error) {
	e.runner, err = runner.New(e.store, runner.Options{Bus: bus, Observe: e.tracker.observe, Handlers: e.handlers, HandlerLimit: 2 * e.Concurrency, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- e.runner.Run(ctx) }()
	e.closers = append(e.closers, func() error { stop(); return <-ended })
	e.deployment, err = e.runner.Deploy(ctx, resources)
	return err
}

// close undoes what was opened, the last first.
func (e *env) close() (err error) {
	for _, fn := range slices.Backward(e.closers) {
		err = errors.Join(err, fn())
	}
	e.closers = nil
	return err
}
