package enginetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sonata-bpmn/sonata/engine"
)

// Path drives the instances of a world at random.
type Path struct {
	*World
	*Random
	// Log says what was done, a line a command.
	Log   []string
	stale []open
}

// open is one subscription that an instance has, or once had.
type open struct {
	l   *Live
	sub engine.Subscription
}

// NewPath starts the process "main" in the world.
func NewPath(w *World, r *Random) (*Path, error) {
	p := &Path{World: w, Random: r}
	vars := r.Variables()
	c := engine.StartInstance{Variables: vars}
	if starts := w.Processes["main"].Starts(); len(starts) > 0 && starts[0].Kind != engine.StartNone {
		first := pick(r, starts...)
		c.Element = first.Element
		switch first.Kind {
		case engine.StartMessage:
			c.Variables, c.Message = nil, &engine.Message{Name: first.Name, Data: vars}
		case engine.StartSignal:
			c.Signal = first.Name
		}
	}
	p.note("start main %+v %v", c, vars)
	_, err := w.Start("main", c)
	if refused(err) {
		p.note("rejected: %v", err)
		return p, nil
	}
	return p, err
}

// refused says whether a process could not start: without a start event, it cannot begin while one of its event sub-processes cannot wait.
func refused(err error) bool {
	_, rejected := errors.AsType[*engine.Rejection](err)
	return rejected
}

func (p *Path) note(format string, args ...any) { p.Log = append(p.Log, fmt.Sprintf(format, args...)) }

// Over says whether no instance is active, or one has met a loop in which nothing waits: it would do so again and again.
func (p *Path) Over() bool {
	active := p.Active()
	return len(active) == 0 || slices.ContainsFunc(active, func(l *Live) bool {
		return slices.ContainsFunc(l.In.Incidents, func(i engine.Incident) bool { return i.Kind == engine.IncidentStepLimit })
	})
}

func (p *Path) opened() []open {
	var list []open
	for _, l := range p.Active() {
		for _, sub := range l.In.Subscriptions {
			list = append(list, open{l, sub})
		}
	}
	return list
}

// Wander does up to 30 things at random, and stops when there are too many tokens to look at.
func (p *Path) Wander() error {
	for range p.IntN(30) {
		if err := p.Act(); err != nil {
			return err
		}
		if err := p.Orphans(); err != nil {
			return err
		}
		tokens := 0
		for _, l := range p.Active() {
			if tokens += len(l.In.Tokens); l.In.LastID > manyParts {
				return nil
			}
		}
		if p.Over() || tokens > manyTokens {
			return nil
		}
	}
	return nil
}

// manyTokens is where multiplying tokens are no longer followed.
const manyTokens = 60

// manyParts is where an instance that has run into the limits of a step is no longer followed: each further step takes long.
const manyParts = 5_000

// Act does one thing at random, mostly with something that waits.
func (p *Path) Act() error {
	active, opened := p.Active(), p.opened()
	if len(active) == 0 {
		return nil
	}
	l := active[p.IntN(len(active))]
	switch n := p.IntN(100); {
	case n < 1:
		return p.do(l, engine.CancelInstance{})
	case n < 4:
		return p.tooLate()
	case n < 9:
		return p.do(l, engine.SetVariables{Scope: p.scope(l), Variables: p.Some(), Local: p.one(8)})
	case n < 20 && len(l.In.Incidents) > 0:
		return p.mend(l, l.In.Incidents[p.IntN(len(l.In.Incidents))])
	case n < 30:
		return p.race()
	}
	if len(opened) == 0 {
		return p.mendAny()
	}
	o := opened[p.IntN(len(opened))]
	return p.trigger(o)
}

func (p *Path) scope(l *Live) engine.ID {
	if p.one(2) {
		return 0
	}
	return l.In.Scopes[p.IntN(len(l.In.Scopes))].ID
}

// do runs a command that must be possible.
func (p *Path) do(l *Live, c engine.Command) error {
	p.note("%d: %T%+v", l.In.Key, c, c)
	if err := p.Do(l, c); err != nil {
		return fmt.Errorf("%T: %w", c, err)
	}
	return nil
}

