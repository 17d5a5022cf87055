package enginetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
)

// Epoch is when every case starts.
var Epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Case is one instance under test. Its methods fail the test when a step is rejected or breaks an invariant.
type Case struct {
	T       testing.TB
	Process *engine.Process
	In      *engine.Instance
	At      time.Time
	Events  []engine.Event
	Effects []engine.Effect

	never map[string]bpmn.Problem // by element: what must not come to pass
}

// Compile makes the process of the text executable.
func Compile(t testing.TB, text string) *engine.Process {
	t.Helper()
	p, err := engine.Compile(Model(text))
	require.NoError(t, err)
	p.Key, p.Version = 1, 1
	return p
}

// Start starts an instance at the process's none start event.
func Start(t testing.TB, text string, variables map[string]any) *Case {
	t.Helper()
	return StartWith(t, text, engine.StartInstance{Key: 1, Variables: variables})
}

// StartWith starts an instance as the command says.
func StartWith(t testing.TB, text string, c engine.StartInstance) *Case {
	t.Helper()
	k := &Case{T: t, Process: Compile(t, text), At: Epoch}
	k.Do(c)
	return k
}

// Do runs a command and checks the invariants afterwards.
func (c *Case) Do(command engine.Command) {
	c.T.Helper()
	require.NoError(c.T, c.Try(command))
}

// Try runs a command that may be rejected.
func (c *Case) Try(command engine.Command) error {
	c.T.Helper()
	before := encode(c.T, c.In)
	r, err := engine.Step(c.Process, c.In, c.At, command)
	require.Equal(c.T, before, encode(c.T, c.In), "Step changed the instance that came in")
	if err != nil {
		return err
	}
	again, err := engine.Step(c.Process, c.In, c.At, command)
	require.NoError(c.T, err)
	require.Equal(c.T, encode(c.T, r), encode(c.T, again), "the same step gave two results")
	require.Equal(c.T, encode(c.T, r.Instance), encode(c.T, engine.Replay(c.In, r.Events)), "replay differs")
	require.NoError(c.T, Check(r.Instance))
	require.NoError(c.T, c.refute(r))
	c.In = r.Instance
	c.Events = append(c.Events, r.Events...)
	c.Effects = append(c.Effects, r.Effects...)
	require.Equal(c.T, encode(c.T, c.In), encode(c.T, engine.Replay(nil, c.Events)), "replay from the start differs")
	return nil
}

// refute says whether a step contradicts what engine.Soundness claims to be certain: it enters an element that no token reaches, or a
// join that never gets its tokens.
func (c *Case) refute(r engine.Result) error {
	if c.never == nil {
		c.never = map[string]bpmn.Problem{}
		for _, p := range c.Process.Soundness() {
			if p.Code == engine.CodeDead || p.Code == engine.CodeDeadlock {
				c.never[p.ElementID] = p
			}
		}
	}
	for _, e := range r.Events {
		entered := ""
		switch e := e.(type) {
		case engine.TokenEntered:
			entered = e.Node
		case engine.TokenProduced:
			entered = e.Node + e.Flow
		}
		if p, impossible := c.never[entered]; impossible {
			return fmt.Errorf("%s came to pass, against %s", entered, p)
		}
	}
	return nil
}

// Subscription finds the oldest open subscription of an element.
func (c *Case) Subscription(element string) engine.Subscription {
	c.T.Helper()
	for _, sub := range c.In.Subscriptions {
		if sub.Element == element {
			return sub
		}
	}
	require.Failf(c.T, "nothing waits", "element %s; waiting: %v", element, c.Waiting())
	return engine.Subscription{}
}

// Complete completes the job of an element.
func (c *Case) Complete(element string, variables map[string]any) {
	c.T.Helper()
	c.Do(engine.CompleteJob{Subscription: c.Subscription(element).ID, Variables: variables})
}

// Throw throws a BPMN error from the job of an element.
func (c *Case) Throw(element, code string) {
	c.T.Helper()
	c.Do(engine.ThrowError{Subscription: c.Subscription(element).ID, Code: code})
}

// Message gives a message to the element that waits for it.
func (c *Case) Message(element string, data map[string]any) {
	c.T.Helper()
	c.Do(engine.CorrelateMessage{Subscription: c.Subscription(element).ID, Message: engine.Message{Data: data}})
}

// Advance moves the clock and fires, in due order, every timer that is due then.
func (c *Case) Advance(d time.Duration) {
	c.T.Helper()
	until := c.At.Add(d)
	for {
		var next *engine.Subscription
		for i, sub := range c.In.Subscriptions {
			if sub.Kind == engine.SubscriptionTimer && !sub.Due.After(until) && (next == nil || sub.Due.Before(next.Due)) {
				next = &c.In.Subscriptions[i]
			}
		}
		if next == nil {
			break
		}
		if next.Due.After(c.At) {
			c.At = next.Due
		}
		c.Do(engine.TriggerTimer{Subscription: next.ID})
	}
	c.At = until
}

