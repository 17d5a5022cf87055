package enginetest

import (
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// World is what a runner is to the core, in memory: it keeps instances, and carries out what they want of each other. After
// every step it checks the core's promises; the first one that is broken is an error.
type World struct {
	Processes map[string]*engine.Process
	Instances []*Live
	At        time.Time
	// Thorough makes further, slower checks: that a step leaves its input alone, that it gives the same result twice, and that
	// an instance which was stored goes on as one that was not.
	Thorough bool
	// Store writes an instance down and reads it again; nil leaves it in memory.
	Store func(in *engine.Instance) (*engine.Instance, error)
	// Watch is told of every step, with the instance as it was before.
	Watch func(l *Live, before *engine.Instance, c engine.Command, r engine.Result) error
	// Steps counts the commands that were carried out.
	Steps   int
	pending []func() error
	burst   int // steps since the last command from outside
}

// Live is one instance in a world.
type Live struct {
	Process *engine.Process
	In      *engine.Instance
	Events  []engine.Event
}

// NewWorld compiles the processes of the texts.
func NewWorld(texts ...string) (*World, error) {
	w := &World{Processes: map[string]*engine.Process{}, At: Epoch}
	for i, text := range texts {
		p, err := engine.Compile(Model(text))
		if err != nil {
			return nil, err
		}
		p.Key, p.Version = engine.Key(i+1), 1
		w.Processes[p.ID] = p
	}
	return w, nil
}

// Start starts an instance of a process.
func (w *World) Start(id string, c engine.StartInstance) (*Live, error) {
	l := w.create(id, c)
	return l, w.Do(l, c)
}

func (w *World) create(id string, c engine.StartInstance) *Live {
	l := &Live{Process: w.Processes[id]}
	w.Instances = append(w.Instances, l)
	return l
}

// Do carries out a command and all that follows from it in other instances.
func (w *World) Do(l *Live, c engine.Command) error { return w.drain(w.step(l, c)) }

// Broadcast throws a signal from outside.
func (w *World) Broadcast(name string, variables map[string]any) error {
	return w.drain(w.signal(name, variables))
}

// drain does what follows. Processes that call themselves would go on for ever; the runner refuses what sets them off.
func (w *World) drain(err error) error {
	w.burst = 0
	for n := 0; err == nil && len(w.pending) > 0; n++ {
		if n == mostFollowing {
			w.pending = nil
			return ErrEndless
		}
		next := w.pending[0]
		w.pending = w.pending[1:]
		err = next()
	}
	return err
}

// mostFollowing is far more than random processes set off by themselves.
const mostFollowing = 5_000

// lossy says whether what is thrown is lost, so that signals and messages which throw each other again come to an end.
func (w *World) lossy() bool { return w.burst > 50 }

// follow is a command that another instance caused. It may come too late, and then is rejected.
func (w *World) follow(l *Live, c engine.Command) error {
	if l == nil || l.In == nil {
		return nil
	}
	err := w.step(l, c)
	if _, late := errors.AsType[*engine.Rejection](err); late {
		return nil
	}
	return err
}

func (w *World) step(l *Live, c engine.Command) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if s, ok := c.(engine.StartInstance); ok {
		s.Key = engine.Key(slices.Index(w.Instances, l) + 1)
		c = s
	}
	r, err := w.carefully(l, c)
	if err != nil {
		return err
	}
	w.Steps++
	if w.burst++; len(r.Instance.Tokens) > manyTokens {
		w.burst += 50
	}
	if err := Check(r.Instance); err != nil {
		return err
	}
	if replayed := engine.Replay(l.In, r.Events); !reflect.DeepEqual(r.Instance, replayed) {
		return fmt.Errorf("replay differs:\n%+v\n%+v", r.Instance, replayed)
	}
	if w.Store != nil && w.Thorough {
		if r.Instance, err = w.Store(r.Instance); err != nil {
			return err
		}
	}
	before := l.In
	l.In = r.Instance
	l.Events = append(l.Events, r.Events...)
	if w.Watch != nil {
		if err := w.Watch(l, before, c, r); err != nil {
			return err
		}
	}
	for _, e := range r.Effects {
		w.effect(l, e)
	}
	if l.In.State != engine.StateActive {
		return Balance(l.Events)
	}
	return nil
}

// carefully makes a step, and checks that it is a pure function when the world is thorough.
func (w *World) carefully(l *Live, c engine.Command) (engine.Result, error) {
	if !w.Thorough {
		return engine.Step(l.Process, l.In, w.At, c)
	}
	before := mustEncode(l.In)
	r, err := engine.Step(l.Process, l.In, w.At, c)
	if after := mustEncode(l.In); after != before {
		return r, fmt.Errorf("the step changed the instance that came in:\n%s\n%s", before, after)
	}
	if err != nil {
		return r, err
	}
	again, err := engine.Step(l.Process, l.In, w.At, c)
	if err != nil || mustEncode(r) != mustEncode(again) {
		return r, fmt.Errorf("the same step gave two results (%w):\n%s\n%s", err, mustEncode(r), mustEncode(again))
	}
	return r, nil
}

