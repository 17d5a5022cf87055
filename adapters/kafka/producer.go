package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// producer writes messages, one call of publish at a time.
type producer struct {
	config     Config
	topics     *topics
	clients    *clients
	turn       chan struct{} // holds one token: whoever has it may write
	closed     chan struct{}
	background sync.WaitGroup
}

func newProducer(config Config, topics *topics, clients *clients) *producer {
	p := &producer{config: config, topics: topics, clients: clients, turn: make(chan struct{}, 1), closed: make(chan struct{})}
	p.turn <- struct{}{}
	return p
}

// publish implements [runner.Bus]. It gives its turn back only when every record has been reported on: a call after one that
// was cancelled must not put the same messages into the queue beside themselves.
func (p *producer) publish(ctx context.Context, messages []runner.Outgoing) (int, error) {
	if len(messages) == 0 {
		return 0, nil
	}
	select {
	case <-p.turn:
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-p.closed:
		return 0, errClosed
	}
	records, refused := p.encode(ctx, messages)
	r := p.send(ctx, records)
	n, err := r.outcome()
	if isTooLarge(err) && len(records) > 1 && r.pending == 0 {
		n, err = p.sendSingly(ctx, records, r)
	}
	switch {
	case err != nil && n < len(records):
		err = p.explain(records[n], messages[n].ID, err)
	case err == nil:
		err = refused
	}
	p.release(r)
	return n, err
}

// encode makes the records of the messages up to the first that cannot be sent, and says why that one cannot.
func (p *producer) encode(ctx context.Context, messages []runner.Outgoing) (records []*confluent.Message, refused error) {
	var names []string
	for _, m := range messages {
		record, err := encode(m)
		if err == nil && !isLegal(m.Topic) {
			err = fmt.Errorf("%w: message %s: Kafka permits no topic of that name", runner.ErrUnpublishable, m.ID)
		}
		if refused = err; refused != nil {
			break
		}
		records, names = append(records, record), append(names, m.Topic)
	}
	failed := p.topics.ensure(ctx, names)
	for i, name := range names {
		if failed[name] != nil {
			return records[:i], failed[name]
		}
	}
	return records, refused
}

// reports are what became of the records of one call.
type reports struct {
	channel chan confluent.Event // has room for all of them, as librdkafka's thread waits for none of us
	pending int
	acked   []bool
	failed  []error
	stopped error // why no more reports were waited for
}

func (r *reports) note(event confluent.Event) {
	if m, ok := event.(*confluent.Message); ok {
		i := m.Opaque.(int)
		r.acked[i], r.failed[i] = m.TopicPartition.Error == nil, m.TopicPartition.Error
		r.pending--
	}
}

// outcome is the number of leading records that were acknowledged and, if that is not all of them, why.
func (r *reports) outcome() (int, error) {
	for i, acked := range r.acked {
		if !acked && r.failed[i] != nil {
			return i, r.failed[i]
		}
		if !acked {
			return i, r.stopped
		}
	}
	return len(r.acked), nil
}

// send hands the records to librdkafka, in their order, and waits for what becomes of them.
func (p *producer) send(ctx context.Context, records []*confluent.Message) *reports {
	n := len(records)
	r := &reports{channel: make(chan confluent.Event, n), acked: make([]bool, n), failed: make([]error, n)}
	handle := p.clients.writing()
	for i, record := range records {
		record.Opaque = i
		err := handle.Produce(record, r.channel)
		for code(err) == confluent.ErrQueueFull && p.wait(r, ctx.Done()) {
			err = handle.Produce(record, r.channel)
		}
		if err != nil {
			r.failed[i] = err
			break
		}
		r.pending++
	}
	for r.pending > 0 && p.wait(r, ctx.Done()) {
	}
	r.stopped = cmp.Or(r.stopped, ctx.Err())
	return r
}

// wait takes one report. It returns false when there is no point in waiting any longer.
func (p *producer) wait(r *reports, done <-chan struct{}) bool {
	select {
	case event := <-r.channel:
		r.note(event)
		return true
	case <-done:
	case <-p.closed:
		r.stopped = errClosed
	}
	return false
}

// sendSingly sends what a call could not, each record by itself: it may be that together they were a larger batch than the topic's
// max.message.bytes permits. A record that is too large alone ends it.
func (p *producer) sendSingly(ctx context.Context, records []*confluent.Message, first *reports) (int, error) {
	for i := range records {
		if first.acked[i] {
			continue
		}
		r := p.send(ctx, records[i:i+1])
		if _, err := r.outcome(); err != nil {
			first.pending, first.channel = r.pending, r.channel
			return i, err
		}
	}
	return len(records), nil
}

// release gives the turn back, when the last report is there. The reports come within the delivery timeout.
func (p *producer) release(r *reports) {
	if r.pending == 0 {
		p.replaceIfBroken()
		p.turn <- struct{}{}
		return
	}
	p.background.Go(func() {
		for r.pending > 0 && p.wait(r, nil) {
		}
		p.replaceIfBroken()
		p.turn <- struct{}{}
	})
}

// replaceIfBroken makes a new client when the idempotent producer can no longer say what was stored and what was not; it then
// refuses everything. What was not acknowledged comes again from the outbox.
func (p *producer) replaceIfBroken() {
	fatal := p.clients.writing().GetFatalError()
	if fatal == nil {
		return
	}
	p.config.Logger.Warn("kafka producer cannot go on and is replaced", "error", fatal)
	if err := p.clients.replace(); err != nil {
		p.config.Logger.Error("kafka producer could not be replaced", "error", err)
	}
}

// explain says what became of a record, and marks what no repetition can change.
func (p *producer) explain(record *confluent.Message, id string, err error) error {
	topic := *record.TopicPartition.Topic
	switch code(err) {
	case confluent.ErrMsgSizeTooLarge:
		return fmt.Errorf("%w: message %s to topic %q has %d bytes, more than Sonata (%d) or the topic's max.message.bytes permits",
			runner.ErrUnpublishable, id, topic, len(record.Value), p.config.MaxMessageBytes)
	case confluent.ErrUnknownTopicOrPart, confluent.ErrUnknownTopic, confluent.ErrUnknownPartition, confluent.ErrUnknownTopicID:
		p.topics.forget(topic)
	case confluent.ErrMsgTimedOut:
		return fmt.Errorf("topic %q: Kafka at %v acknowledged nothing within %v: %w", topic, p.config.Brokers, p.config.DeliveryTimeout, err)
	}
	return fmt.Errorf("topic %q: %w", topic, err)
}

// close lets nobody write any more.
func (p *producer) close() {
	close(p.closed)
	<-p.turn
	p.background.Wait()
}

func code(err error) confluent.ErrorCode {
	if e, ok := errors.AsType[confluent.Error](err); ok {
		return e.Code()
	}
	return confluent.ErrNoError
}

func isTooLarge(err error) bool { return code(err) == confluent.ErrMsgSizeTooLarge }
