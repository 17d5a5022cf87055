package processes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
	"github.com/sonata-bpmn/sonata/processes"
)

var begin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world runs the flows and their partners without Kafka. Time stands still in it but for [world.fly].
type world struct {
	t       *testing.T
	ctx     context.Context
	r       *runner.Runner
	store   runner.Store
	stop    func()
	bus     *memory.Bus
	clock   *memory.Clock
	late    int // dead letters that a test has accounted for
	answers int // that the test itself sent
}

// newWorld leaves out the named partners: they never answer.
func newWorld(t *testing.T, silent ...string) *world {
	t.Helper()
	from := deployed(t, silent)
	return openWorld(t, time.Minute, from.store.Copy(), from.r.Fork)
}

// openWorld is a world on a store, which takes no longer than the limit.
func openWorld(t *testing.T, limit time.Duration, store runner.Store, open func(runner.Store, runner.Options) (*runner.Runner, error)) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	w := &world{t: t, ctx: ctx, clock: memory.NewClock(begin), store: store}
	w.bus = memory.NewBus(func(ctx context.Context, records []runner.Incoming) error { return w.r.Receive(ctx, records) })
	var err error
	w.r, err = open(w.store, runner.Options{Bus: w.bus, Clock: w.clock})
	require.NoError(t, err)
	w.run()
	t.Cleanup(func() {
		letters, _, err := w.r.DeadLetters(0, w.late+100)
		require.NoError(t, err)
		var reasons []string
		for _, letter := range letters {
			reasons = append(reasons, letter.Topic+": "+letter.Reason)
		}
		require.Len(t, reasons, w.late)
		w.stop()
		require.NoError(t, runner.Check(w.store))
	})
	return w
}

// stage is what worlds are copied from: the flows, deployed once.
type stage struct {
	r     *runner.Runner
	store *memory.Store
}

var (
	stages  = map[string]stage{}
	staging sync.Mutex
)

func deployed(t *testing.T, silent []string) stage {
	t.Helper()
	staging.Lock()
	defer staging.Unlock()
	name := strings.Join(silent, " ")
	if s, ok := stages[name]; ok {
		return s
	}
	partners := slices.DeleteFunc(resources(t, processes.Partners()), func(r runner.Resource) bool {
		return slices.Contains(silent, strings.TrimSuffix(r.Name, ".bpmn"))
	})
	store := memory.NewStore()
	w := &world{t: t, ctx: t.Context(), store: store}
	var err error
	w.r, err = runner.New(w.store, runner.Options{Clock: memory.NewClock(begin)})
	require.NoError(t, err)
	w.run()
	_, err = w.r.Deploy(w.ctx, append(resources(t, processes.Sonata()), partners...))
	w.stop()
	require.NoError(t, err)
	stages[name] = stage{w.r, store}
	return stages[name]
}

// run lets the runner work until stop.
func (w *world) run() {
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	r := w.r
	go func() { ended <- r.Run(ctx) }()
	w.stop = func() {
		w.t.Helper()
		cancel()
		require.NoError(w.t, <-ended)
	}
}

// restart ends the runner and starts another one on the same store.
func (w *world) restart() {
	w.t.Helper()
	w.stop()
	var err error
	w.r, err = runner.New(w.store, runner.Options{Bus: w.bus, Clock: w.clock})
	require.NoError(w.t, err)
	w.run()
}

// fly lets time pass. Whatever falls due on the way happens at its time.
func (w *world) fly(d time.Duration) { w.t.Helper(); w.flyTo(w.clock.Now().Add(d)) }

func (w *world) flyTo(at time.Time) {
	w.t.Helper()
	for {
		require.NoError(w.t, w.r.Settled(w.ctx))
		due, err := w.r.NextTimer()
		require.NoError(w.t, err)
		if due.IsZero() || due.After(at) {
			break
		}
		w.clock.Advance(due.Sub(w.clock.Now()))
	}
	w.clock.Advance(at.Sub(w.clock.Now()))
	require.NoError(w.t, w.r.Settled(w.ctx))
}

func resources(t *testing.T, files fs.FS) (all []runner.Resource) {
	names, err := fs.Glob(files, "*.bpmn")
	require.NoError(t, err)
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		all = append(all, runner.Resource{Name: name, XML: data})
	}
	return all
}

func isPartner(process string) bool {
	_, err := fs.Stat(processes.Partners(), process+".bpmn")
	return err == nil
}

// sample reads one of the sample messages.
func sample(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("samples", name+".json"))
	require.NoError(t, err)
	event, err := engine.DecodeJSON(text)
	require.NoError(t, err)
	return event.(map[string]any)
}

// send publishes a message as the TMF API does, and returns when nothing more happens at once.
func (w *world) send(event map[string]any) {
	w.t.Helper()
	attributes := maps.Clone(event)
	delete(attributes, "data")
	value, err := json.Marshal(event["data"])
	require.NoError(w.t, err)
	require.NoError(w.t, w.bus.Send(w.ctx, event["type"].(string), runner.Incoming{
		ID: event["id"].(string), Source: event["source"].(string), Attributes: attributes, Data: event["data"], Value: value,
	}))
	require.NoError(w.t, w.r.Settled(w.ctx))
}

// play sends a message and lets the partners answer.
func (w *world) play(event map[string]any) {
	w.t.Helper()
	w.send(event)
	w.fly(time.Minute)
}

