package kafka

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

const structuredJSON = structuredType + jsonSuffix + "; charset=UTF-8"

// modeHeader is the task header by which a process chooses CloudEvents' binary mode for what it publishes, with the value "binary": the
// record's value is the data alone, as systems read it that know nothing of CloudEvents, and the attributes are headers.
const modeHeader = "contentMode"

// Headers of a distributed trace (W3C Trace Context).
const (
	traceParentHeader = "traceparent"
	traceStateHeader  = "tracestate"
)

// envelope is a CloudEvent in the JSON event format, with the extension attributes that Kogito writes, in this order
// (kogito-events-core: DataEventFactory, ProcessMeta), and those of CloudEvents' extension for distributed tracing.
type envelope struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Time            string          `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	ProcessType     string          `json:"kogitoproctype"`
	InstanceKey     string          `json:"kogitoprocinstanceid,omitempty"`
	Version         string          `json:"kogitoprocversion,omitempty"`
	ProcessID       string          `json:"kogitoprocid,omitempty"`
	InstanceState   string          `json:"kogitoprocist"`
	ParentKey       string          `json:"kogitoparentprociid,omitempty"`
	RootKey         string          `json:"kogitorootprociid,omitempty"`
	RootProcessID   string          `json:"kogitorootprocid,omitempty"`
	ReferenceID     string          `json:"kogitoprocrefid,omitempty"`
	BusinessKey     string          `json:"kogitobusinesskey,omitempty"`
	TraceParent     string          `json:"traceparent,omitempty"`
	TraceState      string          `json:"tracestate,omitempty"`
	Data            json.RawMessage `json:"data,omitempty"`
}

// encode makes the record of a message. The same message always gives the same bytes.
func encode(m runner.Outgoing) (*confluent.Message, error) {
	e := envelope{
		SpecVersion:     specVersion,
		ID:              m.ID,
		Source:          "/process/" + m.ProcessID,
		Type:            m.Topic,
		Time:            m.Time.UTC().Format(time.RFC3339Nano),
		DataContentType: "application/json",
		ProcessType:     "BPMN",
		InstanceKey:     m.InstanceKey,
		ProcessID:       m.ProcessID,
		InstanceState:   "Active",
		ParentKey:       m.ParentKey,
		RootKey:         m.RootKey,
		RootProcessID:   m.RootProcessID,
		ReferenceID:     m.ReferenceID,
		BusinessKey:     m.BusinessKey,
		TraceParent:     m.TraceParent,
		TraceState:      m.TraceState,
		Data:            m.Data,
	}
	if m.Version > 0 {
		e.Version = strconv.Itoa(m.Version)
	}
	value, headers, err := e.structured()
	if strings.EqualFold(m.Headers[modeHeader], "binary") {
		value, headers, err = e.binary()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: message %s: its data is not JSON", runner.ErrUnpublishable, m.ID)
	}
	topic := m.Topic
	record := &confluent.Message{
		TopicPartition: confluent.TopicPartition{Topic: &topic, Partition: confluent.PartitionAny},
		Value:          value,
		Headers:        headers,
	}
	if m.Key != "" {
		record.Key = []byte(m.Key)
	}
	ours := []string{contentHeader, modeHeader} // what they say is not for task headers to say
	if m.TraceParent != "" {                    // as those who know nothing of CloudEvents look for it
		record.Headers = append(record.Headers, confluent.Header{Key: traceParentHeader, Value: []byte(m.TraceParent)})
		ours = append(ours, traceParentHeader, traceStateHeader)
	}
	if m.TraceState != "" {
		record.Headers = append(record.Headers, confluent.Header{Key: traceStateHeader, Value: []byte(m.TraceState)})
	}
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		if !slices.ContainsFunc(ours, func(own string) bool { return strings.EqualFold(name, own) }) {
			record.Headers = append(record.Headers, confluent.Header{Key: name, Value: []byte(m.Headers[name])})
		}
	}
	return record, nil
}

// structured is the event as one JSON object.
func (e envelope) structured() (value []byte, headers []confluent.Header, err error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(e)
	return bytes.TrimRight(text.Bytes(), "\n"), []confluent.Header{{Key: contentHeader, Value: []byte(structuredJSON)}}, err
}

// binary is the data alone, with the attributes as headers (CloudEvents' Kafka binding, section 3.2).
func (e envelope) binary() (value []byte, headers []confluent.Header, err error) {
	value, kind := e.Data, e.DataContentType
	if !json.Valid(value) {
		return nil, nil, errors.New("no JSON")
	}
	e.Data, e.DataContentType = nil, ""
	text, err := json.Marshal(e)
	if err != nil {
		return nil, nil, err
	}
	var attributes map[string]string
	if err := json.Unmarshal(text, &attributes); err != nil {
		return nil, nil, err
	}
	headers = []confluent.Header{{Key: contentHeader, Value: []byte(kind)}}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if attributes[name] != "" {
			headers = append(headers, confluent.Header{Key: headerPrefix + name, Value: []byte(attributes[name])})
		}
	}
	return value, headers, nil
}
