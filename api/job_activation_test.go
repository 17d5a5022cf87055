package api

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// activate asks for jobs and returns them.
func (s *site) activate(body string) []map[string]any {
	s.t.Helper()
	var found []map[string]any
	for _, job := range s.post("/v2/jobs/activation", body).is(200)["jobs"].([]any) {
		found = append(found, job.(map[string]any))
	}
	return found
}

// A worker lives by these routes: it is given a job with everything that it needs, and tells what has become of it.
func TestWorker(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile).is(200)
	key := s.start("work", `{"password":"canary","n":1,"m":2}`)
	jobs := s.activate(`{"type":"labour","worker":"ann","timeout":60000,"maxJobsToActivate":5,"fetchVariable":["password","n"],"tenantIds":["<default>"]}`)
	require.Len(t, jobs, 1)
	job := jobs[0]
	require.Equal(t, map[string]any{"password": "canary", "n": 1.0}, job["variables"], "a worker sees what it works with")
	require.Equal(t, map[string]any{"colour": "red", "apiToken": "canary-header"}, job["customHeaders"])
	require.Equal(t, key, job["processInstanceKey"])
	require.Equal(t, "ann", job["worker"])
	require.EqualValues(t, s.clock.Now().Add(time.Minute).UnixMilli(), job["deadline"])
	require.LessOrEqual(t, len(job["jobKey"].(string)), 19, "64 bits")
	path := "/v2/jobs/" + job["jobKey"].(string)

	none := `{"type":"labour","timeout":1000,"maxJobsToActivate":5,"requestTimeout":-1}`
	require.Empty(t, s.activate(none))
	require.Equal(t, 204, s.call(http.MethodPatch, path, `{"changeset":{"timeout":120000,"retries":7}}`).status)
	shown := s.post("/v2/jobs/search", `{"filter":{"worker":"ann","deadline":{"$gt":"2026-03-04T05:06:07Z"}}}`).items()[0]
	require.Equal(t, "2026-03-04T05:08:07Z", shown["deadline"])
	require.EqualValues(t, 7, shown["retries"])
	require.Equal(t, "CREATED", shown["state"])

	require.Equal(t, 204, s.post(path+"/failure", `{"retries":6,"errorMessage":"busy","retryBackOff":90000,"variables":{"tried":true}}`).status)
	shown = s.post("/v2/jobs/search", "").items()[0]
	require.Nil(t, shown["deadline"])
	require.Equal(t, "2026-03-04T05:07:37Z", shown["retryDate"])
	require.Empty(t, s.activate(none))
	waited := make(chan []map[string]any)
	go func() { waited <- s.activate(`{"type":"labour","timeout":1000,"maxJobsToActivate":5}`) }()
	for len(s.clock.Waiting()) == 0 {
		s.get("/livez")
	}
	s.clock.Advance(90 * time.Second)
	job = (<-waited)[0]
	require.Equal(t, map[string]any{"password": "canary", "n": 1.0, "m": 2.0, "tried": true}, job["variables"])
	require.Equal(t, 204, s.post(path+"/completion", `{"variables":{"done":true}}`).status)
	require.Equal(t, "COMPLETED", s.get("/v2/process-instances/" + key).is(200)["state"])
	s.post(path+"/completion", ``).problem(409, "INVALID_STATE")
}

