package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
)

const beside = `<signal id="sig" name="one done" /><message id="msg" name="news" /><escalation id="esc" escalationCode="LATE" /><error id="err" errorCode="BAD" />
	<signalEventDefinition id="signal" signalRef="sig" /><messageEventDefinition id="message" messageRef="msg" />
	<escalationEventDefinition id="escalation" escalationRef="esc" /><errorEventDefinition id="error" errorRef="err" />
	<timerEventDefinition id="timer"><timeDuration>PT1H</timeDuration></timerEventDefinition>`

func looping(loop, boundary string) string {
	return `<startEvent id="s" /><userTask id="u"><multiInstanceLoopCharacteristics id="l" ` + loop + `</multiInstanceLoopCharacteristics></userTask><endEvent id="end" />` +
		chain("s", "u", "end") + boundary
}

func boundary(definition string, interrupting string) string {
	return `<boundaryEvent id="b" attachedToRef="u" cancelActivity="` + interrupting + `">` + definition + `</boundaryEvent><endEvent id="after" />` + chain("b", "after")
}

const three = `><loopCardinality>3</loopCardinality>`

// §10.3.8: with the behavior "None" an event is thrown for each instance, with "One" for the first, with "All" never; the
// boundary events of the activity catch it.
func TestLoopBehaviors(t *testing.T) {
	for _, c := range []struct{ name, behavior, definition, path string }{
		{"all", `behavior="All"` + three, `<signalEventDefinition signalRef="sig" />`, "s u u u u end"},
		{"none", `behavior="None" noneBehaviorEventRef="signal"` + three, `<signalEventDefinition signalRef="sig" />`, "s u u u u b after b after b after end"},
		{"one", `behavior="One" oneBehaviorEventRef="signal"` + three, `<signalEventDefinition signalRef="sig" />`, "s u u u u b after end"},
		{"message", `behavior="None" noneBehaviorEventRef="message"` + three, `<messageEventDefinition messageRef="msg" />`, "s u u u u b after b after b after end"},
		{"escalation", `behavior="One" oneBehaviorEventRef="escalation"` + three, `<escalationEventDefinition escalationRef="esc" />`, "s u u u u b after end"},
		{"sequential", `isSequential="true" behavior="None" noneBehaviorEventRef="signal"` + three, `<signalEventDefinition signalRef="sig" />`, "s u u b u after b u after b after end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := start(t, drawn(t, looping(c.behavior, boundary(c.definition, "false")), beside), engine.StartInstance{})
			for range 3 {
				k.Complete("u", nil)
			}
			k.Completed()
			require.Equal(t, c.path, k.Path())
			require.Empty(t, k.Effects, "what a boundary event catches goes no further")
		})
	}
}

// An interrupting boundary event ends the activity with the first event, and so does an error.
func TestLoopBehaviorInterrupts(t *testing.T) {
	for name, c := range map[string][2]string{
		"signal":  {`behavior="None" noneBehaviorEventRef="signal"`, `<signalEventDefinition signalRef="sig" />`},
		"message": {`behavior="None" noneBehaviorEventRef="message"`, `<messageEventDefinition messageRef="msg" />`},
		"error":   {`behavior="One" oneBehaviorEventRef="error"`, `<errorEventDefinition errorRef="err" />`},
	} {
		t.Run(name, func(t *testing.T) {
			k := start(t, drawn(t, looping(c[0]+three, boundary(c[1], "true")), beside), engine.StartInstance{})
			k.Complete("u", nil)
			k.Completed()
			require.Equal(t, "s u u u u !u !u !u !u b after", k.Path())
		})
	}
}

// What no boundary event waits for goes where such an event goes from anywhere else.
func TestLoopBehaviorUncaught(t *testing.T) {
	attributes := variables("loopCounter", int64(1), "numberOfInstances", int64(1), "numberOfActiveInstances", int64(0), "numberOfCompletedInstances", int64(1), "numberOfTerminatedInstances", int64(0))
	k := start(t, drawn(t, looping(`behavior="One"><loopCardinality>1</loopCardinality>`, ""), beside), engine.StartInstance{})
	k.Complete("u", nil)
	k.Completed()
	require.Equal(t, engine.SignalThrown{Element: "u", Name: "u", Variables: attributes}, k.Effects[0].(engine.BroadcastSignal).SignalThrown,
		"the default is a signal with the name of the activity's id and the attributes of the activity")

	k = start(t, drawn(t, looping(`behavior="One" oneBehaviorEventRef="message"><loopCardinality>1</loopCardinality>`, ""), beside), engine.StartInstance{})
	_, publishes := k.Process.Topics()
	require.Equal(t, []string{"news"}, publishes)
	k.Complete("u", nil)
	k.Completed()
	require.Equal(t, "news", k.Effects[0].(engine.PublishMessage).Topic)
	require.Equal(t, any(attributes), k.Effects[0].(engine.PublishMessage).Data)

	k = start(t, drawn(t, looping(`behavior="One" oneBehaviorEventRef="escalation"><loopCardinality>1</loopCardinality>`, ""), beside), engine.StartInstance{})
	k.Complete("u", nil)
	k.Completed()

	k = start(t, drawn(t, looping(`behavior="None" noneBehaviorEventRef="error"><loopCardinality>1</loopCardinality>`, ""), beside), engine.StartInstance{})
	k.Complete("u", nil)
	require.Contains(t, k.In.Incidents[0].Text, `nothing catches the error "BAD"`)
	k.Resolve()
	require.Len(t, k.In.Incidents, 1)
}