// effect notes what an instance wants of the world.
func (w *World) effect(l *Live, e engine.Effect) {
	then := func(do func() error) { w.pending = append(w.pending, do) }
	switch e := e.(type) {
	case engine.StartChild:
		then(func() error { return w.startChild(l, e) })
	case engine.CancelChild:
		then(func() error { return w.follow(w.child(l.In.Key, e.Subscription), engine.CancelInstance{}) })
	case engine.NotifyParent:
		then(func() error {
			return w.follow(w.instance(e.Parent.Key), engine.EndCall{Subscription: e.Parent.Subscription, Outcome: e.Outcome})
		})
	case engine.EscalateParent:
		then(func() error {
			return w.follow(w.instance(e.Parent.Key), engine.EscalateCall{Subscription: e.Parent.Subscription, Code: e.Code, Variables: e.Variables})
		})
	case engine.BroadcastSignal:
		if !w.lossy() {
			then(func() error { return w.signal(e.Name, e.Variables) })
		}
	case engine.PublishMessage:
		if !w.lossy() {
			then(func() error { return w.publish(engine.Message{Name: e.Topic, Data: e.Data}) })
		}
	}
}

func (w *World) startChild(l *Live, e engine.StartChild) error {
	call := engine.EndCall{Subscription: e.Parent.Subscription, Outcome: engine.Outcome{Kind: engine.OutcomeCompleted}}
	if w.Processes[e.Call.ProcessID] == nil || len(w.Instances) > 40 {
		call.Outcome = engine.Outcome{Kind: engine.OutcomeNotStarted, Text: "there is no such process"}
		return w.follow(l, call)
	}
	if e.Call.Detached {
		e.Parent.Subscription = 0
	}
	command := engine.StartInstance{Variables: e.Call.Variables, BusinessKey: e.Call.BusinessKey, Parent: &e.Parent, RootKey: l.In.RootKey, RootProcess: l.In.RootProcessID}
	err := w.step(w.create(e.Call.ProcessID, command), command)
	switch {
	case refused(err):
		call.Outcome = engine.Outcome{Kind: engine.OutcomeNotStarted, Text: err.Error()}
	case err != nil || !e.Call.Detached:
		return err
	}
	return w.follow(l, call)
}

func (w *World) instance(key engine.Key) *Live {
	if key < 1 || int(key) > len(w.Instances) {
		return nil
	}
	return w.Instances[key-1]
}

func (w *World) child(parent engine.Key, subscription engine.ID) *Live {
	for _, l := range w.Instances {
		if l.In != nil && l.In.Parent != nil && l.In.Parent.Key == parent && l.In.Parent.Subscription == subscription {
			return l
		}
	}
	return nil
}

// signal gives a signal to everything that waits for it now (§10.5.5).
func (w *World) signal(name string, variables map[string]any) error {
	for _, l := range slices.Clone(w.Instances) {
		if l.In == nil {
			continue
		}
		for _, sub := range l.In.Subscriptions {
			if sub.Kind == engine.SubscriptionSignal && sub.Name == name && l.In.LastID <= manyParts {
				if err := w.follow(l, engine.CorrelateSignal{Subscription: sub.ID, Variables: variables}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// publish gives a message to the first that waits for it. One that nobody waits for is lost.
func (w *World) publish(m engine.Message) error {
	for _, l := range w.Instances {
		if l.In == nil {
			continue
		}
		for _, sub := range l.In.Subscriptions {
			if sub.Kind == engine.SubscriptionMessage && sub.Name == m.Name {
				return w.follow(l, engine.CorrelateMessage{Subscription: sub.ID, Message: m})
			}
		}
	}
	return nil
}

// Active lists the instances that have not ended, in the order in which they started.
func (w *World) Active() []*Live {
	return slices.DeleteFunc(slices.Clone(w.Instances), func(l *Live) bool { return l.In == nil || l.In.State != engine.StateActive })
}

// Orphans says whether an instance goes on although the call activity that waits for it is gone.
func (w *World) Orphans() error {
	for _, l := range w.Active() {
		if p := l.In.Parent; p != nil && p.Subscription != 0 && w.instance(p.Key).In.Subscription(p.Subscription) == nil {
			return fmt.Errorf("instance %d goes on, but its caller %d does not wait for it", l.In.Key, p.Key)
		}
	}
	return nil
}

// Balance says whether all that the events of an ended instance began came to its end: each token that was produced is consumed,
// each scope closed, each subscription closed, each incident resolved, and nothing happened twice.
func Balance(events []engine.Event) error {
	open := map[string]int{}
	count := func(kind string, id engine.ID, change int) { open[fmt.Sprintf("%s %d", kind, id)] += change }
	for _, e := range events {
		switch e := e.(type) {
		case engine.TokenProduced:
			count("token", e.ID, 1)
		case engine.TokenConsumed:
			count("token", e.Token, -1)
		case engine.ScopeOpened:
			count("scope", e.ID, 1)
		case engine.ScopeClosed:
			count("scope", e.Scope, -1)
		case engine.SubscriptionOpened:
			count("subscription", e.ID, 1)
		case engine.SubscriptionClosed:
			count("subscription", e.ID, -1)
		case engine.IncidentRaised:
			count("incident", e.ID, 1)
		case engine.IncidentResolved:
			count("incident", e.Incident, -1)
		}
	}
	for what, n := range open {
		if n != 0 {
			return fmt.Errorf("the instance has ended, but %s was begun %d times more often than ended", what, n)
		}
	}
	return nil
}
