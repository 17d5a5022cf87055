package controlloop_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/api/controlloop"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// withSecrets is a service template whose definition has one sensitive value, and whose instances give another.
const withSecrets = `{"tosca_definitions_version":"tosca_simple_yaml_1_1","name":"secretive","version":"1.0.0",
"node_types":{"my.Element":{"derived_from":"org.onap.policy.clamp.controlloop.ControlLoopElement","properties":{
	"apiPin":{"type":"integer","metadata":{"common":true,"sensitive":true}},
	"login":{"type":"string","required":false,"constraints":[{"min_length":8}],"metadata":{"sensitive":true}},
	"image":{"type":"string","required":false}}}},
"topology_template":{"node_templates":{
	"org.onap.One":{"version":"1.0.0","type":"my.Element","properties":{"participantType":{"name":"kind.First","version":"1.0.0"},"apiPin":47114711}},
	"org.onap.Loop":{"version":"1.0.0","type":"org.onap.policy.clamp.controlloop.ControlLoop","properties":{"provider":"p","elements":[{"name":"org.onap.One","version":"1.0.0"}]}}}}}`

const oneID = "709c62b3-8918-41b9-a747-d21eb79c6c20"

func secretInstance(login string) string {
	return fmt.Sprintf(`{"controlLoopList":[{"name":"a","version":"1.0.1","definition":{"name":"org.onap.Loop","version":"1.0.0"},"elements":{%q:{"id":%q,
		"definition":{"name":"org.onap.One","version":"1.0.0"},"participantId":{"name":"First","version":"1"},"propertiesMap":{"login":%q,"image":"nginx"}}}}]}`, oneID, oneID, login)
}

// secretive is a world with a control loop whose values are secret. Its participant is no simulated one: that would keep what it is told.
func secretive(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.says(`{"messageType":"PARTICIPANT_REGISTER","messageId":"m","participantId":{"name":"First","version":"1"},"participantType":{"name":"kind.First","version":"1.0.0"}}`)
	w.clamp(http.MethodPost, "/commission", withSecrets, 200)
	w.clamp(http.MethodPost, "/instantiation", secretInstance("hunter-one"), 200)
	w.settle()
	return w
}

// says is what a participant sends.
func (w *world) says(text string) {
	w.t.Helper()
	data, err := engine.DecodeJSON([]byte(text))
	require.NoError(w.t, err)
	require.NoError(w.t, w.bus.Send(w.ctx, "POLICY-CLRUNTIME-PARTICIPANT", runner.Incoming{Data: data, Value: []byte(text)}))
	w.settle()
}

// sent is the last message of a kind that was sent to participants.
func (w *world) sent(kind string) string {
	w.settle()
	last := ""
	for _, m := range w.bus.Published() {
		if strings.Contains(string(m.Data), `"messageType":"`+kind+`"`) {
			require.NotContains(w.t, m.Headers, "secrets")
			last = string(m.Data)
		}
	}
	return last
}

