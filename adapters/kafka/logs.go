package kafka

import (
	"log/slog"
	"sync"
	"time"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// logInterval is how often the same kind of message of librdkafka is logged: it repeats itself while a broker is away.
const logInterval = 30 * time.Second

// logs passes librdkafka's log on, each kind of message (its tag) at most once in a logInterval.
type logs struct {
	to      *slog.Logger
	events  chan confluent.LogEvent
	stop    chan struct{}
	stopped sync.WaitGroup
	seen    map[string]*seen // by client and tag; of the goroutine alone
}

type seen struct {
	at         time.Time
	suppressed int
}

func newLogs(to *slog.Logger) *logs {
	l := &logs{to: to, events: make(chan confluent.LogEvent, 100), stop: make(chan struct{}), seen: map[string]*seen{}}
	l.stopped.Go(l.run)
	return l
}

func (l *logs) run() {
	for {
		select {
		case event := <-l.events:
			l.pass(event)
		case <-l.stop:
			return
		}
	}
}

func (l *logs) pass(event confluent.LogEvent) {
	kind := event.Name + " " + event.Tag
	s := l.seen[kind]
	if s == nil {
		s = &seen{}
		l.seen[kind] = s
	}
	if event.Timestamp.Sub(s.at) < logInterval {
		s.suppressed++
		return
	}
	attrs := []any{"client", event.Name, "tag", event.Tag, "message", event.Message}
	if s.suppressed > 0 {
		attrs = append(attrs, "suppressed", s.suppressed)
	}
	s.at, s.suppressed = event.Timestamp, 0
	const syslogWarning = 4
	if event.Level <= syslogWarning {
		l.to.Warn("kafka", attrs...)
		return
	}
	l.to.Debug("kafka", attrs...)
}

// close ends the passing on. Clients that are still there would wait for it for ever: they must be closed before.
func (l *logs) close() {
	close(l.stop)
	l.stopped.Wait()
}
