package kafka

import (
	"log/slog"
	"time"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// logInterval is how often the same kind of error of librdkafka is logged: it repeats itself while a broker is away.
const logInterval = 30 * time.Second

// logs passes librdkafka's errors on, each kind (its code) at most once in a logInterval. It is the consumer's alone. librdkafka's own log
// would say little more, and its binding would look ten times a second whether there is some.
type logs struct {
	to   *slog.Logger
	seen map[confluent.ErrorCode]*seen
}

type seen struct {
	at         time.Time
	suppressed int
}

func newLogs(to *slog.Logger) *logs {
	return &logs{to: to, seen: map[confluent.ErrorCode]*seen{}}
}

func (l *logs) pass(err confluent.Error, now time.Time) {
	if err.Code() == confluent.ErrAllBrokersDown {
		return // why they are was said before
	}
	s := l.seen[err.Code()]
	if s == nil {
		s = &seen{}
		l.seen[err.Code()] = s
	}
	if now.Sub(s.at) < logInterval {
		s.suppressed++
		return
	}
	attrs := []any{"error", err}
	if s.suppressed > 0 {
		attrs = append(attrs, "suppressed", s.suppressed)
	}
	s.at, s.suppressed = now, 0
	l.to.Warn("kafka", attrs...)
}
