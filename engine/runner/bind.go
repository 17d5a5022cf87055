package runner

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
)

// bind tells the bus what the deployed processes read and write, if it has not been told yet.
func (r *Runner) bind(ctx context.Context) error {
	if r.opts.Bus == nil {
		return nil
	}
	r.binding.Lock()
	defer r.binding.Unlock()
	topics, err := r.topics()
	if err == nil {
		err = r.checkCluster(ctx)
	}
	if err == nil && (!slices.Equal(topics.Consume, r.bound.Consume) || !slices.Equal(topics.Publish, r.bound.Publish)) {
		var positions []Position
		if positions, err = r.Positions(); err == nil {
			err = r.opts.Bus.Bind(ctx, topics, positions)
		}
	}
	if errors.Is(err, ErrUnbindable) { // not even by trying again
		r.log.Warn("some messages cannot come by the bus", slog.Any("error", err))
		r.health.set(troubleBus, nil)
		r.bound = topics
		return err
	}
	r.health.set(troubleBus, err)
	if err != nil {
		signal(r.rebind)
		return err
	}
	r.bound = topics
	return nil
}

// keepBound binds the bus, now and whenever that has failed, until it works or ctx ends.
func (r *Runner) keepBound(ctx context.Context) {
	var wait backoff
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.rebind:
		}
		err := r.bind(ctx)
		if err == nil || errors.Is(err, ErrUnbindable) || ctx.Err() != nil {
			wait.reset()
			continue
		}
		r.log.Warn("the bus could not be bound to the topics; it is tried again", slog.Any("error", err))
		wait.sleep(ctx, r.opts.Clock)
	}
}

// topics are those of the newest versions, and of older ones of which instances still run.
func (r *Runner) topics() (Topics, error) {
	consume, publish := map[string]bool{}, map[string]bool{}
	if topic := r.opts.DeadLetterTopic; topic != "" {
		publish[topic] = true
	}
	g := r.registry.Load()
	err := r.store.View(func(tx ReadTx) error {
		for _, d := range g.inUse(tx) {
			for _, topic := range d.Consume {
				consume[topic] = true
			}
			for _, topic := range d.Publish {
				publish[topic] = true
			}
		}
		return nil
	})
	return Topics{Consume: slices.Sorted(maps.Keys(consume)), Publish: slices.Sorted(maps.Keys(publish))}, err
}
