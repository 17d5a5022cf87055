package runner_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// waiter waits for a reply under the key in its variable k, if it has one.
var waiter = model("waiter", start, catch("wait", "m"), end, message("m", "reply", "=k"), "start -> wait -> end")

// patient waits for a reply that names it.
var patient = model("patient", start, catch("wait", "m"), end, message("m", "reply", ""), "start -> wait -> end")

func ref(key engine.Key) map[string]any { return map[string]any{"kogitoprocrefid": key.String()} }

// A message resumes the instance that it names, else the one that waits for its key, else the one with its business key.
func TestCorrelationOrder(t *testing.T) {
	w := newWorld(t)
	w.install(waiter, patient)
	byKey, other := w.launch("waiter", map[string]any{"k": "K1"}), w.launch("waiter", map[string]any{"k": "K2"})
	named := w.launch("patient", nil)
	business, err := w.r.Start(w.ctx, runner.Start{ProcessID: "patient", BusinessKey: "B"})
	require.NoError(t, err)

	w.send("reply", "1", map[string]any{"kogitoprocrefid": named.String(), "correlationkey": "K1", "kogitobusinesskey": "B"}, map[string]any{"from": "1"})
	require.Equal(t, "1", w.variables(named)["from"])
	require.Equal(t, engine.StateActive, w.instance(byKey).State)

	w.send("reply", "2", map[string]any{"correlationkey": "K1", "kogitobusinesskey": "B"}, map[string]any{"from": "2"})
	require.Equal(t, "2", w.variables(byKey)["from"])
	require.Equal(t, engine.StateActive, w.instance(business.Key).State)

	w.send("reply", "3", map[string]any{"correlationkey": "K1", "kogitobusinesskey": "B"}, map[string]any{"from": "3"})
	require.Equal(t, "3", w.variables(business.Key)["from"])

	// The record's key counts where no attribute does.
	record := event("4", nil, map[string]any{"from": "4"})
	record.Key = []byte("K2")
	require.NoError(t, w.bus.Send(w.ctx, "reply", record))
	require.Equal(t, "4", w.variables(other)["from"])
	require.Empty(t, w.letters())
}

// A reference to an instance that does not wait (any more) resumes nobody else, whatever else the message says.
func TestReferenceIsExclusive(t *testing.T) {
	w := newWorld(t)
	w.install(waiter, patient)
	byKey, named := w.launch("waiter", map[string]any{"k": "K"}), w.launch("patient", nil)
	w.send("reply", "1", ref(named), nil)
	require.Equal(t, engine.StateCompleted, w.instance(named).State)

	also := ref(named)
	also["correlationkey"] = "K"
	w.send("reply", "2", also, nil)
	require.Equal(t, engine.StateActive, w.instance(byKey).State)
	require.Equal(t, []string{fmt.Sprintf("kogitoprocrefid %s names an instance of patient that has ended (COMPLETED)", named)}, w.letters())
}

func TestDeadLetterReasons(t *testing.T) {
	w := newWorld(t)
	w.install(waiter)
	w.launch("waiter", map[string]any{"k": "K"})

	w.send("reply", "1", map[string]any{"kogitoprocrefid": "123"}, nil)
	w.send("reply", "2", map[string]any{"kogitoprocrefid": "not a key"}, nil)
	w.send("reply", "3", map[string]any{"kogitoprocrefid": int64(123)}, nil)
	unreadable := event("", nil, nil)
	unreadable.Fault, unreadable.Value, unreadable.Headers = "it is not JSON", []byte("{"), []runner.RecordHeader{{Key: "h", Value: []byte("v")}}
	require.NoError(t, w.bus.Send(w.ctx, "reply", unreadable))
	require.Equal(t, []string{
		`kogitoprocrefid "123" names no instance here`, `kogitoprocrefid "not a key" names no instance here`,
		`kogitoprocrefid "123" names no instance here`, "it is not JSON",
	}, w.letters())

	letters, more, err := w.r.DeadLetters(0, 3)
	require.NoError(t, err)
	require.True(t, more)
	letters, more, err = w.r.DeadLetters(letters[2].Key, 3)
	require.NoError(t, err)
	require.False(t, more)
	require.Len(t, letters, 1)
	letter := letters[0]
	require.EqualValues(t, 3, letter.Offset)
	require.Equal(t, "reply", letter.Topic)
	require.Equal(t, "{", string(letter.Value))
	require.Equal(t, unreadable.Headers, letter.Headers)
	require.Equal(t, begin, letter.At)

	// Those without any receiver wait for one first.
	w.send("reply", "4", map[string]any{"correlationkey": "other"}, nil)
	w.send("unheard of", "5", nil, nil)
	require.Len(t, w.letters(), 4)
	w.advance(time.Hour)
	waiting := w.only("waiter")
	require.Equal(t, []string{
		"within 1h0m0s nobody waited for it with its reference, correlation key or business key; for other messages of this name waited: " + waiting.String() + " of waiter at wait",
	}, w.letters()[4:])
	require.NotContains(t, strings.Join(w.letters(), " "), "other, ")
	kept, _, err := w.r.BufferedMessages(0, 10)
	require.NoError(t, err)
	require.Empty(t, kept)
}

