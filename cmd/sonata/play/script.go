package play

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Script says what happens around the processes when a world runs by itself.
type Script struct {
	Start     []string // ids of the processes to start, in this order
	Variables map[string]any
	// Jobs and Errors say how jobs end, by the id or name of the element or by the job type: with these variables, or with
	// the BPMN error of this code. All others are completed without variables.
	Jobs     map[string]map[string]any
	Errors   map[string]string
	Hold     bool      // jobs that neither Jobs nor Errors names are left alone
	Messages []Message // each is published once, when something first waits for it
	Until    time.Time // timers that are due later do not fire; zero: the first 1000 fire
}

// Outcome is what a script came to.
type Outcome struct {
	Status Status
	// Stopped says why time did not go on although timers wait, "" if none wait.
	Stopped string
	// Notes say what became of messages that did not reach anybody.
	Notes []string
}

// Status of what was played.
type Status string

// Statuses.
const (
	Completed Status = "completed" // every instance that was started has completed
	Failed    Status = "failed"    // there is an incident, or an instance that was started ended by an error
	Waiting   Status = "waiting"   // an instance that was started waits, or all of it was stopped at a limit
)

// Limits of a script, for processes that never end.
const (
	maxMoves       = 10_000 // jobs, messages and timers
	maxTimersAlone = 1000   // without Until
)

// Run starts instances, completes jobs, publishes messages and lets the clock fly from timer to timer until nothing can
// happen any more. The error is an [*engine.Rejection] if a process cannot be started.
func (w *World) Run(s Script) (Outcome, error) {
	p := &player{World: w, script: s, pending: slices.Clone(s.Messages)}
	if err := p.beginAll(); errors.Is(err, ErrEndless) {
		p.stop(err.Error())
	} else if err != nil {
		return Outcome{}, err
	}
	for moves := 0; p.stopped == ""; moves++ {
		moved, err := p.move()
		switch {
		case errors.Is(err, ErrEndless):
			p.stop(err.Error())
		case err != nil:
			return Outcome{}, err
		case moves == maxMoves:
			p.stop(fmt.Sprintf("stopped after %d jobs, messages and timers; look for a loop without end", maxMoves))
		}
		if !moved {
			break
		}
	}
	w.NoteWaiting()
	for _, m := range p.pending {
		p.notes = append(p.notes, "nothing waited for the message "+m.Topic)
	}
	return Outcome{Status: p.status(), Stopped: p.stopped, Notes: p.notes}, nil
}

// player runs a script.
type player struct {
	*World
	script  Script
	started []*Instance
	pending []Message
	timers  int
	notes   []string
	stopped string
	endless bool // what stopped it is a limit, and not Until
}

// beginAll starts the instances. The first messages are delivered when all of them are there.
func (p *player) beginAll() error {
	for _, id := range p.script.Start {
		if err := p.hold(true); err != nil {
			return err
		}
		if err := p.begin(id); err != nil {
			return err
		}
	}
	return p.hold(false)
}

// stop ends what would never end by itself.
func (p *player) stop(why string) { p.stopped, p.endless = why, true }

// begin starts an instance: by a message that the script has for it, else at its none start event, else at its first start event
// as if that had been triggered.
func (p *player) begin(id string) error {
	process := p.Stage.Process(id)
	if process == nil {
		return fmt.Errorf("no process %q is deployed", id)
	}
	start := runner.Start{ProcessID: id, Variables: p.script.Variables}
	starts := process.Compiled.Starts()
	for _, s := range starts {
		at := slices.IndexFunc(p.pending, func(m Message) bool { return m.Topic == s.Name })
		if s.Kind == engine.StartMessage && at >= 0 {
			m := p.pending[at]
			p.pending = slices.Delete(p.pending, at, at+1)
			m.Data = merged(p.script.Variables, m.Data)
			return p.beginBy(id, m)
		}
	}
	if len(starts) > 0 && !slices.ContainsFunc(starts, func(s engine.Start) bool { return s.Kind == engine.StartNone }) {
		start.Element = starts[0].Element
	}
	i, err := p.World.Start(start)
	if i != nil {
		p.started = append(p.started, i)
	}
	return err
}

