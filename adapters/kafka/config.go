package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"strconv"
	"strings"
	"time"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Config of a Bus. Brokers and Deliver are required; the zero value of every other field is its default.
type Config struct {
	// Brokers are some brokers of the cluster, each as host:port; the rest of the cluster is learnt from them.
	Brokers []string
	// Deliver takes the records that came in, in order within each partition, and returns nil when their effect is durable. With
	// an error the same records are delivered again, a little later. Calls do not overlap.
	Deliver func(ctx context.Context, records []runner.Incoming) error
	// Options are librdkafka's settings for security and for the network, by its names (security.protocol, sasl.username, ...);
	// see [OptionNames]. A name of a secret with ".file" appended (sasl.password.file) names the file that holds it.
	Options map[string]string
	// Insecure permits to send credentials over an unencrypted connection to another machine.
	Insecure bool
	// ClientID is the name that brokers log. Default: sonata.
	ClientID string
	// Group is the consumer group to which positions are committed, as a hint for dashboards. Default: sonata.
	Group string
	// Partitions of the topics that are created. Default: what the cluster gives a topic.
	Partitions int
	// MaxMessageBytes is the size of the largest message, in bytes: a larger one is not sent, and one that comes in is not read
	// but kept as a dead letter. Default: 4 MiB, at most 32 MiB. A cluster may permit less, usually 1 MiB.
	MaxMessageBytes int
	// Refresh is how often new partitions are looked for. Default: 30 s.
	Refresh time.Duration
	// RequestTimeout bounds each question to the cluster. Default: 10 s.
	RequestTimeout time.Duration
	// DeliveryTimeout is how long one call of Publish waits for acknowledgements. Default: 30 s.
	DeliveryTimeout time.Duration
	// CloseTimeout bounds Close. Default: 5 s.
	CloseTimeout time.Duration
	// Logger takes the errors that librdkafka reports, and our own log. Default: nothing is logged.
	Logger *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.Deliver == nil {
		return c, errors.New("kafka: nobody takes the records")
	}
	if len(c.Brokers) == 0 {
		return c, errors.New("kafka: no broker is named: give one as host:port")
	}
	for _, broker := range c.Brokers {
		if host, _, err := net.SplitHostPort(broker); err != nil || host == "" || strings.ContainsAny(broker, "/@, ") {
			// The text is not shown: somebody may have put credentials in it.
			return c, errors.New("kafka: a broker is named as host:port, without a scheme or credentials")
		}
	}
	c.ClientID = cmp.Or(c.ClientID, "sonata")
	c.Group = cmp.Or(c.Group, "sonata")
	c.Partitions = cmp.Or(c.Partitions, -1)
	c.MaxMessageBytes = cmp.Or(c.MaxMessageBytes, 4<<20)
	if c.MaxMessageBytes < 1000 || c.MaxMessageBytes > 32<<20 {
		return c, errors.New("kafka: the largest message is between 1000 bytes and 32 MiB")
	}
	c.Refresh = cmp.Or(c.Refresh, 30*time.Second)
	c.RequestTimeout = cmp.Or(c.RequestTimeout, 10*time.Second)
	c.DeliveryTimeout = cmp.Or(c.DeliveryTimeout, 30*time.Second)
	c.CloseTimeout = cmp.Or(c.CloseTimeout, 5*time.Second)
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	options, err := readOptions(c.Options)
	if err != nil {
		return c, err
	}
	c.Options = options
	return c, c.checkSecurity()
}

// common is what librdkafka's clients share. None of them logs, as what matters comes as events too.
func (c Config) common() confluent.ConfigMap {
	m := confluent.ConfigMap{
		"bootstrap.servers":        strings.Join(c.Brokers, ","),
		"client.id":                c.ClientID,
		"reconnect.backoff.ms":     100, // while nobody answers, librdkafka tries twice in that time
		"reconnect.backoff.max.ms": 1000,
		"socket.keepalive.enable":  true,
		"log.connection.close":     false, // brokers close idle connections: that is no news
		"log_level":                0,
	}
	for name, value := range c.Options {
		m[name] = value
	}
	return m
}

func (c Config) consumer() *confluent.ConfigMap {
	m := c.common()
	maps.Copy(m, confluent.ConfigMap{
		"group.id":                   c.Group,
		"enable.auto.commit":         false,
		"auto.offset.reset":          "error",
		"allow.auto.create.topics":   false,
		"fetch.error.backoff.ms":     100,
		"fetch.queue.backoff.ms":     10,
		"fetch.max.bytes":            max(16<<20, c.MaxMessageBytes),
		"message.max.bytes":          c.MaxMessageBytes,
		"queued.min.messages":        10_000,
		"queued.max.messages.kbytes": 16 << 10,
	})
	return &m
}

func (c Config) producer() *confluent.ConfigMap {
	m := c.common()
	maps.Copy(m, confluent.ConfigMap{
		"go.events.channel.size":            100, // the default, a million, takes 16 MB
		"go.produce.channel.size":           1,
		"enable.idempotence":                true, // implies acks=all and order within a partition
		"linger.ms":                         1,
		"message.max.bytes":                 c.MaxMessageBytes,
		"queue.buffering.max.kbytes":        64 << 10,
		"queue.buffering.max.messages":      100_000,
		"delivery.timeout.ms":               int(c.DeliveryTimeout.Milliseconds()),
		"topic.metadata.propagation.max.ms": int(min(c.RequestTimeout, c.DeliveryTimeout).Milliseconds()),
		"partitioner":                       "murmur2_random", // as Java clients: equal keys meet in one partition
		"go.delivery.report.fields":         "none",
		"retry.backoff.ms":                  50,
		"retry.backoff.max.ms":              1000,
	})
	return &m
}

// socketTimeout is after what time librdkafka takes a request for lost.
func (c Config) socketTimeout() time.Duration {
	const usual = time.Minute
	ms, err := strconv.Atoi(c.Options["socket.timeout.ms"])
	if err != nil {
		return usual
	}
	return time.Duration(ms) * time.Millisecond
}

// String shows the configuration with its secrets masked.
func (c Config) String() string {
	return fmt.Sprintf("brokers=%s clientId=%s group=%s options=%v", strings.Join(c.Brokers, ","), c.ClientID, c.Group, masked(c.Options))
}

// GoString is String: %#v shows no secrets either.
func (c Config) GoString() string { return c.String() }

// LogValue is String.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
