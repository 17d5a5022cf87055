package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

var sprintf = fmt.Sprintf

// §10.5.5: a signal is thrown with the event's own variables, and caught wherever something waits for it.
func TestSignals(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		intermediateThrowEvent ring signal=bell in:loud="= true"
		intermediateCatchEvent hear signal=bell
		endEvent end
		start -> ring -> hear -> end`, nil)
	require.Equal(t, map[string]any{"loud": true}, c.Effects[0].(engine.BroadcastSignal).Variables)
	require.Equal(t, "bell", c.Subscription("hear").Name)
	c.Do(engine.CorrelateSignal{Subscription: c.Subscription("hear").ID, Variables: map[string]any{"heard": true}})
	c.Completed()
	require.Equal(t, map[string]any{"heard": true}, c.Variables())
}

const escalating = `
	startEvent start
	subProcess s {
		startEvent b
		intermediateThrowEvent up escalation=E1
		serviceTask on type=on
		b -> up -> on
	}
	boundaryEvent caught on=s escalation=%s
	serviceTask boss type=boss
	endEvent end
	start -> s -> end
	caught -> boss`

// §10.5.7: an escalation is caught by the nearest scope; the thrower goes on unless the catcher interrupts.
func TestEscalation(t *testing.T) {
	c := enginetest.Start(t, sprintf(escalating, "E1 nonInterrupting"), nil)
	require.ElementsMatch(t, []string{"boss", "on"}, c.Waiting())
	c.Complete("on", nil)
	c.Complete("boss", nil)
	c.Completed()

	c = enginetest.Start(t, sprintf(escalating, "E1"), nil)
	require.Equal(t, []string{"boss"}, c.Waiting())

	c = enginetest.Start(t, sprintf(escalating, "E2"), nil)
	require.Equal(t, []string{"on"}, c.Waiting(), "what nobody catches changes nothing")
	require.Empty(t, c.In.Incidents)
}

func TestEscalationReachesTheCaller(t *testing.T) {
	c := enginetest.StartWith(t, `
		startEvent start
		endEvent up escalation=E1
		start -> up`, engine.StartInstance{Key: 2, Parent: &engine.Parent{Key: 1, Subscription: 9}})
	require.Equal(t, "E1", c.Effects[0].(engine.EscalateParent).Code)

	c = enginetest.Start(t, `
		startEvent start
		callActivity call calls=other
		boundaryEvent caught on=call escalation=E1 nonInterrupting
		serviceTask boss type=boss
		start -> call
		caught -> boss`, nil)
	c.Do(engine.EscalateCall{Subscription: c.Subscription("call").ID, Code: "E1"})
	require.ElementsMatch(t, []string{"call", "boss"}, c.Waiting())
}

// §10.5.5: a conditional event happens when its condition becomes true, at once if it is true already.
func TestConditionalEvents(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		boundaryEvent hot on=a condition="t > 30" nonInterrupting
		serviceTask fan type=fan
		intermediateCatchEvent cold condition="t < 10"
		endEvent end
		start -> a -> cold -> end
		hot -> fan`, nil)
	set := func(v int64) { c.Do(engine.SetVariables{Variables: map[string]any{"t": v}}) }
	require.Equal(t, []string{"hot", "a"}, c.Waiting(), "a condition on what is not there does not hold")
	set(31)
	set(35)
	require.Equal(t, []string{"hot", "a", "fan"}, c.Waiting(), "it was true already")
	set(20)
	set(40)
	require.Equal(t, []string{"hot", "a", "fan", "fan"}, c.Waiting())
	c.Complete("fan", nil)
	c.Complete("fan", nil)
	c.Complete("a", map[string]any{"t": int64(5)})
	c.Completed()
}