func TestActivationRefused(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile).is(200)
	for body, text := range map[string]string{
		`{}`:                                 `"type"`,
		`{"type":"x","maxJobsToActivate":1}`: `"timeout"`,
		`{"type":"x","timeout":-1,"maxJobsToActivate":1}`:                        `"timeout"`,
		`{"type":"x","timeout":1}`:                                               `"maxJobsToActivate"`,
		`{"type":"x","timeout":1,"maxJobsToActivate":1,"requestTimeout":600001}`: `"requestTimeout"`,
		`{"type":"x","timeout":1,"maxJobsToActivate":1,"tenantIds":["a"]}`:       "tenant",
		`{"type":"x","timeout":1,"maxJobsToActivate":1.5}`:                       "whole number",
		`{"type":"x","timeout":99999999999999999,"maxJobsToActivate":1}`:         `"timeout"`,
		`{"type":["x"],"timeout":1,"maxJobsToActivate":1}`:                       "string",
	} {
		require.Contains(t, s.post("/v2/jobs/activation", body).problem(400, "INVALID_ARGUMENT"), text, body)
	}
	key := s.start("work", `{}`)
	path := "/v2/jobs/" + s.post("/v2/jobs/search", "").items()[0]["jobKey"].(string)
	for _, change := range []string{`{}`, `{"changeset":{}}`, `{"changeset":{"retries":0}}`, `{"changeset":{"timeout":0}}`, `{"changeset":7}`} {
		s.call(http.MethodPatch, path, change).problem(400, "INVALID_ARGUMENT")
	}
	s.call(http.MethodPatch, path, `{"changeset":{"timeout":5}}`).problem(409, "INVALID_STATE")
	s.call(http.MethodPatch, "/v2/jobs/"+key, `{"changeset":{"retries":5}}`).problem(404, "NOT_FOUND")
	s.call(http.MethodPatch, "/v2/jobs/7", `{"changeset":{"retries":5}}`).problem(404, "NOT_FOUND")
	s.call(http.MethodPatch, "/v2/jobs/-7", `{"changeset":{"retries":5}}`).problem(400, "INVALID_ARGUMENT")
}

// A message is given to whom it is for now, or to nobody.
func TestCorrelateMessage(t *testing.T) {
	s := newSite(t)
	s.deploy("await.bpmn", awaitFile).is(200)
	key := s.start("await", `{"orderId":"o1"}`)
	detail := s.post("/v2/messages/correlation", `{"name":"reply","correlationKey":"o2"}`).problem(404, "NOT_FOUND")
	require.Contains(t, detail, "o2")
	answer := s.post("/v2/messages/correlation", `{"name":"reply","correlationKey":"o1","variables":{"a":1}}`).is(200)
	require.Equal(t, key, answer["processInstanceKey"])
	require.Empty(t, s.post("/v2/messages/search", "").items(), "what nobody took is not kept")
	for _, body := range []string{`{}`, `{"name":"reply","timeToLive":5}`, `{"name":"reply","messageId":"1"}`, `{"name":"reply","tenantId":"a"}`} {
		s.post("/v2/messages/correlation", body).problem(400, "INVALID_ARGUMENT")
	}
}

// The parts of an instance that has outgrown its block of keys are found, filtered and paged as all others.
func TestKeysOfALargeInstance(t *testing.T) {
	s := newSite(t)
	many := file("many", `
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="task"/>
    <bpmn:serviceTask id="task"><bpmn:extensionElements><zeebe:taskDefinition type="labour"/></bpmn:extensionElements>
      <bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>1500</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="task" targetRef="end"/><bpmn:endEvent id="end"/>`)
	s.deploy("many.bpmn", many, "work.bpmn", workFile).is(200)
	s.start("many", `{}`)
	next := s.start("work", `{}`)
	seen, cursor, last := map[string]bool{}, "", ""
	for {
		page := s.post("/v2/jobs/search", `{"page":{"limit":400`+cursor+`}}`)
		items := page.items()
		if len(items) == 0 {
			break
		}
		for _, item := range items {
			key := item["jobKey"].(string)
			require.False(t, seen[key])
			seen[key], last = true, item["processInstanceKey"].(string)
		}
		cursor = fmt.Sprintf(`,"after":%q`, page.is(200)["page"].(map[string]any)["endCursor"])
	}
	require.Len(t, seen, 1501)
	require.Equal(t, next, last)
	sample := slices.Sorted(maps.Keys(seen))
	for i := 0; i < len(sample); i += 150 { // of each block
		require.Len(t, s.post("/v2/jobs/search", `{"filter":{"jobKey":"`+sample[i]+`"}}`).items(), 1)
	}
}
