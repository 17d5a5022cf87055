package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// The incident of a job without retries goes with the job, also when the job ends in another incident: an error that nothing
// catches, or an output mapping that fails.
func TestTheIncidentOfAJobGoesWithTheJob(t *testing.T) {
	const model = `
		startEvent start
		serviceTask a type=a out:z="= x + 1"
		start -> a`
	c := enginetest.Start(t, model, map[string]any{"x": "text"})
	c.Do(engine.FailJob{Subscription: c.Subscription("a").ID, Text: "no"})
	c.Throw("a", "E1")
	require.Equal(t, engine.IncidentUnhandledError, c.In.Incidents[0].Kind)
	c.Resolve()
	c.Do(engine.FailJob{Subscription: c.Subscription("a").ID, Text: "no"})
	c.Complete("a", nil)
	require.Equal(t, engine.IncidentMapping, c.In.Incidents[0].Kind)
	c.Do(engine.SetVariables{Variables: map[string]any{"x": int64(1)}})
	c.Resolve()
	c.Completed()
}

// A receive task after an event-based gateway begins its work when its message comes; it cannot have a marker, for it could not
// wait for several.
func TestLoopingReceiveTaskAfterAnEventBasedGatewayIsRefused(t *testing.T) {
	_, err := engine.Compile(enginetest.Model(`
		startEvent start
		eventBasedGateway g
		receiveTask a message=m key=k times="= 2"
		intermediateCatchEvent b message=n key=k
		start -> g -> a
		g -> b`))
	require.ErrorContains(t, err, "cannot be repeated")
	_, err = engine.Compile(enginetest.Model(`
		receiveTask a message=m instantiate times="= 2"
		endEvent end
		a -> end`))
	require.ErrorContains(t, err, "cannot be repeated")
}

// §13.4.5: when a complex gateway resets, the default flow gets a token if no condition holds, as at its activation.
func TestComplexGatewayTakesItsDefaultFlowAtTheReset(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		serviceTask a type=a
		serviceTask b type=b
		complexGateway g activation="activationCount >= 1"
		serviceTask first type=first
		serviceTask late type=late
		start -> fork -> a -> g
		fork -> b -> g
		g -> first : waitingForStart
		g -> late : default`, nil)
	c.Complete("a", nil)
	require.Equal(t, []string{"b", "first"}, c.Waiting())
	c.Complete("b", nil)
	require.Equal(t, []string{"first", "late"}, c.Waiting())
}

// §13.4.5: a token that can still come to a flow which was part of the activation does not hold the reset back, by the second
// half of the rule of inclusive joins.
func TestComplexGatewayResetsBesideATokenForAFlowOfItsActivation(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		serviceTask a type=a
		exclusiveGateway either
		exclusiveGateway x
		exclusiveGateway y
		complexGateway g activation="activationCount >= 1"
		endEvent end
		start -> fork -> x -> g
		fork -> a -> either
		either -> x : n == 1
		either -> y : default
		y -> g
		g -> end : waitingForStart`, map[string]any{"n": int64(1)})
	require.Equal(t, []string{"a"}, c.Waiting())
	require.Empty(t, c.In.Scopes[0].Resetting, "what waits in a may also come to the flow that was part of the activation")
	c.Complete("a", nil)
	c.Completed()
	require.Equal(t, "start fork x a g end either x g end", c.Path())
}

// §13.5.4: once only event sub-processes run, the scope around them is completing: it waits for them, and no other begins,
// whatever triggers it.
func TestNoEventSubProcessBeginsInAScopeThatCompletes(t *testing.T) {
	const model = `
		startEvent start
		serviceTask a type=a
		subProcess note event {
			startEvent noted message=note key=k nonInterrupting
			serviceTask n type=n
			noted -> n
		}
		subProcess failed event {
			startEvent error error=
			task wrong
			error -> wrong
		}
		start -> a`
	c := enginetest.Start(t, model, nil)
	c.Message("noted", nil)
	c.Complete("a", nil)
	require.Equal(t, []string{"n"}, c.Waiting())
	c.Throw("n", "E1")
	require.Equal(t, engine.IncidentUnhandledError, c.In.Incidents[0].Kind)
	c.Resolve()
	c.Complete("n", nil)
	c.Completed()

	c = enginetest.Start(t, model, nil)
	c.Message("noted", nil)
	c.Throw("n", "E1")
	c.Completed()
	require.Contains(t, c.Path(), "error wrong", "while the scope works, its event sub-processes catch what is thrown in one of them")
}