func (p *player) beginBy(id string, m Message) error {
	if err := p.hold(false); err != nil {
		return err
	}
	from := len(p.instances)
	if _, err := p.Send(m); err != nil {
		return err
	}
	for _, i := range p.instances[from:] {
		if i.Process.ID == id && i.State.Parent == nil {
			p.started = append(p.started, i)
			return nil
		}
	}
	return fmt.Errorf("the message on %s started no instance of %s", m.Topic, id)
}

// merged are the variables with the data of a message over them. Data that is no object has no variables beside it.
func merged(variables map[string]any, data any) any {
	object, ok := data.(map[string]any)
	if !ok || len(variables) == 0 {
		return data
	}
	all := maps.Clone(variables)
	maps.Copy(all, object)
	return all
}

// move makes the next thing happen, and reports whether there was one: a job first, then a message, then a timer.
func (p *player) move() (bool, error) {
	for _, j := range p.Jobs() {
		if code, found := lookUp(p.script.Errors, j); found {
			return true, p.Throw(j, engine.ThrowError{Code: code})
		}
		if variables, found := lookUp(p.script.Jobs, j); found || !p.script.Hold {
			return true, p.Complete(j, variables)
		}
	}
	for at, m := range p.pending {
		if to, waits := p.waiter(m.Topic); waits {
			p.pending = slices.Delete(p.pending, at, at+1)
			m.To = to
			taken, err := p.Send(m)
			switch {
			case errors.Is(err, ErrUndeliverable):
				p.notes, err = append(p.notes, err.Error()), nil
			case err == nil && !taken && to == nil:
				p.notes = append(p.notes, "what is in the message "+m.Topic+" fits nobody who waited for it")
			}
			return true, err
		}
	}
	return p.moveOn()
}

// lookUp finds what is said about a job: about its element, else about its type.
func lookUp[V any](said map[string]V, j Job) (V, bool) {
	name := ""
	if n := j.Instance.Process.Node(j.Element); n != nil {
		name = n.Name
	}
	for _, word := range []string{j.Element, j.Name, name} {
		if v, found := said[word]; found && word != "" {
			return v, true
		}
	}
	var none V
	return none, false
}

// waiter finds what waits for a message: an instance, the oldest first, or (nil) a start event.
func (p *player) waiter(topic string) (*Instance, bool) {
	for _, i := range p.instances {
		for _, sub := range i.State.Subscriptions {
			switch {
			case sub.Kind != engine.SubscriptionMessage || sub.Name != topic:
			case sub.KeySource != "": // what is in the message says whom it is for
				return nil, true
			default:
				return i, true
			}
		}
	}
	for _, process := range p.Stage.Processes {
		for _, s := range process.Compiled.Starts() {
			if s.Kind == engine.StartMessage && s.Name == topic {
				return nil, true
			}
		}
	}
	return nil, false
}

// moveOn lets the clock fly to the next timer.
func (p *player) moveOn() (bool, error) {
	due, err := p.NextTimer()
	if err != nil || due.IsZero() {
		return false, err
	}
	switch {
	case !p.script.Until.IsZero() && due.After(p.script.Until):
		p.stopped = "stopped at " + p.script.Until.UTC().Format(time.RFC3339) + ", as was asked for; a later timer waits"
		return false, nil
	case p.script.Until.IsZero() && p.timers == maxTimersAlone:
		p.stop(fmt.Sprintf("stopped after %d timers; look for a cycle without end, or say how long to go on", maxTimersAlone))
		return false, nil
	}
	p.timers++
	return true, p.MoveTo(due)
}

// status judges the instances that were started; an incident anywhere counts.
func (p *player) status() Status {
	status := Completed
	if p.endless {
		status = Waiting
	}
	for _, i := range p.started {
		if i.Active() {
			status = Waiting
		}
	}
	for _, i := range p.instances {
		if len(i.State.Incidents) > 0 {
			return Failed
		}
	}
	for _, i := range p.started {
		if i.State.State == engine.StateTerminated {
			return Failed
		}
	}
	return status
}
