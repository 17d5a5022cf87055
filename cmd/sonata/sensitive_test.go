package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/api/controlloop"
)

// A service template with sensitive values wherever one can stand, and an instance that gives one more. Each has a canary.
const (
	secretTemplate = `{"tosca_definitions_version":"tosca_simple_yaml_1_1","name":"secretive","version":"1.0.0",
"data_types":{"my.Login":{"properties":{"user":{"type":"string"},"password":{"type":"string","metadata":{"sensitive":true}}}}},
"node_types":{"my.Element":{"derived_from":"org.onap.policy.clamp.controlloop.ControlLoopElement","properties":{
	"apiPin":{"type":"string","default":"CANARY-default","metadata":{"common":true,"sensitive":true}},
	"login":{"type":"my.Login"},"url":{"type":"string"},"note":{"type":"string","metadata":{"sensitive":true}}}}},
"topology_template":{"inputs":{"access":{"type":"string","default":"CANARY-input","metadata":{"sensitive":true}}},"node_templates":{
	"org.onap.One":{"version":"1.0.0","type":"my.Element","properties":{"participantType":{"name":"kind.One","version":"1.0.0"},"note":"CANARY-note",
		"login":{"user":"u","password":"CANARY-node"},"url":{"concat":["https://u:",{"get_input":"access"},"@host"]}}},
	"org.onap.Loop":{"version":"1.0.0","type":"org.onap.policy.clamp.controlloop.ControlLoop","properties":{"provider":"p","elements":[{"name":"org.onap.One","version":"1.0.0"}]}}}}}`
	secretLoop = `{"controlLoopList":[{"name":"a","version":"1.0.0","definition":{"name":"org.onap.Loop","version":"1.0.0"},"elements":{
	"709c62b3-8918-41b9-a747-d21eb79c6c20":{"id":"709c62b3-8918-41b9-a747-d21eb79c6c20","definition":{"name":"org.onap.One","version":"1.0.0"},
	"participantId":{"name":"One","version":"1"},"propertiesMap":{"login":{"user":"u","password":"CANARY-instance"},"url":"https://host","note":"CANARY-other"}}}}]}`
	secretParticipant = `"participantId":{"name":"One","version":"1"},"participantType":{"name":"kind.One","version":"1.0.0"}`
	secretTopic       = "POLICY-CLRUNTIME-PARTICIPANT"
)

// Values that a service template calls sensitive reach their participant, and are nowhere else but in the broker's record of that: in no file of the data
// directory, no answer, no stream, no log. So it is after a kill, and with a participant that tells which definitions it has, as CLAMP's do. The order to the participant is part of the trace that the client began.
func TestSensitiveValues(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	k := &killed{t: t, data: data}
	k.sonata = serve(t, data, "--log-level", "debug")
	live := k.stream("/v2/events")
	k.publish(secretTopic, "", `{"messageType":"PARTICIPANT_REGISTER","messageId":"1",`+secretParticipant+`}`)
	k.await(secretTopic, func(r record) bool { return r.event["messageType"] == "PARTICIPANT_REGISTER_ACK" })
	k.clamp(http.MethodPost, "/commission", secretTemplate, 200)
	primed := k.await(secretTopic, func(r record) bool { return r.event["messageType"] == "PARTICIPANT_UPDATE" })
	for _, value := range []string{"CANARY-note", "CANARY-node", "https://u:CANARY-input@host", "CANARY-default"} {
		require.Contains(t, fmt.Sprint(primed.event), value)
	}
	k.clamp(http.MethodPost, "/instantiation", secretLoop, 200)
	k.traced("/instantiation/command", commandOf("PASSIVE", []clampLoop{{Name: "a", Version: "1.0.0"}}))
	ordered := k.await(secretTopic, func(r record) bool { return r.event["messageType"] == "CONTROL_LOOP_UPDATE" })
	require.Contains(t, fmt.Sprint(ordered.event), "CANARY-instance")
	require.Regexp(t, "^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$", ordered.headers["traceparent"])
	require.NotContains(t, ordered.headers["traceparent"], "b7ad6b7169203331")
	require.Equal(t, ordered.headers["traceparent"], ordered.headers["ce_traceparent"])
	k.publish(secretTopic, "", `{"messageType":"PARTICIPANT_STATUS","messageId":"2","state":"PASSIVE","healthStatus":"HEALTHY",`+secretParticipant+`,
		"participantDefinitionUpdates":[{"controlLoopElementDefinitionList":[{"note":"CANARY-note"}]}]}`)
	k.publish(secretTopic, "", `{"messageType":"CONTROLLOOP_UPDATE_ACK","result":true,`+secretParticipant+`,"controlLoopId":{"name":"a","version":"1.0.0"},
		"controlLoopResultMap":{"709c62b3-8918-41b9-a747-d21eb79c6c20":{"state":"PASSIVE","result":true}}}`)
	k.eventually(func() bool { return k.loops()[0].arrived("PASSIVE") }, "the control loop is not PASSIVE")

	shown := secretsShown(k)
	backup := filepath.Join(t.TempDir(), "backup.tar")
	k.client("backup", backup)
	requireInBackup(t, backup)
	dir := filepath.Join(t.TempDir(), "restored")
	restored := sonataCommand(t, "restore", backup, "--data", dir)
	require.Regexp(t, "encrypted with the key [0-9a-f]{8}, which a backup does not have:\nbefore you start Sonata, put the secret.key of the directory that was backed up into "+regexp.QuoteMeta(dir), restored.out)
	k.kill()
	shown["the stream of all events"], shown["the log"] = live(), k.text()
	k.sonata = serve(t, data, "--log-level", "debug")
	k.clamp(http.MethodPut, "/instantiation", k.clamp(http.MethodGet, "/instantiation", "", 200), 406) // as it is: PASSIVE
	require.Zero(t, k.stop())
	shown["the log after the kill"] = k.text()
	for what, text := range shown {
		require.NotEmpty(t, text, what)
		for _, word := range []string{"CANARY", "ENCRYPTED"} {
			at := strings.Index(text, word)
			require.Negative(t, at, "%s shows %s: %s", what, word, text[max(0, at-300):min(len(text), max(0, at)+50)])
		}
	}
	require.Contains(t, shown[controlloop.Prefix+"/instantiation"], "•••")
	requireOnDisk(t, data)
}

