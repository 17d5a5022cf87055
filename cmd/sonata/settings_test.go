package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// configure reads a command line, an environment and a file as `serve` does.
func configure(t *testing.T, file string, environ []string, args ...string) (*settings, error) {
	t.Helper()
	s := &settings{}
	flags := s.flags()
	if file != "" {
		name := filepath.Join(t.TempDir(), "sonata.yaml")
		require.NoError(t, os.WriteFile(name, []byte(file), 0o600))
		environ = append(environ, "SONATA_CONFIG="+name)
	}
	require.NoError(t, flags.Parse(args))
	if err := resolve(flags, environ); err != nil {
		return nil, err
	}
	return s, s.check()
}

// TestSettingsComeInOrder: a flag goes before the environment, that before the file, that before the default.
func TestSettingsComeInOrder(t *testing.T) {
	file := "data: /file\nlisten: 127.0.0.1:1\nlog-level: warn\nmessage-ttl: 5m\n"
	s, err := configure(t, file, []string{"SONATA_DATA=/env", "SONATA_LISTEN=127.0.0.1:2"}, "--data", "/flag")
	require.NoError(t, err)
	require.Equal(t, "/flag", s.data)
	require.Equal(t, "127.0.0.1:2", s.listen)
	require.Equal(t, "warn", s.logLevel)
	require.Equal(t, 5*time.Minute, s.messageTTL)
	require.Equal(t, "127.0.0.1:9092", s.brokerListen, "the default")
	s, err = configure(t, file, []string{"SONATA_DATA=", "SONATA_WATCH=", "SONATA_BROKER_LISTEN="})
	require.NoError(t, err, "an empty variable is none")
	require.Equal(t, "/file", s.data)
	require.Equal(t, "127.0.0.1:9092", s.brokerListen)
}

// TestSettingsOfEveryShape: lists, mappings and switches, from the file and from the environment.
func TestSettingsOfEveryShape(t *testing.T) {
	s, err := configure(t, "kafka: [a:1, b:2]\nkafka-option:\n  security.protocol: ssl\n  ssl.ca.location: /ca.pem\ndeploy: flows\nwatch: true\n", nil)
	require.NoError(t, err)
	require.Equal(t, []string{"a:1", "b:2"}, s.kafka)
	require.Equal(t, pairs{"security.protocol": "ssl", "ssl.ca.location": "/ca.pem"}, s.kafkaOptions)
	require.Equal(t, []string{"flows"}, s.deploy)
	require.True(t, s.watch)
	s, err = configure(t, "", []string{"SONATA_KAFKA=a:1,b:2", "SONATA_DEPLOY=x,y", "SONATA_WATCH=true", "SONATA_KAFKA_OPTION=client.rack=r1"})
	require.NoError(t, err)
	require.Equal(t, []string{"a:1", "b:2"}, s.kafka)
	require.Equal(t, []string{"x", "y"}, s.deploy)
	require.True(t, s.watch)
	require.Equal(t, pairs{"client.rack": "r1"}, s.kafkaOptions)
	// An empty file is none, and Kubernetes' variables for a service of the name sonata are not ours.
	_, err = configure(t, "# nothing\n", []string{"SONATA_PORT=tcp://10.0.0.1:80", "SONATA_SERVICE_HOST=10.0.0.1"})
	require.NoError(t, err)
}

// TestWrongSettings: each is refused with its place and what to do; a secret among them is not shown.
func TestWrongSettings(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		environ []string
		args    []string
		says    string
	}{
		"unknown key":           {file: "\ndtaa: x\n", says: `sonata.yaml:2: unknown setting "dtaa"; did you mean "data"?`},
		"all of them":           {file: "brokers: x\nwatch: [a]\n", says: "sonata.yaml:2: watch takes one value"},
		"no value":              {file: "data:\n", says: "sonata.yaml:1: data takes one value"},
		"a mapping":             {file: "listen: {host: a}\n", says: "listen takes one value"},
		"a nested list":         {file: "kafka: [[a]]\n", says: "kafka takes one value or a list"},
		"options as a word":     {file: "kafka-option: x\n", says: "lines of the form `name: value`"},
		"no mapping at all":     {file: "- data\n", says: "expected lines of the form"},
		"no YAML":               {file: "data: [", says: "sonata.yaml: "},
		"a time without unit":   {file: "message-ttl: 30\n", says: "message-ttl: "},
		"an unknown word":       {environ: []string{"SONATA_LOG_LEVEL=inof"}, says: `SONATA_LOG_LEVEL: must be one of info, debug, warn, error; did you mean "info"?`},
		"no such file":          {args: []string{"--config", "/nonexistent.yaml"}, says: "no such file"},
		"an open address":       {args: []string{"--listen", "0.0.0.0:8080"}, says: "--insecure-allow-remote"},
		"any address":           {args: []string{"--listen", ":8080"}, says: "can be reached from other machines"},
		"an open broker":        {args: []string{"--broker-listen", "192.168.0.7:9092"}, says: "--broker-listen 192.168.0.7:9092 can be reached"},
		"a name":                {args: []string{"--listen", "example.org:80"}, says: "can be reached"},
		"no port":               {args: []string{"--listen", "127.0.0.1"}, says: "no HOST:PORT"},
		"watch without deploy":  {args: []string{"--watch"}, says: "--watch needs --deploy"},
		"options without kafka": {args: []string{"--kafka-option", "a=b"}, says: "--kafka-option needs --kafka"},
		"a time of nothing":     {args: []string{"--stop-timeout", "0s"}, says: "longer than 0"},
		"a secret":              {environ: []string{"SONATA_KAFKA_OPTION=hunter2"}, says: "SONATA_KAFKA_OPTION: must be NAME=VALUE"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := configure(t, c.file, c.environ, c.args...)
			var usage *usageError
			require.ErrorAs(t, err, &usage)
			require.Contains(t, err.Error(), c.says)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// TestRemoteAccessIsAsked: with the flag, every address goes.
func TestRemoteAccessIsAsked(t *testing.T) {
	for _, address := range []string{"127.0.0.1:1", "[::1]:1", "localhost:1", "127.8.8.8:1"} {
		_, err := configure(t, "", nil, "--listen", address)
		require.NoError(t, err, address)
	}
	_, err := configure(t, "", nil, "--insecure-allow-remote", "--listen", "0.0.0.0:1", "--broker-listen", "10.0.0.1:2")
	require.NoError(t, err)
}

func FuzzConfigFile(f *testing.F) {
	f.Add("data: x\nkafka: [a]\n")
	f.Add("kafka-option: {a: b}\n? !!null\n")
	f.Add("&a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		name := filepath.Join(t.TempDir(), "sonata.yaml")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		flags := (&settings{}).flags()
		// Whatever stands in it: settings or a usage error, never a crash.
		if err := resolve(flags, []string{"SONATA_CONFIG=" + name}); err != nil {
			var usage *usageError
			require.ErrorAs(t, err, &usage)
		}
	})
}
