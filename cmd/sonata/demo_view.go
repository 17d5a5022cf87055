package main

import (
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// soon is how long a timer may run without being worth a line.
const soon = time.Minute

// view turns what happens into lines.
type view struct {
	*lines
	models   *models
	partners map[string]bool // ids of the processes that stand in for other systems; their lines are dim
}

// show writes a line for an entry, if it is one of those that tell the story: processes, messages, long timers, incidents.
func (v *view) show(e runner.Entry) {
	n, ok := v.line(e)
	if !ok {
		return
	}
	n.at, n.instance, n.process = e.At, e.Instance.String(), e.ProcessID
	if v.partners[e.ProcessID] && n.colour != red {
		n.colour = dim
	}
	v.print(n)
}

func (v *view) line(e runner.Entry) (line, bool) {
	switch event := e.Event.(type) {
	case engine.InstanceStarted:
		n := line{what: "started"}
		if event.Parent != nil {
			n.subject = "called by " + event.Parent.Key.String()
		}
		return n, true
	case engine.InstanceEnded:
		if event.State == engine.StateCompleted {
			return line{what: "completed", colour: bold}, true
		}
		return line{what: "terminated", colour: yellow}, true
	case engine.MessageThrown:
		return line{what: "published", subject: event.Topic, state: text(event.Fields(), "state"), colour: blue}, true
	case engine.SubscriptionOpened:
		node := v.models.node(e.ProcessID, event.Element)
		if event.Kind == engine.SubscriptionTimer && event.Due.Sub(e.At) > soon && node != nil && node.Kind == "intermediateCatchEvent" {
			return line{what: "waits", subject: "until " + longTime(event.Due), colour: yellow}, true
		}
	case engine.SubscriptionFired:
		return line{what: "received", subject: event.Name, colour: green}, event.Kind == engine.SubscriptionMessage
	case engine.IncidentRaised:
		return line{what: "INCIDENT", subject: "at " + event.Element, state: event.Text, colour: red}, true
	case engine.IncidentResolved:
		return line{what: "resolved"}, true
	}
	return line{}, false
}

// longTime shows a time that may be years away, to the second, in UTC as orders have it.
func longTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }
