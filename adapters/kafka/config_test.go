package kafka

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	confluent "github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

func nowhere(context.Context, []runner.Incoming) error { return nil }

func TestConfigErrorsSayWhatToDo(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(secret, []byte("hunter2\n"), 0o600))
	far, near := []string{"kafka.example.com:9092"}, []string{"127.0.0.1:9092", "localhost:9092"}
	sasl := map[string]string{"security.protocol": "SASL_PLAINTEXT", "sasl.mechanisms": "PLAIN", "sasl.username": "u", "sasl.password": "hunter2"}
	for _, c := range []struct {
		config Config
		want   string // "" if it is right
	}{
		{Config{}, "no broker"},
		{Config{Brokers: []string{"host"}}, "host:port"},
		{Config{Brokers: []string{":9092"}}, "host:port"},
		{Config{Brokers: []string{"kafka://u:hunter2@host:9092"}}, "host:port"},
		{Config{Brokers: near, MaxMessageBytes: 64 << 20}, "largest message"},
		{Config{Brokers: near, Options: map[string]string{"plugin.library.paths": "/tmp/x.so"}}, `"plugin.library.paths" is not known`},
		{Config{Brokers: near, Options: map[string]string{"enable.ssl.certificate.verification": "false"}}, "not known"},
		{Config{Brokers: near, Options: map[string]string{"sasl.username.file": secret}}, "only secrets"},
		{Config{Brokers: near, Options: map[string]string{"sasl.password.file": secret + "x"}}, "no such file"},
		{Config{Brokers: near, Options: map[string]string{"sasl.mechanism": "PLAIN", "sasl.mechanisms": "PLAIN"}}, "given twice"},
		{Config{Brokers: near, Options: map[string]string{"sasl.password": "hunter2"}}, "security.protocol"},
		{Config{Brokers: far, Options: sasl}, "unencrypted"},
		{Config{Brokers: far, Options: sasl, Insecure: true}, ""},
		{Config{Brokers: near, Options: sasl}, ""},
		{Config{Brokers: near, Options: map[string]string{"security.protocol": "nonsense"}}, "security.protocol"},
		{Config{Brokers: far, Options: map[string]string{"security.protocol": "ssl", "ssl.key.pem": "hunter2"}}, "ssl.key.pem"},
		{Config{Brokers: far, Options: map[string]string{"security.protocol": "sasl_ssl", "sasl.mechanisms": "hunter2", "sasl.password": "hunter2"}}, "SASL mechanism"},
		{Config{Brokers: far, Options: map[string]string{
			"security.protocol": "sasl_ssl", "sasl.mechanisms": "SCRAM-SHA-512", "sasl.username": "u", "sasl.password.file": secret,
		}}, ""},
	} {
		c.config.Deliver = nowhere
		b, err := New(c.config)
		if c.want == "" {
			require.NoError(t, err)
			require.NoError(t, b.Close())
			continue
		}
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "hunter2")
	}
	_, err := New(Config{Brokers: near})
	require.ErrorContains(t, err, "nobody takes the records")
}

func TestConfigShowsNoSecrets(t *testing.T) {
	c := Config{Brokers: []string{"h:1"}, Options: map[string]string{
		"sasl.username": "visible", "sasl.password": "hunter2", "ssl.key.pem": "hunter2", "ssl.key.password.file": "/run/visible",
	}}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", c)
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%v", &c), log.String()} {
		require.NotContains(t, text, "hunter2")
		require.Contains(t, text, "visible")
	}
}

func TestSecretsAreReadFromFiles(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(secret, []byte("hunter2\r\n"), 0o600))
	options, err := readOptions(map[string]string{"sasl.password.file": secret, "sasl.mechanism": "PLAIN"})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"sasl.password": "hunter2", "sasl.mechanisms": "PLAIN"}, options)
}

// TestOptionsAreLibrdkafkas gives every option that may be given to the client: it must know its name.
func TestOptionsAreLibrdkafkas(t *testing.T) {
	for _, name := range OptionNames() {
		p, err := confluent.NewProducer(&confluent.ConfigMap{name: "", "log_level": 0})
		if err == nil {
			p.Close()
			continue
		}
		require.NotContains(t, err.Error(), "No such configuration property", name)
	}
}

func TestLogsAreLimited(t *testing.T) {
	var out strings.Builder
	l := newLogs(slog.New(slog.NewTextHandler(&out, nil)))
	at := time.Now()
	event := func(code confluent.ErrorCode, after time.Duration) {
		l.pass(confluent.NewError(code, "text", false), at.Add(after))
	}
	for i := range 100 {
		event(confluent.ErrTransport, time.Duration(i)*time.Millisecond)
	}
	event(confluent.ErrAllBrokersDown, 0)
	event(confluent.ErrAuthentication, 0)
	event(confluent.ErrTransport, logInterval+time.Second)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 3)
	require.Contains(t, lines[0], "level=WARN")
	require.NotContains(t, lines[1], "suppressed")
	require.Contains(t, lines[2], "suppressed=99")
}

// TestRetriesAreNotStoredTwice: librdkafka repeats what it has no answer to. Only the idempotent producer lets the broker tell.
func TestRetriesAreNotStoredTwice(t *testing.T) {
	c, err := Config{Brokers: []string{"127.0.0.1:1"}, Deliver: nowhere, Options: map[string]string{"compression.type": "lz4"}}.withDefaults()
	require.NoError(t, err)
	settings := *c.producer()
	require.Equal(t, true, settings["enable.idempotence"])
	require.Equal(t, "lz4", settings["compression.type"])
}

// TestWaitingTakesBoundedMemory: librdkafka's own defaults are 64 MB of fetched records and 1 GB of unsent messages.
func TestWaitingTakesBoundedMemory(t *testing.T) {
	c, err := Config{Brokers: []string{"127.0.0.1:1"}, Deliver: nowhere}.withDefaults()
	require.NoError(t, err)
	require.Equal(t, 16<<10, (*c.consumer())["queued.max.messages.kbytes"])
	require.Equal(t, 64<<10, (*c.producer())["queue.buffering.max.kbytes"])
}
