package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// canary is in everything that is secret in the orders of the test. The second one is the kube config that the simulated OSS
// client answers with.
const canary, simulatedKubeConfig = "CANARY", "YXBpVmVyc2lvbjogdjE"

// withSecrets is a sample message whose passwords, client secrets, tokens and kube config are canaries.
func withSecrets(t *testing.T, sample string, change func(data map[string]any)) string {
	t.Helper()
	var event map[string]any
	require.NoError(t, json.Unmarshal([]byte(read(t, filepath.Join("..", "..", "processes", "samples", sample+".json"))), &event))
	event["id"] = uuid.NewString()
	data := event["data"].(map[string]any)
	if data["kubeConfig"] != nil {
		data["kubeConfig"] = canary
	}
	for _, name := range []string{"k8sServiceOrderData", "fiveGServiceOrderData", "serviceTerminationData"} {
		block, ok := data[name].(map[string]any)
		if !ok {
			continue
		}
		secrets := block["organizationCharacteristics"].(map[string]any)["characteristics"].(map[string]any)
		for _, secret := range []string{"EXTERNAL_TMF_API_PASSWORD", "EXTERNAL_TMF_API_OAUTH2_CLIENT_SECRET", "EXTERNAL_TMF_API_ACCESS_TOKEN", "apiKey"} {
			secrets[secret] = canary
		}
	}
	change(data)
	text, err := json.Marshal(event)
	require.NoError(t, err)
	return string(text)
}

// TestSecretsStayInside: passwords and kube configs travel in orders. Orders that are completed, that fail, that stop at an incident,
// that are cancelled, that cannot be read: the secrets are in no log, however much is logged, in nothing that REST and the command line
// show, in no stream of events and in no text of an error. They do reach the system that they are for.
func TestSecretsStayInside(t *testing.T) {
	s := serve(t, t.TempDir(), "--log-level", "debug")
	s.client("deploy", partners)
	live := s.stream("/v2/events")
	ordered := func(id string, change func(block map[string]any)) string {
		return withSecrets(t, "service-order-kubernetes", func(data map[string]any) {
			block := data["k8sServiceOrderData"].(map[string]any)
			block["serviceOrderId"] = id
			change(block)
		})
	}
	topic := "sonata-service-order"
	s.publish(topic, "", withSecrets(t, "service-order", func(map[string]any) {}))
	s.publish(topic, "", ordered("fails telemetry-platform-service=FAIL", func(map[string]any) {}))
	s.publish(topic, "", ordered("stops", func(block map[string]any) { block["requestedCompletionDate"] = "never" }))
	s.publish(topic, "", ordered("waits oss-client-k8s-order=SILENT", func(map[string]any) {}))
	s.publish(topic, "", strings.Replace(ordered("unreadable", func(map[string]any) {}), `{`, `{"password":CANARY,`, 1))
	s.publish(topic, "", `{"specversion":"1.0","source":"","type":"sonata-service-order","data":{"kubeConfig":"CANARY"}}`) // no id
	s.publish("oss-client-k8s-configuration", "", `{"specversion":"1.0","id":"r","source":"","type":"oss-client-k8s-configuration","kogitoprocrefid":"42","data":{"kubeConfig":"CANARY"}}`)
	s.publish("sonata-cancel-process", "", `{"specversion":"1.0","id":"c","source":"","type":"sonata-cancel-process","data":{"processInstanceId":"42","processType":"x","token":"CANARY"}}`)
	s.publish("sonata-register-kubernetes", "", withSecrets(t, "register-kubernetes", func(map[string]any) {}))
	s.publish("tmf-kubernetes-service-termination", "", withSecrets(t, "kubernetes-service-termination", func(data map[string]any) {
		data["serviceTerminationData"].(map[string]any)["serviceOrderId"] = "ends fabric-api-connection-teardown=FAIL" // and waits for an operator
	}))
	s.eventually(func() bool {
		return len(s.items("user-tasks", `{}`)) > 0 && len(s.items("incidents", `{}`)) == 1 && len(s.items("dead-letters", `{}`)) >= 3
	}, "expected a user task, an incident and dead letters")
	s.await("tmf-service-dashboard-update", nil)

	shown := map[string]string{}
	for _, collection := range []string{
		"process-definitions", "process-instances", "element-instances", "incidents", "jobs", "user-tasks", "messages",
		"message-subscriptions", "dead-letters",
	} {
		status, found := s.post("/v2/"+collection+"/search", `{"page":{"limit":10000}}`)
		require.Equal(t, http.StatusOK, status, "%s: %v", collection, found)
		require.NotEmpty(t, found["items"], collection)
		shown[collection] = fmt.Sprint(found)
	}
	for _, i := range s.items("process-instances", `{}`) {
		key, process := i["processInstanceKey"].(string), i["processDefinitionId"].(string)
		shown["the variables of "+process] += fmt.Sprint(s.items("variables", fmt.Sprintf(`{"processInstanceKey":%q}`, key)))
		if i["state"] != "ACTIVE" && !strings.HasPrefix(process, "tmfApi") {
			shown["the history of "+process] += s.stream("/v2/process-instances/" + key + "/events")()
		}
		if process == "serviceOrderProcess" || process == "ossClient" || process == "k8sStandaloneProcess" {
			shown["instances get "+process] += s.client("instances", "get", key)
			shown["instances get -o json "+process] += s.client("instances", "get", key, "-o", "json")
		}
	}
	for _, letter := range s.items("dead-letters", `{}`) {
		if strings.Contains(letter["reason"].(string), "not a JSON document") {
			continue // who asks for this one letter gets the bytes that nobody can read
		}
		shown["a dead letter"] += s.stream("/v2/dead-letters/" + letter["deadLetterKey"].(string))()
	}
	for path, body := range map[string]string{
		"/v2/process-instances":    `{"processDefinitionId":"serviceOrderProcess","variables":{"password":"CANARY"`,
		"/v2/messages/publication": `{"name":"sonata-service-order","variables":{"kubeConfig":"CANARY"},"timeToLive":"CANARY"}`,
		"/v2/jobs/1/completion":    `{"variables":{"password":"CANARY"}}`,
		"/v2/deployments":          `CANARY`,
	} {
		status, problem := s.post(path, body)
		require.GreaterOrEqual(t, status, http.StatusBadRequest, path)
		shown["the answer of "+path] = fmt.Sprint(problem)
	}
	asked, err := json.Marshal(s.await("oss-client-k8s-order", nil).data())
	require.NoError(t, err)
	require.Equal(t, 4, strings.Count(string(asked), canary))
	require.Zero(t, s.stop())
	shown["the stream of all events"] = live()
	shown["the log"] = s.text()
	for what, text := range shown {
		require.NotEmpty(t, text, what)
		for _, secret := range []string{canary, simulatedKubeConfig} {
			at := strings.Index(text, secret)
			require.Negative(t, at, "%s shows %s: %s", what, secret, text[max(0, at-200):max(0, at)])
		}
	}
}

// stream begins to read what a GET answers; the function returns all of it when that ends.
func (s *sonata) stream(path string) func() string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	s.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	require.NoError(s.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, response.StatusCode, path)
	all := make(chan string, 1)
	go func() {
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body) // what came before the server ended
		all <- string(text)
	}()
	return func() string { return <-all }
}
