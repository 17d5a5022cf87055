package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// bind notes what is to be read from now on, and assigns it. When that fails, the next refresh tries again.
func (c *consumer) bind(ctx context.Context, names []string, positions []runner.Position) error {
	c.assigning.Lock()
	defer c.assigning.Unlock()
	c.wanted = slices.Clone(names)
	c.positions = make(map[partition]int64, len(positions))
	for _, p := range positions {
		c.positions[partition{p.Topic, p.Partition}] = p.Offset
		if _, known := c.ids[p.Topic]; !known && p.TopicID != "" {
			c.ids[p.Topic] = p.TopicID // what was read was of this topic, whatever has its name now
		}
	}
	return c.reassign(ctx)
}

// refresh assigns partitions that have come into being.
func (c *consumer) refresh(ctx context.Context) error {
	c.assigning.Lock()
	defer c.assigning.Unlock()
	return c.reassign(ctx)
}

// reassign adds what is wanted and not assigned, and removes what is assigned and no longer wanted. Partitions that stay go on
// undisturbed.
func (c *consumer) reassign(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.config.RequestTimeout)
	defer cancel()
	there, err := c.topics.describe(ctx, c.wanted)
	if err != nil {
		return err
	}
	fresh, gone, anew := c.difference(there)
	c.name(there)
	if err := c.unassign(append(gone, anew...)); err != nil {
		return err
	}
	if err := c.assign(ctx, append(fresh, anew...)); err != nil {
		return err
	}
	for _, name := range c.wanted {
		d, ok := there[name]
		if !ok {
			return fmt.Errorf("topic %q does not exist: nothing can be read from it until it is created", name)
		}
		c.ids[name] = d.id
	}
	for _, name := range c.wanted {
		if there[name].forbidden { // librdkafka says so once, and not of which topic
			return fmt.Errorf("topic %q: Kafka does not permit this client to read it; grant it the operation Read", name)
		}
	}
	return nil
}

// name notes the ids of the topics, for the records that are read from now on.
func (c *consumer) name(there map[string]description) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, d := range there {
		c.topicIDs[name] = d.id
	}
}

// difference compares what there is with what is assigned: partitions to add, those to remove, and those of topics that have been
// created anew, whose positions mean nothing any more. A topic that is gone is not read until it is seen again: librdkafka
// would go on at the old position in a new one of that name.
func (c *consumer) difference(there map[string]description) (fresh, gone, anew []partition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stays := map[partition]bool{}
	for _, name := range c.wanted {
		before, seen := c.ids[name]
		for _, number := range there[name].partitions {
			p := partition{name, number}
			stays[p] = true
			if seen && before != there[name].id {
				c.anew[p] = true
			}
			if _, assigned := c.next[p]; !assigned {
				fresh = append(fresh, p)
			} else if c.anew[p] {
				anew = append(anew, p)
			}
		}
	}
	for p := range c.next {
		if !stays[p] {
			gone = append(gone, p)
		}
	}
	return fresh, gone, anew
}

// unassign stops reading partitions. Their positions are kept, for when they are wanted again.
func (c *consumer) unassign(gone []partition) error {
	if len(gone) == 0 {
		return nil
	}
	offsets := make(map[partition]int64, len(gone))
	c.mu.Lock()
	for _, p := range gone {
		offsets[p], c.positions[p] = 0, c.next[p]
		delete(c.next, p) // but not from reset: who is told of the position must be told whenever its record comes
	}
	c.mu.Unlock()
	return c.reader.IncrementalUnassign(topicPartitions(offsets))
}

// assign begins to read partitions at their positions or, where these are not to be had, at their earliest record.
func (c *consumer) assign(ctx context.Context, fresh []partition) error {
	if len(fresh) == 0 {
		return nil
	}
	bounds, err := c.topics.bounds(ctx, fresh)
	if err != nil {
		return err
	}
	begin := make(map[partition]int64, len(fresh))
	for _, p := range fresh {
		begin[p] = bounds[p].low
		if position, known := c.positions[p]; known {
			begin[p] = c.within(p, position, bounds[p])
		}
	}
	c.mu.Lock()
	all := maps.Clone(c.next)
	c.mu.Unlock()
	maps.Copy(all, begin)
	if err := c.readAll(all); err != nil {
		return fmt.Errorf("kafka: partitions could not be assigned: %w", err)
	}
	for p := range begin {
		delete(c.anew, p)
	}
	return nil
}

// readAll lets a reader that has not read yet read partitions.
func (c *consumer) readAll(positions map[partition]int64) error {
	if c.used {
		return c.replace(positions, false)
	}
	// It polls already, and what is not in next is dropped: so that comes first.
	c.mu.Lock()
	maps.Copy(c.next, positions)
	c.mu.Unlock()
	err := c.reader.assign(positions, c.patience())
	if c.used = err == nil; !c.used {
		c.mu.Lock()
		defer c.mu.Unlock()
		clear(c.next)
	}
	return err
}