// Replies that come before their receiver waits are kept for it, and given to it in their order.
func TestEarlyReplies(t *testing.T) {
	for name, attributes := range map[string]func(engine.Key) map[string]any{
		"by reference": ref,
		"by key":       func(engine.Key) map[string]any { return map[string]any{"correlationkey": "K"} },
		"by business":  func(engine.Key) map[string]any { return map[string]any{"kogitobusinesskey": "B"} },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.install(model("slow", start, work("job", "j"), catch("wait", "m"), catch("again", "m"), end,
				message("m", "reply", "=k"), "start -> job -> wait -> again -> end"))
			info, err := w.r.Start(w.ctx, runner.Start{ProcessID: "slow", BusinessKey: "B", Variables: map[string]any{"k": "K"}})
			require.NoError(t, err)
			key := info.Key
			w.send("reply", "1", attributes(key), map[string]any{"first": int64(1), "n": int64(1)})
			w.send("reply", "2", attributes(key), map[string]any{"n": int64(2)})
			kept, _, err := w.r.BufferedMessages(0, 10)
			require.NoError(t, err)
			require.Len(t, kept, 2)
			require.Equal(t, begin.Add(time.Hour), kept[0].ExpiresAt)

			w.restart() // they are durable
			require.NoError(t, w.r.CompleteJob(w.ctx, key, engine.CompleteJob{Subscription: w.subscription(key, "job").ID}))
			require.Equal(t, engine.StateCompleted, w.instance(key).State)
			require.Equal(t, map[string]any{"k": "K", "first": int64(1), "n": int64(2)}, w.variables(key))
			kept, _, err = w.r.BufferedMessages(0, 10)
			require.NoError(t, err)
			require.Empty(t, kept)
			w.advance(2 * time.Hour)
			require.Empty(t, w.letters())
		})
	}
}

// Of messages that are kept under different names for the same receiver, it gets the oldest first.
func TestEarlyRepliesOfAllKinds(t *testing.T) {
	w := newWorld(t)
	w.install(model("slow", start, work("job", "j"), catch("one", "m"), catch("two", "m"), catch("three", "m"), end,
		message("m", "reply", "=k"), "start -> job -> one -> two -> three -> end"))
	info, err := w.r.Start(w.ctx, runner.Start{ProcessID: "slow", BusinessKey: "B", Variables: map[string]any{"k": "K"}})
	require.NoError(t, err)
	w.send("reply", "1", map[string]any{"correlationkey": "K"}, map[string]any{"first": true})
	w.send("reply", "2", ref(info.Key), map[string]any{"second": true})
	w.send("reply", "3", map[string]any{"kogitobusinesskey": "B"}, map[string]any{"third": true})
	require.NoError(t, w.r.CompleteJob(w.ctx, info.Key, engine.CompleteJob{Subscription: w.subscription(info.Key, "job").ID}))
	history, err := w.r.History(info.Key, 0, 1000)
	require.NoError(t, err)
	var order []string
	for _, e := range history {
		if set, ok := e.Event.(engine.VariablesSet); ok {
			order = slices.AppendSeq(order, maps.Keys(set.Variables))
		}
	}
	require.Equal(t, []string{"k", "first", "second", "third"}, order)
}

