package kafka

import (
	"sync"
	"time"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// client writes messages, and asks about topics beside that: its binding looks ten times a second at each client that there is, so
// there is one for both. It is not the consumer that asks, as every question would wait behind a fetch that waits for
// records (fetch.wait.max.ms). A broker answers the questions of one connection in turn, so one may wait for a slow write too.
type client struct {
	handle  *confluent.Producer
	admin   *confluent.AdminClient
	asking  sync.WaitGroup
	drained chan struct{}
}

// clients has the client, and another one when that is broken.
type clients struct {
	config Config
	broken sync.WaitGroup // those that are being closed

	mu      sync.Mutex
	current *client
	trouble error // why a broker could not be reached, the last time that one could not
}

func newClients(config Config) (*clients, error) {
	c := &clients{config: config}
	return c, c.replace()
}

// replace makes a new client. The one before it, if there is one, is closed when nobody asks it any more, and drops what it has in its queue.
func (c *clients) replace() error {
	handle, err := confluent.NewProducer(c.config.producer())
	if err != nil {
		return c.config.redact(err)
	}
	fresh := &client{handle: handle, drained: make(chan struct{})}
	go func() {
		defer close(fresh.drained)
		c.drain(handle)
	}()
	if fresh.admin, err = confluent.NewAdminClientFromProducer(handle); err != nil {
		fresh.close(0)
		return err
	}
	c.mu.Lock()
	before := c.current
	c.current = fresh
	c.mu.Unlock()
	if before != nil {
		c.broken.Go(func() { before.close(0) })
	}
	return nil
}

// drain takes a client's events until it is closed. They are errors that concern no message; librdkafka deals with all of them
// but the fatal ones, which show in the reports of the messages too. The newest is kept: librdkafka tries on, and all that
// a question says is that nobody answered it.
func (c *clients) drain(handle *confluent.Producer) {
	for event := range handle.Events() {
		c.config.Logger.Debug("kafka", "client", handle.String(), "event", event.String())
		if err, ok := event.(confluent.Error); ok && err.Code() != confluent.ErrAllBrokersDown {
			c.mu.Lock()
			c.trouble = err
			c.mu.Unlock()
		}
	}
}

// ask lends the client for a question.
func (c *clients) ask() (admin *confluent.AdminClient, done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current.asking.Add(1)
	return c.current.admin, c.current.asking.Done
}

// writing is the client to write with. Who writes is also the one who replaces it.
func (c *clients) writing() *confluent.Producer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current.handle
}

// lastTrouble is why a broker could not be reached, the last time that one could not.
func (c *clients) lastTrouble() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trouble
}

// forgive forgets the last trouble: a broker has answered since.
func (c *clients) forgive() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trouble = nil
}

// close ends the client within the budget, if Kafka answers, after what is in its queue has been sent.
func (c *clients) close(budget time.Duration) {
	if c.current != nil {
		c.current.close(budget)
	}
	c.broken.Wait()
}

// close drops what cannot be sent within the budget, as librdkafka would wait for it.
func (c *client) close(budget time.Duration) {
	c.asking.Wait()
	if c.handle.Flush(int(budget.Milliseconds())) > 0 {
		_ = c.handle.Purge(confluent.PurgeQueue | confluent.PurgeInFlight)
	}
	c.handle.Close()
	<-c.drained
}
