package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

const ordered = `
	startEvent start message=order property:businessKey="= id" out:order.id="= id" out:from="= event.source"
	intermediateCatchEvent paid message=paid key="= instance.key" out:sum="= amount"
	endEvent done message=done type=kafka:publish header:topic=done in:id="= order.id" in:sum="= sum"
	start -> paid -> done`

// A message starts an instance, resumes it, and leaves it (§10.5.5). Output mappings see the message, its CloudEvent and its
// record, and decide what of it becomes variables.
func TestMessageEvents(t *testing.T) {
	c := enginetest.StartWith(t, ordered, engine.StartInstance{
		Key: 7, Element: "start", ReferenceID: "r1",
		Message: &engine.Message{Name: "order", Data: map[string]any{"id": "o1", "secret": "s"}, Event: map[string]any{"source": "shop"}},
	})
	require.Equal(t, "o1", c.In.BusinessKey)
	require.Equal(t, map[string]any{"order": map[string]any{"id": "o1"}, "from": "shop"}, c.Variables())
	require.Equal(t, "7", c.Subscription("paid").Key)
	c.Message("paid", map[string]any{"amount": int64(3)})
	c.Completed()
	require.Equal(t, map[string]any{"id": "o1", "sum": int64(3)}, c.Effects[0].(engine.PublishMessage).Data)
	consume, publish := c.Process.Topics()
	require.Equal(t, []string{"order", "paid"}, consume)
	require.Equal(t, []string{"done"}, publish)
	require.Equal(t, []engine.Start{{Element: "start", Kind: engine.StartMessage, Name: "order"}}, c.Process.Starts())
}

// Without output mappings the fields of the payload become variables; a payload that is no object becomes `data`.
func TestMessageDataBecomesVariables(t *testing.T) {
	const model = `
		startEvent start message=order
		endEvent end
		start -> end`
	c := enginetest.StartWith(t, model, engine.StartInstance{Key: 1, Element: "start", Message: &engine.Message{Data: map[string]any{"a": true}}})
	require.Equal(t, map[string]any{"a": true}, c.Variables())
	c = enginetest.StartWith(t, model, engine.StartInstance{Key: 1, Element: "start", Message: &engine.Message{Data: []any{int64(1)}}})
	require.Equal(t, map[string]any{"data": []any{int64(1)}}, c.Variables())
}

func TestStartIsRejected(t *testing.T) {
	p := enginetest.Compile(t, ordered)
	_, err := engine.Step(p, nil, enginetest.Epoch, engine.StartInstance{Key: 1})
	require.ErrorContains(t, err, "starts by a message")
	_, err = engine.Step(p, nil, enginetest.Epoch, engine.StartInstance{Key: 1, Element: "paid"})
	require.ErrorContains(t, err, "no start event")
}

func TestTimerCatchEvent(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		intermediateCatchEvent wait timeDate="= at"
		endEvent end
		start -> wait -> end`, map[string]any{"at": "2048-02-13T11:27:56.705567622Z"})
	due := c.Subscription("wait")
	require.Equal(t, time.Date(2048, 2, 13, 11, 27, 56, 705567622, time.UTC), due.Due.UTC())
	require.ErrorContains(t, c.Try(engine.TriggerTimer{Subscription: due.ID}), "is due at")
	c.Advance(due.Due.Sub(c.At))
	c.Completed()
}

func TestTimerThatCannotBeReadIsAnIncident(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		intermediateCatchEvent wait timeDate="= at"
		endEvent end
		start -> wait -> end`, map[string]any{"at": "tomorrow"})
	require.Equal(t, engine.IncidentTimer, c.In.Incidents[0].Kind)
	c.Do(engine.SetVariables{Variables: map[string]any{"at": "2026-01-02T00:00:00Z"}})
	c.Resolve()
	c.Advance(24 * time.Hour)
	c.Completed()
}

func TestTimerStart(t *testing.T) {
	p := enginetest.Compile(t, `
		startEvent start timeCycle=R2/PT1H
		endEvent end
		start -> end`)
	first, cycle, err := p.NextStart("start", enginetest.Epoch, time.Time{}, nil)
	require.NoError(t, err)
	require.Equal(t, enginetest.Epoch.Add(time.Hour), first)
	second, cycle, err := p.NextStart("start", first, first, cycle)
	require.NoError(t, err)
	require.Equal(t, first.Add(time.Hour), second)
	third, _, err := p.NextStart("start", second, second, cycle)
	require.NoError(t, err)
	require.True(t, third.IsZero())
}

