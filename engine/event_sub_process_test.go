package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// Where one event sub-process cannot wait, the scope waits for an operator, and the others do not begin meanwhile: when they ended, the
// sub-process would be done that has never begun.
func TestNothingBeginsWhereAnEventSubProcessCannotWait(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		subProcess sub {
			startEvent s
			serviceTask a type=a
			s -> a
			subProcess told event {
				startEvent signalled signal=s nonInterrupting
				task noted
				signalled -> noted
			}
			subProcess late event {
				startEvent due timeDuration="= wait" nonInterrupting
			}
		}
		start -> sub`, nil)
	require.Len(t, c.In.Incidents, 1)
	require.Empty(t, c.Waiting())
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"wait": "PT1H"}})
	require.Equal(t, []string{"signalled", "due", "a"}, c.Waiting())
}

// An event sub-process inside of another that could not wait does so when the incident is resolved.
func TestAnEventSubProcessInAnotherCouldNotWait(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		start -> a
		subProcess told event {
			startEvent signalled signal=s nonInterrupting
			serviceTask b type=b
			signalled -> b
			subProcess late event {
				startEvent due timeDuration="= wait"
			}
		}`, nil)
	c.Do(engine.CorrelateSignal{Subscription: c.Subscription("signalled").ID})
	require.Len(t, c.In.Incidents, 1)
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"wait": "PT1H"}})
	require.ElementsMatch(t, []string{"signalled", "a", "due", "b"}, c.Waiting())
}

// What starts an event sub-process stays, be it that what is inside cannot wait yet.
func TestAnEventSubProcessThatCannotBeginKeepsItsMessage(t *testing.T) {
	for name, model := range map[string]string{
		"what it awaits inside": `
			subProcess told event {
				startEvent come message=m
				serviceTask b type=b
				come -> b
				subProcess late event {
					startEvent due timeDuration="= wait"
				}
			}`,
		"its own input mapping": `
			subProcess told event in:due="= wait + 'H'" {
				startEvent come message=m
				serviceTask b type=b
				come -> b
			}`,
		"both, and an output mapping": `
			subProcess told event in:due="= wait + 'H'" {
				startEvent come message=m out:order="= order"
				serviceTask b type=b
				come -> b
				subProcess late event {
					startEvent due timeDuration="= due"
				}
			}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := enginetest.Start(t, "startEvent start\nserviceTask a type=a\nstart -> a\n"+model, nil)
			c.Do(engine.CorrelateMessage{Subscription: c.Subscription("come").ID, Message: engine.Message{Name: "m", Data: map[string]any{"order": "O1"}}})
			require.Len(t, c.In.Incidents, 1)
			require.Equal(t, "come", c.In.Incidents[0].Element)
			c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID}) // nothing is mended yet
			require.Len(t, c.In.Incidents, 1)
			c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"wait": "PT1"}})
			if len(c.In.Incidents) > 0 {
				c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"wait": "PT1H"}})
			}
			require.Empty(t, c.In.Incidents)
			require.Contains(t, c.Waiting(), "b")
			require.Equal(t, "O1", c.Variables()["order"])
		})
	}
}

// What an event sub-process awaits inside may be in the message that starts it.
func TestAnEventSubProcessInAnotherSeesItsMessage(t *testing.T) {
	c := enginetest.Start(t, `
		startEvent start
		serviceTask a type=a
		start -> a
		subProcess told event {
			startEvent come message=m
			serviceTask b type=b
			come -> b
			subProcess late event {
				startEvent due timeDuration="= wait"
			}
		}`, nil)
	c.Do(engine.CorrelateMessage{Subscription: c.Subscription("come").ID, Message: engine.Message{Name: "m", Data: map[string]any{"wait": "PT1H"}}})
	require.ElementsMatch(t, []string{"due", "b"}, c.Waiting())
}

// A process without start event begins at once with what it has to do. There is nothing yet that an operator could mend where its event
// sub-process cannot wait, so it does not start, and the caller is told why.
func TestAProcessDoesNotStartWhereItsEventSubProcessCannotWait(t *testing.T) {
	p := enginetest.Compile(t, `
		serviceTask a type=a
		subProcess late event {
			startEvent due timeDuration="= wait"
		}`)
	_, err := engine.Step(p, nil, enginetest.Epoch, engine.StartInstance{Key: 1})
	require.ErrorContains(t, err, "cannot start")
	r, err := engine.Step(p, nil, enginetest.Epoch, engine.StartInstance{Key: 1, Variables: map[string]any{"wait": "PT1H"}})
	require.NoError(t, err)
	require.Len(t, r.Instance.Subscriptions, 2)
}

// What the event sub-processes of a process wait for may be in the message that starts it, at a task too.
func TestEventSubProcessesSeeTheMessageThatInstantiates(t *testing.T) {
	c := enginetest.StartWith(t, `
		receiveTask ordered message=orders instantiate
		serviceTask a type=a
		ordered -> a
		subProcess late event {
			startEvent due timeDuration="= wait"
		}`, engine.StartInstance{Key: 1, Element: "ordered", Message: &engine.Message{Name: "orders", Data: map[string]any{"wait": "PT1H"}}})
	require.ElementsMatch(t, []string{"due", "a"}, c.Waiting())
}

// Where the start event of a process or of an event sub-process finds no flow to go on, its event sub-processes wait already. What has happened in
// them by the time when the incident is resolved does not happen again.
func TestWhatHappenedBesideAStartThatCouldNotLeaveHappensOnce(t *testing.T) {
	late := `
		subProcess late event {
			startEvent due timeDuration="PT1M" nonInterrupting
			serviceTask l type=l
			due -> l
		}`
	for name, model := range map[string]string{
		"process": `
			startEvent come
			serviceTask b type=b
			come -> b : x == 1` + late,
		"event sub-process": `
			startEvent start
			serviceTask a type=a
			start -> a
			subProcess told event {
				startEvent come signal=s
				serviceTask b type=b
				come -> b : x == 1` + late + `
			}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := enginetest.Start(t, model, nil)
			if name != "process" {
				c.Do(engine.CorrelateSignal{Subscription: c.Subscription("come").ID})
			}
			require.Len(t, c.In.Incidents, 1)
			c.Advance(2 * time.Minute)
			require.Equal(t, []string{"l"}, c.Waiting())
			c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID, Variables: map[string]any{"x": int64(1)}})
			require.Equal(t, []string{"l", "b"}, c.Waiting())
		})
	}
}
