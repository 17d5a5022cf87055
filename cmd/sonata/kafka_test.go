package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// record is a record as the other systems read it.
type record struct {
	key     string
	headers map[string]string
	event   map[string]any // the CloudEvent
}

func (r record) data() map[string]any {
	data, _ := r.event["data"].(map[string]any)
	return data
}

// publish puts a value on a topic, with a client that is not Sonata's.
func (s *sonata) publish(topic, key, value string) {
	s.t.Helper()
	producer, err := kafka.NewProducer(&kafka.ConfigMap{"bootstrap.servers": s.kafka, "acks": "all", "log_level": 0, "linger.ms": 0})
	require.NoError(s.t, err)
	defer producer.Close()
	report := make(chan kafka.Event, 1)
	require.NoError(s.t, producer.Produce(&kafka.Message{
		TopicPartition: kafka.TopicPartition{Topic: &topic, Partition: kafka.PartitionAny}, Key: []byte(key), Value: []byte(value),
	}, report))
	select {
	case event := <-report:
		require.NoError(s.t, event.(*kafka.Message).TopicPartition.Error)
	case <-time.After(patience):
		require.Fail(s.t, "the broker did not take the record")
	}
}

// consumer reads topics from their beginning.
func (s *sonata) consumer(topics ...string) *kafka.Consumer {
	s.t.Helper()
	consumer, err := kafka.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": s.kafka, "group.id": uuid.NewString(), "enable.auto.commit": false, "log_level": 0,
		"fetch.wait.max.ms": 20, "fetch.queue.backoff.ms": 20, "fetch.error.backoff.ms": 20,
	})
	require.NoError(s.t, err)
	var partitions []kafka.TopicPartition
	for _, topic := range topics {
		partitions = append(partitions, kafka.TopicPartition{Topic: &topic, Partition: 0, Offset: kafka.OffsetBeginning})
	}
	require.NoError(s.t, consumer.Assign(partitions))
	return consumer
}

// await waits for a record that matches (nil: any) and returns it.
func (s *sonata) await(topic string, match func(r record) bool) record {
	s.t.Helper()
	consumer := s.consumer(topic)
	defer consumer.Close()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		message, err := consumer.ReadMessage(200 * time.Millisecond)
		if err != nil {
			var fault kafka.Error
			require.ErrorAs(s.t, err, &fault)
			require.True(s.t, fault.IsTimeout(), "%v", err)
			continue
		}
		if r := read1(s.t, message); match == nil || match(r) {
			return r
		}
	}
	require.Failf(s.t, "no such record", "on %s; the log of the program:\n%s", topic, s.text())
	return record{}
}

// records reads everything that is on the broker, by topic. A topic without records is there too.
func (s *sonata) records() map[string][]record {
	s.t.Helper()
	consumer := s.consumer()
	defer consumer.Close()
	metadata, err := consumer.GetMetadata(nil, true, int(patience.Milliseconds()))
	require.NoError(s.t, err)
	records := map[string][]record{}
	var partitions []kafka.TopicPartition
	total := int64(0)
	for topic := range metadata.Topics {
		if strings.HasPrefix(topic, "__") {
			continue // Kafka's own
		}
		low, high, err := consumer.QueryWatermarkOffsets(topic, 0, int(patience.Milliseconds()))
		require.NoError(s.t, err)
		total += high - low
		records[topic] = nil
		partitions = append(partitions, kafka.TopicPartition{Topic: &topic, Partition: 0, Offset: kafka.OffsetBeginning})
	}
	require.NoError(s.t, consumer.Assign(partitions))
	for range total {
		message, err := consumer.ReadMessage(patience)
		require.NoError(s.t, err)
		topic := *message.TopicPartition.Topic
		records[topic] = append(records[topic], read1(s.t, message))
	}
	return records
}

func read1(t *testing.T, message *kafka.Message) record {
	t.Helper()
	r := record{key: string(message.Key), headers: map[string]string{}}
	for _, h := range message.Headers {
		r.headers[h.Key] = string(h.Value)
	}
	// What the tests publish themselves need not be JSON.
	_ = json.Unmarshal(message.Value, &r.event)
	return r
}

// effects are the records without repetitions: a receiver drops a CloudEvent whose id it has seen.
func effects(records []record) []record {
	seen := map[any]bool{}
	return slices.DeleteFunc(slices.Clone(records), func(r record) bool {
		id := r.event["id"]
		again := seen[id]
		seen[id] = true
		return again
	})
}
