package kafka

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sonata-bpmn/sonata/adapters/broker"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// brokerProcess names the directory of the broker that the test binary is to be, instead of running tests; see startProcess.
const brokerProcess = "SONATA_TEST_BROKER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(brokerProcess); dir != "" {
		beBroker(dir, os.Getenv("SONATA_TEST_BROKER_LISTEN"))
		return
	}
	goleak.VerifyTestMain(m)
}

// beBroker runs a broker until the standard input ends, as it does when the parent dies.
func beBroker(dir, listen string) {
	b, err := broker.Start(broker.Config{Dir: dir, Listen: listen})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(b.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// startProcess starts a broker in a process of its own and returns its address and what kills it (SIGKILL).
func startProcess(t *testing.T, dir, listen string) (addr string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), brokerProcess+"="+dir, "SONATA_TEST_BROKER_LISTEN="+listen)
	cmd.Stderr = os.Stderr
	_, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	killed := false
	kill = func() {
		if !killed {
			killed = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(kill)
	addr, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(addr), kill
}

func startBroker(t testing.TB, dir, listen string) *broker.Broker {
	t.Helper()
	b, err := broker.Start(broker.Config{Dir: dir, Listen: listen})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

func deadline(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// inbox takes what a Bus delivers.
type inbox struct {
	records chan runner.Incoming
	// before, if there is one, is asked about each batch first.
	before func(context.Context, []runner.Incoming) error
}

func newInbox() *inbox { return &inbox{records: make(chan runner.Incoming, 5000)} }

func (i *inbox) deliver(ctx context.Context, records []runner.Incoming) error {
	if i.before != nil {
		if err := i.before(ctx, records); err != nil {
			return err
		}
	}
	for _, r := range records {
		i.records <- r
	}
	return nil
}

func (i *inbox) next(t testing.TB) runner.Incoming {
	t.Helper()
	select {
	case r := <-i.records:
		return r
	case <-time.After(patience):
		require.Fail(t, "no record came in")
		panic("unreachable")
	}
}

// bus makes a Bus that is quick to notice things.
func bus(t testing.TB, addr string, in *inbox, change ...func(*Config)) *Bus {
	t.Helper()
	config := Config{
		Brokers: []string{addr}, Deliver: in.deliver, Refresh: 100 * time.Millisecond, Group: "sonata-" + uuid.NewString(),
		Logger: slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&config)
	}
	b, err := New(config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

// testLog shows the log of a test that fails.
type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	if os.Getenv("SONATA_TEST_LOG") != "" {
		os.Stderr.Write(p)
	}
	return len(p), nil
}

func topic(name string) string { return "test-" + name + "-" + uuid.NewString()[:8] }

func message(topic string, n int) runner.Outgoing {
	return runner.Outgoing{
		ID: uuid.NewString(), Time: time.Now(), Topic: topic, Key: "k", InstanceKey: "1", ProcessID: "p", Version: 1,
		Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, n)),
	}
}

func messages(topic string, n int) []runner.Outgoing {
	out := make([]runner.Outgoing, n)
	for i := range out {
		out[i] = message(topic, i)
	}
	return out
}

func publish(t testing.TB, b *Bus, messages ...runner.Outgoing) {
	t.Helper()
	n, err := b.Publish(deadline(t), messages)
	require.NoError(t, err)
	require.Equal(t, len(messages), n)
}

// number is what message put into the data.
func number(t testing.TB, in runner.Incoming) int {
	t.Helper()
	require.Empty(t, in.Fault)
	switch n := in.Data.(map[string]any)["n"].(type) {
	case int64:
		return int(n)
	case float64:
		return int(n)
	}
	require.Fail(t, "no number")
	return 0
}

// raw is a plain Kafka client, as other programs use.
type raw struct {
	t     testing.TB
	p     *confluent.Producer
	admin *confluent.AdminClient
}

func rawClient(t testing.TB, addr string) raw {
	t.Helper()
	p, err := confluent.NewProducer(&confluent.ConfigMap{
		"bootstrap.servers": addr, "message.max.bytes": 64 << 20, "log_level": 0, "go.delivery.reports": false,
		"go.events.channel.size": 10, "go.produce.channel.size": 1,
	})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	admin, err := confluent.NewAdminClientFromProducer(p)
	require.NoError(t, err)
	return raw{t, p, admin}
}

func (r raw) create(topic string, partitions int) {
	r.t.Helper()
	results, err := r.admin.CreateTopics(deadline(r.t), []confluent.TopicSpecification{{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1}})
	require.NoError(r.t, err)
	require.Equal(r.t, confluent.ErrNoError, results[0].Error.Code(), results[0].Error.String())
}

// tryCreate creates a topic, unless one of that name is still being deleted.
func (r raw) tryCreate(topic string) bool {
	results, err := r.admin.CreateTopics(deadline(r.t), []confluent.TopicSpecification{{Topic: topic, NumPartitions: 1, ReplicationFactor: 1}})
	return err == nil && results[0].Error.Code() == confluent.ErrNoError
}

// send writes one record and returns its offset.
func (r raw) send(topic string, partition int32, value []byte, headers ...string) int64 {
	r.t.Helper()
	m := &confluent.Message{TopicPartition: confluent.TopicPartition{Topic: &topic, Partition: partition}, Value: value}
	for i := 0; i < len(headers); i += 2 {
		m.Headers = append(m.Headers, confluent.Header{Key: headers[i], Value: []byte(headers[i+1])})
	}
	report := make(chan confluent.Event, 1)
	require.NoError(r.t, r.p.Produce(m, report))
	select {
	case e := <-report:
		require.NoError(r.t, e.(*confluent.Message).TopicPartition.Error)
		return int64(e.(*confluent.Message).TopicPartition.Offset)
	case <-deadline(r.t).Done():
		require.Fail(r.t, "no acknowledgement")
		return 0
	}
}

// cut removes the records before an offset, as retention does.
func (r raw) cut(topic string, partition int32, offset int64) {
	r.t.Helper()
	results, err := r.admin.DeleteRecords(deadline(r.t), []confluent.TopicPartition{{Topic: &topic, Partition: partition, Offset: confluent.Offset(offset)}})
	require.NoError(r.t, err)
	require.NoError(r.t, results.DeleteRecordsResults[0].TopicPartition.Error)
}