// A boundary event that does not interrupt takes every message that was kept for it.
func TestEarlyRepliesToABoundaryEvent(t *testing.T) {
	w := newWorld(t)
	w.install(model("noted", start, work("before", "j"), work("job", "j"), end,
		`<boundaryEvent id="note" attachedToRef="job" cancelActivity="false"><messageEventDefinition messageRef="m"/></boundaryEvent>`,
		publish("tell", "told", "=n>n"), `<endEvent id="done"/>`,
		message("m", "note", "=k"), "start -> before -> job -> end", "note -> tell -> done"))
	key := w.launch("noted", map[string]any{"k": "K"})
	for i := range 3 {
		w.send("note", fmt.Sprint(i), map[string]any{"correlationkey": "K"}, map[string]any{"n": int64(i)})
	}
	require.NoError(t, w.r.CompleteJob(w.ctx, key, engine.CompleteJob{Subscription: w.subscription(key, "before").ID}))
	told := w.awaitPublished("told", 3)
	for i, m := range told {
		require.JSONEq(t, fmt.Sprintf(`{"n":%d}`, i), string(m.Data))
	}
}

// Two records for the same event-based gateway, in one batch: the first decides, the second is kept.
func TestRaceAtAGateway(t *testing.T) {
	w := newWorld(t)
	w.install(model("race", start, `<eventBasedGateway id="either"/>`, catch("a", "ma"), catch("b", "mb"), `<endEvent id="endA"/>`, `<endEvent id="endB"/>`,
		message("ma", "a", ""), message("mb", "b", ""), "start -> either -> a -> endA", "either -> b -> endB"))
	key := w.launch("race", nil)
	first, second := event("1", ref(key), map[string]any{"first": true}), event("2", ref(key), map[string]any{"second": true})
	first.Topic, second.Topic = "b", "a"
	require.NoError(t, w.r.Receive(w.ctx, []runner.Incoming{first, second}))
	in := w.instance(key)
	require.Equal(t, engine.StateCompleted, in.State)
	require.Equal(t, map[string]any{"first": true}, in.Variables(0))
	require.Equal(t, []string{fmt.Sprintf("kogitoprocrefid %s names an instance of race that has ended (COMPLETED)", key)}, w.letters())
}

// One record resumes one receiver, the oldest, even when several wait for the same key.
func TestOneRecordOneReceiver(t *testing.T) {
	w := newWorld(t)
	w.install(waiter)
	var keys []engine.Key
	for range 3 {
		keys = append(keys, w.launch("waiter", map[string]any{"k": "K"}))
	}
	for i := range keys {
		w.send("reply", fmt.Sprint(i), map[string]any{"correlationkey": "K"}, nil)
		for j, key := range keys {
			require.Equal(t, j <= i, w.instance(key).State == engine.StateCompleted)
		}
	}
}

// A message starts each process that begins with it, once, in its newest version.
func TestMessageStart(t *testing.T) {
	one := func(extra string) runner.Resource {
		return model("one", startOn("start", "m"), task, end, message("m", "order", ""), extra, "start -> task -> end")
	}
	w := newWorld(t)
	w.install(one(""), model("two", startOn("start", "m"), end, message("m", "order", ""), "start -> end"))
	w.install(one("<documentation>newer</documentation>"))
	w.send("order", "1", map[string]any{"kogitoprocinstanceid": "77", "kogitobusinesskey": "B", "kogitoprocrefid": "5"}, map[string]any{"n": int64(1)})
	for _, process := range []string{"one", "two"} {
		in := w.instance(w.only(process))
		require.Equal(t, "77", in.ReferenceID)
		require.Equal(t, "B", in.BusinessKey)
		require.Equal(t, map[string]any{"n": int64(1)}, in.Variables(0))
	}
	require.Equal(t, 2, w.instance(w.only("one")).Version)
}

// A message that came before a process that begins with it was deployed starts it then.
func TestMessageBeforeDeployment(t *testing.T) {
	w := newWorld(t)
	receipt, err := w.r.Publish(w.ctx, runner.Publication{Name: "order", TimeToLive: -1, Data: map[string]any{"n": int64(1)}})
	require.NoError(t, err)
	require.NotZero(t, receipt.Key)
	require.Equal(t, runner.FateKept, receipt.Fate)
	w.install(model("late", startOn("start", "m"), end, message("m", "order", ""), "start -> end"))
	require.Equal(t, map[string]any{"n": int64(1)}, w.variables(w.only("late")))
	kept, _, err := w.r.BufferedMessages(0, 10)
	require.NoError(t, err)
	require.Empty(t, kept)
}

