package runner_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var begin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is a runner with everything around it. The runner can be ended and started again; the rest stays.
type world struct {
	t     testing.TB
	store runner.Store
	clock *memory.Clock
	bus   *memory.Bus
	opts  runner.Options
	logs  *logs

	r     *runner.Runner
	ctx   context.Context
	end   context.CancelFunc
	ended chan error
	seen  <-chan runner.Entry

	ordered bool        // of the crash tests
	failed  atomic.Bool // of the crash tests: something has failed on purpose
}

func newWorld(t testing.TB, change ...func(*world)) *world {
	w := &world{t: t, store: memory.NewStore(), clock: memory.NewClock(begin), logs: &logs{}}
	w.bus = memory.NewBus(func(ctx context.Context, records []runner.Incoming) error { return w.r.Receive(ctx, records) })
	w.opts = runner.Options{Bus: w.bus, Clock: w.clock, Logger: slog.New(slog.NewTextHandler(w.logs, nil))}
	for _, c := range change {
		c(w)
	}
	w.start()
	t.Cleanup(func() {
		w.stop()
		require.NoError(t, runner.Verify(w.store, func(engine.Key) {}))
		require.NoError(t, w.store.Close())
	})
	return w
}

func (w *world) start() {
	w.t.Helper()
	var err error
	w.r, err = runner.New(w.store, w.opts)
	require.NoError(w.t, err)
	w.run()
}

func (w *world) run() {
	w.ctx, w.end = context.WithTimeout(context.Background(), time.Minute)
	w.seen = w.r.Watch(w.ctx, 0)
	w.ended = make(chan error, 1)
	go func() { w.ended <- w.r.Run(w.ctx) }()
}

func (w *world) stop() {
	w.t.Helper()
	w.end()
	if w.ended != nil {
		require.NoError(w.t, <-w.ended)
		w.ended = nil
	}
}

func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.start()
}

// install deploys files, each named after its process.
func (w *world) install(files ...runner.Resource) runner.Deployment {
	w.t.Helper()
	d, err := w.r.Deploy(w.ctx, files)
	require.NoError(w.t, err)
	return d
}

func (w *world) launch(process string, variables map[string]any) engine.Key {
	w.t.Helper()
	info, err := w.r.Start(w.ctx, runner.Start{ProcessID: process, Variables: variables})
	require.NoError(w.t, err)
	return info.Key
}

// send gives the engine a record with a CloudEvent.
func (w *world) send(topic, id string, attributes map[string]any, data any) {
	w.t.Helper()
	require.NoError(w.t, w.bus.Send(w.ctx, topic, event(id, attributes, data)))
}

func event(id string, attributes map[string]any, data any) runner.Incoming {
	all := map[string]any{"id": id, "source": "test", "type": "test", "specversion": "1.0"}
	maps.Copy(all, attributes)
	return runner.Incoming{ID: id, Source: "test", Attributes: all, Data: data, Value: fmt.Append(nil, data)}
}

func (w *world) sync() {
	w.t.Helper()
	require.NoError(w.t, w.r.Sync(w.ctx))
}

// waiting returns the times that the runner waits for.
func (w *world) waiting() []time.Time {
	w.t.Helper()
	w.sync() // the loop has looked at the time again
	return w.clock.Waiting()
}

func (w *world) advance(by time.Duration) {
	w.t.Helper()
	w.clock.Advance(by)
	w.sync()
}

// await returns the next entry that matches.
func (w *world) await(match func(runner.Entry) bool) runner.Entry {
	w.t.Helper()
	for e := range w.seen {
		if match(e) {
			return e
		}
	}
	w.t.Fatal("what was waited for did not happen; " + w.logs.String())
	return runner.Entry{}
}

// awaitEnd waits until an instance of a process ends, and returns its key.
func (w *world) awaitEnd(process string) engine.Key {
	w.t.Helper()
	return w.await(func(e runner.Entry) bool {
		_, ended := e.Event.(engine.InstanceEnded)
		return ended && e.ProcessID == process
	}).Instance
}

func (w *world) instance(key engine.Key) *engine.Instance {
	w.t.Helper()
	in, info, err := w.r.Instance(key)
	require.NoError(w.t, err)
	require.Equal(w.t, in.Header, info.Header)
	require.Equal(w.t, in.State, info.State)
	return in
}

func (w *world) variables(key engine.Key) map[string]any { return w.instance(key).Variables(0) }

// subscription returns the only subscription of an element.
func (w *world) subscription(key engine.Key, element string) engine.Subscription {
	w.t.Helper()
	for _, sub := range w.instance(key).Subscriptions {
		if sub.Element == element {
			return sub
		}
	}
	w.t.Fatalf("instance %s does not wait at %s", key, element)
	return engine.Subscription{}
}

func (w *world) search(f runner.Filter) []runner.InstanceInfo {
	w.t.Helper()
	items, more, err := w.r.Search(f, runner.Page{Limit: 10_000})
	require.NoError(w.t, err)
	require.False(w.t, more)
	return items
}

func (w *world) only(process string) engine.Key {
	w.t.Helper()
	found := w.search(runner.Filter{ProcessID: process})
	require.Len(w.t, found, 1)
	return found[0].Key
}

func (w *world) letters() []string {
	w.t.Helper()
	items, _, err := w.r.DeadLetters(0, 10_000)
	require.NoError(w.t, err)
	reasons := []string{}
	for _, item := range items {
		reasons = append(reasons, item.Reason)
	}
	return reasons
}

