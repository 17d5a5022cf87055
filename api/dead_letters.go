package api

import (
	"context"
	"iter"
	"net/http"
	"slices"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// deadLetter is a message that could not be used, as lists show it: without what is in it.
type deadLetter struct {
	DeadLetterKey engine.Key `json:"deadLetterKey"`
	Topic         string     `json:"topic"`
	Partition     *int       `json:"partition"` // null: it did not come from Kafka
	Offset        *int64     `json:"offset"`
	RecordKey     string     `json:"recordKey"`
	Size          int        `json:"size"` // of the payload, in bytes
	Cause         string     `json:"cause"`
	Reason        string     `json:"reason"`
	Date          time.Time  `json:"date"`
}

var causes = []string{
	string(runner.CauseUnreadable), string(runner.CauseUnmatched), string(runner.CauseRefused), string(runner.CauseFailed), string(runner.CauseUnsent),
}

var deadLetters = &collection[deadLetter]{
	name: "dead letters", key: "deadLetterKey", also: []string{"date"},
	fields: map[string]field[deadLetter]{
		"deadLetterKey": keyField(func(d deadLetter) engine.Key { return d.DeadLetterKey }),
		"topic":         stringField(func(d deadLetter) string { return d.Topic }),
		"partition":     intField(func(d deadLetter) int { return orZero(d.Partition) }),
		"recordKey":     stringField(func(d deadLetter) string { return d.RecordKey }),
		"cause":         stringField(func(d deadLetter) string { return d.Cause }, causes...),
		"reason":        stringField(func(d deadLetter) string { return d.Reason }),
		"date":          timeField(func(d deadLetter) time.Time { return d.Date }),
	},
}

func (a *api) searchDeadLetters(w http.ResponseWriter, r *http.Request) error {
	return search(ask{a, w, r}, deadLetters, func(filter) (source[deadLetter], error) {
		return listed(a.engine.DeadLetters, func(d runner.DeadLetter) (engine.Key, deadLetter) {
			return d.Key, showDeadLetter(d)
		}), nil
	})
}

func showDeadLetter(d runner.DeadLetter) deadLetter {
	shown := deadLetter{
		DeadLetterKey: d.Key, Topic: d.Topic, RecordKey: string(d.RecordKey), Size: len(d.Value), Cause: string(d.Cause), Reason: d.Reason, Date: date(d.At),
	}
	if d.Partition >= 0 {
		shown.Partition, shown.Offset = new(int(d.Partition)), new(d.Offset)
	}
	return shown
}

// listed is the source of a collection of which the runner has a list in the order of the keys. Backwards, the whole list is
// held: it is not kept that way.
func listed[R, T any](list func(after engine.Key, limit int) ([]R, bool, error), show func(R) (engine.Key, T)) source[T] {
	return func(ctx context.Context, from any, descending bool) iter.Seq2[T, error] {
		forwards := func(yield func(T, error) bool) {
			after := max(instanceOf(from)-1, 0)
			if descending {
				after = 0
			}
			for more := true; more; {
				records, further, err := list(after, scanLimit)
				if err == nil {
					err = ctx.Err()
				}
				if err != nil {
					var none T
					yield(none, err)
					return
				}
				for _, record := range records {
					key, item := show(record)
					if after = key; !yield(item, nil) {
						return
					}
				}
				more = further && len(records) > 0
			}
		}
		if !descending {
			return forwards
		}
		return backwards(forwards)
	}
}

func backwards[T any](forwards iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var items []T
		for item, err := range forwards {
			if err != nil {
				yield(item, err)
				return
			}
			items = append(items, item)
		}
		for _, item := range slices.Backward(items) {
			if !yield(item, nil) {
				return
			}
		}
	}
}