// An event that comes again within the window changes nothing; after it, it is a new one. So it is with records whose offset
// was passed.
func TestRepetitions(t *testing.T) {
	w := newWorld(t, func(w *world) { w.opts.SeenWindow = 36 * time.Hour })
	w.install(model("one", startOn("start", "m"), end, message("m", "order", ""), "start -> end"))
	count := func() int { return len(w.search(runner.Filter{ProcessID: "one"})) }
	w.send("order", "same", nil, nil)
	w.send("order", "same", nil, nil)
	require.Equal(t, 1, count())
	other := event("same", nil, nil)
	other.Source = "elsewhere"
	require.NoError(t, w.bus.Send(w.ctx, "order", other))
	require.Equal(t, 2, count(), "the source belongs to the id")
	w.send("order", "", nil, nil)
	w.send("order", "", nil, nil)
	require.Equal(t, 4, count(), "without an id nothing is a repetition")

	w.advance(36*time.Hour - time.Second)
	w.restart()
	w.send("order", "same", nil, nil)
	require.Equal(t, 4, count())
	w.advance(2 * time.Second)
	w.send("order", "same", nil, nil)
	require.Equal(t, 5, count())
	for range 5 {
		w.advance(24 * time.Hour)
		w.send("order", "same", nil, nil)
	}
	require.Equal(t, 7, count())

	positions, err := w.r.Positions()
	require.NoError(t, err)
	require.Equal(t, []runner.Position{{Topic: "order", Offset: 12}}, positions)
	again := event("new", nil, nil)
	again.Topic, again.Offset = "order", 11
	require.NoError(t, w.r.Receive(w.ctx, []runner.Incoming{again}))
	require.Equal(t, 7, count())
}

func TestPublishByREST(t *testing.T) {
	w := newWorld(t)
	w.install(waiter)
	key := w.launch("waiter", map[string]any{"k": "K"})
	publish := func(fate runner.Fate, taker engine.Key, p runner.Publication) engine.Key {
		t.Helper()
		receipt, err := w.r.Publish(w.ctx, p)
		require.NoError(t, err)
		require.Equal(t, fate, receipt.Fate)
		require.Equal(t, taker, receipt.Taker)
		return receipt.Key
	}
	nobody := publish(runner.FateDropped, 0, runner.Publication{Name: "reply", CorrelationKey: "other"})
	first := publish(runner.FateTaken, key, runner.Publication{Name: "reply", CorrelationKey: "K", ID: "1", Data: map[string]any{"a": int64(1)}})
	require.NotEqual(t, nobody, first)
	require.Equal(t, int64(1), w.variables(key)["a"])
	second := w.launch("waiter", map[string]any{"k": "K"})
	require.Equal(t, first, publish(runner.FateRepeated, 0, runner.Publication{Name: "reply", CorrelationKey: "K", ID: "1"}))
	require.Equal(t, engine.StateActive, w.instance(second).State)
	publish(runner.FateTaken, second, runner.Publication{Name: "reply", CorrelationKey: "K", ID: "2"})
	require.Equal(t, engine.StateCompleted, w.instance(second).State)

	publish(runner.FateKept, 0, runner.Publication{Name: "reply", CorrelationKey: "later", TimeToLive: time.Minute})
	w.advance(59 * time.Second)
	require.Equal(t, engine.StateCompleted, w.instance(w.launch("waiter", map[string]any{"k": "later"})).State)
	require.Empty(t, w.letters())

	_, err := w.r.Publish(w.ctx, runner.Publication{})
	rejected(t, err, engine.CodeInvalid, "needs a name")
}

// unreadable is a record that is no message.
func unreadable(bytes int) runner.Incoming {
	e := event("", nil, nil)
	e.Fault, e.Value = "it is not JSON", make([]byte, bytes)
	return e
}