// Table 10.31: a complex behavior throws its event when its condition holds as an instance completes.
// The loop around has a counter of its own, which the data of the event must not overwrite.
func TestLoopBehaviorInsideALoop(t *testing.T) {
	k := start(t, drawn(t, `<startEvent id="s" /><subProcess id="o"><multiInstanceLoopCharacteristics isSequential="true"><extensionElements>
		<zeebe:loopCharacteristics inputCollection="=[10,20]" inputElement="x" outputCollection="res" outputElement="=loopCounter" /></extensionElements></multiInstanceLoopCharacteristics>
		<startEvent id="os" /><task id="u"><multiInstanceLoopCharacteristics behavior="None" noneBehaviorEventRef="signal"`+three+`</multiInstanceLoopCharacteristics></task>`+
		chain("os", "u")+`<boundaryEvent id="b" attachedToRef="u" cancelActivity="false"><signalEventDefinition signalRef="sig" /></boundaryEvent></subProcess><endEvent id="end" />`+
		chain("s", "o", "end"), beside), engine.StartInstance{})
	k.Completed()
	require.Equal(t, []any{int64(1), int64(2)}, k.Variables()["res"])
	require.NotContains(t, k.Variables(), "loopCounter")
}

func TestComplexLoopBehavior(t *testing.T) {
	const loop = `behavior="Complex"><loopCardinality>= 3</loopCardinality>
		<complexBehaviorDefinition id="x"><condition>numberOfCompletedInstances == 2 and urgent</condition>
			<event id="e1"><extensionElements><zeebe:ioMapping><zeebe:input source="=result" target="what" /><zeebe:input source="=what + loopCounter" target="sum" /></zeebe:ioMapping></extensionElements>
				<signalEventDefinition id="e1s" signalRef="sig" /></event></complexBehaviorDefinition>
		<complexBehaviorDefinition id="y"><condition>result == 100</condition>
			<event id="e2"><dataInput id="di" /><dataInputAssociation id="da"><targetRef>di</targetRef><assignment><from>[result]</from><to>di</to></assignment></dataInputAssociation>
				<messageEventDefinition id="e2m" messageRef="msg" /></event></complexBehaviorDefinition>`
	d := drawn(t, looping(loop, boundary(`<signalEventDefinition signalRef="sig" />`, "false")), beside)
	d.Processes[0].FlowNodes[1].Outputs = nil
	k := start(t, d, engine.StartInstance{})
	k.Complete("u", variables("result", int64(1)))
	require.Empty(t, k.Effects)
	k.Complete("u", variables("result", int64(20)))
	require.Contains(t, k.In.Incidents[0].Text, "complex behavior", "urgent is missing")
	k.Do(engine.SetVariables{Variables: variables("urgent", true)})
	k.Resolve()
	require.Contains(t, k.Path(), "b after")
	require.Equal(t, variables("result", int64(20), "urgent", true, "what", int64(20), "sum", int64(22)), k.Variables(), "the boundary event brings the event's data")
	require.Equal(t, 2, k.In.Scopes[1].Loop.Completed)
	k.Complete("u", variables("result", int64(100)))
	k.Completed()
	require.Equal(t, []any{int64(100)}, k.Effects[0].(engine.PublishMessage).Data)
}

func TestLoopBehaviorRefused(t *testing.T) {
	for text, loop := range map[string]string{
		"cannot throw a timerEventDefinition": `behavior="One" oneBehaviorEventRef="timer"` + three,
		"no complexBehaviorDefinition":        `behavior="Complex"` + three,
		"lacks its condition or its event":    `behavior="Complex"` + three + `<complexBehaviorDefinition id="x"><condition>true</condition></complexBehaviorDefinition>`,
		"nothing waits for the worker":        `behavior="Complex"` + three + `<complexBehaviorDefinition id="x"><condition>true</condition><event id="e"><extensionElements><zeebe:taskDefinition type="send" /></extensionElements><messageEventDefinition messageRef="msg" /></event></complexBehaviorDefinition>`,
		"a condition must give true or false": `behavior="Complex"` + three + `<complexBehaviorDefinition id="x"><condition>1</condition><event id="e"><signalEventDefinition signalRef="sig" /></event></complexBehaviorDefinition>`,
	} {
		_, err := engine.Compile(drawn(t, looping(loop, ""), beside).Processes[0])
		require.ErrorContains(t, err, text)
	}
}

// That nobody catches an error is known before anything is thrown; one that is caught goes after all other events, as it ends the activity.
func TestLoopBehaviorErrors(t *testing.T) {
	const loop = `behavior="Complex"><loopCardinality>1</loopCardinality>
		<complexBehaviorDefinition id="x"><condition>true</condition><event id="e1"><errorEventDefinition errorRef="err" /></event></complexBehaviorDefinition>
		<complexBehaviorDefinition id="y"><condition>true</condition><event id="e2"><signalEventDefinition signalRef="sig" /></event></complexBehaviorDefinition>`
	k := start(t, drawn(t, looping(loop, ""), beside), engine.StartInstance{})
	k.Complete("u", nil)
	k.Resolve()
	require.Len(t, k.In.Incidents, 1)
	require.Empty(t, k.Effects)

	k = start(t, drawn(t, looping(loop, boundary(`<errorEventDefinition errorRef="err" />`, "true")), beside), engine.StartInstance{})
	k.Complete("u", nil)
	k.Completed()
	require.Equal(t, "one done", k.Effects[0].(engine.BroadcastSignal).Name)
	require.Contains(t, k.Path(), "b after")
}
