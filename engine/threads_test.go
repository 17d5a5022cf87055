package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// Models of our own for the places where engines are known to go wrong, each with the thread that tells of it. Others stand
// beside the element that they are about: camunda#3678, #3680, #4601, #5000, #6778 (and bpmn-js-token-simulation#130), #19460, #19464, #14920
// (TestCompensationRunsInReverse). Those about messages and timers stand in package runner: besides its threads_test.go camunda#4644 and
// #3012 (TestOneRecordOneReceiver), #3444 (TestMessageBeforeDeployment), camunda-docs#3448 (TestAMessageIsUsedOnceByStartAndCatch), #35335
// (TestCyclesInThePastAndAfterDownTime), connectors#2750 and #2055 (TestDeadLetterReasons).

// §13.4.1, zenbpm#641: a parallel join counts tokens by flow anew in each turn of a loop; none of an earlier turn is left to let it go on too
// early.
func TestParallelJoinInALoop(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		exclusiveGateway again
		parallelGateway fork
		serviceTask a type=a
		serviceTask b type=b
		parallelGateway join
		exclusiveGateway enough
		endEvent end
		start -> again -> fork -> a -> join
		fork -> b -> join -> enough
		enough -> again : more
		enough -> end : default`, map[string]any{"more": true})
	for turn := range 3 {
		first, second := "a", "b"
		if turn%2 == 1 {
			first, second = second, first
		}
		c.Complete(first, nil)
		require.Equal(t, []string{second}, c.Waiting(), "turn %d", turn)
		c.Complete(second, map[string]any{"more": turn < 2})
	}
	c.Completed()
}

// §13.3.1, camunda#4400: an activity that several tokens come to runs once for each, also a sub-process with gateways of its own; each
// run joins its own tokens, and the process ends when the last one has.
func TestASubProcessRunsOnceForEachToken(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway split
		subProcess sub {
			startEvent s
			parallelGateway fork
			serviceTask a type=a
			serviceTask b type=b
			parallelGateway join
			serviceTask after type=after
			s -> fork -> a -> join
			fork -> b -> join -> after
		}
		start -> split
		split -> sub
		split -> sub`, nil)
	require.Equal(t, []string{"a", "b", "a", "b"}, c.Waiting())
	c.Complete("a", nil)
	c.Complete("a", nil)
	require.Equal(t, []string{"b", "b"}, c.Waiting(), "the tokens of two runs do not join")
	c.Complete("b", nil)
	c.Complete("b", nil)
	c.Complete("after", nil)
	c.Complete("after", nil)
	c.Completed()
}

// §13.5.4, camunda#8726, #6817: an interrupting event sub-process ends what an event on a boundary has just begun, too; and once the boundary
// event has left the sub-process, an event sub-process in it begins no more.
func TestBoundaryEventBeforeAnEventSubProcess(t *testing.T) {
	const model = `
		startEvent start
		subProcess sub {
			startEvent s
			serviceTask a type=a
			boundaryEvent late on=a timeDuration=PT1M
			serviceTask hurry type=hurry
			s -> a
			late -> hurry
			subProcess esp event {
				startEvent stop message=stop key=k
				serviceTask tidy type=tidy
				stop -> tidy
			}
		}
		boundaryEvent out on=sub timeDuration=PT1H
		serviceTask over type=over
		start -> sub
		out -> over`
	c := enginetest.Start(t, model, nil)
	c.Advance(time.Minute)
	require.Contains(t, c.Waiting(), "hurry")
	c.Message("stop", nil)
	require.Equal(t, []string{"out", "tidy"}, c.Waiting())
	c.Complete("tidy", nil)
	c.Completed()

	c = enginetest.Start(t, model, nil)
	stop := c.Subscription("stop").ID
	c.Advance(time.Hour)
	require.Equal(t, []string{"over"}, c.Waiting())
	err := c.Try(engine.CorrelateMessage{Subscription: stop})
	require.ErrorAs(t, err, new(*engine.Rejection))
	c.Complete("over", nil)
	c.Completed()
}

// §13.5.3, camunda#9233: of two interrupting events, one around the other, that come together, each order leads to an end: what the outer
// one withdraws takes the inner one with it, in called processes too.
func TestInterruptingEventsAroundEachOther(t *testing.T) {
	texts := []string{`process main
		startEvent start
		callActivity call calls=called
		boundaryEvent outer on=call signal=stop
		task over
		start -> call
		outer -> over`, `process called
		startEvent start
		callActivity call calls=innermost
		boundaryEvent inner on=call signal=stop
		serviceTask mind type=mind
		start -> call
		inner -> mind`, `process innermost
		startEvent start
		serviceTask a type=a
		start -> a`}
	for _, innerFirst := range []bool{false, true} {
		w, err := enginetest.NewWorld(texts...)
		require.NoError(t, err)
		main, err := w.Start("main", engine.StartInstance{Key: 1})
		require.NoError(t, err)
		require.Len(t, w.Active(), 3)
		if innerFirst {
			inner := w.Instances[1]
			require.NoError(t, w.Do(inner, engine.CorrelateSignal{Subscription: inner.In.Subscriptions[0].ID}))
			require.Len(t, w.Active(), 2, "the innermost one has ended")
		}
		require.NoError(t, w.Broadcast("stop", nil))
		require.Empty(t, w.Active())
		require.Equal(t, engine.StateCompleted, main.In.State)
		require.Equal(t, engine.StateTerminated, w.Instances[1].In.State)
		require.NoError(t, w.Orphans())
	}
}

