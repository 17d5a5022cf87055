package runner

import (
	"context"

	"github.com/sonata-bpmn/sonata/engine"
)

// Broadcast gives a signal to everything that waits for it now, and starts what starts with it (§10.5.5). The error is an
// [*engine.Rejection] with [engine.CodeInvalid] if it has no name.
func (r *Runner) Broadcast(ctx context.Context, name string, variables map[string]any) error {
	if name == "" {
		return rejection(engine.CodeInvalid, "a signal needs a name")
	}
	return r.submit(ctx, func(u *unit) error {
		u.broadcast(&engine.Instance{}, engine.SignalThrown{Name: name, Variables: variables})
		return nil
	})
}
