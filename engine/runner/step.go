package runner

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/sonata-bpmn/sonata/engine"
)

func rejection(code engine.Code, format string, args ...any) *engine.Rejection {
	return &engine.Rejection{Code: code, Text: fmt.Sprintf(format, args...)}
}

// command carries out a command on an instance that exists. The error is an [*engine.Rejection].
func (u *unit) command(key engine.Key, c engine.Command) error {
	in := u.instance(key)
	switch {
	case in == nil:
		return rejection(engine.CodeNotFound, "there is no process instance %s", key)
	case in.State != engine.StateActive:
		return rejection(engine.CodeState, "process instance %s has ended (%s)", key, in.State)
	}
	if err := u.setAside(key); err != nil {
		return err
	}
	_, err := u.step(in.DefinitionKey, in, c)
	return err
}

// start starts an instance of a definition. The error is an [*engine.Rejection].
func (u *unit) start(definition engine.Key, c engine.StartInstance) (*engine.Instance, error) {
	c.Key = u.nextBlock()
	return u.step(definition, nil, c)
}

// follow carries out a command that follows from another instance's step. If it is rejected, what it was for is over.
func (u *unit) follow(key engine.Key, c engine.Command) {
	if err := u.command(key, c); err != nil {
		u.r.log.Debug("a command between instances came too late", slog.String("instance", key.String()), slog.String("command", fmt.Sprintf("%T", c)), slog.Any("error", err))
	}
}

func (u *unit) step(definition engine.Key, in *engine.Instance, c engine.Command) (*engine.Instance, error) {
	p, err := u.process(definition)
	if _, cancels := c.(engine.CancelInstance); err != nil && !cancels {
		return nil, rejection(engine.CodeState, "%v", err)
	}
	if start, ok := c.(engine.StartInstance); ok {
		u.stepping = start.Key
	} else {
		u.stepping = in.Key
	}
	if u.isStored(in) || u.r.working == 0 { // a record that cannot begin anything is at fault itself, and not what never came to be
		defer u.r.workOn(u.r.workOn(workOf(u.stepping)))
	}
	result, err := engine.Step(p, in, u.now, c)
	var refused *engine.Rejection
	switch {
	case errors.As(err, &refused):
		return nil, refused
	case err != nil:
		panic(err) // the contract of Step
	}
	u.carry(result.Instance, in == nil)
	u.save(in, result)
	u.acquit(workOf(u.stepping))
	u.stepping = 0
	return result.Instance, nil
}

// save notes what a step did: rows at once, the snapshot at the end of the batch, effects on other instances in the queue.
func (u *unit) save(before *engine.Instance, result engine.Result) {
	after := result.Instance
	u.countInstance(before, after)
	u.reindex(before, result)
	u.reserve(before, after)
	u.retain(before, after)
	c := change{held: &held{}}
	if before != nil {
		c = u.known(before.Key)
	}
	c.in = after
	u.record(&c, result.Events)
	u.set(c)
	for _, effect := range result.Effects {
		u.effect(after, effect)
	}
	for _, e := range result.Events {
		switch e := e.(type) {
		case engine.SubscriptionOpened:
			u.waits(after, e.Subscription)
		case engine.SubscriptionUpdated:
			u.waits(after, e.Subscription)
		case engine.IncidentRaised:
			u.count(CountIncidents, after.ProcessID)
		}
	}
}

func (u *unit) countInstance(before, after *engine.Instance) {
	if before == nil {
		u.count(CountStarted, after.ProcessID)
	}
	switch after.State {
	case engine.StateCompleted:
		u.count(CountCompleted, after.ProcessID)
	case engine.StateTerminated:
		u.count(CountTerminated, after.ProcessID)
	}
}

// waits notes what an instance has come to wait for: a job that is available, or a message, whose correlation key may be known
// only now.
func (u *unit) waits(in *engine.Instance, sub engine.Subscription) {
	switch {
	case sub.Kind == engine.SubscriptionMessage:
		u.then(func() { u.claim(in.Key, sub.ID) })
	case sub.Available():
		u.jobs = append(u.jobs, jobRef{sub.Name, in.Key, sub.ID})
	}
}

// record writes history, and keeps the entries for those who watch.
func (u *unit) record(c *change, events []engine.Event) {
	if len(events) == 0 {
		return
	}
	in := c.in
	row, err := encodeHistory(u.symbols, historyRow{in.Key, c.last, u.now, events})
	if err != nil {
		u.fail(fmt.Errorf("history of instance %s: %w", in.Key, err))
		return
	}
	c.last = u.nextSeq(len(events))
	c.bytes += len(row)
	u.insert(tableHistory, rowKey{}.num(int64(c.last)), row)
	if !u.watched {
		return
	}
	for i, e := range events {
		u.batch.entries = append(u.batch.entries, Entry{Seq: c.last + uint64(i), At: u.now, Instance: in.Key, Root: in.RootKey, ProcessID: in.ProcessID, Event: e})
	}
}

func (u *unit) effect(in *engine.Instance, effect engine.Effect) {
	switch e := effect.(type) {
	case engine.PublishMessage:
		u.publish(in, e.MessageThrown)
	case engine.StartChild:
		u.thenBy(in, func() { u.startChild(in, e) })
	case engine.CancelChild:
		u.thenBy(in, func() { u.cancelChild(in.Key, e.Subscription) })
	case engine.NotifyParent:
		if e.Parent.Subscription != 0 {
			u.thenBy(in, func() {
				u.endCall(e.Parent, e.Outcome)
			})
		}
	case engine.EscalateParent:
		u.thenBy(in, func() {
			if u.r.resting.get(e.Parent.Key).whole {
				u.r.log.Warn("an escalation passes by a caller that rests", slog.String("escalation", e.Code), slog.String("instance", e.Parent.Key.String()))
			}
			u.follow(e.Parent.Key, engine.EscalateCall{Subscription: e.Parent.Subscription, Code: e.Code, Variables: e.Variables})
		})
	case engine.BroadcastSignal:
		u.thenBy(in, func() { u.broadcast(in, e.SignalThrown) })
	default:
		panic(fmt.Sprintf("effect %T is not known", effect))
	}
}
