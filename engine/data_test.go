package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// §10.4.2: a data association copies a data object into a data input of the activity, and a data output into a data object.
// Nothing else leaves an activity that says what its outputs are.
func TestDataAssociations(t *testing.T) {
	k := start(t, drawn(t, `
		<dataObject id="do" /><dataObjectReference id="ref" name="Big order" dataObjectRef="do" /><property id="sum" />
		<serviceTask id="t" operationRef="op">
			<ioSpecification>
				<dataInput id="i1" name="order" /><dataInput id="i2" name="size" /><dataOutput id="o1" name="result" />
			</ioSpecification>
			<dataInputAssociation><sourceRef>ref</sourceRef><targetRef>i1</targetRef></dataInputAssociation>
			<dataInputAssociation><targetRef>i2</targetRef>
				<assignment><from>len(Big_order.items)</from><to>i2.items</to></assignment>
				<assignment><from>1 + 1</from><to>pallets</to></assignment>
			</dataInputAssociation>
			<dataOutputAssociation><sourceRef>o1</sourceRef><targetRef>sum</targetRef><transformation>result * 2</transformation></dataOutputAssociation>
		</serviceTask>`, `<interface id="if" name="Packing"><operation id="op" name="pack" /></interface>`),
		engine.StartInstance{Variables: variables("Big_order", variables("items", []any{"a", "b", "c"}))})
	require.Equal(t, "Packing.pack", k.Subscription("t").Name, "an operation is a job of its name")
	require.Equal(t, variables("order", variables("items", []any{"a", "b", "c"}), "size", variables("items", int64(3), "pallets", int64(2))), k.In.Scopes[1].Variables)
	k.Complete("t", variables("result", int64(21), "note", "secret"))
	k.Completed()
	require.Equal(t, int64(42), k.Variables()["sum"])
	require.NotContains(t, k.Variables(), "note")
	require.NotContains(t, k.Variables(), "result")
}

// §10.5.1: what a message event sends or brings is the data of its only data input or output, whatever that is.
func TestPayloadOfMessageEvents(t *testing.T) {
	body := `
		<startEvent id="s"><dataOutput id="so" name="event" />
			<dataOutputAssociation><sourceRef>so</sourceRef><targetRef>order</targetRef></dataOutputAssociation>
			<messageEventDefinition messageRef="m1" /></startEvent>
		<property id="order" /><property id="lines" />
		<intermediateThrowEvent id="a"><dataInput id="ai" />
			<dataInputAssociation><sourceRef>order</sourceRef><targetRef>ai</targetRef></dataInputAssociation>
			<messageEventDefinition messageRef="m2" /></intermediateThrowEvent>
		<sendTask id="b" messageRef="m2"><ioSpecification><dataInput id="bi" /></ioSpecification>
			<dataInputAssociation><targetRef>bi</targetRef><transformation>[order.id, 2]</transformation></dataInputAssociation></sendTask>
		<receiveTask id="c" messageRef="m1"><ioSpecification><dataOutput id="co" /></ioSpecification>
			<dataOutputAssociation><sourceRef>co</sourceRef><targetRef>lines</targetRef></dataOutputAssociation></receiveTask>` + chain("s", "a", "b", "c")
	k := start(t, drawn(t, body, `<message id="m1" name="orders" /><message id="m2" name="sent" />`), engine.StartInstance{
		Element: "s", Message: &engine.Message{Name: "orders", Data: variables("id", "7"), Event: variables("id", "e")},
	})
	require.Equal(t, variables("order", variables("id", "7")), k.Variables(), "the data output is the payload, though it is called like the CloudEvent")
	require.Equal(t, variables("id", "7"), k.Effects[0].(engine.PublishMessage).Data)
	require.Equal(t, []any{"7", int64(2)}, k.Effects[1].(engine.PublishMessage).Data)
	k.Do(engine.CorrelateMessage{Subscription: k.Subscription("c").ID, Message: engine.Message{Data: []any{int64(1)}}})
	k.Completed()
	require.Equal(t, []any{int64(1)}, k.Variables()["lines"])
}