// §10.5.4, §13.5.3: an interrupting boundary event ends its activity and goes on alone.
func TestInterruptingBoundaryEvent(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		boundaryEvent late on=a timeDuration=PT1H
		endEvent done
		endEvent gaveUp
		start -> a -> done
		late -> gaveUp`, nil)
	job := c.Subscription("a").ID
	c.Advance(time.Hour)
	c.Completed()
	require.Equal(t, "start a !a late gaveUp", c.Path())
	require.Error(t, c.Try(engine.CompleteJob{Subscription: job}))
}

// A non-interrupting one sends a token beside its activity; a cycle does so again and again, a message each time it comes.
func TestNonInterruptingBoundaryEvents(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		boundaryEvent remind on=a timeCycle=R2/PT1H nonInterrupting
		boundaryEvent asked on=a message=asked key=k nonInterrupting out:n="= n"
		task reminder
		task answer
		endEvent done
		start -> a -> done
		remind -> reminder
		asked -> answer`, nil)
	c.Advance(90 * time.Minute)
	c.Message("asked", map[string]any{"n": int64(1)})
	c.Message("asked", map[string]any{"n": int64(2)})
	c.Advance(5 * time.Hour)
	require.ElementsMatch(t, []string{"a", "asked"}, c.Waiting(), "the cycle is exhausted")
	require.Equal(t, "start a remind reminder asked answer asked answer remind reminder", c.Path())
	require.Equal(t, int64(2), c.Variables()["n"])
	c.Complete("a", nil)
	c.Completed()
}

// A boundary event of a sub-process withdraws all that is inside.
func TestBoundaryEventOfASubProcess(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub {
			startEvent begin
			serviceTask a type=a
			serviceTask b type=b
			begin -> a
			begin -> b
		}
		boundaryEvent stop on=sub message=stop key=k
		endEvent end
		start -> sub
		stop -> end`, nil)
	require.ElementsMatch(t, []string{"stop", "a", "b"}, c.Waiting())
	c.Message("stop", nil)
	c.Completed()
}

// §10.3.5: a sub-process has variables of its own and goes on when nothing in it is left.
func TestSubProcess(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub in:x="= y" out:z="= x + 1" {
			startEvent begin
			parallelGateway fork
			serviceTask a type=a
			serviceTask b type=b
			begin -> fork -> a
			fork -> b
		}
		endEvent end
		start -> sub -> end`, map[string]any{"y": int64(1)})
	c.Complete("a", map[string]any{"x": int64(5)})
	require.Equal(t, engine.StateActive, c.In.State)
	c.Complete("b", nil)
	c.Completed()
	require.Equal(t, map[string]any{"y": int64(1), "z": int64(6)}, c.Variables(), "x was written where it lives: inside")
}

// §10.5.6: the innermost scope that catches the error goes on; exactly its code goes before every code.
func TestErrorEvents(t *testing.T) {
	const model = `
		startEvent start
		subProcess outer {
			startEvent o
			subProcess inner {
				startEvent i
				serviceTask work type=work
				endEvent broken error=E1
				i -> work -> broken
			}
			boundaryEvent exactly on=inner error=E1
			endEvent caughtInside
			endEvent never
			o -> inner -> never
			exactly -> caughtInside
		}
		boundaryEvent any on=outer error=
		endEvent caughtOutside
		endEvent done
		start -> outer -> done
		any -> caughtOutside`
	c := enginetest.Start(t, model, nil)
	c.Complete("work", nil)
	c.Completed()
	require.Equal(t, "start outer o inner i work broken !broken !inner exactly caughtInside done", c.Path())

	c = enginetest.Start(t, model, nil)
	c.Throw("work", "E2")
	c.Completed()
	require.Contains(t, c.Path(), "any caughtOutside")
}

// What nothing catches is an incident where it was thrown, and nothing else changes.
func TestUnhandledErrorIsAnIncident(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		boundaryEvent other on=a error=E1
		endEvent end
		endEvent caught
		start -> a -> end
		other -> caught`, nil)
	c.Throw("a", "E2")
	require.Equal(t, engine.IncidentUnhandledError, c.In.Incidents[0].Kind)
	c.Resolve()
	c.Throw("a", "E1")
	c.Completed()
}

// An error brings the worker's variables; output mappings also see its code and message.
func TestErrorVariables(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		boundaryEvent failed on=a error= out:reason="= error.message" out:code="= error.code" out:detail="= detail"
		endEvent end
		endEvent caught
		start -> a -> end
		failed -> caught`, nil)
	c.Do(engine.ThrowError{Subscription: c.Subscription("a").ID, Code: "E1", Text: "no room", Variables: map[string]any{"detail": "full"}})
	c.Completed()
	require.Equal(t, map[string]any{"reason": "no room", "code": "E1", "detail": "full"}, c.Variables())
}

