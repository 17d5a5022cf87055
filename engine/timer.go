package engine

import "time"

// timerTrigger waits for a point in time (§10.5.5). Where the event happens once, such as an intermediate catch event, a
// cycle means its first time: "0 0 9 * * MON" waits for the next Monday at nine (Table 10.89).
type timerTrigger struct{}

func (timerTrigger) link(c *compiler, n *node, d *definition) {
	at := n.source.Element
	at.Pos = d.source.Pos
	timer := d.source.Timer
	if timer == nil {
		c.refuse(CodeTimer, at, "%s has no date, duration or cycle", n)
		return
	}
	if d.timer = c.expression(timer.Value, at, anyResult); d.timer == nil {
		return
	}
	if value, ok := d.timer.constant(); ok {
		if _, _, err := firstDue(timer.Kind, value, time.Unix(0, 0).UTC()); err != nil {
			c.refuse(CodeTimer, at, "the timer of %s: %v", n, err)
		}
	}
}

func (timerTrigger) subscribe(s *step, n *node, d *definition, w waiter) (Subscription, error) {
	value, err := s.eval(d.timer, w.inside())
	if err != nil {
		return Subscription{}, faultf(IncidentTimer, "the timer of %s: %w", n, err)
	}
	due, cycle, err := firstDue(d.source.Timer.Kind, value, s.at)
	if err != nil {
		return Subscription{}, faultf(IncidentTimer, "the timer of %s: %w", n, err)
	}
	if due.IsZero() && positionOf(n) == positionCatch {
		return Subscription{}, faultf(IncidentTimer, "the timer of %s never fires, but nothing goes on before it has", n)
	}
	if due.IsZero() {
		return Subscription{}, nil // R0: a cycle without repetitions
	}
	return Subscription{Kind: SubscriptionTimer, Due: due, Cycle: cycle}, nil
}

func (c TriggerTimer) handle(s *step) error {
	sub, err := s.waiting(c.Subscription, SubscriptionTimer)
	if err != nil {
		return err
	}
	if sub.Due.After(s.at) {
		return reject(CodeState, "timer %d of instance %s is due at %s", sub.ID, s.in.Key, sub.Due.Format(time.RFC3339))
	}
	s.fire(sub, nil)
	return nil
}
