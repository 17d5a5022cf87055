package runner_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// actor does random things to a world.
type actor struct {
	*world
	t        *rapid.T
	keys     []engine.Key
	versions int
	events   int
}

// The processes of the random test use everything that has an index.
func actorFiles(version int) []runner.Resource {
	return []runner.Resource{
		model("caller", start, call("call", "worker", ""), end, fmt.Sprintf("<documentation>%d</documentation>", version), "start -> call -> end"),
		model("worker", start, work("job", "j"), end,
			`<boundaryEvent id="late" attachedToRef="job" cancelActivity="false"><timerEventDefinition><timeCycle>R/PT10M</timeCycle></timerEventDefinition></boundaryEvent>`,
			`<boundaryEvent id="alarm" attachedToRef="job"><signalEventDefinition signalRef="s"/></boundaryEvent>`,
			`<boundaryEvent id="note" attachedToRef="job" cancelActivity="false"><messageEventDefinition messageRef="m"/></boundaryEvent>`,
			`<endEvent id="wasLate"/>`, `<endEvent id="alarmed"/>`, `<endEvent id="noted"/>`, `<signal id="s" name="alarm"/>`, message("m", "note", "=k"),
			"start -> job -> end", "late -> wasLate", "alarm -> alarmed", "note -> noted"),
		model("reader", startOn("start", "m"), catch("wait", "m2"), end, message("m", "open", ""), message("m2", "note", ""), "start -> wait -> end"),
		model("crier", start, `<endEvent id="end"><signalEventDefinition signalRef="s"/></endEvent>`, `<signal id="s" name="alarm"/>`, "start -> end"),
		model("ticker", startAt("timeCycle", "R/PT1H"), timer("wait", "PT30M"), end, fmt.Sprintf("<documentation>%d</documentation>", version), "start -> wait -> end"),
	}
}

func (a *actor) pick() engine.Key {
	if len(a.keys) == 0 {
		return 7
	}
	return rapid.SampledFrom(a.keys).Draw(a.t, "instance")
}

func (a *actor) act() {
	key := rapid.SampledFrom([]string{"", "a", "b"})
	switch rapid.IntRange(0, 10).Draw(a.t, "action") {
	case 0, 1, 2:
		info, err := a.r.Start(a.ctx, runner.Start{ProcessID: rapid.SampledFrom([]string{"caller", "worker", "crier"}).Draw(a.t, "process"),
			BusinessKey: key.Draw(a.t, "business key"), Variables: map[string]any{"k": rapid.SampledFrom([]string{"x", "y", ""}).Draw(a.t, "k")}})
		require.NoError(a.t, err)
		a.keys = append(a.keys, info.Key)
	case 3:
		_ = a.r.Cancel(a.ctx, a.pick())
	case 4:
		if in, _, err := a.r.Instance(a.pick()); err == nil && len(in.Subscriptions) > 0 {
			sub := rapid.SampledFrom(in.Subscriptions).Draw(a.t, "subscription").ID
			_ = a.r.CompleteJob(a.ctx, in.Key, engine.CompleteJob{Subscription: sub})
		}
	case 5:
		if in, _, err := a.r.Instance(a.pick()); err == nil && len(in.Subscriptions) > 0 {
			_ = a.r.FailJob(a.ctx, in.Key, engine.FailJob{Subscription: in.Subscriptions[0].ID})
		}
	case 6:
		a.record(rapid.SampledFrom([]string{"note", "open"}).Draw(a.t, "topic"), key)
	case 7:
		_, err := a.r.Publish(a.ctx, runner.Publication{Name: "note", TimeToLive: -1, CorrelationKey: key.Draw(a.t, "correlation key")})
		require.NoError(a.t, err)
	case 8:
		a.clock.Advance(time.Duration(rapid.IntRange(0, 90).Draw(a.t, "minutes")) * time.Minute)
	case 9:
		a.versions++
		_, err := a.r.Deploy(a.ctx, actorFiles(a.versions))
		require.NoError(a.t, err)
	case 10:
		a.restart()
	}
	a.sync()
}

func (a *actor) record(topic string, key *rapid.Generator[string]) {
	attributes := map[string]any{}
	for _, name := range []string{"correlationkey", "kogitobusinesskey", "kogitoprocrefid"} {
		if v := key.Draw(a.t, name); v != "" {
			attributes[name] = v
		}
	}
	if attributes["kogitoprocrefid"] == "a" {
		attributes["kogitoprocrefid"] = a.pick().String()
	}
	a.events++
	require.NoError(a.t, a.bus.Send(a.ctx, topic, event(fmt.Sprint(a.events), attributes, nil)))
}

// Whatever happens, the indexes are what the snapshots say, and a search finds what going through all instances finds.
func TestIndexes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := &actor{world: newWorld(t), t: rt}
		a.install(actorFiles(0)...)
		for range rapid.IntRange(1, 30).Draw(rt, "actions") {
			a.act()
		}
		require.NoError(rt, runner.Check(a.store))
		a.compareSearch()
		a.compareHistory()
		a.stop()
	})
}

