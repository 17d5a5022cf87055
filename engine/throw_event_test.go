package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// §10.5.4, §13.5: all that an event defines is thrown. So each worker sends its message, and each handler is done, before the event is
// left or ended by what else it throws.

func jobsOf(c *enginetest.Case, element string) []engine.Subscription {
	var jobs []engine.Subscription
	for _, sub := range c.In.Subscriptions {
		if sub.Element == element {
			jobs = append(jobs, sub)
		}
	}
	return jobs
}

func TestAnEventWaitsForAllWorkersThatSendItsMessages(t *testing.T) {
	for _, event := range []string{"intermediateThrowEvent", "endEvent"} {
		c := enginetest.Start(t, `
			startEvent start
			`+event+` e message=a message=b type=send
			start -> e`, nil)
		require.Len(t, jobsOf(c, "e"), 2, event)
		last := jobsOf(c, "e")[0].ID
		c.Do(engine.CompleteJob{Subscription: jobsOf(c, "e")[1].ID, Variables: map[string]any{"x": "b"}})
		require.Equal(t, "b", c.Variables()["x"], "what a worker brings is there at once")
		require.Len(t, jobsOf(c, "e"), 1, event)
		require.Equal(t, last, jobsOf(c, "e")[0].ID)
		c.Complete("e", map[string]any{"y": "a"})
		c.Completed()
		require.Equal(t, map[string]any{"x": "b", "y": "a"}, c.Variables())
		require.NotContains(t, c.Path(), "!")
	}
}

const undone = `
	startEvent start
	serviceTask a type=a
	serviceTask undo type=undo compensation
	boundaryEvent u on=a handler=undo
	serviceTask after type=after
	start -> a`

func TestAnEventWaitsForItsWorkerAndForItsCompensation(t *testing.T) {
	for _, order := range [][]string{{"e", "undo"}, {"undo", "e"}} {
		c := enginetest.Start(t, undone+`
			intermediateThrowEvent e compensate=a message=m type=send
			a -> e -> after`, nil)
		c.Complete("a", nil)
		require.ElementsMatch(t, order, c.Waiting())
		c.Complete(order[0], nil)
		require.Equal(t, order[1:], c.Waiting())
		c.Complete(order[1], nil)
		require.Equal(t, []string{"after"}, c.Waiting())
		c.Complete("after", nil)
		c.Completed()
		require.NotContains(t, c.Path(), "!")
	}
}

// A compensation that is not waited for holds nothing.
func TestAnEventDoesNotWaitForACompensationBeside(t *testing.T) {
	c := enginetest.Start(t, undone+`
		intermediateThrowEvent e message=m type=send compensate=a goOn
		a -> e -> after`, nil)
	c.Complete("a", nil)
	c.Complete("e", nil)
	require.ElementsMatch(t, []string{"undo", "after"}, c.Waiting())
	c.Complete("undo", nil)
	c.Complete("after", nil)
	c.Completed()

	c = enginetest.Start(t, undone+`
		intermediateThrowEvent e message=m type=send compensate=a goOn
		a -> e -> after`, nil)
	c.Complete("a", nil)
	c.Complete("undo", nil)
	require.Equal(t, []string{"e"}, c.Waiting(), "nor does its end leave the event")
	c.Complete("e", nil)
	require.Equal(t, []string{"after"}, c.Waiting())
}

// inTransaction is a transaction that ends as an event says, beside something else that runs in it.
func inTransaction(event string) string {
	return `
		startEvent start
		transaction tx {
			startEvent s
			serviceTask a type=a
			serviceTask undo type=undo compensation
			boundaryEvent u on=a handler=undo
			serviceTask beside type=beside
			endEvent e ` + event + `
			s -> a -> e
			s -> beside
		}
		task completed
		boundaryEvent failed on=tx error=E
		boundaryEvent escalated on=tx escalation=U
		boundaryEvent cancelled on=tx cancel
		start -> tx -> completed`
}

