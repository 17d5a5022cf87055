package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// host runs a server that can be stopped and started again, as [play.Live] wants it. Its methods are for one goroutine.
type host struct {
	server *server
	see    func([]runner.Entry) // is told of everything that happens, before anybody else

	up    running
	stop  context.CancelFunc
	ended chan error
	feed  *feed
	kafka *producer
	kept  []runner.Entry // of the time before the last restart
}

// start starts the server and returns when it works.
func (h *host) start(ctx context.Context) error {
	ctx, h.stop = context.WithCancel(ctx)
	ended, up := make(chan error, 1), make(chan running, 1)
	h.ended = ended
	h.server.made = func(r *runner.Runner) { h.feed = newFeed(r.Watch(context.WithoutCancel(ctx), 0)) }
	go func() {
		ended <- h.server.run(ctx, func(ctx context.Context, works running) error {
			up <- works
			<-ctx.Done()
			return nil
		})
	}()
	select {
	case err := <-ended:
		ended <- nil
		return errors.Join(err, ctx.Err())
	case h.up = <-up:
	}
	var err error
	h.kafka, err = openProducer(h.up.brokers, h.server.kafkaOptions)
	return err
}

// close stops the server.
func (h *host) close() error {
	if h.kafka != nil {
		h.kafka.close()
		h.kafka = nil
	}
	h.stop()
	return <-h.ended
}

// Runner is the engine.
func (h *host) Runner() *runner.Runner { return h.up.runner }

// Next returns what has happened since the last call; nothing when nothing happens for a while.
func (h *host) Next(ctx context.Context, quiet time.Duration) ([]runner.Entry, error) {
	if kept := h.kept; len(kept) > 0 {
		h.kept = nil
		return kept, nil
	}
	entries, err := h.feed.next(ctx, quiet)
	if errors.Is(err, errQuiet) {
		return nil, nil
	}
	h.see(entries)
	return entries, err
}

// Publish puts a record on its topic.
func (h *host) Publish(ctx context.Context, record runner.Incoming) error {
	if err := h.kafka.checkTopic(ctx, record.Topic); err != nil {
		return err
	}
	headers := make([]kafka.Header, len(record.Headers))
	for i, header := range record.Headers {
		headers[i] = kafka.Header{Key: header.Key, Value: header.Value}
	}
	_, err := h.kafka.publish(ctx, record.Topic, record.Key, record.Value, headers...)
	return err
}

// Restart stops the server and starts it again on the same data.
func (h *host) Restart(ctx context.Context) (*runner.Runner, error) {
	if err := h.close(); err != nil {
		return nil, err
	}
	for { // what happened while it was stopping
		entries, err := h.feed.next(ctx, time.Second)
		if errors.Is(err, errOver) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the engine did not tell all that it did: %w", err)
		}
		h.see(entries)
		h.kept = append(h.kept, entries...)
	}
	if err := h.start(ctx); err != nil {
		return nil, err
	}
	return h.up.runner, nil
}
