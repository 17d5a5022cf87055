package controlloop_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// seeds is how many random lives are played: 40, or SONATA_TEST_LOOPS (`make loops`, without the race detector).
func seeds(t *testing.T) int {
	text := cmp.Or(os.Getenv("SONATA_TEST_LOOPS"), "40")
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "SONATA_TEST_LOOPS")
	return n
}

// Participants are silent, slow, quick beyond expectation, restarted, or say everything twice, and Sonata is stopped wherever it is, while a control loop is ordered
// from state to state. In the end it is in the ordered state with all its elements, or a fault says why not.
func TestRandomLives(t *testing.T) {
	t.Parallel()
	n := seeds(t)
	const parts = 4
	for part := range parts {
		t.Run(strconv.Itoa(part), func(t *testing.T) {
			t.Parallel()
			for seed := part; seed < n && !t.Failed(); seed += parts {
				live(t, uint64(seed))
			}
		})
	}
}

// life is one random life.
type life struct {
	staged
	random *rand.Rand
	log    []string
}

func live(t *testing.T, seed uint64) {
	t.Helper()
	w := openWorld(t)
	defer w.close()
	l := &life{staged: staged{w, w.simulate("First", "1", "kind.First", "1.0.0", nil), w.simulate("Second", "1", "kind.Second", "1.0.0", nil)}, random: rand.New(rand.NewPCG(seed, 0))}
	defer func() {
		if t.Failed() {
			t.Logf("seed %d: %q", seed, l.log)
		}
	}()
	l.fly(time.Second)
	l.clamp(http.MethodPost, "/commission", stagedTemplate, 200)
	l.create("a", 200)
	for range 4 {
		l.disturb(l.first)
		l.disturb(l.second)
		l.orderSomething()
		l.elapse()
	}
	l.heal()
	l.check()
}

func (l *life) note(format string, args ...any) { l.log = append(l.log, fmt.Sprintf(format, args...)) }

// disturb makes a participant behave somehow.
func (l *life) disturb(simulator engine.Key) {
	behaviour := map[string]any{"delay": "PT0.1S", "silent": false, "fail": false, "twice": false}
	switch l.random.IntN(8) {
	case 0:
		behaviour["silent"] = true
	case 1:
		behaviour["delay"] = fmt.Sprintf("PT%dS", 1+l.random.IntN(50))
	case 2:
		behaviour["fail"] = true
	case 4:
		behaviour["twice"] = true
	case 5:
		behaviour["delay"] = "PT0S"
		behaviour["twice"] = l.random.IntN(2) == 0
	case 3:
		l.note("restart of %s", simulator)
		l.behave(simulator, map[string]any{"restart": true})
	}
	l.note("%s: %v", simulator, behaviour)
	l.behave(simulator, map[string]any{"behaviour": behaviour})
}

// orderSomething orders any state. What is not allowed is refused and changes nothing.
func (l *life) orderSomething() {
	state := []string{"UNINITIALISED", "PASSIVE", "PASSIVE", "RUNNING", "RUNNING"}[l.random.IntN(5)]
	before := l.loop("a")["state"]
	recorder := l.send(http.MethodPut, "/onap/controlloop/v2/instantiation/command", orderOf(state, "a"))
	l.note("%s from %s: %d", state, before, recorder.Code)
	switch recorder.Code {
	case http.StatusAccepted:
	case http.StatusNotAcceptable:
		require.Equal(l.t, before, l.loop("a")["state"])
	default:
		require.Fail(l.t, "neither accepted nor refused", recorder.Body.String())
	}
}

// elapse lets some time pass, in which Sonata may be stopped, and some messages come twice.
func (l *life) elapse() {
	for range 1 + l.random.IntN(3) {
		by := time.Duration(l.random.IntN(20_000)) * time.Millisecond
		switch l.random.IntN(3) {
		case 0:
			l.note("stopped, %s later", by)
			l.clock.Advance(by) // what falls due meanwhile happens at the next start
			l.restart()
		case 1:
			l.repeat()
		}
		l.fly(by)
	}
}

// repeat sends some of the messages on the participants' topic once more, as other records.
func (l *life) repeat() {
	var sent []runner.Outgoing
	for _, m := range l.bus.Published() {
		if m.Topic == "POLICY-CLRUNTIME-PARTICIPANT" && m.ProcessID == "participantSimulator" {
			sent = append(sent, m)
		}
	}
	for range 3 {
		m := sent[l.random.IntN(len(sent))]
		data, err := engine.DecodeJSON(m.Data)
		require.NoError(l.t, err)
		if kind := data.(map[string]any)["messageType"]; kind == "PARTICIPANT_REGISTER" || kind == "PARTICIPANT_DEREGISTER" {
			continue
		}
		l.note("again: %s", m.Data[:min(len(m.Data), 60)])
		require.NoError(l.t, l.bus.Send(l.ctx, m.Topic, runner.Incoming{Data: data, Value: m.Data}))
	}
}

// heal lets the participants work again, and gives everything the time that it needs.
func (l *life) heal() {
	for _, simulator := range []engine.Key{l.first, l.second} {
		l.behave(simulator, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": false, "fail": false, "twice": false}})
	}
	l.fly(3 * time.Minute)
}

// check says what must be so in the end.
func (l *life) check() {
	loop := l.loop("a")
	inState := []string{}
	for _, e := range loop["elements"].(map[string]any) {
		inState = append(inState, e.(map[string]any)["state"].(string))
	}
	if loop["stateChangeResult"] == "NO_ERROR" {
		require.Equal(l.t, loop["orderedState"], loop["state"])
		require.Equal(l.t, []string{loop["state"].(string), loop["state"].(string)}, inState)
		for _, simulator := range []engine.Key{l.first, l.second} {
			in, _, err := l.r.Instance(simulator)
			require.NoError(l.t, err)
			has := in.Variables(0)["loops"].(map[string]any)["a:1.0.1"]
			if loop["state"] == "UNINITIALISED" {
				require.Contains(l.t, []any{nil, "UNINITIALISED"}, has)
			} else {
				require.Equal(l.t, loop["state"], has, "what a participant has")
			}
		}
	} else {
		require.NotEmpty(l.t, loop["message"])
	}
	items, _, err := l.r.Search(runner.Filter{ProcessID: "controlLoopTransition", State: engine.StateActive}, runner.Page{})
	require.NoError(l.t, err)
	require.Empty(l.t, items, "a transition is left")
}

// openWorld is a world that is closed by hand: there are many.
func openWorld(t *testing.T) *world {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := bareWorld(ctx, t)
	stop := w.close
	w.close = func() {
		stop()
		cancel()
	}
	return w
}
