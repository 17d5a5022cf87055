package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Bus is the engine's connection to Kafka. It implements [runner.Bus].
type Bus struct {
	config   Config
	clients  *clients
	topics   *topics
	consumer *consumer
	producer *producer
	faults   *faults
	health   health

	// life ends with Close, and with it every call that is under way; librdkafka's handles must not be used after.
	life    context.Context //nolint:containedctx // its end ends all that is under way, whoever asked for it
	end     context.CancelFunc
	running sync.WaitGroup
	calls   sync.RWMutex // guards closed; held for reading by each call
	closed  bool
}

var (
	_ runner.Bus     = (*Bus)(nil)
	_ runner.Cluster = (*Bus)(nil)
)

var errClosed = errors.New("kafka: the bus is closed")

// New makes the clients. It does not wait for a broker: whether one answers shows in Bind and in [Bus.Health]. Nothing is delivered
// before the first Bind. The error says which setting is wrong.
func New(config Config) (*Bus, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	b := &Bus{config: config, faults: &faults{}}
	b.life, b.end = context.WithCancel(context.Background())
	if err := b.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("kafka: %w", err), b.close())
	}
	b.running.Go(b.consumer.run)
	b.running.Go(func() { b.refresh(b.life) })
	b.running.Go(func() { b.show(b.life) })
	return b, nil
}

// open makes two clients: one that writes and asks about topics, one that reads.
func (b *Bus) open() (err error) {
	if b.clients, err = newClients(b.config); err != nil {
		return err
	}
	b.topics = newTopics(b.config, b.clients)
	b.producer = newProducer(b.config, b.topics, b.clients)
	b.consumer, err = newConsumer(b.life, b.config, b.topics, b.faults)
	return err
}

// enter begins a call: it ends when ctx or the Bus does. The caller must leave if there is no error.
func (b *Bus) enter(ctx context.Context) (_ context.Context, leave func(), _ error) {
	b.calls.RLock()
	if b.closed {
		b.calls.RUnlock()
		return nil, nil, errClosed
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(b.life, cancel)
	return ctx, func() {
		stop()
		cancel()
		b.calls.RUnlock()
	}, nil
}

// Bind implements [runner.Bus]. Topics that are missing are created; where that is not permitted, the error names them, and
// everything else is bound nevertheless. After an error the Bus goes on trying by itself to read what was asked for.
func (b *Bus) Bind(ctx context.Context, wanted runner.Topics, positions []runner.Position) error {
	ctx, leave, err := b.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	consume, illegal := legal(wanted.Consume)
	publish, alsoIllegal := legal(wanted.Publish)
	failed := b.topics.ensure(ctx, slices.Concat(consume, publish))
	err = b.consumer.bind(ctx, slices.Compact(slices.Sorted(slices.Values(consume))), positions)
	if len(failed) > 0 {
		err = join(failed)
	}
	b.health.setBound(err)
	if illegal = append(illegal, alsoIllegal...); err == nil && len(illegal) > 0 {
		return fmt.Errorf("%w: Kafka permits no topic with the name %q; call it by letters, digits, and the signs . _ and -, or let the message come by REST", runner.ErrUnbindable, illegal)
	}
	return err
}

// legal are the names that topics can have, and those that they cannot have.
func legal(names []string) (legal, illegal []string) {
	for _, name := range names {
		if isLegal(name) {
			legal = append(legal, name)
		} else {
			illegal = append(illegal, name)
		}
	}
	return legal, illegal
}

// ClusterID implements [runner.Cluster].
func (b *Bus) ClusterID(ctx context.Context) (string, error) {
	ctx, leave, err := b.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, b.config.RequestTimeout)
	defer cancel()
	for {
		id, err := b.topics.clusterID(ctx)
		if err == nil {
			return id, nil
		} else if ctx.Err() != nil {
			return "", b.topics.unreachable(ctx.Err(), b.config.RequestTimeout)
		}
	}
}

// join makes one error of what is wrong with topics, naming a reason that they share once.
func join(failed map[string]error) error {
	var errs []error
	for _, err := range failed {
		if !slices.ContainsFunc(errs, func(other error) bool { return other.Error() == err.Error() }) {
			errs = append(errs, err)
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// Publish implements [runner.Bus]. Topics that are missing are created. It returns within Config.DeliveryTimeout.
func (b *Bus) Publish(ctx context.Context, messages []runner.Outgoing) (int, error) {
	ctx, leave, err := b.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	return b.producer.publish(ctx, messages)
}

// refresh looks for new partitions now and then, and more often while a Bind has failed.
func (b *Bus) refresh(ctx context.Context) {
	for ctx.Err() == nil {
		wait := b.config.Refresh
		if b.health.bindError() != nil {
			wait = min(wait, time.Second)
		}
		pause(ctx, wait)
		if ctx.Err() != nil {
			return
		}
		b.health.setBound(b.consumer.refresh(ctx))
	}
}

// Between two commits of positions, and how long Close waits for the last of them.
const (
	showInterval = 5 * time.Second
	showLast     = time.Second
)

// show commits positions now and then.
func (b *Bus) show(ctx context.Context) {
	for ctx.Err() == nil {
		b.consumer.show(ctx)
		pause(ctx, showInterval)
	}
}

// Faults lists the newest breaks in what was read, oldest first.
func (b *Bus) Faults() []Fault { return b.faults.all() }

// Close delivers and publishes no more, and leaves Kafka. It returns within Config.CloseTimeout: if Kafka does not answer by then,
// the clients are left behind, and the error says so. Messages that were not acknowledged are not lost, as the
// outbox has them.
func (b *Bus) Close() error {
	b.end()
	done := make(chan error, 1)
	go func() { done <- b.close() }()
	timer := time.NewTimer(b.config.CloseTimeout)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("kafka: the clients did not close within %v and are left behind", b.config.CloseTimeout)
	}
}

func (b *Bus) close() error {
	b.calls.Lock()
	defer b.calls.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	b.running.Wait()
	if b.consumer != nil {
		b.consumer.close()
		ctx, cancel := context.WithTimeout(context.Background(), showLast)
		defer cancel()
		b.consumer.show(ctx)
	}
	if b.producer != nil {
		b.producer.close()
		b.clients.close(b.config.CloseTimeout / 2)
	}
	return nil
}
