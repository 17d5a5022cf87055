package processes_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
)

// ordered is the sample order with the named data blocks, and rules for the simulated partners in its id.
func ordered(t *testing.T, blocks []string, rules ...string) map[string]any {
	t.Helper()
	event := sample(t, "service-order")
	data := event["data"].(map[string]any)
	chosen := map[string]any{}
	for _, name := range blocks {
		chosen[name] = data[name]
		data[name].(map[string]any)["serviceOrderId"] = strings.Join(append([]string{order}, rules...), " ")
	}
	event["data"] = chosen
	return event
}

const (
	endUser = "serviceOrderEndUserData"
	k8s     = "k8sServiceOrderData"
	fiveG   = "fiveGServiceOrderData"
)

// steps are the requests of each kind of order, and what is undone when they fail.
var steps = []struct {
	block, item, request, code string
	undone                     []string
}{
	{k8s, k8sItem, "oss-client-k8s-order", "OSS_FAILED", nil},
	{k8s, k8sItem, "fabric-api-connection", "FABRIC_FAILED", []string{"oss-client-service-termination"}},
	{k8s, k8sItem, "registry-store-kubernetes-config", "REGISTRY_FAILED", []string{"fabric-api-connection-teardown", "oss-client-service-termination"}},
	{k8s, k8sItem, "telemetry-platform-service", "TELEMETRY_FAILED", []string{"fabric-api-connection-teardown", "oss-client-service-termination"}},
	{fiveG, fiveGItem, "oss-client-5g-order", "OSS_FAILED", nil},
	{fiveG, fiveGItem, "telemetry-platform-service", "TELEMETRY_FAILED", []string{"oss-client-service-termination"}},
	{endUser, endUserItem, "helm-engine-parse", "PACKAGE_MANAGER_FAILED", nil},
	{endUser, endUserItem, "helm-engine-deploy", "PACKAGE_MANAGER_FAILED", nil},
	{endUser, endUserItem, "telemetry-create-prometheus-job-and-grafana-dashboard", "TELEMETRY_FAILED", []string{"helm-engine-termination"}},
	{endUser, endUserItem, "helm-engine-activation", "PACKAGE_MANAGER_FAILED",
		[]string{"telemetry-delete-prometheus-job-and-grafana-dashboard", "tmf-service-dashboard-delete", "helm-engine-termination"}},
}

// Each request may be refused or never be answered. Then nobody decides in time, what was built is undone, the last first, and
// the item is reported with the reason.
func TestAStepOfAnOrderFails(t *testing.T) {
	for rule, c := range map[string]struct {
		reason string
		within time.Duration
	}{"FAIL": {"as the rule says", time.Hour}, "SILENT": {"no reply in time", 3 * time.Hour}} {
		for _, s := range steps {
			t.Run(s.block+" "+s.request+" "+rule, func(t *testing.T) {
				w := newWorld(t)
				event := ordered(t, []string{s.block}, s.request+"="+rule)
				data := event["data"].(map[string]any)[s.block].(map[string]any)
				delete(data, "requestedCompletionDate")
				if s.block == endUser { // a start date that is waited for, so that the service is activated
					data["requestedStartDate"] = begin.Add(time.Hour).Format(time.RFC3339)
				}
				w.play(event)
				w.fly(time.Hour)
				w.fly(c.within)
				told := w.told("")
				at := indexOf(t, told, s.request)
				require.Equal(t, append(s.undone, "tmf-service-update TERMINATED", "tmf-service-order-item-update FAILED"), told[at+1:])
				failed := w.last("tmf-service-order-item-update")
				require.Equal(t, s.item, failed["serviceOrderItemId"])
				require.Equal(t, s.code, failed["errorCode"])
				require.Equal(t, c.reason, failed["errorMessage"])
				require.Equal(t, "FAILED", w.variable("serviceOrderProcess", "orderState"))
				require.Empty(t, w.active())
				w.requireSecretsKept()
			})
		}
	}
}

