package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

const choice = `
	startEvent start
	exclusiveGateway g
	task a
	task b
	task c
	start -> g
	g -> a : n > 10
	g -> b : n > 5
	g -> c : default`

// §10.6.2: the first condition that holds, in the order of the file, decides; else the default flow.
func TestExclusiveGatewayTakesTheFirstFlowThatHolds(t *testing.T) {
	for n, want := range map[int64]string{20: "start g a", 7: "start g b", 1: "start g c"} {
		c := enginetest.Start(t, choice, map[string]any{"n": n})
		c.Completed()
		require.Equal(t, want, c.Path(), "n = %d", n)
	}
}

// A condition that cannot be evaluated, or holds for no flow, keeps the token; resolving evaluates it again.
func TestExclusiveGatewayFaultIsAnIncident(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		exclusiveGateway g
		task a
		task b
		start -> g
		g -> a : n == 1
		g -> b : n == 2`, map[string]any{"n": int64(3)})
	require.Equal(t, engine.IncidentNoFlow, c.In.Incidents[0].Kind)
	c.Resolve()
	require.Equal(t, engine.IncidentNoFlow, c.In.Incidents[0].Kind, "nothing has changed, so it fails again")
	c.Do(engine.SetVariables{Variables: map[string]any{"n": int64(2)}})
	c.Resolve()
	c.Completed()

	c = enginetest.Start(t, choice, map[string]any{"n": "many"})
	require.Equal(t, engine.IncidentExpression, c.In.Incidents[0].Kind)
	require.NotContains(t, c.In.Incidents[0].Text, "many", "values may be secrets")
}

func TestGatewayFlowWithoutConditionIsRefused(t *testing.T) {
	for _, kind := range []string{"exclusiveGateway", "inclusiveGateway"} {
		_, err := engine.Compile(enginetest.Model(`
			startEvent start
			` + kind + ` g
			task a
			task b
			start -> g
			g -> a : n == 1
			g -> b`))
		require.ErrorContains(t, err, engine.CodeCondition)
	}
}

// §10.6.4: the split produces a token on each flow, the join waits for one on each.
func TestParallelGatewayForksAndJoins(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		serviceTask a type=a
		serviceTask b type=b
		parallelGateway join
		endEvent end
		start -> fork -> a -> join
		fork -> b -> join -> end`, nil)
	require.Equal(t, []string{"a", "b"}, c.Waiting())
	c.Complete("b", nil)
	require.Equal(t, engine.StateActive, c.In.State)
	c.Complete("a", nil)
	c.Completed()
}

// §13.4.1: the join needs a token on each flow; two on one flow are not enough, and the surplus stays (camunda#6778,
// zenbpm#641).
func TestParallelGatewayKeepsSurplusTokens(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		task x
		task y
		exclusiveGateway merge
		serviceTask b type=b
		parallelGateway join
		serviceTask after type=after
		start -> fork -> x -> merge
		fork -> y -> merge -> join
		fork -> b -> join -> after`, nil)
	require.Equal(t, []string{"b"}, c.Waiting(), "two tokens lie on one flow; the join waits for the other")
	require.Len(t, c.In.Tokens, 3)
	c.Complete("b", nil)
	require.Equal(t, []string{"after"}, c.Waiting())
	require.Len(t, c.In.Tokens, 2, "one of the two tokens stays on its flow")
}

// Two flows from one node to a join are two flows (lib-bpmn-engine took them for one).
func TestParallelGatewayCountsFlowsNotSources(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		parallelGateway join
		endEvent end
		start -> fork -> join -> end
		fork -> join`, nil)
	c.Completed()
}

const inclusive = `
	startEvent start
	inclusiveGateway split
	serviceTask a type=a
	serviceTask b type=b
	serviceTask c type=c
	inclusiveGateway join
	serviceTask after type=after
	start -> split
	split -> a : x
	split -> b : y
	split -> c : default
	a -> join
	b -> join
	c -> join -> after`

// §10.6.3: every condition that holds sends a token, the join waits for exactly those.
func TestInclusiveGateway(t *testing.T) {
	c := enginetest.Start(t, inclusive, map[string]any{"x": true, "y": true})
	require.Equal(t, []string{"a", "b"}, c.Waiting())
	c.Complete("a", nil)
	require.Equal(t, []string{"b"}, c.Waiting())
	c.Complete("b", nil)
	require.Equal(t, []string{"after"}, c.Waiting())

	c = enginetest.Start(t, inclusive, map[string]any{"x": false, "y": true})
	c.Complete("b", nil)
	require.Equal(t, []string{"after"}, c.Waiting())

	c = enginetest.Start(t, inclusive, map[string]any{"x": false, "y": false})
	require.Equal(t, []string{"c"}, c.Waiting())
}