// The participant gets the very values, and nobody else does: no other message, and no answer.
func TestSecretsReachTheParticipantAlone(t *testing.T) {
	t.Parallel()
	w := secretive(t)
	w.clamp(http.MethodPut, "/instantiation/command", orderOf("PASSIVE", "a"), 202)
	require.Contains(t, w.sent("PARTICIPANT_UPDATE"), `"apiPin":47114711`)
	require.Contains(t, w.sent("CONTROL_LOOP_UPDATE"), `"login":"hunter-one"`)
	for _, m := range w.bus.Published() {
		kind := string(m.Data[:min(len(m.Data), 200)])
		if m.Topic != "POLICY-CLRUNTIME-PARTICIPANT" {
			require.NotContains(t, string(m.Data), "hunter", "%s: %s", m.Topic, kind)
			require.NotContains(t, string(m.Data), "47114711", "%s: %s", m.Topic, kind)
		}
		require.NotContains(t, string(m.Data), "ENCRYPTED", "%s: %s", m.Topic, kind)
	}
	for _, path := range []string{
		controlloop.Prefix + "/instantiation", controlloop.Prefix + "/commission/toscaservicetemplate", controlloop.Prefix + "/commission/elements",
		controlloop.Prefix + "/commission", "/runtime-inventory/loops/instantiated", "/runtime-inventory/loop/secretive",
	} {
		for _, accept := range []string{"application/json", "application/yaml"} {
			shown := w.ask(path, accept)
			require.NotContains(t, shown, "hunter", path)
			require.NotContains(t, shown, "4711", path)
			require.NotContains(t, shown, "ENCRYPTED", path)
		}
	}
	require.Contains(t, w.sentOn("CL_INSTANCE_CONTROL_OUTPUT"), `"login":"•••"`)
	letters, _, err := w.r.DeadLetters(0, 10)
	require.NoError(t, err)
	require.Empty(t, letters)
	require.Equal(t, "•••", w.loop("a")["elements"].(map[string]any)[oneID].(map[string]any)["propertiesMap"].(map[string]any)["login"])
}

// A participant of before Istanbul, which reports controlLoops, gets the very values too, within its control loop and the template of that, first and again.
func TestSecretsReachEarlyParticipants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says(`{"messageType":"PARTICIPANT_STATUS","participantId":{"name":"First","version":"1"},"participantType":{"name":"kind.First","version":"1.0.0"},
		"state":"PASSIVE","healthStatus":"HEALTHY","controlLoops":{"controlLoopList":[]}}`)
	w.clamp(http.MethodPost, "/commission", withSecrets, 200)
	w.clamp(http.MethodPost, "/instantiation", secretInstance("hunter-one"), 200)
	w.clamp(http.MethodPut, "/instantiation/command", orderOf("PASSIVE", "a"), 202)
	w.fly(20 * time.Second)
	var updates []map[string]any
	for _, m := range w.bus.Published() {
		require.NotContains(t, string(m.Data), "ENCRYPTED")
		var data map[string]any
		require.NoError(t, json.Unmarshal(m.Data, &data))
		if data["messageType"] == "PARTICIPANT_CONTROL_LOOP_UPDATE" {
			updates = append(updates, data)
		}
	}
	require.Greater(t, len(updates), 1, "it is asked again")
	for _, data := range updates {
		element := data["controlLoop"].(map[string]any)["elements"].(map[string]any)[oneID].(map[string]any)
		require.Equal(t, "hunter-one", element["propertiesMap"].(map[string]any)["login"])
		defined := data["controlLoopDefinition"].(map[string]any)["topology_template"].(map[string]any)["node_templates"].(map[string]any)["org.onap.One"].(map[string]any)
		require.EqualValues(t, 47114711, defined["properties"].(map[string]any)["apiPin"])
		require.NotContains(t, data, "participantUpdatesList")
	}
	letters, _, err := w.r.DeadLetters(0, 10)
	require.NoError(t, err)
	require.Empty(t, letters)
}

func (w *world) ask(path, accept string) string {
	w.t.Helper()
	recorder := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(w.ctx, http.MethodGet, path, http.NoBody)
	r.Header.Set("Accept", accept)
	w.http.ServeHTTP(recorder, r)
	require.Equal(w.t, 200, recorder.Code, "%s: %s", path, recorder.Body)
	return recorder.Body.String()
}

