package runner

import (
	"context"

	"github.com/sonata-bpmn/sonata/engine"
)

// Start starts an instance and returns when it is durable. The error is an [*engine.Rejection] when it is refused.
func (r *Runner) Start(ctx context.Context, s Start) (InstanceInfo, error) {
	var info InstanceInfo
	err := r.submit(ctx, func(u *unit) error {
		d, err := u.definitions.find(s)
		if err != nil {
			return err
		}
		in, err := u.start(d.Key, engine.StartInstance{Element: s.Element, BusinessKey: s.BusinessKey, Variables: s.Variables})
		if err == nil {
			u.finally = func() error { // a call that ended at once has changed it again
				info = r.info(u.tx, u.definitions, summaryOf(u.instance(in.Key)))
				return nil
			}
		}
		return err
	})
	if err != nil {
		return InstanceInfo{}, err // whoever gave up must not look at what the loop may still write
	}
	return info, nil
}

// find returns the definition that a Start means.
func (g *registry) find(s Start) (*definition, error) {
	switch {
	case s.DefinitionKey != 0:
		if d := g.byKey[s.DefinitionKey]; d != nil {
			return d, nil
		}
		return nil, rejection(engine.CodeNotFound, "there is no process definition %s", s.DefinitionKey)
	case s.ProcessID == "":
		return nil, rejection(engine.CodeInvalid, "say which process to start, by its id or by the key of a definition")
	case s.Version > 0:
		if d := g.version(s.ProcessID, s.Version); d != nil {
			return d, nil
		}
		return nil, rejection(engine.CodeNotFound, "no version %d of process %q is deployed", s.Version, s.ProcessID)
	}
	if d := g.latest(s.ProcessID); d != nil {
		return d, nil
	}
	return nil, rejection(engine.CodeNotFound, "no process %q is deployed", s.ProcessID)
}

// Cancel ends an instance and everything that it called, also one that is set aside. The error is an [*engine.Rejection]:
// [engine.CodeNotFound] or [engine.CodeState].
func (r *Runner) Cancel(ctx context.Context, key engine.Key) error {
	return r.submit(ctx, func(u *unit) error {
		if u.setAside(key) != nil {
			u.clear(workOf(key)) // undone, if it makes us fail again
		}
		return u.command(key, engine.CancelInstance{})
	})
}

// CompleteJob completes a job of an instance. The error is an [*engine.Rejection] when it is refused; so it is with the
// methods below.
func (r *Runner) CompleteJob(ctx context.Context, key engine.Key, c engine.CompleteJob) error {
	return r.command(ctx, key, c)
}

// FailJob tells that a job failed.
func (r *Runner) FailJob(ctx context.Context, key engine.Key, c engine.FailJob) error {
	return r.command(ctx, key, c)
}

// UpdateJob changes the retries or the timeout of a job.
func (r *Runner) UpdateJob(ctx context.Context, key engine.Key, c engine.UpdateJob) error {
	return r.command(ctx, key, c)
}

// ThrowError throws a BPMN error from a job.
func (r *Runner) ThrowError(ctx context.Context, key engine.Key, c engine.ThrowError) error {
	return r.command(ctx, key, c)
}

// ResolveIncident runs a failed step of an instance again.
func (r *Runner) ResolveIncident(ctx context.Context, key engine.Key, c engine.ResolveIncident) error {
	return r.command(ctx, key, c)
}

// SetVariables writes variables of an instance.
func (r *Runner) SetVariables(ctx context.Context, key engine.Key, c engine.SetVariables) error {
	return r.command(ctx, key, c)
}

func (r *Runner) command(ctx context.Context, key engine.Key, c engine.Command) error {
	return r.submit(ctx, func(u *unit) error { return u.command(key, c) })
}