// The join goes on when the token that it waited for leaves by a boundary event (camunda#19460, open since 8.6).
func TestInclusiveJoinSeesABoundaryEventLeave(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		inclusiveGateway split
		serviceTask a type=a
		serviceTask b type=b
		boundaryEvent late on=b timeDuration=PT1H
		endEvent gaveUp
		inclusiveGateway join
		serviceTask after type=after
		start -> split
		split -> a : true
		split -> b : true
		a -> join
		b -> join -> after
		late -> gaveUp`, nil)
	c.Complete("a", nil)
	require.ElementsMatch(t, []string{"b", "late"}, c.Waiting())
	c.Advance(time.Hour)
	require.Equal(t, []string{"after"}, c.Waiting())
}

// A path over a boundary event back to the join counts: the join waits for it.
func TestInclusiveJoinWaitsForABoundaryPath(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		serviceTask a type=a
		serviceTask b type=b
		boundaryEvent late on=b timeDuration=PT1H
		endEvent end
		inclusiveGateway join
		serviceTask after type=after
		start -> fork -> a -> join
		fork -> b -> end
		late -> join -> after`, nil)
	c.Complete("a", nil)
	require.ElementsMatch(t, []string{"b", "late"}, c.Waiting(), "b may still be left by its timer, towards the join")
	c.Complete("b", nil)
	require.Equal(t, []string{"after"}, c.Waiting())
}

// One flow into the join taken twice: both tokens go on in the end (camunda#19464: the instance never completed).
func TestInclusiveJoinWithAFlowTakenTwice(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		task x
		task y
		exclusiveGateway merge
		inclusiveGateway join
		endEvent end
		serviceTask z type=z
		start -> fork -> x -> merge
		fork -> y -> merge -> join
		fork -> z -> join -> end`, nil)
	require.Equal(t, []string{"z"}, c.Waiting())
	c.Complete("z", nil)
	c.Completed()
}

// §13.4.3, second half of the rule: a token that can reach both an empty flow and one that has a token already does not
// hold the join back; engines that implement only the first half wait for ever in such a loop.
func TestInclusiveJoinDoesNotWaitForATokenThatCanReachAFilledFlow(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		inclusiveGateway join
		exclusiveGateway either
		serviceTask wait type=wait
		serviceTask after type=after
		start -> fork -> wait -> either
		fork -> join
		either -> join : n == 1
		either -> join : default
		join -> after`, map[string]any{"n": int64(1)})
	require.ElementsMatch(t, []string{"wait"}, c.Waiting(), "the token can reach only empty flows, so the join waits")
	c.Complete("wait", nil)
	require.Equal(t, []string{"after"}, c.Waiting())

	c = enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		inclusiveGateway join
		exclusiveGateway merge
		exclusiveGateway either
		serviceTask wait type=wait
		serviceTask after type=after
		start -> fork -> merge -> join
		fork -> wait -> either
		either -> merge : n == 1
		either -> join : default
		join -> after`, map[string]any{"n": int64(1)})
	require.ElementsMatch(t, []string{"wait", "after"}, c.Waiting(), "the token could also come to the flow that is filled")
}

const race = `
	startEvent start
	eventBasedGateway g
	intermediateCatchEvent paid message=paid key="= id"
	intermediateCatchEvent late timeDuration=PT1H
	receiveTask stopped message=stopped key="= id"
	endEvent a
	endEvent b
	endEvent c
	start -> g -> paid -> a
	g -> late -> b
	g -> stopped -> c`

// §10.6.6: the first event wins; the others wait no longer, from the same step on.
func TestEventBasedGateway(t *testing.T) {
	c := enginetest.Start(t, race, map[string]any{"id": "1"})
	require.Equal(t, []string{"paid", "late", "stopped"}, c.Waiting())
	late := c.Subscription("late").ID
	c.Message("paid", map[string]any{"sum": int64(1)})
	c.Completed()
	require.Equal(t, "start g paid a", c.Path())
	require.Equal(t, int64(1), c.Variables()["sum"])
	require.Error(t, c.Try(engine.TriggerTimer{Subscription: late}))

	c = enginetest.Start(t, race, map[string]any{"id": "1"})
	c.Advance(time.Hour)
	require.Equal(t, "start g late b", c.Path())

	c = enginetest.Start(t, race, map[string]any{"id": "1"})
	c.Message("stopped", nil)
	require.Equal(t, "start g stopped c", c.Path())
}

// When one of the events cannot be waited for, none is, until an operator has mended that.
func TestEventBasedGatewayWaitsForAllOrNone(t *testing.T) {
	c := enginetest.Start(t, race, nil)
	require.Equal(t, engine.IncidentMessage, c.In.Incidents[0].Kind)
	require.Empty(t, c.Waiting())
	c.Do(engine.SetVariables{Variables: map[string]any{"id": "1"}})
	c.Resolve()
	require.Equal(t, []string{"paid", "late", "stopped"}, c.Waiting())
}

func TestEventBasedGatewayTargets(t *testing.T) {
	_, err := engine.Compile(enginetest.Model(`
		startEvent start
		eventBasedGateway g
		task a
		start -> g -> a`))
	require.ErrorContains(t, err, "less than two events")
	require.ErrorContains(t, err, "which waits for nothing")
	_, err = engine.Compile(enginetest.Model(`
		startEvent start
		eventBasedGateway g
		receiveTask a message=m in:x="= 1"
		intermediateCatchEvent b signal=s
		start -> g -> a
		g -> b`))
	require.ErrorContains(t, err, "its input mappings would not be evaluated")
}

// §13.3.1: an activity with several outgoing flows sends a token on each whose condition holds; unconditioned flows are
// always taken, the default one only if no condition held.
func TestConditionalFlowsFromAnActivity(t *testing.T) {
	const flows = `
		startEvent start
		task a
		task always
		task if
		task else
		start -> a -> always
		a -> if : n > 1
		a -> else : default`
	c := enginetest.Start(t, flows, map[string]any{"n": int64(2)})
	require.Equal(t, "start a always if", c.Path())
	c = enginetest.Start(t, flows, map[string]any{"n": int64(1)})
	require.Equal(t, "start a always else", c.Path())
}

// An activity with several incoming flows runs once for each token; nothing is joined (§13.3.1).
func TestImplicitMerge(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		task a
		task b
		task c
		start -> a -> c
		start -> b -> c`, nil)
	c.Completed()
	require.Equal(t, "start a b c c", c.Path())
}