// An event with several triggers has a data output for each that brings data, in their order.
func TestPayloadsOfMultipleEvents(t *testing.T) {
	d := drawn(t, `
		<intermediateCatchEvent id="c"><dataOutput id="o1" /><dataOutput id="o2" />
			<dataOutputAssociation><sourceRef>o1</sourceRef><targetRef>x</targetRef></dataOutputAssociation>
			<dataOutputAssociation><sourceRef>o2</sourceRef><targetRef>y</targetRef></dataOutputAssociation>
			<messageEventDefinition messageRef="m" /><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition><signalEventDefinition signalRef="s" />
		</intermediateCatchEvent><property id="x" /><property id="y" />`, `<message id="m" name="m" /><signal id="s" name="s" />`)
	require.Equal(t, []string{"o1", "", "o2"}, d.Processes[0].FlowNodes[0].Payloads)
	k := start(t, d, engine.StartInstance{})
	k.Do(engine.CorrelateSignal{Subscription: k.In.Subscriptions[2].ID, Variables: variables("data", "scalar")})
	k.Completed()
	require.Equal(t, variables("x", nil, "y", "scalar"), k.Variables())
}

// Errors, escalations and signals carry their data in the same way.
func TestPayloadsOfErrorsAndSignals(t *testing.T) {
	k := start(t, drawn(t, `
		<property id="reason" /><property id="order" />
		<subProcess id="sub"><startEvent id="ss" /><endEvent id="bad"><dataInput id="bi" />
			<dataInputAssociation><sourceRef>order</sourceRef><targetRef>bi</targetRef></dataInputAssociation>
			<errorEventDefinition errorRef="e" /></endEvent>`+chain("ss", "bad")+`</subProcess>
		<boundaryEvent id="caught" attachedToRef="sub"><dataOutput id="co" />
			<dataOutputAssociation><sourceRef>co</sourceRef><targetRef>reason</targetRef></dataOutputAssociation>
			<errorEventDefinition errorRef="e" camunda:errorCodeVariable="code" camunda:errorMessageVariable="text" /></boundaryEvent>
		<endEvent id="tell"><dataInput id="ti" />
			<dataInputAssociation><targetRef>ti</targetRef><transformation>7</transformation></dataInputAssociation>
			<signalEventDefinition signalRef="s" /></endEvent>`+chain("caught", "tell"),
		`<error id="e" errorCode="BAD" /><signal id="s" name="s" />`), engine.StartInstance{Variables: variables("order", variables("id", "7"))})
	k.Completed()
	require.Equal(t, variables("id", "7"), k.Variables()["reason"])
	for _, e := range k.Effects {
		if thrown, ok := e.(engine.BroadcastSignal); ok {
			require.Equal(t, variables("data", int64(7)), thrown.Variables)
			return
		}
	}
	t.Fatal("no signal was thrown")
}

// A start by a signal takes the signal's data as its data output says.
func TestPayloadOfSignalStart(t *testing.T) {
	k := start(t, drawn(t, `<startEvent id="s"><dataOutput id="o" />
		<dataOutputAssociation><sourceRef>o</sourceRef><targetRef>x</targetRef></dataOutputAssociation><signalEventDefinition signalRef="g" /></startEvent>
		<property id="x" />`, `<signal id="g" name="g" />`), engine.StartInstance{Element: "s", Variables: variables("a", "b")})
	k.Completed()
	require.Equal(t, variables("x", variables("a", "b")), k.Variables())
}

// §10.5.7: the data objects and properties of a sub-process live in it, and each of its instances has its own.
func TestDataOfSubProcesses(t *testing.T) {
	k := start(t, drawn(t, `
		<property id="outside" />
		<subProcess id="sub"><property id="inside" /><dataObject id="object" />
			<userTask id="u"><ioSpecification><dataOutput id="o1" /><dataOutput id="o2" /><dataOutput id="o3" /></ioSpecification>
				<dataOutputAssociation><sourceRef>o1</sourceRef><targetRef>inside</targetRef></dataOutputAssociation>
				<dataOutputAssociation><sourceRef>o2</sourceRef><targetRef>object</targetRef></dataOutputAssociation>
				<dataOutputAssociation><sourceRef>o3</sourceRef><targetRef>outside</targetRef></dataOutputAssociation></userTask>
			<userTask id="v" />`+chain("u", "v")+`</subProcess>`), engine.StartInstance{})
	k.Complete("u", variables("o1", "1", "o2", "2", "o3", "3"))
	require.Equal(t, variables("inside", "1", "object", "2"), k.In.Scopes[1].Variables)
	k.Complete("v", nil)
	k.Completed()
	require.Equal(t, variables("outside", "3"), k.Variables())
}

