package runner

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// Bounds of the dead letters, so that a sender of nonsense does not fill the disk: how many there are, and the bytes of their rows. The oldest go
// first.
const maxDeadLetters = 10_000

var maxLetterBytes int64 = 256 << 20

// Cause says why a message became a dead letter.
type Cause string

// Causes of dead letters.
const (
	CauseUnreadable Cause = "UNREADABLE" // the record is no message
	CauseUnmatched  Cause = "UNMATCHED"  // nobody came to wait for it in time, or whom it names has ended
	CauseRefused    Cause = "REFUSED"    // the process that it was to start could not start, or that of the instance that waits for it cannot be run
	CauseFailed     Cause = "FAILED"     // it made Sonata fail
	CauseUnsent     Cause = "UNSENT"     // it is one of ours, and can never be sent
)

// deadLetterRow is a message that could not be used, whole, so that it can be tried again.
type deadLetterRow struct {
	Message message   `json:"message"`
	Cause   Cause     `json:"cause"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
	Near    []Waiting `json:"near,omitempty"`
	// Outgoing is set when the message is one of ours that could not be sent.
	Outgoing *Outgoing `json:"outgoing,omitempty"`
}

// DeadLetter is a message that could not be used.
type DeadLetter struct {
	Key            engine.Key
	Topic          string
	Partition      int32 // -1: it did not come from Kafka
	Offset         int64
	Timestamp      time.Time // of the record
	RecordKey      []byte
	Headers        []RecordHeader
	Value          []byte
	CorrelationKey string
	ReferenceID    string // kogitoprocrefid: the instance that it is for
	BusinessKey    string
	Cause          Cause
	Reason         string
	At             time.Time
	Near           []Waiting // who waited for other messages of its name
}

// Waiting is who waits for messages of a name.
type Waiting struct {
	Instance       engine.Key `json:"instance"`
	ProcessID      string     `json:"processId"`
	Element        string     `json:"element"`
	CorrelationKey string     `json:"correlationKey,omitempty"`
	BusinessKey    string     `json:"businessKey,omitempty"`
}

func (row *deadLetterRow) letter() DeadLetter {
	m := &row.Message
	return DeadLetter{
		Key: m.Key, Topic: m.Name, Partition: m.Partition, Offset: m.Offset, Timestamp: m.Timestamp, RecordKey: m.RecordKey,
		Headers: m.Headers, Value: m.Value, CorrelationKey: m.CorrelationKey, ReferenceID: m.ReferenceID, BusinessKey: m.BusinessKey,
		Cause: row.Cause, Reason: row.Reason, At: row.At, Near: row.Near,
	}
}

// bury keeps a message where an operator finds it, with who nearly took it.
func (u *unit) bury(m *message, cause Cause, reason string) {
	row := deadLetterRow{Message: *m, Cause: cause, Reason: reason}
	if cause == CauseUnmatched || cause == CauseRefused { // nothing else could have been taken by anybody
		row.Near, _ = u.near(m)
	}
	u.buryRow(row)
}

// buryOutgoing keeps a message of ours that can never be sent.
func (u *unit) buryOutgoing(out *Outgoing, err error) {
	u.buryRow(deadLetterRow{
		Message: message{Key: u.nextKey(), Name: out.Topic, Partition: restPartition, RecordKey: []byte(out.Key), Value: out.Data},
		Cause:   CauseUnsent,
		Reason:  fmt.Sprintf("instance %s of %s could not send it: %v", out.InstanceKey, out.ProcessID, err), Outgoing: out,
	})
}

func (u *unit) buryRow(row deadLetterRow) {
	row.At = u.now
	encoded := encode(row)
	u.put(tableDeadLetters, rowKey{}.key(row.Message.Key), encoded)
	u.deadLetters++
	u.letterBytes += int64(len(encoded))
	u.count(CountBuried, string(row.Cause))
	u.r.log.Warn("a message could not be used; it is kept as a dead letter", slog.String("key", row.Message.Key.String()),
		slog.String("topic", row.Message.Name), slog.Int("partition", int(row.Message.Partition)),
		slog.Int64("offset", row.Message.Offset), slog.String("reason", row.Reason))
	u.forward(&row)
	for u.deadLetters > maxDeadLetters || u.letterBytes > maxLetterBytes && u.deadLetters > 1 {
		u.exhume(u.following(tableDeadLetters, nil, nil))
	}
}

// exhume removes a dead letter.
func (u *unit) exhume(key []byte) {
	u.letterBytes -= int64(len(u.tx.Get(tableDeadLetters, key)))
	u.delete(tableDeadLetters, key)
	u.deadLetters--
}

// letterBytes is how much room the dead letters take: of a store without many, hardly anything to count.
func letterBytes(tx ReadTx) (n int64) {
	tx.Ascend(tableDeadLetters, nil, func(_, row []byte) bool {
		n += int64(len(row))
		return true
	})
	return n
}

func noDeadLetter(key engine.Key) error {
	return rejection(engine.CodeNotFound, "there is no dead letter %s", key)
}

func deadLetterIn(tx ReadTx, key engine.Key) (*deadLetterRow, error) {
	data := tx.Get(tableDeadLetters, rowKey{}.key(key))
	if data == nil {
		return nil, noDeadLetter(key)
	}
	row := &deadLetterRow{}
	return row, decode(data, row)
}

// DeadLetter returns a message that could not be used. The error is an [*engine.Rejection] with [engine.CodeNotFound] when there is
// none with the key.
func (r *Runner) DeadLetter(key engine.Key) (letter DeadLetter, err error) {
	err = r.store.View(func(tx ReadTx) error {
		row, err := deadLetterIn(tx, key)
		if err == nil {
			letter = row.letter()
		}
		return err
	})
	return letter, err
}

// DeadLetters lists the messages that could not be used, oldest first, after the given key (0: from the first), at most
// limit and not many more than weigh 4 MiB together, and says whether there are more.
func (r *Runner) DeadLetters(after engine.Key, limit int) (items []DeadLetter, more bool, err error) {
	return listRows(r, tableDeadLetters, after, limit, func(row *deadLetterRow) DeadLetter { return row.letter() })
}

// DropDeadLetter removes a dead letter. The error is an [*engine.Rejection] with [engine.CodeNotFound] when there is none.
func (r *Runner) DropDeadLetter(ctx context.Context, key engine.Key) error {
	return r.submit(ctx, func(u *unit) error {
		row := rowKey{}.key(key)
		if u.tx.Get(tableDeadLetters, row) == nil {
			return noDeadLetter(key)
		}
		u.exhume(row)
		return nil
	})
}