// What was read can be sent back: the secret stays. A masked value where there is none, or one that looks encrypted, is refused, and no
// refusal quotes a secret.
func TestSecretsSentBack(t *testing.T) {
	t.Parallel()
	w := secretive(t)
	w.clamp(http.MethodPut, "/instantiation", secretInstance("•••"), 200)
	shown, err := json.Marshal(map[string]any{"controlLoopList": []any{w.loop("a")}})
	require.NoError(t, err)
	w.clamp(http.MethodPut, "/instantiation", string(shown), 200)
	w.clamp(http.MethodPut, "/instantiation/command", orderOf("PASSIVE", "a"), 202)
	require.Contains(t, w.sent("CONTROL_LOOP_UPDATE"), `"login":"hunter-one"`)

	for body, text := range map[string]string{
		strings.Replace(secretInstance("•••"), `"a"`, `"b"`, 1):     "propertiesMap/login: this is how a sensitive value is shown",
		strings.Replace(secretInstance("hunter2"), `"a"`, `"b"`, 1): "propertiesMap/login: a sensitive value",
	} {
		told := fmt.Sprint(w.clamp(http.MethodPost, "/instantiation", body, 400)["errorDetails"])
		require.Contains(t, told, text)
		require.NotContains(t, told, "hunter2")
	}
	told := w.clamp(http.MethodPost, "/commission", strings.Replace(withSecrets, "47114711", `"•••"`, 1), 406)
	require.Contains(t, told["errorDetails"], "apiPin: this is how a sensitive value is shown")
}

// A masked value stays what it was only where it cannot be another one's: not in a list, whose items may have moved, and not with an element of
// another control loop.
func TestSecretsAreNotMixedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	template := strings.NewReplacer(`"node_types":{`, `"data_types":{"my.Login":{"properties":{"user":{"type":"string"},"password":{"type":"string","metadata":{"sensitive":true}}}}},"node_types":{`,
		`"image":{`, `"logins":{"type":"list","required":false,"entry_schema":{"type":"my.Login"}},"tokens":{"type":"list","required":false,"metadata":{"sensitive":true}},"image":{`).Replace(withSecrets)
	w.clamp(http.MethodPost, "/commission", template, 200)
	given := func(login, more string) string {
		return strings.Replace(secretInstance(login), `"image":"nginx"`, `"image":"nginx",`+more, 1)
	}
	w.clamp(http.MethodPost, "/instantiation", given("hunter-one", `"logins":[{"user":"alice","password":"hunter-a"},{"user":"bob","password":"hunter-b"}]`), 200)
	for _, more := range []string{`"logins":[{"user":"bob","password":"•••"}]`, `"tokens":["•••"]`, `"tokens":["a","x•••"]`} {
		told := w.clamp(http.MethodPut, "/instantiation", given("•••", more), 400)
		require.Contains(t, told["errorDetails"], "this is how a sensitive value is shown", more)
	}
	w.clamp(http.MethodPut, "/instantiation", given("•••", `"logins":[{"user":"bob","password":"hunter-b"}]`), 200)

	other := strings.ReplaceAll(strings.Replace(secretInstance("hunter-two"), `"a"`, `"b"`, 1), oneID, "809c62b3-8918-41b9-a747-d21eb79c6c20")
	w.clamp(http.MethodPost, "/instantiation", other, 200)
	swapped := strings.NewReplacer(`"hunter-two"`, `"•••"`, "809c62b3", "709c62b3").Replace(other)
	both := strings.Replace(swapped, `"controlLoopList":[`, `"controlLoopList":[`+strings.TrimSuffix(strings.TrimPrefix(
		strings.ReplaceAll(secretInstance("hunter-two"), oneID, "909c62b3-8918-41b9-a747-d21eb79c6c20"), `{"controlLoopList":[`), `]}`)+",", 1)
	told := w.clamp(http.MethodPut, "/instantiation", both, 400)
	require.Contains(t, told["errorDetails"], "/controlLoopList/1/")
	require.Contains(t, told["errorDetails"], "this is how a sensitive value is shown")
}

