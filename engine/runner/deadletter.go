package runner

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
)

// maxDeadLetters bounds the dead letters, so that a sender of nonsense does not fill the disk. The oldest go first.
const maxDeadLetters = 10_000

// deadLetterRow is a message that could not be used, whole, so that it can be tried again.
type deadLetterRow struct {
	Message message   `json:"message"`
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
	// Unreadable: there is nothing to try again with.
	Unreadable bool `json:"unreadable,omitempty"`
	// Outgoing is set when the message is one of ours that could not be sent.
	Outgoing *Outgoing `json:"outgoing,omitempty"`
}

// DeadLetter is a message that could not be used.
type DeadLetter struct {
	Key       engine.Key     `json:"key"`
	Topic     string         `json:"topic"`
	Partition int32          `json:"partition"` // -1: it did not come from Kafka
	Offset    int64          `json:"offset"`
	RecordKey []byte         `json:"recordKey,omitempty"`
	Headers   []RecordHeader `json:"headers,omitempty"`
	Value     []byte         `json:"value,omitempty"`
	Reason    string         `json:"reason"`
	At        time.Time      `json:"at"`
}

func (row *deadLetterRow) letter() DeadLetter {
	m := &row.Message
	return DeadLetter{
		Key: m.Key, Topic: m.Name, Partition: m.Partition, Offset: m.Offset, RecordKey: m.RecordKey, Headers: m.Headers,
		Value: m.Value, Reason: row.Reason, At: row.At,
	}
}

// bury keeps a message where an operator finds it.
func (u *unit) bury(m *message, reason string) { u.buryRow(deadLetterRow{Message: *m, Reason: reason}) }

func (u *unit) buryUnreadable(m *message, fault string) {
	u.buryRow(deadLetterRow{Message: *m, Reason: fault, Unreadable: true})
}

// buryOutgoing keeps a message of ours that can never be sent.
func (u *unit) buryOutgoing(out *Outgoing, err error) {
	u.buryRow(deadLetterRow{
		Message: message{Key: u.nextKey(), Name: out.Topic, Partition: restPartition, RecordKey: []byte(out.Key), Value: out.Data},
		Reason:  fmt.Sprintf("instance %s of %s could not send it: %v", out.InstanceKey, out.ProcessID, err), Outgoing: out,
	})
}

func (u *unit) buryRow(row deadLetterRow) {
	row.At = u.now
	u.put(tableDeadLetters, rowKey{}.key(row.Message.Key), encode(row))
	u.deadLetters++
	u.r.log.Warn("a message could not be used; it is kept as a dead letter", slog.String("key", row.Message.Key.String()),
		slog.String("topic", row.Message.Name), slog.Int("partition", int(row.Message.Partition)),
		slog.Int64("offset", row.Message.Offset), slog.String("reason", row.Reason))
	if u.deadLetters > maxDeadLetters {
		var oldest []byte
		u.tx.Ascend(tableDeadLetters, nil, func(key, _ []byte) bool {
			oldest = bytes.Clone(key)
			return false
		})
		u.exhume(oldest)
	}
}

// exhume removes a dead letter.
func (u *unit) exhume(key []byte) {
	u.delete(tableDeadLetters, key)
	u.deadLetters--
}

func (u *unit) deadLetter(key engine.Key) (*deadLetterRow, error) {
	data := u.tx.Get(tableDeadLetters, rowKey{}.key(key))
	if data == nil {
		return nil, rejection(engine.CodeNotFound, "there is no dead letter %s", key)
	}
	row := &deadLetterRow{}
	return row, decode(data, row)
}

// DeadLetters lists the messages that could not be used, oldest first, after the given key (0: from the first), at most
// limit, and says whether there are more.
func (r *Runner) DeadLetters(after engine.Key, limit int) (items []DeadLetter, more bool, err error) {
	return listRows(r, tableDeadLetters, after, limit, func(row *deadLetterRow) DeadLetter { return row.letter() })
}

// DropDeadLetter removes a dead letter. The error is an [*engine.Rejection] with [engine.CodeNotFound] when there is none.
func (r *Runner) DropDeadLetter(ctx context.Context, key engine.Key) error {
	return r.submit(ctx, func(u *unit) error {
		if _, err := u.deadLetter(key); err != nil {
			return err
		}
		u.exhume(rowKey{}.key(key))
		return nil
	})
}

// RetryDeadLetter treats a dead letter as if it had just come in: after a process was deployed or mended, it may find its
// receiver. One that nobody takes is kept for [Options.MessageTTL] and then buried again. The error is an
// [*engine.Rejection] when there is no such dead letter or it cannot be read as a message.
func (r *Runner) RetryDeadLetter(ctx context.Context, key engine.Key) error {
	return r.submit(ctx, func(u *unit) error {
		row, err := u.deadLetter(key)
		switch {
		case err != nil:
			return err
		case row.Unreadable:
			return rejection(engine.CodeState, "dead letter %s cannot be tried again: %s", key, row.Reason)
		}
		u.exhume(rowKey{}.key(key))
		if out := row.Outgoing; out != nil {
			u.insert(tableOutbox, rowKey{}.num(int64(u.nextSeq(1))), encode(out))
			u.messages++
			return nil
		}
		u.receive(&row.Message, r.opts.MessageTTL)
		return nil
	})
}

// BufferedMessage is a message that nobody awaits yet.
type BufferedMessage struct {
	Key            engine.Key
	Name           string // topic
	CorrelationKey string
	ReferenceID    string // kogitoprocrefid: the instance that it is for
	BusinessKey    string
	ExpiresAt      time.Time
}

// BufferedMessages lists the messages that nobody awaits yet, oldest first, after the given key, at most limit, and says
// whether there are more.
func (r *Runner) BufferedMessages(after engine.Key, limit int) (items []BufferedMessage, more bool, err error) {
	return listRows(r, tableBuffer, after, limit, func(m *message) BufferedMessage {
		return BufferedMessage{
			Key: m.Key, Name: m.Name, CorrelationKey: m.CorrelationKey, ReferenceID: m.ReferenceID, BusinessKey: m.BusinessKey, ExpiresAt: m.ExpiresAt,
		}
	})
}

// listRows reads a part of a table whose keys are message keys.
func listRows[Row, Item any](r *Runner, table Table, after engine.Key, limit int, show func(*Row) Item) (items []Item, more bool, err error) {
	err = r.store.View(func(tx ReadTx) error {
		var failed error
		tx.Ascend(table, rowKey{}.key(after+1), func(_, value []byte) bool {
			if more = len(items) == limit; more {
				return false
			}
			row := new(Row)
			failed = decode(value, row)
			items = append(items, show(row))
			return failed == nil
		})
		return failed
	})
	return items, more, err
}
