package runner_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// account begins with "open" and takes each "order" for its name: it says yes or no, and counts.
var account = runner.Resource{Name: "account.bpmn", XML: []byte(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:modeler="http://camunda.org/schema/modeler/1.0" modeler:executionPlatform="Camunda Cloud">
	<message id="open" name="open" /><message id="close" name="close"><extensionElements><zeebe:subscription correlationKey="=processInstance.businessKey" /></extensionElements></message>
	<message id="order" name="order"><extensionElements><zeebe:subscription correlationKey="=processInstance.businessKey" /></extensionElements></message>
	<process id="account" isExecutable="true">
		<startEvent id="begin"><extensionElements><zeebe:properties><zeebe:property name="businessKey" value="=name" /></zeebe:properties></extensionElements><outgoing>f1</outgoing><messageEventDefinition messageRef="open" /></startEvent><sequenceFlow id="f1" sourceRef="begin" targetRef="wait" />
		<receiveTask id="wait" messageRef="close"><incoming>f1</incoming></receiveTask>
		<subProcess id="ordered" triggeredByEvent="true">
			<startEvent id="take" isInterrupting="false"><extensionElements><zeebe:ioMapping><zeebe:output source="=amount" target="amount" /></zeebe:ioMapping></extensionElements><outgoing>f2</outgoing><messageEventDefinition messageRef="order" /></startEvent>
			<sequenceFlow id="f2" sourceRef="take" targetRef="judge" />
			<scriptTask id="judge"><extensionElements><zeebe:script expression="=if balance &gt;= amount then balance - amount else -1" resultVariable="balance" /></extensionElements><incoming>f2</incoming></scriptTask>
		</subProcess>
	</process></definitions>`)}

var errOverdrawn = errors.New("overdrawn")

// notOverdrawn refuses an order that the account has judged to be too large.
func notOverdrawn(accounts []*engine.Instance) error {
	for _, in := range accounts {
		if in.Variables(0)["balance"] == int64(-1) {
			return errOverdrawn
		}
	}
	return nil
}

func order(name string, amount int) runner.Publication {
	return runner.Publication{Name: "order", CorrelationKey: name, Data: map[string]any{"amount": amount}}
}

// Several messages are one request: what the processes make of them is durable as a whole or leaves no trace.
func TestRequestIsAllOrNothing(t *testing.T) {
	w := newWorld(t)
	w.install(account)
	open := func(name string) runner.Publication {
		return runner.Publication{Name: "open", CorrelationKey: name, Data: map[string]any{"name": name, "balance": 10}}
	}
	taken, err := w.r.Request(w.ctx, []runner.Publication{open("a"), open("b"), order("a", 3)}, notOverdrawn)
	require.NoError(t, err)
	require.Len(t, taken, 3)
	a, b := taken[0].Key, taken[1].Key
	require.Equal(t, a, taken[2].Key)
	require.EqualValues(t, 7, taken[0].Variables(0)["balance"], "an instance is shown as it is in the end")

	before, err := w.r.History(a, 0, 0)
	require.NoError(t, err)
	_, err = w.r.Request(w.ctx, []runner.Publication{order("a", 5), order("b", 11)}, notOverdrawn)
	require.ErrorIs(t, err, errOverdrawn)
	require.EqualValues(t, 7, w.variables(a)["balance"])
	after, err := w.r.History(a, 0, 0)
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.EqualValues(t, 10, w.variables(b)["balance"])

	_, err = w.r.Request(w.ctx, []runner.Publication{order("a", 1), order("nobody", 1)}, nil)
	var refused *engine.Rejection
	require.ErrorAs(t, err, &refused)
	require.Equal(t, engine.CodeNotFound, refused.Code)
	require.Contains(t, refused.Text, `"nobody"`)
	require.EqualValues(t, 7, w.variables(a)["balance"])
	_, err = w.r.Request(w.ctx, []runner.Publication{{}}, nil)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, engine.CodeInvalid, refused.Code)

	w.restart()
	_, err = w.r.Request(w.ctx, []runner.Publication{order("a", 7), order("b", 10)}, notOverdrawn)
	require.NoError(t, err)
	require.Zero(t, w.variables(a)["balance"])
	require.Zero(t, w.variables(b)["balance"])
	require.Empty(t, w.letters())
}

// shared is the topic of several kinds of messages: only "hello" starts the process, and nobody's messages are not kept.
func shared(life, condition string) runner.Resource {
	return runner.Resource{Name: "shared.bpmn", XML: []byte(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
	<message id="m" name="shared"><extensionElements><zeebe:properties>` + life + `</zeebe:properties></extensionElements></message>
	<process id="greet" isExecutable="true"><startEvent id="begin"><extensionElements><zeebe:properties>` + condition + `</zeebe:properties></extensionElements><messageEventDefinition messageRef="m" /></startEvent></process></definitions>`)}
}

