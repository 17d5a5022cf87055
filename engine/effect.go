package engine

// Effect is what the world must do because of an event. Effects are a pure function of events, so recovering an
// instance from its events repeats none of them.
//
// Opening and closing of jobs, timers and message subscriptions are no effects: whoever stores the instance indexes its
// open subscriptions.
type Effect interface{ effect() }

// PublishMessage sends a message.
type PublishMessage struct{ MessageThrown }

// StartChild starts the instance that a call activity calls.
type StartChild struct {
	Parent Parent
	Call   Call
}

// CancelChild cancels the instance that a call activity called.
type CancelChild struct{ Subscription ID }

// NotifyParent tells the caller how this instance ended.
type NotifyParent struct {
	Parent  Parent
	Outcome Outcome
}

// EscalateParent tells the caller that an escalation left this instance uncaught.
type EscalateParent struct {
	Parent    Parent
	Code      string
	Variables map[string]any
}

// BroadcastSignal gives a signal to everything that waits for it.
type BroadcastSignal struct{ SignalThrown }

func (PublishMessage) effect()  {}
func (StartChild) effect()      {}
func (CancelChild) effect()     {}
func (NotifyParent) effect()    {}
func (BroadcastSignal) effect() {}
func (EscalateParent) effect()  {}

// effectOf says what the world must do because of an event of the instance with the given key.
func effectOf(key Key, e Event) (Effect, bool) {
	switch e := e.(type) {
	case MessageThrown:
		return PublishMessage{e}, true
	case SignalThrown:
		return BroadcastSignal{e}, true
	case EscalationThrown:
		if e.Parent != nil && e.Parent.Subscription != 0 {
			return EscalateParent{Parent: *e.Parent, Code: e.Code, Variables: e.Variables}, true
		}
	case SubscriptionOpened:
		if e.Kind == SubscriptionCall {
			return StartChild{Parent: Parent{Key: key, Subscription: e.ID, Element: e.Element, CatchesAll: e.Call.CatchesAll, Catches: e.Call.Catches}, Call: *e.Call}, true
		}
	case SubscriptionClosed:
		if e.Kind == SubscriptionCall && e.Withdrawn && !e.Independent {
			return CancelChild{Subscription: e.ID}, true
		}
	case InstanceEnded:
		if e.Parent != nil && e.Parent.Subscription != 0 {
			return NotifyParent{Parent: *e.Parent, Outcome: e.Outcome}, true
		}
	}
	return nil, false
}
