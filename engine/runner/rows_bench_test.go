package runner

import (
	"testing"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
	"github.com/sonata-bpmn/sonata/engine/runner/codec"
)

// BenchmarkRows writes and reads the rows of an instance that waits at its first task.
func BenchmarkRows(b *testing.B) {
	p, err := engine.Compile(enginetest.Model("startEvent start\nserviceTask a type=a\nendEvent end\nstart -> a -> end"))
	if err != nil {
		b.Fatal(err)
	}
	symbols, _ := codec.NewSymbols(ownSymbols).With(p.Words())
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	command := engine.StartInstance{Key: 1 << 60, Variables: map[string]any{"orderId": "4711", "amount": int64(5), "customer": "ETSI HypO"}}
	r, err := engine.Step(p, nil, at, command)
	if err != nil {
		b.Fatal(err)
	}
	history := historyRow{1 << 60, 1 << 20, at, r.Events}
	snapshot := encodeSnapshot(symbols, 1<<20, nil, r.Instance)
	step, err := encodeHistory(symbols, history)
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, size int, do func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				do()
			}
			b.ReportMetric(float64(size), "bytes")
		})
	}
	run("Step", 0, func() { _, _ = engine.Step(p, nil, at, command) })
	run("encodeSnapshot", len(snapshot), func() { encodeSnapshot(symbols, 1<<20, nil, r.Instance) })
	run("decodeSnapshot", len(snapshot), func() { _, _ = decodeInstance(rows{}, symbols, snapshot) })
	run("encodeHistory", len(step), func() { _, _ = encodeHistory(symbols, history) })
	run("decodeHistory", len(step), func() { _, _ = decodeHistory(symbols, step) })
}
