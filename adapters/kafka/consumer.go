package kafka

import (
	"context"
	"sync"
	"time"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Bounds of one batch.
const (
	batchRecords = 500
	batchBytes   = 8 << 20
)

// Bounds of one wait for a batch to begin. A record ends the wait, but Close does not: so it grows while nothing comes, up to a part of the time
// that Close may take.
const (
	pollLeast     = 10 * time.Millisecond
	pollFirst     = 100 * time.Millisecond
	pollMost      = time.Second
	pollsInAClose = 8
)

// Between two offers of a batch that was not accepted.
const (
	retryFirst = 50 * time.Millisecond
	retryMost  = 5 * time.Second
)

// partition is one partition of a topic.
type partition struct {
	topic  string
	number int32
}

// consumer reads the assigned partitions. One goroutine polls (read) and one delivers (run); what is assigned is changed beside them
// (assign.go).
type consumer struct {
	life   context.Context //nolint:containedctx // the Bus's: its end ends all that is under way, whoever began it
	config Config
	topics *topics
	faults *faults
	logs   *logs

	// assigning is held by whoever changes the assignment. It guards:
	assigning sync.Mutex
	wanted    []string            // topics of the last bind
	positions map[partition]int64 // of the last bind, and of partitions that are no longer assigned
	ids       map[string]string   // of the topics, as they were assigned
	anew      map[partition]bool  // partitions of topics that were created anew and are not assigned yet
	used      bool                // the reader has something to read, or had

	reading sync.WaitGroup
	idle    chan struct{} // is closed when nobody changes the assignment any more
	batches chan []runner.Incoming
	// turn is held by whoever fills a batch and hands it over: no other one may overtake it.
	turn chan struct{}

	mu sync.Mutex
	// reader is the one that reads. Those before it end.
	reader reader
	// next is the offset after the last record of each assigned partition that was accepted or is in a batch in hand.
	next map[partition]int64
	// reset marks partitions whose next record is to carry Reset.
	reset map[partition]bool
	// unshown are positions after accepted records that have not been committed yet.
	unshown  map[partition]int64
	topicIDs map[string]string // of the topics that records come from
	// refused is why the batch that is delivered was not accepted the last time it was offered.
	refused error
}

// newConsumer makes a consumer that reads as soon as something is assigned, until life ends.
func newConsumer(life context.Context, config Config, topics *topics, faults *faults) (*consumer, error) {
	c := &consumer{
		life: life, config: config, topics: topics, faults: faults, logs: newLogs(config.Logger),
		idle: make(chan struct{}), batches: make(chan []runner.Incoming), turn: make(chan struct{}, 1),
		positions: map[partition]int64{}, ids: map[string]string{}, anew: map[partition]bool{},
		next: map[partition]int64{}, topicIDs: map[string]string{}, reset: map[partition]bool{}, unshown: map[partition]int64{},
	}
	first, err := c.newReader(false)
	if err != nil {
		return nil, err
	}
	c.readWith(first, nil)
	return c, nil
}

// readWith lets a reader take the place of the one before. Where what it reads begins at a position that is not known yet, it is known from
// now on: what the one before has at hand of a partition that was unassigned meanwhile is not to be taken.
func (c *consumer) readWith(r reader, positions map[partition]int64) {
	c.mu.Lock()
	if c.reader.over != nil {
		close(c.reader.over)
	}
	c.reader = r
	for p, offset := range positions {
		if _, known := c.next[p]; !known {
			c.next[p] = offset
		}
	}
	c.mu.Unlock()
	c.reading.Go(func() { c.read(r) })
}

// run delivers until life ends. While one batch is dealt with, the next is read.
func (c *consumer) run() {
	for {
		select {
		case records := <-c.batches:
			c.deliver(records)
		case <-c.life.Done():
			return
		}
	}
}

// read polls a reader until life ends or another one takes its place, and closes it.
func (c *consumer) read(r reader) {
	most, last := c.patience(), time.Now()
	for wait := min(pollFirst, most); c.life.Err() == nil && c.current() == r; wait = min(wait*3/2, most) {
		event := r.Poll(int(wait.Milliseconds()))
		if event == nil {
			if !r.rests && time.Since(last) > restAfter {
				last = time.Now()
				c.pace(r, true)
			}
			continue
		}
		got := c.fill(r, event)
		if got.any {
			wait, last = pollFirst, time.Now()
		}
		if got.full && r.rests {
			c.pace(r, false)
		}
		if got.outOfRange {
			c.restart(r)
		}
	}
	if c.current() == r { // somebody may be assigning
		<-c.idle
	}
	if err := r.Close(); err != nil {
		c.config.Logger.Debug("kafka consumer", "error", err)
	}
}

// close ends the reader. Nobody may change the assignment any more.
func (c *consumer) close() {
	close(c.idle)
	c.reading.Wait()
}

// patience is how long a call of librdkafka may last that does not heed the end of life.
func (c *consumer) patience() time.Duration {
	return min(max(c.config.CloseTimeout/pollsInAClose, pollLeast), pollMost)
}

// current is the reader that reads.
func (c *consumer) current() reader {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reader
}

// haul is what came of filling a batch.
type haul struct {
	any, full  bool
	outOfRange bool // a partition has no record at the position that is to be read
}

// fill makes a batch of an event and of what is there already, and hands it over.
func (c *consumer) fill(r reader, event confluent.Event) (got haul) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-r.over: // another one reads it again
		return haul{}
	}
	records, got := c.collect(r, event)
	if got.any {
		select {
		case c.batches <- records:
		case <-c.life.Done():
		}
	}
	return got
}

