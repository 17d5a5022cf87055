package controlloop_test

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/api/controlloop"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
	"github.com/sonata-bpmn/sonata/processes"
)

var begin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world runs the processes of control loops, and simulated participants, without Kafka. Time stands still in it but for [world.fly].
type world struct {
	t     *testing.T
	ctx   context.Context
	r     *runner.Runner
	store *memory.Store
	stop  func()
	close func()
	bus   *memory.Bus
	clock *memory.Clock
	http  http.Handler
	crash *memory.Crash // nil: it never crashes
	keys  *secret.Keys
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	w := bareWorld(ctx, t)
	t.Cleanup(w.close)
	return w
}

func bareWorld(ctx context.Context, t *testing.T) *world {
	t.Helper()
	from := deployed(t)
	w := &world{t: t, ctx: ctx, clock: memory.NewClock(begin), store: from.store.Copy(), keys: secretKeys(t, secret.NewKey())}
	w.bus = memory.NewBus(func(ctx context.Context, records []runner.Incoming) error { return w.r.Receive(ctx, records) })
	w.start(from.r)
	w.close = func() {
		w.stop()
		require.NoError(t, runner.Check(w.store))
	}
	return w
}

// stage is what worlds are copied from: the processes, deployed once.
type stage struct {
	r     *runner.Runner
	store *memory.Store
}

var (
	theStage stage
	staging  sync.Once
)

func deployed(t *testing.T) stage {
	t.Helper()
	staging.Do(func() {
		w := &world{t: t, ctx: t.Context(), store: memory.NewStore()}
		var err error
		w.r, err = runner.New(w.store, runner.Options{Clock: memory.NewClock(begin)})
		require.NoError(t, err)
		w.run(w.ctx)
		_, err = w.r.Deploy(w.ctx, append(resources(t, processes.ControlLoop()), resources(t, processes.Simulator())...))
		require.NoError(t, err)
		w.stop()
		theStage = stage{w.r, w.store}
	})
	return theStage
}

// start runs the store with what another runner has compiled.
func (w *world) start(from *runner.Runner) {
	w.t.Helper()
	store, bus := runner.Store(w.store), runner.Bus(w.bus)
	ctx, end := context.WithCancel(w.ctx)
	if w.crash != nil {
		store, bus = w.crash.Attach(w.store, w.bus, end)
	}
	var err error
	w.r, err = from.Fork(store, runner.Options{Bus: bus, Clock: w.clock, Secrets: w.keys})
	require.NoError(w.t, err)
	router := chi.NewRouter()
	controlloop.PatientRoutes(w.r, w.keys)(router)
	w.http = router
	w.run(ctx)
	stop := w.stop
	w.stop = func() {
		end()
		stop()
	}
}

// run lets the runner work until stop.
func (w *world) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	r := w.r
	go func() { ended <- r.Run(ctx) }()
	w.stop = func() {
		cancel()
		require.NoError(w.t, <-ended)
	}
}

func resources(t *testing.T, files fs.FS) (all []runner.Resource) {
	names, err := fs.Glob(files, "*.bpmn")
	require.NoError(t, err)
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		all = append(all, runner.Resource{Name: name, XML: data})
	}
	return all
}

// settle returns when nothing is left to do until time goes on.
func (w *world) settle() {
	w.t.Helper()
	for {
		err := w.r.Settled(w.ctx)
		if w.crash == nil || !w.crash.Down() {
			require.NoError(w.t, err)
			return
		}
		w.restart()
	}
}

func secretKeys(t *testing.T, lines ...string) *secret.Keys {
	t.Helper()
	keys, err := secret.ParseKeys("secret.key", []byte(strings.Join(lines, "\n")))
	require.NoError(t, err)
	return keys
}

func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.start(w.r)
}

// fly lets time pass. Whatever falls due on the way happens at its time.
func (w *world) fly(d time.Duration) {
	w.t.Helper()
	at := w.clock.Now().Add(d)
	for {
		w.settle()
		due, err := w.r.NextTimer()
		require.NoError(w.t, err)
		if due.IsZero() || due.After(at) {
			break
		}
		w.clock.Advance(due.Sub(w.clock.Now()))
	}
	w.clock.Advance(at.Sub(w.clock.Now()))
	w.settle()
	items, _, err := w.r.Search(runner.Filter{HasIncident: new(true)}, runner.Page{})
	require.NoError(w.t, err)
	for _, item := range items {
		in, _, err := w.r.Instance(item.Key)
		require.NoError(w.t, err)
		require.Empty(w.t, in.Incidents, item.ProcessID)
	}
}

func (w *world) send(method, path, body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(w.ctx, method, path, strings.NewReader(body))
	w.http.ServeHTTP(recorder, r)
	if w.crash == nil || !w.crash.Down() {
		requireDescribed(w.t, r, recorder)
	}
	return recorder
}

// call sends a request and returns the answer.
func (w *world) call(method, path, body string, status int) map[string]any {
	w.t.Helper()
	recorder := w.send(method, path, body)
	text, err := io.ReadAll(recorder.Body)
	require.NoError(w.t, err)
	require.Equal(w.t, status, recorder.Code, "%s %s: %s", method, path, text)
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		var list []any
		require.NoError(w.t, json.Unmarshal(text, &list), string(text))
		object = map[string]any{"list": list}
	}
	if status >= 400 && strings.HasPrefix(path, controlloop.Prefix) {
		require.NotEmpty(w.t, object["errorDetails"])
	}
	return object
}

func (w *world) clamp(method, path, body string, status int) map[string]any {
	w.t.Helper()
	return w.call(method, controlloop.Prefix+path, body, status)
}

// simulate starts a simulated participant.
func (w *world) simulate(name, version, kind, kindVersion string, behaviour map[string]any) engine.Key {
	w.t.Helper()
	info, err := w.r.Start(w.ctx, runner.Start{ProcessID: "participantSimulator", BusinessKey: name + ":" + version, Variables: map[string]any{
		"participantId": map[string]any{"name": name, "version": version}, "participantType": map[string]any{"name": kind, "version": kindVersion}, "behaviour": behaviour,
	}})
	require.NoError(w.t, err)
	require.NoError(w.t, w.r.Settled(w.ctx))
	return info.Key
}

// behave changes what a simulated participant does from now on.
func (w *world) behave(simulator engine.Key, variables map[string]any) {
	w.t.Helper()
	require.NoError(w.t, w.r.SetVariables(w.ctx, simulator, engine.SetVariables{Variables: variables}))
	require.NoError(w.t, w.r.Settled(w.ctx))
}

// loop is a control loop as REST shows it.
func (w *world) loop(name string) map[string]any {
	w.t.Helper()
	list := w.clamp(http.MethodGet, "/instantiation?name="+name, "", 200)["controlLoopList"].([]any)
	require.Len(w.t, list, 1)
	return list[0].(map[string]any)
}

func (w *world) states(name string) (states []string) {
	loop := w.loop(name)
	states = append(states, loop["state"].(string))
	for _, e := range loop["elements"].(map[string]any) {
		states = append(states, e.(map[string]any)["state"].(string))
	}
	return states
}

func read(t *testing.T, elem ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(elem...))
	require.NoError(t, err)
	return string(text)
}
