package play

import (
	"cmp"
	"slices"

	"github.com/sonata-bpmn/sonata/engine"
)

// Job is one that waits for a worker or a person.
type Job struct {
	engine.Subscription
	Instance *Instance
}

// Jobs lists the jobs that wait, oldest instance first. Those that wait for their incident to be resolved are not among them.
func (w *World) Jobs() []Job {
	var jobs []Job
	for _, i := range w.instances {
		for _, sub := range i.State.Subscriptions {
			if sub.Kind == engine.SubscriptionJob && !i.hasFailed(sub) {
				jobs = append(jobs, Job{sub, i})
			}
		}
	}
	return jobs
}

// hasFailed says whether a job has an incident.
func (i *Instance) hasFailed(job engine.Subscription) bool {
	return slices.ContainsFunc(i.State.Incidents, func(incident engine.Incident) bool { return incident.Subscription == job.ID })
}

// Position lists the flow nodes in which an instance waits, sorted, one for each token: where a sub-process or a loop is under
// way, those inside of it, and for tokens that wait to be joined the gateway.
func (i *Instance) Position() []string {
	position := []string{}
	for _, t := range i.State.Tokens {
		switch {
		case t.Flow != "":
			if f := i.Process.Flow(t.Flow); f != nil {
				position = append(position, f.Target.ID)
			}
		case t.Inner == 0 || i.State.Scope(t.Inner).Live == 0:
			position = append(position, t.Node)
		}
	}
	slices.Sort(position)
	return position
}

// Path lists the flow nodes that an instance has entered, in their order.
func (w *World) Path(i *Instance) []string {
	path := []string{}
	for _, e := range w.events {
		if e.Kind == ElementActivated && e.Instance == i.Number {
			path = append(path, e.Element)
		}
	}
	return path
}

// Variables are those of the process.
func (i *Instance) Variables() map[string]any { return i.State.Variables(0) }

// parent is the instance that called this one, nil if none did.
func (w *World) parent(i *Instance) *Instance {
	if p := i.State.Parent; p != nil {
		return w.byKey[p.Key]
	}
	return nil
}

func publishedBy(i *Instance, e engine.MessageThrown) Published {
	return Published{
		Instance: i, Element: e.Element, Topic: e.Topic, Key: cmp.Or(e.Key, i.State.BusinessKey), Headers: e.Headers, Data: e.Data,
	}
}