// perhaps runs a command that may come too late: it is rejected then, and nothing has changed.
func (p *Path) perhaps(l *Live, c engine.Command) error {
	before := l.In
	err := p.do(l, c)
	if _, rejected := errors.AsType[*engine.Rejection](err); rejected && l.In == before {
		p.note("rejected: %v", err)
		return nil
	}
	return err
}

// trigger lets happen what a subscription waits for.
func (p *Path) trigger(o open) error {
	p.stale = append(p.stale, o)
	switch o.sub.Kind {
	case engine.SubscriptionTimer:
		return p.fireUntil(o)
	case engine.SubscriptionSignal:
		p.note("signal %s", o.sub.Name)
		return p.Broadcast(o.sub.Name, p.payload())
	case engine.SubscriptionCondition:
		vars := map[string]any{"c0": p.one(2), "c1": p.one(2)}
		return p.do(o.l, engine.SetVariables{Variables: vars})
	case engine.SubscriptionCall:
		if child := p.child(o.l.In.Key, o.sub.ID); child != nil && child.In.State == engine.StateActive && p.one(12) {
			return p.do(child, engine.CancelInstance{})
		}
		return nil
	}
	return p.do(o.l, p.command(o.sub))
}

// command is one that a job or message subscription waits for.
func (p *Path) command(sub engine.Subscription) engine.Command {
	switch {
	case sub.Kind == engine.SubscriptionMessage:
		return engine.CorrelateMessage{Subscription: sub.ID, Message: engine.Message{Name: sub.Name, Data: p.payload()}}
	case sub.Kind == engine.SubscriptionTimer:
		return engine.TriggerTimer{Subscription: sub.ID}
	case sub.Kind == engine.SubscriptionSignal:
		return engine.CorrelateSignal{Subscription: sub.ID, Variables: p.payload()}
	case sub.Kind == engine.SubscriptionCall:
		return engine.EndCall{Subscription: sub.ID, Outcome: engine.Outcome{Kind: engine.OutcomeCompleted}}
	case p.one(8) && !sub.Job.Failed:
		return engine.FailJob{Subscription: sub.ID, Retries: p.IntN(3), Text: "no"}
	case p.one(7):
		return engine.ThrowError{Subscription: sub.ID, Code: pick(p.Random, "E1", "E1", "E2", "E3"), Text: "no", Variables: p.payload()}
	}
	return engine.CompleteJob{Subscription: sub.ID, Variables: p.payload()}
}

func (p *Path) payload() map[string]any {
	if p.one(2) {
		return nil
	}
	return p.Some()
}

// fireUntil moves the clock to a timer, and fires it and those that are due before it.
func (p *Path) fireUntil(o open) error {
	for {
		next := o
		for _, other := range p.opened() {
			if other.sub.Kind == engine.SubscriptionTimer && other.sub.Due.Before(next.sub.Due) {
				next = other
			}
		}
		if next.sub.Due.After(p.At) {
			p.At = next.sub.Due
		}
		if next.l.In.Subscription(next.sub.ID) == nil {
			return nil // what fired before it has withdrawn it
		}
		if err := p.do(next.l, engine.TriggerTimer{Subscription: next.sub.ID}); err != nil || next.l == o.l && next.sub.ID == o.sub.ID {
			return err
		}
	}
}

// tooLate sends a command to something that was open once.
func (p *Path) tooLate() error {
	for _, o := range slices.Backward(p.stale) {
		if o.sub.Kind != engine.SubscriptionCondition && (o.l.In.State != engine.StateActive || o.l.In.Subscription(o.sub.ID) == nil) {
			if err := p.Do(o.l, p.command(o.sub)); err == nil {
				return fmt.Errorf("subscription %d of %s was closed, but took a command", o.sub.ID, o.sub.Element)
			} else if _, ok := errors.AsType[*engine.Rejection](err); !ok {
				return err
			}
			return nil
		}
	}
	return nil
}

