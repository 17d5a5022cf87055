package runner_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// callers is how many REST callers wait for an answer at any time.
const callers = 256

func benchmark(b *testing.B, run func(b *testing.B, w *world)) {
	stores := map[string]func(b *testing.B) runner.Store{
		"bolt": func(b *testing.B) runner.Store {
			s, err := bolt.Open(b.TempDir())
			require.NoError(b, err)
			return s
		},
		"memory": func(*testing.B) runner.Store { return memory.NewStore() },
	}
	for name, open := range stores {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, func(w *world) {
				w.store = open(b)
				w.opts.Bus, w.opts.Clock, w.opts.Logger = nil, nil, nil
			})
			w.end()
			<-w.ended
			w.opts = runner.Options{}
			w.ctx, w.end = context.WithCancel(context.Background())
			var err error
			w.r, err = runner.New(w.store, w.opts)
			require.NoError(b, err)
			w.ended = make(chan error, 1)
			go func() { w.ended <- w.r.Run(w.ctx) }()
			b.ReportAllocs()
			run(b, w)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "instances/s")
		})
	}
}

// BenchmarkStartTaskEnd is a whole instance in one request (W1 of the anchors).
func BenchmarkStartTaskEnd(b *testing.B) {
	benchmark(b, func(b *testing.B, w *world) {
		w.install(model("p", start, task, end, "start -> task -> end"))
		variables := map[string]any{"orderId": "4711", "amount": int64(3)}
		b.ResetTimer()
		var running sync.WaitGroup
		for range callers {
			running.Go(func() {
				for range b.N / callers {
					if _, err := w.r.Start(w.ctx, runner.Start{ProcessID: "p", Variables: variables}); err != nil {
						b.Error(err)
					}
				}
			})
		}
		running.Wait()
	})
}

// BenchmarkMessageStartAndCatch is an instance that a record starts and another record ends.
func BenchmarkMessageStartAndCatch(b *testing.B) {
	const fetch = 500
	benchmark(b, func(b *testing.B, w *world) {
		w.install(model("p", startOn("start", "m"), catch("wait", "m2"), end, message("m", "open", ""), message("m2", "close", "=id"), "start -> wait -> end"))
		b.ResetTimer()
		offset := int64(0)
		for done := 0; done < b.N; done += fetch {
			var opens, closes []runner.Incoming
			for i := range min(fetch, b.N-done) {
				id := fmt.Sprint(done + i)
				open := event("open"+id, nil, map[string]any{"id": id, "amount": int64(3)})
				open.Topic, open.Offset = "open", offset
				shut := event("close"+id, map[string]any{"correlationkey": id}, map[string]any{"result": "ok"})
				shut.Topic, shut.Offset = "close", offset
				opens, closes = append(opens, open), append(closes, shut)
				offset++
			}
			require.NoError(b, w.r.Receive(w.ctx, opens))
			require.NoError(b, w.r.Receive(w.ctx, closes))
		}
		b.StopTimer()
		active, _, err := w.r.Search(runner.Filter{State: engine.StateActive}, runner.Page{})
		require.NoError(b, err)
		require.Empty(b, active)
	})
}

// BenchmarkMultiInstance is one instance whose multi-instance task has b.N items, all of them waiting at once.
func BenchmarkMultiInstance(b *testing.B) {
	const size = 1000
	w := newWorld(b, func(w *world) { w.opts.Bus, w.opts.Clock, w.opts.Logger = nil, nil, nil })
	w.install(model("p", start, `<serviceTask id="each" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"><extensionElements><zeebe:taskDefinition type="each"/></extensionElements><multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="=items" inputElement="item" outputCollection="out" outputElement="=item"/></extensionElements></multiInstanceLoopCharacteristics></serviceTask>`, end, "start -> each -> end"))
	b.ReportAllocs()
	for b.Loop() {
		info, err := w.r.Start(context.Background(), runner.Start{ProcessID: "p", Variables: map[string]any{"items": make([]any, size)}})
		require.NoError(b, err)
		in, _, err := w.r.Instance(info.Key)
		require.NoError(b, err)
		for _, sub := range in.Subscriptions {
			require.NoError(b, w.r.CompleteJob(context.Background(), info.Key, engine.CompleteJob{Subscription: sub.ID}))
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/size, "µs/item")
}
