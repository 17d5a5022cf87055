// Package kafkatest runs a real Apache Kafka for tests: one broker in KRaft mode, as a child process on loopback.
//
// The jars come from Maven (.ci/kafka/pom.xml, `make test-kafka`); [Libs] says where they are.
package kafkatest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/stretchr/testify/require"
)

// Variable is the environment variable that names the folder with Kafka's jars.
const Variable = "SONATA_TEST_KAFKA_LIBS"

// patience is how long the broker may take to start or to end.
const patience = 2 * time.Minute

// Libs is the folder with Kafka's jars, or "" when the tests are to leave Apache Kafka out.
func Libs() string { return os.Getenv(Variable) }

// Start runs a broker that keeps its data in dir, which may hold those of an earlier one, and returns its address once it
// answers. It is killed at the end of the test.
func Start(t testing.TB, dir string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o700))
	addr, config := freePort(t), filepath.Join(dir, "server.properties")
	require.NoError(t, os.WriteFile(config, []byte(properties(dir, addr, freePort(t))), 0o600))
	var log bytes.Buffer
	format := java(t.Context(), "kafka.tools.StorageTool", "format", "--ignore-formatted", "--cluster-id", "c29uYXRhLXRlc3RzLS0tLS", "--config", config)
	format.Stdout, format.Stderr = &log, &log
	require.NoError(t, format.Run(), "formatting Kafka's data: %s", &log)

	broker := java(context.WithoutCancel(t.Context()), "kafka.Kafka", config)
	broker.Stdout, broker.Stderr = &log, &log
	require.NoError(t, broker.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// It is killed: there is no better end to wait for.
		_ = broker.Wait()
	}()
	t.Cleanup(func() {
		_ = broker.Process.Kill()
		<-ended
	})
	await(t, addr, ended, &log)
	return addr
}

func java(ctx context.Context, class string, args ...string) *exec.Cmd {
	options := []string{"-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", filepath.Join(Libs(), "*"), class}
	return exec.CommandContext(ctx, "java", append(options, args...)...) //nolint:gosec // who runs the tests says where Kafka is
}

// properties is a broker that is its own controller, small and quick to start. Topics are made by who uses them, as the embedded
// broker does.
func properties(dir, addr, controller string) string {
	return fmt.Sprintf(`process.roles=broker,controller
node.id=1
controller.quorum.voters=1@%[3]s
listeners=PLAINTEXT://%[2]s,CONTROLLER://%[3]s
advertised.listeners=PLAINTEXT://%[2]s
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=%[1]s/log
num.network.threads=2
num.io.threads=2
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=8388608
log.retention.check.interval.ms=1000
`, dir, addr, controller)
}

// freePort is an address that nobody listens on. The broker must be told its port before it opens it.
func freePort(t testing.TB) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// await returns when the broker answers a client.
func await(t testing.TB, addr string, ended <-chan struct{}, log *bytes.Buffer) {
	t.Helper()
	client, err := kafka.NewAdminClient(&kafka.ConfigMap{"bootstrap.servers": addr, "log_level": 0, "reconnect.backoff.max.ms": 200})
	require.NoError(t, err)
	defer client.Close()
	for deadline := time.Now().Add(patience); ; {
		metadata, err := client.GetMetadata(nil, true, 500)
		if err == nil && len(metadata.Brokers) == 1 {
			return
		}
		select {
		case <-ended:
			require.FailNow(t, "Kafka ended", "its log:\n%s", log)
		default:
		}
		require.False(t, time.Now().After(deadline), "Kafka did not answer: %v", err)
	}
}
