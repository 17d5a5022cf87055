package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// Camunda 7: an external task is a job whose type is its topic; inputs are the activity's own, results go where the variable
// is, output parameters are evaluated after that.
func TestCamunda7ExternalTask(t *testing.T) {
	k := start(t, drawn(t, `<serviceTask id="a" camunda:type="external" camunda:topic="ship" camunda:asyncBefore="true" camunda:exclusive="false" camunda:jobPriority="5">
		<extensionElements><camunda:failedJobRetryTimeCycle>R5/PT10M</camunda:failedJobRetryTimeCycle><camunda:inputOutput>
			<camunda:inputParameter name="to">${order.customer.name}</camunda:inputParameter>
			<camunda:inputParameter name="nothing" />
			<camunda:inputParameter name="items"><camunda:list><camunda:value>x</camunda:value><camunda:value>${a}</camunda:value><camunda:list><camunda:value>y</camunda:value></camunda:list><camunda:script scriptFormat="juel">${b + 1}</camunda:script></camunda:list></camunda:inputParameter>
			<camunda:inputParameter name="map"><camunda:map><camunda:entry key="k 1">v</camunda:entry><camunda:entry key="k2"><camunda:script scriptFormat="expr">a * 2</camunda:script></camunda:entry><camunda:entry key="k3"><camunda:map /></camunda:entry></camunda:map></camunda:inputParameter>
			<camunda:outputParameter name="label">${number}-${to}</camunda:outputParameter>
		</camunda:inputOutput></extensionElements></serviceTask>`), engine.StartInstance{Variables: world})
	sub := k.Subscription("a")
	require.Equal(t, "ship", sub.Name)
	require.Equal(t, 5, sub.Job.Retries)
	require.Equal(t, variables("to", "Anna", "nothing", nil, "items", []any{"x", int64(7), []any{"y"}, int64(3)},
		"map", variables("k 1", "v", "k2", int64(14), "k3", variables())), k.In.Scopes[1].Variables)
	k.Complete("a", variables("number", int64(3), "to", "Bert", "s", "silver"))
	k.Completed()
	require.Equal(t, "3-Bert", k.Variables()["label"])
	require.Equal(t, int64(3), k.Variables()["number"], "results leave the activity although there are output parameters")
	require.Equal(t, "silver", k.Variables()["s"])
	require.NotContains(t, k.Variables(), "to", "a result of the name of an input stays inside")
}

func TestCamunda7Retries(t *testing.T) {
	for text, want := range map[string]int{"": 3, "R7/PT1M": 7, "PT5M": 2, "PT5M,PT10M,PT1H": 4} {
		body := `<serviceTask id="a" camunda:type="external" camunda:topic="t">`
		if text != "" {
			body += `<extensionElements><camunda:failedJobRetryTimeCycle>` + text + `</camunda:failedJobRetryTimeCycle></extensionElements>`
		}
		k := start(t, drawn(t, body+`</serviceTask>`), engine.StartInstance{})
		require.Equal(t, want, k.Subscription("a").Job.Retries, text)
	}
}

// camunda:expression is evaluated where it stands; a message event may be an external task; a signal takes variables along.
func TestCamunda7Expressions(t *testing.T) {
	k := start(t, drawn(t, `<serviceTask id="a" camunda:expression="${order.total * b}" camunda:resultVariable="price" />
		<businessRuleTask id="r" camunda:expression="fixed" camunda:resultVariable="text" />
		<intermediateThrowEvent id="m"><messageEventDefinition camunda:type="external" camunda:topic="send" /></intermediateThrowEvent>
		<intermediateThrowEvent id="g"><signalEventDefinition signalRef="s"><extensionElements><camunda:in source="price" target="amount" /><camunda:in sourceExpression="${a > 1}" target="big" /></extensionElements></signalEventDefinition></intermediateThrowEvent>`+
		chain("a", "r", "m", "g"), `<signal id="s" name="s" />`), engine.StartInstance{Variables: world})
	require.Equal(t, "send", k.Subscription("m").Name)
	k.Complete("m", nil)
	k.Completed()
	require.Equal(t, int64(25), k.Variables()["price"])
	require.Equal(t, "fixed", k.Variables()["text"])
	require.Equal(t, variables("amount", int64(25), "big", true), k.Effects[0].(engine.BroadcastSignal).Variables)
}

