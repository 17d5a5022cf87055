package kafka

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

// topics knows which topics there are, and creates those that are not.
type topics struct {
	config  Config
	clients *clients

	mu    sync.Mutex
	known map[string]bool // topics that were there when we looked
}

func newTopics(config Config, clients *clients) *topics {
	return &topics{config: config, clients: clients, known: map[string]bool{}}
}

// legalName is Kafka's rule for topics (org.apache.kafka.common.internals.Topic).
var legalName = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

func isLegal(topic string) bool { return legalName.MatchString(topic) && topic != "." && topic != ".." }

// propagation is how long to wait between two looks at whether a cluster has spread the news of a topic.
const propagation = 50 * time.Millisecond

// ensure creates the topics that are missing and returns, for each that is not there in the end, why.
func (t *topics) ensure(ctx context.Context, names []string) map[string]error {
	failed := map[string]error{}
	names = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(names))), func(name string) bool {
		if !isLegal(name) {
			failed[name] = fmt.Errorf("topic %.260q: not a name that Kafka permits", name)
		}
		return failed[name] != nil || t.isKnown(name)
	})
	if len(names) == 0 {
		return failed
	}
	ctx, cancel := context.WithTimeout(ctx, t.config.RequestTimeout)
	defer cancel()
	missing, err := t.missing(ctx, names)
	if err == nil && len(missing) > 0 {
		err = t.create(ctx, missing, failed)
	}
	for err == nil && len(missing) > 0 {
		missing, err = t.awaitCreated(ctx, missing, failed)
	}
	if err != nil {
		for _, name := range names {
			if failed[name] == nil && !t.isKnown(name) {
				failed[name] = err
			}
		}
	}
	return failed
}

// awaitCreated returns which of the topics are still unknown a moment later.
func (t *topics) awaitCreated(ctx context.Context, names []string, failed map[string]error) ([]string, error) {
	names = slices.DeleteFunc(names, func(name string) bool { return failed[name] != nil })
	if len(names) == 0 {
		return nil, nil
	}
	names, err := t.missing(ctx, names)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	select {
	case <-time.After(propagation):
		return names, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("topic was created but Kafka does not show it yet: %w", ctx.Err())
	}
}

func (t *topics) isKnown(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known[name]
}

// forget makes the next ensure look again.
func (t *topics) forget(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.known, name)
}

// missing returns which of the topics are not there.
func (t *topics) missing(ctx context.Context, names []string) ([]string, error) {
	there, err := t.describe(ctx, names)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var missing []string
	for _, name := range names {
		if _, ok := there[name]; ok {
			t.known[name] = true
		} else {
			missing = append(missing, name)
		}
	}
	return missing, nil
}

// description is what Kafka says of a topic. A topic that is deleted and created again has another id.
type description struct {
	id         string
	partitions []int32
	forbidden  bool // to read
}

// describe returns those of the topics that are there.
func (t *topics) describe(ctx context.Context, names []string) (map[string]description, error) {
	if len(names) == 0 {
		return nil, nil
	}
	admin, done := t.clients.ask()
	defer done()
	result, err := admin.DescribeTopics(ctx, confluent.NewTopicCollectionOfTopicNames(names),
		confluent.SetAdminRequestTimeout(t.config.RequestTimeout), confluent.SetAdminOptionIncludeAuthorizedOperations(true))
	if err != nil {
		return nil, t.unreachable(err, t.config.RequestTimeout)
	}
	there := make(map[string]description, len(names))
	for _, topic := range result.TopicDescriptions {
		switch topic.Error.Code() {
		case confluent.ErrNoError:
			may := topic.AuthorizedOperations // none: Kafka before 2.3 does not say
			d := description{id: topic.TopicID.String(), forbidden: len(may) > 0 && !slices.Contains(may, confluent.ACLOperationRead)}
			for _, p := range topic.Partitions {
				d.partitions = append(d.partitions, int32(p.Partition))
			}
			there[topic.Name] = d
		case confluent.ErrUnknownTopicOrPart, confluent.ErrUnknownTopic, confluent.ErrUnknownTopicID:
		case confluent.ErrTopicAuthorizationFailed:
			return nil, fmt.Errorf("topic %q: Kafka does not permit this client to see it: %w", topic.Name, topic.Error)
		default:
			return nil, fmt.Errorf("topic %q: %w", topic.Name, topic.Error)
		}
	}
	return there, nil
}

// create asks for the topics and notes in failed which of them Kafka refuses.
func (t *topics) create(ctx context.Context, names []string, failed map[string]error) error {
	var specs []confluent.TopicSpecification
	for _, name := range names {
		const brokersDefault = -1
		specs = append(specs, confluent.TopicSpecification{Topic: name, NumPartitions: t.config.Partitions, ReplicationFactor: brokersDefault})
	}
	admin, done := t.clients.ask()
	defer done()
	results, err := admin.CreateTopics(ctx, specs,
		confluent.SetAdminOperationTimeout(t.config.RequestTimeout), confluent.SetAdminRequestTimeout(t.config.RequestTimeout))
	if err != nil {
		return t.unreachable(err, t.config.RequestTimeout)
	}
	for _, result := range results {
		switch result.Error.Code() {
		case confluent.ErrNoError, confluent.ErrTopicAlreadyExists:
		default:
			failed[result.Topic] = fmt.Errorf("topic %q does not exist and Kafka refuses to create it (%w): "+
				"create it with Kafka's own tools, or permit this client to", result.Topic, result.Error)
		}
	}
	return nil
}

// commit notes positions of a group that has no members.
func (t *topics) commit(ctx context.Context, group string, positions []confluent.TopicPartition) error {
	admin, done := t.clients.ask()
	defer done()
	result, err := admin.AlterConsumerGroupOffsets(ctx,
		[]confluent.ConsumerGroupTopicPartitions{{Group: group, Partitions: positions}}, confluent.SetAdminRequestTimeout(t.config.RequestTimeout))
	if err != nil {
		return err
	}
	for _, g := range result.ConsumerGroupsTopicPartitions {
		for _, p := range g.Partitions {
			if p.Error != nil {
				return p.Error
			}
		}
	}
	return nil
}

// uncancellable bounds a call that does not heed the end of its context before its time is over.
const uncancellable = 250 * time.Millisecond

// clusterID waits for a moment for what the cluster is called.
func (t *topics) clusterID(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, uncancellable)
	defer cancel()
	admin, done := t.clients.ask()
	defer done()
	return admin.ClusterID(ctx)
}

func (t *topics) unreachable(err error, within time.Duration) error {
	e, ok := errors.AsType[confluent.Error](err)
	timedOut := ok && e.IsTimeout() || errors.Is(err, context.DeadlineExceeded)
	switch {
	case timedOut:
		return fmt.Errorf("no answer from Kafka at %v within %v: %w", t.config.Brokers, within, cmp.Or(t.clients.lastTrouble(), err))
	case ok && (e.Code() == confluent.ErrTransport || e.Code() == confluent.ErrAllBrokersDown):
		return fmt.Errorf("no answer from Kafka at %v: %w", t.config.Brokers, cmp.Or(t.clients.lastTrouble(), err))
	}
	return fmt.Errorf("kafka at %v: %w", t.config.Brokers, err)
}
