package runner

import (
	"context"

	"github.com/sonata-bpmn/sonata/engine"
)

// Request gives messages to whom they are for, one after the other, all of them or none, and returns the instances that took
// them (of several that begin with a message the first), as they are when everything that follows at once has happened.
//
// accept, unless it is nil, looks at those instances before anything is durable: if it returns an error, nothing has
// happened. So a process itself decides what it refuses, and a refusal leaves no trace. accept runs in the loop: it must be quick,
// and must not call the Runner or change an instance.
//
// A message is never kept for later here, and [Publication.ID] and [Publication.TimeToLive] mean nothing. The error is that of
// accept, or an [*engine.Rejection]: [engine.CodeNotFound] if nobody takes one of the messages, [engine.CodeInvalid] if one has no name.
func (r *Runner) Request(ctx context.Context, messages []Publication, accept func([]*engine.Instance) error) ([]*engine.Instance, error) {
	var taken []*engine.Instance
	err := r.submit(ctx, func(u *unit) error {
		takers := make([]engine.Key, len(messages))
		for i, p := range messages {
			if p.Name == "" {
				return rejection(engine.CodeInvalid, "a message needs a name: the topic that its receivers wait for")
			}
			m := u.published(u.nextKey(), p)
			m.Keys = u.keysOf(m)
			taker, refused := u.correlate(m)
			switch {
			case refused != "":
				return rejection(engine.CodeState, "%s", refused)
			case taker == 0:
				return rejection(engine.CodeNotFound, "no instance waits for the message %q with the correlation key %q, and no process starts with it", p.Name, p.CorrelationKey)
			}
			takers[i] = taker
		}
		u.finally = func() error {
			taken = make([]*engine.Instance, len(takers))
			for i, key := range takers {
				taken[i] = u.instance(key)
			}
			if accept == nil {
				return nil
			}
			return accept(taken)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return taken, nil
}
