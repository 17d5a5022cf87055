package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// jbpm reads a file in jBPM's dialect; the prefix of its vocabulary is any.
func jbpm(t testing.TB, prefix, body string, beside ...string) *bpmn.Definitions {
	t.Helper()
	body = strings.ReplaceAll(body, "drools:", prefix+":")
	d, err := bpmn.Parse("test.bpmn2", []byte(`<bpmn2:definitions xmlns:bpmn2="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
		xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:`+prefix+`="http://www.jboss.org/drools" expressionLanguage="http://www.mvel.org/2.0">
		<process id="p" isExecutable="true" `+prefix+`:packageName="com.example" `+prefix+`:version="1.0" `+prefix+`:adHoc="false">`+body+`</process>`+strings.Join(beside, "")+`</bpmn2:definitions>`))
	require.NoError(t, err)
	require.Empty(t, d.Warnings)
	return d
}

// A work item is a job of its task name, with its data inputs; nothing comes back but its data outputs.
func TestKogitoWorkItems(t *testing.T) {
	for _, prefix := range []string{"drools", "tns", "g"} {
		d := jbpm(t, prefix, `<property id="place" itemSubjectRef="text" /><property id="answer" />
			<task id="t" drools:taskName="Email" drools:bgcolor="#fff">
				<extensionElements><drools:metaData name="elementname"><drools:metaValue><![CDATA[Mail]]></drools:metaValue></drools:metaData><drools:metaData name="customAsync"><drools:metaValue>true</drools:metaValue></drools:metaData></extensionElements>
				<ioSpecification><dataInput id="i1" name="To" drools:dtype="String" /><dataInput id="i2" name="Count" itemSubjectRef="int" /><dataInput id="i3" name="Urgent" itemSubjectRef="bool" /><dataInput id="i4" name="Text" /><dataInput id="i5" name="Same" /><dataOutput id="o1" name="Result" /></ioSpecification>
				<dataInputAssociation><targetRef>i1</targetRef><assignment><from><![CDATA[info@example.com]]></from><to>i1</to></assignment></dataInputAssociation>
				<dataInputAssociation><targetRef>i2</targetRef><assignment><from>007</from><to>i2</to></assignment></dataInputAssociation>
				<dataInputAssociation><targetRef>i3</targetRef><assignment><from>true</from><to>i3</to></assignment></dataInputAssociation>
				<dataInputAssociation><targetRef>i4</targetRef><assignment><from>Hello #{place}, #{1 + 1} times</from><to>i4</to></assignment></dataInputAssociation>
				<dataInputAssociation><targetRef>i5</targetRef><assignment><from>#{place}</from><to>i5</to></assignment></dataInputAssociation>
				<dataOutputAssociation><sourceRef>o1</sourceRef><targetRef>answer</targetRef></dataOutputAssociation>
			</task>`, `<itemDefinition id="text" structureRef="String" /><itemDefinition id="int" structureRef="java.lang.Integer" /><itemDefinition id="bool" structureRef="Boolean" />`)
		require.Equal(t, "1.0", d.Processes[0].VersionTag)
		require.Equal(t, "Mail", d.Processes[0].FlowNodes[0].Properties["elementname"])
		k := start(t, d, engine.StartInstance{Variables: variables("place", "Rome")})
		require.Equal(t, "Email", k.Subscription("t").Name)
		require.Equal(t, variables("To", "info@example.com", "Count", int64(7), "Urgent", true, "Text", "Hello Rome, 2 times", "Same", "Rome"), k.In.Scopes[1].Variables)
		k.Complete("t", variables("Result", "sent", "other", "lost"))
		k.Completed()
		require.Equal(t, variables("place", "Rome", "answer", "sent"), k.Variables())
	}
}

// Java services and rules are jobs too; a script in Java is not (see testdata/invalid/drools.bpmn).
func TestKogitoServices(t *testing.T) {
	k := start(t, jbpm(t, "drools", `
		<serviceTask id="a" drools:serviceimplementation="Java" drools:serviceinterface="com.example.Stock" drools:serviceoperation="reserve" implementation="Java" operationRef="op" />
		<businessRuleTask id="b" drools:ruleFlowGroup="discounts" implementation="http://www.jboss.org/drools/rule" />
		<scriptTask id="c" scriptFormat="expr"><ioSpecification><dataOutput id="v" name="v" /></ioSpecification><dataOutputAssociation><sourceRef>v</sourceRef><targetRef>w</targetRef></dataOutputAssociation><script>1 + 1</script></scriptTask>
		<property id="w" />`+chain("a", "b", "c"), `<interface id="if" name="com.example.Stock" implementationRef="com.example.Stock"><operation id="op" name="reserve" implementationRef="reserve" /></interface>`), engine.StartInstance{})
	require.Equal(t, "com.example.Stock.reserve", k.Subscription("a").Name)
	k.Complete("a", variables("x", "lost"))
	require.Equal(t, "discounts", k.Subscription("b").Name)
	k.Complete("b", nil)
	k.Completed()
	require.Equal(t, variables("w", int64(2)), k.Variables())
}

