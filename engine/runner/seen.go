package runner

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

const day = 24 * time.Hour

func dayOf(t time.Time) int64 { return t.Unix() / int64(day/time.Second) }

// oldestDay is the first day of which the event ids are still within the window.
func (r *Runner) oldestDay(now time.Time) int64 { return dayOf(now.Add(-r.opts.SeenWindow)) }

// seenKey is short, whatever the source and the id are.
func seenKey(source, id string) []byte {
	h := sha256.New()
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(source))))
	h.Write([]byte(source))
	h.Write([]byte(id))
	return h.Sum(nil)[:16]
}

// seen notes that an event has come in, as the message with the given key. If it has come in before, within the window,
// it returns the key that it had then.
func (u *unit) seen(source, id string, key engine.Key) (before engine.Key, repeated bool) {
	row := seenKey(source, id)
	since := u.now.Add(-u.r.opts.SeenWindow)
	for d := dayOf(u.now); d >= max(dayOf(since), u.r.seenFrom); d-- {
		if found := u.tx.Get(seenTable(d), row); found != nil {
			if before = engine.Key(num(found, 1)); mintedAt(before).After(since) {
				return before, true
			}
			break
		}
	}
	u.put(seenTable(dayOf(u.now)), row, rowKey{}.key(key))
	return 0, false
}

// dropSeen forgets the event ids of days that have left the window. A clock that was put back opens the window anew.
func (b *batch) dropSeen() {
	from := b.r.oldestDay(b.now)
	if dayOf(b.now) >= b.r.seenFrom && from <= b.r.seenFrom {
		return
	}
	for d := b.r.seenFrom; d < from; d++ {
		b.writes.drop(seenTable(d))
	}
	b.writes.set(tableMeta, staged{key: metaSeenFrom, value: rowKey{}.num(from)})
	b.r.seenFrom = from
}
