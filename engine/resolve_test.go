package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// Resolving an incident runs the step again that failed, once, and nothing that was done before it (research of other engines: whoever
// leaves an activity a second time must not take over its results a second time).

// The loop was over before no flow could be chosen: it is not asked again whether it goes on.
func TestALoopThatCannotBeLeftIsOver(t *testing.T) {
	for name, marker := range map[string]string{
		"standard":   `loopWhile="again"`,
		"sequential": `each-sequential="= items" until="not again"`,
		"parallel":   `each="= items" until="not again" into:gone="= loopCounter"`,
	} {
		c := enginetest.Start(t, `
			startEvent start
			serviceTask a type=a `+marker+`
			endEvent end
			start -> a
			a -> end : open`, map[string]any{"again": false, "open": false, "items": []any{int64(1), int64(2)}})
		c.Complete("a", nil)
		require.Equal(t, engine.IncidentNoFlow, c.In.Incidents[0].Kind, name)
		c.Do(engine.SetVariables{Variables: map[string]any{"again": true, "open": true, "gone": "mended"}})
		c.Resolve()
		c.Completed()
		require.Equal(t, "mended", c.Variables()["gone"], name)
	}
}

// Its condition is asked again where that is what failed.
func TestALoopConditionThatFailedIsAskedAgain(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a each="= [1,2,3,4]" until="numberOfCompletedInstances > n"
		start -> a`, nil)
	c.Complete("a", nil)
	require.Equal(t, engine.IncidentExpression, c.In.Incidents[0].Kind)
	c.Complete("a", nil)
	require.Len(t, c.In.Incidents, 1, "while it waits for an operator nothing is asked")
	c.Do(engine.SetVariables{Variables: map[string]any{"n": int64(2)}})
	c.Resolve()
	require.Len(t, c.Waiting(), 2)
	c.Complete("a", nil)
	c.Completed()
}

func TestOutputMappingsCountOnce(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a out:total="= total + 1"
		endEvent end
		start -> a
		a -> end : open`, map[string]any{"total": int64(0), "open": false})
	c.Complete("a", nil)
	c.Do(engine.SetVariables{Variables: map[string]any{"open": true}})
	c.Resolve()
	c.Completed()
	require.Equal(t, int64(1), c.Variables()["total"])

	c = enginetest.Start(t, `
		startEvent start
		serviceTask a type=a times="= 2" out:total="= total + 1" into:all="= 1 + more"
		start -> a`, map[string]any{"total": int64(0)})
	c.Complete("a", nil)
	require.Equal(t, engine.IncidentMapping, c.In.Incidents[0].Kind)
	c.Do(engine.SetVariables{Variables: map[string]any{"more": int64(1)}})
	c.Resolve()
	c.Complete("a", nil)
	c.Completed()
	require.Equal(t, int64(2), c.Variables()["total"])
	require.Equal(t, []any{int64(2), int64(2)}, c.Variables()["all"])
}

// An event on the boundary that waits for an operator does not keep an ad-hoc sub-process from going on.
func TestAnAdHocSubProcessGoesOnBesideItsBoundary(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		adHocSubProcess some sequential {
			serviceTask a type=a
			serviceTask b type=b
		}
		boundaryEvent both on=some message=m key="= k" signal=s parallel nonInterrupting
		start -> some`, map[string]any{"k": "1"})
	c.Do(engine.SetVariables{Variables: map[string]any{"k": nil}})
	c.Message("both", nil)
	for _, sub := range c.In.Subscriptions {
		if sub.Kind == engine.SubscriptionSignal {
			c.Do(engine.CorrelateSignal{Subscription: sub.ID})
		}
	}
	require.Equal(t, "both", c.In.Incidents[0].Element)
	c.Complete("a", nil)
	c.Complete("b", nil)
	c.Completed()
}

// A complex gateway whose reset fails goes on with its reset, and then with what has come meanwhile (§13.4.5).
func TestAComplexGatewayWhoseResetFails(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		serviceTask a type=a
		serviceTask b type=b
		serviceTask c type=c
		exclusiveGateway merge
		complexGateway g activation="activationCount >= 1"
		task out
		start -> fork -> a -> merge -> g
		fork -> b -> g
		fork -> c -> merge
		g -> out : n > 0`, map[string]any{"n": int64(1)})
	c.Complete("a", nil)
	c.Do(engine.SetVariables{Variables: map[string]any{"n": "text"}})
	c.Complete("b", nil)
	require.Equal(t, engine.IncidentExpression, c.In.Incidents[0].Kind)
	c.Complete("c", nil)
	c.Do(engine.SetVariables{Variables: map[string]any{"n": int64(1)}})
	c.Resolve()
	c.Completed()
	require.Equal(t, 3, strings.Count(c.Path(), "out"))
}

// §10.5.4: the first trigger of a multiple event wins, and the others wait no longer, also where the event cannot leave: another one must
// not touch its incident.
func TestAnEventThatCannotLeaveHasHappened(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		intermediateCatchEvent e condition="x > 0" condition="y > 0" out:z="= 1 + more"
		endEvent end
		start -> e -> end`, map[string]any{"x": int64(0), "y": int64(0)})
	c.Do(engine.SetVariables{Variables: map[string]any{"x": int64(1)}})
	require.Len(t, c.In.Incidents, 1)
	require.Empty(t, c.In.Subscriptions)
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"more": int64(1), "y": int64(1)}})
	c.Completed()
	require.Equal(t, int64(2), c.Variables()["z"])
}

// A throw event throws all that it throws or nothing: what it could throw is not thrown again with each attempt (§10.5.4).
func TestAThrowEventThrowsOnce(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		intermediateThrowEvent e signal=first message=m type=kafka:publish header:topic=m header:key="= 1 + key"
		endEvent end
		start -> e -> end`, nil)
	for range 2 {
		require.Empty(t, c.Effects)
		c.Resolve()
	}
	c.Do(engine.SetVariables{Variables: map[string]any{"key": int64(1)}})
	c.Resolve()
	c.Completed()
	require.Len(t, c.Effects, 2)
	require.Equal(t, "first", c.Effects[0].(engine.BroadcastSignal).Name)
	require.Equal(t, "2", c.Effects[1].(engine.PublishMessage).Key)
}

