package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/enginetest"
)

// awaited are models in which %s is a trigger that is waited for, by the position of the event (Table 10.93).
var awaited = map[string]string{
	"start event": "startEvent e %s\n task hit\n e -> hit",
	"start event of an event sub-process": `
		startEvent start
		subProcess s {
			serviceTask a type=a
			endEvent up escalation=U1
			a -> up
			subProcess esp event {
				startEvent e %s
				task hit
				e -> hit
			}
		}
		start -> s`,
	"intermediate catch event": "startEvent start\n intermediateCatchEvent e %s\n task hit\n start -> e -> hit",
	"boundary event": `
		startEvent start
		subProcess s {
			serviceTask a type=a
			endEvent up escalation=U1
			a -> up
		}
		boundaryEvent e on=s %s
		task hit
		start -> s
		e -> hit`,
}

// happens says how a trigger is written, and lets it happen.
var happens = map[string]struct {
	text string
	do   func(c *enginetest.Case)
}{
	"messageEventDefinition":     {"message=m key=k", func(c *enginetest.Case) { c.Message("e", nil) }},
	"timerEventDefinition":       {"timeDuration=PT1M", func(c *enginetest.Case) { c.Advance(time.Minute) }},
	"signalEventDefinition":      {"signal=s", func(c *enginetest.Case) { c.Do(engine.CorrelateSignal{Subscription: c.Subscription("e").ID}) }},
	"conditionalEventDefinition": {`condition="x"`, func(c *enginetest.Case) { c.Do(engine.SetVariables{Variables: map[string]any{"x": true}}) }},
	"escalationEventDefinition":  {"escalation=U1", func(c *enginetest.Case) { c.Complete("a", nil) }},
	"errorEventDefinition":       {"error=E1", func(c *enginetest.Case) { c.Throw("a", "E1") }},
}

// standing are whole models of what happens by itself, or needs a certain place, by trigger and position.
var standing = map[string]string{
	": start event":              "startEvent e\n task hit\n e -> hit",
	": intermediate throw event": "startEvent start\n intermediateThrowEvent e\n task hit\n start -> e -> hit",
	// What its condition can look at before there is an instance is left open (§10.5.2): it begins one that is started there.
	"conditionalEventDefinition: start event": "startEvent start\n startEvent e condition=\"true\"\n task hit\n e -> hit",
	": end event": "startEvent start\n task hit\n endEvent e\n start -> hit -> e",
	"messageEventDefinition: intermediate throw event":    "startEvent start\n intermediateThrowEvent e message=m type=kafka:publish header:topic=m\n task hit\n start -> e -> hit",
	"messageEventDefinition: end event":                   "startEvent start\n task hit\n endEvent e message=m type=kafka:publish header:topic=m\n start -> hit -> e",
	"signalEventDefinition: intermediate throw event":     "startEvent start\n intermediateThrowEvent e signal=s\n task hit\n start -> e -> hit",
	"signalEventDefinition: end event":                    "startEvent start\n task hit\n endEvent e signal=s\n start -> hit -> e",
	"escalationEventDefinition: intermediate throw event": "startEvent start\n intermediateThrowEvent e escalation=U1\n task hit\n start -> e -> hit",
	"escalationEventDefinition: end event":                "startEvent start\n task hit\n endEvent e escalation=U1\n start -> hit -> e",
	"linkEventDefinition: intermediate throw event":       "startEvent start\n intermediateThrowEvent e link=L\n intermediateCatchEvent in link=L\n task hit\n start -> e\n in -> hit",
	"linkEventDefinition: intermediate catch event":       "startEvent start\n intermediateThrowEvent out link=L\n intermediateCatchEvent e link=L\n task hit\n start -> out\n e -> hit",
	"errorEventDefinition: end event": `
		startEvent start
		subProcess s {
			endEvent e error=E1
		}
		boundaryEvent b on=s error=E1
		task hit
		start -> s
		b -> hit`,
	"terminateEventDefinition: end event": `
		startEvent start
		parallelGateway fork
		serviceTask a type=a
		task hit
		endEvent e terminate
		start -> fork -> a
		fork -> hit -> e`,
	"cancelEventDefinition: boundary event": sprintf(cancelling, "c", "e", "e"),
	"cancelEventDefinition: end event":      sprintf(cancelling, "e", "b", "b"),
	"compensateEventDefinition: boundary event": `
		startEvent start
		task a
		task hit compensation
		boundaryEvent e on=a handler=hit
		endEvent end compensate=
		start -> a -> end`,
	"compensateEventDefinition: start event of an event sub-process": `
		startEvent start
		subProcess s {
			task a
			subProcess esp event {
				startEvent e compensate=
				task hit
				e -> hit
			}
		}
		endEvent end compensate=
		start -> s -> end`,
	"compensateEventDefinition: intermediate throw event": `
		startEvent start
		task a
		task hit compensation
		boundaryEvent b on=a handler=hit
		intermediateThrowEvent e compensate=
		start -> a -> e`,
	"compensateEventDefinition: end event": `
		startEvent start
		task a
		task hit compensation
		boundaryEvent b on=a handler=hit
		endEvent e compensate=
		start -> a -> e`,
}