// §10.3.8, Table 10.30: BPMN's own words for what a multi-instance activity runs over and collects.
func TestLoopData(t *testing.T) {
	k := start(t, drawn(t, `
		<property id="orders" /><property id="labels" />
		<userTask id="u">
			<ioSpecification><dataInput id="all" /><dataInput id="one" /><dataOutput id="label" /><dataOutput id="allLabels" /></ioSpecification>
			<dataInputAssociation><sourceRef>orders</sourceRef><targetRef>all</targetRef></dataInputAssociation>
			<dataInputAssociation><sourceRef>item</sourceRef><targetRef>one</targetRef></dataInputAssociation>
			<dataOutputAssociation><sourceRef>label</sourceRef><targetRef>itemLabel</targetRef></dataOutputAssociation>
			<dataOutputAssociation><sourceRef>allLabels</sourceRef><targetRef>labels</targetRef></dataOutputAssociation>
			<multiInstanceLoopCharacteristics><loopDataInputRef>all</loopDataInputRef><loopDataOutputRef>allLabels</loopDataOutputRef>
				<inputDataItem id="item" /><outputDataItem id="itemLabel" />
				<completionCondition>len(filter(labels, # != nil)) == 2</completionCondition></multiInstanceLoopCharacteristics>
		</userTask>`), engine.StartInstance{Variables: variables("orders", []any{"x", "y", "z"})})
	require.Equal(t, []string{"u", "u", "u"}, k.Waiting())
	require.Equal(t, "x", k.In.Variables(k.In.Token(k.In.Subscriptions[0].Token).Inner)["one"])
	k.Complete("u", variables("label", "X", "other", "lost"))
	k.Complete("u", variables("label", "Y"))
	k.Completed()
	require.Equal(t, variables("orders", []any{"x", "y", "z"}, "labels", []any{"X", "Y", nil}), k.Variables())
}

// The same over data objects, for a sub-process: its instances do not share the item.
func TestLoopDataOfSubProcesses(t *testing.T) {
	k := start(t, drawn(t, `
		<dataObject id="orders" isCollection="true" /><dataObject id="labels" isCollection="true" />
		<subProcess id="sub"><startEvent id="s" />
			<userTask id="u"><ioSpecification><dataOutput id="o" /></ioSpecification>
				<dataOutputAssociation><sourceRef>o</sourceRef><targetRef>label</targetRef></dataOutputAssociation></userTask>`+chain("s", "u")+`
			<multiInstanceLoopCharacteristics><loopDataInputRef>orders</loopDataInputRef><loopDataOutputRef>labels</loopDataOutputRef>
				<inputDataItem id="item" /><outputDataItem id="label" /></multiInstanceLoopCharacteristics>
		</subProcess>`), engine.StartInstance{Variables: variables("orders", []any{"x", "y"})})
	k.Complete("u", variables("o", "X"))
	k.Complete("u", variables("o", "Y"))
	k.Completed()
	require.Equal(t, []any{"X", "Y"}, k.Variables()["labels"])
	require.NotContains(t, k.Variables(), "label")
}

// A call passes what is mapped, and nothing else, where data is mapped into it.
func TestDataOfCallActivities(t *testing.T) {
	k := start(t, drawn(t, `<property id="order" /><property id="result" />
		<callActivity id="c" calledElement="other">
			<ioSpecification><dataInput id="i" name="theirs" /><dataOutput id="o" name="answer" /></ioSpecification>
			<dataInputAssociation><sourceRef>order</sourceRef><targetRef>i</targetRef></dataInputAssociation>
			<dataOutputAssociation><sourceRef>o</sourceRef><targetRef>result</targetRef></dataOutputAssociation>
		</callActivity>`), engine.StartInstance{Variables: variables("order", "7", "secret", "s")})
	require.Equal(t, variables("theirs", "7"), k.Effects[0].(engine.StartChild).Call.Variables)
	k.Do(engine.EndCall{Subscription: k.Subscription("c").ID, Outcome: engine.Outcome{Kind: engine.OutcomeCompleted, Variables: variables("answer", "42", "theirs", "7")}})
	k.Completed()
	require.Equal(t, variables("order", "7", "secret", "s", "result", "42"), k.Variables())
}

