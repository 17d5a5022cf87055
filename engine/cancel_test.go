package engine_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// §10.3.5, §13.5.5: a cancelled transaction undoes what completed in it: each activity once and wholly. So a compensation that is under way
// is neither withdrawn nor begun again: the cancellation waits for it, and then undoes the rest, the last first.

// trip is a transaction in which hotel, flight and car are booked, or are being booked, when the trip is cancelled.
func trip(inside string) string {
	return `
		startEvent start
		transaction trip {
			startEvent b
			serviceTask hotel type=hotel
			serviceTask noHotel type=noHotel compensation
			boundaryEvent undoHotel on=hotel handler=noHotel
			serviceTask flight type=flight
			serviceTask noFlight type=noFlight compensation
			boundaryEvent undoFlight on=flight handler=noFlight
			` + inside + `
		}
		boundaryEvent cancelled on=trip cancel
		boundaryEvent hazard on=trip error=
		task undone
		task alarm
		start -> trip
		cancelled -> undone
		hazard -> alarm`
}

// beside undoes the flight while the trip is cancelled.
const besideFlight = `
	intermediateThrowEvent undo compensate=flight goOn
	serviceTask next type=next
	endEvent cancel cancel
	b -> hotel -> flight -> undo -> next -> cancel`

func bookAndCancel(t *testing.T, inside string) *enginetest.Case {
	c := enginetest.Start(t, trip(inside), nil)
	c.Complete("hotel", nil)
	c.Complete("flight", nil)
	c.Complete("next", nil)
	return c
}

// eachOnce says that the elements were entered once each, and that none was withdrawn.
func eachOnce(c *enginetest.Case, elements ...string) {
	c.T.Helper()
	path := strings.Fields(c.Path())
	for _, e := range elements {
		require.Equal(c.T, 1, len(path)-len(slices.DeleteFunc(slices.Clone(path), func(at string) bool { return at == e })), "%s in %s", e, c.Path())
		require.NotContains(c.T, path, "!"+e)
	}
}

func TestACancelledTransactionWaitsForTheCompensationUnderWay(t *testing.T) {
	c := bookAndCancel(t, besideFlight)
	require.Equal(t, []string{"noFlight"}, c.Waiting())
	c.Complete("noFlight", nil)
	require.Equal(t, []string{"noHotel"}, c.Waiting(), "the rest is undone when that is done")
	c.Complete("noHotel", nil)
	c.Completed()
	require.Contains(t, c.Path(), "cancelled undone")
	eachOnce(c, "noFlight", "noHotel")
}

// A handler that waits for an operator is under way, too.
func TestACancelledTransactionWaitsForAHandlerThatFailed(t *testing.T) {
	c := bookAndCancel(t, besideFlight)
	c.Do(engine.FailJob{Subscription: c.Subscription("noFlight").ID, Text: "no line"})
	require.Len(t, c.In.Incidents, 1)
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID})
	c.Complete("noFlight", nil)
	c.Complete("noHotel", nil)
	c.Completed()
	eachOnce(c, "noFlight", "noHotel")
}

// So it is with what the cancel end event itself compensates beside, with a worker that it waits for, too.
func TestACancelEndEventWaitsForWhatItCompensatesBeside(t *testing.T) {
	for _, event := range []string{"compensate=flight goOn cancel", "compensate=flight goOn cancel message=m type=next", `compensate=flight goOn cancel in:x="= 1"`} {
		c := enginetest.Start(t, trip(`
			endEvent next `+event+`
			b -> hotel -> flight -> next`), nil)
		c.Complete("hotel", nil)
		c.Complete("flight", nil)
		if len(c.Waiting()) > 1 {
			c.Complete("next", nil)
		}
		require.Equal(t, []string{"noFlight"}, c.Waiting(), event)
		c.Complete("noFlight", nil)
		c.Complete("noHotel", nil)
		c.Completed()
		require.Contains(t, c.Path(), "cancelled undone")
		eachOnce(c, "noFlight", "noHotel")
	}
}

