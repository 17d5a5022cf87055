package kafka

import (
	"bytes"
	"encoding/json"
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

// envelope is a CloudEvent in the JSON event format, with the extension attributes that Kogito writes, in this order
// (kogito-events-core: DataEventFactory, ProcessMeta).
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
		Data:            m.Data,
	}
	if m.Version > 0 {
		e.Version = strconv.Itoa(m.Version)
	}
	var value bytes.Buffer
	encoder := json.NewEncoder(&value)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return nil, fmt.Errorf("%w: message %s: its data is not JSON", runner.ErrUnpublishable, m.ID)
	}
	topic := m.Topic
	record := &confluent.Message{
		TopicPartition: confluent.TopicPartition{Topic: &topic, Partition: confluent.PartitionAny},
		Value:          bytes.TrimRight(value.Bytes(), "\n"),
		Headers:        []confluent.Header{{Key: contentHeader, Value: []byte(structuredJSON)}},
	}
	if m.Key != "" {
		record.Key = []byte(m.Key)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		if !strings.EqualFold(name, contentHeader) { // says what the value is: not for others to say
			record.Headers = append(record.Headers, confluent.Header{Key: name, Value: []byte(m.Headers[name])})
		}
	}
	return record, nil
}