// publishedOn returns what was published on a topic, each message once.
func (w *world) publishedOn(topic string) []runner.Outgoing {
	var found []runner.Outgoing
	ids := map[string]bool{}
	for _, m := range w.bus.Published() {
		if m.Topic == topic && !ids[m.ID] {
			ids[m.ID] = true
			found = append(found, m)
		}
	}
	return found
}

// awaitPublished waits until so many messages were published on a topic.
func (w *world) awaitPublished(topic string, n int) []runner.Outgoing {
	w.t.Helper()
	for {
		changed := w.bus.Changed()
		if found := w.publishedOn(topic); len(found) >= n {
			return found
		}
		select {
		case <-changed:
		case <-w.ctx.Done():
			w.t.Fatalf("%d messages on %s were waited for, but came only %v; %s", n, topic, w.publishedOn(topic), w.logs)
		}
	}
}

// drain waits until the outbox is empty.
func (w *world) drain() {
	w.t.Helper()
	for w.r.Outbox() != 0 {
		w.sync()
	}
	w.sync()
}

func rejected(t testing.TB, err error, code engine.Code, text string) {
	t.Helper()
	var r *engine.Rejection
	require.ErrorAs(t, err, &r)
	require.Equal(t, code, r.Code)
	require.Contains(t, r.Text, text)
}

// logs collects what is logged.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var errBroken = errors.New("broken on purpose")

// flaky is a store that fails when it is told to: before a transaction has done anything, or after it was committed, when
// nobody can know whether it was.
type flaky struct {
	runner.Store
	mu     sync.Mutex
	n      int
	failAt int // the number of the update that fails; 0: none
	after  bool
	broken func() // told of the failure
}

func (f *flaky) Update(fn func(runner.Tx) error) error {
	wrote := false
	err := f.Store.Update(func(tx runner.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		wrote = true
		if f.fails(false) {
			return errBroken
		}
		return nil
	})
	if err == nil && wrote && f.fails(true) {
		return errBroken
	}
	return err
}

func (f *flaky) fails(after bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !after {
		f.n++
	}
	if f.n == f.failAt && f.after == after {
		f.broken()
		return true
	}
	return false
}

func (f *flaky) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

// model writes a BPMN file with one executable process. Lines are either XML or a flow: "a -> b -> c" draws sequence flows.
func model(id string, lines ...string) runner.Resource {
	var process, root strings.Builder
	flows := 0
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "<message") || strings.HasPrefix(line, "<signal") || strings.HasPrefix(line, "<error "):
			root.WriteString(line)
		case strings.HasPrefix(line, "<"):
			process.WriteString(line)
		default:
			nodes := strings.Split(line, " -> ")
			for i := range nodes[1:] {
				flows++
				fmt.Fprintf(&process, `<sequenceFlow id="flow%d" sourceRef=%q targetRef=%q/>`, flows, nodes[i], nodes[i+1])
			}
		}
	}
	return runner.Resource{Name: id + ".bpmn", XML: fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="defs" targetNamespace="test">
<process id=%q isExecutable="true">%s</process>%s</definitions>`, id, &process, &root)}
}

// catch is an intermediate message event.
func catch(id, message string) string {
	return fmt.Sprintf(`<intermediateCatchEvent id=%q><messageEventDefinition messageRef=%q/></intermediateCatchEvent>`, id, message)
}

// message declares one, with a correlation key unless that is "".
func message(id, topic, key string) string {
	if key == "" {
		return fmt.Sprintf(`<message id=%q name=%q/>`, id, topic)
	}
	return fmt.Sprintf(`<message id=%q name=%q><extensionElements><zeebe:subscription correlationKey=%q/></extensionElements></message>`, id, topic, key)
}

// publish is a send task; each input is "source>target".
func publish(id, topic string, inputs ...string) string {
	var mapping strings.Builder
	for _, input := range inputs {
		source, target, _ := strings.Cut(input, ">")
		fmt.Fprintf(&mapping, `<zeebe:input source=%q target=%q/>`, source, target)
	}
	return fmt.Sprintf(`<sendTask id=%q><extensionElements><zeebe:taskDefinition type="kafka:publish"/><zeebe:taskHeaders><zeebe:header key="topic" value=%q/></zeebe:taskHeaders><zeebe:ioMapping>%s</zeebe:ioMapping></extensionElements></sendTask>`,
		id, topic, &mapping)
}

// work is a service task.
func work(id, jobType string) string {
	return fmt.Sprintf(`<serviceTask id=%q><extensionElements><zeebe:taskDefinition type=%q/></extensionElements></serviceTask>`, id, jobType)
}

// timer is an intermediate event that waits for a duration.
func timer(id, duration string) string {
	return fmt.Sprintf(`<intermediateCatchEvent id=%q><timerEventDefinition><timeDuration>%s</timeDuration></timerEventDefinition></intermediateCatchEvent>`, id, duration)
}

func startOn(id, message string) string {
	return fmt.Sprintf(`<startEvent id=%q><messageEventDefinition messageRef=%q/></startEvent>`, id, message)
}

func call(id, process string, attributes string) string {
	return fmt.Sprintf(`<callActivity id=%q><extensionElements><zeebe:calledElement processId=%q %s/></extensionElements></callActivity>`, id, process, attributes)
}

const (
	start = `<startEvent id="start"/>`
	end   = `<endEvent id="end"/>`
	task  = `<task id="task"/>`
)

// countingStore counts the transactions that were committed.
type countingStore struct {
	runner.Store
	updates atomic.Int64
}

func (c *countingStore) Update(fn func(runner.Tx) error) error {
	err := c.Store.Update(fn)
	if err == nil {
		c.updates.Add(1)
	}
	return err
}