// A trigger of an event sub-process that waits for several keeps or ends its own subscription, and no other one.
func TestTriggersOfAnEventSubProcessAreRearmedOneByOne(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		subProcess esp event {
			startEvent any timeDuration=PT1H message=m key=k nonInterrupting
			task noted
			any -> noted
		}
		start -> a`, nil)
	message := c.In.Subscriptions[1].ID
	c.Do(engine.CorrelateMessage{Subscription: message})
	require.Equal(t, []string{"any", "any", "a"}, c.Waiting(), "the timer still runs")
	c.Advance(time.Hour)
	require.Equal(t, []string{"any", "a"}, c.Waiting(), "the timer has fired, the message may come again")
	c.Do(engine.CorrelateMessage{Subscription: message})
}

// An error of a compensation handler goes outwards from the event that compensates, not from where the handler is drawn.
func TestErrorOfACompensationHandler(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub {
			startEvent b
			serviceTask a type=a
			serviceTask undoA type=undoA compensation
			boundaryEvent ua on=a handler=undoA
			intermediateThrowEvent undo compensate=
			b -> a -> undo
		}
		boundaryEvent failed on=sub error=E1
		endEvent caught
		start -> sub
		failed -> caught`, nil)
	c.Complete("a", nil)
	c.Throw("undoA", "E1")
	c.Completed()
	require.Contains(t, c.Path(), "failed caught")

	c = enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		serviceTask undoA type=undoA compensation
		boundaryEvent ua on=a handler=undoA
		intermediateThrowEvent undo compensate=
		start -> a -> undo
		subProcess esp event {
			startEvent failed error=E1
			serviceTask tidy type=tidy
			failed -> tidy
		}`, nil)
	c.Complete("a", nil)
	c.Throw("undoA", "E1")
	require.Equal(t, []string{"tidy"}, c.Waiting(), "the event sub-process takes the place of everything in the process")
	require.Len(t, c.In.Tokens, 2)
	c.Complete("tidy", nil)
	c.Completed()
}

// §13.3.5: when the condition of an ad-hoc sub-process holds as one of its activities completes, no further one begins, neither
// one that a flow leads to nor one that waits for its turn.
func TestAdHocSubProcessBeginsNothingOnceItsConditionHolds(t *testing.T) {
	const model = `
		startEvent start
		adHocSubProcess s done="enough == true" %s {
			serviceTask a type=a
			serviceTask b type=b
			serviceTask then type=then
			a -> then
		}
		serviceTask after type=after
		start -> s -> after`
	c := enginetest.Start(t, sprintf(model, ""), nil)
	c.Complete("a", map[string]any{"enough": true})
	require.Equal(t, []string{"after"}, c.Waiting())

	c = enginetest.Start(t, sprintf(model, "keepRemaining"), nil)
	c.Complete("a", map[string]any{"enough": true})
	require.Equal(t, []string{"b"}, c.Waiting(), "what runs goes on, nothing else begins")
	c.Do(engine.SetVariables{Variables: map[string]any{"enough": false}})
	c.Complete("b", nil)
	require.Equal(t, []string{"after"}, c.Waiting(), "the condition has held")
}

// An event sub-process that interrupts an ad-hoc sub-process takes the place of everything in it, also of what had still to begin.
func TestInterruptedAdHocSubProcess(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		adHocSubProcess s sequential done="never == true" {
			serviceTask a type=a
			serviceTask b type=b
			subProcess esp event {
				startEvent stop message=stop key=k
				serviceTask tidy type=tidy
				stop -> tidy
			}
		}
		endEvent end
		start -> s -> end`, nil)
	c.Message("stop", nil)
	require.Equal(t, []string{"tidy"}, c.Waiting())
	c.Complete("tidy", nil)
	c.Completed()
}

