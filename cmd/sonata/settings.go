package main

import (
	"time"

	"github.com/spf13/pflag"
)

// settings are what `serve` and `demo` can be told. Each is a flag; its name is also its key in the configuration file, and
// with SONATA_ in front its environment variable.
type settings struct {
	config       string
	data         string
	secretKey    string
	listen       string
	brokerListen string
	kafka        []string
	kafkaOptions pairs
	deploy       []string
	watch        bool
	allowRemote  bool
	hosts        []string
	logLevel     string
	logFormat    string
	messageTTL   time.Duration
	adoptCluster string
	deadLetters  string
	historyTTL   time.Duration
	seenWindow   time.Duration
	stopTimeout  time.Duration
}

// flags defines the settings with their defaults.
func (s *settings) flags() *pflag.FlagSet {
	f := pflag.NewFlagSet("settings", pflag.ContinueOnError)
	f.SortFlags = false
	f.StringVar(&s.config, "config", "", "read settings from this YAML `FILE`")
	f.StringVar(&s.data, "data", "./data", "keep everything that must survive in this `DIR`")
	f.StringVar(&s.secretKey, "secret-key-file", "", "encrypt sensitive values with the key in this `FILE` (default DIR/"+secretKeyFile+", made at the first start)")
	f.StringVar(&s.listen, "listen", "127.0.0.1:8080", "serve REST on this `HOST:PORT` (port 0: any free one)")
	f.StringVar(&s.brokerListen, "broker-listen", "127.0.0.1:9092", "let the embedded Kafka broker listen on this `HOST:PORT`")
	f.StringSliceVar(&s.kafka, "kafka", nil, "use this Kafka cluster instead of the embedded broker (`HOST:PORT,…`)")
	f.StringVar(&s.adoptCluster, "adopt-cluster", "", "go on with the Kafka cluster of this `ID`, although the data belongs to another")
	f.Var(&s.kafkaOptions, "kafka-option", "a setting of librdkafka for --kafka, such as security.protocol=ssl (repeatable)")
	f.StringArrayVar(&s.deploy, "deploy", nil, "deploy the .bpmn files of this `DIR` instead of the built-in ones (repeatable)")
	f.BoolVar(&s.watch, "watch", false, "deploy a file of the --deploy folders again when it changes")
	f.BoolVar(&s.allowRemote, "insecure-allow-remote", false, "listen on other addresses than loopback, for everybody who can reach them")
	f.StringSliceVar(&s.hosts, "host", nil, "answer REST requests for this `NAME` too, when a proxy stands before the loopback address")
	choiceVar(f, &s.logLevel, "log-level", "least severe log lines to write", "info", "debug", "warn", "error")
	choiceVar(f, &s.logFormat, "log-format", "form of the log lines on standard error", "text", "json")
	f.DurationVar(&s.messageTTL, "message-ttl", time.Hour, "keep a message that nobody awaits yet for this `TIME`")
	f.StringVar(&s.deadLetters, "dead-letter-topic", "", "publish messages that could not be used to this `TOPIC` too")
	f.DurationVar(&s.historyTTL, "history-ttl", 30*24*time.Hour, "keep instances that have ended for this `TIME` (0: for ever)")
	f.DurationVar(&s.seenWindow, "seen-window", 7*24*time.Hour, "remember CloudEvent ids, to drop repetitions, for this `TIME`")
	f.DurationVar(&s.stopTimeout, "stop-timeout", 10*time.Second, "on a graceful stop, wait at most this `TIME` for requests and the broker")
	return f
}

// check refuses what no value alone can tell to be wrong.
func (s *settings) check() error {
	if s.watch && len(s.deploy) == 0 {
		return usagef("--watch needs --deploy DIR: the built-in flows cannot change")
	}
	if len(s.kafkaOptions) > 0 && len(s.kafka) == 0 {
		return usagef("--kafka-option needs --kafka: the embedded broker has none")
	}
	if s.messageTTL <= 0 || s.seenWindow <= 0 || s.stopTimeout <= 0 {
		return usagef("--message-ttl, --seen-window and --stop-timeout must be longer than 0")
	}
	if s.historyTTL < 0 {
		return usagef("--history-ttl must not be negative; 0 keeps everything")
	}
	if s.allowRemote {
		return nil
	}
	if err := checkLoopback("listen", s.listen); err != nil {
		return err
	}
	if len(s.kafka) > 0 {
		return nil
	}
	return checkLoopback("broker-listen", s.brokerListen)
}
