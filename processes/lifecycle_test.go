package processes_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// terminations are the messages that end a service, and what follows when the date has come.
var terminations = []struct {
	process, sample, topic string
	before, after          []string
}{
	{"k8sServiceTerminationProcess", "kubernetes-service-termination", "tmf-kubernetes-service-termination",
		[]string{"tmf-process-info", "oss-client-service-termination"}, []string{"fabric-api-connection-teardown"}},
	{"fiveGServiceTerminationProcess", "five-g-service-termination", "tmf-five-g-service-termination",
		[]string{"tmf-process-info", "oss-client-service-termination"}, nil},
	{"endUserServiceTerminationProcess", "kubernetes-service-termination", "tmf-end-user-service-termination",
		[]string{"tmf-process-info"},
		[]string{"helm-engine-termination", "telemetry-delete-prometheus-job-and-grafana-dashboard", "tmf-service-dashboard-delete"}},
}

func TestTerminationInTheFuture(t *testing.T) {
	for _, c := range terminations {
		t.Run(c.process, func(t *testing.T) {
			w := newWorld(t)
			event := sample(t, c.sample)
			due := begin.Add(24 * time.Hour)
			event["type"] = c.topic
			event["data"].(map[string]any)["requestedTerminationDate"] = due.Format(time.RFC3339)
			w.play(event)
			w.requireTold("", c.before...)
			require.Equal(t, []string{c.process}, w.active())
			w.flyTo(due.Add(time.Hour))
			w.requireTold("", slices.Concat(c.before, c.after, []string{"tmf-delete-process-info", "tmf-service-update TERMINATED"})...)
			require.Empty(t, w.active())
			w.requireSecretsKept()
		})
	}
}

// The sample messages name a date in the past: the termination runs at once, as it does without a date.
func TestTerminationAtOnce(t *testing.T) {
	for _, c := range terminations {
		for name, date := range map[string]any{"past": "2024-02-13T11:27:56Z", "absent": nil, "empty": ""} {
			t.Run(c.process+" "+name, func(t *testing.T) {
				w := newWorld(t)
				event := sample(t, c.sample)
				event["type"] = c.topic
				event["data"].(map[string]any)["requestedTerminationDate"] = date
				w.play(event)
				w.requireTold("", slices.Concat(c.before, c.after, []string{"tmf-delete-process-info", "tmf-service-update TERMINATED"})...)
				require.Empty(t, w.active())
			})
		}
	}
}

func TestActivationAndDeactivation(t *testing.T) {
	for name, state := range map[string]string{"service-activation": "ACTIVE", "service-deactivation": "INACTIVE"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.play(sample(t, name))
			w.requireTold("ecc4345a-2097-4c3b-a40c-a9e791cdccbb", "helm-engine-activation "+state, "tmf-service-update "+state)
		})
	}
}

func TestScheduledActivationByTheTMFAPI(t *testing.T) {
	w := newWorld(t)
	due := begin.Add(24 * time.Hour)
	w.play(map[string]any{"id": "1", "source": "", "type": "tmf-service-order-activation", "specversion": "1.0", "data": map[string]any{
		"serviceId": service, "serviceOrderId": order, "serviceOrderItemId": endUserItem, "requestedStartDate": due.Format(time.RFC3339), "state": "ACTIVE"}})
	w.requireTold("", "tmf-process-info")
	w.flyTo(due)
	w.requireTold("", "tmf-process-info", "helm-engine-activation ACTIVE")
	w.flyTo(due.Add(time.Hour))
	w.requireTold("", "tmf-process-info", "helm-engine-activation ACTIVE", "tmf-delete-process-info", "tmf-service-update ACTIVE")
}

func TestStandaloneCluster(t *testing.T) {
	w := newWorld(t)
	w.play(sample(t, "register-kubernetes"))
	w.requireTold("", "fabric-api-connection", "registry-store-kubernetes-config", "tmf-service-update ACTIVE")
	require.Equal(t, "Y2x1c3RlcnM6CiAgLSBjbHVzdGVyOgogICAgbmFtZToga3ViZXJuZXRlcw==", w.message("registry-store-kubernetes-config")["kubeConfig"])
	w.requireSecretsKept()
}

// An update changes what the service is, never its state.
func TestEndUserServiceUpdate(t *testing.T) {
	w := newWorld(t)
	w.play(sample(t, "service-update"))
	w.requireTold("", "helm-engine-parse", "helm-engine-deploy", "tmf-service-update")
	require.Equal(t, "2f1d01c8-80f6-420a-b7d1-a2aa681bde1d", w.message("helm-engine-deploy")["k8sServiceId"])
	require.Equal(t, "2f1d01c8-80f6-420a-b7d1-a2aa681bde1d", w.message("tmf-service-update")["serviceCharacteristics"].(map[string]any)["k8sServiceId"])
}

func TestPlatformServiceUpdate(t *testing.T) {
	for topic, name := range map[string]string{"sonata-kubernetes-service-update": "k8sServiceOrderData", "sonata-5g-service-update": "fiveGServiceOrderData"} {
		t.Run(topic, func(t *testing.T) {
			w := newWorld(t)
			event, data := block(t, name)
			event["type"] = topic
			w.play(event)
			w.requireTold("", "oss-client-platform-service-update", "tmf-service-update")
			require.Equal(t, map[string]any{"serviceId": service, "serviceCharacteristics": data["serviceOrderCharacteristics"]}, w.message("tmf-service-update"))
			w.requireSecretsKept()
		})
	}
}

// What is no date stops where it is needed, visibly; nothing runs on a guess.
func TestADateThatIsNoDateIsAnIncident(t *testing.T) {
	w := newWorld(t)
	event, data := block(t, "serviceOrderEndUserData")
	data["requestedStartDate"] = "tomorrow"
	w.play(event)
	w.requireTold("", "helm-engine-parse")
	in, _, err := w.r.Instance(w.instances("endUserServiceOrderProcess")[0].Key)
	require.NoError(t, err)
	require.Equal(t, "startsLater", in.Incidents[0].Element)
}