// §10.3.8, camunda#3671: an error in one instance of a sub-process is caught inside of that instance first, and the others go on.
func TestErrorInsideOfAMultiInstanceSubProcess(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub each:item="= items" {
			startEvent s
			serviceTask a type=a
			s -> a
			subProcess esp event {
				startEvent failed error=E1
				serviceTask mend type=mend
				failed -> mend
			}
		}
		boundaryEvent wrong on=sub error=
		start -> sub`, map[string]any{"items": []any{"x", "y"}})
	c.Throw("a", "E1")
	require.ElementsMatch(t, []string{"a", "mend"}, c.Waiting())
	require.Equal(t, "x", c.In.Variables(c.Subscription("mend").Scope)["item"])
	c.Complete("mend", nil)
	c.Complete("a", nil)
	c.Completed()
	require.NotContains(t, c.Path(), "wrong")
}

// camunda#3287: an activity whose inputs cannot be told has not begun: neither its job nor an event on its boundary waits.
func TestAnActivityWhoseInputsFailHasNotBegun(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a in:x="= n + 1"
		boundaryEvent b on=a message=m key=k
		start -> a`, nil)
	require.Equal(t, engine.IncidentMapping, c.In.Incidents[0].Kind)
	require.Empty(t, c.Waiting())
	c.Do(engine.SetVariables{Variables: map[string]any{"n": int64(1)}})
	c.Resolve()
	require.Equal(t, []string{"b", "a"}, c.Waiting())
	c.Complete("a", nil)
	c.Completed()
}

// camunda#13070, #22140: resolving an incident runs the failed step again: without a repair it fails again, and no token is stuck; a join
// goes on waiting for the token that has the incident.
func TestResolvingWithoutRepairRaisesAgain(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		task a
		inclusiveGateway decide
		task b
		inclusiveGateway join
		endEvent end
		start -> fork -> a -> join
		fork -> decide
		decide -> b : n > 3
		decide -> join : n > 5
		b -> join -> end`, map[string]any{"n": "text"})
	for range 3 {
		require.Len(t, c.In.Incidents, 1)
		require.Equal(t, "decide", c.In.Incidents[0].Element)
		c.Resolve()
	}
	require.NotContains(t, c.Path(), "end")
	c.Do(engine.SetVariables{Variables: map[string]any{"n": int64(4)}})
	c.Resolve()
	c.Completed()
}

// §13.4.3, camunda#20587: an inclusive join is asked again however the token that it waits for goes: here an error ends a sub-process that
// could have come to it.
func TestInclusiveJoinSeesAnErrorEndASubProcess(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		task a
		subProcess sub {
			startEvent s
			serviceTask b type=b
			endEvent e error=E1
			s -> b -> e
		}
		boundaryEvent failed on=sub error=E1
		endEvent lost
		inclusiveGateway join
		endEvent end
		start -> fork -> a -> join
		fork -> sub -> join -> end
		failed -> lost`, nil)
	require.NotContains(t, c.Path(), "end")
	c.Complete("b", nil)
	c.Completed()
	require.Contains(t, c.Path(), "join end")
}

// §13.3.5, camunda#54243: the activities that an ad-hoc sub-process begins are in one scope: their tokens meet in a join. Those of
// different instances of a looping one do not.
func TestActivitiesOfAnAdHocSubProcessJoin(t *testing.T) {
	const model = `
		startEvent start
		adHocSubProcess s %s {
			serviceTask a type=a
			serviceTask b type=b
			parallelGateway join
			serviceTask after type=after
			a -> join
			b -> join -> after
		}
		start -> s`
	c := enginetest.Start(t, sprintf(model, ""), nil)
	c.Complete("a", nil)
	require.Equal(t, []string{"b"}, c.Waiting())
	c.Complete("b", nil)
	require.Equal(t, []string{"after"}, c.Waiting())
	c.Complete("after", nil)
	c.Completed()

	c = enginetest.Start(t, sprintf(model, `times="= 2"`), nil)
	c.Complete("a", nil)
	c.Complete("a", nil)
	require.Equal(t, []string{"b", "b"}, c.Waiting())
	c.Complete("b", nil)
	require.Equal(t, []string{"b", "after"}, c.Waiting())
}