// §13.5.6: terminate ends its own scope only; a sub-process then completes in the ordinary way.
func TestTerminateEndsItsScope(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub {
			startEvent begin
			serviceTask a type=a
			serviceTask b type=b
			endEvent stop terminate
			begin -> a -> stop
			begin -> b
		}
		serviceTask after type=after
		start -> sub -> after`, nil)
	c.Complete("a", nil)
	require.Equal(t, []string{"after"}, c.Waiting())
	c.Complete("after", nil)
	c.Completed()
}

// §13.5.4: an event sub-process that interrupts withdraws everything else in its scope and takes its place.
func TestInterruptingEventSubProcess(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		endEvent end
		subProcess stopped event {
			startEvent stop message=stop key=k
			serviceTask tidy type=tidy
			stop -> tidy
		}
		subProcess asked event {
			startEvent ask message=ask key=k nonInterrupting
			task answer
			ask -> answer
		}
		start -> a -> end`, nil)
	c.Message("ask", nil)
	c.Message("ask", nil)
	require.ElementsMatch(t, []string{"a", "stop", "ask"}, c.Waiting())
	c.Message("stop", map[string]any{"why": "rain"})
	require.Equal(t, []string{"tidy"}, c.Waiting())
	require.Equal(t, "rain", c.Variables()["why"])
	c.Complete("tidy", nil)
	c.Completed()
}

// camunda#3678: an error thrown inside of an event sub-process is not caught by its siblings; the scope is interrupted already.
func TestErrorInsideOfAnEventSubProcessGoesOutwards(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub {
			startEvent begin
			serviceTask a type=a
			begin -> a
			subProcess first event {
				startEvent e1 error=E1
				serviceTask b type=b
				e1 -> b
			}
			subProcess second event {
				startEvent e2 error=E2
				task wrong
				e2 -> wrong
			}
		}
		boundaryEvent out on=sub error=E2
		endEvent right
		start -> sub
		out -> right`, nil)
	c.Throw("a", "E1")
	require.Equal(t, []string{"b"}, c.Waiting())
	c.Throw("b", "E2")
	c.Completed()
	require.Contains(t, c.Path(), "out right")
	require.NotContains(t, c.Path(), "wrong")
}

const calling = `
	startEvent start
	callActivity call calls=other in:x="= y" out:z="= r"
	boundaryEvent failed on=call error=E1
	endEvent end
	endEvent caught
	start -> call -> end
	failed -> caught`

// §10.3.6: a call activity starts an instance of another process and goes on when that has ended.
func TestCallActivity(t *testing.T) {
	c := enginetest.Start(t, calling, map[string]any{"y": int64(1)})
	start := c.Effects[0].(engine.StartChild)
	require.Equal(t, "other", start.Call.ProcessID)
	require.Equal(t, int64(1), start.Call.Variables["x"])
	require.Equal(t, []string{"E1"}, start.Parent.Catches)
	c.Do(engine.EndCall{Subscription: start.Parent.Subscription, Outcome: engine.Outcome{Kind: engine.OutcomeCompleted, Variables: map[string]any{"r": int64(2), "s": int64(3)}}})
	c.Completed()
	require.Equal(t, map[string]any{"y": int64(1), "z": int64(2)}, c.Variables())
}

func TestCallActivityOutcomes(t *testing.T) {
	call := func() (*enginetest.Case, engine.ID) {
		c := enginetest.Start(t, calling, nil)
		return c, c.Subscription("call").ID
	}
	c, id := call()
	c.Do(engine.EndCall{Subscription: id, Outcome: engine.Outcome{Kind: engine.OutcomeError, Code: "E1"}})
	require.Contains(t, c.Path(), "failed caught")

	c, id = call()
	c.Do(engine.EndCall{Subscription: id, Outcome: engine.Outcome{Kind: engine.OutcomeNotStarted, Text: "there is no process other"}})
	require.Equal(t, engine.IncidentCalledElement, c.In.Incidents[0].Kind)
	c.Resolve()
	require.Equal(t, []string{"failed", "call"}[1:], c.Waiting(), "it calls again")

	c, _ = call()
	c.Do(engine.CancelInstance{})
	require.IsType(t, engine.CancelChild{}, c.Effects[len(c.Effects)-1])
	require.Equal(t, engine.StateTerminated, c.In.State)
}

// An error leaves the called instance only if a caller catches it; else it is an incident where it was thrown.
func TestErrorLeavesACalledInstance(t *testing.T) {
	const model = `
		startEvent start
		serviceTask a type=a
		endEvent end
		start -> a -> end`
	c := enginetest.StartWith(t, model, engine.StartInstance{Key: 2, Parent: &engine.Parent{Key: 1, Subscription: 3, Catches: []string{"E1"}}})
	c.Throw("a", "E1")
	require.Equal(t, engine.StateTerminated, c.In.State)
	require.Equal(t, engine.OutcomeError, c.Effects[0].(engine.NotifyParent).Outcome.Kind)

	c = enginetest.StartWith(t, model, engine.StartInstance{Key: 2, Parent: &engine.Parent{Key: 1, Subscription: 3, Catches: []string{"E1"}}})
	c.Throw("a", "E2")
	require.Len(t, c.In.Incidents, 1)
}

func TestCancelEndsEverything(t *testing.T) {
	c := enginetest.Start(t, race, map[string]any{"id": "1"})
	c.Do(engine.CancelInstance{})
	require.Equal(t, engine.StateTerminated, c.In.State)
	require.ErrorContains(t, c.Try(engine.CancelInstance{}), "has ended")
}

// An operator can cancel what this Sonata cannot run: where nothing is known of the process, everything is closed all the same.
func TestCancelNeedsNoProcess(t *testing.T) {
	c := enginetest.Start(t, race, map[string]any{"id": "1"})
	known, err := engine.Step(c.Process, c.In, c.At, engine.CancelInstance{})
	require.NoError(t, err)
	unknown, err := engine.Step(nil, c.In, c.At, engine.CancelInstance{})
	require.NoError(t, err)
	require.Equal(t, known, unknown)
	require.Empty(t, unknown.Instance.Subscriptions)
	require.Empty(t, unknown.Instance.Tokens)
}

// A mapping that fails while leaving runs again without doing the work again.
func TestResolvingALeavingIncidentDoesNotRepeatTheWork(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a out:b="= n + x"
		endEvent end
		start -> a -> end`, map[string]any{"x": "text"})
	c.Complete("a", map[string]any{"n": int64(1)})
	require.True(t, c.In.Incidents[0].Leaving)
	require.Empty(t, c.Waiting(), "the job is done")
	c.Do(engine.SetVariables{Variables: map[string]any{"x": int64(2)}})
	c.Resolve()
	c.Completed()
	require.Equal(t, int64(3), c.Variables()["b"])
}

