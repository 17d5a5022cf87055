package processes_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What the sample order asks for.
const (
	order       = "2c4fecbc-c436-4f8c-a5db-4a1159ebad2a"
	service     = "790daa4d-7f56-4575-8b64-c558cf518bed"
	endUserItem = "4e0abab6-25d4-4204-b6e1-aea09f642d49"
	k8sItem     = "1e382e63-0bac-40fa-a62e-a6c533cecc26"
	fiveGItem   = "90e45010-4c2d-4036-abc3-8c6245098eb3"
)

var farFuture = time.Date(2048, 2, 13, 11, 27, 56, 705567622, time.UTC)

// block is the sample order with one of its data blocks only.
func block(t *testing.T, name string) (event, data map[string]any) {
	event = sample(t, "service-order")
	data = event["data"].(map[string]any)[name].(map[string]any)
	event["data"] = map[string]any{name: data}
	return event, data
}

func TestKubernetesOrder(t *testing.T) {
	w := newWorld(t)
	w.play(sample(t, "service-order-kubernetes"))
	w.requireTold("",
		"tmf-service-order-item-update IN_PROGRESS", "oss-client-k8s-order", "fabric-api-connection",
		"registry-store-kubernetes-config", "telemetry-platform-service", "tmf-process-info", "tmf-service-update ACTIVE",
		"tmf-service-order-item-update COMPLETED")
	require.Equal(t, []string{"k8sServiceTerminationSubprocess"}, w.active())
	require.Equal(t, "K8SAAS", w.message("oss-client-k8s-order")["serviceSpecificationName"])
	require.Equal(t, map[string]any{"serviceId": service, "hostAddress": "10.10.10.4", "ports": []any{int64(6443), int64(30180)}}, w.message("fabric-api-connection"))

	// Until 2048 nothing happens; then the cluster goes, in this order.
	w.flyTo(farFuture.Add(-time.Nanosecond))
	require.Equal(t, []string{"k8sServiceTerminationSubprocess"}, w.active())
	w.flyTo(farFuture.Add(time.Hour))
	require.Len(t, w.told(""), 11)
	require.Equal(t, []string{"fabric-api-connection-teardown", "tmf-delete-process-info", "tmf-service-update TERMINATED"}, w.told("")[8:])
	require.Equal(t, w.message("tmf-process-info")["processInstanceId"], w.message("tmf-delete-process-info")["processInstanceId"])
	require.Equal(t, "2048-02-13T11:27:56.705567622Z", w.message("tmf-process-info")["scheduledDate"])
	require.Empty(t, w.active())
}

func TestKubernetesOrderWithoutACompletionDate(t *testing.T) {
	for name, date := range map[string]any{"absent": nil, "empty": ""} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			event, data := block(t, "k8sServiceOrderData")
			if date != nil {
				data["requestedCompletionDate"] = date
			}
			w.play(event)
			require.Empty(t, w.active())
			require.NotContains(t, w.told(""), "tmf-process-info")
		})
	}
}

// The sample order, word for word: all three blocks, one service id for all. The end-user service waits for the cluster.
func TestTheWholeSampleOrder(t *testing.T) {
	w := newWorld(t)
	w.play(sample(t, "service-order"))
	require.Len(t, w.told(""), 21)
	require.Equal(t, []string{"tmf-service-order-item-update IN_PROGRESS", "oss-client-5g-order", "tmf-service-order-item-update COMPLETED"}, w.told(fiveGItem))
	require.Equal(t, []string{"tmf-service-order-item-update IN_PROGRESS", "oss-client-k8s-order", "tmf-process-info", "tmf-service-order-item-update COMPLETED"}, w.told(k8sItem))
	require.Equal(t, []string{"helm-engine-parse", "tmf-service-order-item-update IN_PROGRESS", "helm-engine-deploy", "tmf-process-info", "tmf-service-order-item-update COMPLETED"}, w.told(endUserItem))

	var clusterDone, deployed int
	for i, m := range w.sent() {
		switch data := w.data(m); {
		case data["serviceOrderItemId"] == k8sItem && data["state"] == "COMPLETED":
			clusterDone = i
		case m.Topic == "helm-engine-deploy":
			deployed = i
			require.Equal(t, service, data["k8sServiceId"])
		}
		require.Equal(t, order, m.BusinessKey)
		require.Equal(t, order, m.Key)
	}
	require.Less(t, clusterDone, deployed)
	require.ElementsMatch(t, []string{"k8sServiceTerminationSubprocess", "endUserServiceTerminationSubprocess"}, w.active())
	require.Equal(t, "https://grafana.example/d/"+service, w.message("tmf-service-dashboard-update")["dashboardUrl"])

	w.flyTo(farFuture.Add(time.Hour))
	require.Len(t, w.told(""), 29)
	for _, topic := range []string{"fabric-api-connection-teardown", "helm-engine-termination", "telemetry-delete-prometheus-job-and-grafana-dashboard", "tmf-service-dashboard-delete"} {
		w.message(topic)
	}
	require.Empty(t, w.active())
	w.requireSecretsKept()
}

