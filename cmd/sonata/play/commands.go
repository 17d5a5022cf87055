package play

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sonata-bpmn/sonata/adapters/kafka"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Start starts an instance. The error is an [*engine.Rejection] when that is refused.
func (w *World) Start(s runner.Start) (*Instance, error) {
	next := len(w.instances)
	var info runner.InstanceInfo
	err := w.command(func(r *runner.Runner) (err error) {
		info, err = r.Start(w.ctx, s)
		return err
	})
	if err == nil && info.Key == 0 {
		return w.instances[next], nil // there was nobody left to tell which it is
	}
	return w.byKey[info.Key], err
}

// Message is one that comes from outside.
type Message struct {
	Topic      string
	Key        string         // of the record: what instances correlate by
	Attributes map[string]any // of the CloudEvent; the default for id is one that was not there before
	Headers    map[string]string
	Data       any       // JSON values of the engine
	To         *Instance // the instance that it answers, nil if it names none
	// Raw is the record's value, if it is given as it is: then Attributes, Data and To are not used.
	Raw *string
	// Untaken says that nobody is expected to take it, so that nobody waits long for that where time is real.
	Untaken bool
}

// Send publishes a message and says whether anybody took it. If nobody did and nobody will, the error wraps [ErrUndeliverable] and
// says why; else it is kept for whoever comes to wait for it.
func (w *World) Send(m Message) (taken bool, err error) {
	w.sent++
	from := len(w.events)
	wasTaken := func() bool {
		return slices.ContainsFunc(w.events[from:], func(e Event) bool { return e.Kind == MessageCorrelated && e.Topic == m.Topic })
	}
	if w.live != nil {
		return w.sendLive(m, wasTaken)
	}
	record, err := w.record(m)
	if err != nil {
		return false, err
	}
	if m.Raw != nil {
		kafka.ReadEvent(&record, maxRecord)
	}
	err = w.bus.Send(w.ctx, m.Topic, record)
	if w.crashed() {
		err = nil // it is on its topic, and comes again
	}
	if err := errors.Join(err, w.settle()); err != nil {
		return false, err
	}
	if wasTaken() {
		return true, nil
	}
	return false, w.undelivered(m.Topic)
}

// maxRecord is the largest record that is read, in bytes.
const maxRecord = 1 << 20

// ErrUndeliverable says that nobody took a message and nobody ever will.
var ErrUndeliverable = errors.New("cannot be delivered")

// undelivered says why the newest message on a topic became a dead letter: nil if it did not.
func (w *World) undelivered(topic string) error {
	letters, _, err := w.runner.DeadLetters(w.letter, maxMessages)
	if err != nil || len(letters) == 0 {
		return err
	}
	last := letters[len(letters)-1]
	if w.letter = last.Key; last.Topic == topic && last.At.Equal(w.Now()) {
		return fmt.Errorf("the message on %s %w: %s", topic, ErrUndeliverable, last.Reason)
	}
	return nil
}

// record is the message as a bus delivers it.
func (w *World) record(m Message) (runner.Incoming, error) {
	record := runner.Incoming{Topic: m.Topic, Key: []byte(m.Key), Timestamp: w.Now()}
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		record.Headers = append(record.Headers, runner.RecordHeader{Key: name, Value: []byte(m.Headers[name])})
	}
	if m.Raw != nil {
		record.Value = []byte(*m.Raw)
		return record, nil
	}
	record.Attributes = map[string]any{
		"specversion": "1.0", "id": fmt.Sprintf("message-%d", w.sent), "source": "/play", "type": m.Topic,
		"time": w.Now().Format(time.RFC3339Nano),
	}
	if w.live != nil {
		record.Attributes["id"] = uuid.NewString()
	}
	maps.Copy(record.Attributes, m.Attributes)
	if m.To != nil {
		record.Attributes["kogitoprocrefid"] = m.To.State.Key.String()
	}
	record.ID, _ = record.Attributes["id"].(string)
	record.Source, _ = record.Attributes["source"].(string)
	record.Data = m.Data
	event := maps.Clone(record.Attributes)
	event["data"] = m.Data
	var err error
	record.Value, err = json.Marshal(event)
	return record, err
}

// Broadcast gives a signal to everything that waits for it.
func (w *World) Broadcast(name string, variables map[string]any) error {
	return w.command(func(r *runner.Runner) error { return r.Broadcast(w.ctx, name, variables) })
}

// Complete completes a job.
func (w *World) Complete(j Job, variables map[string]any) error {
	return w.command(func(r *runner.Runner) error {
		return r.CompleteJob(w.ctx, j.Instance.State.Key, engine.CompleteJob{Subscription: j.ID, Variables: variables})
	})
}

// Fail tells that a job failed.
func (w *World) Fail(j Job, retries int, text string) error {
	return w.command(func(r *runner.Runner) error {
		return r.FailJob(w.ctx, j.Instance.State.Key, engine.FailJob{Subscription: j.ID, Retries: retries, Text: text})
	})
}

// Throw throws a BPMN error from a job.
func (w *World) Throw(j Job, e engine.ThrowError) error {
	e.Subscription = j.ID
	return w.command(func(r *runner.Runner) error { return r.ThrowError(w.ctx, j.Instance.State.Key, e) })
}

// SetVariables writes variables of an instance, from the scope on that is named.
func (w *World) SetVariables(i *Instance, scope engine.ID, variables map[string]any) error {
	return w.command(func(r *runner.Runner) error {
		return r.SetVariables(w.ctx, i.State.Key, engine.SetVariables{Scope: scope, Variables: variables})
	})
}

// Resolve runs the step again that has failed.
func (w *World) Resolve(i *Instance, incident engine.ID, retries int) error {
	return w.command(func(r *runner.Runner) error {
		return r.ResolveIncident(w.ctx, i.State.Key, engine.ResolveIncident{Incident: incident, Retries: retries})
	})
}

// Cancel ends an instance and everything that it called.
func (w *World) Cancel(i *Instance) error {
	return w.command(func(r *runner.Runner) error { return r.Cancel(w.ctx, i.State.Key) })
}

// Deploy deploys a file into this world. The error is [bpmn.Problems] when that is refused.
func (w *World) Deploy(file runner.Resource) (runner.Deployment, error) {
	return w.runner.Deploy(w.ctx, []runner.Resource{file})
}

// NextTimer says when the next timer is due: the zero time if none waits.
func (w *World) NextTimer() (time.Time, error) { return w.runner.NextTimer() }

// MoveTo moves the clock, but not back, and fires what is due then.
func (w *World) MoveTo(at time.Time) error {
	if now := w.Now(); w.live == nil && at.After(now) {
		w.clock.Advance(at.Sub(now))
	}
	return w.settle()
}

// ErrTimers says that timers fire without end.
var ErrTimers = fmt.Errorf("more than %d timers fired; look for a cycle without end, or advance by less", maxTimers)

// maxTimers is how many times the clock stops on its way.
const maxTimers = 100_000

// AdvanceTo moves the clock and fires each timer on the way at its own time, in due order. After each move it calls then.
func (w *World) AdvanceTo(at time.Time, then func() error) error {
	if w.live != nil {
		return w.waitUntil(at, then)
	}
	for range maxTimers {
		next, err := w.NextTimer()
		if err != nil {
			return err
		}
		last := next.IsZero() || next.After(at)
		if last {
			next = at
		}
		if err := errors.Join(w.MoveTo(next), then()); err != nil || last {
			return err
		}
	}
	return ErrTimers
}