// What is commissioned can be sent back as it was shown, with other values in it, as CLAMP's GUI does; so can a control loop with common values, and
// with what a function made of a secret. Where it is not known what was there, it is refused.
func TestSecretsOfTheDefinitionSentBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says(`{"messageType":"PARTICIPANT_REGISTER","messageId":"m","participantId":{"name":"First","version":"1"},"participantType":{"name":"kind.First","version":"1.0.0"}}`)
	template := strings.NewReplacer(`"apiPin":47114711`, `"apiPin":47114711,"login":"hunter-definition","image":{"concat":["https://",{"get_property":["SELF","login"]}]}`).Replace(withSecrets)
	w.clamp(http.MethodPost, "/commission", template, 200)
	shown := w.ask(controlloop.Prefix+"/commission/toscaservicetemplate", "application/json")
	require.Equal(t, 3, strings.Count(shown, "•••"))
	w.clamp(http.MethodPost, "/instanceProperties", shown, 200)
	made := w.clamp(http.MethodGet, "/instantiation", "", 200)["controlLoopList"].([]any)[0].(map[string]any)
	name, version := made["name"].(string), made["version"].(string)
	back, err := json.Marshal(map[string]any{"controlLoopList": []any{made}})
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(back), "•••"), string(back))
	w.clamp(http.MethodPut, "/instantiation", strings.Replace(string(back), `"login":"•••"`, `"login":"•••","apiPin":"•••"`, 1), 200)
	w.clamp(http.MethodPut, "/instantiation/command", fmt.Sprintf(`{"orderedState":"PASSIVE","controlLoopIdentifierList":[{"name":%q,"version":%q}]}`, name, version), 202)
	for _, value := range []string{`"apiPin":47114711`, `"login":"hunter-definition"`, `"image":"https://hunter-definition"`} {
		require.Contains(t, w.sent("CONTROL_LOOP_UPDATE"), value)
	}

	told := w.clamp(http.MethodPost, "/instantiation", strings.NewReplacer(`"a"`, `"z"`, "nginx", "•••").Replace(secretInstance("hunter-one")), 400)
	require.Contains(t, told["errorDetails"], "propertiesMap/image: this is how a sensitive value is shown")
	told = w.clamp(http.MethodPost, "/commission", strings.Replace(template, `{"concat"`, `"•••","x":{"concat"`, 1), 406)
	require.NotContains(t, told["errorDetails"], "hunter")
	w.clamp(http.MethodPost, "/commission", strings.NewReplacer("secretive", "other", "org.onap.Loop", "org.onap.Other").Replace(template), 200)
	told = w.clamp(http.MethodPost, "/instanceProperties", shown, 400)
	require.Contains(t, told["errorDetails"], "this is how a sensitive value is shown", "two have it, under one path")
}

// What an older version has stored as it was written is masked where control loops are shown.
func TestSecretsOfAnOlderVersion(t *testing.T) {
	t.Parallel()
	w := secretive(t)
	set := func(process string, change func(variables map[string]any) map[string]any) {
		items, _, err := w.r.Search(runner.Filter{ProcessID: process, State: engine.StateActive}, runner.Page{})
		require.NoError(t, err)
		require.Len(t, items, 1)
		in, _, err := w.r.Instance(items[0].Key)
		require.NoError(t, err)
		require.NoError(t, w.r.SetVariables(w.ctx, in.Key, engine.SetVariables{Variables: change(in.Variables(0))}))
	}
	set("controlLoopDefinition", func(map[string]any) map[string]any {
		plain, err := engine.DecodeJSON([]byte(withSecrets))
		require.NoError(t, err)
		return map[string]any{"template": plain}
	})
	set("controlLoop", func(v map[string]any) map[string]any {
		text, err := json.Marshal(v["elements"])
		require.NoError(t, err)
		var elements map[string]any
		require.NoError(t, json.Unmarshal(text, &elements))
		elements[oneID].(map[string]any)["propertiesMap"] = map[string]any{"login": "hunter-one", "image": "nginx"}
		return map[string]any{"elements": elements}
	})
	for _, path := range []string{
		controlloop.Prefix + "/instantiation", controlloop.Prefix + "/commission/toscaservicetemplate", controlloop.Prefix + "/commission/elements",
		"/runtime-inventory/loops/instantiated", "/runtime-inventory/loop/secretive",
	} {
		shown := w.ask(path, "application/json")
		require.NotContains(t, shown, "hunter", path)
		require.NotContains(t, shown, "4711", path)
		require.Contains(t, shown, "•••", path)
	}
	require.Contains(t, w.ask(controlloop.Prefix+"/instantiation", "application/json"), `"image":"nginx"`)
}