// What multiplies tokens becomes an incident before it takes all memory, however it does so: forks in a loop of doubling,
// completion quantities, multi-instance activities in each other. The operator can resolve it, and it comes again.
func TestTokensAreNotMultipliedWithoutBound(t *testing.T) {
	doubling := "startEvent start\ntask t0\nstart -> t0\n"
	for i := range 20 {
		doubling += sprintf("task t%[2]d\nt%[1]d -> t%[2]d\nt%[1]d -> t%[2]d\n", i, i+1)
	}
	for name, model := range map[string]string{
		"forks": doubling,
		"quantity": `
			startEvent start
			task a completionQuantity=9999
			task b completionQuantity=9999
			serviceTask c type=c
			start -> a -> b -> c`,
		"instances": `
			startEvent start
			subProcess all times="= 9999" {
				subProcess each times="= 9999" {
					userTask u
				}
			}
			start -> all`,
	} {
		p := enginetest.Compile(t, model)
		r, err := engine.Step(p, nil, enginetest.Epoch, engine.StartInstance{Key: 1})
		require.NoError(t, err, name)
		require.Equal(t, engine.IncidentStepLimit, r.Instance.Incidents[0].Kind, name)
		require.Less(t, len(r.Instance.Tokens), 50_000, name)
		r, err = engine.Step(p, r.Instance, enginetest.Epoch, engine.ResolveIncident{Incident: r.Instance.Incidents[0].ID})
		require.NoError(t, err, name)
		require.Less(t, len(r.Instance.Tokens), 50_000, name)
	}
}