func indexOf(t *testing.T, told []string, topic string) int {
	t.Helper()
	for i, line := range told {
		if strings.Fields(line)[0] == topic {
			return i
		}
	}
	require.Fail(t, "not told", "%s is not in %q", topic, told)
	return 0
}

// The OSS is told to end the service now.
func TestWhatIsUndoneInTheOSS(t *testing.T) {
	w := newWorld(t)
	w.play(ordered(t, []string{k8s}, "registry-store-kubernetes-config=FAIL"))
	w.fly(time.Hour)
	ended := w.message("oss-client-service-termination")
	require.Equal(t, service, ended["serviceId"])
	require.Contains(t, ended, "organizationCharacteristics")
	at, err := time.Parse(time.RFC3339Nano, ended["requestedTerminationDate"].(string))
	require.NoError(t, err)
	require.WithinRange(t, at, begin, begin.Add(2*time.Minute))
}

// The state of an order follows from those of its items (TMF641).
func TestTheStateOfAnOrder(t *testing.T) {
	all := []string{endUser, k8s, fiveG}
	for name, c := range map[string]struct {
		blocks, rules []string
		state         string
		items         map[string]string
	}{
		"all completed":  {all, nil, "COMPLETED", map[string]string{k8sItem: "COMPLETED", fiveGItem: "COMPLETED", endUserItem: "COMPLETED"}},
		"5G failed":      {all, []string{"oss-client-5g-order=FAIL"}, "PARTIAL", map[string]string{k8sItem: "COMPLETED", fiveGItem: "FAILED", endUserItem: "COMPLETED"}},
		"chart refused":  {all, []string{"helm-engine-parse=FAIL"}, "PARTIAL", map[string]string{k8sItem: "COMPLETED", fiveGItem: "COMPLETED", endUserItem: "FAILED"}},
		"no cluster":     {all, []string{"oss-client-k8s-order=FAIL"}, "PARTIAL", map[string]string{k8sItem: "FAILED", fiveGItem: "COMPLETED", endUserItem: "FAILED"}},
		"nothing worked": {all, []string{"oss-client-k8s-order=FAIL", "oss-client-5g-order=SILENT"}, "FAILED", map[string]string{k8sItem: "FAILED", fiveGItem: "FAILED", endUserItem: "FAILED"}},
		"one item":       {[]string{fiveG}, []string{"oss-client-5g-order=FAIL"}, "FAILED", map[string]string{fiveGItem: "FAILED"}},
		"nothing to run": {nil, nil, "REJECTED", map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.play(ordered(t, c.blocks, c.rules...))
			w.fly(3 * time.Hour)
			require.Equal(t, c.state, w.variable("serviceOrderProcess", "orderState"))
			items := map[string]string{}
			for _, m := range w.sent() {
				if data := w.data(m); m.Topic == "tmf-service-order-item-update" {
					items[data["serviceOrderItemId"].(string)] = data["state"].(string)
				}
			}
			require.Equal(t, c.items, items)
			for _, id := range w.active() {
				require.Contains(t, []string{"k8sServiceTerminationSubprocess", "endUserServiceTerminationSubprocess"}, id)
			}
		})
	}
}

// An end-user service whose cluster failed says so.
func TestAnEndUserServiceWithoutItsCluster(t *testing.T) {
	w := newWorld(t)
	w.play(ordered(t, []string{endUser, k8s}, "fabric-api-connection=FAIL"))
	w.fly(time.Hour)
	require.NotContains(t, w.told(""), "helm-engine-deploy")
	failed := w.last("tmf-service-order-item-update")
	require.Equal(t, map[string]any{"serviceOrderId": order + " fabric-api-connection=FAIL", "serviceOrderItemId": endUserItem, "state": "FAILED",
		"errorCode": "NO_CLUSTER", "errorMessage": "the cluster of the same order is FAILED"}, failed)
}