// Nothing passes into a call and out of it that is not named, the business key included.
func TestCamunda7Calls(t *testing.T) {
	call := func(inside string) *bpmn.Definitions {
		return drawn(t, `<callActivity id="c" calledElement="pay-${b}" camunda:calledElementBinding="version" camunda:calledElementVersion="${b}"><extensionElements>`+inside+`</extensionElements></callActivity>`)
	}
	begin := engine.StartInstance{BusinessKey: "key", Variables: world}
	end := engine.Outcome{Kind: engine.OutcomeCompleted, Variables: variables("paid", "yes", "note", "n")}

	k := start(t, call(`<camunda:inputOutput><camunda:inputParameter name="local">1</camunda:inputParameter></camunda:inputOutput>`), begin)
	c := k.Effects[0].(engine.StartChild).Call
	require.Equal(t, "pay-2", c.ProcessID)
	require.Equal(t, "version", c.BindingType)
	require.Equal(t, 2, c.Version)
	require.Empty(t, c.Variables)
	require.Empty(t, c.BusinessKey)
	k.Do(engine.EndCall{Subscription: k.Subscription("c").ID, Outcome: end})
	require.Equal(t, world, k.Variables())

	k = start(t, call(`<camunda:in businessKey="#{execution.processBusinessKey}" /><camunda:in source="s" target="grade" /><camunda:in sourceExpression="${order.total}" target="amount" />
		<camunda:out source="paid" target="done" /><camunda:out sourceExpression="${paid}!" target="loud" />`), begin)
	c = k.Effects[0].(engine.StartChild).Call
	require.Equal(t, variables("grade", "gold", "amount", 12.5), c.Variables)
	require.Equal(t, "key", c.BusinessKey)
	k.Do(engine.EndCall{Subscription: k.Subscription("c").ID, Outcome: end})
	require.Equal(t, "yes", k.Variables()["done"])
	require.Equal(t, "yes!", k.Variables()["loud"])
	require.NotContains(t, k.Variables(), "note")

	k = start(t, call(`<camunda:in variables="all" /><camunda:in source="a" target="more" /><camunda:out variables="all" />`), begin)
	require.Len(t, k.Effects[0].(engine.StartChild).Call.Variables, len(world)+1)
	k.Do(engine.EndCall{Subscription: k.Subscription("c").ID, Outcome: end})
	require.Equal(t, "n", k.Variables()["note"])
}

// loopCounter counts from 0 in this dialect, and nrOfInstances and its like are the names of the attributes.
func TestCamunda7MultiInstance(t *testing.T) {
	k := start(t, drawn(t, `<userTask id="u" camunda:assignee="${person}" camunda:candidateGroups="sales" camunda:formKey="embedded:check" camunda:dueDate="${now()}">
		<multiInstanceLoopCharacteristics camunda:collection="list" camunda:elementVariable="person"><completionCondition>${nrOfCompletedInstances/nrOfInstances == 1 &amp;&amp; nrOfActiveInstances == 0}</completionCondition></multiInstanceLoopCharacteristics></userTask>`),
		engine.StartInstance{Variables: world})
	require.Equal(t, []string{"u", "u"}, k.Waiting())
	for i, person := range []string{"x", "y"} {
		v := k.In.Variables(k.In.Token(k.In.Subscriptions[i].Token).Inner)
		require.Equal(t, int64(i), v["loopCounter"])
		require.Equal(t, person, v["person"])
	}
	k.Complete("u", nil)
	k.Complete("u", nil)
	k.Completed()

	k = start(t, drawn(t, `<userTask id="u"><multiInstanceLoopCharacteristics isSequential="true" camunda:collection="${order.lines}"><extensionElements><camunda:failedJobRetryTimeCycle>R3/PT1M</camunda:failedJobRetryTimeCycle></extensionElements></multiInstanceLoopCharacteristics></userTask>`),
		engine.StartInstance{Variables: variables("order", variables("lines", []any{int64(1)}))})
	require.Equal(t, []string{"u"}, k.Waiting())
}

