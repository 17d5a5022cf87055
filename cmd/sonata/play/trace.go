package play

import (
	"cmp"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// note adds to the trace what an engine event means. The instance is as it was before the event, but has begun.
func (w *World) note(i *Instance, e runner.Entry) {
	t, before := tracer{w, i, e.At}, i.State
	switch e := e.Event.(type) {
	case engine.InstanceStarted:
		t.started(e)
	case engine.InstanceEnded:
		t.ended(e)
	case engine.TokenProduced:
		if e.Flow != "" {
			t.flow(e)
		} else {
			t.chosen(e)
			t.add(ElementActivated, e.Node, e.Scope, Detail{})
		}
	case engine.TokenEntered:
		t.add(ElementActivated, e.Node, before.Token(e.Token).Scope, Detail{})
	case engine.TokenConsumed:
		if e.Node == "" {
			return // it was joined, or withdrawn on its way
		}
		kind := ElementCompleted
		if e.Withdrawn {
			kind = ElementTerminated
		}
		t.add(kind, e.Node, before.Token(e.Token).Scope, Detail{})
	case engine.VariablesSet:
		t.add(VariablesSet, before.Scope(e.Scope).Node, e.Scope, Detail{Variables: e.Variables})
	case engine.IncidentRaised:
		t.add(IncidentRaised, e.Element, cmp.Or(e.Scope, scopeOfToken(before, e.Token)), Detail{Code: string(e.Incident.Kind), Text: e.Text})
	default:
		t.waiting(before, e)
		t.thrown(before, e)
	}
}

// waiting tells what an instance begins to wait for and what has happened of it.
func (t tracer) waiting(before *engine.Instance, e engine.Event) {
	switch e := e.(type) {
	case engine.SubscriptionOpened:
		switch e.Kind {
		case engine.SubscriptionJob:
			t.add(JobCreated, e.Element, e.Scope, Detail{JobType: e.Name, Retries: e.Job.Retries, Headers: e.Job.Headers})
		case engine.SubscriptionTimer:
			t.add(TimerScheduled, e.Element, e.Scope, Detail{Due: dueOf(e.Subscription)})
		}
	case engine.SubscriptionUpdated:
		if e.Kind == engine.SubscriptionTimer {
			t.add(TimerScheduled, e.Element, e.Scope, Detail{Due: dueOf(e.Subscription)})
		}
	case engine.SubscriptionClosed:
		if e.Kind == engine.SubscriptionJob && !e.Withdrawn {
			t.add(JobCompleted, e.Element, e.Scope, Detail{JobType: e.Name})
		}
	case engine.SubscriptionFired:
		t.fired(before, e)
	}
}

func (t tracer) fired(before *engine.Instance, e engine.SubscriptionFired) {
	scope, due, key := before.Scopes[0].ID, (*time.Time)(nil), ""
	if sub := before.Subscription(e.Subscription); sub != nil {
		scope, due, key = sub.Scope, dueOf(*sub), sub.Key
	}
	switch e.Kind {
	case engine.SubscriptionMessage:
		t.add(MessageCorrelated, e.Element, scope, Detail{Topic: e.Name, Key: key})
	case engine.SubscriptionTimer:
		t.add(TimerFired, e.Element, scope, Detail{Due: due})
	}
}

// thrown tells what leaves an element.
func (t tracer) thrown(before *engine.Instance, e engine.Event) {
	switch e := e.(type) {
	case engine.MessageThrown:
		p := publishedBy(t.Instance, e)
		t.add(MessagePublished, e.Element, scopeOf(before, e.Element), Detail{Topic: e.Topic, Key: p.Key, Headers: e.Headers, Data: e.Data})
	case engine.SignalThrown:
		t.add(SignalBroadcast, e.Element, scopeOf(before, e.Element), Detail{Signal: e.Name, Variables: e.Variables})
	case engine.ErrorThrown:
		t.add(ErrorThrown, e.Element, scopeOf(before, e.Element), Detail{Code: e.Code, Text: e.Text, CaughtBy: e.CaughtBy})
	case engine.EscalationThrown:
		t.add(EscalationThrown, e.Element, scopeOf(before, e.Element), Detail{Code: e.Code, Variables: e.Variables, CaughtBy: e.CaughtBy})
	case engine.CompensationTriggered:
		if len(e.Handlers) == 0 { // a transaction is cancelled in which nothing is left to undo
			return
		}
		var handlers []string
		for _, h := range e.Handlers {
			handlers = append(handlers, h.Handler)
		}
		t.add(CompensationTriggered, before.Scope(e.Inner).Node, e.Scope, Detail{Handlers: handlers})
	}
}

// tracer writes the trace of one instance.
type tracer struct {
	*World
	*Instance
	at time.Time
}

// add adds an event of an element.
func (t tracer) add(kind Kind, element string, scope engine.ID, d Detail) {
	e := Event{Seq: len(t.events) + 1, At: t.at, Kind: kind, Element: element, Instance: t.Number, Scope: scope, Detail: d}
	e.Type, e.Name = "process", t.Process.Name
	if n := t.Process.Node(element); n != nil {
		e.Type, e.Name = n.Kind, n.Name
	} else if f := t.Process.Flow(element); f != nil {
		e.Type, e.Name = "sequenceFlow", f.Name
	}
	t.events = append(t.events, e)
}

func (t tracer) started(e engine.InstanceStarted) {
	d := Detail{BusinessKey: e.BusinessKey}
	if p := t.parent(t.Instance); p != nil {
		d.Parent = p.Number
	}
	t.add(InstanceStarted, e.ProcessID, e.Scope, d)
}

func (t tracer) ended(e engine.InstanceEnded) {
	kind := InstanceCompleted
	if e.State != engine.StateCompleted {
		kind = InstanceTerminated
	}
	t.add(kind, t.State.ProcessID, t.State.Scopes[0].ID, Detail{Code: e.Outcome.Code, Text: e.Outcome.Text, Variables: e.Outcome.Variables})
}

func (t tracer) flow(e engine.TokenProduced) {
	d := Detail{}
	if f := t.Process.Flow(e.Flow); f != nil {
		d.Source, d.Target = f.Source.ID, f.Target.ID
	}
	t.add(FlowTaken, e.Flow, e.Scope, d)
}

// chosen tells which flow an event-based gateway has taken: the token waits in the gateway and is then placed into the event that
// happened (§13.4.4).
func (t tracer) chosen(e engine.TokenProduced) {
	n := t.Process.Node(e.Node)
	if n == nil || len(n.Incoming) != 1 || n.Incoming[0].Source.Kind != "eventBasedGateway" {
		return
	}
	e.Flow = n.Incoming[0].ID
	t.flow(e)
}

// scopeOf is the scope in which a token is in an element: the outermost if none is.
func scopeOf(in *engine.Instance, element string) engine.ID {
	for _, t := range in.Tokens {
		if t.Node == element {
			return t.Scope
		}
	}
	return in.Scopes[0].ID
}

func scopeOfToken(in *engine.Instance, token engine.ID) engine.ID {
	if t := in.Token(token); t != nil {
		return t.Scope
	}
	return in.Scopes[0].ID
}

func dueOf(sub engine.Subscription) *time.Time {
	if sub.Due.IsZero() {
		return nil
	}
	return &sub.Due
}

// NoteWaiting adds to the trace, for each instance that has not ended, what it waits for.
func (w *World) NoteWaiting() {
	for _, i := range w.instances {
		if i.Active() {
			t := tracer{w, i, w.Now()}
			t.add(InstanceWaiting, i.State.ProcessID, i.State.Scopes[0].ID, Detail{WaitsFor: i.WaitsFor()})
		}
	}
}

// WaitsFor lists what an instance waits for.
func (i *Instance) WaitsFor() []Wait {
	var waits []Wait
	for _, incident := range i.State.Incidents {
		waits = append(waits, Wait{Kind: "incident", Element: incident.Element, Text: incident.Text})
	}
	for _, sub := range i.State.Subscriptions {
		if i.hasFailed(sub) {
			continue // its incident is listed
		}
		waits = append(waits, Wait{Kind: string(sub.Kind), Element: sub.Element, Name: sub.Name, Key: sub.Key, Due: dueOf(sub)})
	}
	for _, t := range i.State.Tokens {
		if f := i.Process.Flow(t.Flow); t.Flow != "" && f != nil {
			waits = append(waits, Wait{Kind: "join", Element: f.Target.ID})
		}
	}
	return waits
}
