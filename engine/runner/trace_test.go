package runner_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

const (
	traceID     = "0af7651916cd43dd8448eb211c80319c"
	traceParent = "00-" + traceID + "-b7ad6b7169203331-01"
	otherTrace  = "00-11111111111111111111111111111111-2222222222222222-00"
)

func TestParseTrace(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a=1,", 200)
	for _, test := range []struct{ parent, state, wantParent, wantState string }{
		{traceParent, "", traceParent, ""},
		{traceParent, "vendor=1,other=2", traceParent, "vendor=1,other=2"},
		{strings.Replace(traceParent, "-01", "-ff", 1), "", strings.Replace(traceParent, "-01", "-03", 1), ""},
		{"cc" + traceParent[2:] + "-what-comes", "", traceParent, ""},
		{"cc" + traceParent[2:], "", traceParent, ""},
		{traceParent, long, traceParent, long[:511]},
		{traceParent, strings.Repeat("a", 513), traceParent, ""},
		{traceParent, "a=\n", traceParent, ""},
		{traceParent + "-00", "a=1", "", ""},
		{"cc" + traceParent[2:] + "x", "a=1", "", ""},
		{"ff" + traceParent[2:], "a=1", "", ""},
		{strings.ToUpper(traceParent), "a=1", "", ""},
		{strings.Replace(traceParent, traceID, strings.Repeat("0", 32), 1), "", "", ""},
		{strings.Replace(traceParent, "b7ad6b7169203331", strings.Repeat("0", 16), 1), "", "", ""},
		{strings.Replace(traceParent, "b7", "xx", 1), "", "", ""},
		{traceParent[:54], "", "", ""},
		{"", "a=1", "", ""},
	} {
		require.Equal(t, runner.Trace{Parent: test.wantParent, State: test.wantState}, runner.ParseTrace(test.parent, test.state), test.parent)
	}
}

// requireTraced checks that a message continues a trace, with itself as the parent of what it causes.
func requireTraced(t *testing.T, m runner.Outgoing, trace, flags, state string) {
	t.Helper()
	id := uuid.MustParse(m.ID)
	require.Equal(t, "00-"+trace+"-"+hex.EncodeToString(id[8:])+"-"+flags, m.TraceParent)
	require.Equal(t, state, m.TraceState)
}

// What an instance sends continues the trace of what it was started by, also after a restart, after a timer, and in instances that it calls; a
// later message with another trace leads that on.
func TestTrace(t *testing.T) {
	w := newWorld(t)
	w.install(model("traced", startOn("s", "begin"), message("begin", "begin", ""), publish("tell", "said", "=1>n"), timer("wait", "PT1H"), call("call", "teller", ""),
		catch("more", "m"), message("m", "more", "=k"), publish("again", "said", "=2>n"), end,
		"s -> tell -> wait -> call -> more -> again -> end"), teller)
	w.send("begin", "1", map[string]any{"traceparent": traceParent, "tracestate": "vendor=1"}, map[string]any{"k": "K", "n": int64(3)})
	requireTraced(t, w.awaitPublished("said", 1)[0], traceID, "01", "vendor=1")
	w.restart()
	w.advance(time.Hour)
	requireTraced(t, w.awaitPublished("told", 1)[0], traceID, "01", "vendor=1")

	record := event("2", map[string]any{"correlationkey": "K", "traceparent": traceParent}, map[string]any{})
	record.Headers = []runner.RecordHeader{{Key: "Traceparent", Value: []byte(otherTrace)}} // who sent it goes before what began it
	require.NoError(t, w.bus.Send(w.ctx, "more", record))
	requireTraced(t, w.awaitPublished("said", 2)[1], strings.Repeat("1", 32), "00", "")

	w.send("begin", "3", map[string]any{"traceparent": "wrong"}, map[string]any{"k": "L", "n": int64(3)})
	require.Empty(t, w.awaitPublished("said", 3)[2].TraceParent)
}

// A message without a trace begins something else: what follows from it is no part of what the instance was caused by before.
func TestTraceEnds(t *testing.T) {
	w := newWorld(t)
	w.install(model("traced", startOn("s", "begin"), message("begin", "begin", ""), publish("tell", "said", "=1>n"), catch("more", "m"), message("m", "more", "=k"),
		call("call", "teller", ""), timer("wait", "PT1H"), publish("again", "said", "=2>n"), end, "s -> tell -> more -> call -> wait -> again -> end"), teller)
	for i, key := range []string{"K", "L"} {
		w.send("begin", "b"+key, map[string]any{"traceparent": traceParent}, map[string]any{"k": key, "n": int64(3)})
		requireTraced(t, w.awaitPublished("said", i+1)[i], traceID, "01", "")
	}
	w.send("more", "2", map[string]any{"correlationkey": "K"}, map[string]any{})
	require.Empty(t, w.awaitPublished("told", 1)[0].TraceParent)
	_, err := w.r.Publish(w.ctx, runner.Publication{Name: "more", CorrelationKey: "L"})
	require.NoError(t, err)
	require.Empty(t, w.awaitPublished("told", 2)[1].TraceParent)
	w.restart()
	w.advance(time.Hour)
	for _, m := range w.awaitPublished("said", 4)[2:] {
		require.Empty(t, m.TraceParent)
	}
}

