package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
)

// Broker is a running embedded broker.
type Broker struct {
	config  Config
	addr    string
	cluster *kfake.Cluster
	lock    *os.File
	stop    context.CancelFunc // ends the retention
	swept   sync.WaitGroup

	// mu guards closed: kfake blocks for ever on a call after its Close.
	mu     sync.RWMutex
	closed bool
}

// Start opens the data directory, or makes a new one, and listens. When it returns, clients can connect.
func Start(config Config) (*Broker, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	lock, err := openDir(config.Dir)
	if err != nil {
		return nil, err
	}
	listener, err := listen(config)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	b := &Broker{config: config, addr: listener.Addr().String(), lock: lock}
	b.cluster, err = kfake.NewCluster(b.options(listener)...)
	if err != nil {
		err = fmt.Errorf("the broker's data in %s cannot be read: %w; restore the directory from a backup, or move it away to begin with empty topics", config.Dir, err)
		return nil, errors.Join(err, listener.Close(), lock.Close())
	}
	b.admitTopics()
	var ctx context.Context
	ctx, b.stop = context.WithCancel(context.Background())
	b.swept.Go(func() { b.retain(ctx) })
	return b, nil
}

func (b *Broker) options(listener net.Listener) []kfake.Opt {
	return []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return listener, nil }),
		kfake.ClusterID("sonata-" + uuid.NewString()), // of a new directory; later starts keep the first
		kfake.DataDir(b.config.Dir),
		kfake.SyncWrites(),
		kfake.DefaultNumPartitions(int(b.config.Partitions)),
		kfake.BrokerConfigs(map[string]string{
			"message.max.bytes":      strconv.Itoa(b.config.MaxMessageBytes),
			"log.retention.ms":       strconv.FormatInt(retentionMillis(b.config.Retention), 10),
			"log.retention.bytes":    strconv.FormatInt(max(b.config.RetentionBytes, -1), 10),
			"log.segment.bytes":      strconv.Itoa(segmentBytes),
			"log.cleaner.backoff.ms": neverMillis, // kfake's own retention would drop the newest record too; see retain
		}),
		kfake.WithLogger(logger{b.config.Logger}),
	}
}

// Addr is the host:port that clients connect to.
func (b *Broker) Addr() string { return b.addr }

// CreateTopic makes a topic, durably. Partitions 0 means [Config.Partitions]. A topic that is there already is left as it is.
func (b *Broker) CreateTopic(name string, partitions int32) error {
	if reason := refuseTopic(name, partitions); reason != nil {
		return fmt.Errorf("topic %q cannot be created: %s", name, reason.text)
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return net.ErrClosed
	}
	err := b.cluster.CreateTopic(name, partitions, nil)
	if err == nil || errors.Is(err, kerr.TopicAlreadyExists) {
		return nil
	}
	if errors.Is(err, kerr.InvalidTopicException) {
		return fmt.Errorf("topic %q cannot be created: one whose name differs only in . and _ is there already", name)
	}
	return fmt.Errorf("topic %q cannot be created: %w", name, err)
}

// Close ends all connections and writes what makes the next start fast. Nothing that was acknowledged depends on it.
func (b *Broker) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	b.stop()
	b.swept.Wait()
	b.cluster.Close()
	return b.lock.Close()
}

// logger passes on what kfake says. It says what it does for each request at its level Info.
type logger struct{ to *slog.Logger }

// Logf implements kfake.Logger.
func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	to := l.to.Debug
	switch level {
	case kfake.LogLevelError:
		to = l.to.Error
	case kfake.LogLevelWarn:
		to = l.to.Warn
	}
	to("embedded broker", "message", fmt.Sprintf(format, args...))
}
