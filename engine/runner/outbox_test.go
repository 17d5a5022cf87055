package runner_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

var teller = model("teller", start, publish("tell", "told", "=n>n"), end, "start -> tell -> end")

// Everything in a message is fixed before it is sent for the first time.
func TestMessage(t *testing.T) {
	w := newWorld(t)
	w.install(model("parent", start, call("call", "teller", ""), end, "start -> call -> end"), teller)
	parent, err := w.r.Start(w.ctx, runner.Start{ProcessID: "parent", BusinessKey: "B", Variables: map[string]any{"n": int64(1)}})
	require.NoError(t, err)
	m := w.awaitPublished("told", 1)[0]
	child := w.search(runner.Filter{ParentKey: parent.Key})[0]
	history, err := w.r.History(child.Key, 0, 100)
	require.NoError(t, err)
	thrown := history[slices.IndexFunc(history, func(e runner.Entry) bool { _, ok := e.Event.(engine.MessageThrown); return ok })].Event.(engine.MessageThrown)
	var store uuid.UUID
	require.NoError(t, w.store.View(func(tx runner.ReadTx) error { copy(store[:], tx.Get("meta", []byte("id"))); return nil }))
	require.Equal(t, uuid.NewSHA1(store, fmt.Appendf(nil, "%s/%d", child.Key, thrown.ID)).String(), m.ID)
	m.ID = ""
	require.Equal(t, runner.Outgoing{
		Time: begin, Topic: "told", Key: "B", Data: []byte(`{"n":1}`), InstanceKey: child.Key.String(), ProcessID: "teller", Version: 1,
		ParentKey: parent.Key.String(), RootKey: parent.Key.String(), RootProcessID: "parent", BusinessKey: "B",
	}, m)

	tell := strings.Replace(publish("tell", "said", "=n>n"), "<zeebe:taskHeaders>", `<zeebe:taskHeaders><zeebe:header key="kogitoprocrefid" value="=who"/><zeebe:header key="other" value="x"/>`, 1)
	w.install(model("curt", start, tell, end, "start -> tell -> end"))
	for i, who := range []string{"somebody", ""} {
		w.launch("curt", map[string]any{"n": int64(1), "who": who})
		m := w.awaitPublished("said", i+1)[i]
		require.Equal(t, who, m.ReferenceID, "the process may say whom it answers")
		require.Equal(t, map[string]string{"other": "x"}, m.Headers)
	}

	alone := w.launch("teller", map[string]any{"n": int64(2)})
	require.Equal(t, alone.String(), w.awaitPublished("told", 2)[1].Key, "without a business key, the root instance's")
}

// reluctantBus acknowledges a few messages at a time, and none while it is down.
type reluctantBus struct {
	*memory.Bus
	down    atomic.Bool
	refused string // the data of a message that can never be sent
	calls   atomic.Int32
}

func (b *reluctantBus) Publish(ctx context.Context, messages []runner.Outgoing) (int, error) {
	b.calls.Add(1)
	if b.down.Load() {
		return 0, errors.New("no broker")
	}
	for i, m := range messages {
		if string(m.Data) == b.refused {
			n, _ := b.Bus.Publish(ctx, messages[:i])
			return n, fmt.Errorf("too large: %w", runner.ErrUnpublishable)
		}
	}
	n := min(2, len(messages))
	_, _ = b.Bus.Publish(ctx, messages[:n])
	if n < len(messages) {
		return n, errors.New("the rest is not acknowledged")
	}
	return n, nil
}

// What cannot be sent is kept, and sent in its order when the bus works again, also after a restart.
func TestOutbox(t *testing.T) {
	bus := &reluctantBus{}
	w := newWorld(t, func(w *world) { bus.Bus = w.bus; w.opts.Bus = bus })
	w.install(teller)
	bus.down.Store(true)
	for i := range 7 {
		w.launch("teller", map[string]any{"n": int64(i)})
	}
	for !strings.Contains(w.logs.String(), "could not be published") {
		w.sync()
	}
	require.NoError(t, w.r.Ready(), "a broker that is away for a moment is no news")
	w.restart()
	for bus.calls.Load() < 3 {
		w.advance(time.Second)
	}
	require.Equal(t, 7, w.r.Outbox())
	w.advance(time.Minute)
	require.ErrorContains(t, w.r.Ready(), "messages cannot be published: no broker")

	bus.down.Store(false)
	for w.r.Outbox() > 0 {
		w.advance(time.Second)
	}
	for i, m := range w.bus.Published() {
		require.JSONEq(t, fmt.Sprintf(`{"n":%d}`, i), string(m.Data))
	}
	require.Len(t, w.bus.Published(), 7)
	for w.r.Ready() != nil {
		w.advance(time.Second)
	}
}