// §10.3.5: a transaction that is being cancelled takes no events any more; it is left when its compensation is done.
func TestACancelledTransactionStartsNoEventSubProcess(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		transaction tx {
			startEvent b
			serviceTask a type=a
			serviceTask undoA type=undoA compensation
			boundaryEvent ua on=a handler=undoA
			endEvent cancel cancel
			subProcess esp event {
				startEvent stop message=stop key=k
				task wrong
				stop -> wrong
			}
			b -> a -> cancel
		}
		boundaryEvent cancelled on=tx cancel
		start -> tx`, nil)
	c.Complete("a", nil)
	require.Equal(t, []string{"undoA"}, c.Waiting())
	c.Complete("undoA", nil)
	c.Completed()
	require.Contains(t, c.Path(), "cancelled")
}

// §10.5.5: a throwing compensation event inside of an event sub-process sees what completed there too; it is undone before what
// completed around it.
func TestCompensationInsideOfAnEventSubProcess(t *testing.T) {
	const model = `
		startEvent start
		serviceTask a type=a
		serviceTask undoA type=undoA compensation
		boundaryEvent ua on=a handler=undoA
		serviceTask b type=b
		start -> a -> b
		subProcess failed event {
			startEvent e error=
			serviceTask c type=c
			serviceTask undoC type=undoC compensation
			boundaryEvent uc on=c handler=undoC
			endEvent undo compensate=%s
			e -> c -> undo
		}`
	for ref, want := range map[string][]string{"": {"undoC", "undoA"}, "a": {"undoA"}, "c": {"undoC"}} {
		c := enginetest.Start(t, sprintf(model, ref), nil)
		c.Complete("a", nil)
		c.Throw("b", "E1")
		c.Complete("c", nil)
		for _, handler := range want {
			require.Equal(t, []string{handler}, c.Waiting())
			c.Complete(handler, nil)
		}
		c.Completed()
	}
}

// §10.3.5, §13.5.5: a compensation event sub-process can undo what completed in its sub-process, by a compensation event of its own.
func TestCompensationEventSubProcessUndoesWhatIsInside(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub {
			startEvent s
			serviceTask a type=a
			serviceTask undoA type=undoA compensation
			boundaryEvent ua on=a handler=undoA
			serviceTask b type=b
			serviceTask undoB type=undoB compensation
			boundaryEvent ub on=b handler=undoB
			s -> a -> b
			subProcess undoAll event {
				startEvent u compensate=
				intermediateThrowEvent inner compensate=
				serviceTask tidy type=tidy
				u -> inner -> tidy
			}
		}
		endEvent undo compensate=
		start -> sub -> undo`, nil)
	c.Complete("a", nil)
	c.Complete("b", nil)
	for _, waiting := range []string{"undoB", "undoA", "tidy"} {
		require.Equal(t, []string{waiting}, c.Waiting())
		c.Complete(waiting, nil)
	}
	c.Completed()
}

// §13.5.5: what followed an event on the boundary of a sub-process is undone before the sub-process, though it completed earlier.
func TestWhatFollowedABoundaryEventIsUndoneBeforeItsSubProcess(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask before type=before
		serviceTask undoBefore type=undoBefore compensation
		boundaryEvent ux on=before handler=undoBefore
		subProcess sub {
			startEvent s
			serviceTask a type=a
			s -> a
		}
		serviceTask undoSub type=undoSub compensation
		boundaryEvent us on=sub handler=undoSub
		boundaryEvent asked on=sub message=asked key=k nonInterrupting
		serviceTask b type=b
		serviceTask undoB type=undoB compensation
		boundaryEvent ub on=b handler=undoB
		endEvent undo compensate=
		start -> before -> sub -> undo
		asked -> b`, nil)
	c.Complete("before", nil)
	c.Message("asked", nil)
	c.Complete("b", nil)
	c.Complete("a", nil)
	for _, waiting := range []string{"undoB", "undoSub", "undoBefore"} {
		require.Equal(t, []string{waiting}, c.Waiting())
		c.Complete(waiting, nil)
	}
	c.Completed()
}

// §13.5.5: each instance of a looping sub-process is undone by its own compensation event sub-process, with its own variables, the
// last one first; a loop that had no instance has nothing to undo.
func TestInstancesAreUndoneOneByOne(t *testing.T) {
	const model = `
		startEvent start
		subProcess sub each-sequential:item="= items" {
			startEvent s
			serviceTask a type=a
			s -> a
			subProcess esp event {
				startEvent u compensate=
				serviceTask undo type=undo
				u -> undo
			}
		}
		endEvent end compensate=
		start -> sub -> end`
	c := enginetest.Start(t, model, map[string]any{"items": []any{"x", "y"}})
	c.Complete("a", nil)
	c.Complete("a", nil)
	for _, item := range []string{"y", "x"} {
		require.Equal(t, item, c.In.Variables(c.Subscription("undo").Scope)["item"])
		c.Complete("undo", nil)
	}
	c.Completed()
	c = enginetest.Start(t, model, map[string]any{"items": []any{}})
	c.Completed()
}

// §13.5.5: an event sub-process that has compensated is not itself something to undo.
func TestACompensationEventSubProcessIsNotUndone(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub {
			startEvent s
			task a
			s -> a
			subProcess esp event {
				startEvent u compensate=
				serviceTask undo type=undo
				serviceTask undoUndo type=undoUndo compensation
				boundaryEvent uu on=undo handler=undoUndo
				u -> undo
			}
		}
		intermediateThrowEvent once compensate=
		endEvent again compensate=
		start -> sub -> once -> again`, nil)
	c.Complete("undo", nil)
	c.Completed()
}

