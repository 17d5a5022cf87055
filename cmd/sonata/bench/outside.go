package bench

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/sonata-bpmn/sonata/adapters/broker"
	"github.com/sonata-bpmn/sonata/adapters/kafka"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Topics of the workload "messages".
const (
	topicOrder   = "bench-order"
	topicRequest = "bench-request"
	topicReply   = "bench-reply"
)

// publishAtOnce is how many records the other system sends in one go.
const publishAtOnce = 500

// stuckAfter is how long nothing may end before a run is given up.
const stuckAfter = time.Minute

// openBroker starts the embedded broker and an engine that uses it as it would use any Kafka.
func openBroker(ctx context.Context, e *env, resources []runner.Resource) error {
	b, err := broker.Start(broker.Config{Dir: filepath.Join(e.Dir, "broker"), Listen: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	e.closers = append(e.closers, b.Close)
	bus, err := kafka.New(kafka.Config{Brokers: []string{b.Addr()}, Deliver: func(ctx context.Context, records []runner.Incoming) error {
		return e.runner.Receive(ctx, records)
	}})
	if err != nil {
		return err
	}
	e.closers = append(e.closers, bus.Close)
	if err := e.start(ctx, bus, resources); err != nil {
		return err
	}
	if e.outside, err = e.connect(b.Addr(), "bench-client", nil); err != nil {
		return err
	}
	e.tracker.slots = make(chan struct{}, e.Concurrency)
	return nil
}

// connect makes a connection of another system.
func (e *env) connect(addr, group string, deliver func(context.Context, []runner.Incoming) error) (*kafka.Bus, error) {
	if deliver == nil {
		deliver = func(context.Context, []runner.Incoming) error { return nil }
	}
	bus, err := kafka.New(kafka.Config{Brokers: []string{addr}, Group: group, ClientID: group, Deliver: deliver})
	if err == nil {
		e.closers = append(e.closers, bus.Close)
	}
	e.addr = addr
	return bus, err
}

// openMessages runs an engine, and beside it a system that answers each request.
func openMessages(ctx context.Context, e *env) error {
	resource, err := flow("messages")
	if err != nil {
		return err
	}
	if err := openBroker(ctx, e, []runner.Resource{resource}); err != nil {
		return err
	}
	var partner *kafka.Bus
	partner, err = e.connect(e.addr, "bench-partner", func(ctx context.Context, requests []runner.Incoming) error {
		_, err := partner.Publish(ctx, replies(requests))
		return err
	})
	if err != nil {
		return err
	}
	return partner.Bind(ctx, runner.Topics{Consume: []string{topicRequest}, Publish: []string{topicReply}}, nil)
}

// replies answer the instances that have asked.
func replies(requests []runner.Incoming) []runner.Outgoing {
	out := make([]runner.Outgoing, len(requests))
	for i, request := range requests {
		from, _ := request.Attributes["kogitoprocinstanceid"].(string)
		out[i] = runner.Outgoing{
			ID: uuid.NewString(), Time: time.Now(), Topic: topicReply, Key: from, ReferenceID: from, ProcessID: "partner",
			Data: json.RawMessage(`{"status":"SUCCESS"}`),
		}
	}
	return out
}

func driveMessages(ctx context.Context, e *env, n int) error {
	number := 0
	run := uuid.NewString()
	return e.publish(ctx, n, func() (runner.Outgoing, error) {
		number++
		key := run + "/" + strconv.Itoa(number)
		return runner.Outgoing{
			Topic: topicOrder, BusinessKey: key,
			Data: json.RawMessage(`{"orderId":` + strconv.Quote(key) + `,"amount":5,"customer":"ETSI HypO","urgent":false}`),
		}, nil
	})
}

func openOrders(ctx context.Context, e *env) error {
	if e.Order == nil {
		return errors.New("the workload needs somebody who makes orders")
	}
	resources, err := orderFlows()
	if err != nil {
		return err
	}
	return openBroker(ctx, e, resources)
}

func driveOrders(ctx context.Context, e *env, n int) error {
	return e.publish(ctx, n, func() (runner.Outgoing, error) {
		order, err := e.Order()
		if err != nil {
			return runner.Outgoing{}, err
		}
		data, err := json.Marshal(order.Data)
		return runner.Outgoing{Topic: order.Topic, Data: data, BusinessKey: order.ID}, err
	})
}

// publish sends n records, each of which starts an instance with its business key, as many at a time as are to be under way, and
// waits for the ends of all.
func (e *env) publish(ctx context.Context, n int, record func() (runner.Outgoing, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for n > 0 {
		if err := e.takeSlot(ctx); err != nil {
			return err
		}
		batch := 1
		for batch < min(n, publishAtOnce) && e.trySlot() {
			batch++
		}
		records := make([]runner.Outgoing, batch)
		for i := range records {
			out, err := record()
			if err != nil {
				return err
			}
			out.ID, out.Time, out.Key, out.ProcessID = uuid.NewString(), time.Now(), out.BusinessKey, "bench"
			e.tracker.publish(out.BusinessKey)
			records[i] = out
		}
		if _, err := e.outside.Publish(ctx, records); err != nil {
			return err
		}
		n -= batch
	}
	for range cap(e.tracker.slots) { // nothing is under way when all of them can be had
		if err := e.takeSlot(ctx); err != nil {
			return err
		}
	}
	e.tracker.slots = make(chan struct{}, e.Concurrency)
	return nil
}

// takeSlot waits until one more instance may be under way.
func (e *env) takeSlot(ctx context.Context) error {
	timer := time.NewTimer(stuckAfter)
	defer timer.Stop()
	select {
	case e.tracker.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return errors.New("no instance has ended for a minute: something is stuck")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e *env) trySlot() bool {
	select {
	case e.tracker.slots <- struct{}{}:
		return true
	default:
		return false
	}
}
