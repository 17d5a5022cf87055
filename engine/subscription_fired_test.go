package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// fired lists what was awaited and happened, in its order.
func fired(events []engine.Event) (elements []string) {
	for _, e := range events {
		if e, ok := e.(engine.SubscriptionFired); ok {
			elements = append(elements, string(e.Kind)+" "+e.Element)
		}
	}
	return elements
}

// What stays open because it can happen again, and what is closed because something else happened, is told apart from what happened.
func TestOnlyWhatHappenedIsFired(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		userTask a
		boundaryEvent remind on=a timeCycle=R2/PT1H nonInterrupting
		boundaryEvent asked on=a message=asked key=k nonInterrupting
		boundaryEvent late on=a timeDuration=P1D
		eventBasedGateway g
		intermediateCatchEvent yes message=yes key=k
		intermediateCatchEvent no timeDuration=PT5M
		endEvent end
		start -> a -> g
		g -> yes -> end
		g -> no -> end`, nil)
	c.Message("asked", nil)
	c.Message("asked", nil)
	c.Advance(time.Hour)
	c.Complete("a", nil)
	c.Message("yes", nil)
	c.Completed()
	require.Equal(t, []string{"message asked", "message asked", "timer remind", "message yes"}, fired(c.Events))
}

func TestAConditionFires(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		intermediateCatchEvent enough condition="n > 3"
		endEvent end
		start -> enough -> end`, nil)
	c.Do(engine.SetVariables{Variables: map[string]any{"n": int64(4)}})
	c.Completed()
	require.Equal(t, []string{"condition enough"}, fired(c.Events))
}

// A start event is triggered too, but not by somebody who just starts an instance.
func TestStartEventsFire(t *testing.T) {
	const model = `
		startEvent none
		startEvent some message=some message=other
		startEvent due timeDuration=PT1H
		startEvent heard signal=heard
		endEvent end
		none -> end
		some -> end
		due -> end
		heard -> end`
	for _, test := range []struct {
		start engine.StartInstance
		want  []engine.SubscriptionFired
	}{
		{engine.StartInstance{}, nil},
		{engine.StartInstance{Element: "some", Message: &engine.Message{Name: "some"}}, []engine.SubscriptionFired{{Kind: engine.SubscriptionMessage, Element: "some", Name: "some"}}},
		{engine.StartInstance{Element: "some"}, nil},
		{engine.StartInstance{Element: "due"}, []engine.SubscriptionFired{{Kind: engine.SubscriptionTimer, Element: "due"}}},
		{engine.StartInstance{Element: "heard"}, []engine.SubscriptionFired{{Kind: engine.SubscriptionSignal, Element: "heard", Name: "heard"}}},
	} {
		test.start.Key = 1
		c := enginetest.StartWith(t, model, test.start)
		c.Completed()
		var got []engine.SubscriptionFired
		for _, e := range c.Events {
			if e, ok := e.(engine.SubscriptionFired); ok {
				got = append(got, e)
			}
		}
		require.Equal(t, test.want, got, test.start.Element)
	}
}
