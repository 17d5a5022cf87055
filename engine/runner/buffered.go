package runner

import (
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// BufferedMessage is a message that nobody awaits yet.
type BufferedMessage struct {
	Key            engine.Key
	Name           string // topic
	CorrelationKey string
	ReferenceID    string // kogitoprocrefid: the instance that it is for
	BusinessKey    string
	ExpiresAt      time.Time
}

// BufferedMessages lists the messages that nobody awaits yet, oldest first, after the given key, at most limit and
// not many more than weigh 4 MiB together, and says whether there are more.
func (r *Runner) BufferedMessages(after engine.Key, limit int) (items []BufferedMessage, more bool, err error) {
	return listRows(r, tableBuffer, after, limit, func(m *message) BufferedMessage {
		return BufferedMessage{
			Key: m.Key, Name: m.Name, CorrelationKey: m.CorrelationKey, ReferenceID: m.ReferenceID, BusinessKey: m.BusinessKey, ExpiresAt: m.ExpiresAt,
		}
	})
}

// listBytes is how much listRows reads at once: each message may have some megabytes, and all that were read are in memory together.
const listBytes = 4 << 20

// listRows reads a part of a table whose keys are message keys.
func listRows[Row, Item any](r *Runner, table Table, after engine.Key, limit int, show func(*Row) Item) (items []Item, more bool, err error) {
	err = r.store.View(func(tx ReadTx) error {
		var failed error
		size := 0
		tx.Ascend(table, rowKey{}.key(after+1), func(_, value []byte) bool {
			if more = len(items) == limit || size >= listBytes; more {
				return false
			}
			size += len(value)
			row := new(Row)
			failed = decode(value, row)
			items = append(items, show(row))
			return failed == nil
		})
		return failed
	})
	return items, more, err
}
