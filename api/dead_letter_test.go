package api

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// receive gives the engine a record of the topic "reply".
func (s *site) receive(record runner.Incoming) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	record.Topic = "reply"
	require.NoError(s.t, s.runner.Receive(ctx, []runner.Incoming{record}))
}

// An operator sees what is wrong with a message, mends it and tries it again, or forgets it.
func TestMendDeadLetters(t *testing.T) {
	s := newSite(t)
	s.deploy("await.bpmn", awaitFile).is(200)
	key := s.start("await", `{"orderId":"o1"}`)
	s.receive(runner.Incoming{
		Key: []byte("o1"), Value: []byte(`{"password":"canary","a":1}`), Fault: "its id is missing", Timestamp: s.clock.Now(),
		Headers: []runner.RecordHeader{{Key: "Authorization", Value: []byte("canary")}, {Key: "h", Value: []byte{0xff}}},
	})
	letter := s.post("/v2/dead-letters/search", `{"filter":{"cause":"UNREADABLE"}}`).items()[0]
	path := "/v2/dead-letters/" + letter["deadLetterKey"].(string)
	answer := s.get(path)
	require.NotContains(t, answer.body, "canary")
	shown := answer.is(200)
	require.Equal(t, map[string]any{"password": masked, "a": 1.0}, shown["value"])
	require.Equal(t, "json", shown["encoding"])
	require.Equal(t, "/w==", shown["headers"].([]any)[1].(map[string]any)["value"])
	require.JSONEq(t, `{"password":"canary","a":1}`, s.get(path+"/value").body)

	s.post(path+"/replay", ``).problem(409, "INVALID_STATE")
	s.post(path+"/replay", `{"topic":"","data":{}}`).problem(400, "INVALID_ARGUMENT")
	s.post(path+"/replay", `{"topic":7}`).problem(400, "INVALID_ARGUMENT")
	replayed := s.post(path+"/replay", `{"data":{"a":2}}`).is(200)
	require.Equal(t, map[string]any{"state": "TAKEN", "processInstanceKey": key}, replayed)
	s.post(path+"/replay", `{"data":{"a":2}}`).problem(404, "NOT_FOUND")
	s.get(path).problem(404, "NOT_FOUND")

	s.receive(runner.Incoming{Offset: 1, Value: []byte{0xff, 1}, Fault: "it is not JSON"})
	path = "/v2/dead-letters/" + s.post("/v2/dead-letters/search", ``).items()[0]["deadLetterKey"].(string)
	require.Equal(t, "base64", s.get(path).is(200)["encoding"])
	require.Equal(t, 204, s.post(path+"/deletion", ``).status)
	s.post(path+"/deletion", ``).problem(404, "NOT_FOUND")
	s.post("/v2/dead-letters/x/deletion", ``).problem(400, "INVALID_ARGUMENT")

	// Who nearly took it is named.
	s.start("await", `{"orderId":"o2"}`)
	s.receive(runner.Incoming{Offset: 2, Attributes: map[string]any{"kogitoprocrefid": key}})
	letter = s.post("/v2/dead-letters/search", `{"filter":{"cause":"UNMATCHED"}}`).items()[0]
	near := s.get("/v2/dead-letters/" + letter["deadLetterKey"].(string)).is(200)["nearSubscriptions"].([]any)
	require.Len(t, near, 1)
	require.Equal(t, "o2", near[0].(map[string]any)["correlationKey"])
}

// Incidents are resolved by what they have in common, with the variables that were wrong.
func TestResolveManyIncidents(t *testing.T) {
	s := newSite(t)
	s.deploy("choose.bpmn", chooseFile, "work.bpmn", workFile).is(200)
	first := s.start("choose", `{"amount":1}`)
	for range 3 {
		s.start("choose", `{"amount":1}`)
	}
	incident := s.post("/v2/incidents/search", `{"filter":{"processInstanceKey":"`+first+`"}}`).items()[0]
	path := "/v2/incidents/" + incident["incidentKey"].(string) + "/resolution"
	s.post(path, `{"retries":-1}`).problem(400, "INVALID_ARGUMENT")
	s.post(path, `{"variables":[]}`).problem(400, "INVALID_ARGUMENT")
	s.post(path, `{"filter":{"elementId":"x"}}`).problem(400, "INVALID_ARGUMENT")
	require.Equal(t, 204, s.post(path, `{"variables":{"amount":11}}`).status)
	require.Equal(t, "COMPLETED", s.get("/v2/process-instances/" + first).is(200)["state"])
	s.post(path, `{"variables":{"amount":11}}`).problem(409, "INVALID_STATE")

	many := "/v2/incidents/resolution"
	s.post(many, `{}`).problem(400, "INVALID_ARGUMENT")
	s.post(many, `{"filter":{"nothing":1}}`).problem(400, "INVALID_ARGUMENT")
	require.EqualValues(t, 0, s.post(many, `{"filter":{"elementId":"other"}}`).is(200)["resolved"])
	require.EqualValues(t, 3, s.post(many, `{"filter":{"elementId":"gate"}}`).is(200)["resolved"])
	require.Len(t, s.post("/v2/incidents/search", ``).items(), 3, "they are as wrong as before")
	result := s.post(many, `{"filter":{"errorType":"CONDITION_ERROR"},"variables":{"amount":12}}`).is(200)
	require.EqualValues(t, 3, result["resolved"])
	require.Equal(t, false, result["more"])
	require.Empty(t, s.post("/v2/incidents/search", ``).items())

	key := s.start("work", `{}`)
	job := s.activate(`{"type":"labour","timeout":1000,"maxJobsToActivate":1}`)[0]
	require.Equal(t, 204, s.post("/v2/jobs/"+job["jobKey"].(string)+"/failure", `{"errorMessage":"no"}`).status)
	s.post(many, `{"filter":{"processInstanceKey":"`+key+`"},"retries":4}`).is(200)
	require.EqualValues(t, 4, s.post("/v2/jobs/search", ``).items()[0]["retries"])
}
