package controlloop_test

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/api/controlloop"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// crashes is at how many points of the life of control loops Sonata crashes: 5, or SONATA_TEST_POINTS times 5 (`make crash`, `make
// soak`); 0: at all.
func crashes(t *testing.T) int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("SONATA_TEST_POINTS"), "1"))
	require.NoError(t, err, "SONATA_TEST_POINTS")
	if n <= 0 {
		return math.MaxInt
	}
	return 5 * n
}

// TestCrashPoints: two control loops go through their life, and Sonata crashes before a commit, after it, before a publication, within it
// or before its acknowledgement is heard. Whoever got no answer looks what has come of the request, and repeats it if nothing has. In
// the end everything is as it is without a crash, and every message was sent with one id and content.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	want, points := liveCrashing(t, 0)
	at := rand.New(rand.NewPCG(uint64(points), 0)).Perm(points)
	at = at[:min(len(at), crashes(t))]
	for _, point := range at {
		got, reached := liveCrashing(t, point+1)
		for last := point + 1; reached < last; { // what shares a batch differs from run to run: one with fewer points crashes at its last
			last = reached
			got, reached = liveCrashing(t, last)
		}
		require.NoError(t, memory.Compare(want, got), "a crash at point %d of %d", point+1, points)
	}
	t.Logf("%d points; crashed at %d of them", points, len(at))
}

// liveCrashing plays the life of two control loops with a crash at one point, unless that is 0.
func liveCrashing(t *testing.T, at int) (remains []string, points int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w := bareWorld(ctx, t)
	w.stop()
	w.crash = &memory.Crash{At: func(point int) bool { return point == at }}
	w.start(w.r)
	defer w.close()
	for _, p := range []struct{ name, kind string }{{"First", "kind.First"}, {"Second", "kind.Second"}} {
		w.ensure(func() { w.tryToSimulate(p.name, p.kind) }, func() bool { return w.simulates(p.name) })
	}
	w.fly(time.Second)
	w.asked(http.MethodPost, "/commission", stagedTemplate, func() bool { return w.shows("/commission?name=loop.Staged&version=1.0.0", "loop.Staged") })
	for _, name := range []string{"a", "b"} {
		w.asked(http.MethodPost, "/instantiation", loopOf(name), func() bool { return w.shows("/instantiation?name="+name, firstID) })
	}
	w.fly(time.Second)
	for _, state := range []string{"PASSIVE", "RUNNING", "PASSIVE", "UNINITIALISED"} {
		w.asked(http.MethodPut, "/instantiation/command", orderOf(state, "a", "b"), func() bool {
			return w.loop("a")["orderedState"] == state && w.loop("b")["orderedState"] == state
		})
		w.fly(2 * time.Second)
		require.Equal(t, []string{state, state, state}, w.states("a"), at)
		require.Equal(t, []string{state, state, state}, w.states("b"), at)
	}
	w.asked(http.MethodDelete, "/instantiation?name=a&version=1.0.1", "", func() bool { return !w.shows("/instantiation?name=a", firstID) })
	w.fly(3 * time.Minute)
	remains, err := w.crash.Remains(w.r)
	require.NoError(t, err, at)
	return remains, w.crash.Points()
}

// ensure does something until it is done: after a crash, whoever asked for it looks whether it is.
func (w *world) ensure(do func(), done func() bool) {
	w.t.Helper()
	for !done() {
		do()
		w.settle()
	}
}

// asked sends a request, and again if Sonata crashed before it was carried out.
func (w *world) asked(method, path, body string, done func() bool) {
	w.t.Helper()
	w.ensure(func() {
		recorder := w.send(method, controlloop.Prefix+path, body)
		require.True(w.t, recorder.Code < 300 || w.crash.Down(), "%s %s: %s", method, path, recorder.Body)
	}, done)
}

// shows says whether what a path gives has a text in it.
func (w *world) shows(path, text string) bool {
	w.t.Helper()
	recorder := w.send(http.MethodGet, controlloop.Prefix+path, "")
	return recorder.Code == http.StatusOK && strings.Contains(recorder.Body.String(), text)
}

func (w *world) tryToSimulate(name, kind string) {
	_, err := w.r.Start(w.ctx, runner.Start{ProcessID: "participantSimulator", BusinessKey: name + ":1", Variables: map[string]any{
		"participantId": map[string]any{"name": name, "version": "1"}, "participantType": map[string]any{"name": kind, "version": "1.0.0"},
	}})
	require.True(w.t, err == nil || w.crash.Down(), "%v", err)
}

func (w *world) simulates(name string) bool {
	items, _, err := w.r.Search(runner.Filter{ProcessID: "participantSimulator", BusinessKey: name + ":1", State: engine.StateActive}, runner.Page{})
	require.NoError(w.t, err)
	return len(items) > 0
}

// loopOf is a control loop of the staged definition.
func loopOf(name string) string {
	element := func(id, participant string) map[string]any {
		return map[string]any{
			"id": id, "definition": map[string]any{"name": "element." + participant, "version": "1.0.0"},
			"participantId": map[string]any{"name": participant, "version": "1"},
		}
	}
	text, err := json.Marshal(map[string]any{"controlLoopList": []any{map[string]any{
		"name": name, "version": "1.0.1", "definition": map[string]any{"name": "loop.Staged", "version": "1.0.0"},
		"elements": map[string]any{firstID: element(firstID, "First"), secondID: element(secondID, "Second")},
	}}})
	if err != nil {
		panic(err)
	}
	return string(text)
}
