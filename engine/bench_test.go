package engine_test

import (
	"testing"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

func benchmark(b *testing.B, model string, variables map[string]any) {
	b.Helper()
	p, err := engine.Compile(enginetest.Model(model))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := engine.Step(p, nil, enginetest.Epoch, engine.StartInstance{Key: 1, Variables: variables})
		for err == nil && len(r.Instance.Subscriptions) > 0 {
			r, err = engine.Step(p, r.Instance, enginetest.Epoch, engine.CompleteJob{Subscription: r.Instance.Subscriptions[0].ID})
		}
		if err != nil || r.Instance.State != engine.StateCompleted {
			b.Fatal(err, r.Instance)
		}
	}
}

// start → service task → end: two steps.
func BenchmarkTask(b *testing.B) {
	benchmark(b, `
		startEvent start
		serviceTask a type=a
		endEvent end
		start -> a -> end`, map[string]any{"count": int64(1)})
}

// start → exclusive gateway with a condition → service task → end.
func BenchmarkGateway(b *testing.B) {
	benchmark(b, `
		startEvent start
		exclusiveGateway g
		serviceTask a type=a
		endEvent end
		endEvent other
		start -> g
		g -> a : n > 3
		g -> other : default
		a -> end`, map[string]any{"n": int64(5)})
}

func BenchmarkParallel(b *testing.B) {
	benchmark(b, `
		startEvent start
		parallelGateway fork
		task a
		task b
		parallelGateway join
		endEvent end
		start -> fork -> a -> join -> end
		fork -> b -> join`, nil)
}

// BenchmarkCrowd is one step in which 2,000 items go through a fork, a condition that comes true and an inclusive join.
func BenchmarkCrowd(b *testing.B) {
	p, err := engine.Compile(enginetest.Model(`
		startEvent start
		subProcess each times="= 2000" {
			startEvent s
			parallelGateway fork
			intermediateCatchEvent wait condition="go == 1"
			task a
			inclusiveGateway join
			s -> fork -> a -> join
			fork -> wait -> join
		}
		start -> each`))
	if err != nil {
		b.Fatal(err)
	}
	r, err := engine.Step(p, nil, enginetest.Epoch, engine.StartInstance{Key: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		done, err := engine.Step(p, r.Instance, enginetest.Epoch, engine.SetVariables{Variables: map[string]any{"go": int64(1)}})
		if err != nil || done.Instance.State != engine.StateCompleted {
			b.Fatal(err, done.Instance.State)
		}
	}
}