// What may end the event is thrown when the worker has sent its message, and all is undone.
func TestWhatMayEndAnEventIsThrownLast(t *testing.T) {
	for trigger, next := range map[string]string{
		"terminate": "completed", "error=E": "failed", "escalation=U": "escalated", "cancel": "cancelled",
		"escalation=U error=E terminate cancel": "escalated", "cancel error=E": "failed",
	} {
		c := enginetest.Start(t, inTransaction(trigger+" message=m type=send"), nil)
		c.Complete("a", nil)
		require.ElementsMatch(t, []string{"beside", "e"}, c.Waiting(), trigger)
		c.Complete("e", nil)
		if trigger == "cancel" {
			require.Equal(t, []string{"undo"}, c.Waiting())
			c.Complete("undo", nil)
		}
		c.Completed()
		require.Contains(t, c.Path(), next, trigger)
		require.Contains(t, c.Path(), "!beside", trigger)

		c = enginetest.Start(t, inTransaction(trigger+" compensate="), nil)
		c.Complete("a", nil)
		require.ElementsMatch(t, []string{"beside", "undo"}, c.Waiting(), trigger)
		c.Complete("undo", nil)
		c.Completed()
		require.Contains(t, c.Path(), next, trigger)
		require.NotContains(t, c.Path(), "!undo", trigger)
	}
}

// Nothing that waits: everything happens at once, in the order in which it may.
func TestAnEventThatWaitsForNothingThrowsEverythingAtOnce(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub {
			startEvent s
			endEvent e error=E compensate= message=m type=kafka:publish header:topic=m signal=s
			s -> e
		}
		boundaryEvent failed on=sub error=E
		start -> sub`, nil)
	c.Completed()
	require.Equal(t, "start sub s e !e !sub failed", c.Path())
	require.Len(t, c.Effects, 2)
}

// A cancel end event throws the rest once, not again when its transaction has been compensated.
func TestACancelEndEventThrowsTheRestOnce(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		transaction tx {
			startEvent s
			serviceTask a type=a
			serviceTask undoA type=undoA compensation
			boundaryEvent ua on=a handler=undoA
			serviceTask b type=b
			serviceTask undoB type=undoB compensation
			boundaryEvent ub on=b handler=undoB
			endEvent e cancel escalation=U compensate=b message=m type=send
			s -> a -> b -> e
		}
		boundaryEvent told on=tx escalation=U nonInterrupting
		boundaryEvent cancelled on=tx cancel
		start -> tx`, nil)
	c.Complete("a", nil)
	c.Complete("b", nil)
	require.ElementsMatch(t, []string{"e", "undoB"}, c.Waiting())
	c.Complete("undoB", nil)
	require.NotContains(t, c.Path(), "told")
	c.Complete("e", nil)
	require.Equal(t, []string{"undoA"}, c.Waiting())
	c.Complete("undoA", nil)
	c.Completed()
	require.Equal(t, "start tx s a b e undoB told undoA !e !tx cancelled", c.Path())
}

// §10.3.5: what is undone before the transaction is cancelled is no part of the cancellation, so an event sub-process may still begin.
func TestATransactionIsNotCancelledBeforeItsCancelIsThrown(t *testing.T) {
	const model = `
		startEvent start
		transaction tx {
			startEvent s
			serviceTask a type=a
			serviceTask undo type=undo compensation
			boundaryEvent u on=a handler=undo
			endEvent e cancel %s
			s -> a -> e
			subProcess esp event {
				startEvent caught error=E
				task mended
				caught -> mended
			}
		}
		boundaryEvent hazard on=tx error=E
		boundaryEvent cancelled on=tx cancel
		start -> tx`
	for also, path := range map[string]string{"compensate=": "mended", "": "hazard"} {
		c := enginetest.Start(t, sprintf(model, also), nil)
		c.Complete("a", nil)
		c.Throw("undo", "E")
		c.Completed()
		require.Contains(t, c.Path(), path)
	}
}

// lateError throws an error when the worker has sent its message. While main runs, the event sub-process catch catches it.
const lateError = `
	startEvent start
	serviceTask main type=main
	start -> main
	subProcess esp event {
		startEvent begin message=m key=k nonInterrupting
		serviceTask a type=a
		serviceTask undo type=undo compensation
		boundaryEvent u on=a handler=undo
		endEvent e error=E signal=told compensate= message=m type=send
		begin -> a -> e
	}
	subProcess catch event {
		startEvent caught error=E
		task mended
		caught -> mended
	}`

