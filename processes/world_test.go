package processes_test

import (
	"context"
	"encoding/json"
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

// world runs the flows and their partners without Kafka. Its clock flies to whatever is waited for, up to its horizon.
type world struct {
	t     *testing.T
	ctx   context.Context
	r     *runner.Runner
	bus   *memory.Bus
	clock *flyingClock
	seen  <-chan runner.Entry
}

// newWorld leaves out the named partners: they never answer.
func newWorld(t *testing.T, silent ...string) *world {
	w := &world{t: t, clock: &flyingClock{now: begin, horizon: begin.Add(time.Hour)}}
	w.bus = memory.NewBus(func(ctx context.Context, records []runner.Incoming) error { return w.r.Receive(ctx, records) })
	store := memory.NewStore()
	var err error
	w.r, err = runner.New(store, runner.Options{Bus: w.bus, Clock: w.clock})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	w.ctx = ctx
	w.seen = w.r.Watch(ctx, 0)
	ended := make(chan error, 1)
	go func() { ended <- w.r.Run(ctx) }()
	t.Cleanup(func() {
		defer cancel()
		letters, _, err := w.r.DeadLetters(0, 100)
		require.NoError(t, err)
		require.Empty(t, letters)
		cancel()
		require.NoError(t, <-ended)
		require.NoError(t, runner.Check(store))
	})
	partners := slices.DeleteFunc(resources(t, processes.Partners()), func(r runner.Resource) bool {
		return slices.Contains(silent, strings.TrimSuffix(r.Name, ".bpmn"))
	})
	_, err = w.r.Deploy(ctx, append(resources(t, processes.Sonata()), partners...))
	require.NoError(t, err)
	return w
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
	text, err := os.ReadFile(filepath.Join("..", "testdata", "sonata", name+".json"))
	require.NoError(t, err)
	event, err := engine.DecodeJSON(text)
	require.NoError(t, err)
	return event.(map[string]any)
}

// send publishes a message as the TMF API does.
func (w *world) send(event map[string]any) {
	w.t.Helper()
	attributes := maps.Clone(event)
	delete(attributes, "data")
	value, err := json.Marshal(event["data"])
	require.NoError(w.t, err)
	require.NoError(w.t, w.bus.Send(w.ctx, event["type"].(string), runner.Incoming{
		ID: event["id"].(string), Source: event["source"].(string), Attributes: attributes, Data: event["data"], Value: value,
	}))
}

// await returns the key of the next instance of the process to which what matches happens.
func (w *world) await(process string, match func(engine.Event) bool) engine.Key {
	w.t.Helper()
	for e := range w.seen {
		if e.ProcessID == process && match(e.Event) {
			return e.Instance
		}
	}
	require.FailNow(w.t, "what was waited for did not happen", "%s; told: %q", process, w.told(""))
	return 0
}

func (w *world) awaitEnd(process string) {
	w.t.Helper()
	w.await(process, func(e engine.Event) bool { _, ok := e.(engine.InstanceEnded); return ok })
}

// awaitTimer waits until an instance of the process waits at its timer.
func (w *world) awaitTimer(process string) engine.Key {
	w.t.Helper()
	return w.await(process, func(e engine.Event) bool {
		opened, ok := e.(engine.SubscriptionOpened)
		return ok && opened.Kind == engine.SubscriptionTimer
	})
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

// awaitTold waits until something was published as often as the given lines name it.
func (w *world) awaitTold(subject string, lines ...string) {
	w.t.Helper()
	for {
		changed := w.bus.Changed()
		told := w.told(subject)
		if len(told) >= len(lines) {
			require.Equal(w.t, lines, told)
			return
		}
		select {
		case <-changed:
		case <-w.ctx.Done():
			require.Equal(w.t, lines, told)
			return
		}
	}
}

// awaitAll waits until the flows have published so many messages.
func (w *world) awaitAll(n int) {
	w.t.Helper()
	for {
		changed := w.bus.Changed()
		if len(w.told("")) >= n {
			require.Len(w.t, w.told(""), n)
			return
		}
		select {
		case <-changed:
		case <-w.ctx.Done():
			require.Len(w.t, w.told(""), n)
			return
		}
	}
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

// flyingClock goes on by itself to whatever is waited for, but not beyond its horizon.
type flyingClock struct {
	mu           sync.Mutex
	now, horizon time.Time
	waiting      []*sleeper
}

type sleeper struct {
	at   time.Time
	wake chan time.Time
}

func (c *flyingClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *flyingClock) Wake(at time.Time) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &sleeper{at, make(chan time.Time, 1)}
	c.waiting = append(c.waiting, s)
	c.fly()
	return s.wake, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.waiting = slices.DeleteFunc(c.waiting, func(other *sleeper) bool { return other == s })
	}
}

// flyTo moves the horizon.
func (c *flyingClock) flyTo(horizon time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.horizon = horizon
	c.fly()
}

func (c *flyingClock) fly() {
	slices.SortFunc(c.waiting, func(a, b *sleeper) int { return a.at.Compare(b.at) })
	for len(c.waiting) > 0 && !c.waiting[0].at.After(c.horizon) {
		if c.waiting[0].at.After(c.now) {
			c.now = c.waiting[0].at
		}
		c.waiting[0].wake <- c.now
		c.waiting = c.waiting[1:]
	}
}