// §10.3.6: a global task is called like a process.
func TestGlobalTasks(t *testing.T) {
	d := drawn(t, `<callActivity id="c" calledElement="check" />`,
		`<globalUserTask id="check" name="Check" /><globalScriptTask id="double" scriptLanguage="expr"><ioSpecification><dataOutput id="twice" /></ioSpecification><script>x * 2</script></globalScriptTask>
		<globalManualTask id="hand" /><globalTask id="any" /><globalBusinessRuleTask id="rule"><extensionElements><zeebe:taskDefinition type="rules" /></extensionElements></globalBusinessRuleTask>`)
	processes := d.Executable()
	require.Len(t, processes, 6)
	kinds := map[string]string{}
	for _, p := range processes[1:] {
		kinds[p.ID] = p.FlowNodes[0].Kind
		_, err := engine.Compile(p)
		require.NoError(t, err)
	}
	require.Equal(t, map[string]string{"check": "userTask", "double": "scriptTask", "hand": "manualTask", "any": "task", "rule": "businessRuleTask"}, kinds)
	run := func(i int, v map[string]any) map[string]any {
		k := start(t, &bpmn.Definitions{Processes: processes[i : i+1]}, engine.StartInstance{Variables: v})
		if len(k.Waiting()) > 0 {
			k.Complete(k.Waiting()[0], variables("done", true))
		}
		k.Completed()
		return k.Variables()
	}
	require.Equal(t, variables("done", true), run(1, nil))
	require.Equal(t, variables("x", int64(4), "twice", int64(8)), run(2, variables("x", int64(4))))
	require.Empty(t, run(3, nil))
	require.Empty(t, run(4, nil))
	require.Equal(t, variables("done", true), run(5, nil))
}

// A variable may have any name that a word can have, the names of functions included.
func TestNamesOfData(t *testing.T) {
	for _, name := range []string{"count", "map", "filter", "len", "now", "sum", "date", "type", "all", "reduce", "größe", "in", "not", "null", "nil", "a b", "1st", "let", "if", "contains", "#"} {
		k := start(t, drawn(t, `<property id="p1" name="`+name+`" /><property id="p2" name="copy" />
			<userTask id="u"><ioSpecification><dataInput id="i" /><dataOutput id="o" name="`+name+`" /></ioSpecification>
				<dataInputAssociation><sourceRef>p1</sourceRef><targetRef>i</targetRef></dataInputAssociation>
				<dataOutputAssociation><sourceRef>o</sourceRef><targetRef>p1</targetRef></dataOutputAssociation></userTask>
			<userTask id="v"><ioSpecification><dataInput id="j" name="seen" /></ioSpecification><dataInputAssociation><sourceRef>p1</sourceRef><targetRef>j</targetRef></dataInputAssociation></userTask>`+chain("u", "v")),
			engine.StartInstance{})
		require.Empty(t, k.In.Incidents, name)
		k.Complete("u", variables(nameOf(name), int64(7)))
		require.Equal(t, int64(7), k.In.Scopes[1].Variables["seen"], name)
	}
}

// nameOf is the variable of an item of data, as docs/bpmn.md says.
func nameOf(name string) string {
	switch name {
	case "in", "not", "null", "nil", "let", "if", "contains", "1st":
		return "_" + name
	case "a b":
		return "a_b"
	case "#":
		return "_"
	}
	return name
}

// Nothing leaves an activity with an ioSpecification that no association takes out of it, and nothing an event whose data
// output goes nowhere.
func TestUnmappedResults(t *testing.T) {
	k := start(t, drawn(t, `<userTask id="u"><ioSpecification><dataInput id="i" /></ioSpecification></userTask>
		<receiveTask id="r" messageRef="m"><ioSpecification><dataOutput id="o" /></ioSpecification></receiveTask>`+chain("u", "r"), `<message id="m" name="m" />`), engine.StartInstance{})
	k.Complete("u", variables("x", int64(1)))
	k.Message("r", variables("y", int64(1)))
	k.Completed()
	require.Empty(t, k.Variables())
}
