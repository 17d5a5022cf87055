package runner_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// A changed file is a new version, an unchanged one is not; running instances stay on theirs, also after a restart.
func TestVersions(t *testing.T) {
	v1 := model("p", start, work("job", "j"), `<endEvent id="old"/>`, "start -> job -> old")
	v2 := model("p", start, work("job", "j"), publish("tell", "told"), `<endEvent id="new"/>`, "start -> job -> tell -> new")
	w := newWorld(t)
	first := w.install(v1)
	old := w.launch("p", nil)
	same := w.install(v1)
	require.Equal(t, first.Definitions, same.Definitions)
	require.NotEqual(t, first.Key, same.Key)
	second := w.install(v2)
	require.Equal(t, 2, second.Definitions[0].Version)
	require.Equal(t, second.Key, second.Definitions[0].DeploymentKey)
	require.Len(t, w.r.Definitions(), 2)

	w.restart()
	require.Equal(t, append(first.Definitions, second.Definitions...), w.r.Definitions())
	fresh := w.launch("p", nil)
	chosen, err := w.r.Start(w.ctx, runner.Start{ProcessID: "p", Version: 1})
	require.NoError(t, err)
	require.Equal(t, 1, chosen.Version)
	for _, key := range []engine.Key{old, fresh, chosen.Key} {
		require.NoError(t, w.r.CompleteJob(w.ctx, key, engine.CompleteJob{Subscription: w.subscription(key, "job").ID}))
	}
	w.awaitPublished("told", 1)
	require.Len(t, w.publishedOn("told"), 1, "only the new version tells")

	xml, err := w.r.XML(first.Definitions[0].Key)
	require.NoError(t, err)
	require.Equal(t, v1.XML, xml)
	_, err = w.r.XML(1)
	rejected(t, err, engine.CodeNotFound, "no process definition 1")

	for want, s := range map[string]runner.Start{
		`no process "q" is deployed`:              {ProcessID: "q"},
		`no version 3 of process "p" is deployed`: {ProcessID: "p", Version: 3},
		"there is no process definition 1":        {DefinitionKey: 1},
	} {
		_, err := w.r.Start(w.ctx, s)
		rejected(t, err, engine.CodeNotFound, want)
	}
	_, err = w.r.Start(w.ctx, runner.Start{})
	rejected(t, err, engine.CodeInvalid, "which process")
	byKey, err := w.r.Start(w.ctx, runner.Start{DefinitionKey: first.Definitions[0].Key})
	require.NoError(t, err)
	require.Equal(t, 1, byKey.Version)
}

// What is in doubt does not keep a file from being deployed, and is told.
func TestDeployWarns(t *testing.T) {
	w := newWorld(t)
	warnings := w.install(model("p", start, work("job", "kafka:publsh"), "start -> job")).Warnings
	require.Len(t, warnings, 1)
	require.Equal(t, engine.CodeNear, warnings[0].Code)
}