// However few they are, dead letters do not fill the disk: the oldest go, and one always stays. What room they take is known again after a restart.
func TestLargeDeadLetters(t *testing.T) {
	const room = 100_000
	t.Cleanup(runner.LimitDeadLetters(room))
	w := newWorld(t)
	w.install(patient)
	sizes := func() (sizes []int) {
		letters, _, err := w.r.DeadLetters(0, 100)
		require.NoError(t, err)
		for _, l := range letters {
			sizes = append(sizes, len(l.Value))
		}
		return sizes
	}
	send := func(bytes int) { require.NoError(t, w.bus.Send(w.ctx, "reply", unreadable(bytes))) }
	for n := 20_000; n < 20_006; n++ {
		send(n)
	}
	require.Equal(t, []int{20_003, 20_004, 20_005}, sizes(), "in Base64 they take four thirds of that")
	letters, _, err := w.r.DeadLetters(0, 1)
	require.NoError(t, err)
	require.NoError(t, w.r.DropDeadLetter(w.ctx, letters[0].Key))
	send(20_006)
	require.Equal(t, []int{20_004, 20_005, 20_006}, sizes())
	w.restart()
	send(20_007)
	require.Equal(t, []int{20_005, 20_006, 20_007}, sizes())
	send(50_000)
	require.Equal(t, []int{20_007, 50_000}, sizes())
	send(room)
	require.Equal(t, []int{room}, sizes())
	send(1)
	require.Equal(t, []int{1}, sizes())
}

// A list of large messages comes in parts: what was read is in memory at once.
func TestListingLargeDeadLetters(t *testing.T) {
	w := newWorld(t)
	w.install(patient)
	const letters = 12
	for range letters {
		require.NoError(t, w.bus.Send(w.ctx, "reply", unreadable(1<<20)))
	}
	var keys []engine.Key
	for more, after := true, engine.Key(0); more; {
		items, further, err := w.r.DeadLetters(after, 100)
		require.NoError(t, err)
		require.NotEmpty(t, items)
		require.LessOrEqual(t, len(items), 4)
		for _, l := range items {
			keys = append(keys, l.Key)
		}
		after, more = keys[len(keys)-1], further
	}
	require.Len(t, keys, letters)
	require.IsIncreasing(t, keys)
}

// Dead letters can be tried again, dropped, and never fill the disk.
func TestDeadLetters(t *testing.T) {
	w := newWorld(t)
	w.install(patient)
	w.send("reply", "1", map[string]any{"kogitoprocrefid": "1"}, nil)
	unreadable := event("", nil, nil)
	unreadable.Fault = "it is not JSON"
	require.NoError(t, w.bus.Send(w.ctx, "reply", unreadable))
	w.send("order", "2", nil, map[string]any{"n": int64(1)})
	w.install(model("other", startOn("start", "m"), end, message("m", "other", ""), "start -> end"))
	letters, _, err := w.r.DeadLetters(0, 10)
	require.NoError(t, err)
	require.Len(t, letters, 2)

	rejected(t, w.retry(letters[1].Key), engine.CodeState, "not JSON")
	rejected(t, w.retry(1), engine.CodeNotFound, "no dead letter 1")
	rejected(t, w.r.DropDeadLetter(w.ctx, 1), engine.CodeNotFound, "no dead letter 1")
	require.NoError(t, w.retry(letters[0].Key))
	require.Len(t, w.letters(), 2, "it is still for nobody")
	require.NoError(t, w.r.DropDeadLetter(w.ctx, letters[1].Key))
	require.Len(t, w.letters(), 1)

	// A letter finds its receiver when there is one.
	w.send("other", "3", nil, nil)
	require.Len(t, w.search(runner.Filter{ProcessID: "other"}), 1)
	w.install(model("answered", startOn("start", "m"), end, message("m", "reply", ""), "start -> end"))
	require.NoError(t, w.retry(letters[0].Key))
	require.Empty(t, w.letters())
	require.Len(t, w.search(runner.Filter{ProcessID: "answered"}), 1)

	var records []runner.Incoming
	for i := range runner.MaxDeadLetters + 5 {
		records = append(records, runner.Incoming{Topic: "nonsense", Offset: int64(i), Fault: fmt.Sprint(i)})
	}
	require.NoError(t, w.r.Receive(w.ctx, records))
	reasons := w.letters()
	require.Len(t, reasons, runner.MaxDeadLetters)
	require.Equal(t, "5", reasons[0])
}

// A caller that gives up does not wait.
func TestContextOfCallers(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	_, err := w.r.Publish(ctx, runner.Publication{Name: "x"})
	if err != nil { // the loop may have been quicker
		require.ErrorIs(t, err, context.Canceled)
	}
	w.stop()
	_, err = w.r.Publish(context.Background(), runner.Publication{Name: "x"})
	require.ErrorIs(t, err, runner.ErrStopped)
	require.ErrorIs(t, w.r.Ready(), runner.ErrStopped)
}
