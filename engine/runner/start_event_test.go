package runner_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// gathering is a process that begins when all of its triggers have come.
func gathering(definitions ...string) runner.Resource {
	event := `<startEvent id="all" parallelMultiple="true">`
	for _, d := range definitions {
		event += d
	}
	return model("house", event+`</startEvent>`, work("build", "build"), end, message("plan", "plans", "=house"), message("permit", "permits", "=house"),
		message("any", "offers", ""), `<signal id="go" name="go"/>`, "all -> build -> end")
}

const (
	ofPlan   = `<messageEventDefinition messageRef="plan"/>`
	ofPermit = `<messageEventDefinition messageRef="permit"/>`
	ofOffer  = `<messageEventDefinition messageRef="any"/>`
	ofSignal = `<signalEventDefinition signalRef="go"/>`
	ofHour   = `<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>`
)

func (w *world) built() (keys []engine.Key) {
	for _, in := range w.search(runner.Filter{ProcessID: "house"}) {
		if in := w.instance(in.Key); len(in.Subscriptions) == 1 && in.Subscriptions[0].Element == "build" {
			keys = append(keys, in.Key)
		}
	}
	return keys
}

// §10.5.2: each trigger of a parallel multiple start event makes an instance, unless one waits for it that it belongs to.
func TestParallelMultipleStartCorrelates(t *testing.T) {
	w := newWorld(t)
	w.install(gathering(ofPlan, ofPermit))
	house := func(id string) map[string]any { return map[string]any{"house": id} }
	w.send("plans", "1", nil, house("h1"))
	w.send("permits", "2", map[string]any{"correlationkey": "h2"}, house("h2"))
	require.Len(t, w.search(runner.Filter{ProcessID: "house"}), 2)
	require.Empty(t, w.built())
	w.restart()
	w.send("permits", "3", map[string]any{"correlationkey": "h1"}, map[string]any{"stamp": "s"})
	require.Len(t, w.search(runner.Filter{ProcessID: "house"}), 2)
	require.Len(t, w.built(), 1)
	require.Equal(t, map[string]any{"house": "h1", "stamp": "s"}, w.variables(w.built()[0]))
	w.send("plans", "4", map[string]any{"correlationkey": "h2"}, nil)
	require.Len(t, w.built(), 2)
	w.send("plans", "5", map[string]any{"correlationkey": "h2"}, house("h2"))
	require.Len(t, w.search(runner.Filter{ProcessID: "house"}), 3, "the next of the same key begins anew")
	require.Empty(t, w.letters())
}

// Without keys the trigger goes to the instance that has waited longest; with a business key to that one.
func TestParallelMultipleStartWithoutKeys(t *testing.T) {
	w := newWorld(t)
	w.install(gathering(ofSignal, ofOffer))
	require.NoError(t, w.r.Broadcast(w.ctx, "go", map[string]any{"by": "mayor"}))
	require.NoError(t, w.r.Broadcast(w.ctx, "go", nil))
	all := w.search(runner.Filter{ProcessID: "house"})
	require.Len(t, all, 2)
	w.send("offers", "1", map[string]any{"correlationkey": "whatever"}, map[string]any{"price": int64(5)})
	require.Len(t, w.built(), 1)
	require.Equal(t, map[string]any{"by": "mayor", "price": int64(5)}, w.variables(w.built()[0]))
	w.send("offers", "2", nil, nil)
	require.Len(t, w.built(), 2)

	w.send("offers", "3", map[string]any{"kogitobusinesskey": "B"}, nil)
	require.NoError(t, w.r.Broadcast(w.ctx, "go", nil))
	require.Len(t, w.built(), 3)
	require.Len(t, w.search(runner.Filter{ProcessID: "house"}), 3, "a signal that an instance awaits makes no other one")
}

// An instance with a business key is reached by it, and by no message that merely has the name.
func TestParallelMultipleStartByBusinessKey(t *testing.T) {
	w := newWorld(t)
	w.install(gathering(ofPlan, ofOffer))
	w.send("plans", "1", map[string]any{"kogitobusinesskey": "B"}, nil)
	w.send("offers", "2", map[string]any{"kogitobusinesskey": "C"}, nil)
	require.Empty(t, w.built())
	w.send("offers", "3", map[string]any{"kogitobusinesskey": "B"}, nil)
	require.Len(t, w.built(), 1)
	require.Len(t, w.search(runner.Filter{ProcessID: "house"}), 2)
}

// A time among the triggers counts from the first message; the clock alone leaves no instance that waits for one.
func TestParallelMultipleStartWithATimer(t *testing.T) {
	w := newWorld(t)
	w.install(gathering(ofHour, ofOffer))
	w.advance(2 * time.Hour)
	require.Empty(t, w.search(runner.Filter{ProcessID: "house"}))
	w.send("offers", "1", nil, nil)
	require.Empty(t, w.built())
	w.advance(time.Hour)
	require.Len(t, w.built(), 1)
}
