package runner

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// Attributes of a CloudEvent that correlate it. Kogito's extension attributes are those of its CloudEventExtensionConstants.
const (
	attributeReference   = "kogitoprocrefid"      // the instance that the message answers
	attributeInstance    = "kogitoprocinstanceid" // the instance that sent it
	attributeBusinessKey = "kogitobusinesskey"
	attributeCorrelation = "correlationkey"
)

// restPartition marks a message that did not come from Kafka.
const restPartition = -1

// message is one that came in, as it is kept until somebody takes it.
type message struct {
	Key       engine.Key     `json:"key"`
	Name      string         `json:"name"` // topic
	Partition int32          `json:"partition"`
	Offset    int64          `json:"offset"`
	Timestamp time.Time      `json:"timestamp"`
	RecordKey []byte         `json:"recordKey,omitempty"`
	Headers   []RecordHeader `json:"headers,omitempty"`
	Value     []byte         `json:"value,omitempty"`

	CorrelationKey string `json:"correlationKey,omitempty"`
	ReferenceID    string `json:"referenceId,omitempty"`
	RequesterID    string `json:"requesterId,omitempty"`
	BusinessKey    string `json:"businessKey,omitempty"`
	// Keys are correlation keys that expressions of the deployed processes took from the message.
	Keys []engine.MessageKey `json:"keys,omitempty"`

	Event     map[string]any `json:"event,omitempty"`
	Data      any            `json:"data,omitempty"`
	ExpiresAt time.Time      `json:"expiresAt,omitzero"`
}

// newMessage reads a record. Its correlation key is the attribute correlationkey, else the record's key.
func newMessage(key engine.Key, in Incoming) *message {
	m := &message{
		Key: key, Name: in.Topic, Partition: in.Partition, Offset: in.Offset, Timestamp: in.Timestamp,
		RecordKey: in.Key, Headers: in.Headers, Value: in.Value, Event: in.Attributes, Data: in.Data,
		CorrelationKey: attribute(in.Attributes, attributeCorrelation),
		ReferenceID:    attribute(in.Attributes, attributeReference),
		RequesterID:    attribute(in.Attributes, attributeInstance),
		BusinessKey:    attribute(in.Attributes, attributeBusinessKey),
	}
	if m.CorrelationKey == "" {
		m.CorrelationKey = string(in.Key)
	}
	return m
}

// isSealed says whether a record has a sealed text, wherever an expression could take it from: it comes from somebody who wants to have it opened.
func (m *message) isSealed() bool {
	return secret.In(m.Data) || secret.In(m.Event) || secret.SealedIn(m.RecordKey) || slices.ContainsFunc(m.Headers, func(h RecordHeader) bool {
		return secret.Sealed(h.Key) || secret.SealedIn(h.Value)
	})
}

// published is a message that came in by REST.
func (u *unit) published(key engine.Key, p Publication) *message {
	event := map[string]any{"id": p.ID, "type": p.Name, "time": u.now.Format(time.RFC3339Nano)}
	u.cause.trace.describe(event)
	if p.ID == "" {
		event["id"] = key.String()
	}
	if p.CorrelationKey != "" {
		event[attributeCorrelation] = p.CorrelationKey
	}
	return &message{
		Key: key, Name: p.Name, Partition: restPartition, Timestamp: u.now, Value: encode(p.Data),
		CorrelationKey: p.CorrelationKey, Event: event, Data: p.Data,
	}
}

// attribute reads an attribute as text. CloudEvents has integers and booleans too.
func attribute(attributes map[string]any, name string) string {
	switch v := attributes[name].(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	default:
		return fmt.Sprint(v)
	}
}

// content is what the instance gets.
func (m *message) content() engine.Message {
	content := engine.Message{Name: m.Name, Data: m.Data, Event: m.Event}
	if m.Partition == restPartition {
		return content
	}
	headers := map[string]any{}
	for _, h := range m.Headers {
		headers[h.Key] = string(h.Value)
	}
	content.Record = map[string]any{
		"topic": m.Name, "partition": int64(m.Partition), "offset": m.Offset, "key": string(m.RecordKey),
		"headers": headers, "timestamp": m.Timestamp.UTC().Format(time.RFC3339Nano),
	}
	return content
}

// address is one way in which a message can name the instance that it is for.
type address byte

const (
	byReference   address = 'r' // the instance's key
	byKey         address = 'k' // the subscription's correlation key, as the record has it
	byExpression  address = 'e' // the subscription's correlation key, as an expression on the message gives it
	byBusinessKey address = 'b' // the instance's business key
	byNameAlone   address = '-' // of kept messages that name nothing, and of subscriptions that take any: only at a start event
)

// addressKey is where index rows of subscriptions and of kept messages meet.
func addressKey(name string, by address, value string) rowKey {
	return append(rowKey{}.text(name), byte(by)).text(value)
}

// expressionKey is the address of a correlation key that comes from an expression. Expressions are told apart, since two
// may find the same value in different fields.
func expressionKey(name, source, key string) rowKey {
	return addressKey(name, byExpression, source).text(key)
}

// addresses are those by which the message may resume a waiting instance, in this order. An explicit reference is the
// only one: it never resumes another instance than the one that it names.
func (m *message) addresses() []rowKey {
	if m.ReferenceID != "" {
		return []rowKey{addressKey(m.Name, byReference, m.ReferenceID)}
	}
	var keys []rowKey
	for _, k := range m.Keys {
		keys = append(keys, expressionKey(m.Name, k.Source, k.Key))
	}
	if m.CorrelationKey != "" {
		keys = append(keys, addressKey(m.Name, byKey, m.CorrelationKey))
	}
	if m.BusinessKey != "" {
		keys = append(keys, addressKey(m.Name, byBusinessKey, m.BusinessKey))
	}
	return keys
}

// addressesOf are those by which a message can reach a subscription. One that takes its key from the content of the messages gets
// none by the business key: its expressions say which messages are meant for it.
func addressesOf(in *engine.Instance, sub *engine.Subscription) []rowKey {
	keys := []rowKey{addressKey(sub.Name, byReference, in.Key.String())}
	switch {
	case sub.Key != "" && sub.KeySource != "":
		keys = append(keys, expressionKey(sub.Name, sub.KeySource, sub.Key))
	case sub.Key != "":
		keys = append(keys, addressKey(sub.Name, byKey, sub.Key))
	}
	if in.BusinessKey != "" && sub.KeySource == "" {
		keys = append(keys, addressKey(sub.Name, byBusinessKey, in.BusinessKey))
	}
	if sub.Any && in.BusinessKey == "" {
		keys = append(keys, addressKey(sub.Name, byNameAlone, ""))
	}
	return keys
}