const cancelling = `
		startEvent start
		transaction t {
			endEvent %s cancel
		}
		boundaryEvent %s on=t cancel
		task hit
		start -> t
		%s -> hit`

// Table 10.93: each trigger happens in each position that it may have, and is refused in every other.
func TestEachTriggerInEachPosition(t *testing.T) {
	for _, row := range engine.Positions() {
		kind, position, _ := strings.Cut(row, ": ")
		t.Run(row, func(t *testing.T) {
			text, whole := standing[row]
			if whole {
				command := engine.StartInstance{Key: 1}
				if kind == "conditionalEventDefinition" {
					command.Element = "e"
				}
				c := enginetest.StartWith(t, text, command)
				c.Completed()
				if kind != "" && kind != "linkEventDefinition" && kind != "compensateEventDefinition" || position == "intermediate throw event" {
					require.Contains(t, strings.Fields(c.Path()), "e")
				}
				require.Contains(t, strings.Fields(c.Path()), "hit")
				return
			}
			trigger, known := happens[kind]
			model, placed := awaited[position]
			require.True(t, known && placed, "there is no model for this row")
			command := engine.StartInstance{Key: 1, Variables: map[string]any{"x": false}}
			if position == "start event" {
				command.Element = "e"
			}
			c := enginetest.StartWith(t, sprintf(model, trigger.text), command)
			if position != "start event" {
				require.NotContains(t, strings.Fields(c.Path()), "hit", "it waits")
				trigger.do(c)
			}
			c.Completed()
			require.Subset(t, strings.Fields(c.Path()), []string{"e", "hit"})
		})
	}
	rows := engine.Positions()
	for kind, trigger := range happens {
		for position, model := range awaited {
			if !slices.Contains(rows, kind+": "+position) {
				_, err := engine.Compile(enginetest.Model(sprintf(model, trigger.text)))
				require.Error(t, err, "%s as %s", kind, position)
			}
		}
	}
}

// Every kind of flow node that the table names is executed by the random processes or by a test of its own.
func TestRandomProcessesHaveEveryKindOfNode(t *testing.T) {
	seen := map[string]bool{}
	var note func(nodes []*bpmn.FlowNode)
	note = func(nodes []*bpmn.FlowNode) {
		for _, n := range nodes {
			seen[n.Kind] = true
			if n.Body != nil {
				note(n.Body.FlowNodes)
			}
		}
	}
	for seed := range uint64(200) {
		r := enginetest.NewRandom(seed)
		for _, text := range append(r.Structured(), r.Unstructured()...) {
			note(enginetest.Model(text).FlowNodes)
		}
	}
	for _, kind := range engine.Kinds() {
		require.True(t, seen[kind], kind)
	}
}