// A cluster in the same order is not waited for if the service goes elsewhere: the OSS never answers here.
func TestEndUserServiceOnAnExistingCluster(t *testing.T) {
	w := newWorld(t, "ossClient")
	event := sample(t, "service-order")
	data := event["data"].(map[string]any)
	endUser := data["serviceOrderEndUserData"].(map[string]any)
	endUser["k8sServiceId"] = "existing"
	delete(endUser, "requestedCompletionDate")
	delete(data, "fiveGServiceOrderData")
	w.play(event)
	require.Equal(t, "existing", w.message("helm-engine-deploy")["k8sServiceId"])
	require.ElementsMatch(t, []string{"serviceOrderProcess", "k8sServiceOrderProcess", "ossClientOrderK8saasProcess"}, w.active())
}

func TestEndUserServiceAlone(t *testing.T) {
	w := newWorld(t)
	event, data := block(t, "serviceOrderEndUserData")
	delete(data, "requestedCompletionDate")
	data["requestedStartDate"] = begin.Add(-time.Hour).Format(time.RFC3339) // past: at once
	data["k8sServiceId"] = "existing"
	w.play(event)
	w.requireTold("", "helm-engine-parse", "tmf-service-order-item-update IN_PROGRESS", "helm-engine-deploy",
		"telemetry-create-prometheus-job-and-grafana-dashboard", "tmf-service-dashboard-update", "tmf-service-update ACTIVE",
		"tmf-service-order-item-update COMPLETED")
	require.Empty(t, w.active())
}

// The chart is checked at once, everything else waits for the start date, and the service is ACTIVE once.
func TestEndUserServiceWithAStartDate(t *testing.T) {
	w := newWorld(t)
	event, data := block(t, "serviceOrderEndUserData")
	delete(data, "requestedCompletionDate")
	due := begin.Add(48 * time.Hour)
	data["requestedStartDate"] = due.Format(time.RFC3339)
	w.play(event)
	w.requireTold("", "helm-engine-parse", "tmf-process-info")
	require.Equal(t, due.Format(time.RFC3339), w.message("tmf-process-info")["scheduledDate"])
	w.flyTo(due.Add(time.Hour))
	w.requireTold("", "helm-engine-parse", "tmf-process-info", "tmf-delete-process-info", "tmf-service-order-item-update IN_PROGRESS", "helm-engine-deploy",
		"telemetry-create-prometheus-job-and-grafana-dashboard", "tmf-service-dashboard-update",
		"helm-engine-activation ACTIVE", "tmf-service-update ACTIVE", "tmf-service-order-item-update COMPLETED")
	require.Empty(t, w.active())
}

func TestFiveGOrder(t *testing.T) {
	w := newWorld(t)
	event, _ := block(t, "fiveGServiceOrderData")
	w.play(event)
	w.requireTold("", "tmf-service-order-item-update IN_PROGRESS", "oss-client-5g-order", "telemetry-platform-service",
		"tmf-service-update ACTIVE", "tmf-service-order-item-update COMPLETED")
	require.Equal(t, "5GAAS", w.message("telemetry-platform-service")["serviceSpecificationName"])
	require.Empty(t, w.active())
}

func TestAnOrderWithNothingToRunEnds(t *testing.T) {
	w := newWorld(t)
	event := sample(t, "service-order")
	event["data"] = map[string]any{"k8sServiceOrderData": nil}
	w.play(event)
	require.Empty(t, w.told(""))
	require.Empty(t, w.active())
}