// That nobody catches an error is known before anything else is thrown.
func TestAnUncaughtErrorThrowsNothingElse(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		endEvent end signal=first escalation=U error=boom
		start -> end
		subProcess s event {
			startEvent told escalation=U nonInterrupting
			serviceTask more type=more
			told -> more
		}`, nil)
	for range 2 {
		c.Resolve()
	}
	require.Len(t, c.In.Incidents, 1)
	require.Empty(t, c.Effects)
	require.Empty(t, c.Waiting())
}

// What ends the event is thrown after the rest, wherever it stands in the file.
func TestAllIsThrownBeforeTheEventIsInterrupted(t *testing.T) {
	for _, end := range []string{"error=E", "escalation=U"} {
		c := enginetest.Start(t, `
			startEvent start
			subProcess sub {
				startEvent s
				endEvent e in:x="= 1" `+end+` signal=told
				s -> e
			}
			boundaryEvent caught on=sub `+end+`
			endEvent after
			start -> sub
			caught -> after`, nil)
		c.Completed()
		require.Contains(t, c.Path(), "caught after")
		require.Equal(t, "told", c.Effects[0].(engine.BroadcastSignal).Name)
	}
}

// A transaction is not cancelled before everything can be thrown: else its compensation would be withdrawn, and it left as if undone.
func TestATransactionIsCancelledOnce(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		transaction tx {
			startEvent s
			serviceTask a type=a
			serviceTask undo type=undo compensation
			boundaryEvent u on=a handler=undo
			endEvent e cancel message=m type=kafka:publish header:topic=m header:key="= 1 + key"
			s -> a -> e
		}
		boundaryEvent cancelled on=tx cancel
		endEvent end
		start -> tx
		cancelled -> end`, nil)
	c.Complete("a", nil)
	require.Empty(t, c.Waiting())
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"key": int64(1)}})
	require.Equal(t, []string{"undo"}, c.Waiting())
	c.Complete("undo", nil)
	c.Completed()
	require.Len(t, c.Effects, 1)
}

// §10.3.8: so it is with what a multi-instance activity throws as one of its instances completes.
func TestLoopBehaviorsAreThrownOnce(t *testing.T) {
	const loop = `behavior="Complex"><loopCardinality>1</loopCardinality>
		<complexBehaviorDefinition id="x"><condition>true</condition><event id="e1"><signalEventDefinition signalRef="sig" /></event></complexBehaviorDefinition>
		<complexBehaviorDefinition id="y"><condition>true</condition><event id="e2">
			<extensionElements><zeebe:taskDefinition type="kafka:publish" /><zeebe:taskHeaders><zeebe:header key="key" value="=1 + key" /></zeebe:taskHeaders></extensionElements>
			<messageEventDefinition messageRef="msg" /></event></complexBehaviorDefinition>`
	k := start(t, drawn(t, looping(loop, ""), beside), engine.StartInstance{})
	k.Complete("u", nil)
	k.Resolve()
	require.Empty(t, k.Effects)
	k.Do(engine.SetVariables{Variables: map[string]any{"key": int64(1)}})
	k.Resolve()
	k.Completed()
	require.Len(t, k.Effects, 2)
}

// Mappings are written together: one that counts does not count again because another one failed.
func TestMappingsAreWrittenTogether(t *testing.T) {
	for name, mappings := range map[string]string{
		"outputs": `out:total="= total + 1" out:all.sum="= total + more" out:all.more="= more"`,
		"inputs":  `in:total="= total + 1" in:all.sum="= total + more" in:all.more="= more" out:total="= total" out:all="= all"`,
	} {
		c := enginetest.Start(t, `
			startEvent start
			serviceTask a type=a `+mappings+`
			start -> a`, map[string]any{"total": int64(0)})
		if name == "outputs" {
			c.Complete("a", nil)
		}
		c.Resolve()
		require.Equal(t, map[string]any{"total": int64(0)}, c.Variables(), name)
		c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"more": int64(1)}})
		if name == "inputs" {
			c.Complete("a", nil)
		}
		c.Completed()
		require.Equal(t, map[string]any{
			"total": int64(1), "more": int64(1), "all": map[string]any{"sum": int64(2), "more": int64(1)},
		}, c.Variables(), name+": a later mapping sees what the earlier ones write")
	}
}

// Where nothing catches the error of a worker, its job is the step that failed: what the element has done before it is not done again.
func TestAnUncaughtErrorOfAWorkerRunsItsJobAgain(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		endEvent e in:n="= n + 1" signal=told message=m type=work
		start -> e`, map[string]any{"n": int64(0)})
	c.Throw("e", "boom")
	job := c.Subscription("e")
	require.False(t, job.Available())
	require.ErrorContains(t, c.Try(engine.FailJob{Subscription: job.ID}), "waits for an operator")
	c.Throw("e", "boom again")
	require.Len(t, c.In.Incidents, 1, "the last error")
	require.Contains(t, c.In.Incidents[0].Text, "boom again")
	c.Resolve()
	job = c.Subscription("e")
	require.True(t, job.Available())
	require.Equal(t, int64(1), c.In.Variables(c.In.Token(job.Token).Inner)["n"])
	c.Complete("e", nil)
	c.Completed()
	require.Len(t, c.Effects, 1)
}