func property(name, value string) string {
	return `<zeebe:property name="` + name + `" value="` + value + `" />`
}

func TestStartConditionAndTimeToLive(t *testing.T) {
	w := newWorld(t)
	w.install(shared(property("timeToLive", "PT0S"), property("startCondition", "=kind = &quot;hello&quot;")))
	for i, kind := range []any{"hello", "other", nil, int64(3)} {
		w.send("shared", string(rune('a'+i)), nil, map[string]any{"kind": kind})
	}
	w.send("shared", "z", nil, "no object")
	require.Len(t, w.search(runner.Filter{ProcessID: "greet"}), 1)
	w.advance(48 * time.Hour)
	require.Empty(t, w.letters(), "what nobody awaits is dropped")

	w.install(shared("", property("startCondition", "=kind = &quot;hello&quot;")))
	w.send("shared", "y", nil, map[string]any{"kind": "other"})
	w.advance(time.Minute)
	require.Empty(t, w.letters())
	w.advance(48 * time.Hour)
	require.Len(t, w.letters(), 1, "without a time to live it is kept as long as any")
}

func TestStartConditionAndTimeToLiveAreChecked(t *testing.T) {
	w := newWorld(t)
	for fault, file := range map[string]runner.Resource{
		"no duration of at most": shared(property("timeToLive", "P1Y"), ""),
		"no duration of":         shared(property("timeToLive", "soon"), ""),
		"more text":              shared("", property("startCondition", "=kind = ")),
	} {
		_, err := w.r.Deploy(w.ctx, []runner.Resource{file})
		require.Error(t, err, fault)
		if fault != "more text" {
			require.ErrorContains(t, err, fault)
		}
	}
}

// Whoever takes the key from the content gets no message by the business key alone.
func TestContentDecidesBeforeTheBusinessKey(t *testing.T) {
	w := newWorld(t)
	w.install(keyed("a", "order.id"))
	info, err := w.r.Start(w.ctx, runner.Start{ProcessID: "a", BusinessKey: "b1", Variables: map[string]any{"k": "7"}})
	require.NoError(t, err)
	w.send("bills", "1", map[string]any{"kogitobusinesskey": "b1"}, map[string]any{"order": map[string]any{"id": int64(8)}})
	require.Equal(t, engine.StateActive, w.instance(info.Key).State)
	w.send("bills", "2", map[string]any{"kogitobusinesskey": "b1"}, map[string]any{"order": map[string]any{"id": int64(7)}})
	require.Equal(t, engine.StateCompleted, w.instance(info.Key).State)
}

// A field that is left unread is in no variable and nowhere in the history, whatever else the message brings.
func TestIgnoredFields(t *testing.T) {
	w := newWorld(t)
	w.install(shared(property("ignoredFields", "bulky, other"), ""))
	w.send("shared", "1", nil, map[string]any{"kind": "hello", "bulky": "canary", "other": "canary"})
	key := w.only("greet")
	require.Equal(t, map[string]any{"kind": "hello"}, w.variables(key))
	history, err := w.r.History(key, 0, 100)
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprintf("%+v", history), "canary")
	w.send("shared", "2", nil, "no object")
	require.Len(t, w.search(runner.Filter{ProcessID: "greet"}), 2)
}
