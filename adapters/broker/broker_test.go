package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, config Config) *Broker {
	t.Helper()
	if config.Dir == "" {
		config.Dir = filepath.Join(t.TempDir(), "broker")
	}
	if config.Listen == "" {
		config.Listen = "127.0.0.1:0"
	}
	b, err := Start(config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

func client(t *testing.T, b *Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(b.Addr()), kgo.ProducerBatchCompression(kgo.NoCompression()))...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func produce(t *testing.T, c *kgo.Client, records ...*kgo.Record) {
	t.Helper()
	require.NoError(t, c.ProduceSync(deadline(t), records...).FirstErr())
}

func TestTopicsRecordsAndOffsetsOutliveTheProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "broker")
	b := start(t, Config{Dir: dir})
	require.NoError(t, b.CreateTopic("orders", 0))
	require.NoError(t, b.CreateTopic("orders", 0), "creating it again changes nothing")
	c := client(t, b)
	produce(t, c, &kgo.Record{Topic: "orders", Key: []byte("k"), Value: []byte("v")})
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	require.NoError(t, b.Close())
	require.NoError(t, b.Close(), "twice is harmless")
	require.ErrorIs(t, b.CreateTopic("late", 0), net.ErrClosed)

	b = start(t, Config{Dir: dir, Listen: b.Addr()})
	c = client(t, b, kgo.ConsumeTopics("orders"))
	records := c.PollFetches(deadline(t)).Records()
	require.Len(t, records, 1)
	require.Equal(t, "v", string(records[0].Value))
}

func TestTopicsDoNotComeIntoBeingByBeingMentioned(t *testing.T) {
	c := client(t, start(t, Config{}), kgo.AllowAutoTopicCreation(), kgo.UnknownTopicRetries(0))
	err := c.ProduceSync(deadline(t), &kgo.Record{Topic: "typo", Value: []byte("v")}).FirstErr()
	require.ErrorIs(t, err, kerr.UnknownTopicOrPartition)
}

func TestListenErrorsSayWhatToDo(t *testing.T) {
	b := start(t, Config{})
	host, port, err := net.SplitHostPort(b.Addr())
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", host)
	for listen, want := range map[string][]string{
		b.Addr():       {"port " + port, "in use", "--broker-listen", "--kafka " + b.Addr()},
		"0.0.0.0:0":    {"--broker-listen 0.0.0.0:0", "names no address"},
		"[::]:0":       {"--broker-listen [::]:0", "names no address"},
		"192.0.2.1:0":  {"--broker-listen 192.0.2.1:0", "other machines", "--kafka"},
		"127.0.0.1":    {"--broker-listen 127.0.0.1", "host:port"},
		"127.0.0.1:-1": {"host:port"},
	} {
		_, err := Start(Config{Dir: filepath.Join(t.TempDir(), "broker"), Listen: listen})
		for _, part := range want {
			require.ErrorContains(t, err, part, listen)
		}
	}
}

func TestPortAloneMeansLoopback(t *testing.T) {
	host, port, err := net.SplitHostPort(start(t, Config{Listen: ":0"}).Addr())
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", host)
	require.NotEqual(t, "0", port)
}

func TestRemoteAddressNeedsPermission(t *testing.T) {
	// 192.0.2.1 (RFC 5737) is no address of this machine: with permission the operating system refuses it, not we.
	_, err := Start(Config{Dir: t.TempDir(), Listen: "192.0.2.1:0", AllowRemote: true})
	require.ErrorContains(t, err, "cannot listen")
}

func TestOneBrokerOnOneDirectory(t *testing.T) {
	dir := t.TempDir()
	b := start(t, Config{Dir: dir})
	_, err := Start(Config{Dir: dir, Listen: "127.0.0.1:0"})
	require.ErrorContains(t, err, "in use by another process")
	require.NoError(t, b.Close())
	start(t, Config{Dir: dir})
}

func TestConfigIsChecked(t *testing.T) {
	for want, config := range map[string]Config{
		"data directory":  {},
		"partitions":      {Dir: t.TempDir(), Partitions: 1001},
		"largest message": {Dir: t.TempDir(), MaxMessageBytes: 1 << 30},
		"cannot be made":  {Dir: "/dev/null/broker"},
	} {
		_, err := Start(config)
		require.ErrorContains(t, err, want)
	}
}

func TestUnreadableDataIsNamed(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, start(t, Config{Dir: dir}).Close())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "topics.json"), []byte("{"), 0o600))
	_, err := Start(Config{Dir: dir, Listen: "127.0.0.1:0"})
	require.ErrorContains(t, err, dir)
	require.ErrorContains(t, err, "topics.json")
}

