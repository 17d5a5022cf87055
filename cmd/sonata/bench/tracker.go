package bench

import (
	"context"
	"sync"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// tracker learns from the engine when instances end.
type tracker struct {
	mu        sync.Mutex
	latencies []time.Duration
	steps     int
	ended     map[engine.Key]struct{}      // and nobody has asked yet
	waiting   map[engine.Key]chan struct{} // somebody asks
	// Of instances that a record starts: when it was published, by business key; then, by the instance's key.
	published map[string]time.Time
	begun     map[engine.Key]time.Time
	slots     chan struct{} // holds one for each of those that are under way
}

func newTracker() *tracker {
	return &tracker{
		ended: map[engine.Key]struct{}{}, waiting: map[engine.Key]chan struct{}{},
		published: map[string]time.Time{}, begun: map[engine.Key]time.Time{},
	}
}

// take hands out what was counted, and begins anew.
func (t *tracker) take() (latencies []time.Duration, steps int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	latencies, steps = t.latencies, t.steps
	t.latencies, t.steps = nil, 0
	return latencies, steps
}

// lasted notes how long an instance took.
func (t *tracker) lasted(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.latencies = append(t.latencies, d)
}

// publish notes that the record which starts the instance with the business key is on its way.
func (t *tracker) publish(businessKey string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.published[businessKey] = time.Now()
}

// observe is told of everything durable. A step's entries stand together.
func (t *tracker) observe(entries []runner.Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	var last engine.Key
	for _, e := range entries {
		if e.Instance != last {
			last = e.Instance
			t.steps++
		}
		switch event := e.Event.(type) {
		case engine.InstanceStarted:
			if at, expected := t.published[event.BusinessKey]; expected && event.Parent == nil {
				delete(t.published, event.BusinessKey)
				t.begun[e.Instance] = at
			}
		case engine.InstanceEnded:
			t.end(e.Instance, now)
		}
	}
}

func (t *tracker) end(key engine.Key, now time.Time) {
	if at, published := t.begun[key]; published {
		delete(t.begun, key)
		t.latencies = append(t.latencies, now.Sub(at))
		<-t.slots
		return
	}
	if asked := t.waiting[key]; asked != nil {
		delete(t.waiting, key)
		close(asked)
		return
	}
	t.ended[key] = struct{}{}
}

// wait returns when the instance has ended.
func (t *tracker) wait(ctx context.Context, key engine.Key) error {
	t.mu.Lock()
	if _, over := t.ended[key]; over {
		delete(t.ended, key)
		t.mu.Unlock()
		return nil
	}
	asked := make(chan struct{})
	t.waiting[key] = asked
	t.mu.Unlock()
	select {
	case <-asked:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
