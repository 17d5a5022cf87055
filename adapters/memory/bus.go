package memory

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Deliver takes records in the order of their offsets and returns when they are durably dealt with, as
// [runner.Runner.Receive] does.
type Deliver func(ctx context.Context, records []runner.Incoming) error

// Bus is a [runner.Bus] that works like a broker whose topics have one partition each: what is published, or sent by a
// test, gets the topic's next offset and is delivered if the topic is bound. It starts no goroutine: delivery happens within
// the call that published, sent or bound.
type Bus struct {
	deliver Deliver

	delivering sync.Mutex // one delivery at a time, so that the order holds; taken before mu

	mu        sync.Mutex
	topics    map[string][]runner.Incoming
	next      map[string]int // of the bound topics: the offset to deliver next
	published []runner.Outgoing
	changed   chan struct{} // closed at the next publication
}

var _ runner.Bus = (*Bus)(nil)

// NewBus returns a bus that delivers to the given function. Since a Runner is made with its bus, the function usually
// reads the variable that holds the Runner.
func NewBus(deliver Deliver) *Bus {
	return &Bus{deliver: deliver, topics: map[string][]runner.Incoming{}, next: map[string]int{}, changed: make(chan struct{})}
}

// Bind delivers what the consumed topics hold from the positions on, and from now on what comes in.
func (b *Bus) Bind(ctx context.Context, topics runner.Topics, positions []runner.Position) error {
	b.mu.Lock()
	b.next = map[string]int{}
	for _, topic := range topics.Consume {
		b.next[topic] = 0
	}
	for _, p := range positions {
		if _, bound := b.next[p.Topic]; bound {
			b.next[p.Topic] = int(p.Offset)
		}
	}
	b.mu.Unlock()
	return b.Redeliver(ctx)
}

// Publish appends messages to their topics and delivers them. A failed delivery does not make it fail: whoever receives is
// not the one who publishes.
func (b *Bus) Publish(ctx context.Context, messages []runner.Outgoing) (int, error) {
	b.mu.Lock()
	for _, m := range messages {
		b.append(incoming(m))
	}
	b.published = append(b.published, messages...)
	close(b.changed)
	b.changed = make(chan struct{})
	b.mu.Unlock()
	_ = b.Redeliver(ctx)
	return len(messages), nil
}

// Send appends a record that somebody else publishes, and delivers it. Topic, offset and, if it has none, the time are set here.
func (b *Bus) Send(ctx context.Context, topic string, record runner.Incoming) error {
	record.Topic = topic
	b.mu.Lock()
	b.append(record)
	b.mu.Unlock()
	return b.Redeliver(ctx)
}

// Redeliver delivers what the bound topics hold and was not delivered, because an earlier delivery failed.
func (b *Bus) Redeliver(ctx context.Context) error {
	b.delivering.Lock()
	defer b.delivering.Unlock()
	for {
		records := b.undelivered()
		if len(records) == 0 {
			return nil
		}
		if err := b.deliver(ctx, records); err != nil {
			return err
		}
		b.mu.Lock()
		topic := records[0].Topic
		if next, bound := b.next[topic]; bound {
			b.next[topic] = max(next, int(records[len(records)-1].Offset)+1)
		}
		b.mu.Unlock()
	}
}

// Published returns everything that was published, in its order, repetitions included.
func (b *Bus) Published() []runner.Outgoing {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.published)
}

// Changed returns a channel that is closed at the next publication.
func (b *Bus) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

func (b *Bus) append(record runner.Incoming) {
	record.Offset = int64(len(b.topics[record.Topic]))
	if record.Timestamp.IsZero() {
		record.Timestamp = time.Unix(record.Offset, 0).UTC()
	}
	b.topics[record.Topic] = append(b.topics[record.Topic], record)
}

// undelivered returns what one topic holds from its position on.
func (b *Bus) undelivered() []runner.Incoming {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, topic := range slices.Sorted(maps.Keys(b.next)) {
		if records := b.topics[topic]; b.next[topic] < len(records) {
			return slices.Clone(records[b.next[topic]:])
		}
	}
	return nil
}

// incoming is a message as its receiver gets it: a CloudEvent with Kogito's extension attributes.
func incoming(m runner.Outgoing) runner.Incoming {
	attributes := map[string]any{
		"specversion": "1.0", "id": m.ID, "source": "/process/" + m.ProcessID, "type": m.Topic, "time": m.Time.Format(time.RFC3339Nano),
		"kogitoprocinstanceid": m.InstanceKey, "kogitoprocid": m.ProcessID, "kogitoprocversion": strconv.Itoa(m.Version),
	}
	for name, value := range map[string]string{
		"kogitoparentprociid": m.ParentKey, "kogitorootprociid": m.RootKey, "kogitorootprocid": m.RootProcessID,
		"kogitoprocrefid": m.ReferenceID, "kogitobusinesskey": m.BusinessKey, "traceparent": m.TraceParent, "tracestate": m.TraceState,
	} {
		if value != "" {
			attributes[name] = value
		}
	}
	record := runner.Incoming{
		Topic: m.Topic, Key: []byte(m.Key), Value: m.Data, Timestamp: m.Time,
		ID: m.ID, Source: "/process/" + m.ProcessID, Attributes: attributes,
	}
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		record.Headers = append(record.Headers, runner.RecordHeader{Key: name, Value: []byte(m.Headers[name])})
	}
	data, err := engine.DecodeJSON(m.Data)
	if err != nil {
		record.Fault = "the data is not JSON: " + err.Error()
	}
	record.Data = data
	return record
}
