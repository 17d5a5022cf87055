package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// sampleOrders are the demo's order with a business key of its own each.
func sampleOrders(t *testing.T) func() (Order, error) {
	text, err := os.ReadFile(filepath.Join("..", "order.json"))
	require.NoError(t, err)
	var event map[string]any
	require.NoError(t, json.Unmarshal(text, &event))
	return func() (Order, error) {
		data := event["data"].(map[string]any)
		id := uuid.NewString()
		data["serviceOrderId"] = id
		return Order{ID: id, Topic: event["type"].(string), Data: data}, nil
	}
}

// Each workload, in small: it ends, everything that it started has ended, and each figure of the result is there.
func TestWorkloads(t *testing.T) {
	t.Parallel()
	steps := map[string]float64{"task": 2, "gateway": 2, "ten": 11, "messages": 2, "waiting": 1}
	for _, name := range Workloads() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 20
			if name == "orders" {
				n = 2
			}
			dir := t.TempDir()
			r, err := Run(t.Context(), Config{Workload: name, Instances: n, Concurrency: 10, Dir: dir, Order: sampleOrders(t)})
			require.NoError(t, err)
			require.Equal(t, n, r.Instances)
			for figure, value := range map[string]float64{
				"seconds": r.Seconds, "instancesPerSecond": r.InstancesPerSecond, "stepsPerSecond": r.StepsPerSecond, "p50": r.P50Millis,
				"p99": r.P99Millis, "fsyncs": float64(r.Fsyncs), "ceiling": r.CeilingInstancesPerSecond, "ratio": r.Ratio,
			} {
				require.Positive(t, value, figure)
			}
			if want := steps[name]; want > 0 {
				require.InDelta(t, want, r.StepsPerSecond/r.InstancesPerSecond, 0.001, "steps an instance")
			}
			left, err := filepath.Glob(filepath.Join(dir, "ceiling-*"))
			require.NoError(t, err)
			require.Empty(t, left)
			checkEnded(t, dir, name, 2*n) // those of the measured part, and those whose rows were logged
		})
	}
}

// A data directory may have the instances of another workload.
func TestWorkloadsInOneDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"waiting", "task", "ten"} {
		_, err := Run(t.Context(), Config{Workload: name, Instances: 20, Concurrency: 10, Dir: dir})
		require.NoError(t, err, name)
	}
	checkEnded(t, dir, "task", 2*2*20)
}

// checkEnded looks into the data directory afterwards.
func checkEnded(t *testing.T, dir, workload string, n int) {
	store, err := bolt.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	require.NoError(t, runner.Check(store))
	r, err := runner.New(store, runner.Options{})
	require.NoError(t, err)
	want := engine.StateCompleted
	if workload == "waiting" {
		want = engine.StateActive
	}
	found, _, err := r.Search(runner.Filter{State: want}, runner.Page{Limit: 1000})
	require.NoError(t, err)
	if workload == "orders" {
		require.GreaterOrEqual(t, len(found), n)
		return
	}
	require.Len(t, found, n)
}

func TestBadConfig(t *testing.T) {
	for _, c := range []Config{{Workload: "tusk"}, {Workload: "task", Instances: -1}, {Workload: "task", Concurrency: most + 1}} {
		_, err := Run(t.Context(), c)
		require.ErrorIs(t, err, ErrConfig, fmt.Sprint(c))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, Config{Workload: "task", Dir: t.TempDir(), Instances: 10})
	require.ErrorIs(t, err, context.Canceled)
}

// What is replayed as the ceiling is what was written: no write is left out, and none of a transaction that failed is in it.
func TestTheLogIsWhatWasWritten(t *testing.T) {
	m := &meter{Store: memory.NewStore()}
	put := func(key, value string) error {
		return m.Update(func(tx runner.Tx) error { return tx.Put("a", []byte(key), []byte(value)) })
	}
	require.NoError(t, put("before", "1"))
	log := m.begin(1)
	require.NoError(t, put("k", "1"))
	require.Error(t, m.Update(func(tx runner.Tx) error {
		require.NoError(t, tx.Put("a", []byte("undone"), nil))
		return context.Canceled
	}))
	require.NoError(t, m.Update(func(tx runner.Tx) error {
		require.NoError(t, tx.Put("b", []byte("x"), nil))
		require.NoError(t, tx.Drop("b"))
		return tx.Delete("a", []byte("k"))
	}))
	m.end()
	require.NoError(t, put("after", "1"))
	require.Len(t, log.batches, 2)
	require.EqualValues(t, 4, m.commits.Load())

	dir := t.TempDir()
	seconds, err := log.replay(dir)
	require.NoError(t, err)
	require.Positive(t, seconds)
	store, err := bolt.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	require.NoError(t, store.View(func(tx runner.ReadTx) error {
		for _, table := range []runner.Table{"a", "b"} {
			tx.Ascend(table, nil, func(key, _ []byte) bool {
				t.Errorf("%s has %s", table, key)
				return true
			})
		}
		return nil
	}))
}