// reply answers the last request on a topic, as its partner does.
func (w *world) reply(request string, data map[string]any) {
	w.t.Helper()
	asking := ""
	for _, m := range w.sent() {
		if m.Topic == request {
			asking = m.InstanceKey
		}
	}
	require.NotEmpty(w.t, asking, "nothing was sent to %s; told: %q", request, w.told(""))
	w.replyTo(asking, request, data)
}

// replyTo answers a request of the instance with the key.
func (w *world) replyTo(asking, request string, data map[string]any) {
	w.t.Helper()
	w.answers++
	w.send(map[string]any{"specversion": "1.0", "id": fmt.Sprint("answer-", w.answers), "source": "/partner", "type": requests[request],
		"kogitoprocrefid": asking, "data": data})
}

// cancel asks as the TMF API does: with the id and type that a process was announced with, or others.
func (w *world) cancel(id, processType string) {
	w.t.Helper()
	w.answers++
	w.send(map[string]any{"specversion": "1.0", "id": fmt.Sprint("cancel-", w.answers), "source": "", "type": "sonata-cancel-process",
		"data": map[string]any{"processInstanceId": id, "processType": processType}})
	w.fly(time.Minute)
}

// decide is what the operator does about the only step that failed.
func (w *world) decide(decision string) {
	w.t.Helper()
	var found int
	for _, item := range w.instances("failedStepProcess") {
		in, _, err := w.r.Instance(item.Key)
		require.NoError(w.t, err)
		for _, sub := range in.Subscriptions {
			if sub.Kind == engine.SubscriptionJob {
				found++
				require.NoError(w.t, w.r.CompleteJob(w.ctx, item.Key, engine.CompleteJob{Subscription: sub.ID, Variables: map[string]any{"decision": decision}}))
			}
		}
	}
	require.Equal(w.t, 1, found, "user tasks")
	w.fly(time.Second)
}

// instances are those of a process that have not ended.
func (w *world) instances(process string) []runner.InstanceInfo {
	w.t.Helper()
	items, _, err := w.r.Search(runner.Filter{State: engine.StateActive, ProcessID: process}, runner.Page{Limit: 1000})
	require.NoError(w.t, err)
	return items
}

// variable is a variable of the only instance of a process, which may have ended.
func (w *world) variable(process, name string) any {
	w.t.Helper()
	items, _, err := w.r.Search(runner.Filter{ProcessID: process}, runner.Page{Limit: 2})
	require.NoError(w.t, err)
	require.Len(w.t, items, 1, process)
	in, _, err := w.r.Instance(items[0].Key)
	require.NoError(w.t, err)
	return in.Scopes[0].Variables[name]
}

// sent are the messages that the flows published, each once. The partners' own are not among them.
func (w *world) sent() []runner.Outgoing {
	ids := map[string]bool{}
	return slices.DeleteFunc(w.bus.Published(), func(m runner.Outgoing) bool {
		again := ids[m.ID]
		ids[m.ID] = true
		return again || isPartner(m.ProcessID)
	})
}

func (w *world) data(m runner.Outgoing) map[string]any {
	w.t.Helper()
	data, err := engine.DecodeJSON(m.Data)
	require.NoError(w.t, err)
	return data.(map[string]any)
}

// told are the topics to which the flows published, with the state in the message where it has one: in the messages that
// name the subject as order item or service, or in all ("").
func (w *world) told(subject string) (lines []string) {
	for _, m := range w.sent() {
		data := w.data(m)
		if subject != "" && data["serviceOrderItemId"] != subject && data["serviceId"] != subject {
			continue
		}
		line := m.Topic
		if state, ok := data["state"].(string); ok {
			line += " " + state
		}
		lines = append(lines, line)
	}
	return lines
}

// requireTold compares what the flows have published with the given lines.
func (w *world) requireTold(subject string, lines ...string) {
	w.t.Helper()
	require.NoError(w.t, w.r.Settled(w.ctx))
	require.Equal(w.t, lines, w.told(subject))
}

// message returns the only message on a topic.
func (w *world) message(topic string) map[string]any {
	w.t.Helper()
	var found []map[string]any
	for _, m := range w.sent() {
		if m.Topic == topic {
			found = append(found, w.data(m))
		}
	}
	require.Len(w.t, found, 1, topic)
	return found[0]
}

// last is the newest message on a topic.
func (w *world) last(topic string) map[string]any {
	w.t.Helper()
	sent := w.sent()
	for _, m := range slices.Backward(sent) {
		if m.Topic == topic {
			return w.data(m)
		}
	}
	require.Fail(w.t, "nothing was told", topic)
	return nil
}

// active are the processes, other than the partners', that have an instance which has not ended.
func (w *world) active() (ids []string) {
	w.t.Helper()
	items, _, err := w.r.Search(runner.Filter{State: engine.StateActive}, runner.Page{Limit: 1000})
	require.NoError(w.t, err)
	for _, item := range items {
		require.False(w.t, item.HasIncident, "%s has an incident", item.ProcessID)
		if !isPartner(item.ProcessID) {
			ids = append(ids, item.ProcessID)
		}
	}
	return ids
}

// requireSecretsKept looks for the secrets of the sample in everything that the flows published.
func (w *world) requireSecretsKept() {
	w.t.Helper()
	for _, m := range w.sent() {
		if !strings.HasPrefix(m.Topic, "oss-client-") {
			require.NotContains(w.t, string(m.Data), "EXTERNAL_TMF_API", m.Topic)
		}
		if m.Topic != "registry-store-kubernetes-config" {
			require.NotContains(w.t, string(m.Data), "kubeConfig", m.Topic)
		}
	}
}