// collect takes a record and those that are there already. It stops early when a partition has no record at the position that
// is to be read.
func (c *consumer) collect(r reader, event confluent.Event) (records []runner.Incoming, got haul) {
	for size := 0; event != nil; event = r.Poll(0) {
		switch e := event.(type) {
		case *confluent.Message:
			if in, ok := c.take(r, e); ok {
				records = append(records, in)
				size += len(in.Value)
			}
		case confluent.Error:
			if got.outOfRange = e.Code() == confluent.ErrAutoOffsetReset || e.Code() == confluent.ErrOffsetOutOfRange; !got.outOfRange {
				c.logs.pass(e, time.Now())
			}
		}
		got.any, got.full = len(records) > 0, len(records) == batchRecords || size >= batchBytes
		if got.full || got.outOfRange {
			break // before another event is taken
		}
	}
	return records, got
}

// take turns a message into a record, unless it is left over from before the assignment changed: another reader gets it then, or has
// read it.
func (c *consumer) take(r reader, m *confluent.Message) (runner.Incoming, bool) {
	if m.TopicPartition.Error != nil || m.TopicPartition.Topic == nil {
		c.config.Logger.Debug("kafka consumer", "error", m.TopicPartition.Error)
		return runner.Incoming{}, false
	}
	p := partition{*m.TopicPartition.Topic, m.TopicPartition.Partition}
	offset := int64(m.TopicPartition.Offset)
	c.mu.Lock()
	next, assigned := c.next[p]
	if r != c.reader || !assigned || offset < next {
		c.mu.Unlock()
		return runner.Incoming{}, false
	}
	c.next[p] = offset + 1
	reset := c.reset[p]
	delete(c.reset, p)
	id := c.topicIDs[p.topic]
	c.mu.Unlock()

	in := runner.Incoming{Topic: p.topic, TopicID: id, Partition: p.number, Offset: offset, Key: m.Key, Value: m.Value, Reset: reset}
	for _, h := range m.Headers {
		in.Headers = append(in.Headers, runner.RecordHeader{Key: h.Key, Value: h.Value})
	}
	if m.TimestampType != confluent.TimestampNotAvailable {
		in.Timestamp = m.Timestamp
	}
	ReadEvent(&in, c.config.MaxMessageBytes)
	return in, true
}

// deliver offers the records until they are accepted, or life ends.
func (c *consumer) deliver(records []runner.Incoming) {
	for wait := retryFirst; c.life.Err() == nil; wait = min(2*wait, retryMost) {
		err := c.config.Deliver(c.life, records)
		c.setRefused(err)
		if err == nil {
			c.accepted(records)
			return
		}
		if c.life.Err() != nil {
			return
		}
		c.config.Logger.Warn("records could not be taken in and are offered again", "records", len(records), "wait", wait, "error", err)
		pause(c.life, wait)
	}
}

// pause waits, at most until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (c *consumer) setRefused(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused = err
}

// refusal is why the batch that is delivered was not accepted the last time; nil if it was, or if there is none.
func (c *consumer) refusal() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused
}

func (c *consumer) accepted(records []runner.Incoming) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, in := range records {
		c.unshown[partition{in.Topic, in.Partition}] = in.Offset + 1
	}
}

// show commits the positions that have changed since the last time, for dashboards. It is not the consumer's own commit, because
// closing the consumer would wait for that as long as the broker is away.
func (c *consumer) show(ctx context.Context) {
	c.mu.Lock()
	positions := c.unshown
	c.unshown = map[partition]int64{}
	c.mu.Unlock()
	if len(positions) == 0 {
		return
	}
	if err := c.topics.commit(ctx, c.config.Group, topicPartitions(positions)); err != nil {
		c.config.Logger.Debug("kafka: positions could not be committed for dashboards", "error", err)
	}
}

func topicPartitions(offsets map[partition]int64) []confluent.TopicPartition {
	out := make([]confluent.TopicPartition, 0, len(offsets))
	for p, offset := range offsets {
		out = append(out, confluent.TopicPartition{Topic: &p.topic, Partition: p.number, Offset: confluent.Offset(offset)})
	}
	return out
}