// A number that can never be executed is told at deployment.
func TestQuantitiesBeyondReasonAreRefused(t *testing.T) {
	for _, attributes := range []string{"completionQuantity=10001", `times="= 10001"`, `times="= -1"`, `times-sequential="= 10001"`, `times="= 1.5"`} {
		_, err := engine.Compile(enginetest.Model("startEvent start\ntask a " + attributes + "\nstart -> a"))
		require.ErrorContains(t, err, "10000", attributes)
		require.ErrorContains(t, err, engine.CodeQuantity, attributes)
	}
	for _, attributes := range []string{"completionQuantity=10000", `times="= 10000"`, `times="= 0"`} {
		_, err := engine.Compile(enginetest.Model("startEvent start\ntask a " + attributes + "\nstart -> a"))
		require.NoError(t, err, attributes)
	}
}

// As many items as a step may begin are done beside each other, with several flow nodes for each that do not wait; of more the
// incident says what to do, and in turn they are done.
func TestManyItemsAreNoLoop(t *testing.T) {
	const limit = 10_000
	each := func(marker string) string {
		return "startEvent start\nsubProcess each " + marker + `:item="= items" {
			startEvent s
			task a
			endEvent e
			s -> a -> e
		}
		start -> each`
	}
	start := func(model string, items int) *engine.Instance {
		r, err := engine.Step(enginetest.Compile(t, model), nil, enginetest.Epoch, engine.StartInstance{Key: 1, Variables: map[string]any{"items": make([]any, items)}})
		require.NoError(t, err)
		return r.Instance
	}
	require.Equal(t, engine.StateCompleted, start(each("each"), limit/2).State)
	jobs := "startEvent start\nserviceTask each %s:item=\"= items\" type=a\nstart -> each"
	require.Len(t, start(sprintf(jobs, "each"), limit).Subscriptions, limit)
	tooMany := start(sprintf(jobs, "each"), limit+1)
	require.Len(t, tooMany.Incidents, 1)
	require.Contains(t, tooMany.Incidents[0].Text, "has 10001 items")
	require.Len(t, start(sprintf(jobs, "each-sequential"), limit+1).Subscriptions, 1)
}

// A loop of nodes that never wait becomes an incident instead of an endless computation.
func TestEndlessLoopIsAnIncident(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		exclusiveGateway g
		task a
		endEvent end
		start -> g
		g -> a : n == 0
		g -> end : default
		a -> g`, map[string]any{"n": int64(0)})
	require.Equal(t, engine.IncidentStepLimit, c.In.Incidents[0].Kind)
	c.Do(engine.SetVariables{Variables: map[string]any{"n": int64(1)}})
	c.Resolve()
	c.Completed()
}

// So does one in which a multi-instance activity has a single item: items allow a step more flow nodes only where several are done
// beside each other, and those are bounded.
func TestAnEndlessLoopOfItemsIsAnIncident(t *testing.T) {
	for items := range 3 {
		c := enginetest.Start(t, `
			startEvent start
			task a each:item="= items"
			start -> a -> a`, map[string]any{"items": make([]any, items)})
		require.Equal(t, engine.IncidentStepLimit, c.In.Incidents[0].Kind, items)
	}
}

// A token that the limit stopped before a complex gateway is asked about again as the gateway resets; it has one incident all the same.
func TestATokenAtTheLimitHasOneIncident(t *testing.T) {
	c := enginetest.Start(t, `
		complexGateway g activation="activationCount >= 1"
		inclusiveGateway or
		intermediateCatchEvent wait signal=s
		eventBasedGateway race
		intermediateCatchEvent never message=m key=k
		intermediateCatchEvent now condition="go"
		task aside
		task begin
		begin -> wait -> race
		race -> never -> g
		race -> now -> g
		g -> or : default
		or -> race : go
		or -> aside : go`, map[string]any{"go": true, "k": "key"})
	r, err := engine.Step(c.Process, c.In, c.At, engine.CorrelateSignal{Subscription: c.Subscription("wait").ID})
	require.NoError(t, err)
	require.Equal(t, engine.IncidentStepLimit, r.Instance.Incidents[0].Kind)
	require.NoError(t, enginetest.Check(r.Instance))
}

// Both tokens are on their way as the first one arrives, and the gateway takes both at once: it begins once, and fails once.
func TestAGatewayThatFailsHasOneIncident(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		task a
		task b
		complexGateway join activation="activationCount >= 2"
		task out
		start -> a
		start -> b
		b -> join
		a -> join
		join -> out : n > 3`, map[string]any{"n": int64(2)})
	require.Len(t, c.In.Incidents, 1)
	c.Do(engine.SetVariables{Variables: map[string]any{"n": int64(4)}})
	c.Resolve()
	c.Completed()
}
