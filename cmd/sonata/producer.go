package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// brokerTimeout is how long a broker may take to answer.
const brokerTimeout = 10 * time.Second

// producer publishes single records, as the other systems do that speak to Sonata.
type producer struct {
	brokers string
	kafka   *kafka.Producer
}

// openProducer connects to a comma-separated list of brokers. Close it.
func openProducer(brokers string, options pairs) (*producer, error) {
	config := kafka.ConfigMap{
		"bootstrap.servers":  brokers,
		"client.id":          "sonata-publish",
		"enable.idempotence": true,
		"message.timeout.ms": int(brokerTimeout.Milliseconds()),
		"log_level":          0, // what goes wrong is returned as an error
	}
	for name, value := range options {
		// As adapters/kafka does: sasl.password.file names the file that holds sasl.password.
		if key, inFile := strings.CutSuffix(name, ".file"); inFile {
			content, err := os.ReadFile(value)
			if err != nil {
				return nil, fmt.Errorf("--kafka-option %s: %w", name, err)
			}
			name, value = key, strings.TrimRight(string(content), "\r\n")
		}
		config[name] = value
	}
	p, err := kafka.NewProducer(&config)
	if err != nil && len(options) == 0 {
		return nil, fmt.Errorf("kafka %s: %w", brokers, err)
	}
	if err != nil {
		// The error quotes the value that it does not like; that may be a secret.
		return nil, fmt.Errorf("--kafka-option: librdkafka refuses one of %s", options.String())
	}
	return &producer{brokers, p}, nil
}

// publish returns when the record is acknowledged. Ask checkTopic before.
func (p *producer) publish(ctx context.Context, topic string, key, value []byte, headers ...kafka.Header) (kafka.TopicPartition, error) {
	report := make(chan kafka.Event, 1)
	err := p.kafka.Produce(&kafka.Message{
		TopicPartition: kafka.TopicPartition{Topic: &topic, Partition: kafka.PartitionAny},
		Key:            key,
		Value:          value,
		Headers:        append(headers, kafka.Header{Key: "content-type", Value: []byte("application/cloudevents+json; charset=UTF-8")}),
	}, report)
	if err != nil {
		return kafka.TopicPartition{}, fmt.Errorf("kafka %s: %w", p.brokers, err)
	}
	select {
	case <-ctx.Done():
		return kafka.TopicPartition{}, ctx.Err()
	case event := <-report:
		message, ok := event.(*kafka.Message)
		if !ok {
			return kafka.TopicPartition{}, fmt.Errorf("kafka %s: %v", p.brokers, event)
		}
		if err := message.TopicPartition.Error; err != nil {
			return kafka.TopicPartition{}, fmt.Errorf("kafka %s did not take the record: %w", p.brokers, err)
		}
		return message.TopicPartition, nil
	}
}

// checkTopic says at once what otherwise shows as a record that times out. It asks as an administrator does: a producer's question
// makes a topic that is missing (auto.create.topics.enable is Kafka's default), which is not for whoever mistyped its name.
func (p *producer) checkTopic(ctx context.Context, topic string) error {
	admin, err := kafka.NewAdminClientFromProducer(p.kafka)
	if err != nil {
		return fmt.Errorf("kafka %s: %w", p.brokers, err)
	}
	defer admin.Close()
	result, err := admin.DescribeTopics(ctx, kafka.NewTopicCollectionOfTopicNames([]string{topic}), kafka.SetAdminRequestTimeout(brokerTimeout))
	if err != nil {
		return fmt.Errorf("no Kafka broker answers at %s: %w", p.brokers, err)
	}
	for _, found := range result.TopicDescriptions {
		if found.Error.Code() != kafka.ErrNoError {
			return fmt.Errorf("topic %s cannot be used: %w; topics are created when a process that uses them is deployed", topic, found.Error)
		}
	}
	return nil
}

func (p *producer) close() { p.kafka.Close() }