// race triggers two things that one token waits for, one after the other.
func (p *Path) race() error {
	var pairs [][2]open
	opened := p.opened()
	for _, a := range opened {
		for _, b := range opened {
			if a.l == b.l && a.sub.Token == b.sub.Token && a.sub.Token != 0 && a.sub.ID != b.sub.ID && raced(a) && raced(b) {
				pairs = append(pairs, [2]open{a, b})
			}
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	for _, o := range pairs[p.IntN(len(pairs))] {
		p.stale = append(p.stale, o)
		if err := p.perhaps(o.l, p.command(o.sub)); err != nil {
			return err
		}
	}
	return nil
}

func raced(o open) bool {
	return o.sub.Kind == engine.SubscriptionJob || o.sub.Kind == engine.SubscriptionMessage || o.sub.Kind == engine.SubscriptionSignal
}

// mend resolves an incident, after its cause or before.
func (p *Path) mend(l *Live, i engine.Incident) error {
	if !p.one(3) {
		if err := p.repair(l, i); err != nil {
			return err
		}
	}
	if l.In.Incident(i.ID) == nil {
		return nil // what was repaired has let an event happen that withdrew it
	}
	return p.do(l, engine.ResolveIncident{Incident: i.ID, Retries: p.IntN(3)})
}

// repair sets the variables that the token of an incident sees.
func (p *Path) repair(l *Live, i engine.Incident) error {
	scope := i.Scope
	if t := l.In.Token(i.Token); t != nil {
		scope = max(t.Inner, t.Scope)
	}
	return p.do(l, engine.SetVariables{Scope: scope, Variables: Ending()})
}

func (p *Path) mendAny() error {
	for _, l := range p.Active() {
		if len(l.In.Incidents) > 0 {
			return p.mend(l, l.In.Incidents[0])
		}
	}
	return nil
}

// Finish drives everything on, so that each instance comes to its end if it can: jobs are completed, messages and signals come,
// the clock moves, conditions become true, and the variables are such that no loop goes on.
func (p *Path) Finish() error {
	for range 400 {
		if p.Over() {
			return nil
		}
		moved, err := p.goOn()
		if err != nil {
			return err
		}
		if !moved {
			return ErrStuck
		}
	}
	return ErrEndless
}

// ErrEndless says that what was driven on has begun something new again and again: signals and messages that begin what throws them.
var ErrEndless = errors.New("what is driven on throws what begins it again")

// ErrStuck says that nothing is left to drive on.
var ErrStuck = errors.New("everything was driven on, but the process does not come to its end")

// goOn does one thing that brings an instance nearer to its end.
func (p *Path) goOn() (bool, error) {
	for _, l := range p.Active() {
		if len(l.In.Incidents) > 0 {
			i := l.In.Incidents[0]
			if err := p.repair(l, i); err != nil || l.In.Incident(i.ID) == nil {
				return true, err
			}
			return true, p.do(l, engine.ResolveIncident{Incident: i.ID})
		}
	}
	for _, jobs := range []bool{true, false} {
		for _, l := range p.Active() {
			for _, sub := range l.In.Subscriptions {
				if forward(l.In, sub) && (sub.Kind == engine.SubscriptionJob) == jobs {
					return true, p.drive(l, sub)
				}
			}
		}
	}
	return false, nil
}

// forward says whether a subscription is what its token is there for: its job, the event that it is in, one of those that an
// event-based gateway waits for; and not an event on the boundary of an activity, or one that starts an event sub-process.
func forward(in *engine.Instance, sub engine.Subscription) bool {
	if sub.Token == 0 || sub.Kind == engine.SubscriptionCall {
		return false
	}
	t := in.Token(sub.Token)
	if sub.Element == t.Node {
		return true
	}
	own := slices.ContainsFunc(in.Subscriptions, func(other engine.Subscription) bool { return other.Token == t.ID && other.Element == t.Node })
	return !own && t.Inner == 0
}

func (p *Path) drive(l *Live, sub engine.Subscription) error {
	if err := p.do(l, engine.SetVariables{Scope: sub.Scope, Variables: Ending()}); err != nil || l.In.Subscription(sub.ID) == nil {
		return err
	}
	switch sub.Kind {
	case engine.SubscriptionTimer:
		return p.fireUntil(open{l, sub})
	case engine.SubscriptionCondition:
		scope := max(sub.Scope, l.In.Token(sub.Token).Inner)
		for _, c := range []bool{false, true} {
			if err := p.do(l, engine.SetVariables{Scope: scope, Variables: map[string]any{"c0": c, "c1": c}}); err != nil {
				return err
			}
		}
		return nil
	case engine.SubscriptionJob:
		return p.do(l, engine.CompleteJob{Subscription: sub.ID})
	}
	return p.do(l, p.command(sub))
}