// Resolve resolves the only incident.
func (c *Case) Resolve() {
	c.T.Helper()
	require.Len(c.T, c.In.Incidents, 1)
	c.Do(engine.ResolveIncident{Incident: c.In.Incidents[0].ID})
}

// Waiting lists the elements that something waits at, in the order in which they began to.
func (c *Case) Waiting() []string {
	waiting := []string{}
	for _, sub := range c.In.Subscriptions {
		waiting = append(waiting, sub.Element)
	}
	return waiting
}

// Variables are those of the process.
func (c *Case) Variables() map[string]any { return c.In.Scopes[0].Variables }

// Path lists the flow nodes that tokens entered, in order; "!" marks one that was withdrawn.
func (c *Case) Path() string {
	var path []string
	for _, e := range c.Events {
		switch e := e.(type) {
		case engine.TokenEntered:
			path = append(path, e.Node)
		case engine.TokenProduced:
			if e.Node != "" {
				path = append(path, e.Node)
			}
		case engine.TokenConsumed:
			if e.Withdrawn && e.Node != "" {
				path = append(path, "!"+e.Node)
			}
		}
	}
	return strings.Join(path, " ")
}

// Completed requires that the instance is completed.
func (c *Case) Completed() {
	c.T.Helper()
	require.Equal(c.T, engine.StateCompleted, c.In.State, "waiting: %v incidents: %v tokens: %v", c.Waiting(), c.In.Incidents, c.In.Tokens)
}

// Check says which invariant of the core an instance breaks.
func Check(in *engine.Instance) error {
	live := map[engine.ID]int{}
	for _, t := range in.Tokens {
		if (t.Flow == "") == (t.Node == "") {
			return fmt.Errorf("token %d lies on flow %q and in node %q", t.ID, t.Flow, t.Node)
		}
		if in.Scope(t.Scope) == nil {
			return fmt.Errorf("token %d has no scope", t.ID)
		}
		if t.Inner != 0 && (in.Scope(t.Inner) == nil || in.Scope(t.Inner).Token != t.ID) {
			return fmt.Errorf("token %d and its inner scope %d do not belong together", t.ID, t.Inner)
		}
		live[t.Scope]++
	}
	for i, s := range in.Scopes {
		if s.Live != live[s.ID] {
			return fmt.Errorf("scope %d counts %d tokens and has %d", s.ID, s.Live, live[s.ID])
		}
		if (i == 0) != (s.Parent == 0) || s.Parent != 0 && (in.Scope(s.Parent) == nil || in.Token(s.Token) == nil || in.Token(s.Token).Inner != s.ID) {
			return fmt.Errorf("scope %d hangs in the air", s.ID)
		}
	}
	for _, sub := range in.Subscriptions {
		if in.Scope(sub.Scope) == nil || sub.Token != 0 && in.Token(sub.Token) == nil {
			return fmt.Errorf("subscription %d of %s has lost its token or scope", sub.ID, sub.Element)
		}
	}
	type place struct {
		token, scope, job engine.ID
		element           string
	}
	stopped := map[place]bool{}
	for _, i := range in.Incidents {
		if (i.Token == 0) != (i.Scope != 0) || i.Token != 0 && in.Token(i.Token) == nil || i.Scope != 0 && in.Scope(i.Scope) == nil {
			return fmt.Errorf("incident %d has lost its token or scope", i.ID)
		}
		at := place{i.Token, i.Scope, i.Subscription, i.Element}
		if stopped[at] {
			return fmt.Errorf("token %d has two incidents in %s", i.Token, i.Element)
		}
		stopped[at] = true
	}
	if in.State != engine.StateActive && len(in.Tokens)+len(in.Subscriptions)+len(in.Incidents)+len(in.Scopes) != 1 {
		return fmt.Errorf("the instance has ended and leaves something behind: %+v", in)
	}
	return stuck(in)
}

// stuck says whether a token neither waits for anything nor has an incident nor lies on a flow into a join.
func stuck(in *engine.Instance) error {
	waiting := map[engine.ID]bool{}
	for _, sub := range in.Subscriptions {
		waiting[sub.Token] = true
	}
	for _, i := range in.Incidents {
		waiting[i.Token] = true
	}
	for _, t := range in.Tokens {
		inside := in.Scope(t.Inner)
		if inside != nil && inside.Cancelling && in.Scope(t.Scope).Live > 1 {
			continue // it cancels its transaction, and waits for the compensations there
		}
		if !waiting[t.ID] && t.Flow == "" && (inside == nil || inside.Live == 0) {
			return fmt.Errorf("token %d in %s waits for nothing", t.ID, t.Node)
		}
	}
	return nil
}

func encode(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

// mustEncode is for what can always be encoded.
func mustEncode(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}