func (a *actor) compareSearch() {
	all := a.search(runner.Filter{})
	require.True(a.t, slices.IsSortedFunc(all, func(x, y runner.InstanceInfo) int { return int(x.Key - y.Key) }))
	yes, no := true, false
	var parents []engine.Key
	for _, item := range all {
		if item.Parent != nil {
			parents = append(parents, item.Parent.Key)
		}
	}
	f := runner.Filter{
		State:       rapid.SampledFrom([]engine.State{"", engine.StateActive, engine.StateCompleted, engine.StateTerminated}).Draw(a.t, "state"),
		ProcessID:   rapid.SampledFrom([]string{"", "", "caller", "worker", "ticker", "unheard of"}).Draw(a.t, "process"),
		Version:     rapid.IntRange(0, 2).Draw(a.t, "version"),
		BusinessKey: rapid.SampledFrom([]string{"", "", "a", "b"}).Draw(a.t, "business key"),
		HasIncident: rapid.SampledFrom([]*bool{nil, nil, &yes, &no}).Draw(a.t, "incident"),
		Ended:       rapid.IntRange(0, 3).Draw(a.t, "ended") == 0,
	}
	if len(all) > 0 && rapid.Bool().Draw(a.t, "by start") {
		f.Since = rapid.SampledFrom(all).Draw(a.t, "since").StartedAt.Add(time.Duration(rapid.IntRange(-1, 1).Draw(a.t, "ms")) * time.Millisecond)
	}
	if rapid.IntRange(0, 3).Draw(a.t, "by message") == 0 {
		f.Awaits = rapid.SampledFrom([]string{"note", "open"}).Draw(a.t, "message")
	}
	if len(parents) > 0 && rapid.Bool().Draw(a.t, "by parent") {
		f.ParentKey = rapid.SampledFrom(parents).Draw(a.t, "parent")
	}
	if len(all) > 0 && rapid.Bool().Draw(a.t, "by definitions") {
		f.Definitions = []engine.Key{rapid.SampledFrom(all).Draw(a.t, "one").DefinitionKey, rapid.SampledFrom(all).Draw(a.t, "other").DefinitionKey, 5}
	}
	if rapid.IntRange(0, 3).Draw(a.t, "by key") == 0 {
		f.Keys = []engine.Key{a.pick(), 5, a.pick()}
	}
	var want, working []runner.InstanceInfo
	for _, item := range all {
		if selects(f, item) && (f.Awaits == "" || a.has(item.Key, engine.SubscriptionMessage, f.Awaits)) {
			want = append(want, item)
			if a.has(item.Key, engine.SubscriptionJob, "j") {
				working = append(working, item)
			}
		}
	}
	require.Equal(a.t, want, a.pages(f, false))
	a.compareJobs(f, want, working)
	slices.Reverse(want)
	require.Equal(a.t, want, a.pages(f, true))
}

// compareJobs says that a search for jobs leaves out none that has one, and none comes that is not there without.
func (a *actor) compareJobs(f runner.Filter, all, working []runner.InstanceInfo) {
	f.Jobs = true
	for _, f.JobType = range []string{"", "j"} {
		for _, descending := range []bool{false, true} {
			found := a.pages(f, descending)
			require.Subset(a.t, all, found)
			require.Subset(a.t, found, working)
			if descending {
				slices.Reverse(found)
			}
			require.True(a.t, slices.IsSortedFunc(found, func(x, y runner.InstanceInfo) int { return int(x.Key - y.Key) }))
			for _, item := range found {
				require.True(a.t, item.HasIncident || slices.ContainsFunc(working, func(w runner.InstanceInfo) bool { return w.Key == item.Key }), "only these need be looked at")
			}
		}
	}
}

// has says whether an instance waits for something.
func (a *actor) has(key engine.Key, kind engine.SubscriptionKind, name string) bool {
	return slices.ContainsFunc(a.instance(key).Subscriptions, func(s engine.Subscription) bool { return s.Kind == kind && s.Name == name })
}

func selects(f runner.Filter, item runner.InstanceInfo) bool {
	return (f.State == "" || item.State == f.State) && (f.ProcessID == "" || item.ProcessID == f.ProcessID) &&
		(f.Version == 0 || item.Version == f.Version) && (f.BusinessKey == "" || item.BusinessKey == f.BusinessKey) &&
		(f.HasIncident == nil || item.HasIncident == *f.HasIncident) && (!f.Ended || item.State != engine.StateActive) && !item.StartedAt.Before(f.Since) &&
		(f.ParentKey == 0 || item.Parent != nil && item.Parent.Key == f.ParentKey) && (f.Keys == nil || slices.Contains(f.Keys, item.Key)) &&
		(f.Definitions == nil || slices.Contains(f.Definitions, item.DefinitionKey))
}

