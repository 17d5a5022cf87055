package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// partners are the stand-ins for the systems that Sonata talks to.
var partners = filepath.Join("..", "..", "processes", "partners")

// orderTopics are what an order with a Kubernetes block publishes, and how often.
var orderTopics = map[string]int{
	"tmf-service-order-item-update":    2,
	"oss-client-k8s-order":             1,
	"fabric-api-connection":            1,
	"registry-store-kubernetes-config": 1,
	"telemetry-platform-service":       1,
	"tmf-process-info":                 1,
	"tmf-service-update":               1,
}

// orderProcesses are the instances that such an order makes, and how many of each.
var orderProcesses = []string{
	"serviceOrderProcess", "k8sServiceOrderProcess", "ossClientOrderK8saasProcess", "fabricApiServiceConnection",
	"registryStoreKubernetesInfoProcess", "serviceTelemetryPlatformService", "k8sServiceTerminationSubprocess",
	"ossClient", "fabricApi", "registryApi", "telemetryApi",
}

// TestAnOrderSurvivesSIGKILL: the binary is killed twice in the middle of an order, once while it waits for another system and
// once while the other system is at work. Started again, it completes the order, and everything happened once.
func TestAnOrderSurvivesSIGKILL(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data)
	s.publish("sonata-service-order", "", read(t, "order.json"))
	s.await("oss-client-k8s-order", nil) // nobody is there to answer yet
	s.kill()

	s = serve(t, data)
	s.client("deploy", partners)
	s.await("registry-store-kubernetes-config", nil)
	s.kill()

	s = serve(t, data)
	s.await("tmf-service-order-item-update", state("COMPLETED"))
	requireOneEffectEach(t, s, 1)
	requireEnvelopes(t, s)
	require.Zero(t, s.stop())
}

func state(name string) func(record) bool {
	return func(r record) bool { return r.data()["state"] == name }
}

// requireOneEffectEach checks that so many orders left exactly their instances and messages behind.
func requireOneEffectEach(t *testing.T, s *sonata, orders int) {
	t.Helper()
	records := s.records()
	for topic, n := range orderTopics {
		require.Len(t, effects(records[topic]), n*orders, topic)
	}
	for _, process := range orderProcesses {
		require.Len(t, s.items("process-instances", fmt.Sprintf(`{"processDefinitionId":%q}`, process)), orders, process)
	}
	open := s.items("process-instances", `{"state":"ACTIVE"}`)
	require.Len(t, open, orders, "only the scheduled terminations are left: %v", open)
	require.Empty(t, s.items("incidents", `{}`))
	require.Empty(t, s.items("dead-letters", `{}`))
}

// requireEnvelopes reads every topic that there is. What an instance published has the envelope that Kogito's services expect.
func requireEnvelopes(t *testing.T, s *sonata) {
	t.Helper()
	published := 0
	for topic, records := range s.records() {
		for _, r := range records {
			if r.event["source"] == "" {
				continue // the order itself
			}
			published++
			requireEnvelope(t, s, topic, r)
		}
	}
	require.GreaterOrEqual(t, published, 12)
}