// An older version has stored a function of a sealed value as it was written. It does not keep anything else from being read, commissioned or taken away.
func TestFunctionsOfAnOlderVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clamp(http.MethodPost, "/commission", strings.Replace(withSecrets, `"apiPin":47114711`, `"apiPin":47114711,"login":"hunter-definition","image":"nginx"`, 1), 200)
	items, _, err := w.r.Search(runner.Filter{ProcessID: "controlLoopDefinition", State: engine.StateActive}, runner.Page{})
	require.NoError(t, err)
	require.Len(t, items, 1)
	in, _, err := w.r.Instance(items[0].Key)
	require.NoError(t, err)
	text, err := json.Marshal(in.Variables(0)["template"])
	require.NoError(t, err)
	text = []byte(strings.Replace(string(text), `"image":"nginx"`, `"image":{"concat":["https://u:",{"get_property":["SELF","login"]},"@h"]}`, 1))
	require.Contains(t, string(text), "concat")
	template, err := engine.DecodeJSON(text)
	require.NoError(t, err)
	require.NoError(t, w.r.SetVariables(w.ctx, in.Key, engine.SetVariables{Variables: map[string]any{"template": template}}))

	shown := w.ask(controlloop.Prefix+"/commission/toscaservicetemplate", "application/json")
	require.Contains(t, shown, `"concat"`)
	require.NotContains(t, shown, "ENCRYPTED")
	w.clamp(http.MethodPost, "/commission", strings.NewReplacer("secretive", "other", "org.onap.Loop", "org.onap.Other", "org.onap.One", "org.onap.Two").Replace(withSecrets), 200)
	w.clamp(http.MethodDelete, "/commission?name=secretive&version=1.0.0", "", 200)
}

// sentOn is all that was sent on a topic.
func (w *world) sentOn(topic string) string {
	w.settle()
	all := ""
	for _, m := range w.bus.Published() {
		if m.Topic == topic {
			all += string(m.Data) + "\n"
		}
	}
	return all
}

// Who has got hold of a sealed text cannot have it opened, by whatever he sends, however it is written.
func TestSealedTextsAreNotOpenedForOthers(t *testing.T) {
	t.Parallel()
	w := secretive(t)
	sealed, err := w.keys.Seal("hunter-one")
	require.NoError(t, err)
	before := len(w.bus.Published())
	register := `{"messageType":"PARTICIPANT_REGISTER","messageId":"x","participantId":{"name":%q,"version":"1"},"participantType":{"name":"kind.First","version":"1.0.0"}}`
	w.says(fmt.Sprintf(register, sealed))
	require.Len(t, w.bus.Published(), before)
	w.says(fmt.Sprintf(register, "ENCRYPTED:x")) // which is a name as any other
	require.Contains(t, w.sent("PARTICIPANT_UPDATE"), `"name":"ENCRYPTED:x"`)

	escaped := strings.NewReplacer("ENCRYPTED:", `ENCRYPTED\u003a`).Replace(sealed)
	for _, text := range []string{sealed, escaped} {
		template := strings.Replace(withSecrets, `47114711`, `47114711,"startPhase":"`+text+`"`, 1)
		quoted, err := json.Marshal(template)
		require.NoError(t, err)
		inYAML := strings.Replace(template, `{"tosca_def`, `# YAML`+"\n"+`{"tosca_def`, 1)
		for _, body := range []struct {
			path, text string
			code       int
		}{
			{"/instantiation", strings.Replace(secretInstance("hunter-two"), "nginx", text, 1), 400},
			{"/commission", template, 400},
			{"/commission", inYAML, 400},
			{"/design-catalogue/loop/one", template, 400},
			{"/runtime-inventory/instantiate", `{"id":"org.onap.Loop","controlLoopTosca":` + string(quoted) + `}`, 405},
			{"/runtime-inventory/monitoring", `{"participant-id":"` + text + `","control-loops":[]}`, 405},
		} {
			told := fmt.Sprint(w.clamp(http.MethodPost, body.path, body.text, body.code)["errorDetails"])
			require.Regexp(t, "has an encrypted value, which nobody but Sonata makes|the body must be", told, body.path)
			require.NotContains(t, told, "ENCRYPTED")
		}
	}
}

