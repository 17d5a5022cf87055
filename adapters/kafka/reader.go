package kafka

import (
	"maps"
	"time"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// reader is a client that reads partitions; which ones is said once. While it waits for records at a broker it asks that broker for nothing
// else, so what is to be read besides would wait too: another reader takes its place instead, and what both of them read is taken once.
type reader struct {
	*confluent.Consumer
	rests bool
	over  chan struct{} // is closed when another one has taken its place
}

// How long a reader waits for records at a broker. What comes ends the wait; but what is not asked for yet has to wait for its end: partitions
// that are new, or whose records had no room. So one that rests, as nothing has come for some time, waits longer: each wait that ends in
// vain wakes a dozen threads.
const (
	usualWait = 500 * time.Millisecond
	restWait  = 5 * time.Second
	restAfter = 15 * time.Second
)

func (c *consumer) newReader(rests bool) (reader, error) {
	wait := usualWait
	if rests { // requests to the same broker wait too, and must not time out meanwhile
		wait = min(restWait, c.config.socketTimeout()/2)
	}
	config := c.config.consumer()
	(*config)["fetch.wait.max.ms"] = int(wait.Milliseconds())
	handle, err := confluent.NewConsumer(config)
	if err != nil {
		return reader{}, c.config.redact(err)
	}
	return reader{handle, rests, make(chan struct{})}, nil
}

// assign begins to read. The topics are looked up before, as what librdkafka learns of one topic after the other it asks for one after
// the other too. Only speed depends on that, so errors do not matter.
func (r reader) assign(positions map[partition]int64, within time.Duration) error {
	_, _ = r.GetMetadata(nil, true, int(within.Milliseconds()))
	return r.Assign(topicPartitions(positions))
}

// pace lets a reader that rests take the place of r, or one that does not. If it cannot, r reads on.
func (c *consumer) pace(r reader, rests bool) {
	c.assigning.Lock()
	defer c.assigning.Unlock()
	c.mu.Lock()
	positions, reads := maps.Clone(c.next), c.reader == r
	c.mu.Unlock()
	if !reads || len(positions) == 0 || c.life.Err() != nil {
		return
	}
	if err := c.replace(positions, rests); err != nil {
		c.config.Logger.Debug("kafka consumer", "error", err)
	}
}
