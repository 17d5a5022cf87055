package kafka

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// certificate makes a certificate for 127.0.0.1, its own authority.
func certificate(t *testing.T) (tls.Certificate, string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// Kafka may show a topic to whom it does not permit to read it. That is told with the topic, when it is bound and by Health, until it is permitted.
func TestATopicThatMayNotBeRead(t *testing.T) {
	may := func(op kmsg.ACLOperation, topic string) kfake.ACL {
		return kfake.ACL{Resource: kmsg.ACLResourceTypeTopic, Name: topic, Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: op, Allow: true}
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser("PLAIN", "root", "hunter2"),
		kfake.User("PLAIN", "sonata", "hunter2", may(kmsg.ACLOperationDescribe, "closed"), may(kmsg.ACLOperationRead, "open"), may(kmsg.ACLOperationWrite, "open")),
		kfake.SeedTopics(1, "closed", "open"))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	in := newInbox()
	b := bus(t, cluster.ListenAddrs()[0], in, func(c *Config) {
		c.Options = map[string]string{"security.protocol": "sasl_plaintext", "sasl.mechanisms": "PLAIN", "sasl.username": "sonata", "sasl.password": "hunter2"}
	})
	bind(t, b, nil, "open")
	require.NoError(t, b.Health())
	err = b.Bind(deadline(t), runner.Topics{Consume: []string{"closed", "open"}}, nil)
	require.EqualError(t, err, `topic "closed": Kafka does not permit this client to read it; grant it the operation Read`)
	require.ErrorContains(t, b.Health(), err.Error())
	publish(t, b, message("open", 1))
	require.Equal(t, 1, number(t, in.next(t)), "the others are read")
}

func TestTLSAndPasswords(t *testing.T) {
	t.Parallel()
	server, authority := certificate(t)
	_, stranger := certificate(t)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "sonata", "hunter2"),
		kfake.TLS(&tls.Config{Certificates: []tls.Certificate{server}, MinVersion: tls.VersionTLS12}))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	password := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte("hunter2\n"), 0o600))
	options := func(change map[string]string) func(*Config) {
		return func(c *Config) {
			c.RequestTimeout = 2 * time.Second
			c.Options = map[string]string{
				"security.protocol": "sasl_ssl", "sasl.mechanisms": "SCRAM-SHA-512", "sasl.username": "sonata", "ssl.ca.pem": authority,
			}
			maps.Copy(c.Options, change)
		}
	}
	in := newInbox()
	b := bus(t, cluster.ListenAddrs()[0], in, options(map[string]string{"sasl.password.file": password}))
	bind(t, b, nil, "secure")
	publish(t, b, message("secure", 1))
	require.Equal(t, 1, number(t, in.next(t)))

	for want, change := range map[string]map[string]string{
		"authentication":            {"sasl.password": "wrong, hunter2"},
		"certificate verify failed": {"sasl.password": "hunter2", "ssl.ca.pem": stranger},
		"within 2s":                 {"sasl.password": "", "security.protocol": "plaintext"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			b := bus(t, cluster.ListenAddrs()[0], newInbox(), options(change))
			err := b.Bind(deadline(t), runner.Topics{Consume: []string{"secure"}}, nil)
			require.ErrorContains(t, err, want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}
