package runner

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// trouble is something that can keep a Runner from working.
type trouble int

const (
	troubleStopped trouble = iota
	troubleStore
	troubleBus
	troubleOutbox
	troubles
)

// outboxPatience is how long publishing may fail before a Runner is no longer ready: a broker that is restarted is no news.
const outboxPatience = 10 * time.Second

// health notes what works and what does not.
type health struct {
	clock Clock
	mu    sync.Mutex
	err   [troubles]error
	since [troubles]time.Time
}

func (h *health) set(t trouble, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err[t] == nil {
		h.since[t] = h.clock.Now()
	}
	h.err[t] = err
}

func (h *health) has(t trouble) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err[t] != nil
}

// Ready returns nil while everything works, else why not.
func (r *Runner) Ready() error {
	h := &r.health
	h.mu.Lock()
	defer h.mu.Unlock()
	outbox := h.err[troubleOutbox]
	if outbox != nil && h.clock.Now().Sub(h.since[troubleOutbox]) < outboxPatience {
		outbox = nil
	}
	return errors.Join(
		h.err[troubleStopped],
		describe("the store failed", h.err[troubleStore]),
		describe("the bus is not bound", h.err[troubleBus]),
		describe("messages cannot be published", outbox))
}

func describe(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// rest is why the timers of an instance or of a definition do not fire.
type rest struct {
	reason string
	whole  bool // nothing else can happen to it either: it is set aside, or its process cannot be run
}

// resting are the instances, and definitions, that rest. Those of instances are suspects, too, which outlives the process, unless it is
// their process that cannot be run: the next Sonata may be one that can.
type resting struct {
	mu    sync.RWMutex
	byKey map[engine.Key]rest
}

func (r *resting) add(key engine.Key, why rest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byKey == nil {
		r.byKey = map[engine.Key]rest{}
	}
	r.byKey[key] = why
}

func (r *resting) remove(key engine.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byKey, key)
}

func (r *resting) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byKey = nil
}

func (r *resting) get(key engine.Key) rest {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byKey[key]
}

func (r *resting) has(key engine.Key) bool { return r.get(key).reason != "" }
