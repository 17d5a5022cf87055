package kafka

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
)

// optionNames are librdkafka's settings that Config.Options may carry; true marks a secret. Others are refused: they could load code
// (plugin.library.paths, ssl.engine.location), switch off checks (enable.ssl.certificate.verification), print secrets
// (debug), or change what the adapter relies on (acks, group.id, ...).
var optionNames = map[string]bool{
	"broker.address.family":                 false,
	"client.dns.lookup":                     false,
	"client.rack":                           false,
	"compression.type":                      false,
	"connections.max.idle.ms":               false,
	"sasl.mechanisms":                       false,
	"sasl.oauthbearer.client.id":            false,
	"sasl.oauthbearer.client.secret":        true,
	"sasl.oauthbearer.extensions":           false,
	"sasl.oauthbearer.method":               false,
	"sasl.oauthbearer.scope":                false,
	"sasl.oauthbearer.token.endpoint.url":   false,
	"sasl.password":                         true,
	"sasl.username":                         false,
	"security.protocol":                     false,
	"socket.connection.setup.timeout.ms":    false,
	"socket.timeout.ms":                     false,
	"ssl.ca.location":                       false,
	"ssl.ca.pem":                            false,
	"ssl.certificate.location":              false,
	"ssl.certificate.pem":                   false,
	"ssl.cipher.suites":                     false,
	"ssl.crl.location":                      false,
	"ssl.curves.list":                       false,
	"ssl.endpoint.identification.algorithm": false,
	"ssl.key.location":                      false,
	"ssl.key.password":                      true,
	"ssl.key.pem":                           true,
	"ssl.keystore.location":                 false,
	"ssl.keystore.password":                 true,
	"ssl.sigalgs.list":                      false,
}

// OptionNames lists the settings that Config.Options may carry, in alphabetical order. librdkafka's CONFIGURATION.md describes them.
func OptionNames() []string { return slices.Sorted(maps.Keys(optionNames)) }

// readOptions checks the names and reads the secrets that are named by a file.
func readOptions(given map[string]string) (map[string]string, error) {
	options := make(map[string]string, len(given))
	for name, value := range given {
		key, inFile := strings.CutSuffix(name, ".file")
		if key == "sasl.mechanism" { // librdkafka's own alias
			key = "sasl.mechanisms"
		}
		secret, known := optionNames[key]
		switch {
		case !known:
			return nil, fmt.Errorf("kafka: option %q is not known; there are %s", name, strings.Join(OptionNames(), ", "))
		case inFile && !secret:
			return nil, fmt.Errorf("kafka: option %q: only secrets are read from a file", name)
		case inFile:
			content, err := os.ReadFile(value)
			if err != nil {
				return nil, fmt.Errorf("kafka: option %q: %w", name, err)
			}
			value = strings.TrimRight(string(content), "\r\n")
		}
		if _, twice := options[key]; twice {
			return nil, fmt.Errorf("kafka: option %q is given twice", key)
		}
		options[key] = value
	}
	return options, nil
}

// checkSecurity refuses to send credentials where others can read them.
func (c Config) checkSecurity() error {
	protocol := strings.ToLower(c.Options["security.protocol"])
	if c.Insecure || protocol == "ssl" || protocol == "sasl_ssl" {
		return nil
	}
	if protocol != "sasl_plaintext" {
		if c.Options["sasl.password"] != "" || c.Options["sasl.oauthbearer.client.secret"] != "" {
			return errors.New("kafka: credentials are given, but security.protocol is not sasl_ssl: nothing would use them")
		}
		return nil
	}
	for _, broker := range c.Brokers {
		if !isLoopback(broker) {
			return fmt.Errorf("kafka: security.protocol sasl_plaintext would send credentials to %s unencrypted: use sasl_ssl", broker)
		}
	}
	return nil
}

func isLoopback(hostport string) bool {
	host, _, _ := net.SplitHostPort(hostport)
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

const mask = "***"

func masked(options map[string]string) map[string]string {
	out := maps.Clone(options)
	for name := range out {
		if optionNames[strings.TrimSuffix(name, ".file")] && !strings.HasSuffix(name, ".file") {
			out[name] = mask
		}
	}
	return out
}

// redact removes the secrets from an error of librdkafka about a setting, which may quote its value.
func (c Config) redact(err error) error {
	text := err.Error()
	for name, value := range c.Options {
		if optionNames[name] && value != "" {
			text = strings.ReplaceAll(text, value, mask)
		}
	}
	return errors.New(text)
}
