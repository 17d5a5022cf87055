package memory_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// receiver notes what is delivered, and refuses it while it is told to.
type receiver struct {
	got    []runner.Incoming
	refuse error
}

func (r *receiver) deliver(_ context.Context, records []runner.Incoming) error {
	if r.refuse != nil {
		return r.refuse
	}
	r.got = append(r.got, records...)
	return nil
}

// Each topic has its offsets, ascending from 0. What was refused comes again, first, and nothing overtakes it.
func TestBusOrder(t *testing.T) {
	ctx, to := context.Background(), &receiver{}
	bus := memory.NewBus(to.deliver)
	require.NoError(t, bus.Send(ctx, "a", runner.Incoming{ID: "before it was bound"}))
	require.NoError(t, bus.Bind(ctx, runner.Topics{Consume: []string{"a"}}, nil))
	require.NoError(t, bus.Send(ctx, "b", runner.Incoming{ID: "of another topic"}))
	to.refuse = errors.New("no")
	require.ErrorIs(t, bus.Send(ctx, "a", runner.Incoming{ID: "refused"}), to.refuse)
	to.refuse = nil
	require.NoError(t, bus.Send(ctx, "a", runner.Incoming{ID: "after it"}))
	for i, want := range []string{"before it was bound", "refused", "after it"} {
		require.Equal(t, want, to.got[i].ID)
		require.Equal(t, "a", to.got[i].Topic)
		require.EqualValues(t, i, to.got[i].Offset)
	}
	require.Len(t, to.got, 3)

	require.NoError(t, bus.Bind(ctx, runner.Topics{Consume: []string{"a", "b"}}, []runner.Position{{Topic: "a", Offset: 2}}))
	require.Equal(t, []string{"after it", "of another topic"}, []string{to.got[3].ID, to.got[4].ID})
}

// What is published comes back as a CloudEvent.
func TestBusLoopBack(t *testing.T) {
	ctx, to := context.Background(), &receiver{}
	bus := memory.NewBus(to.deliver)
	require.NoError(t, bus.Bind(ctx, runner.Topics{Consume: []string{"a"}}, nil))
	changed := bus.Changed()
	at := time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC)
	n, err := bus.Publish(ctx, []runner.Outgoing{
		{ID: "1", Time: at, Topic: "a", Key: "k", Data: []byte(`{"n":9007199254740993}`), Headers: map[string]string{"y": "2", "x": "1"},
			InstanceKey: "7", ProcessID: "p", Version: 3, RootKey: "7", RootProcessID: "p", ReferenceID: "5", BusinessKey: "b"},
		{ID: "2", Topic: "nobody listens"},
		{ID: "3", Topic: "a", Data: []byte(`{`)},
	})
	require.NoError(t, err)
	require.Equal(t, 3, n)
	<-changed
	require.Len(t, bus.Published(), 3)
	require.Len(t, to.got, 2)
	require.Equal(t, runner.Incoming{
		Topic: "a", Key: []byte("k"), Value: []byte(`{"n":9007199254740993}`), Timestamp: at, ID: "1", Source: "/process/p",
		Headers: []runner.RecordHeader{{Key: "x", Value: []byte("1")}, {Key: "y", Value: []byte("2")}},
		Data:    map[string]any{"n": int64(9007199254740993)},
		Attributes: map[string]any{
			"specversion": "1.0", "id": "1", "source": "/process/p", "type": "a", "time": "2026-03-01T12:00:00.000000005Z",
			"kogitoprocinstanceid": "7", "kogitoprocid": "p", "kogitoprocversion": "3", "kogitorootprociid": "7", "kogitorootprocid": "p",
			"kogitoprocrefid": "5", "kogitobusinesskey": "b",
		},
	}, to.got[0])
	require.Contains(t, to.got[1].Fault, "not JSON")
}

func TestClock(t *testing.T) {
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := memory.NewClock(begin)
	late, _ := clock.Wake(begin.Add(time.Hour))
	early, _ := clock.Wake(begin.Add(time.Minute))
	never, stop := clock.Wake(begin.Add(time.Minute))
	at, _ := clock.Wake(begin)
	require.Equal(t, begin, <-at, "what is due wakes at once")
	stop()
	require.Equal(t, []time.Time{begin.Add(time.Minute), begin.Add(time.Hour)}, clock.Waiting())
	clock.Advance(time.Minute)
	require.Equal(t, begin.Add(time.Minute), <-early)
	require.Empty(t, late)
	require.Empty(t, never)
	clock.Advance(2 * time.Hour)
	require.Equal(t, begin.Add(2*time.Hour+time.Minute), <-late)
	require.Equal(t, begin.Add(2*time.Hour+time.Minute), clock.Now())
	require.Empty(t, clock.Waiting())
}
