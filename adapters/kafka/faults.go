package kafka

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Fault is a break in what was read from a partition: Kafka did not have the record at the position where reading was to go on.
type Fault struct {
	At        time.Time
	Topic     string
	Partition int32
	// Position is the offset that was to be read, Begins the one that was read instead, the earliest there was.
	Position, Begins int64
	// Lost is how many offsets lie between the two: about as many records were removed before they were read. It is 0 if the
	// partition had begun anew, as when a topic is deleted and created again; how many records were lost with it, nobody knows.
	Lost int64
}

// String says what happened.
func (f Fault) String() string {
	what := "the topic seems to have been created anew"
	if f.Lost > 0 {
		what = fmt.Sprintf("%d records were removed by retention before they were read", f.Lost)
	}
	return fmt.Sprintf("partition %d of topic %s has no record at offset %d: %s; reading goes on at offset %d",
		f.Partition, f.Topic, f.Position, what, f.Begins)
}

// maxFaults is how many faults are remembered.
const maxFaults = 100

type faults struct {
	mu   sync.Mutex
	list []Fault
}

func (f *faults) add(logger *slog.Logger, fault Fault) {
	fault.At = time.Now()
	logger.Error("kafka: records are lost", "fault", fault.String())
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, fault)
	f.list = f.list[max(0, len(f.list)-maxFaults):]
}

func (f *faults) all() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.list)
}
