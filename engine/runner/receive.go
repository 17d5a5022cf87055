package runner

import (
	"context"
	"log/slog"

	"github.com/sonata-bpmn/sonata/engine"
)

// Receive takes records from a Bus, in the order of their offsets, and returns when they are durably dealt with: all of
// them, or with an error none. A record below the partition's position, or whose CloudEvent was seen within
// [Options.SeenWindow], changes nothing. One that cannot be used becomes a dead letter; it never stops the others.
func (r *Runner) Receive(ctx context.Context, records []Incoming) error {
	if len(records) == 0 {
		return nil
	}
	tasks := make([]task, len(records))
	for i, record := range records {
		tasks[i] = task{
			run:    func(u *unit) error { u.take(record, nil); return nil },
			rescue: func(u *unit, err error) error { u.take(record, err); return nil },
		}
	}
	return r.submitTasks(ctx, tasks)
}

// take deals with a record. If dealing with it has failed, it is buried.
func (u *unit) take(record Incoming, failed error) {
	next := u.position(record.Topic, record.Partition)
	anew := record.Reset || next.TopicID != "" && record.TopicID != "" && next.TopicID != record.TopicID
	if record.Offset < next.Offset && !anew {
		return
	}
	u.setPosition(Position{record.Topic, record.TopicID, record.Partition, record.Offset + 1})
	work := workOfRecord(&record)
	defer u.r.workOn(u.r.workOn(work))
	u.count(CountReceived, record.Topic)
	key := u.nextKey()
	if record.ID != "" {
		if _, repeated := u.seen(record.Source, record.ID, key); repeated {
			u.count(CountRepeated, record.Topic)
			u.r.log.Debug("an event that was seen before is left out", slog.String("topic", record.Topic), slog.Int64("offset", record.Offset))
			return
		}
	}
	m := newMessage(key, record)
	reason, poison := u.isPoison(work)
	u.acquit(work)
	switch {
	case poison:
		u.clear(work)
		u.bury(m, CauseFailed, reason)
	case record.Fault != "":
		u.bury(m, CauseUnreadable, record.Fault)
	case m.isSealed():
		u.bury(m, CauseUnreadable, "it has an encrypted value, which nobody but Sonata makes")
	case failed != nil:
		u.bury(m, CauseFailed, reasonOf(failed))
	default:
		u.receive(m, u.definitions.life(m.Name, u.r.opts.MessageTTL))
	}
}

// Receipt says what became of a message that was published.
type Receipt struct {
	Key   engine.Key // of the message; of a repetition, that of the first
	Fate  Fate
	Taker engine.Key // the instance that has it, 0 if none does
}

// Publish correlates a message, or keeps it for its time to live, and returns what became of it when that is durable. A
// message whose ID came in before, within [Options.SeenWindow] and with the same name and correlation key, changes nothing.
func (r *Runner) Publish(ctx context.Context, p Publication) (Receipt, error) {
	if p.Name == "" {
		return Receipt{}, rejection(engine.CodeInvalid, "a message needs a name: the topic that its receivers wait for")
	}
	keep := p.TimeToLive
	if keep < 0 {
		keep = r.opts.MessageTTL
	}
	var receipt Receipt
	err := r.submit(ctx, func(u *unit) error {
		receipt = Receipt{Key: u.nextKey()}
		if p.ID != "" {
			source := string(rowKey("rest").text(p.Name).text(p.CorrelationKey))
			if before, repeated := u.seen(source, p.ID, receipt.Key); repeated {
				receipt = Receipt{Key: before, Fate: FateRepeated}
				return nil
			}
		}
		receipt.Taker = u.receive(u.published(receipt.Key, p), keep)
		u.finally = func() error {
			if receipt.Fate = u.fate(receipt.Key, receipt.Taker); receipt.Fate == FateTaken && receipt.Taker == 0 && keep <= 0 {
				receipt.Fate = FateDropped
			}
			return nil
		}
		return nil
	})
	if err != nil {
		return Receipt{}, err // whoever gave up must not look at what the loop may still write
	}
	return receipt, nil
}

func positionKey(topic string, partition int32) rowKey {
	return rowKey{}.text(topic).num(int64(partition))
}

// position is where to read on: at offset 0 if nothing was read yet.
func (u *unit) position(topic string, partition int32) (p Position) {
	if row := u.tx.Get(tablePositions, positionKey(topic, partition)); row != nil {
		p = decodePosition(partition, row)
	}
	return p
}

func (u *unit) setPosition(p Position) {
	row := append(rowKey{}.num(p.Offset), byte(len(p.TopicID)))
	u.put(tablePositions, positionKey(p.Topic, p.Partition), append(append(row, p.TopicID...), p.Topic...))
}

func decodePosition(partition int32, row []byte) Position {
	names := row[9:]
	id := int(row[8])
	return Position{Topic: string(names[id:]), TopicID: string(names[:id]), Partition: partition, Offset: num(row[:8], 1)}
}

// Positions lists the offset of the next record to read, for each partition of which records were received.
func (r *Runner) Positions() (positions []Position, err error) {
	err = r.store.View(func(tx ReadTx) error {
		tx.Ascend(tablePositions, nil, func(key, row []byte) bool {
			positions = append(positions, decodePosition(int32(num(key, 1)), row))
			return true
		})
		return nil
	})
	return positions, err
}