// The design-time catalogue keeps a template with secrets so that it can be commissioned, and shows none of them.
func TestSecretsInTheCatalogue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.call(http.MethodPost, "/design-catalogue/loop/one", withSecrets, 200)
	require.NotContains(t, w.ask("/design-catalogue/loop/one", "application/json"), "4711")
	require.Contains(t, w.ask("/design-catalogue/loops", "application/yaml"), "•••")
	w.call(http.MethodPost, "/runtime-inventory/commission", `{"id":"one"}`, 200)
	w.says(`{"messageType":"PARTICIPANT_REGISTER","messageId":"m","participantId":{"name":"First","version":"1"},"participantType":{"name":"kind.First","version":"1.0.0"}}`)
	require.Contains(t, w.sent("PARTICIPANT_UPDATE"), `"apiPin":47114711`)
}

// Without the key an order is refused with the reason, and what was on its way is kept as a dead letter; with the key below a new one all of it goes
// on, and what is new has the new key.
func TestSecretsAfterRotation(t *testing.T) {
	t.Parallel()
	first, second := secret.NewKey(), secret.NewKey()
	w := newWorld(t)
	w.turn(first)
	w.says(`{"messageType":"PARTICIPANT_REGISTER","messageId":"m","participantId":{"name":"First","version":"1"},"participantType":{"name":"kind.First","version":"1.0.0"}}`)
	w.clamp(http.MethodPost, "/commission", withSecrets, 200)
	w.clamp(http.MethodPost, "/instantiation", secretInstance("hunter-one"), 200)

	w.turn(second)
	told := w.clamp(http.MethodPut, "/instantiation/command", orderOf("PASSIVE", "a"), 503)
	require.Regexp(t, `sensitive values that cannot be read: it was encrypted with the key [0-9a-f]{8}, which secret.key does not have; add that key`, told["errorDetails"])
	require.Equal(t, "UNINITIALISED", w.loop("a")["state"])
	w.says(`{"messageType":"PARTICIPANT_REGISTER","messageId":"n","participantId":{"name":"First","version":"1"},"participantType":{"name":"kind.First","version":"1.0.0"}}`)
	letters, _, err := w.r.DeadLetters(0, 10)
	require.NoError(t, err)
	require.NotEmpty(t, letters)
	require.Contains(t, letters[0].Reason, "it was encrypted with the key ")
	require.NotContains(t, string(letters[0].Value), "4711")

	w.turn(second, first)
	fate, _, err := w.r.RetryDeadLetter(w.ctx, letters[0].Key, runner.Correction{})
	require.NoError(t, err)
	require.Equal(t, runner.FateSent, fate)
	require.Contains(t, w.sent("PARTICIPANT_UPDATE"), `"apiPin":47114711`)
	w.clamp(http.MethodPut, "/instantiation/command", orderOf("PASSIVE", "a"), 202)
	require.Contains(t, w.sent("CONTROL_LOOP_UPDATE"), `"login":"hunter-one"`)
}

// turn starts the program anew with other keys.
func (w *world) turn(keys ...string) {
	w.t.Helper()
	w.keys = secretKeys(w.t, keys...)
	w.restart()
}
