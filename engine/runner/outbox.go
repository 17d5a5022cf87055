package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// publishAtOnce is how many messages are given to the bus at once, and publishBytes about how many bytes: however much waits for a broker
// that is away, it waits on the disk.
const (
	publishAtOnce = 500
	publishBytes  = 8 << 20
)

// publish puts a message into the outbox. Its id depends on nothing but the store, the instance and the event, so that it is
// the same however often the message is sent. A task header with the name of the attribute says which instance the message answers, ""
// none, in place of the sender of the event that began this one. The task header secrets names the fields of the data in which the receiver is to
// read what is sealed, separated by commas, or says that it is masked.
func (u *unit) publish(in *engine.Instance, e engine.MessageThrown) {
	id := uuid.NewSHA1(u.r.id, fmt.Appendf(nil, "%s/%d", in.Key, e.ID))
	trace := u.traceOf(in.Key).by(id)
	m := Outgoing{
		ID:            id.String(),
		Time:          u.now,
		Topic:         e.Topic,
		Key:           cmp.Or(e.Key, in.BusinessKey, in.RootKey.String()),
		Headers:       e.Headers,
		SecretsIn:     e.Headers[headerSecrets],
		Data:          encode(e.Data),
		InstanceKey:   in.Key.String(),
		ProcessID:     in.ProcessID,
		Version:       in.Version,
		RootKey:       in.RootKey.String(),
		RootProcessID: in.RootProcessID,
		ReferenceID:   in.ReferenceID,
		BusinessKey:   in.BusinessKey,
		TraceParent:   trace.Parent,
		TraceState:    trace.State,
	}
	if reference, said := e.Headers[attributeReference]; said {
		m.ReferenceID = reference
		m.Headers = without(m.Headers, attributeReference)
	}
	if m.SecretsIn != "" {
		m.Headers = without(m.Headers, headerSecrets)
	}
	if in.Parent != nil {
		m.ParentKey = in.Parent.Key.String()
	}
	u.send(m)
}

// headerSecrets is a task header that is meant for the runner and not for the receiver. secretsMasked is what it says of a message for everybody.
const (
	headerSecrets = "secrets"
	secretsMasked = "masked"
)

func without(headers map[string]string, name string) map[string]string {
	rest := maps.Clone(headers)
	delete(rest, name)
	return rest
}

// send puts a message into the outbox.
func (u *unit) send(m Outgoing) {
	u.insert(tableOutbox, rowKey{}.num(int64(u.nextSeq(1))), encode(m))
	u.messages++
}

// dispatch sends what is in the outbox, in its order, until ctx ends. A row is deleted when the bus has acknowledged it; if
// the program stops in between, the message is sent again, with the same id.
func (r *Runner) dispatch(ctx context.Context) {
	var wait backoff
	for ctx.Err() == nil {
		sent, err := r.dispatchSome(ctx)
		if ctx.Err() != nil {
			return
		}
		r.health.set(troubleOutbox, err)
		switch {
		case err != nil:
			r.log.Warn("messages could not be published; they are kept and tried again", slog.Any("error", err))
			if sent > 0 {
				wait.reset()
			}
			wait.sleep(ctx, r.opts.Clock)
		case sent > 0:
			wait.reset()
		default:
			select {
			case <-ctx.Done():
			case <-r.published:
			}
		}
	}
}

// outboxRow is a message with the number of its row.
type outboxRow struct {
	number  int64
	message Outgoing
}

// dispatchSome sends the oldest messages of the outbox, forgets those that were acknowledged, and returns their number. A
// message that the bus can never send becomes a dead letter.
func (r *Runner) dispatchSome(ctx context.Context) (int, error) {
	rows, err := r.outboxRows()
	if err == nil && len(rows) > 0 {
		err = r.checkCluster(ctx)
	}
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	n, failed := r.sendRows(ctx, rows)
	done := rows[:n]
	var refused *Outgoing
	if errors.Is(failed, ErrUnpublishable) && n < len(rows) {
		refused = &rows[n].message
		done = rows[:n+1]
	}
	if len(done) == 0 {
		return 0, failed
	}
	err = r.submit(context.WithoutCancel(ctx), func(u *unit) error {
		for _, row := range done {
			u.delete(tableOutbox, rowKey{}.num(row.number))
		}
		for _, row := range rows[:n] {
			u.count(CountPublished, row.message.Topic)
		}
		if refused != nil {
			u.buryOutgoing(refused, failed)
		}
		return nil
	})
	if refused != nil {
		failed = nil
	}
	return len(done), errors.Join(failed, err)
}

// sendRows sends messages as their receivers are to get them, up to the first that cannot be, and returns how many were acknowledged.
func (r *Runner) sendRows(ctx context.Context, rows []outboxRow) (int, error) {
	messages := make([]Outgoing, 0, len(rows))
	var unopened error
	for _, row := range rows {
		var m Outgoing
		if m, unopened = r.readable(row.message); unopened != nil {
			unopened = fmt.Errorf("%w: %w", ErrUnpublishable, unopened)
			break
		}
		messages = append(messages, m)
	}
	if len(messages) == 0 {
		return 0, unopened
	}
	n, err := r.opts.Bus.Publish(ctx, messages)
	return n, cmp.Or(err, unopened)
}

// readable gives a message as its receiver is to get it. Nothing that is sealed leaves so.
func (r *Runner) readable(m Outgoing) (Outgoing, error) {
	sealed := secret.Sealed(m.Topic) || secret.Sealed(m.Key) || secret.Sealed(m.BusinessKey) || secret.Sealed(m.ReferenceID)
	for _, text := range m.Headers {
		sealed = sealed || secret.Sealed(text)
	}
	if sealed {
		return m, errors.New("an encrypted value stands in a header or in the key of the message")
	}
	var err error
	if m.SecretsIn == secretsMasked {
		m.Data = secret.MaskDocument(m.Data)
	} else {
		m.Data, err = r.opts.Secrets.Open(m.Data, m.SecretsIn)
	}
	return m, err
}

func (r *Runner) outboxRows() (rows []outboxRow, err error) {
	err = r.store.View(func(tx ReadTx) error {
		var failed error
		bytes := 0
		tx.Ascend(tableOutbox, nil, func(key, value []byte) bool {
			row := outboxRow{number: num(key, 1)}
			failed = decode(value, &row.message)
			rows = append(rows, row)
			bytes += len(value)
			return failed == nil && len(rows) < publishAtOnce && bytes < publishBytes
		})
		return failed
	})
	return rows, err
}

// backoff waits longer after each failure.
type backoff struct{ next time.Duration }

const (
	backoffFirst = 100 * time.Millisecond
	backoffMost  = 30 * time.Second
)

func (b *backoff) reset() { b.next = 0 }

func (b *backoff) step() time.Duration {
	b.next = min(max(2*b.next, backoffFirst), backoffMost)
	return b.next
}

// sleep waits, at most until ctx ends.
func (b *backoff) sleep(ctx context.Context, clock Clock) {
	wake, stop := clock.Wake(clock.Now().Add(b.step()))
	defer stop()
	select {
	case <-ctx.Done():
	case <-wake:
	}
}
