package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// bothBeside is a process with an event sub-process that begins beside it whenever a signal and a message have come.
const bothBeside = `
	startEvent start
	subProcess sub {
		startEvent s
		serviceTask a type=a
		s -> a
		subProcess esp event {
			startEvent both signal=s message=m key="= k" parallel nonInterrupting
			task noted
			both -> noted
		}
	}
	start -> sub`

// happensButCannotWaitAgain lets its event sub-process begin while its correlation key has no value any more.
func happensButCannotWaitAgain(t *testing.T) *enginetest.Case {
	t.Helper()
	c := enginetest.Start(t, bothBeside, map[string]any{"k": "K"})
	c.Do(engine.SetVariables{Variables: map[string]any{"k": nil}})
	for range 2 {
		switch sub := c.Subscription("both"); sub.Kind {
		case engine.SubscriptionSignal:
			c.Do(engine.CorrelateSignal{Subscription: sub.ID})
		default:
			c.Message("both", nil)
		}
	}
	require.Contains(t, c.Path(), "both noted")
	return c
}

// §13.5.4: an event sub-process that does not interrupt waits again once it has begun. Where it cannot, an operator must see it,
// though no token waits there; resolving the incident lets it wait.
func TestAnEventSubProcessThatCannotWaitAgainIsAnIncident(t *testing.T) {
	c := happensButCannotWaitAgain(t)
	require.Len(t, c.In.Incidents, 1)
	incident := c.In.Incidents[0]
	require.Equal(t, engine.IncidentMessage, incident.Kind)
	require.Equal(t, "both", incident.Element)
	require.Equal(t, "sub", c.In.Scope(incident.Scope).Node)
	require.Equal(t, []string{"a"}, c.Waiting(), "it waits for all of its triggers or for none")
	c.Resolve()
	require.Len(t, c.In.Incidents, 1, "without a repair it fails again")
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"k": "K"}})
	require.Empty(t, c.In.Incidents)
	require.ElementsMatch(t, []string{"a", "both", "both"}, c.Waiting())
	c.Complete("a", nil)
	c.Completed()
}

// The incident goes when the event sub-process could not begin any more, be it mended or not.
func TestTheIncidentOfAnEventSubProcessEndsWithItsScope(t *testing.T) {
	c := happensButCannotWaitAgain(t)
	c.Complete("a", nil)
	c.Completed()
}

// §10.5.5: a parallel multiple event needs all of its triggers. One that could not wait for all of them does not happen by some.
func TestAnEventThatCannotWaitForAllItsTriggersWaitsForNone(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		boundaryEvent both on=a signal=s message=m key="= k" parallel
		start -> a`, nil)
	require.Len(t, c.In.Incidents, 1)
	require.Empty(t, c.Waiting())
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"k": "K"}})
	require.ElementsMatch(t, []string{"a", "both", "both"}, c.Waiting())
}

// An activity that begins again leaves an event on its boundary alone that waits for an operator.
func TestAnActivityThatBeginsAgainLeavesABlockedBoundaryEventAlone(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		scriptTask a script="= n + 1" result=n
		boundaryEvent both on=a signal=s message=m key="= k" parallel nonInterrupting
		serviceTask b type=b
		start -> a
		a -> b`, map[string]any{"k": "K", "n": "text"})
	c.Do(engine.SetVariables{Variables: map[string]any{"k": nil}})
	c.Do(engine.CorrelateSignal{Subscription: c.Subscription("both").ID})
	c.Message("both", nil)
	require.Len(t, c.In.Incidents, 2)
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"k": "K"}})
	require.Len(t, c.In.Incidents, 2, "n is still a text")
	require.Empty(t, c.Waiting())
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID})
	require.ElementsMatch(t, []string{"both", "both"}, c.Waiting())
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"n": int64(1)}})
	require.Equal(t, []string{"b"}, c.Waiting())
}