// pages reads everything in small pages.
func (a *actor) pages(f runner.Filter, descending bool) []runner.InstanceInfo {
	var found []runner.InstanceInfo
	p := runner.Page{Limit: 3, Descending: descending}
	for {
		items, more, err := a.r.Search(f, p)
		require.NoError(a.t, err)
		found = append(found, items...)
		if !more {
			return found
		}
		require.Len(a.t, items, 3)
		p.After = items[2].Key
	}
}

// History replays to the snapshot, and can be read in parts.
func (a *actor) compareHistory() {
	for _, item := range a.search(runner.Filter{}) {
		entries, err := a.r.History(item.Key, 0, 10_000)
		require.NoError(a.t, err)
		var events []engine.Event
		for i, e := range entries {
			require.True(a.t, i == 0 || e.Seq > entries[i-1].Seq)
			events = append(events, e.Event)
		}
		require.Equal(a.t, asJSON(a.t, a.instance(item.Key)), asJSON(a.t, engine.Replay(nil, events)))
		at := rapid.IntRange(0, len(entries)-1).Draw(a.t, "from")
		part, err := a.r.History(item.Key, entries[at].Seq, 2)
		require.NoError(a.t, err)
		require.Len(a.t, part, min(2, len(entries)-at-1))
		for i, e := range part {
			require.Equal(a.t, entries[at+1+i], e)
		}
	}
}

func asJSON(t require.TestingT, v any) string {
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

// The story of an instance is read once, however long it is: what is read grows with the steps, not with their square.
func TestStoryIsLinear(t *testing.T) {
	gets := 0
	w := newWorld(t, func(w *world) { w.store = gettingStore{w.store, &gets} })
	w.install(model("loop", start, work("job", "j"), end, "start -> job -> end"))
	key := w.launch("loop", nil)
	const updates = 1000
	for i := range updates {
		require.NoError(t, w.r.SetVariables(w.ctx, key, engine.SetVariables{Variables: map[string]any{"i": int64(i)}}))
	}
	w.stop()
	gets = 0
	n, last := 0, uint64(0)
	for entry, err := range w.r.Story(key, 0) {
		require.NoError(t, err)
		require.Greater(t, entry.Seq, last)
		last = entry.Seq
		n++
	}
	require.GreaterOrEqual(t, n, updates)
	require.GreaterOrEqual(t, gets, updates)
	require.Less(t, gets, 3*updates)
}

// gettingStore counts the rows that are asked for.
type gettingStore struct {
	runner.Store
	gets *int
}

func (s gettingStore) View(fn func(runner.ReadTx) error) error {
	return s.Store.View(func(tx runner.ReadTx) error { return fn(gettingTx{tx, s.gets}) })
}

type gettingTx struct {
	runner.ReadTx
	gets *int
}

func (tx gettingTx) Get(table runner.Table, key []byte) []byte {
	*tx.gets++
	return tx.ReadTx.Get(table, key)
}

// A watcher hears what is durable, of the instances of one root or of all, in the order of Seq; one that sleeps is dropped.
func TestWatch(t *testing.T) {
	w := newWorld(t)
	w.install(model("parent", start, work("job", "j"), call("call", "child", ""), end, "start -> job -> call -> end"), model("child", start, end, "start -> end"))
	key, other := w.launch("parent", nil), w.launch("parent", nil)
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	one, all := w.r.Watch(ctx, key), w.r.Watch(ctx, 0)
	for _, k := range []engine.Key{other, key} {
		require.NoError(t, w.r.CompleteJob(w.ctx, k, engine.CompleteJob{Subscription: w.subscription(k, "job").ID}))
	}
	cancel()
	collect := func(entries <-chan runner.Entry) (found []runner.Entry) {
		for e := range entries {
			found = append(found, e)
		}
		return found
	}
	mine, everything := collect(one), collect(all)
	require.True(t, slices.IsSortedFunc(everything, func(x, y runner.Entry) int { return int(x.Seq - y.Seq) }))
	processes := map[string]bool{}
	for _, e := range mine {
		require.Equal(t, key, e.Root)
		require.Equal(t, begin, e.At)
		processes[e.ProcessID] = true
	}
	require.Equal(t, map[string]bool{"parent": true, "child": true}, processes)
	require.Len(t, everything, 2*len(mine))

	sleeping := w.r.Watch(w.ctx, 0)
	for range 1000 {
		w.launch("child", nil)
	}
	for range 4096 {
		<-sleeping
	}
	select {
	case _, open := <-sleeping:
		require.False(t, open)
	default:
		t.Fatal("a watcher that fell behind is still there")
	}
	atEnd := w.r.Watch(context.Background(), 0)
	w.stop()
	require.Empty(t, collect(atEnd))
	require.Empty(t, collect(w.r.Watch(context.Background(), 0)))
}

func TestUnknownInstance(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.r.Instance(3)
	rejected(t, err, engine.CodeNotFound, "no process instance 3")
	entries, err := w.r.History(3, 0, 0)
	require.NoError(t, err)
	require.Empty(t, entries)
}
