package runner

import (
	"encoding/binary"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// Everything that has a key has one of its own, over all kinds, in 63 bits. Single keys and blocks of keys come from one
// counter. An instance has a block: its own key is the first of it, and the part of it with the [engine.ID] n (a token, a job, an
// incident) has the n-th after that. So nothing needs to be stored to find the part that a key names, but for the few
// instances that outgrow their block and get further ones.
const (
	// keyShift leaves room for a million keys a millisecond.
	keyShift = 20
	// blockBits is the size of a block: most instances live and die with far less than 4096 parts.
	blockBits = 12
	blockMask = 1<<blockBits - 1
)

// nextKey gives out a key. Keys begin with the time, so that a data directory that replaces a lost one does not give out the
// keys that the lost one gave out: on the same Kafka cluster a late reply would reach the wrong instance.
func (u *unit) nextKey() engine.Key {
	u.lastKey = max(u.lastKey+1, engine.Key(u.now.UnixMilli()<<keyShift))
	return u.lastKey
}

// nextBlock gives out a block of keys and returns its first.
func (u *unit) nextBlock() engine.Key {
	first := (u.nextKey() + blockMask) &^ blockMask
	u.lastKey = first | blockMask
	return first
}

// mintedAt is when a key was given out (or earlier, while the clock stood behind).
func mintedAt(key engine.Key) time.Time { return time.UnixMilli(int64(key) >> keyShift) }

// reserve gives an instance the further blocks that it has come to need.
func (u *unit) reserve(before, after *engine.Instance) {
	n := int64(1)
	if before != nil {
		n += int64(before.LastID >> blockBits)
	}
	for ; n <= int64(after.LastID>>blockBits); n++ {
		first := u.nextBlock()
		u.insert(tableBlocks, rowKey{}.key(after.Key).num(n), rowKey{}.key(first))
		u.insert(tableBlockOwners, rowKey{}.key(first), rowKey{}.key(after.Key).num(n))
	}
}

// blocksOf are the further blocks of an instance.
func blocksOf(tx ReadTx, instance engine.Key, last engine.ID) (blocks []engine.Key) {
	for n := int64(1); n <= int64(last>>blockBits); n++ {
		row := tx.Get(tableBlocks, rowKey{}.key(instance).num(n))
		if row == nil {
			break
		}
		blocks = append(blocks, engine.Key(num(row, 1)))
	}
	return blocks
}

// PartKey is the key of a part of the instance: a token (element instance), subscription (job, user task, message subscription),
// scope or incident. It fits in 63 bits, is unique over everything that has a key, and [Runner.Locate] finds the part again.
func (i InstanceInfo) PartKey(id engine.ID) engine.Key {
	if n := int(id >> blockBits); n > 0 && n <= len(i.blocks) {
		return i.blocks[n-1] | engine.Key(id&blockMask)
	}
	return i.Key + engine.Key(id)
}

// Locate finds the instance that a key is of, and which part of it the key names (0: the instance itself). Whether there is such a
// part now the instance tells. ok is false if the key is of no instance.
func (r *Runner) Locate(key engine.Key) (instance engine.Key, id engine.ID, ok bool, err error) {
	err = r.store.View(func(tx ReadTx) error {
		instance, id, ok = locate(tx, key)
		return nil
	})
	return instance, id, ok, err
}

func locate(tx ReadTx, key engine.Key) (instance engine.Key, id engine.ID, ok bool) {
	first, within := key&^blockMask, engine.ID(key&blockMask)
	if tx.Get(tableInstances, rowKey{}.key(first)) != nil {
		return first, within, true
	}
	row := tx.Get(tableBlockOwners, rowKey{}.key(first))
	if len(row) != 16 {
		return 0, 0, false
	}
	return engine.Key(num(row, 2)), engine.ID(num(row, 1)<<blockBits) | within, true
}

// encodeCounters writes what [decodeCounters] reads.
func encodeCounters(c counters) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.lastKey))
	b = binary.BigEndian.AppendUint64(b, c.lastSeq)
	return binary.BigEndian.AppendUint64(b, uint64(c.deadLetters))
}
