package engine

import (
	"maps"
	"slices"
)

func (e InstanceStarted) apply(in *Instance) {
	in.Header = e.Header
	in.State = StateActive
	in.Scopes = []Scope{{ID: e.Scope, Node: e.ProcessID}}
	in.LastID = e.Scope
}

func (e InstanceEnded) apply(in *Instance) {
	in.State = e.State
	in.EndedAt = e.At
}

func (e TokenProduced) apply(in *Instance) {
	in.Tokens = append(in.Tokens, e.Token)
	in.Scope(e.Scope).Live++
	in.LastID = e.ID
}

func (e TokenEntered) apply(in *Instance) {
	t := in.Token(e.Token)
	t.Flow, t.Node = "", e.Node
}

func (e TokenConsumed) apply(in *Instance) {
	in.Scope(in.Token(e.Token).Scope).Live--
	in.Tokens = remove(in.Tokens, e.Token)
}

func (e ScopeOpened) apply(in *Instance) {
	in.Scopes = append(in.Scopes, e.Scope)
	in.LastID = e.ID
	if t := in.Token(e.Token); t != nil {
		t.Inner = e.ID
	}
}

func (e ScopeClosed) apply(in *Instance) {
	if t := in.Token(in.Scope(e.Scope).Token); t != nil {
		t.Inner = 0
	}
	in.Scopes = remove(in.Scopes, e.Scope)
}

func (e VariablesSet) apply(in *Instance) {
	s := in.Scope(e.Scope)
	// A new map: the old one is shared with the instance that the step began with.
	variables := make(map[string]any, len(s.Variables)+len(e.Variables))
	maps.Copy(variables, s.Variables)
	maps.Copy(variables, e.Variables)
	s.Variables = variables
}

func (e SubscriptionOpened) apply(in *Instance) {
	sub := e.Subscription
	sub.Call = nil // was needed by the effect only
	in.Subscriptions = append(in.Subscriptions, sub)
	in.LastID = e.ID
}

func (e SubscriptionUpdated) apply(in *Instance) {
	*in.Subscription(e.ID) = e.Subscription
}

func (e SubscriptionClosed) apply(in *Instance) {
	in.Subscriptions = remove(in.Subscriptions, e.ID)
}

func (SubscriptionFired) apply(*Instance) {}

func (e IncidentRaised) apply(in *Instance) {
	in.Incidents = append(in.Incidents, e.Incident)
	in.LastID = e.ID
}

func (e IncidentResolved) apply(in *Instance) {
	in.Incidents = remove(in.Incidents, e.Incident)
}

func (e MessageThrown) apply(in *Instance) { in.LastID = e.ID }

func (SignalThrown) apply(*Instance) {}

func (e LoopStarted) apply(in *Instance) { in.Scope(e.Scope).Loop = &e.Loop }

func (e LoopAdvanced) apply(in *Instance) {
	s := in.Scope(e.Scope)
	l := *s.Loop
	l.Started += e.Started
	l.Completed += e.Completed
	l.Terminated += e.Terminated
	if e.Index > 0 && e.Index <= len(l.Output) {
		l.Output = slices.Clone(l.Output)
		l.Output[e.Index-1] = e.Output
	}
	s.Loop = &l
}

func (e GatewayResetting) apply(in *Instance) {
	s := in.Scope(e.Scope)
	resetting := map[string][]string{}
	maps.Copy(resetting, s.Resetting)
	resetting[e.Gateway] = e.Flows
	s.Resetting = resetting
}

func (e GatewayReset) apply(in *Instance) {
	s := in.Scope(e.Scope)
	s.Resetting = maps.Clone(s.Resetting)
	if delete(s.Resetting, e.Gateway); len(s.Resetting) == 0 {
		s.Resetting = nil
	}
}

func (e CompletionRecorded) apply(in *Instance) {
	s := in.Scope(e.Scope)
	at, _ := slices.BinarySearchFunc(s.Completed, e.Completion.ID, func(c Completion, id ID) int { return int(c.ID - id) })
	s.Completed = slices.Insert(slices.Clone(s.Completed), at, e.Completion)
	in.LastID = max(in.LastID, e.Completion.ID)
}

func (e CompensationTriggered) apply(in *Instance) {
	s := in.Scope(e.Scope)
	s.Completed = slices.DeleteFunc(slices.Clone(s.Completed), func(c Completion) bool { return slices.Contains(e.Completed, c.ID) })
	s.Cancelling = s.Cancelling || e.Cancelling
	inner := in.Scope(e.Inner)
	inner.Compensating, inner.Cancelling = e.Handlers, e.Cancelling
}

func (e CompensationStarted) apply(in *Instance) {
	s := in.Scope(e.Scope)
	s.Compensating = s.Compensating[1:]
}

func (e ConversationBegun) apply(in *Instance) {
	conversations := map[string]string{}
	maps.Copy(conversations, in.Conversations)
	conversations[e.Correlation] = e.Key
	in.Conversations = conversations
}

func (ErrorThrown) apply(*Instance) {}

func (EscalationThrown) apply(*Instance) {}
