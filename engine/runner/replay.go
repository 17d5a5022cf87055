package runner

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// Correction says what of a dead letter to change before it is tried again; nil leaves what is there.
type Correction struct {
	Name           *string // topic
	CorrelationKey *string
	ReferenceID    *string // the instance that it is for; "": it is for whoever its keys find
	BusinessKey    *string
	Data           *any // JSON values; makes a message of a record that could not be read
}

// Fate says what has become of a message that was published or tried again.
type Fate string

// Fates of messages.
const (
	FateTaken    Fate = "TAKEN"    // an instance has it
	FateKept     Fate = "KEPT"     // it waits for its time to live
	FateDead     Fate = "DEAD"     // it is a dead letter, under the same key
	FateSent     Fate = "SENT"     // tried again: it is one of ours, and about to be published again
	FateDropped  Fate = "DROPPED"  // published: nobody waits for it, and it has no time to live
	FateRepeated Fate = "REPEATED" // published: its id came in before, so it changes nothing
)

// RetryDeadLetter treats a dead letter, as it is or corrected, as if it had just come in: after a process was deployed or mended,
// it may find its receiver. One that nobody takes is kept for [Options.MessageTTL] and then buried again. It returns what has become of it and
// who took it. The error is an [*engine.Rejection] when there is no such dead letter or it cannot be read as a message.
func (r *Runner) RetryDeadLetter(ctx context.Context, key engine.Key, c Correction) (Fate, engine.Key, error) {
	var fate Fate
	var taker engine.Key
	err := r.submit(ctx, func(u *unit) error {
		row, err := deadLetterIn(u.tx, key)
		switch {
		case err != nil:
			return err
		case row.Cause == CauseUnreadable && c.Data == nil:
			return rejection(engine.CodeState, "dead letter %s cannot be tried again as it is (%s); give it data that is right", key, row.Reason)
		case c.Name != nil && *c.Name == "":
			return rejection(engine.CodeInvalid, "a message needs a name: the topic that its receivers wait for")
		}
		u.exhume(rowKey{}.key(key))
		if out := row.Outgoing; out != nil {
			c.correctOutgoing(out)
			u.send(*out)
			fate = FateSent
			return nil
		}
		m := &row.Message
		c.correct(m)
		taker = u.receive(m, r.opts.MessageTTL)
		u.finally = func() error {
			fate = u.fate(key, taker)
			return nil
		}
		return nil
	})
	if err != nil {
		return "", 0, err // whoever gave up must not look at what the loop may still write
	}
	return fate, taker, nil
}

func (u *unit) fate(key, taker engine.Key) Fate {
	switch {
	case u.tx.Get(tableDeadLetters, rowKey{}.key(key)) != nil:
		return FateDead
	case taker == 0 && u.tx.Get(tableBuffer, rowKey{}.key(key)) != nil:
		return FateKept
	}
	return FateTaken
}

// correct changes the fields that correlate a message together with the attributes from which they were read, so that
// the process sees what it was correlated by.
func (c Correction) correct(m *message) {
	attributes := map[string]any{}
	maps.Copy(attributes, m.Event)
	for _, change := range []struct {
		value     *string
		field     *string
		attribute string
	}{
		{c.CorrelationKey, &m.CorrelationKey, attributeCorrelation},
		{c.ReferenceID, &m.ReferenceID, attributeReference},
		{c.BusinessKey, &m.BusinessKey, attributeBusinessKey},
	} {
		if change.value != nil {
			*change.field, attributes[change.attribute] = *change.value, *change.value
		}
	}
	if c.Name != nil {
		m.Name = *c.Name
	}
	if c.Data != nil {
		m.Data, m.Value = *c.Data, encode(*c.Data)
	}
	m.Event = attributes
}

func (c Correction) correctOutgoing(out *Outgoing) {
	if c.Name != nil {
		out.Topic = *c.Name
	}
	if c.CorrelationKey != nil {
		out.Key = *c.CorrelationKey
	}
	if c.Data != nil {
		out.Data = encode(*c.Data)
	}
}

// forward publishes a dead letter to the topic for them, if there is one. One of ours that cannot be sent is not: it may be just that.
func (u *unit) forward(row *deadLetterRow) {
	topic := u.r.opts.DeadLetterTopic
	if topic == "" || row.Outgoing != nil {
		return
	}
	m := &row.Message
	headers := make([]any, len(m.Headers))
	for i, h := range m.Headers {
		headers[i] = map[string]any{"key": h.Key, "value": textOrBase64(h.Value)}
	}
	u.send(Outgoing{
		ID: uuid.NewSHA1(u.r.id, fmt.Appendf(nil, "dead letter %s %d", m.Key, row.At.UnixNano())).String(), Time: u.now, Topic: topic,
		Key: secret.Mask(string(m.RecordKey)), SecretsIn: secretsMasked,
		Data: encode(map[string]any{
			"deadLetterKey": m.Key.String(), "cause": row.Cause, "reason": row.Reason, "topic": m.Name, "partition": m.Partition,
			"offset": m.Offset, "recordKey": textOrBase64(m.RecordKey), "headers": headers, "value": textOrBase64(m.Value), "near": row.Near,
		}),
	})
}

// textOrBase64 is {"text": …} of bytes that are a text, else {"base64": …}.
func textOrBase64(data []byte) map[string]string {
	if utf8.Valid(data) {
		return map[string]string{"text": string(data)}
	}
	return map[string]string{"base64": base64.StdEncoding.EncodeToString(data)}
}