// An output collection keeps its places although the counter begins with 0.
func TestCamunda7LoopOutput(t *testing.T) {
	d := drawn(t, `<userTask id="u" camunda:assignee="a"><extensionElements><zeebe:assignmentDefinition assignee="b" /></extensionElements><multiInstanceLoopCharacteristics camunda:collection="list">
		<extensionElements><zeebe:loopCharacteristics inputCollection="=list" outputCollection="out" outputElement="=loopCounter" /></extensionElements></multiInstanceLoopCharacteristics></userTask>`)
	k := start(t, d, engine.StartInstance{Variables: world})
	k.Complete("u", nil)
	k.Complete("u", nil)
	require.Equal(t, []any{int64(0), int64(1)}, k.Variables()["out"])
}

func TestCamunda7ErrorVariables(t *testing.T) {
	k := start(t, drawn(t, `<serviceTask id="a" camunda:type="external" camunda:topic="t" /><boundaryEvent id="b" attachedToRef="a"><errorEventDefinition camunda:errorCodeVariable="code" camunda:errorMessageVariable="text" /></boundaryEvent>
		<subProcess id="e" triggeredByEvent="true"><startEvent id="es"><escalationEventDefinition camunda:escalationCodeVariable="ec" /></startEvent></subProcess>
		<endEvent id="end"><escalationEventDefinition escalationRef="x" /></endEvent>`+chain("b", "end"), `<escalation id="x" escalationCode="LATE" />`), engine.StartInstance{})
	k.Do(engine.ThrowError{Subscription: k.Subscription("a").ID, Code: "E1", Text: "no money"})
	k.Completed()
	require.Equal(t, variables("code", "E1", "text", "no money", "ec", "LATE"), k.Variables())
}

// Everything that a modeler writes for people, history and job executors changes nothing.
func TestCamunda7Information(t *testing.T) {
	d := drawn(t, `<startEvent id="s" camunda:initiator="who" camunda:formKey="start" /><task id="t" camunda:asyncAfter="1" camunda:jobPriority="${p}" /><scriptTask id="x" scriptFormat="expr" camunda:resultVariable="r"><script>1</script></scriptTask>`+chain("s", "t", "x"))
	require.Empty(t, d.Warnings)
	require.Equal(t, "start", d.Processes[0].FlowNodes[0].Form.Key)
	k := start(t, d, engine.StartInstance{})
	k.Completed()
	require.Equal(t, variables("r", int64(1)), k.Variables())
}

// Activiti and Flowable write the same in their own namespaces, and a few words more.
func TestActivitiFamily(t *testing.T) {
	for _, space := range []string{"http://activiti.org/bpmn", "http://flowable.org/bpmn"} {
		d, err := bpmn.Parse("test.bpmn", []byte(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:f="`+space+`"><process id="p" isExecutable="true">
			<serviceTask id="a" f:expression="#{x + 1}" f:resultVariableName="y" /><serviceTask id="b" f:type="external-worker" f:topic="t" />
			<callActivity id="c" calledElement="q" f:inheritVariables="true" f:inheritBusinessKey="true" f:sameDeployment="true" />`+chain("a", "b", "c")+`</process></definitions>`))
		require.NoError(t, err)
		k := start(t, d, engine.StartInstance{BusinessKey: "key", Variables: variables("x", int64(1))})
		k.Complete("b", nil)
		call := k.Effects[0].(engine.StartChild).Call
		require.Equal(t, variables("x", int64(1), "y", int64(2)), call.Variables)
		require.Equal(t, "key", call.BusinessKey)
		require.Equal(t, "deployment", call.BindingType)
	}
}