// What is compensated by an event that waits, on another path or in an event sub-process, is under way as well. The event does not go on.
func TestACancelledTransactionWaitsForEventsThatCompensate(t *testing.T) {
	const rest = `
		parallelGateway fork
		serviceTask next type=next
		endEvent cancel cancel
		b -> hotel -> flight -> fork -> next -> cancel
		`
	for _, inside := range []string{rest + `
		intermediateThrowEvent undo compensate= message=m type=kafka:publish header:topic=m
		task never
		fork -> undo -> never`, rest + `
		endEvent undo compensate= cancel
		fork -> undo`, rest + `
		intermediateThrowEvent tell signal=go
		fork -> tell
		subProcess esp event {
			startEvent go signal=go nonInterrupting
			endEvent undo compensate= terminate
			go -> undo
		}`, rest + `
		subProcess open {
			startEvent s
			intermediateThrowEvent tell escalation=U
			receiveTask wait message=w key=k
			s -> tell -> wait
		}
		subProcess esp event {
			startEvent told escalation=U nonInterrupting
			subProcess deep event {
				startEvent go escalation=V nonInterrupting
				intermediateThrowEvent undo compensate=
				task never
				go -> undo -> never
			}
			intermediateThrowEvent tellMore escalation=V
			receiveTask rest message=r key=k
			told -> tellMore -> rest
		}
		fork -> open`} {
		c := enginetest.Start(t, trip(inside), map[string]any{"k": "1"})
		c.Complete("hotel", nil)
		c.Complete("flight", nil)
		for _, sub := range c.In.Subscriptions {
			if sub.Kind == engine.SubscriptionSignal {
				c.Do(engine.CorrelateSignal{Subscription: sub.ID})
				break
			}
		}
		require.Contains(t, c.Waiting(), "noFlight")
		c.Complete("next", nil)
		require.Equal(t, []string{"noFlight"}, c.Waiting(), inside)
		c.Complete("noFlight", nil)
		require.Equal(t, []string{"noHotel"}, c.Waiting())
		c.Complete("noHotel", nil)
		c.Completed()
		require.Contains(t, c.Path(), "cancelled undone")
		require.NotContains(t, c.Path(), "never")
		eachOnce(c, "noFlight", "noHotel")
	}
}

// §10.3.5: what goes wrong in a compensation that is under way is a hazard as what goes wrong in the cancellation is.
func TestAnErrorOfACompensationUnderWayIsAHazard(t *testing.T) {
	const caught = `
		subProcess esp event {
			startEvent wrong error=
			task mended
			wrong -> mended
		}`
	c := bookAndCancel(t, besideFlight+caught)
	c.Throw("noFlight", "E")
	c.Completed()
	require.Contains(t, c.Path(), "hazard alarm")
	require.NotContains(t, c.Path(), "mended")

	c = enginetest.Start(t, trip(`
		subProcess sub {
			startEvent s
			serviceTask car type=car
			serviceTask noCar type=noCar compensation
			boundaryEvent undoCar on=car handler=noCar
			intermediateThrowEvent undo compensate= goOn
			receiveTask wait message=w key=k
			s -> car -> undo -> wait`+caught+`
		}
		boundaryEvent wrongInSub on=sub error=
		task mendedInSub
		parallelGateway fork
		serviceTask next type=next
		endEvent cancel cancel
		b -> fork -> sub
		wrongInSub -> mendedInSub
		fork -> next -> cancel`), map[string]any{"k": "1"})
	c.Complete("car", nil)
	c.Complete("next", nil)
	c.Throw("noCar", "E")
	c.Completed()
	require.Contains(t, c.Path(), "hazard alarm")
	require.NotContains(t, c.Path(), "mended")
}

// An interruption withdraws the compensation that is under way with everything else, as it compensates nothing (§10.3.5, Transaction).
func TestAnInterruptionEndsCompensation(t *testing.T) {
	c := enginetest.Start(t, trip(besideFlight), nil)
	c.Complete("hotel", nil)
	c.Complete("flight", nil)
	c.Throw("next", "E")
	c.Completed()
	require.Contains(t, c.Path(), "!noFlight")
	require.NotContains(t, c.Path(), "noHotel")

	c = bookAndCancel(t, strings.Replace(besideFlight, "cancel cancel", "cancel terminate", 1))
	c.Completed()
	require.Contains(t, c.Path(), "!noFlight")
	require.NotContains(t, c.Path(), "noHotel")
}

// §13.5.5: what completed inside of a sub-process that is still active is undone with the rest, in the order of all; what is being undone
// there goes on.
func TestACancelledTransactionUndoesWhatCompletedInActiveActivities(t *testing.T) {
	for _, sub := range []string{"subProcess sub", "transaction sub", "adHocSubProcess sub", "subProcess sub times=\"= 1\"", "subProcess sub in:x=\"= 1\""} {
		c := enginetest.Start(t, trip(`
			parallelGateway fork
			`+sub+` {
				serviceTask car type=car
				serviceTask noCar type=noCar compensation
				boundaryEvent undoCar on=car handler=noCar
				serviceTask bike type=bike
				serviceTask noBike type=noBike compensation
				boundaryEvent undoBike on=bike handler=noBike
				intermediateThrowEvent undo compensate=bike goOn
				serviceTask wait type=wait
				car -> bike -> undo -> wait
			}
			boundaryEvent event on=sub message=e key=k
			serviceTask noSub type=noSub compensation
			boundaryEvent undoSub on=sub handler=noSub
			task after
			serviceTask next type=next
			endEvent cancel cancel
			b -> hotel -> fork -> sub -> after
			fork -> flight -> next -> cancel`), map[string]any{"k": "1"})
		c.Complete("hotel", nil)
		c.Complete("car", nil)
		c.Complete("flight", nil)
		c.Complete("bike", nil)
		c.Complete("next", nil)
		require.Equal(t, []string{"noBike"}, c.Waiting(), sub)
		for _, handler := range []string{"noBike", "noFlight", "noCar", "noHotel"} {
			require.Equal(t, []string{handler}, c.Waiting(), sub)
			c.Complete(handler, nil)
		}
		c.Completed()
		require.Contains(t, c.Path(), "cancelled undone")
		require.NotContains(t, c.Path(), "after")
		require.NotContains(t, c.Path(), "noSub")
		eachOnce(c, "noBike", "noFlight", "noCar", "noHotel")
	}
}