func TestTopicNamesAndNumbersAreKafkas(t *testing.T) {
	b := start(t, Config{})
	c := client(t, b)
	require.NoError(t, b.CreateTopic("a.b", 2))
	for name, partitions := range map[string]int32{
		"": 1, ".": 1, "..": 1, "a/b": 1, "ü": 1, strings.Repeat("x", 250): 1, "../../etc": 1, "many": 1001, "a_b": 1,
	} {
		require.ErrorContains(t, b.CreateTopic(name, partitions), "cannot be created", name)
		request := kmsg.NewCreateTopicsRequest()
		for _, name := range []string{name, "innocent"} {
			topic := kmsg.NewCreateTopicsRequestTopic()
			topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, partitions, 1
			request.Topics = append(request.Topics, topic)
		}
		response, err := request.RequestWith(deadline(t), c)
		require.NoError(t, err)
		require.Error(t, kerr.ErrorForCode(response.Topics[0].ErrorCode), name)
	}
	more := kmsg.NewCreatePartitionsRequest()
	for _, count := range []int32{1001, 3} {
		topic := kmsg.NewCreatePartitionsRequestTopic()
		topic.Topic, topic.Count = "a.b", count
		more.Topics = []kmsg.CreatePartitionsRequestTopic{topic}
		response, err := more.RequestWith(deadline(t), c)
		require.NoError(t, err)
		require.Equal(t, count == 1001, errors.Is(kerr.ErrorForCode(response.Topics[0].ErrorCode), kerr.InvalidPartitions))
	}
	require.Len(t, b.cluster.PartitionInfos("a.b"), 3)
}

func TestOldRecordsGoAndTheNewestStays(t *testing.T) {
	dir := t.TempDir()
	b := start(t, Config{Dir: dir, Retention: time.Hour})
	c := client(t, b)
	require.NoError(t, b.CreateTopic("old", 1))
	require.NoError(t, b.CreateTopic("mixed", 1))
	require.NoError(t, b.cluster.CreateTopic("own", 1, map[string]string{"retention.ms": "-1"}))
	require.NoError(t, b.cluster.CreateTopic("compacted", 1, map[string]string{"cleanup.policy": "compact"}))
	now := time.Now()
	for i := range 10 {
		at := now.Add(time.Duration(i-20) * time.Hour)
		for _, topic := range []string{"old", "mixed", "own", "compacted"} {
			if topic == "mixed" && i >= 7 {
				at = now
			}
			produce(t, c, &kgo.Record{Topic: topic, Key: []byte("k"), Value: []byte("v"), Timestamp: at})
		}
	}
	require.NoError(t, b.expire(t.Context(), now))
	begins := func() (out [4]int64) {
		for i, topic := range []string{"old", "mixed", "own", "compacted"} {
			p := b.cluster.PartitionInfo(topic, 0)
			require.EqualValues(t, 10, p.HighWatermark, topic)
			out[i] = p.LogStartOffset
		}
		return out
	}
	require.Equal(t, [4]int64{9, 7, 0, 0}, begins())
	require.NoError(t, b.Close())
	b = start(t, Config{Dir: dir, Retention: time.Hour})
	require.Equal(t, [4]int64{9, 7, 0, 0}, begins(), "the end of the log is known after a restart")
}

func TestMuchDataGoesOldestFirst(t *testing.T) {
	b := start(t, Config{RetentionBytes: 20_000})
	c := client(t, b)
	require.NoError(t, b.CreateTopic("big", 1))
	for range 100 {
		produce(t, c, &kgo.Record{Topic: "big", Value: make([]byte, 1000)})
	}
	require.NoError(t, b.expire(t.Context(), time.Now()))
	p := b.cluster.PartitionInfo("big", 0)
	require.InDelta(t, 82, p.LogStartOffset, 3)
	require.EqualValues(t, 100, p.HighWatermark)
	require.InDelta(t, 20_000, p.NumBytes, 2_000)
}

func TestLogsGoToTheLogger(t *testing.T) {
	var text strings.Builder
	dir := t.TempDir()
	b := start(t, Config{Dir: dir})
	require.NoError(t, b.CreateTopic("torn", 1))
	produce(t, client(t, b), &kgo.Record{Topic: "torn", Value: []byte("v")})
	require.NoError(t, b.Close())
	segment := filepath.Join(dir, "partitions", "torn-0", "0.dat")
	f, err := os.OpenFile(segment, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString("half a batch, as a power cut leaves it")
	require.NoError(t, errors.Join(err, f.Close()))

	b = start(t, Config{Dir: dir, Logger: slog.New(slog.NewTextHandler(&text, nil))})
	require.EqualValues(t, 1, b.cluster.PartitionInfo("torn", 0).HighWatermark)
	require.NoError(t, b.Close())
	require.Contains(t, text.String(), "level=WARN")
	require.Contains(t, text.String(), "torn")
}

func BenchmarkProduceSync(b *testing.B) {
	broker, err := Start(Config{Dir: b.TempDir(), Listen: "127.0.0.1:0"})
	require.NoError(b, err)
	defer broker.Close()
	require.NoError(b, broker.CreateTopic("t", 1))
	c, err := kgo.NewClient(kgo.SeedBrokers(broker.Addr()))
	require.NoError(b, err)
	defer c.Close()
	for _, size := range []int{1, 100} {
		b.Run(fmt.Sprint("records=", size), func(b *testing.B) {
			records := make([]*kgo.Record, size)
			for b.Loop() {
				for i := range records {
					records[i] = &kgo.Record{Topic: "t", Value: make([]byte, 1000)}
				}
				require.NoError(b, c.ProduceSync(context.Background(), records...).FirstErr())
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
