package play_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sonata-bpmn/sonata/cmd/sonata/play"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// model writes a file with one process. Lines are either XML, at the root if they begin with "<message", "<signal", "<error" or
// "<escalation", or flows: "a -> b".
func model(id string, lines ...string) runner.Resource {
	var process, root strings.Builder
	flows := 0
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "<message") || strings.HasPrefix(line, "<signal") || strings.HasPrefix(line, "<error ") || strings.HasPrefix(line, "<escalation"):
			root.WriteString(line)
		case strings.HasPrefix(line, "<"):
			process.WriteString(line)
		default:
			nodes := strings.Split(line, " -> ")
			for i := range nodes[1:] {
				flows++
				fmt.Fprintf(&process, `<sequenceFlow id="%s%d" sourceRef=%q targetRef=%q/>`, id, flows, nodes[i], nodes[i+1])
			}
		}
	}
	return runner.Resource{Name: id + ".bpmn", XML: fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="defs" targetNamespace="test">
<process id=%q isExecutable="true">%s</process>%s</definitions>`, id, &process, &root)}
}

const start, end = `<startEvent id="start"/>`, `<endEvent id="end"/>`

func open(t *testing.T, opts play.Options, files ...runner.Resource) *play.World {
	t.Helper()
	stage, err := play.Deploy(t.Context(), files, opts)
	require.NoError(t, err)
	return openOn(t, stage)
}

func openOn(t *testing.T, stage *play.Stage) *play.World {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	w, err := stage.Open(ctx)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, w.Close())
		cancel()
	})
	return w
}

func run(t *testing.T, w *play.World, s play.Script) play.Outcome {
	t.Helper()
	outcome, err := w.Run(s)
	require.NoError(t, err)
	return outcome
}

// trace lists what happened in short: "kind element", of the kinds that are asked for, or of all.
func trace(w *play.World, kinds ...play.Kind) (lines []string) {
	for _, e := range w.Events() {
		if len(kinds) == 0 || slices.Contains(kinds, e.Kind) {
			lines = append(lines, string(e.Kind)+" "+e.Element)
		}
	}
	return lines
}

// Every token's way is told: what is entered, what is left or withdrawn, and the flows between, in their order; also those through
// gateways that wait.
func TestTheTraceOfAnInstance(t *testing.T) {
	w := open(t, play.Options{}, model("p", start, `<userTask id="work"/>`, `<parallelGateway id="fork"/>`,
		`<intermediateCatchEvent id="timer"><timerEventDefinition><timeDuration>PT1M</timeDuration></timerEventDefinition></intermediateCatchEvent>`,
		`<eventBasedGateway id="choose"/>`,
		`<intermediateCatchEvent id="soon"><timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition></intermediateCatchEvent>`,
		`<parallelGateway id="join"/>`, end, "start -> fork -> timer -> join -> end", "fork -> choose -> soon -> join", "choose -> timer2",
		`<intermediateCatchEvent id="timer2"><timerEventDefinition><timeDuration>PT9M</timeDuration></timerEventDefinition></intermediateCatchEvent>`,
		`<endEvent id="end2"/>`, "timer2 -> end2", "work -> end3", `<endEvent id="end3"/>`, "fork -> work"))
	outcome := run(t, w, play.Script{Start: []string{"p"}, Jobs: map[string]map[string]any{"work": {"done": true}}})
	require.Equal(t, play.Outcome{Status: play.Completed}, outcome)
	require.Equal(t, strings.Fields(`
		instanceStarted/p elementActivated/start elementCompleted/start flowTaken/p1 elementActivated/fork elementCompleted/fork
		flowTaken/p2 flowTaken/p5 flowTaken/p11
		elementActivated/timer timerScheduled/timer elementActivated/choose timerScheduled/soon timerScheduled/timer2
		elementActivated/work jobCreated/work
		jobCompleted/work variablesSet/p elementCompleted/work flowTaken/p10 elementActivated/end3 elementCompleted/end3
		timerFired/soon elementCompleted/choose flowTaken/p6 elementActivated/soon elementCompleted/soon flowTaken/p7
		timerFired/timer elementCompleted/timer flowTaken/p3
		elementActivated/join elementCompleted/join flowTaken/p4 elementActivated/end elementCompleted/end instanceCompleted/p`),
		strings.Split(strings.ReplaceAll(strings.Join(trace(w), "\n"), " ", "/"), "\n"))
	last := w.Events()[len(w.Events())-1]
	require.Equal(t, map[string]any{"done": true}, last.Variables)
	require.Equal(t, play.Begin.Add(time.Minute), last.At)
	for i, e := range w.Events() {
		require.Equal(t, i+1, e.Seq)
		require.Equal(t, 1, e.Instance)
		require.EqualValues(t, 1, e.Scope)
	}
	require.Equal(t, play.Detail{Source: "start", Target: "fork"}, w.Events()[3].Detail)
	require.Equal(t, "sequenceFlow", w.Events()[3].Type)
}

// Errors, escalations, signals, compensations, calls and incidents are told, with what they carry.
func TestTheTraceOfWhatIsThrown(t *testing.T) {
	w := open(t, play.Options{},
		model("caller", start, `<callActivity id="call"><extensionElements><zeebe:calledElement processId="called"/></extensionElements></callActivity>`,
			`<boundaryEvent id="told" attachedToRef="call" cancelActivity="false"><escalationEventDefinition escalationRef="esc"/></boundaryEvent>`,
			`<boundaryEvent id="failed" attachedToRef="call"><errorEventDefinition errorRef="err"/></boundaryEvent>`,
			`<endEvent id="end2"/>`, `<endEvent id="end3"/>`, end, "start -> call -> end", "told -> end2", "failed -> end3",
			`<escalation id="esc" escalationCode="E"/>`, `<error id="err" errorCode="ERR"/>`),
		model("called", start, `<task id="book"/>`, `<boundaryEvent id="undo" attachedToRef="book"><compensateEventDefinition/></boundaryEvent>`,
			`<task id="cancel_booking" isForCompensation="true"/>`, `<association id="a" sourceRef="undo" targetRef="cancel_booking" associationDirection="One"/>`,
			`<intermediateThrowEvent id="compensate"><compensateEventDefinition/></intermediateThrowEvent>`,
			`<intermediateThrowEvent id="escalate"><escalationEventDefinition escalationRef="esc"/></intermediateThrowEvent>`,
			`<intermediateThrowEvent id="shout"><signalEventDefinition signalRef="sig"/></intermediateThrowEvent>`,
			`<endEvent id="end"><errorEventDefinition errorRef="err"/></endEvent>`, "start -> book -> compensate -> escalate -> shout -> end",
			`<escalation id="esc" escalationCode="E"/>`, `<error id="err" errorCode="ERR"/>`, `<signal id="sig" name="over"/>`))
	outcome := run(t, w, play.Script{Start: []string{"caller"}})
	require.Equal(t, play.Completed, outcome.Status)
	require.Equal(t, []string{
		"instanceStarted caller", "instanceStarted called", "compensationTriggered compensate", "escalationThrown escalate", "signalBroadcast shout",
		"errorThrown end", "instanceTerminated called", "escalationThrown call", "errorThrown call", "instanceCompleted caller",
	}, trace(w, play.InstanceStarted, play.CompensationTriggered, play.EscalationThrown, play.SignalBroadcast, play.ErrorThrown, play.InstanceTerminated, play.InstanceCompleted))
	byKind := map[play.Kind]play.Event{}
	for _, e := range w.Events() {
		byKind[e.Kind] = e
	}
	require.Equal(t, []string{"cancel_booking"}, byKind[play.CompensationTriggered].Handlers)
	require.Equal(t, play.Detail{Code: "ERR", CaughtBy: "failed"}, byKind[play.ErrorThrown].Detail)
	require.Equal(t, play.Detail{Code: "E", CaughtBy: "told"}, byKind[play.EscalationThrown].Detail)
	require.Equal(t, "over", byKind[play.SignalBroadcast].Signal)
	require.Equal(t, "ERR", byKind[play.InstanceTerminated].Code)
	require.Equal(t, 2, byKind[play.InstanceTerminated].Instance)
	require.Contains(t, trace(w), "elementTerminated call")

	started := slices.IndexFunc(w.Events(), func(e play.Event) bool { return e.Kind == play.InstanceStarted && e.Element == "called" })
	require.Equal(t, 1, w.Events()[started].Parent)
}

// The same is the same, byte for byte, however often and beside whatever else it is played.
func TestThePlayIsDeterministic(t *testing.T) {
	stage, err := play.Deploy(t.Context(), []runner.Resource{
		model("asks", start, publish("ask", "question", `=instance.key>from`), catch("answer", "a"), end, "start -> ask -> answer -> end", message("q", "question", ""), message("a", "answer", "=instance.key")),
		model("answers", `<startEvent id="start"><messageEventDefinition messageRef="q"/></startEvent>`,
			publish("reply", "answer", "=event>event", "=record>record", "=now()>at"), `<endEvent id="end"/>`, "start -> reply -> end", message("q", "question", "")),
	}, play.Options{})
	require.NoError(t, err)
	results := make(chan string, 16)
	for range cap(results) {
		go func() {
			w, err := stage.Open(context.Background())
			if err != nil {
				results <- err.Error()
				return
			}
			_, err = w.Run(play.Script{Start: []string{"asks", "asks", "asks"}})
			text, _ := json.Marshal(w.Events())
			results <- fmt.Sprint(err, string(text), w.Close())
		}()
	}
	first := <-results
	require.Contains(t, first, `"event":"instanceCompleted","element":"asks"`)
	for range cap(results) - 1 {
		require.Equal(t, first, <-results)
	}
}

func message(id, topic, key string) string {
	if key == "" {
		return fmt.Sprintf(`<message id=%q name=%q/>`, id, topic)
	}
	return fmt.Sprintf(`<message id=%q name=%q><extensionElements><zeebe:subscription correlationKey=%q/></extensionElements></message>`, id, topic, key)
}

func catch(id, message string) string {
	return fmt.Sprintf(`<intermediateCatchEvent id=%q><messageEventDefinition messageRef=%q/></intermediateCatchEvent>`, id, message)
}

// publish is a send task; each input is "source>target". The record's key is the variable from.
func publish(id, topic string, inputs ...string) string {
	var mapping strings.Builder
	for _, input := range inputs {
		source, target, _ := strings.Cut(input, ">")
		fmt.Fprintf(&mapping, `<zeebe:input source=%q target=%q/>`, source, target)
	}
	return fmt.Sprintf(`<sendTask id=%q><extensionElements><zeebe:taskDefinition type="kafka:publish"/><zeebe:taskHeaders><zeebe:header key="topic" value=%q/><zeebe:header key="key" value="=from"/></zeebe:taskHeaders><zeebe:ioMapping>%s</zeebe:ioMapping></extensionElements></sendTask>`,
		id, topic, &mapping)
}

// A world starts where the stage was left, and what happens in one is not seen in another.
func TestWorldsAreApart(t *testing.T) {
	stage, err := play.Deploy(t.Context(), []runner.Resource{model("p", start, `<userTask id="work"/>`, end, "start -> work -> end")}, play.Options{})
	require.NoError(t, err)
	one, two := openOn(t, stage), openOn(t, stage)
	_, err = one.Start(runner.Start{ProcessID: "p", Variables: map[string]any{"n": int64(1)}})
	require.NoError(t, err)
	require.Empty(t, two.Instances())
	i, err := two.Start(runner.Start{ProcessID: "p"})
	require.NoError(t, err)
	require.Empty(t, i.Variables())
	require.Equal(t, one.Instances()[0].State.Key, i.State.Key)
	require.NoError(t, two.Complete(two.Jobs()[0], nil))
	require.False(t, i.Active())
	require.True(t, one.Instances()[0].Active())
	require.Equal(t, []string{"work"}, one.Instances()[0].Position())
}

// Commands are refused as in production.
func TestCommandsAreRefused(t *testing.T) {
	w := open(t, play.Options{}, model("p", start, `<userTask id="work"/>`, end, "start -> work -> end"))
	_, err := w.Start(runner.Start{ProcessID: "other"})
	require.ErrorAs(t, err, new(*engine.Rejection))
	i, err := w.Start(runner.Start{ProcessID: "p"})
	require.NoError(t, err)
	job := w.Jobs()[0]
	require.NoError(t, w.Cancel(i))
	for _, err := range []error{
		w.Complete(job, nil), w.Fail(job, 0, ""), w.Throw(job, engine.ThrowError{Code: "X"}), w.Cancel(i),
		w.SetVariables(i, 0, map[string]any{"a": true}), w.Resolve(i, 1, 0), w.Broadcast("", nil),
	} {
		require.ErrorAs(t, err, new(*engine.Rejection))
	}
	require.Empty(t, w.Jobs())
}

// A message is taken, kept for later, or can never be delivered; the sender hears of it.
func TestMessagesFromOutside(t *testing.T) {
	w := open(t, play.Options{}, model("p", start, `<userTask id="work"/>`, catch("wait", "m"), end, "start -> work -> wait -> end", message("m", "news", "=id")))
	i, err := w.Start(runner.Start{ProcessID: "p", Variables: map[string]any{"id": "7"}})
	require.NoError(t, err)
	taken, err := w.Send(play.Message{Topic: "news", Key: "7", Data: map[string]any{"text": "x"}})
	require.NoError(t, err)
	require.False(t, taken)
	require.NoError(t, w.Complete(w.Jobs()[0], nil))
	require.Equal(t, "x", i.Variables()["text"])
	require.False(t, i.Active())
	_, err = w.Send(play.Message{Topic: "news", To: i})
	require.ErrorIs(t, err, play.ErrUndeliverable)
	require.ErrorContains(t, err, "has ended")

	other, err := w.Start(runner.Start{ProcessID: "p", Variables: map[string]any{"id": "8"}})
	require.NoError(t, err)
	require.NoError(t, w.Complete(w.Jobs()[0], nil))
	taken, err = w.Send(play.Message{Topic: "news", To: other, Headers: map[string]string{"h": "v"}})
	require.NoError(t, err)
	require.True(t, taken)
}

// Timers on the way fire at their own times, those of start events too unless they are switched off.
func TestTheClock(t *testing.T) {
	daily := model("daily", `<startEvent id="start"><timerEventDefinition><timeCycle>R/P1D</timeCycle></timerEventDefinition></startEvent>`, end, "start -> end")
	w := open(t, play.Options{}, daily)
	moves := 0
	require.NoError(t, w.AdvanceTo(play.Begin.Add(60*time.Hour), func() error { moves++; return nil }))
	require.Equal(t, 3, moves)
	require.Len(t, w.Instances(), 2)
	require.Equal(t, play.Begin.Add(48*time.Hour), w.Instances()[1].State.StartedAt)
	require.Equal(t, play.Begin.Add(60*time.Hour), w.Now())
	require.NoError(t, w.MoveTo(play.Begin))
	require.Equal(t, play.Begin.Add(60*time.Hour), w.Now(), "time does not go back")
	require.Equal(t, []string{"timerFired start", "timerFired start"}, trace(w, play.TimerFired))

	w = open(t, play.Options{NoStartTimers: true, At: play.Begin.Add(time.Hour)}, daily)
	require.Equal(t, play.Begin.Add(time.Hour), w.Now())
	require.NoError(t, w.AdvanceTo(play.Begin.Add(60*time.Hour), func() error { return nil }))
	require.Empty(t, w.Instances())

	often := model("often", `<startEvent id="start"><timerEventDefinition><timeCycle>R/PT1S</timeCycle></timerEventDefinition></startEvent>`, end, "start -> end")
	w = open(t, play.Options{}, often)
	stop := fmt.Errorf("enough")
	require.ErrorIs(t, w.AdvanceTo(play.Begin.AddDate(100, 0, 0), func() error {
		if len(w.Instances()) > 100 {
			return stop
		}
		return nil
	}), stop)
}

// What cannot be deployed is said with its problems; nothing is left running.
func TestDeployRefuses(t *testing.T) {
	_, err := play.Deploy(t.Context(), []runner.Resource{model("p", start, "start -> nowhere")}, play.Options{})
	require.ErrorContains(t, err, "nowhere")
	_, err = play.Deploy(t.Context(), nil, play.Options{})
	require.ErrorContains(t, err, "nothing to deploy")
}

// A script's message reaches who waits, unless the process says by what is in it whom it is for (§8.4.2).
func TestMessagesOfAScriptAreCorrelated(t *testing.T) {
	const drawn = `<message id="m" name="news"/>
		<correlationProperty id="oid"><correlationPropertyRetrievalExpression messageRef="m"><messagePath>orderId</messagePath></correlationPropertyRetrievalExpression></correlationProperty>
		<collaboration id="c"><participant id="pa" processRef="p"/><correlationKey id="ck"><correlationPropertyRef>oid</correlationPropertyRef></correlationKey></collaboration>`
	const subscribed = `<correlationSubscription id="cs" correlationKeyRef="ck"><correlationPropertyBinding correlationPropertyRef="oid"><dataPath>mine</dataPath></correlationPropertyBinding></correlationSubscription>`
	w := func() *play.World {
		return open(t, play.Options{}, model("p", subscribed, start, catch("wait", "m"), end, "start -> wait -> end", drawn))
	}
	script := func(order string) play.Script {
		return play.Script{Start: []string{"p"}, Variables: map[string]any{"mine": "A"}, Messages: []play.Message{{Topic: "news", Data: map[string]any{"orderId": order}}}}
	}
	outcome, err := w().Run(script("A"))
	require.NoError(t, err)
	require.Equal(t, play.Outcome{Status: play.Completed}, outcome)
	outcome, err = w().Run(script("B"))
	require.NoError(t, err)
	require.Equal(t, play.Outcome{Status: play.Waiting, Notes: []string{"what is in the message news fits nobody who waited for it"}}, outcome)
}