// replace lets another reader read partitions, in place of the one that there is.
func (c *consumer) replace(positions map[partition]int64, rests bool) error {
	fresh, err := c.newReader(rests)
	if err != nil {
		return err
	}
	if err := fresh.assign(positions, c.patience()); err != nil {
		return errors.Join(err, fresh.Close())
	}
	// The one before may wait for its turn for long; it drops what it has fetched.
	if err := c.reader.Unassign(); err != nil {
		return errors.Join(err, fresh.Close())
	}
	c.readWith(fresh, positions)
	return nil
}

// within returns where to begin: at the position, if Kafka has it. Else it reports what is lost.
func (c *consumer) within(p partition, position int64, b bounds) int64 {
	if !c.anew[p] && b.low <= position && position <= b.high {
		return position
	}
	f := Fault{Topic: p.topic, Partition: p.number, Position: position, Begins: b.low}
	if !c.anew[p] && position < b.low {
		f.Lost = b.low - position
	}
	c.faults.add(c.config.Logger, f)
	c.mu.Lock()
	c.reset[p] = true
	c.mu.Unlock()
	return b.low
}

// restart begins anew with all partitions, each at its position, after Kafka has said that it does not have one of these; librdkafka
// does not say which, and has stopped reading that partition. It runs between reading two batches, when positions are exact. Until
// it succeeds nothing is read.
func (c *consumer) restart(r reader) {
	for wait := retryFirst; c.life.Err() == nil; wait = min(2*wait, retryMost) {
		err := c.restartAll(c.life, r)
		if err == nil {
			return
		}
		c.config.Logger.Warn("kafka: reading could not be started again yet", "error", err)
		pause(c.life, wait)
	}
}

func (c *consumer) restartAll(ctx context.Context, r reader) error {
	c.assigning.Lock()
	defer c.assigning.Unlock()
	if c.reader != r {
		return nil // the one in its place has begun at the positions, and sees for itself
	}
	c.mu.Lock()
	all := slices.Collect(maps.Keys(c.next))
	c.mu.Unlock()
	if err := c.unassign(all); err != nil {
		return err
	}
	return c.reassign(ctx)
}

// bounds are the offsets of a partition's first record, and of the one after its last.
type bounds struct{ low, high int64 }

func (t *topics) bounds(ctx context.Context, partitions []partition) (map[partition]bounds, error) {
	low, err := t.offsets(ctx, partitions, confluent.EarliestOffsetSpec)
	if err != nil {
		return nil, err
	}
	high, err := t.offsets(ctx, partitions, confluent.LatestOffsetSpec)
	if err != nil {
		return nil, err
	}
	out := make(map[partition]bounds, len(partitions))
	for p := range low {
		out[p] = bounds{low[p], high[p]}
	}
	return out, nil
}

// offsets asks until each partition has a leader: a cluster shows a topic that was just created a moment before it has one. Where the topic
// was created anew, the client that wrote to the old one knows its leader by an epoch that the new one has not reached, until it looks again.
func (t *topics) offsets(ctx context.Context, partitions []partition, spec confluent.OffsetSpec) (map[partition]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, t.config.RequestTimeout)
	defer cancel()
	for {
		offsets, err := t.ask(ctx, partitions, spec)
		if fault, ok := errors.AsType[confluent.Error](err); !ok || !isLeaderless(fault.Code()) || ctx.Err() != nil {
			return offsets, err
		}
		pause(ctx, propagation)
	}
}

func isLeaderless(code confluent.ErrorCode) bool {
	return code == confluent.ErrNotLeaderForPartition || code == confluent.ErrLeaderNotAvailable ||
		code == confluent.ErrUnknownLeaderEpoch || code == confluent.ErrFencedLeaderEpoch
}

func (t *topics) ask(ctx context.Context, partitions []partition, spec confluent.OffsetSpec) (map[partition]int64, error) {
	question := make(map[confluent.TopicPartition]confluent.OffsetSpec, len(partitions))
	for _, p := range partitions {
		question[confluent.TopicPartition{Topic: &p.topic, Partition: p.number}] = spec
	}
	admin, done := t.clients.ask()
	defer done()
	answer, err := admin.ListOffsets(ctx, question, confluent.SetAdminRequestTimeout(t.config.RequestTimeout))
	if err != nil {
		return nil, t.unreachable(err, t.config.RequestTimeout)
	}
	out := make(map[partition]int64, len(partitions))
	for tp, info := range answer.ResultInfos {
		if info.Error.Code() != confluent.ErrNoError {
			return nil, fmt.Errorf("partition %d of topic %q: %w", tp.Partition, *tp.Topic, info.Error)
		}
		out[partition{*tp.Topic, tp.Partition}] = int64(info.Offset)
	}
	return out, nil
}
