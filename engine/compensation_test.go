package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

const booking = `
	startEvent start
	serviceTask hotel type=hotel in:room="= want" out:roomBooked="= number"
	serviceTask noHotel type=noHotel compensation
	boundaryEvent undoHotel on=hotel handler=noHotel
	serviceTask flight type=flight
	serviceTask noFlight type=noFlight compensation
	boundaryEvent undoFlight on=flight handler=noFlight
	serviceTask pay type=pay
	intermediateThrowEvent undo compensate=
	endEvent end
	start -> hotel -> flight -> pay -> undo -> end`

// §13.5.5: the handlers of what completed run in reverse order, one after the other, each with the variables of then.
func TestCompensationRunsInReverse(t *testing.T) {
	c := enginetest.Start(t, booking, map[string]any{"want": "suite"})
	c.Complete("hotel", map[string]any{"number": int64(7)})
	c.Complete("flight", nil)
	c.Do(engine.SetVariables{Variables: map[string]any{"want": "nothing"}})
	c.Complete("pay", nil)
	require.Equal(t, []string{"noFlight"}, c.Waiting(), "one after the other, the last first")
	c.Complete("noFlight", nil)
	require.Equal(t, []string{"noHotel"}, c.Waiting())
	seen := c.In.Variables(c.In.Token(c.Subscription("noHotel").Token).Inner)
	require.Equal(t, "suite", seen["room"])
	require.Equal(t, int64(7), seen["number"])
	c.Complete("noHotel", nil)
	c.Completed()
}

// Only what completed is compensated, and only once.
func TestCompensationOfWhatCompleted(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		serviceTask undoA type=undoA compensation
		boundaryEvent ua on=a handler=undoA
		serviceTask b type=b
		serviceTask undoB type=undoB compensation
		boundaryEvent ub on=b handler=undoB
		intermediateThrowEvent first compensate=
		intermediateThrowEvent second compensate=
		endEvent end
		start -> a -> first -> second -> end
		first -> b`, nil)
	c.Complete("a", nil)
	require.Equal(t, []string{"undoA"}, c.Waiting())
	c.Complete("undoA", nil)
	require.Equal(t, []string{"b"}, c.Waiting(), "nothing is left to compensate, so the second event goes on")
	c.Complete("b", nil)
	c.Completed()
}

func TestCompensationOfOneActivity(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		serviceTask undoA type=undoA compensation
		boundaryEvent ua on=a handler=undoA
		serviceTask b type=b
		serviceTask undoB type=undoB compensation
		boundaryEvent ub on=b handler=undoB
		endEvent undo compensate=a
		start -> a -> b -> undo`, nil)
	c.Complete("a", nil)
	c.Complete("b", nil)
	require.Equal(t, []string{"undoA"}, c.Waiting())
	c.Complete("undoA", nil)
	c.Completed()
}

// An event with several compensations runs the handlers of all of them, one after the other.
func TestCompensationOfSeveralActivities(t *testing.T) {
	for _, inputs := range []string{"", `in:x="= 1"`} {
		c := enginetest.Start(t, `
			startEvent start
			serviceTask a type=a
			serviceTask undoA type=undoA compensation
			boundaryEvent ua on=a handler=undoA
			serviceTask b type=b
			serviceTask undoB type=undoB compensation
			boundaryEvent ub on=b handler=undoB
			endEvent undo `+inputs+` compensate=a compensate=b
			start -> a -> b -> undo`, nil)
		c.Complete("a", nil)
		c.Complete("b", nil)
		require.Equal(t, []string{"undoA"}, c.Waiting())
		c.Complete("undoA", nil)
		require.Equal(t, []string{"undoB"}, c.Waiting())
		c.Complete("undoB", nil)
		c.Completed()
	}
}

// What completed inside of a completed sub-process is compensated with it, or by its compensation event sub-process.
func TestCompensationOfSubProcesses(t *testing.T) {
	const sub = `
		startEvent start
		subProcess sub in:x=1 {
			startEvent b
			serviceTask a type=a
			serviceTask undoA type=undoA compensation
			boundaryEvent ua on=a handler=undoA
			b -> a
			%s
		}
		endEvent undo compensate=
		start -> sub -> undo`
	c := enginetest.Start(t, sprintf(sub, ""), nil)
	c.Complete("a", nil)
	require.Equal(t, []string{"undoA"}, c.Waiting())
	c.Complete("undoA", nil)
	c.Completed()

	c = enginetest.Start(t, sprintf(sub, `subProcess esp event {
				startEvent undoAll compensate=
				serviceTask tidy type=tidy
				undoAll -> tidy
			}`), nil)
	c.Complete("a", nil)
	require.Equal(t, []string{"tidy"}, c.Waiting())
	require.Equal(t, "1", c.In.Variables(c.Subscription("tidy").Scope)["x"], "it sees the variables of then")
	c.Complete("tidy", nil)
	c.Completed()
}

