package runner

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Count says what is counted.
type Count int

// Counts, and what their labels are. They begin with the program.
const (
	CountStarted    Count = iota // instances that began, by process
	CountCompleted               // instances that ended as drawn, by process
	CountTerminated              // instances that were cancelled or ended by an error, by process
	CountIncidents               // incidents that came up, by process
	CountReceived                // records that were read, by topic
	CountRepeated                // records of those that were seen before and left out, by topic
	CountPublished               // messages that the bus has acknowledged, by topic
	CountBuried                  // messages that became dead letters, by cause
	countKinds
)

// maxLabels is how many labels are told apart in a count; all further ones are counted as [OtherLabel]. Topics may come from expressions.
const maxLabels = 200

// OtherLabel is that of what has no label of its own.
const OtherLabel = "(other)"

// BatchBounds are the upper bounds of the buckets of [Metrics.Batches]; there is one more without a bound.
var BatchBounds = []time.Duration{
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, time.Second, 5 * time.Second,
}

// Metrics is what has happened since the program began. It counts what is durable.
type Metrics struct {
	Counts      map[Count]map[string]int64 // by label
	DeadLetters int64                      // that are kept now
	Batches     []int64                    // by [BatchBounds]: how many batches took so long to store
	BatchTime   time.Duration              // of all batches
}

// counted is one count with its label.
type counted struct {
	count Count
	label string
}

// tally is what was counted. It is added to when a batch is durable.
type tally struct {
	mu          sync.Mutex
	counts      [countKinds]map[string]int64
	deadLetters int64
	batches     []int64
	batchTime   time.Duration
}

// tallied takes note of a batch.
func (t *tally) tallied(counts map[counted]int64, deadLetters int64, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for c, n := range counts {
		all := t.counts[c.count]
		if all == nil {
			all = map[string]int64{}
			t.counts[c.count] = all
		}
		if _, known := all[c.label]; !known && len(all) >= maxLabels {
			c.label = OtherLabel
		}
		all[c.label] += n
	}
	t.deadLetters = deadLetters
	if t.batches == nil {
		t.batches = make([]int64, len(BatchBounds)+1)
	}
	bucket, _ := slices.BinarySearch(BatchBounds, took)
	t.batches[bucket]++
	t.batchTime += took
}

// begin notes what there is before the first batch.
func (t *tally) begin(deadLetters int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deadLetters = deadLetters
}

// Metrics tells what has happened since the program began.
func (r *Runner) Metrics() Metrics {
	t := &r.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	m := Metrics{Counts: map[Count]map[string]int64{}, DeadLetters: t.deadLetters, Batches: slices.Clone(t.batches), BatchTime: t.batchTime}
	for count, all := range t.counts {
		m.Counts[Count(count)] = maps.Clone(all)
	}
	return m
}

// count counts something, if the unit becomes durable.
func (u *unit) count(c Count, label string) { u.counted = append(u.counted, counted{c, label}) }