// §10.5.5: a link is a sequence flow that is not drawn; joins follow it.
func TestLinks(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		serviceTask a type=a
		intermediateThrowEvent out link=L
		intermediateCatchEvent in link=L
		inclusiveGateway join
		serviceTask after type=after
		start -> fork -> a -> out
		fork -> join
		in -> join -> after`, nil)
	require.Equal(t, []string{"a"}, c.Waiting(), "the join waits for what comes over the link")
	c.Complete("a", nil)
	require.Equal(t, []string{"after"}, c.Waiting())

	_, err := engine.Compile(enginetest.Model(`
		startEvent start
		intermediateThrowEvent out link=L
		start -> out`))
	require.ErrorContains(t, err, "0 catching link events")
}

// §10.5.5: a multiple event happens with the first of its triggers, a parallel multiple one with the last.
func TestMultipleEvents(t *testing.T) {
	const model = `
		startEvent start
		intermediateCatchEvent m message=a key=k signal=s %s
		endEvent end
		start -> m -> end`
	c := enginetest.Start(t, sprintf(model, ""), nil)
	require.Equal(t, []string{"m", "m"}, c.Waiting())
	c.Do(engine.CorrelateSignal{Subscription: c.In.Subscriptions[1].ID})
	c.Completed()

	c = enginetest.Start(t, sprintf(model, "parallel"), nil)
	c.Do(engine.CorrelateSignal{Subscription: c.In.Subscriptions[1].ID, Variables: map[string]any{"x": int64(1)}})
	require.Equal(t, []string{"m"}, c.Waiting())
	c.Message("m", map[string]any{"y": int64(2)})
	c.Completed()
	require.Equal(t, map[string]any{"x": int64(1), "y": int64(2)}, c.Variables())
}

func TestParallelMultipleBoundaryRearms(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		boundaryEvent both on=a message=m key=k signal=s parallel nonInterrupting
		serviceTask b type=b
		start -> a
		both -> b`, nil)
	signal := func() {
		for _, sub := range c.In.Subscriptions {
			if sub.Kind == engine.SubscriptionSignal {
				c.Do(engine.CorrelateSignal{Subscription: sub.ID})
				return
			}
		}
	}
	for range 2 {
		signal()
		for _, sub := range c.In.Subscriptions {
			if sub.Kind == engine.SubscriptionMessage {
				c.Do(engine.CorrelateMessage{Subscription: sub.ID})
			}
		}
	}
	waiting := c.Waiting()
	require.ElementsMatch(t, []string{"a", "b", "b", "both", "both"}, waiting)
}

// A multiple throw event throws all of its triggers.
func TestMultipleThrow(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		endEvent end signal=a signal=b
		start -> end`, nil)
	c.Completed()
	require.Len(t, c.Effects, 2)
}

// §10.3.3, §10.6.6: a receive task or an event-based gateway can start the process.
func TestInstantiatingElements(t *testing.T) {
	const receive = `
		receiveTask r message=m instantiate
		endEvent end
		r -> end`
	p := enginetest.Compile(t, receive)
	require.Equal(t, []engine.Start{{Element: "r", Kind: engine.StartMessage, Name: "m"}}, p.Starts())
	c := enginetest.StartWith(t, receive, engine.StartInstance{Key: 1, Element: "r", Message: &engine.Message{Data: map[string]any{"x": true}}})
	c.Completed()

	const gateway = `
		eventBasedGateway g instantiate %s
		intermediateCatchEvent a message=a key=k
		receiveTask b message=b key=k
		serviceTask after type=after
		g -> a -> after
		g -> b -> after`
	c = enginetest.StartWith(t, sprintf(gateway, ""), engine.StartInstance{Key: 1, Element: "b", Message: &engine.Message{}})
	require.Equal(t, []string{"after"}, c.Waiting())
	c = enginetest.StartWith(t, sprintf(gateway, "parallel"), engine.StartInstance{Key: 1, Element: "b", Message: &engine.Message{}})
	require.ElementsMatch(t, []string{"a", "after"}, c.Waiting(), "a parallel one needs all of its events")
	c.Message("a", nil)
	c.Complete("after", nil)
	c.Complete("after", nil)
	c.Completed()
}

// camunda#3680: an interrupting event sub-process withdraws a token that waits at a join.
func TestEventSubProcessWithdrawsWaitingJoins(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		parallelGateway fork
		serviceTask a type=a
		parallelGateway join
		endEvent end
		subProcess esp event {
			startEvent stop message=stop key=k
			serviceTask tidy type=tidy
			stop -> tidy
		}
		start -> fork -> a -> join -> end
		fork -> join`, nil)
	c.Message("stop", nil)
	require.Equal(t, []string{"tidy"}, c.Waiting())
	require.Len(t, c.In.Tokens, 2)
	c.Complete("tidy", nil)
	c.Completed()
}

// camunda#5000: a boundary event still works after a non-interrupting event sub-process has run.
func TestBoundaryAfterNonInterruptingEventSubProcess(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess s {
			startEvent b
			serviceTask a type=a
			b -> a
			subProcess esp event {
				startEvent note message=note key=k nonInterrupting
				serviceTask n type=n
				note -> n
			}
		}
		boundaryEvent late on=s timeDuration=PT1H
		endEvent end
		endEvent gaveUp
		start -> s -> end
		late -> gaveUp`, nil)
	c.Message("note", nil)
	c.Complete("n", nil)
	c.Advance(time.Hour)
	c.Completed()
	require.Contains(t, c.Path(), "gaveUp")
}
