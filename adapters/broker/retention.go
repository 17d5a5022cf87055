package broker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// retentionInterval is Kafka's default of log.retention.check.interval.ms.
const retentionInterval = 5 * time.Minute

// neverMillis is 285 years.
const neverMillis = "9000000000000"

func retentionMillis(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return d.Milliseconds()
}

// retain removes records that are too old or too many, at the start and then every few minutes. kfake's own retention is
// switched off, because it removes the newest record of a partition too, and then forgets at the next start where the log ended.
func (b *Broker) retain(ctx context.Context) {
	ticker := time.NewTicker(retentionInterval)
	defer ticker.Stop()
	for {
		if err := b.expire(ctx, time.Now()); err != nil && ctx.Err() == nil {
			b.config.Logger.Warn("embedded broker: old records could not be removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (b *Broker) expire(ctx context.Context, now time.Time) error {
	topics, err := b.topics(ctx)
	if err != nil {
		return err
	}
	for _, topic := range topics {
		for _, p := range b.cluster.PartitionInfos(topic) {
			if err := b.expirePartition(ctx, topic, p, now); err != nil {
				return fmt.Errorf("partition %d of topic %s: %w", p.Partition, topic, err)
			}
		}
	}
	return nil
}

func (b *Broker) expirePartition(ctx context.Context, topic string, p *kfake.PartitionInfo, now time.Time) error {
	age, size := b.limits(topic)
	begin := p.LogStartOffset
	if age >= 0 && p.HighWatermark > begin {
		first, err := b.offsetAt(ctx, topic, p.Partition, now.UnixMilli()-age)
		if err != nil {
			return err
		}
		if first < 0 { // every record is older
			first = p.HighWatermark
		}
		begin = max(begin, first)
	}
	if excess := p.NumBytes - size; size >= 0 && excess > 0 {
		// Offsets and bytes are related closely enough: what this leaves too much goes the next time.
		share := float64(excess) / float64(p.NumBytes)
		begin = max(begin, p.LogStartOffset+int64(share*float64(p.HighWatermark-p.LogStartOffset)))
	}
	begin = min(begin, p.HighWatermark-1)
	if begin <= p.LogStartOffset {
		return nil
	}
	err := b.cluster.DeleteRecords(topic, p.Partition, begin)
	if errors.Is(err, kerr.OffsetOutOfRange) || errors.Is(err, kerr.UnknownTopicOrPartition) {
		return nil // a client was faster
	}
	return err
}

// limits returns retention.ms and retention.bytes of a topic. Negative: no limit.
func (b *Broker) limits(topic string) (age, size int64) {
	age, size = retentionMillis(b.config.Retention), b.config.RetentionBytes
	info := b.cluster.TopicInfo(topic)
	if info == nil {
		return age, size
	}
	if policy := info.Configs["cleanup.policy"]; policy != nil && *policy == "compact" {
		return -1, -1
	}
	for name, limit := range map[string]*int64{"retention.ms": &age, "retention.bytes": &size} {
		if text := info.Configs[name]; text != nil {
			if n, err := strconv.ParseInt(*text, 10, 64); err == nil {
				*limit = n
			}
		}
	}
	return age, size
}

func (b *Broker) topics(ctx context.Context) ([]string, error) {
	request := kmsg.NewMetadataRequest()
	request.Version = 1 // the first in which no topics means all
	response, err := b.ask(ctx, &request)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, t := range response.(*kmsg.MetadataResponse).Topics {
		names = append(names, *t.Topic)
	}
	return names, nil
}

// offsetAt returns the offset of the first record at or after a time in Unix milliseconds, or -1 if there is none.
func (b *Broker) offsetAt(ctx context.Context, topic string, partition int32, millis int64) (int64, error) {
	request := kmsg.NewListOffsetsRequest()
	request.Version = 1 // the first that asks for one offset
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.Partition, p.Timestamp = partition, millis
	t := kmsg.NewListOffsetsRequestTopic()
	t.Topic, t.Partitions = topic, append(t.Partitions, p)
	request.Topics = append(request.Topics, t)
	response, err := b.ask(ctx, &request)
	if err != nil {
		return 0, err
	}
	for _, t := range response.(*kmsg.ListOffsetsResponse).Topics {
		for _, p := range t.Partitions {
			return p.Offset, kerr.ErrorForCode(p.ErrorCode)
		}
	}
	return 0, errors.New("no answer")
}

// ask sends the broker a request as clients do. kfake has no call for what it asks. Versions must be older than those with tagged
// fields (KIP-482), whose headers look different.
func (b *Broker) ask(ctx context.Context, request kmsg.Request) (kmsg.Response, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", b.addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	const patience = 10 * time.Second
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	frame := kmsg.NewRequestFormatter(kmsg.FormatterClientID("sonata-retention")).AppendRequest(nil, request, 1)
	if _, err := conn.Write(frame); err != nil {
		return nil, err
	}
	head := make([]byte, 8) // size of what follows these four bytes, correlation id
	if _, err := io.ReadFull(conn, head); err != nil {
		return nil, err
	}
	body := make([]byte, binary.BigEndian.Uint32(head)-4)
	if _, err := io.ReadFull(conn, body); err != nil {
		return nil, err
	}
	response := request.ResponseKind()
	return response, response.ReadFrom(body)
}