// Conditions are Java, MVEL or FEEL; of several flows the one of the lowest priority is asked first.
func TestKogitoConditions(t *testing.T) {
	d := jbpm(t, "drools", `<startEvent id="s" /><exclusiveGateway id="g" gatewayDirection="Diverging" /><endEvent id="a" /><endEvent id="b" /><endEvent id="c" /><endEvent id="d" />`+chain("s", "g")+`
		<sequenceFlow id="f1" sourceRef="g" targetRef="a" drools:priority="3"><conditionExpression xsi:type="tFormalExpression" language="http://www.java.com/java"><![CDATA[return order.getTotal() > 3;]]></conditionExpression></sequenceFlow>
		<sequenceFlow id="f2" sourceRef="g" targetRef="b" drools:priority="2"><conditionExpression xsi:type="tFormalExpression" language="http://www.java.com/java">return !order.isPaid() &amp;&amp; "x".equals(kind);</conditionExpression></sequenceFlow>
		<sequenceFlow id="f3" sourceRef="g" targetRef="c" drools:priority="1"><conditionExpression xsi:type="tFormalExpression" language="http://www.omg.org/spec/FEEL/20140401">kind = "feel"</conditionExpression></sequenceFlow>
		<sequenceFlow id="f4" sourceRef="g" targetRef="d" drools:priority="4"><conditionExpression>return true</conditionExpression></sequenceFlow>`)
	for kind, end := range map[string]string{"x": "b", "feel": "c", "": "a", "small": "d"} {
		total := int64(10)
		if kind == "small" {
			total = 1
		}
		k := start(t, d, engine.StartInstance{Variables: variables("kind", kind, "order", variables("total", total))})
		k.Completed()
		require.Equal(t, "s g "+end, k.Path(), kind)
	}
}

// A called process gets what is mapped, has no business key of its caller, and by default goes on without it.
func TestKogitoCalls(t *testing.T) {
	call := func(attributes string) *bpmn.Definitions {
		return jbpm(t, "tns", `<callActivity id="c" calledElement="#{which}" `+attributes+`><ioSpecification><dataInput id="i" name="amount" /></ioSpecification>
			<dataInputAssociation><sourceRef>sum</sourceRef><targetRef>i</targetRef></dataInputAssociation></callActivity><property id="sum" />`)
	}
	begin := engine.StartInstance{BusinessKey: "key", Variables: variables("which", "pay", "sum", int64(3))}
	for attributes, want := range map[string]struct{ detached, independent bool }{
		``: {false, true}, `drools:independent="true"`: {false, true}, `drools:independent="false"`: {false, false}, `drools:waitForCompletion="false"`: {true, true},
	} {
		k := start(t, call(attributes), begin)
		c := k.Effects[0].(engine.StartChild).Call
		require.Equal(t, "pay", c.ProcessID)
		require.Equal(t, variables("amount", int64(3)), c.Variables)
		require.Empty(t, c.BusinessKey)
		require.Equal(t, want.detached, c.Detached, attributes)
		sub := k.Subscription("c")
		require.Equal(t, want.independent, sub.Independent, attributes)
		if want.detached {
			continue
		}
		cancelled := *k
		cancelled.Do(engine.CancelInstance{})
		require.Equal(t, !want.independent, len(cancelled.Effects) > 1, "an independent instance is left alone: %s", attributes)
		k.Do(engine.EndCall{Subscription: sub.ID, Outcome: engine.Outcome{Kind: engine.OutcomeTerminated}})
		if want.independent {
			k.Completed()
		} else {
			require.Equal(t, engine.IncidentCalledElement, k.In.Incidents[0].Kind)
		}
	}
}

// Timers have variables in them, and say what kind they are; a user task says who does it.
func TestKogitoTimersAndPeople(t *testing.T) {
	d := jbpm(t, "drools", `<intermediateCatchEvent id="a"><timerEventDefinition><timeDuration xsi:type="tFormalExpression">PT#{n}H</timeDuration></timerEventDefinition></intermediateCatchEvent>
		<userTask id="u" drools:taskName="Human Task"><ioSpecification><dataInput id="i1" name="GroupId" /><dataInput id="i2" name="ActorId" /></ioSpecification>
			<dataInputAssociation><targetRef>i1</targetRef><assignment><from>sales</from><to>i1</to></assignment></dataInputAssociation>
			<dataInputAssociation><targetRef>i2</targetRef><assignment><from>#{who}</from><to>i2</to></assignment></dataInputAssociation></userTask>
		<boundaryEvent id="b" attachedToRef="u" cancelActivity="false" drools:boundaryca="false"><timerEventDefinition><timeCycle xsi:type="tFormalExpression" language="cron">0 0 12 * * *</timeCycle></timerEventDefinition></boundaryEvent>`+chain("a", "u"))
	u := d.Processes[0].FlowNodes[1]
	require.Equal(t, "sales", u.Assignment.CandidateGroups.Text)
	require.True(t, u.Assignment.CandidateGroups.Literal)
	require.Equal(t, "who", u.Assignment.Assignee.Text)
	k := start(t, d, engine.StartInstance{Variables: variables("n", int64(2))})
	k.Advance(2 * time.Hour)
	require.Equal(t, 12, k.Subscription("b").Due.Hour())
}