// What a partner answers when it failed.
func TestRepliesThatSayThatItFailed(t *testing.T) {
	for name, c := range map[string]struct {
		reply  map[string]any
		reason any // nil: it succeeded
	}{
		"success":             {map[string]any{"status": "SUCCESS"}, nil},
		"no word of it":       {map[string]any{}, nil},
		"empty error":         {map[string]any{"status": "OK", "errorMessage": "", "error": nil}, nil},
		"no error":            {map[string]any{"error": false}, nil},
		"failed":              {map[string]any{"status": "FAILED"}, "FAILED"},
		"failed, and why":     {map[string]any{"status": "FAILED", "errorMessage": "no quota"}, "no quota"},
		"failed, no message":  {map[string]any{"status": "FAILED", "errorMessage": ""}, "FAILED"},
		"error":               {map[string]any{"status": "ERROR", "error": "no route"}, "no route"},
		"message only":        {map[string]any{"errorMessage": "no route"}, "no route"},
		"error of many parts": {map[string]any{"error": map[string]any{"code": int64(7)}}, `{"code":7}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "fabricApi", "registryApi")
			w.play(sample(t, "register-kubernetes"))
			w.reply("fabric-api-connection", c.reply)
			if c.reason == nil {
				require.Contains(t, w.told(""), "registry-store-kubernetes-config")
				return
			}
			w.fly(time.Hour)
			require.Equal(t, map[string]any{"serviceId": "127a0e0f-89d4-42a7-86dd-c6f6150b50d4", "errorCode": "FABRIC_FAILED", "errorMessage": c.reason},
				w.message("tmf-service-update"))
		})
	}
}

// What fails outside of an order is told too: the state of the service stays as it was.
func TestAnythingElseFails(t *testing.T) {
	update := func(topic, name string) map[string]any {
		event, _ := block(t, name)
		event["type"] = topic
		return event
	}
	for request, c := range map[string]struct {
		event  map[string]any
		code   string
		undone []string
	}{
		"helm-engine-activation":             {sample(t, "service-activation"), "PACKAGE_MANAGER_FAILED", nil},
		"helm-engine-deploy":                 {sample(t, "service-update"), "PACKAGE_MANAGER_FAILED", nil},
		"oss-client-platform-service-update": {update("sonata-5g-service-update", fiveG), "OSS_FAILED", nil},
		"registry-store-kubernetes-config":   {sample(t, "register-kubernetes"), "REGISTRY_FAILED", []string{"fabric-api-connection-teardown"}},
	} {
		t.Run(request, func(t *testing.T) {
			w := newWorld(t)
			data := c.event["data"].(map[string]any)
			for _, name := range []string{endUser, fiveG} {
				if b, ok := data[name].(map[string]any); ok {
					b["serviceOrderId"] = order + " " + request + "=FAIL"
					data = nil
				}
			}
			if data != nil {
				data["serviceId"] = "the-service " + request + "=FAIL"
			}
			w.play(c.event)
			w.fly(time.Hour)
			told := w.told("")
			require.Equal(t, append(c.undone, "tmf-service-update"), told[indexOf(t, told, request)+1:])
			report := w.message("tmf-service-update")
			require.NotContains(t, report, "state")
			require.Equal(t, c.code, report["errorCode"])
			require.Equal(t, "as the rule says", report["errorMessage"])
			require.Empty(t, w.active())
		})
	}
}

// A scheduled activation that fails is withdrawn and told.
func TestAScheduledActivationFails(t *testing.T) {
	w := newWorld(t)
	w.play(map[string]any{"id": "1", "source": "", "type": "tmf-service-order-activation", "specversion": "1.0", "data": map[string]any{
		"serviceId": service, "serviceOrderId": order + " helm-engine-activation=FAIL", "state": "ACTIVE"}})
	w.fly(time.Hour)
	w.requireTold("", "tmf-process-info", "helm-engine-activation ACTIVE", "tmf-delete-process-info", "tmf-service-update")
	require.Equal(t, "PACKAGE_MANAGER_FAILED", w.message("tmf-service-update")["errorCode"])
	require.Empty(t, w.active())
}

// An operator has a minute to decide about a step that failed.
func TestTheOperatorDecides(t *testing.T) {
	asked := func(t *testing.T) *world {
		w := newWorld(t, "fabricApi")
		w.play(ordered(t, []string{k8s}))
		w.reply("fabric-api-connection", map[string]any{"status": "FAILED", "errorMessage": "no route"})
		w.fly(50 * time.Second)
		task := w.instances("failedStepProcess")
		require.Len(t, task, 1)
		in, _, err := w.r.Instance(task[0].Key)
		require.NoError(t, err)
		require.Equal(t, order, in.BusinessKey)
		require.Equal(t, map[string]any{"step": "Connect to the fabric", "partner": "Fabric API", "serviceId": service, "reason": "no route", "mayGiveUp": true},
			in.Scopes[0].Variables)
		return w
	}
	t.Run("retry", func(t *testing.T) {
		w := asked(t)
		w.decide("RETRY")
		require.Equal(t, "fabric-api-connection", w.told("")[3])
		w.reply("fabric-api-connection", map[string]any{"status": "SUCCESS"})
		w.fly(time.Minute)
		require.Equal(t, "COMPLETED", w.variable("serviceOrderProcess", "orderState"))
	})
	t.Run("skip", func(t *testing.T) {
		w := asked(t)
		w.decide("SKIP")
		w.fly(time.Minute)
		require.Equal(t, "COMPLETED", w.variable("serviceOrderProcess", "orderState"))
	})
	for _, word := range []string{"GIVE_UP", "something else"} {
		t.Run(word, func(t *testing.T) {
			w := asked(t)
			w.decide(word)
			w.fly(time.Minute)
			require.Equal(t, "FAILED", w.variable("serviceOrderProcess", "orderState"))
		})
	}
	t.Run("nobody", func(t *testing.T) {
		w := asked(t)
		require.NotContains(t, w.told(""), "tmf-service-order-item-update FAILED")
		w.fly(11 * time.Second)
		require.Contains(t, w.told(""), "tmf-service-order-item-update FAILED")
	})
}

// What must be undone is never given up: it waits for an operator, as long as it takes.
func TestWhatMustBeDoneWaitsForTheOperator(t *testing.T) {
	for decision, next := range map[string]string{"SKIP": "oss-client-service-termination", "RETRY": "fabric-api-connection-teardown"} {
		t.Run(decision, func(t *testing.T) {
			w := newWorld(t)
			w.play(ordered(t, []string{k8s}, "registry-store-kubernetes-config=FAIL", "fabric-api-connection-teardown=FAIL"))
			w.fly(30 * 24 * time.Hour)
			before := len(w.told(""))
			require.Equal(t, "fabric-api-connection-teardown", w.told("")[before-1])
			require.Contains(t, w.active(), "failedStepProcess")
			w.decide(decision)
			require.Equal(t, next, w.told("")[before])
		})
	}
}

// The engine's own incidents are for what nobody foresaw. The operator mends and resolves them.
func TestAnIncidentIsMended(t *testing.T) {
	w := newWorld(t)
	event, data := block(t, endUser)
	data["requestedStartDate"] = "tomorrow"
	delete(data, "requestedCompletionDate")
	w.play(event)
	key := w.instances("endUserServiceOrderProcess")[0].Key
	in, _, err := w.r.Instance(key)
	require.NoError(t, err)
	require.NoError(t, w.r.SetVariables(w.ctx, key, engine.SetVariables{Variables: map[string]any{"requestedStartDate": nil}}))
	require.NoError(t, w.r.ResolveIncident(w.ctx, key, engine.ResolveIncident{Incident: in.Incidents[0].ID}))
	w.fly(time.Minute)
	require.Equal(t, "COMPLETED", w.variable("serviceOrderProcess", "orderState"))
}