// An error that somebody would have caught as the event began, but nobody does any more when its turn comes, is an incident. Resolving it
// throws nothing again that was thrown.
func TestAnErrorThatNobodyCatchesAnyMore(t *testing.T) {
	c := enginetest.Start(t, lateError, nil)
	c.Message("begin", nil)
	c.Complete("a", nil)
	c.Complete("undo", nil)
	require.Equal(t, []string{"begin", "main", "e"}, c.Waiting())
	require.Len(t, c.Effects, 1)
	c.Complete("main", nil)
	c.Complete("e", nil)
	for range 2 {
		require.Len(t, c.In.Incidents, 1)
		require.Equal(t, engine.IncidentUnhandledError, c.In.Incidents[0].Kind)
		require.True(t, c.In.Incidents[0].Leaving)
		require.Empty(t, c.Waiting())
		require.Len(t, c.Effects, 1)
		c.Resolve()
	}
	c.Do(engine.CancelInstance{})
	require.Equal(t, engine.StateTerminated, c.In.State)

	c = enginetest.Start(t, lateError, nil)
	c.Message("begin", nil)
	c.Complete("a", nil)
	c.Complete("e", nil)
	c.Complete("undo", nil)
	c.Completed()
	require.Contains(t, c.Path(), "catch caught mended")
}

// Output mappings see what all workers brought, and are evaluated once, as the event is left. When one of them fails, nothing is thrown
// again.
func TestOutputMappingsOfAnEventSeeWhatAllWorkersBrought(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub {
			startEvent s
			intermediateThrowEvent e message=a message=b type=send escalation=U out:sum="= x + y + more"
			s -> e
		}
		boundaryEvent told on=sub escalation=U nonInterrupting
		endEvent end
		start -> sub -> end`, nil)
	c.Complete("e", map[string]any{"x": int64(1)})
	require.Empty(t, c.Variables())
	c.Complete("e", map[string]any{"y": int64(2)})
	require.Equal(t, engine.IncidentMapping, c.In.Incidents[0].Kind)
	require.Empty(t, c.Variables(), "an escalation has no data but that of input mappings")
	c.Do(engine.SetVariables{Variables: map[string]any{"more": int64(4)}})
	c.Resolve()
	c.Completed()
	require.Equal(t, int64(7), c.Variables()["sum"])
	require.Equal(t, "start sub s e told end", c.Path())
}

// Each job has its own tries, and its own incident.
func TestJobsOfOneEventFailOneByOne(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		endEvent e message=a message=b type=send signal=told terminate
		start -> e`, nil)
	for _, job := range jobsOf(c, "e") {
		c.Do(engine.FailJob{Subscription: job.ID, Text: "no"})
	}
	require.Len(t, c.In.Incidents, 2)
	first, second := jobsOf(c, "e")[0].ID, jobsOf(c, "e")[1].ID
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID})
	c.Do(engine.CompleteJob{Subscription: first})
	require.Len(t, c.In.Incidents, 1)
	require.Equal(t, second, c.In.Incidents[0].Subscription)
	c.Resolve()
	c.Do(engine.CompleteJob{Subscription: second})
	c.Completed()
	require.Len(t, c.Effects, 1)
}

// An error of a worker interrupts, whatever else the event has still to throw.
func TestAnErrorOfAWorkerEndsItsEvent(t *testing.T) {
	c := enginetest.Start(t, inTransaction("message=m type=send compensate= escalation=U"), nil)
	c.Complete("a", nil)
	c.Throw("e", "E")
	c.Completed()
	require.Contains(t, c.Path(), "failed")
	require.Contains(t, c.Path(), "!undo")
	require.NotContains(t, c.Path(), "escalated")
}

// What an event waits for is withdrawn with its instance, and comes too late then.
func TestCancellingAnInstanceEndsWhatItsEventWaitsFor(t *testing.T) {
	c := enginetest.Start(t, inTransaction("message=a message=b type=send compensate= cancel"), nil)
	c.Complete("a", nil)
	job := jobsOf(c, "e")[0].ID
	c.Do(engine.CompleteJob{Subscription: jobsOf(c, "e")[1].ID})
	c.Do(engine.CancelInstance{})
	require.Equal(t, engine.StateTerminated, c.In.State)
	require.NoError(t, enginetest.Balance(c.Events))
	require.Error(t, c.Try(engine.CompleteJob{Subscription: job}))
}

// A link beside a message leads on when the worker has sent it. So what leads back to such a link is no endless loop.
func TestALinkWaitsForTheWorkerBesideIt(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		intermediateThrowEvent jump link=L message=m type=send
		intermediateCatchEvent land link=L
		start -> jump
		land -> jump`, nil)
	require.Empty(t, c.Process.Soundness())
	for range 3 {
		require.Equal(t, []string{"jump"}, c.Waiting())
		c.Complete("jump", nil)
	}
	require.Equal(t, "start jump land jump land jump land jump", c.Path())
}