// The collection of results grows in jBPM while the instances end.
func TestKogitoMultiInstance(t *testing.T) {
	k := start(t, jbpm(t, "drools", `<property id="list" /><property id="listOut" />
		<userTask id="u"><ioSpecification><dataInput id="in" /><dataInput id="one" name="Item" /><dataOutput id="out" name="listOut" /><dataOutput id="oneOut" name="itemOut" /></ioSpecification>
			<dataInputAssociation><sourceRef>item</sourceRef><targetRef>one</targetRef></dataInputAssociation><dataInputAssociation><sourceRef>list</sourceRef><targetRef>in</targetRef></dataInputAssociation>
			<dataOutputAssociation><sourceRef>out</sourceRef><targetRef>listOut</targetRef></dataOutputAssociation><dataOutputAssociation><sourceRef>oneOut</sourceRef><targetRef>itemOut</targetRef></dataOutputAssociation>
			<multiInstanceLoopCharacteristics isSequential="true"><loopDataInputRef>in</loopDataInputRef><loopDataOutputRef>out</loopDataOutputRef><inputDataItem id="item" /><outputDataItem id="itemOut" />
				<completionCondition xsi:type="tFormalExpression">listOut.size() == 1</completionCondition></multiInstanceLoopCharacteristics></userTask>`),
		engine.StartInstance{Variables: variables("list", []any{"x", "y"})})
	k.Complete("u", variables("itemOut", "X"))
	k.Completed()
	require.Equal(t, []any{"X", nil}, k.Variables()["listOut"])
}

// What starts by itself in an ad-hoc sub-process says so.
func TestKogitoAdHoc(t *testing.T) {
	const auto = `<extensionElements><drools:metaData name="customAutoStart"><drools:metaValue>true</drools:metaValue></drools:metaData></extensionElements>`
	k := start(t, jbpm(t, "drools", `<adHocSubProcess id="x" ordering="Parallel"><userTask id="a">`+auto+`</userTask><userTask id="b" /><userTask id="c">`+auto+`</userTask><userTask id="d" />`+chain("a", "d")+
		`<completionCondition xsi:type="tFormalExpression" language="http://www.mvel.org/2.0">autocomplete</completionCondition></adHocSubProcess>`), engine.StartInstance{})
	require.Equal(t, []string{"a", "c"}, k.Waiting())
	k.Complete("a", nil)
	k.Complete("c", nil)
	k.Complete("d", nil)
	k.Completed()
}

// Old files write durations in their own way, and a cycle of one for ever.
func TestKogitoLegacyTimers(t *testing.T) {
	for text, want := range map[string]time.Duration{"10s": 10 * time.Second, "500ms": 500 * time.Millisecond, "2d3h": 51 * time.Hour, "1m 5s": 65 * time.Second, "PT1M": time.Minute} {
		k := start(t, jbpm(t, "drools", `<intermediateCatchEvent id="a"><timerEventDefinition><timeDuration>`+text+`</timeDuration></timerEventDefinition></intermediateCatchEvent>`), engine.StartInstance{})
		require.Equal(t, want, k.Subscription("a").Due.Sub(k.At), text)
	}
	k := start(t, jbpm(t, "drools", `<userTask id="u" /><boundaryEvent id="b" attachedToRef="u" cancelActivity="false"><timerEventDefinition><timeCycle>10s</timeCycle></timerEventDefinition></boundaryEvent>`), engine.StartInstance{})
	k.Advance(35 * time.Second)
	require.Equal(t, "u b b b", k.Path())
}

// §10.3.4: people, in BPMN's own words.
func TestPeopleOfUserTasks(t *testing.T) {
	d := jbpm(t, "drools", `<userTask id="u"><humanPerformer><resourceAssignmentExpression><formalExpression>anna</formalExpression></resourceAssignmentExpression></humanPerformer>
		<potentialOwner><resourceAssignmentExpression><formalExpression>bert, user(carl), group(sales)</formalExpression></resourceAssignmentExpression></potentialOwner></userTask>`)
	a := d.Processes[0].FlowNodes[0].Assignment
	require.Equal(t, []string{"anna", "bert, carl", "sales"}, []string{a.Assignee.Text, a.CandidateUsers.Text, a.CandidateGroups.Text})
}