// §10.5.2: a process without start event starts at every node without incoming flow, and ends where flows end.
func TestImplicitStartAndEnd(t *testing.T) {
	c := enginetest.Start(t, `
		task a
		task b
		task c
		a -> c`, nil)
	c.Completed()
	require.Equal(t, "a b c", c.Path())
}

func TestUnsupportedElementsAreRefused(t *testing.T) {
	_, err := engine.Compile(enginetest.Model(`
		startEvent start
		choreographyTask g
		endEvent end
		start -> g -> end`))
	require.ErrorContains(t, err, "a choreographyTask cannot be executed")
	_, err = engine.Compile(enginetest.Model(`
		startEvent start error=E1
		intermediateCatchEvent c
		start -> c`))
	require.ErrorContains(t, err, "no start event with a errorEventDefinition")
	require.ErrorContains(t, err, "no intermediate catch event without event definition")
}

// Table 10.89: an intermediate catch event may wait for a cycle, such as every Monday at nine: it goes on the first time.
// Where the cycle has no time an operator must see it, as the token would wait for ever.
func TestCatchEventWaitsForTheFirstTimeOfACycle(t *testing.T) {
	const model = `
		startEvent start
		intermediateCatchEvent c timeCycle="= cycle"
		endEvent end
		start -> c -> end`
	for cycle, wait := range map[string]time.Duration{
		"0 0 9 * * MON": 9*time.Hour + 4*24*time.Hour, "R3/PT1H": time.Hour, "R/2026-01-31T00:00:00Z/P1M": 30 * 24 * time.Hour,
	} {
		require.Equal(t, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), enginetest.Epoch)
		c := enginetest.Start(t, model, map[string]any{"cycle": cycle})
		c.Advance(wait - time.Millisecond)
		require.Equal(t, []string{"c"}, c.Waiting(), cycle)
		c.Advance(time.Millisecond)
		c.Completed()
	}
	c := enginetest.Start(t, model, map[string]any{"cycle": "R0/PT1H"})
	require.Len(t, c.In.Incidents, 1)
	require.Equal(t, engine.IncidentTimer, c.In.Incidents[0].Kind)
	require.Contains(t, c.In.Incidents[0].Text, "never fires")
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"cycle": "R1/PT1H"}})
	c.Advance(time.Hour)
	c.Completed()
}

// A cycle without repetitions never fires (research of other engines: R0 fired at once).
func TestCycleWithoutRepetitionsNeverFires(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		boundaryEvent remind on=a timeCycle="= cycle" nonInterrupting
		task reminder
		start -> a
		remind -> reminder`, map[string]any{"cycle": "R0/PT1H"})
	require.Equal(t, []string{"a"}, c.Waiting())
	c.Advance(5 * time.Hour)
	require.NotContains(t, c.Path(), "remind")
	c.Complete("a", nil)
	c.Completed()
}