// From inside of an event sub-process, the scope around it is compensated.
func TestCompensationFromAnEventSubProcess(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		serviceTask undoA type=undoA compensation
		boundaryEvent ua on=a handler=undoA
		serviceTask b type=b
		start -> a -> b
		subProcess failed event {
			startEvent e error=
			endEvent undo compensate=
			e -> undo
		}`, nil)
	c.Complete("a", nil)
	c.Throw("b", "E1")
	require.Equal(t, []string{"undoA"}, c.Waiting())
	c.Complete("undoA", nil)
	c.Completed()
}

// §10.3.5: a cancelled transaction withdraws what runs, compensates what completed, and is left by its cancel event.
func TestTransactionCancel(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		transaction tx {
			startEvent b
			parallelGateway fork
			serviceTask a type=a
			serviceTask undoA type=undoA compensation
			boundaryEvent ua on=a handler=undoA
			exclusiveGateway ok
			endEvent cancel cancel
			endEvent fine
			serviceTask long type=long
			b -> fork -> a -> ok
			fork -> long
			ok -> cancel : failed == true
			ok -> fine : default
		}
		boundaryEvent cancelled on=tx cancel
		endEvent done
		endEvent undone
		start -> tx -> done
		cancelled -> undone`, nil)
	c.Complete("a", map[string]any{"failed": true})
	require.Equal(t, []string{"undoA"}, c.Waiting())
	c.Complete("undoA", nil)
	c.Completed()
	require.Contains(t, c.Path(), "cancelled undone")
}

// §10.3.5: what goes wrong while a transaction is being cancelled is a hazard: only the boundary of the transaction catches it, and no
// event sub-process takes the place of the transaction as if nothing had been cancelled.
func TestAnErrorWhileATransactionIsCancelledIsAHazard(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		transaction tx {
			startEvent s
			task book
			boundaryEvent undo on=book handler=unbook
			serviceTask unbook type=unbook compensation
			endEvent cancel cancel
			s -> book -> cancel
			subProcess esp event {
				startEvent caught error=E
				task mended
				caught -> mended
			}
		}
		boundaryEvent cancelled on=tx cancel
		boundaryEvent hazard on=tx error=
		task alarm
		start -> tx
		hazard -> alarm`, nil)
	c.Throw("unbook", "E")
	c.Completed()
	require.Contains(t, c.Path(), "hazard alarm")
	require.NotContains(t, c.Path(), "mended")
}

func TestCompensationIsChecked(t *testing.T) {
	_, err := engine.Compile(enginetest.Model(`
		startEvent start
		task a
		boundaryEvent ua on=a handler=nothing
		endEvent undo compensate=elsewhere
		start -> a -> undo`))
	require.ErrorContains(t, err, "no compensation handler")
	require.ErrorContains(t, err, "not in its scope")
	_, err = engine.Compile(enginetest.Model(`
		startEvent start
		endEvent cancel cancel
		start -> cancel`))
	require.ErrorContains(t, err, "not directly inside")
}

// §10.5.5: a compensation event that does not wait goes on at once. The handlers run one after the other all the same, and the scope lasts
// until the last one is done.
func TestCompensationThatIsNotWaitedFor(t *testing.T) {
	const model = `
		startEvent start
		subProcess sub {
			startEvent s
			serviceTask a type=a
			serviceTask undoA type=undoA compensation
			boundaryEvent ua on=a handler=undoA
			serviceTask b type=b
			serviceTask undoB type=undoB compensation
			boundaryEvent ub on=b handler=undoB
			intermediateThrowEvent undo compensate= goOn
			serviceTask next type=next
			s -> a -> b -> undo -> next
		}
		boundaryEvent failed on=sub error=E1
		endEvent end
		start -> sub -> end`
	c := enginetest.Start(t, model, nil)
	c.Complete("a", nil)
	c.Complete("b", nil)
	require.ElementsMatch(t, []string{"undoB", "next"}, c.Waiting())
	c.Complete("next", nil)
	c.Complete("undoB", nil)
	require.Equal(t, []string{"undoA"}, c.Waiting(), "the sub-process lasts until all is undone")
	c.Complete("undoA", nil)
	c.Completed()
	require.NotContains(t, c.Path(), "next next", "the handlers do not take the flow again")

	c = enginetest.Start(t, model, nil)
	c.Complete("a", nil)
	c.Complete("b", nil)
	c.Throw("undoB", "E1")
	c.Completed()
	require.Contains(t, c.Path(), "failed", "an error of a handler goes outwards from the event")
}

// §10.5.5, §13.4.3: nothing to undo is nothing to wait for; and an inclusive join does not wait for handlers, from which no flow
// goes on.
func TestWhatGoesOnBesideACompensation(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		intermediateThrowEvent nothing compensate= goOn
		serviceTask a type=a
		serviceTask undoA type=undoA compensation
		boundaryEvent ua on=a handler=undoA
		inclusiveGateway fork
		intermediateThrowEvent undo compensate=a goOn
		task beside
		inclusiveGateway join
		serviceTask after type=after
		start -> nothing -> a -> fork
		fork -> undo : true
		fork -> beside : true
		exclusiveGateway x
		endEvent end
		undo -> x
		x -> end : true
		x -> join : default
		beside -> join
		join -> after`, nil)
	c.Complete("a", nil)
	require.ElementsMatch(t, []string{"undoA", "after"}, c.Waiting())
	c.Complete("undoA", nil)
	c.Complete("after", nil)
	c.Completed()
}
