package runner_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Resources that this Sonata cannot compile, as another one may have left them; nil: there is none.
var unusable = map[string][]byte{
	"refused": model("stranded", start, `<intermediateCatchEvent id="when"><conditionalEventDefinition/></intermediateCatchEvent>`, end, "start -> when -> end").XML,
	"foreign": model("other", start, end, "start -> end").XML,
	"no XML":  []byte("this is no XML"),
	"gone":    nil,
}

// strand ends the runner, replaces the stored resource of a process, and starts it again.
func (w *world) strand(process string, xml []byte) {
	w.t.Helper()
	w.stop()
	require.NoError(w.t, w.store.Update(func(tx runner.Tx) error {
		var key []byte
		tx.Ascend("resources", nil, func(k, v []byte) bool {
			if bytes.Contains(v, []byte(`<process id="`+process+`"`)) || key == nil && !bytes.Contains(v, []byte("<process")) {
				key = bytes.Clone(k)
			}
			return true
		})
		if xml == nil {
			return tx.Delete("resources", key)
		}
		return tx.Put("resources", key, xml)
	}))
	w.start()
}

// strandedModel waits for everything at once, and is called by caller.
var strandedModel = model("stranded", start, `<parallelGateway id="fork"/>`, timer("timer", "PT1H"), catch("message", "m"),
	`<intermediateCatchEvent id="signal"><signalEventDefinition signalRef="s"/></intermediateCatchEvent>`,
	work("job", "labour"), work("given", "given"), call("call", "labour", ""), `<exclusiveGateway id="fails"/>`, end,
	`<sequenceFlow id="never" sourceRef="fails" targetRef="end"><conditionExpression>=missing = 1</conditionExpression></sequenceFlow>`,
	message("m", "answer", "=k"), `<signal id="s" name="bell"/>`,
	"start -> fork -> timer", "fork -> message", "fork -> signal", "fork -> job", "fork -> given", "fork -> call", "fork -> fails")

var strandedTables = []runner.Table{"timers", "awaited", "signals", "jobs", "job-timers"}

// An instance of a process that another Sonata has deployed and this one cannot run can be read and cancelled: it closes what it
// waited for, ends what it called, and tells its caller. Then it is forgotten as any other.
func TestCancelOfWhatCannotBeRun(t *testing.T) {
	for name, xml := range unusable {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(w *world) { w.opts.HistoryTTL = time.Hour })
			w.install(strandedModel, labour, model("caller", start, call("call", "stranded", ""), end, "start -> call -> end"))
			caller := w.launch("caller", map[string]any{"k": "K"})
			key, called := w.only("stranded"), w.only("labour")
			given, err := w.r.ActivateJobs(w.ctx, runner.Activation{Type: "given", Timeout: time.Minute, Max: 1})
			require.NoError(t, err)
			require.Len(t, given, 1)
			for _, table := range strandedTables {
				require.NotZero(t, w.rows(table), table)
			}
			require.Len(t, w.instance(key).Incidents, 1)

			w.strand("stranded", xml)
			found, err := runner.Stranded(w.store)
			require.NoError(t, err)
			require.Len(t, found, 1)
			_, info, err := w.r.Instance(key)
			require.NoError(t, err)
			require.Equal(t, found[0].Error(), info.Resting)
			require.Contains(t, info.Resting, "process stranded, version 1, was deployed with another Sonata")
			require.Equal(t, []string{info.Resting}, []string{w.search(runner.Filter{ProcessID: "stranded"})[0].Resting})

			require.NoError(t, w.r.Cancel(w.ctx, key))
			in := w.instance(key)
			require.Equal(t, engine.StateTerminated, in.State)
			require.Empty(t, in.Subscriptions)
			require.Empty(t, in.Incidents)
			require.Equal(t, engine.StateTerminated, w.instance(called).State)
			for _, table := range append(strandedTables, "calls") {
				require.Zero(t, w.rows(table), table)
			}
			history, err := w.r.History(key, 0, 1000)
			require.NoError(t, err)
			require.IsType(t, engine.InstanceEnded{}, history[len(history)-1].Event)
			require.Equal(t, engine.IncidentCalledElement, w.instance(caller).Incidents[0].Kind, "as when any called instance is cancelled")
			rejected(t, w.r.Cancel(w.ctx, key), engine.CodeState, "has ended (TERMINATED)")

			require.NoError(t, w.r.Cancel(w.ctx, caller))
			w.sync() // what is being stored is not forgotten
			w.advance(2 * time.Hour)
			require.Zero(t, w.rows("instances"))
			require.NotZero(t, w.rows("definitions"))
		})
	}
}