// What an instance does to others is part of its trace, also when a timer set it off: signals, and what they start.
func TestTraceOfSignals(t *testing.T) {
	w := newWorld(t)
	signal := `<signal id="sig" name="go"/>`
	w.install(
		model("thrower", start, timer("wait", "PT1H"), `<intermediateThrowEvent id="throw"><signalEventDefinition signalRef="sig"/></intermediateThrowEvent>`, signal, end, "start -> wait -> throw -> end"),
		model("starter", `<startEvent id="s"><signalEventDefinition signalRef="sig"/></startEvent>`, signal, publish("tell", "started", "=1>n"), end, "s -> tell -> end"),
		model("catcher", start, `<intermediateCatchEvent id="c"><signalEventDefinition signalRef="sig"/></intermediateCatchEvent>`, signal, publish("tell", "caught", "=1>n"), end, "start -> c -> tell -> end"),
	)
	w.launch("catcher", nil)
	_, err := w.r.Start(runner.WithTrace(w.ctx, runner.ParseTrace(traceParent, "")), runner.Start{ProcessID: "thrower"})
	require.NoError(t, err)
	w.advance(time.Hour)
	requireTraced(t, w.awaitPublished("started", 1)[0], traceID, "01", "")
	requireTraced(t, w.awaitPublished("caught", 1)[0], traceID, "01", "")

	w.launch("catcher", nil)
	require.NoError(t, w.r.Broadcast(runner.WithTrace(w.ctx, runner.ParseTrace(otherTrace, "")), "go", nil))
	requireTraced(t, w.awaitPublished("started", 2)[1], strings.Repeat("1", 32), "00", "")
	requireTraced(t, w.awaitPublished("caught", 2)[1], strings.Repeat("1", 32), "00", "")
}

// A call by REST is a cause like a record; so is a message that was kept for the instance.
func TestTraceOfCalls(t *testing.T) {
	w := newWorld(t)
	w.install(teller, model("waiter", start, catch("more", "m"), message("m", "more", "=k"), publish("tell", "said", "=1>n"), end, "start -> more -> tell -> end"))
	ctx := runner.WithTrace(w.ctx, runner.ParseTrace(traceParent, ""))
	_, err := w.r.Start(ctx, runner.Start{ProcessID: "teller", Variables: map[string]any{"n": int64(1)}})
	require.NoError(t, err)
	requireTraced(t, w.awaitPublished("told", 1)[0], traceID, "01", "")
	w.launch("teller", map[string]any{"n": int64(1)})
	require.Empty(t, w.awaitPublished("told", 2)[1].TraceParent, "the trace of one call is not that of the next")

	_, err = w.r.Publish(ctx, runner.Publication{Name: "more", CorrelationKey: "K", TimeToLive: time.Hour})
	require.NoError(t, err)
	w.restart()
	w.launch("waiter", map[string]any{"k": "K"})
	requireTraced(t, w.awaitPublished("said", 1)[0], traceID, "01", "")
}

// A trace is forgotten with its instance, and a start that is refused leaves none.
func TestTraceIsForgotten(t *testing.T) {
	w := newWorld(t, func(w *world) { w.opts.HistoryTTL = time.Hour })
	w.install(teller)
	ctx := runner.WithTrace(w.ctx, runner.ParseTrace(traceParent, ""))
	_, err := w.r.Start(ctx, runner.Start{ProcessID: "teller"})
	require.NoError(t, err)
	_, err = w.r.Start(ctx, runner.Start{ProcessID: "teller", Element: "nobody"})
	require.Error(t, err)
	rows := func() (n int) {
		require.NoError(t, w.store.View(func(tx runner.ReadTx) error {
			tx.Ascend("traces", nil, func(_, _ []byte) bool { n++; return true })
			return nil
		}))
		return n
	}
	require.Equal(t, 1, rows())
	w.awaitPublished("told", 1)
	w.advance(2 * time.Hour)
	w.sync()
	require.Zero(t, rows())
}
