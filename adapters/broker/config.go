package broker

import (
	"cmp"
	"errors"
	"log/slog"
	"time"
)

// DefaultListen is where the broker listens unless told otherwise: the port that every Kafka client expects.
const DefaultListen = "127.0.0.1:9092"

// Config of a Broker. Dir is required; the zero value of every other field is its default.
type Config struct {
	// Dir holds the records, topics and group offsets. It is created with mode 0700; its contents belong to the broker alone.
	Dir string
	// Listen is the host:port to listen on, and what clients are told to connect to. Port 0 takes a free one, another at
	// each start; see [Broker.Addr]. Default: [DefaultListen].
	Listen string
	// AllowRemote permits an address that other machines can reach. There is no authentication: all of them may
	// read and write all topics.
	AllowRemote bool
	// Partitions of a topic whose creator names no number. Default: 1, which keeps all records of a topic in order.
	Partitions int32
	// Retention is how long records are kept. Default: 7 days. Negative: for ever.
	Retention time.Duration
	// RetentionBytes is how much of one partition is kept, in bytes. Default: 256 MiB. Negative: no limit.
	RetentionBytes int64
	// MaxMessageBytes is the size of the largest record batch that is accepted, in bytes. Default: 4 MiB, at most 64 MiB.
	MaxMessageBytes int
	// Logger takes what goes on inside. Default: nothing is logged.
	Logger *slog.Logger
}

const (
	maxMessageBytes = 64 << 20
	maxPartitions   = 1000
	maxConnections  = 1000
	segmentBytes    = 16 << 20
)

func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("the embedded broker needs a data directory")
	}
	c.Listen = cmp.Or(c.Listen, DefaultListen)
	c.Partitions = cmp.Or(c.Partitions, 1)
	c.Retention = cmp.Or(c.Retention, 7*24*time.Hour)
	c.RetentionBytes = cmp.Or(c.RetentionBytes, 256<<20)
	c.MaxMessageBytes = cmp.Or(c.MaxMessageBytes, 4<<20)
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	if c.Partitions < 1 || c.Partitions > maxPartitions {
		return c, errors.New("a topic has 1 to 1000 partitions")
	}
	if c.MaxMessageBytes < 1 || c.MaxMessageBytes > maxMessageBytes {
		return c, errors.New("the largest message is between 1 byte and 64 MiB")
	}
	return c, nil
}