// §10.5.5: of two events that catch everything in one place, the one that is drawn first catches.
func TestTheFirstOfTwoEventsThatCatchEverything(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub {
			startEvent s
			endEvent up escalation=U1
			s -> up
		}
		boundaryEvent first on=sub escalation=
		boundaryEvent second on=sub escalation=
		task a
		task b
		start -> sub
		first -> a
		second -> b`, nil)
	c.Completed()
	require.Contains(t, c.Path(), "first a")
	require.NotContains(t, c.Path(), "second")
}

// §13.5.4: a sub-process that cannot be left, because its output mapping fails, is done: it has one incident, however many tokens ended
// last, and none of its event sub-processes begins.
func TestASubProcessThatCannotBeLeftIsDone(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub out:x="= n + 1" {
			startEvent s
			task a
			task b
			serviceTask w type=w
			s -> w
			w -> a
			w -> b
			subProcess esp event {
				startEvent asked message=asked key=k nonInterrupting
				task t
				asked -> t
			}
		}
		start -> sub`, map[string]any{"n": "text"})
	c.Complete("w", nil)
	require.Len(t, c.In.Incidents, 1)
	require.Empty(t, c.Waiting())
	c.Do(engine.SetVariables{Variables: map[string]any{"n": int64(1)}})
	c.Resolve()
	c.Completed()
}

// A boundary event that cannot wait again is an incident beside its activity, which goes on; resolving it lets the event wait, and leaves
// the activity alone.
func TestResolvingABoundaryEventThatCouldNotWaitAgain(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub {
			startEvent s
			serviceTask a type=a
			s -> a
		}
		boundaryEvent both on=sub message=m key="= k" signal=s parallel nonInterrupting
		task noted
		start -> sub
		both -> noted`, map[string]any{"k": "K"})
	job := c.Subscription("a").ID
	c.Do(engine.SetVariables{Variables: map[string]any{"k": nil}})
	c.Message("both", nil)
	c.Do(engine.CorrelateSignal{Subscription: c.Subscription("both").ID})
	require.Contains(t, c.Path(), "both noted")
	require.Len(t, c.In.Incidents, 1)
	c.Resolve()
	require.Len(t, c.In.Incidents, 1, "without a repair it fails again")
	c.Do(engine.SetVariables{Variables: map[string]any{"k": "K"}})
	c.Resolve()
	require.ElementsMatch(t, []string{"a", "both", "both"}, c.Waiting())
	require.Equal(t, job, c.Subscription("a").ID, "the work was not begun again")
	c.Complete("a", nil)
	c.Completed()
}

// §10.3.8: what an instance gives stands at the place of its input, whatever the instance does with its variable loopCounter.
func TestOutputsStandAtTheirInputsWhateverLoopCounterSays(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a each:item="= items" into:out="= item"
		start -> a`, map[string]any{"items": []any{"x", "y"}})
	c.Complete("a", map[string]any{"loopCounter": int64(2)})
	c.Complete("a", map[string]any{"loopCounter": "broken"})
	c.Completed()
	require.Equal(t, []any{"x", "y"}, c.Variables()["out"])
}