// Everything that is wrong is reported at once, and nothing is deployed.
func TestDeployProblems(t *testing.T) {
	good := model("good", start, end, "start -> end")
	notExecutable := runner.Resource{Name: "draft.bpmn", XML: []byte(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t"><process id="draft"/></definitions>`)}
	w := newWorld(t)
	_, err := w.r.Deploy(w.ctx, []runner.Resource{
		good, model("broken", start, end, "start -> nowhere"), {Name: "text.bpmn", XML: []byte("hello")},
		{Name: "again.bpmn", XML: good.XML}, notExecutable,
		model("never", `<startEvent id="start"><timerEventDefinition><timeCycle>=someVariable</timeCycle></timerEventDefinition></startEvent>`, end, "start -> end"),
	})
	var problems bpmn.Problems
	require.ErrorAs(t, err, &problems)
	files := map[string]string{}
	for _, p := range problems {
		files[p.Pos.File] = p.Code
	}
	require.Equal(t, runner.CodeSameProcess, files["again.bpmn"])
	require.Equal(t, runner.CodeNothingToDeploy, files["draft.bpmn"])
	require.Equal(t, runner.CodeStartTimer, files["never.bpmn"])
	require.Contains(t, files, "broken.bpmn")
	require.Contains(t, files, "text.bpmn")
	require.NotContains(t, files, "good.bpmn")
	require.Contains(t, err.Error(), `again.bpmn:3:`)
	require.Empty(t, w.r.Definitions())

	_, err = w.r.Deploy(w.ctx, nil)
	require.ErrorContains(t, err, "nothing to deploy")
}

// stubbornBus refuses to be bound for a while, and notes what it is bound to.
type stubbornBus struct {
	*memory.Bus
	refuse atomic.Bool
	never  atomic.Bool // some topic is one that cannot exist
	bound  atomic.Pointer[runner.Topics]
	binds  atomic.Int32
}

func (b *stubbornBus) Bind(ctx context.Context, topics runner.Topics, positions []runner.Position) error {
	b.binds.Add(1)
	if b.refuse.Load() {
		return errors.New("no broker")
	}
	b.bound.Store(&topics)
	err := b.Bus.Bind(ctx, topics, positions)
	if err == nil && b.never.Load() {
		err = fmt.Errorf("%w: a b", runner.ErrUnbindable)
	}
	return err
}

// The bus is bound to what the newest versions, and older ones that still run, need.
func TestTopics(t *testing.T) {
	bus := &stubbornBus{}
	w := newWorld(t, func(w *world) { bus.Bus = w.bus; w.opts.Bus = bus })
	w.install(patient, ping)
	require.Equal(t, runner.Topics{Consume: []string{"pong", "reply"}, Publish: []string{"ping"}}, *bus.bound.Load())
	binds := bus.binds.Load()
	w.install(patient, ping)
	require.Equal(t, binds, bus.binds.Load(), "nothing new, nothing to bind")

	key := w.launch("patient", nil)
	w.install(model("patient", start, catch("wait", "m"), end, message("m", "answer", ""), "start -> wait -> end"))
	require.Equal(t, []string{"answer", "pong", "reply"}, bus.bound.Load().Consume)
	w.send("reply", "1", ref(key), nil)
	require.Equal(t, engine.StateCompleted, w.instance(key).State)
	w.install(pong)
	require.Equal(t, []string{"answer", "ping", "pong"}, bus.bound.Load().Consume)
	w.restart()
	w.install(waiter)
	require.Equal(t, []string{"answer", "ping", "pong", "reply"}, bus.bound.Load().Consume)
}

// A deployment stands even if the bus cannot be bound; binding is tried until it works.
func TestBindLater(t *testing.T) {
	bus := &stubbornBus{}
	w := newWorld(t, func(w *world) { bus.Bus = w.bus; w.opts.Bus = bus })
	w.install(pong)
	require.NoError(t, w.r.Ready())
	bus.refuse.Store(true)
	d, err := w.r.Deploy(w.ctx, []runner.Resource{patient})
	var bind *runner.BindError
	require.ErrorAs(t, err, &bind)
	require.ErrorContains(t, err, "no broker")
	require.Len(t, d.Definitions, 1)
	require.ErrorContains(t, w.r.Ready(), "not bound: no broker")
	key := w.launch("patient", nil)
	w.send("reply", "1", ref(key), nil)
	require.Equal(t, engine.StateActive, w.instance(key).State)

	bus.refuse.Store(false)
	for w.r.Ready() != nil {
		w.advance(time.Second)
	}
	require.Equal(t, key, w.awaitEnd("patient"))
}

// A message may have a name that no topic can have: that is told once, and keeps nothing else from working.
func TestNamesOfNoTopic(t *testing.T) {
	bus := &stubbornBus{}
	w := newWorld(t, func(w *world) { bus.Bus = w.bus; w.opts.Bus = bus })
	w.install(pong)
	bus.never.Store(true)
	_, err := w.r.Deploy(w.ctx, []runner.Resource{patient})
	require.ErrorIs(t, err, runner.ErrUnbindable)
	require.ErrorContains(t, err, "deployed, but some topics cannot exist: a b")
	require.NoError(t, w.r.Ready())
	binds := bus.binds.Load()
	key := w.launch("patient", nil)
	w.send("reply", "1", ref(key), nil)
	require.Equal(t, engine.StateCompleted, w.instance(key).State)
	require.Equal(t, binds, bus.binds.Load(), "it is not tried again")
}
