package controlloop_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// instantiate asks for a control loop as the page does, and lets time pass while the client waits.
func (s staged) instantiate(body string) *httptest.ResponseRecorder {
	s.t.Helper()
	answered := make(chan *httptest.ResponseRecorder, 1)
	began := s.r.Watch(s.ctx, 0)
	go func() { answered <- s.send(http.MethodPost, "/runtime-inventory/instantiate", body) }()
	for {
		select {
		case answer := <-answered:
			return answer
		case entry := <-began:
			if _, waits := entry.Event.(engine.SubscriptionOpened); waits && entry.ProcessID == "controlLoopTransition" {
				s.fly(3 * time.Minute)
				return <-answered
			}
		}
	}
}

// The client of the page hears when the control loop is there, or why it is not; then nothing of it is kept.
func TestInstantiate(t *testing.T) {
	s := newStaged(t)
	require.Equal(t, 200, s.instantiate(`{"id":"loop.Staged"}`).Code)
	require.Equal(t, "PASSIVE", s.call(http.MethodGet, "/runtime-inventory/loops/instantiated/loop.Staged", "", 200)["state"])
	s.clamp(http.MethodGet, "/runtime-inventory/loops/instantiated/nobody", "", 404)
	s.call(http.MethodPost, "/runtime-inventory/instantiate", `{"id":"nobody"}`, 404)
	s.call(http.MethodPost, "/runtime-inventory/instantiate", `{`, 405)
	s.call(http.MethodPost, "/runtime-inventory/instantiate", `{"id":"loop.Staged"}`, 400)

	s.order("UNINITIALISED", 404, "loop.Staged") // another version
	s.clamp(http.MethodPut, "/instantiation/command", `{"orderedState":"UNINITIALIZED","controlLoopIdentifierList":[{"name":"loop.Staged","version":"1.0.0"}]}`, 202)
	s.fly(2 * time.Second)
	s.call(http.MethodDelete, "/runtime-inventory/loops/instantiated/loop.Staged", "", 200)

	s.behave(s.second, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": true, "fail": false}})
	answer := s.instantiate(`{"id":"loop.Staged"}`)
	require.Equal(t, 504, answer.Code, answer.Body)
	require.Contains(t, answer.Body.String(), "not every participant has acknowledged PASSIVE in time")
	var torn []string
	for _, m := range s.told("CONTROL_LOOP_STATE_CHANGE") {
		if m["orderedState"] == "UNINITIALISED" {
			torn = append(torn, m["participantId"].(map[string]any)["name"].(string))
		}
	}
	require.Contains(t, torn, "First", "what was there is torn down")
	s.call(http.MethodGet, "/runtime-inventory/loops/instantiated", "", 404)

	s.behave(s.second, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": false, "fail": true}})
	answer = s.instantiate(`{"id":"loop.Staged"}`)
	require.Equal(t, 502, answer.Code, answer.Body)
	s.call(http.MethodGet, "/runtime-inventory/loops/instantiated", "", 404)

	var actions []string
	for _, m := range s.told("CL_INSTANCE_CONTROL_OUTPUT") {
		require.Equal(t, "loop.Staged", m["instance-id"])
		require.Len(t, m["configurations"], 2)
		actions = append(actions, m["action"].(string))
	}
	require.Equal(t, []string{"INSTANTIATE", "TEARDOWN", "INSTANTIATE", "TEARDOWN", "INSTANTIATE", "TEARDOWN"}, actions)
}

// A template that comes along is commissioned with the control loop, or not at all: no caller ever sees half of it.
func TestInstantiateIsAllOrNothing(t *testing.T) {
	s := newStaged(t)
	s.create("Mine", 200)
	text, err := json.Marshal(map[string]string{"id": "Mine:1.0.1", "controlLoopTosca": small})
	require.NoError(t, err)
	require.Contains(t, s.clamp(http.MethodPost, "/runtime-inventory/instantiate", string(text), 400)["errorDetails"], "Mine:1.0.1 already defined")
	s.clamp(http.MethodGet, "/runtime-inventory/loop/org.mine.MineControlLoopDefinition", "", 404)
	require.Equal(t, "UNINITIALISED", s.loop("Mine")["state"])

	s.simulate("P", "1.0.0", "P", "1.0.0", nil)
	s.fly(time.Second)
	text, err = json.Marshal(map[string]string{"id": "Yours", "controlLoopTosca": small})
	require.NoError(t, err)
	require.Equal(t, 200, s.instantiate(string(text)).Code)
	s.raw(http.MethodGet, "/runtime-inventory/loop/org.mine.MineControlLoopDefinition", "*/*")
	require.Equal(t, "PASSIVE", s.loop("Yours")["state"])
}

// What participants report by the page's events is shown, and can be written by clients.
func TestMonitoring(t *testing.T) {
	w := newWorld(t)
	w.call(http.MethodGet, "/runtime-inventory/monitoring", "", 404)
	for _, status := range []string{"INSTANTIATION_STARTED", "INSTANTIATED"} {
		require.NoError(t, w.bus.Send(w.ctx, "CL_MONITORING_SERVICE_INPUT", runner.Incoming{Data: map[string]any{
			"timestamp": "1605689254", "participant-id": "Participant_DCAE", "control-loops": []any{map[string]any{
				"instance-id": "myCLInstance1", "applications": []any{map[string]any{"application-id": "example.pmsh", "status": status}},
			}},
		}}))
	}
	require.NoError(t, w.r.Settled(w.ctx))
	text, err := json.Marshal(w.call(http.MethodGet, "/runtime-inventory/monitoring/Participant_DCAE", "", 200))
	require.NoError(t, err)
	require.Contains(t, string(text), `"status":"INSTANTIATED"`)
	require.Len(t, w.call(http.MethodGet, "/runtime-inventory/monitoring", "", 200)["list"], 1)
	w.call(http.MethodPut, "/runtime-inventory/monitoring/Participant_DCAE", `{"control-loops":[]}`, 200)
	require.Empty(t, w.call(http.MethodGet, "/runtime-inventory/monitoring/Participant_DCAE", "", 200)["control-loops"])
	w.call(http.MethodPost, "/runtime-inventory/monitoring", `{"participant-id":"Other","control-loops":[]}`, 200)
	w.call(http.MethodPost, "/runtime-inventory/monitoring", `{}`, 405)
	w.call(http.MethodDelete, "/runtime-inventory/monitoring/Participant_DCAE", "", 200)
	w.call(http.MethodGet, "/runtime-inventory/monitoring/Participant_DCAE", "", 404)
	w.call(http.MethodPut, "/runtime-inventory/monitoring/Participant_DCAE", `{}`, 404)
}

// What is wrong is said in CLAMP's error body, whatever it is.
func TestErrors(t *testing.T) {
	s := newStaged(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		text               string
	}{
		{http.MethodGet, "/nowhere", "", 404, "there is nothing at"},
		{http.MethodPatch, "/instantiation", "", 405, "PATCH is not possible"},
		{http.MethodPost, "/commission", "", 400, "no body"},
		{http.MethodPost, "/commission", "a: [", 400, ""},
		{http.MethodPost, "/commission", "tosca_definitions_version: tosca_simple_yaml_1_1\ndata_types: {a: {derived_from: b}}", 406, "2:32: error: /data_types/a/derived_from: a is derived from b, which is not there"},
		{http.MethodPost, "/commission", "tosca_definitions_version: tosca_simple_yaml_1_1\npolicy_types: {a: {derived_from: a}}", 406, "a is derived from itself"},
		{http.MethodPost, "/instantiation", `{"controlLoopList":[{"name":"a","version":"1.0.1","definition":{"name":"nobody","version":"1.0.0"},"elements":{}}]}`, 400, "nobody"},
		{http.MethodPut, "/instantiation/command", `{"orderedState":"PASSIVE"}`, 400, "names no control loop"},
		{http.MethodPut, "/instantiation/command", `{"orderedState":1}`, 400, "orderedState"},
		{http.MethodPut, "/instantiation/command", `{`, 400, "no JSON"},
		{http.MethodPut, "/instantiation/command", orderOf("PASSIVE", "nobody"), 404, "Control Loop not found"},
		{http.MethodDelete, "/instantiation?name=nobody&version=1", "", 404, "Control Loop not found"},
		{http.MethodDelete, "/instantiation", "", 400, "name and version"},
		{http.MethodDelete, "/commission?name=nobody", "", 400, "name and version"},
		{http.MethodDelete, "/commission?name=nobody&version=1", "", 404, "nobody:1"},
		{http.MethodGet, "/monitoring/participant?recordCount=many", "", 400, "recordCount"},
		{http.MethodGet, "/monitoring/participant?startTime=yesterday", "", 400, "startTime"},
		{http.MethodGet, "/monitoring/participants/controlloop?name=nobody&version=1", "", 404, "Control Loop not found"},
		{http.MethodGet, "/participants/nobody/1", "", 404, "is not registered"},
	} {
		require.Contains(t, s.clamp(c.method, c.path, c.body, c.status)["errorDetails"], c.text, "%s %s", c.method, c.path)
	}
	s.create("a", 200)
	s.clamp(http.MethodDelete, "/commission?name=loop.Staged&version=1.0.0", "", 400)
	s.order("PASSIVE", 202, "a")
	s.fly(2 * time.Second)
	s.clamp(http.MethodDelete, "/instantiation?name=a&version=1.0.1", "", 400)
}
