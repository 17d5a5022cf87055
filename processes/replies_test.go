package processes_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ruled says one thing to all partners.
func ruled(rule string) (rules []string) {
	for _, topic := range slices.Sorted(maps.Keys(requests)) {
		rules = append(rules, topic+"="+rule)
	}
	return rules
}

// However the partners answer, the order is completed, and each of them is asked once.
func TestRepliesOfAllKinds(t *testing.T) {
	const asked = 9 // how many requests such an order has
	for rule, late := range map[string]int{"EARLY": 0, "TWICE": asked, "PT4M59S": 0} {
		t.Run(rule, func(t *testing.T) {
			w := newWorld(t)
			w.late = late
			event := ordered(t, []string{endUser, k8s, fiveG}, ruled(rule)...)
			delete(event["data"].(map[string]any)[endUser].(map[string]any), "requestedCompletionDate")
			w.play(event)
			w.fly(2 * time.Hour)
			require.Equal(t, "COMPLETED", w.variable("serviceOrderProcess", "orderState"))
			var sent []string
			for _, m := range w.sent() {
				if requests[m.Topic] != "" {
					sent = append(sent, m.Topic)
				}
			}
			require.Len(t, sent, asked)
			require.Empty(t, w.active())
		})
	}
}

// A reply that comes when the time is up is kept: trying again takes it.
func TestAReplyThatComesTooLate(t *testing.T) {
	w := newWorld(t, "ossClient")
	w.play(ordered(t, []string{k8s}))
	w.fly(time.Hour - 30*time.Second)
	require.Contains(t, w.active(), "failedStepProcess")
	w.reply("oss-client-k8s-order", map[string]any{"hostAddress": "10.0.0.1", "ports": []any{6443}, "kubeConfig": "a"})
	w.decide("RETRY")
	w.late = 1 // the answer to the second request comes after that to the first
	w.reply("oss-client-k8s-order", map[string]any{"hostAddress": "10.0.0.2"})
	w.fly(time.Minute)
	require.Equal(t, "10.0.0.1", w.message("fabric-api-connection")["hostAddress"])
	require.Equal(t, "COMPLETED", w.variable("serviceOrderProcess", "orderState"))
}

// Replies to others, or to nobody, change nothing. Fields that nobody expects, or none at all, are no fault.
func TestRepliesThatAreNoReplies(t *testing.T) {
	w := newWorld(t, "ossClient", "fabricApi")
	w.play(ordered(t, []string{k8s}))
	w.replyTo("42", "oss-client-k8s-order", map[string]any{"hostAddress": "wrong"})
	w.replyTo("no key", "oss-client-k8s-order", nil)
	w.replyTo("", "oss-client-k8s-order", map[string]any{"serviceId": service, "hostAddress": "wrong"})
	w.replyTo(w.instances("serviceOrderProcess")[0].Key.String(), "oss-client-k8s-order", map[string]any{"hostAddress": "wrong"})
	require.Equal(t, []string{"tmf-service-order-item-update IN_PROGRESS", "oss-client-k8s-order"}, w.told(""))
	w.reply("oss-client-k8s-order", map[string]any{"hostAddress": "right", "unexpected": true})
	require.Equal(t, "right", w.message("fabric-api-connection")["hostAddress"])
	w.reply("fabric-api-connection", nil)
	w.fly(2 * time.Hour)
	w.late = 4
	require.Equal(t, "COMPLETED", w.variable("serviceOrderProcess", "orderState"))
}

// Two orders with the same service, whose replies come in turns: each gets its own.
func TestTwoOrdersAtOnce(t *testing.T) {
	w := newWorld(t, "ossClient", "fabricApi", "registryApi", "telemetryApi")
	first, second := ordered(t, []string{k8s}), ordered(t, []string{k8s})
	second["id"] = "another"
	second["data"].(map[string]any)[k8s].(map[string]any)["serviceOrderId"] = "the second order"
	w.send(first)
	w.send(second)
	w.fly(time.Second)
	for i, request := range []string{"oss-client-k8s-order", "fabric-api-connection", "registry-store-kubernetes-config", "telemetry-platform-service"} {
		var asking []string
		for _, m := range w.sent() {
			if m.Topic == request {
				asking = append(asking, m.InstanceKey)
			}
		}
		require.Len(t, asking, 2, request)
		if i%2 == 0 {
			slices.Reverse(asking)
		}
		for _, key := range asking {
			w.replyTo(key, request, map[string]any{"hostAddress": "host of " + key, "kubeConfig": "config of " + key})
		}
		w.fly(time.Second)
	}
	hosts, orders := map[string]string{}, map[string]string{}
	for _, m := range w.sent() {
		data := w.data(m)
		switch m.Topic {
		case "oss-client-k8s-order":
			orders["host of "+m.InstanceKey] = data["serviceOrderId"].(string)
		case "fabric-api-connection":
			hosts[data["hostAddress"].(string)] = m.BusinessKey
		}
	}
	require.Equal(t, orders, hosts)
	require.Empty(t, slices.DeleteFunc(w.active(), func(id string) bool { return id == "k8sServiceTerminationSubprocess" }))
}

// Sonata may stop and start at any time: what waits, waits on.
func TestTheFlowsSurviveARestart(t *testing.T) {
	w := newWorld(t)
	event, data := block(t, endUser)
	start, end := begin.Add(24*time.Hour), begin.Add(48*time.Hour)
	data["requestedStartDate"], data["requestedCompletionDate"] = start.Format(time.RFC3339Nano), end.Format(time.RFC3339Nano)
	w.play(event)
	w.restart()
	w.flyTo(start.Add(-time.Nanosecond))
	require.NotContains(t, w.told(""), "helm-engine-deploy")
	w.restart()
	w.flyTo(start.Add(100 * time.Millisecond)) // the package manager is at work
	require.Contains(t, w.told(""), "helm-engine-deploy")
	w.restart()
	w.flyTo(end.Add(-time.Nanosecond))
	require.Equal(t, "COMPLETED", w.variable("serviceOrderProcess", "orderState"))
	w.restart()
	w.fly(time.Minute)
	require.Equal(t, "TERMINATED", w.last("tmf-service-update")["state"])
	w.message("helm-engine-termination")
	require.Empty(t, w.active())
}
