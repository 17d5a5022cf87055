package kafka

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// health is what is known of the connection.
type health struct {
	mu    sync.Mutex
	bound error // of the last Bind or refresh

	// asking is held while Kafka is asked whether it is there.
	asking sync.Mutex
	asked  time.Time
	answer error
}

// Between two questions to Kafka whether it is there, however often Health is called; and how long to wait for the answer.
const (
	askInterval = time.Second
	askTimeout  = 2 * time.Second
)

func (h *health) setBound(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bound = err
}

func (h *health) bindError() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bound
}

// Health returns nil when messages can come and go, else why not: Kafka does not answer, a topic is missing, or the engine does
// not take the records. It waits at most two seconds.
func (b *Bus) Health() error {
	ctx, leave, err := b.enter(context.Background())
	if err != nil {
		return err
	}
	defer leave()
	if err := b.ask(ctx); err != nil {
		return err
	}
	if refused := b.consumer.refusal(); refused != nil {
		return fmt.Errorf("kafka: records are not taken in: %w", refused)
	}
	return b.health.bindError()
}

func (b *Bus) ask(ctx context.Context) error {
	h := &b.health
	h.asking.Lock()
	defer h.asking.Unlock()
	if time.Since(h.asked) < askInterval {
		return h.answer
	}
	admin, done := b.clients.ask()
	defer done()
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	// Not the metadata: those are of every topic that was ever written to, and asking for them may create one that was deleted.
	_, err := admin.DescribeCluster(ctx)
	if err != nil {
		err = b.topics.unreachable(err, askTimeout)
	} else {
		b.clients.forgive()
	}
	h.asked, h.answer = time.Now(), err
	return err
}