// The cancellation of a transaction inside is under way as well, and leads nowhere then.
func TestACancelledTransactionWaitsForTheCancellationInside(t *testing.T) {
	const inner = `
		parallelGateway fork
		transaction inner {
			startEvent s
			serviceTask car type=car
			serviceTask noCar type=noCar compensation
			boundaryEvent undoCar on=car handler=noCar
			%s
		}
		boundaryEvent innerCancelled on=inner cancel
		task never
		serviceTask next type=next
		endEvent cancel cancel
		b -> hotel -> fork -> inner
		innerCancelled -> never
		fork -> next -> cancel`
	for _, cancels := range []string{`
			endEvent e cancel
			s -> car -> e`, `
			intermediateThrowEvent undo compensate= goOn
			endEvent e cancel
			s -> car -> undo -> e`} {
		c := enginetest.Start(t, trip(sprintf(inner, cancels)), nil)
		c.Complete("hotel", nil)
		c.Complete("car", nil)
		require.ElementsMatch(t, []string{"noCar", "next"}, c.Waiting())
		c.Complete("next", nil)
		require.Equal(t, []string{"noCar"}, c.Waiting())
		c.Complete("noCar", nil)
		require.Equal(t, []string{"noHotel"}, c.Waiting())
		c.Complete("noHotel", nil)
		c.Completed()
		require.Contains(t, c.Path(), "cancelled undone")
		require.NotContains(t, c.Path(), "never")
		eachOnce(c, "noCar", "noHotel")
	}
}

// A handler may be a whole sub-process, several times: it is let finish with all that is inside.
func TestACancelledTransactionWaitsForAHandlerWithAnInside(t *testing.T) {
	c := enginetest.Start(t, trip(`
		serviceTask car type=car
		subProcess noCar compensation times="= 2" {
			startEvent s
			serviceTask one type=one
			serviceTask two type=two
			s -> one -> two
		}
		boundaryEvent undoCar on=car handler=noCar
		intermediateThrowEvent undo compensate= goOn
		serviceTask next type=next
		endEvent cancel cancel
		b -> hotel -> car -> undo -> next -> cancel`), nil)
	c.Complete("hotel", nil)
	c.Complete("car", nil)
	c.Complete("next", nil)
	for _, job := range []string{"one", "one", "two", "two", "noHotel"} {
		require.Contains(t, c.Waiting(), job)
		c.Complete(job, nil)
	}
	c.Completed()
	require.Contains(t, c.Path(), "cancelled undone")
	eachOnce(c, "noHotel")
	require.Contains(t, c.Path(), "one one cancel two two noHotel")
}

// What an earlier version stored of a transaction that is being cancelled goes on: it took note of that in the scope of the event alone, or, of
// an event that only cancels, not at all.
func TestACancellationOfAnEarlierVersionGoesOn(t *testing.T) {
	complete := func(id engine.ID) engine.Command { return engine.CompleteJob{Subscription: id} }
	fail := func(id engine.ID) engine.Command { return engine.ThrowError{Subscription: id, Code: "E"} }
	for _, noted := range []string{"cancel", ""} {
		for next, last := range map[string]func(engine.ID) engine.Command{"undone": complete, "alarm": fail} {
			c := enginetest.Start(t, trip(`
				endEvent cancel cancel
				b -> hotel -> flight -> cancel
				subProcess esp event {
					startEvent wrong error=
					task mended
					wrong -> mended
				}`), nil)
			c.Complete("hotel", nil)
			c.Complete("flight", nil)
			in := &engine.Instance{}
			stored, err := json.Marshal(c.In)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(stored, in))
			for i := range in.Scopes {
				in.Scopes[i].Cancelling = in.Scopes[i].Cancelling && in.Scopes[i].Node == noted
			}
			var r engine.Result
			for _, command := range []func(engine.ID) engine.Command{complete, last} {
				r, err = engine.Step(c.Process, in, c.At, command(in.Subscriptions[len(in.Subscriptions)-1].ID))
				require.NoError(t, err)
				require.NoError(t, enginetest.Check(r.Instance))
				in = r.Instance
			}
			require.Equal(t, engine.StateCompleted, in.State)
			c.Events = r.Events
			require.Contains(t, c.Path(), next)
		}
	}
}