// traced sends an order that is part of a distributed trace.
func (k *killed) traced(path, body string) {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), http.MethodPut, k.url+controlloop.Prefix+path, strings.NewReader(body))
	require.NoError(k.t, err)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	response, err := http.DefaultClient.Do(r)
	require.NoError(k.t, err)
	require.NoError(k.t, response.Body.Close())
	require.Equal(k.t, http.StatusAccepted, response.StatusCode)
}

// secretsShown is what REST answers.
func secretsShown(k *killed) map[string]string {
	shown := map[string]string{}
	for _, path := range []string{
		controlloop.Prefix + "/commission", controlloop.Prefix + "/commission/toscaservicetemplate", controlloop.Prefix + "/commission/elements",
		controlloop.Prefix + "/commission/getCommonOrInstanceProperties", controlloop.Prefix + "/instantiation", controlloop.Prefix + "/participants",
		controlloop.Prefix + "/monitoring/ignoredMessages", "/runtime-inventory/loop/secretive", "/runtime-inventory/loops/instantiated",
	} {
		response, err := http.Get(k.url + path)
		require.NoError(k.t, err)
		text, err := io.ReadAll(response.Body)
		require.NoError(k.t, errors.Join(err, response.Body.Close()))
		require.Equal(k.t, http.StatusOK, response.StatusCode, path)
		shown[path] = string(text)
	}
	for _, collection := range []string{"process-instances", "element-instances", "incidents", "messages", "dead-letters"} {
		status, found := k.post("/v2/"+collection+"/search", `{"page":{"limit":10000}}`)
		require.Equal(k.t, http.StatusOK, status, "%s: %v", collection, found)
		shown[collection] = fmt.Sprint(found)
	}
	for _, i := range k.items("process-instances", `{}`) {
		key := i["processInstanceKey"].(string)
		shown["variables"] += fmt.Sprint(k.items("variables", fmt.Sprintf(`{"processInstanceKey":%q}`, key)))
		if i["state"] != "ACTIVE" {
			shown["history"] += k.stream("/v2/process-instances/" + key + "/events")()
		}
	}
	return shown
}

// requireInBackup: the store in a backup has no canary, and the key is not there; the broker's records are what the documentation says.
func requireInBackup(t *testing.T, path string) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	inBroker, inStore := false, false
	for files := tar.NewReader(file); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		content, err := io.ReadAll(files)
		require.NoError(t, err)
		if strings.HasPrefix(header.Name, brokerDir) {
			inBroker = inBroker || bytes.Contains(content, []byte("CANARY"))
			continue
		}
		require.Equal(t, bolt.FileName, header.Name)
		require.NotContains(t, string(content), "CANARY")
		inStore = bytes.Contains(content, []byte("ENCRYPTED"))
	}
	require.True(t, inBroker, "docs/control-loops.md says so")
	require.True(t, inStore)
}

// requireOnDisk looks for the canaries in all files.
func requireOnDisk(t *testing.T, data string) {
	t.Helper()
	inBroker := false
	require.NoError(t, filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.HasPrefix(path, filepath.Join(data, brokerDir)) {
			inBroker = inBroker || bytes.Contains(content, []byte("CANARY"))
		} else if bytes.Contains(content, []byte("CANARY")) {
			t.Errorf("%s has a secret", path)
		}
		return err
	}))
	require.True(t, inBroker, "the broker keeps what was sent to the participant")
	info, err := os.Stat(filepath.Join(data, secretKeyFile))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
}