// Whatever else comes for such an instance says what to do, changes nothing, and keeps nobody from anything. Nothing of it is lost to
// the Sonata that can run it.
func TestWhatComesForWhatCannotBeRun(t *testing.T) {
	counting := (*countingStore)(nil)
	w := newWorld(t, func(w *world) {
		counting = &countingStore{Store: w.store}
		w.store = counting
		w.opts.Logger = slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	w.install(strandedModel, labour, model("listener", start, `<intermediateCatchEvent id="signal"><signalEventDefinition signalRef="s"/></intermediateCatchEvent>`, end,
		`<signal id="s" name="bell"/>`, "start -> signal -> end"),
		model("ringer", start, `<endEvent id="ring"><signalEventDefinition signalRef="s"/></endEvent>`, `<signal id="s" name="bell"/>`, "start -> ring"),
		model("caller", start, call("call", "stranded", ""), end, "start -> call -> end"))
	key := w.launch("stranded", map[string]any{"k": "K"})
	called, worker, listener := w.only("labour"), w.launch("labour", nil), w.launch("listener", nil)
	before := w.instance(key)

	w.strand("stranded", unusable["refused"])
	require.Equal(t, 1, strings.Count(w.logs.String(), "a process cannot be run"), w.logs)
	require.Contains(t, w.logs.String(), `level=WARN msg="a process cannot be run; its instances rest, and everything else goes on" process=stranded version=1 instances=1 reason=`)
	const advice = "process stranded, version 1, was deployed with another Sonata, and this one cannot run it: stranded.bpmn:"
	for _, err := range []error{
		w.r.CompleteJob(w.ctx, key, engine.CompleteJob{Subscription: w.subscription(key, "job").ID}),
		w.r.FailJob(w.ctx, key, engine.FailJob{Subscription: w.subscription(key, "job").ID}),
		w.r.ThrowError(w.ctx, key, engine.ThrowError{Subscription: w.subscription(key, "job").ID, Code: "E"}),
		w.r.UpdateJob(w.ctx, key, engine.UpdateJob{Subscription: w.subscription(key, "job").ID}),
		w.r.ResolveIncident(w.ctx, key, engine.ResolveIncident{Incident: before.Incidents[0].ID}),
		w.r.SetVariables(w.ctx, key, engine.SetVariables{Variables: map[string]any{"k": "L"}}),
		w.r.Release(w.ctx, key),
		func() error { _, err := w.r.Start(w.ctx, runner.Start{ProcessID: "stranded"}); return err }(),
	} {
		rejected(t, err, engine.CodeState, advice)
		require.ErrorContains(t, err, "deploy a version that can be run, and cancel the instances of this one or run them with the Sonata that deployed it")
	}

	caller := w.launch("caller", nil)
	require.Contains(t, w.instance(caller).Incidents[0].Text, advice)
	require.NoError(t, w.r.Cancel(w.ctx, caller))

	jobs, err := w.r.ActivateJobs(w.ctx, runner.Activation{Type: "labour", Timeout: time.Hour, Max: 10})
	require.NoError(t, err)
	require.Equal(t, []engine.Key{called, worker}, []engine.Key{jobs[0].InstanceInfo.Key, jobs[1].InstanceInfo.Key}, "those of the others")
	require.Len(t, jobs, 2)
	require.NotContains(t, w.logs.String(), "a job could not be given", "not tried again at each request")

	w.send("answer", "1", map[string]any{"correlationkey": "K"}, map[string]any{"a": "b"})
	letter := w.letter()
	require.Equal(t, runner.CauseRefused, letter.Cause)
	require.Contains(t, letter.Reason, "instance "+key.String()+" waits for it, but "+advice)

	w.launch("ringer", nil)
	require.Equal(t, engine.StateCompleted, w.instance(listener).State)
	require.Contains(t, w.logs.String(), `level=WARN msg="a signal passes by instances that rest" signal=bell instances=1`)

	require.NoError(t, w.r.CompleteJob(w.ctx, called, engine.CompleteJob{Subscription: jobs[0].ID}))
	require.NoError(t, w.r.CompleteJob(w.ctx, worker, engine.CompleteJob{Subscription: jobs[1].ID}))
	require.Equal(t, engine.StateCompleted, w.instance(called).State)
	require.Equal(t, 1, w.rows("outcomes"))

	require.Empty(t, w.waiting(), "its timers rest")
	updates := counting.updates.Load()
	w.clock.Advance(30 * time.Minute)
	w.advance(40 * time.Minute)
	require.Equal(t, updates, counting.updates.Load())
	require.Equal(t, before, w.instance(key))
	require.Zero(t, w.rows("suspects"), "nothing need be released")
	require.Equal(t, 1, strings.Count(w.logs.String(), "a process cannot be run"), w.logs)

	w.strand("stranded", strandedModel.XML)
	w.await(func(e runner.Entry) bool { // the timer is late, but fires
		fired, ok := e.Event.(engine.SubscriptionFired)
		return ok && fired.Element == "timer"
	})
	require.NoError(t, w.retry(letter.Key))
	require.Eventually(t, func() bool { return w.rows("outcomes") == 0 }, time.Minute, time.Millisecond, "it knows what became of its call")
	var waits []string
	for _, sub := range w.instance(key).Subscriptions {
		waits = append(waits, sub.Element)
	}
	require.Equal(t, []string{"signal", "job", "given"}, waits)
	jobs, err = w.r.ActivateJobs(w.ctx, runner.Activation{Type: "labour", Timeout: time.Hour, Max: 1, NoWait: true})
	require.NoError(t, err)
	require.Equal(t, key, jobs[0].InstanceInfo.Key)
}

// What would start an instance of such a process is kept, until a version is deployed that can be run. Neither does an instance that
// has begun to gather the messages that begin it keep them from the next version.
func TestStartsOfWhatCannotBeRun(t *testing.T) {
	w := newWorld(t)
	gathering := func(lines ...string) runner.Resource {
		return model("stranded", append(lines, `<startEvent id="both" parallelMultiple="true"><messageEventDefinition messageRef="a"/><messageEventDefinition messageRef="b"/></startEvent>`,
			`<startEvent id="often"><timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition></startEvent>`, end,
			`<message id="a" name="a"/>`, `<message id="b" name="b"/>`, "both -> end", "often -> end")...)
	}
	w.install(gathering())
	w.send("a", "1", nil, nil)
	old := w.only("stranded")

	w.strand("stranded", unusable["no XML"])
	require.Empty(t, w.waiting(), "its start timer rests")
	w.send("a", "2", nil, nil)
	w.send("b", "3", nil, nil)
	require.Len(t, w.letters(), 2)
	for _, reason := range w.letters() {
		require.Contains(t, reason, "process stranded could not start: process stranded, version 1, was deployed with another Sonata")
	}
	w.advance(2 * time.Hour)
	require.Equal(t, old, w.only("stranded"))

	require.Equal(t, 2, w.install(gathering("<task id=\"new\"/>", "both -> new")).Definitions[0].Version)
	require.Equal(t, []time.Time{begin.Add(3 * time.Hour)}, w.waiting())
	w.send("a", "4", nil, nil)
	w.send("b", "5", nil, nil) // the old one has waited for it longer
	require.Equal(t, engine.StateCompleted, w.search(runner.Filter{ProcessID: "stranded", Version: 2})[0].State)
	require.Equal(t, engine.StateActive, w.instance(old).State)

	w.restart()
	require.Equal(t, 2, strings.Count(w.logs.String(), "a process cannot be run"), "once at each start")
	require.NoError(t, w.r.Cancel(w.ctx, old))
	w.restart()
	w.sync()
	require.Equal(t, 2, strings.Count(w.logs.String(), "a process cannot be run"), "nothing is left of it")
}

// A file whose stored text was lost can be deployed again as it is.
func TestAFileThatIsGoneIsDeployedAgain(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 1, w.install(labour).Definitions[0].Version)
	w.strand("labour", nil)
	_, err := w.r.XML(w.r.Definitions()[0].Key)
	rejected(t, err, engine.CodeNotFound, "labour.bpmn")
	require.Equal(t, 2, w.install(labour).Definitions[0].Version)
	require.Equal(t, 2, w.install(labour).Definitions[0].Version)
	w.launch("labour", nil)
}

// readingStore counts how often a stored file is read.
type readingStore struct {
	runner.Store
	files atomic.Int64
}

func (s *readingStore) View(fn func(runner.ReadTx) error) error {
	return s.Store.View(func(tx runner.ReadTx) error { return fn(readingTx{tx, s}) })
}

type readingTx struct {
	runner.ReadTx
	store *readingStore
}

func (tx readingTx) Get(table runner.Table, key []byte) []byte {
	if table == "resources" {
		tx.store.files.Add(1)
	}
	return tx.ReadTx.Get(table, key)
}

// A message that may be for such an instance, which nothing can say any more, is told from one that nobody waits for. The file is not
// compiled again for each.
func TestKeysOfWhatCannotBeRun(t *testing.T) {
	reading := (*readingStore)(nil)
	w := newWorld(t, func(w *world) {
		reading = &readingStore{Store: w.store}
		w.store = reading
	})
	w.install(keyed("stranded", "order.id"), waiter)
	key := w.launch("stranded", map[string]any{"k": "7"})
	reading.files.Store(0)
	w.strand("stranded", unusable["no XML"])
	w.send("bills", "1", nil, map[string]any{"order": map[string]any{"id": int64(7)}})
	w.send("bills", "2", nil, map[string]any{"order": map[string]any{"id": int64(8)}})
	w.advance(2 * time.Hour)
	require.Len(t, w.letters(), 2)
	for _, reason := range w.letters() {
		require.Contains(t, reason, "it may be for instance "+key.String()+": process stranded, version 1")
	}
	require.EqualValues(t, 2, reading.files.Load(), "each file once")
}

// What a called instance came to while its caller was set aside is told when the caller is released; workers get the caller's jobs then.
func TestOutcomesForAnInstanceThatIsSetAside(t *testing.T) {
	m := &marker{}
	w := newWorld(t, func(w *world) { w.opts.Marker, w.opts.Crashed = m, true })
	w.install(labour, model("caller", start, `<parallelGateway id="fork"/>`, call("call", "labour", ""), work("own", "own"), end,
		"start -> fork -> call -> end", "fork -> own -> end"))
	caller := w.launch("caller", nil)
	called := w.only("labour")
	w.dies(m, uint64(caller))
	m.marked = 0
	require.NoError(t, w.r.CompleteJob(w.ctx, called, engine.CompleteJob{Subscription: w.subscription(called, "task").ID}))
	require.NotEmpty(t, w.subscription(caller, "call"))
	activation := runner.Activation{Type: "own", Timeout: time.Hour, Max: 1, NoWait: true}
	jobs, err := w.r.ActivateJobs(w.ctx, activation)
	require.NoError(t, err)
	require.Empty(t, jobs)

	activation.NoWait = false
	got := make(chan int, 1)
	go func() {
		jobs, _ := w.r.ActivateJobs(w.ctx, activation)
		got <- len(jobs)
	}()
	require.NoError(t, w.r.Release(w.ctx, caller))
	require.Equal(t, 1, <-got)
	require.Len(t, w.instance(caller).Subscriptions, 1, "the call is over")
	require.Zero(t, w.rows("outcomes"))

	caller = w.launch("caller", nil)
	called = keysOf(w.search(runner.Filter{ParentKey: caller}))[0]
	w.dies(m, uint64(caller))
	m.marked = 0
	require.NoError(t, w.r.Cancel(w.ctx, called))
	require.Equal(t, 1, w.rows("outcomes"))
	require.NoError(t, w.r.Cancel(w.ctx, caller))
	require.Zero(t, w.rows("outcomes"), "nobody is left to be told")
}

// Handlers do no jobs of instances that rest as a whole, as nothing could be done with the result; they do those of one that is released.
func TestHandlersPassOverWhatRests(t *testing.T) {
	m, done := &marker{}, make(chan engine.Key, 10)
	w := newWorld(t, func(w *world) { w.opts.Marker, w.opts.Crashed = m, true })
	stranded := model("stranded", start, work("task", "labour"), end, "start -> task -> end")
	w.install(labour, stranded)
	key, aside, good := w.launch("stranded", nil), w.launch("labour", nil), w.launch("labour", nil)
	w.opts.Handlers = map[string]runner.Handler{"labour": func(_ context.Context, job *runner.Job) (map[string]any, error) {
		done <- job.InstanceInfo.Key
		return nil, nil
	}}
	m.marked = uint64(aside)
	w.strand("stranded", unusable["no XML"])
	m.marked = 0
	require.Equal(t, good, <-done)
	require.NoError(t, w.r.Release(w.ctx, aside))
	require.Equal(t, aside, <-done)
	w.strand("stranded", stranded.XML)
	require.Equal(t, key, <-done)
}

// After the store has failed everything is read anew, and what rested rests on.
func TestRestAfterTheStoreHasFailed(t *testing.T) {
	store := &flaky{Store: memory.NewStore(), broken: func() {}}
	w := newWorld(t, func(w *world) { w.store = store })
	w.install(labour, model("stranded", start, timer("timer", "PT1H"), end, "start -> timer -> end"), model("quick", start, timer("timer", "PT1M"), end, "start -> timer -> end"))
	key, quick := w.launch("stranded", nil), w.launch("quick", nil)
	w.strand("stranded", unusable["no XML"])
	store.failAt = store.count() + 1
	w.clock.Advance(time.Minute)
	_ = w.r.Sync(w.ctx) // it fails with the timer, or comes after it
	w.clock.Advance(2 * time.Hour)
	require.Equal(t, quick, w.awaitEnd("quick"))

	store.failAt = store.count() + 1
	_, err := w.r.Start(w.ctx, runner.Start{ProcessID: "labour"})
	require.ErrorIs(t, err, errBroken)
	w.launch("labour", nil)
	require.Eventually(t, func() bool { return w.r.Ready() == nil }, time.Minute, time.Millisecond) // the bus is bound beside all this
	require.Empty(t, w.waiting())
	require.NotEmpty(t, w.subscription(key, "timer"))
	require.NotContains(t, w.logs.String(), "could not fire")
	require.Equal(t, 1, strings.Count(w.logs.String(), "a process cannot be run"), w.logs)
	require.NoError(t, w.r.Cancel(w.ctx, key))
}

// A timer that is due before those that rest, and comes later than they, fires.
func TestTimersBeforeThoseThatRest(t *testing.T) {
	w := newWorld(t)
	w.install(model("stranded", start, timer("timer", "PT1H"), end, "start -> timer -> end"), model("late", start,
		`<intermediateCatchEvent id="timer"><timerEventDefinition><timeDate>2026-03-01T12:30:00Z</timeDate></timerEventDefinition></intermediateCatchEvent>`, end,
		"start -> timer -> end"))
	w.launch("stranded", nil)
	w.strand("stranded", unusable["no XML"])
	w.advance(2 * time.Hour)
	key := w.launch("late", nil)
	require.Equal(t, key, w.awaitEnd("late"))
	require.Empty(t, w.waiting())

	m := &marker{}
	w = newWorld(t, func(w *world) { w.opts.Marker, w.opts.Crashed = m, true })
	w.install(model("late", start, timer("timer", "PT1H"), end, "start -> timer -> end"))
	one, two := w.launch("late", nil), w.launch("late", nil)
	w.dies(m, uint64(one))
	w.dies(m, uint64(two))
	m.marked = 0
	w.advance(2 * time.Hour)
	require.NoError(t, w.r.Release(w.ctx, one))
	require.Equal(t, one, w.awaitEnd("late"), "it rests no more, although what came after it does")
}

// A build that could run everything does not look through it again at each start. What it meets then all the same rests from there on.
func TestWhatIsFoundOutOnlyWhenItIsMet(t *testing.T) {
	reading := (*readingStore)(nil)
	w := newWorld(t, func(w *world) {
		reading = &readingStore{Store: w.store}
		w.store, w.opts.Build = reading, "one"
	})
	w.install(model("stranded", start, timer("timer", "PT1H"), end, "start -> timer -> end"), labour,
		model("caller", start, call("call", "labour", ""), end, "start -> call -> end"))
	key, caller := w.launch("stranded", nil), w.launch("caller", nil)
	called := w.only("labour")
	w.restart()
	require.Zero(t, reading.files.Load())
	w.strand("stranded", unusable["no XML"])
	w.strand("caller", unusable["no XML"])
	require.Zero(t, reading.files.Load())
	require.NotContains(t, w.logs.String(), "a process cannot be run")

	w.advance(2 * time.Hour)
	require.NoError(t, w.r.CompleteJob(w.ctx, called, engine.CompleteJob{Subscription: w.subscription(called, "task").ID}))
	require.Equal(t, 1, w.rows("outcomes"))
	for _, key := range []engine.Key{key, caller} {
		_, info, err := w.r.Instance(key)
		require.NoError(t, err)
		require.Contains(t, info.Resting, "was deployed with another Sonata")
	}
	require.Equal(t, 1, w.rows("timers"))
	require.Empty(t, w.waiting())
	require.Zero(t, w.rows("suspects"))
	require.Equal(t, 2, strings.Count(w.logs.String(), "a process cannot be run"), w.logs)
	require.NotContains(t, w.logs.String(), "could not fire")

	w.opts.Build = "two"
	w.restart()
	require.Equal(t, 4, strings.Count(w.logs.String(), "a process cannot be run"), "another build looks")
	w.restart()
	require.Equal(t, 6, strings.Count(w.logs.String(), "a process cannot be run"), "and looks again as long as there is some")
	w.opts.Build = "one"
	w.restart()
	require.Equal(t, 8, strings.Count(w.logs.String(), "a process cannot be run"), "what the first build could run is not known any more")
	require.NoError(t, w.r.Cancel(w.ctx, key))
	require.NoError(t, w.r.Cancel(w.ctx, caller))
}