func requireEnvelope(t *testing.T, s *sonata, topic string, r record) {
	t.Helper()
	e := r.event
	require.Equal(t, "1.0", e["specversion"], topic)
	require.NoError(t, uuid.Validate(e["id"].(string)), topic)
	require.Equal(t, topic, e["type"])
	require.Equal(t, "application/json", e["datacontenttype"], topic)
	_, err := time.Parse(time.RFC3339Nano, e["time"].(string))
	require.NoError(t, err, topic)
	require.Equal(t, "BPMN", e["kogitoproctype"], topic)
	require.Equal(t, "Active", e["kogitoprocist"], topic)
	require.NotEmpty(t, e["kogitoprocversion"], topic)
	require.Equal(t, fmt.Sprintf("/process/%s", e["kogitoprocid"]), e["source"], topic)
	require.Equal(t, "application/cloudevents+json; charset=UTF-8", r.headers["content-type"], topic)
	require.NotEmpty(t, r.key, topic)
	require.NotNil(t, e["data"], topic)
	allowed := []string{"specversion", "id", "source", "type", "time", "datacontenttype", "kogitoproctype", "kogitoprocinstanceid",
		"kogitoprocversion", "kogitoprocid", "kogitoprocist", "kogitoparentprociid", "kogitorootprociid", "kogitorootprocid",
		"kogitoprocrefid", "kogitobusinesskey", "data"}
	for _, name := range slices.Sorted(maps.Keys(e)) {
		require.Contains(t, allowed, name, topic)
	}
	// The instance that it names is there, with the parent and the root that it names.
	found := s.items("process-instances", fmt.Sprintf(`{"processInstanceKey":%q}`, e["kogitoprocinstanceid"]))
	require.Len(t, found, 1, topic)
	require.Equal(t, e["kogitoprocid"], found[0]["processDefinitionId"], topic)
	require.Equal(t, e["kogitoparentprociid"], found[0]["parentProcessInstanceKey"], topic)
	if e["kogitoparentprociid"] != nil {
		require.Equal(t, e["kogitorootprociid"], found[0]["rootProcessInstanceKey"], topic)
		require.Equal(t, "serviceOrderProcess", e["kogitorootprocid"], topic)
	}
	require.Equal(t, e["kogitobusinesskey"], found[0]["businessId"], topic)
}

// TestARepeatedEventHasOneEffect: a CloudEvent that comes again, from a producer that did not hear the first answer, changes nothing;
// not even after a restart.
func TestARepeatedEventHasOneEffect(t *testing.T) {
	t.Parallel() // it waits more than it works
	data := t.TempDir()
	s := serve(t, data)
	s.client("deploy", partners)
	s.publish("sonata-service-order", "", read(t, "order.json"))
	s.publish("sonata-service-order", "", read(t, "order.json"))
	s.await("tmf-service-order-item-update", state("COMPLETED"))
	require.Zero(t, s.stop())
	s = serve(t, data)
	s.publish("sonata-service-order", "", read(t, "order.json"))
	last := sampleWithItem(t, "the-last")
	s.publish("sonata-service-order", "", last)
	s.await("tmf-service-order-item-update", func(r record) bool { return r.data()["serviceOrderItemId"] == "the-last" && state("COMPLETED")(r) })
	requireOneEffectEach(t, s, 2)
}

// sampleWithItem is a fresh order whose item has a known id.
func sampleWithItem(t *testing.T, item string) string {
	sample, err := loadOrder("")
	require.NoError(t, err)
	fresh := sample.fresh()
	text, err := fresh.json()
	require.NoError(t, err)
	return strings.ReplaceAll(string(text), find(fresh.event, "serviceOrderItemId"), item)
}

// TestSoak kills the binary under orders, again and again, for as long as SONATA_TEST_SOAK says.
func TestSoak(t *testing.T) {
	duration, err := time.ParseDuration(os.Getenv("SONATA_TEST_SOAK"))
	if err != nil {
		t.Skip("a long test: `make soak` runs it")
	}
	data, orders := t.TempDir(), 0
	sample, err := loadOrder("")
	require.NoError(t, err)
	for end := time.Now().Add(duration); time.Now().Before(end); {
		s := serve(t, data)
		if orders == 0 {
			s.client("deploy", partners)
		}
		fresh := sample
		for range 5 {
			fresh = sample.fresh()
			value, err := fresh.json()
			require.NoError(t, err)
			s.publish("sonata-service-order", fresh.id, string(value))
			orders++
		}
		// Kill at a place that differs from round to round, while the last order is under way.
		topics := slices.Sorted(maps.Keys(orderTopics))
		s.await(topics[orders/5%len(topics)], func(r record) bool { return r.data()["serviceOrderId"] == fresh.id || r.key == fresh.id })
		s.kill()
		t.Logf("%d orders, %s left", orders, time.Until(end).Round(time.Second))
	}
	s := serve(t, data)
	completed := map[any]bool{}
	s.await("tmf-service-order-item-update", func(r record) bool {
		if r.data()["state"] == "COMPLETED" {
			completed[r.event["id"]] = true
		}
		return len(completed) == orders
	})
	requireOneEffectEach(t, s, orders)
}