// meteredBus counts what it is given while it is away, and takes everything once it is back.
type meteredBus struct {
	*memory.Bus
	away                  atomic.Bool
	calls, messages, most atomic.Int64 // most: bytes of data at once
}

func (b *meteredBus) Publish(ctx context.Context, messages []runner.Outgoing) (int, error) {
	var size int64
	for _, m := range messages {
		size += int64(len(m.Data))
	}
	b.calls.Add(1)
	b.messages.Store(max(b.messages.Load(), int64(len(messages))))
	b.most.Store(max(b.most.Load(), size))
	if b.away.Load() {
		return 0, errors.New("no broker")
	}
	return len(messages), nil // what it is sent is not kept: it would be most of the memory
}

// While the broker is away for hours, what waits for it waits on the disk: memory holds one batch of it, however often that is tried.
func TestBrokerAwayForHours(t *testing.T) {
	const instances, each, size = 5, 10, 200_000 // 10 MB
	bus := &meteredBus{}
	bus.away.Store(true)
	store, err := bolt.Open(t.TempDir())
	require.NoError(t, err)
	w := newWorld(t, func(w *world) { bus.Bus, w.store = w.bus, store; w.opts.Bus = bus })
	w.install(model("burst", start, strings.Replace(publish("tell", "told", "=text>text"), "</sendTask>",
		`<multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="=1..`+strconv.Itoa(each)+`"/></extensionElements></multiInstanceLoopCharacteristics></sendTask>`, 1),
		end, "start -> tell -> end"))
	before := heap()
	for range instances {
		w.launch("burst", map[string]any{"text": strings.Repeat("x", size)})
	}
	for calls := bus.calls.Load(); bus.calls.Load() < calls+2; { // hours, at half a minute between two attempts
		w.advance(time.Hour)
		runtime.Gosched()
	}
	require.Equal(t, instances*each, w.rows("outbox"))
	require.LessOrEqual(t, bus.messages.Load(), int64(500))
	require.LessOrEqual(t, bus.most.Load(), int64(8<<20+size))
	require.Less(t, heap()-before, int64(instances*each*size/2), "most of it is not in memory")
	bus.away.Store(false)
	for w.rows("outbox") > 0 {
		w.advance(time.Minute)
		runtime.Gosched()
	}
}

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A message that can never be sent does not hold up the others. It can be tried again.
func TestUnpublishable(t *testing.T) {
	bus := &reluctantBus{refused: `{"n":1}`}
	w := newWorld(t, func(w *world) { bus.Bus = w.bus; w.opts.Bus = bus })
	w.install(teller)
	for i := range 3 {
		w.launch("teller", map[string]any{"n": int64(i)})
	}
	for w.r.Outbox() > 0 {
		w.advance(time.Second)
	}
	require.Len(t, w.bus.Published(), 2)
	letters, _, err := w.r.DeadLetters(0, 10)
	require.NoError(t, err)
	require.Len(t, letters, 1)
	require.Contains(t, letters[0].Reason, "of teller could not send it: too large")
	require.Equal(t, `{"n":1}`, string(letters[0].Value))

	bus.refused = ""
	require.NoError(t, w.retry(letters[0].Key))
	require.JSONEq(t, `{"n":1}`, string(w.awaitPublished("told", 3)[2].Data))
	require.Empty(t, w.letters())
}

// lingeringBus acknowledges only when it is told to stop.
type lingeringBus struct {
	*memory.Bus
	sending chan struct{}
}

func (b *lingeringBus) Publish(ctx context.Context, messages []runner.Outgoing) (int, error) {
	close(b.sending)
	<-ctx.Done()
	return b.Bus.Publish(context.WithoutCancel(ctx), messages)
}

// What is acknowledged while the runner stops is not sent again at the next start.
func TestStopWhileSending(t *testing.T) {
	bus := &lingeringBus{sending: make(chan struct{})}
	w := newWorld(t, func(w *world) { bus.Bus = w.bus; w.opts.Bus = bus })
	w.install(teller)
	w.launch("teller", nil)
	<-bus.sending
	w.stop()
	require.Len(t, w.bus.Published(), 1)
	require.Zero(t, w.r.Outbox())
}

// Without a bus messages stay in the outbox.
func TestNoBus(t *testing.T) {
	w := newWorld(t, func(w *world) { w.opts.Bus = nil })
	w.install(teller)
	w.launch("teller", nil)
	require.Equal(t, 1, w.r.Outbox())
	require.NoError(t, w.r.Ready())
}
