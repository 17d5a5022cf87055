package api

import (
	"fmt"
	"iter"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func TestCancel(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile, "call.bpmn", callFile).is(200)
	parent := s.start("call", `{}`)
	children := s.post("/v2/process-instances/search", `{"filter":{"parentProcessInstanceKey":"`+parent+`"}}`).items()
	require.Len(t, children, 1)
	child := children[0]["processInstanceKey"].(string)
	require.Equal(t, parent, children[0]["rootProcessInstanceKey"])
	require.Equal(t, "child", children[0]["parentElementId"])

	s.clock.Advance(time.Minute)
	answer := s.post("/v2/process-instances/"+parent+"/cancellation", `{"operationReference":7}`)
	require.Equal(t, http.StatusNoContent, answer.status, answer.body)
	require.Empty(t, answer.body)
	for _, key := range []string{parent, child} {
		instance := s.get("/v2/process-instances/" + key).is(200)
		require.Equal(t, "TERMINATED", instance["state"])
		require.Equal(t, "2026-03-04T05:06:07Z", instance["startDate"])
		require.Equal(t, "2026-03-04T05:07:07Z", instance["endDate"])
	}
	require.Empty(t, s.post("/v2/jobs/search", `{}`).items(), "what waited is gone")
	require.Contains(t, s.post("/v2/process-instances/"+parent+"/cancellation", "").problem(409, "INVALID_STATE"), parent)
	s.post("/v2/process-instances/999999/cancellation", "").problem(404, "NOT_FOUND")
	s.post("/v2/process-instances/x/cancellation", "").problem(400, "INVALID_ARGUMENT")
}

func TestSearchInstances(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile, "call.bpmn", callFile, "quick.bpmn", quickFile, "choose.bpmn", chooseFile).is(200)
	work := s.post("/v2/process-instances", `{"processDefinitionId":"work","businessKey":"b-1"}`).is(200)["processInstanceKey"].(string)
	s.clock.Advance(time.Hour)
	call := s.start("call", `{}`)
	quick := s.start("quick", `{"dbPassword":"canary"}`)
	choose := s.start("choose", `{"amount":1}`)
	child := s.post("/v2/process-instances/search", `{"filter":{"parentProcessInstanceKey":{"$exists":true}}}`).items()[0]["processInstanceKey"].(string)

	for body, want := range map[string][]string{
		``: {work, call, child, quick, choose},
		`{"sort":[{"field":"startDate","order":"DESC"}]}`:                                                        {choose, quick, child, call, work},
		`{"filter":{"state":"ACTIVE"}}`:                                                                          {work, call, child, choose},
		`{"filter":{"state":{"$in":["COMPLETED","TERMINATED"]}}}`:                                                {quick},
		`{"filter":{"state":{"$neq":"ACTIVE"}}}`:                                                                 {quick},
		`{"filter":{"hasIncident":true}}`:                                                                        {choose},
		`{"filter":{"hasIncident":false,"state":"ACTIVE"}}`:                                                      {work, call, child},
		`{"filter":{"processDefinitionId":"work"}}`:                                                              {work, child},
		`{"filter":{"processDefinitionId":"work","processDefinitionVersion":1,"businessId":"b-1"}}`:              {work},
		`{"filter":{"processDefinitionVersion":2}}`:                                                              {},
		`{"filter":{"processDefinitionName":{"$like":"*quick*"}}}`:                                               {quick},
		`{"filter":{"rootProcessInstanceKey":"` + call + `"}}`:                                                   {call, child},
		`{"filter":{"startDate":{"$lt":"2026-03-04T06:00:00Z"}}}`:                                                {work},
		`{"filter":{"startDate":{"$gte":"2026-03-04T06:00:00Z"}}}`:                                               {call, child, quick, choose},
		`{"filter":{"startDate":{"$gt":"2026-03-04T05:59:00Z","$lt":"2026-03-04T06:00:00Z"}}}`:                   {},
		`{"sort":[{"field":"startDate","order":"DESC"}],"filter":{"startDate":{"$gte":"2026-03-04T06:00:00Z"}}}`: {choose, quick, child, call},
		`{"filter":{"startDate":{"$gt":"2100-01-01T00:00:00Z"}}}`:                                                {},
		`{"filter":{"startDate":{"$gt":"0001-01-01T00:00:00Z"}}}`:                                                {work, call, child, quick, choose},
		`{"filter":{"endDate":{"$gt":"2026-01-01T00:00:00Z"}}}`:                                                  {quick},
		`{"filter":{"endDate":{"$lt":"2026-01-01T00:00:00Z"}}}`:                                                  {},
		`{"filter":{"processDefinitionName":"The work process"}}`:                                                {work, child},
		`{"filter":{"processDefinitionName":"unheard of"}}`:                                                      {},
		`{"filter":{"processDefinitionVersionTag":"unheard of"}}`:                                                {},
		`{"filter":{"tenantId":"other"}}`:                                                                        {},
		`{"filter":{"endDate":{"$exists":true}}}`:                                                                {quick},
		`{"filter":{"processInstanceKey":{"$in":["` + work + `","` + quick + `","999999"]}}}`:                    {work, quick},
		`{"filter":{"processInstanceKey":{"$in":[]}}}`:                                                           {},
		`{"filter":{"processInstanceKey":"999999"}}`:                                                             {},
		`{"filter":{"$or":[{"processInstanceKey":"` + work + `"},{"hasIncident":true}]}}`:                        {work, choose},
		`{"filter":{"tenantId":"<default>","processDefinitionId":"quick"}}`:                                      {quick},
		`{"sort":[{"field":"processDefinitionId","order":"DESC"},{"field":"startDate"}]}`:                        {work, child, quick, choose, call},
		`{"page":{"from":1,"limit":2}}`:                                                                          {call, child},
	} {
		answer := s.post("/v2/process-instances/search", body)
		keys := []string{}
		for _, item := range answer.items() {
			keys = append(keys, item["processInstanceKey"].(string))
		}
		require.Equal(t, want, keys, body)
		require.NotContains(t, answer.body, "canary", "lists show no variables")
		require.NotContains(t, answer.body, "variables")
	}
	for _, unsupported := range []string{"variables", "elementId", "errorMessage", "tags", "hasRetriesLeft"} {
		detail := s.post("/v2/process-instances/search", `{"filter":{"`+unsupported+`":[]}}`).problem(400, "INVALID_ARGUMENT")
		require.Contains(t, detail, unsupported)
	}
	s.post("/v2/process-instances/search", `{"filter":{"state":"RUNNING"}}`).problem(400, "INVALID_ARGUMENT")
}

func TestGoldenInstance(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile).is(200)
	key := s.start("work", `{}`)
	answer := s.get("/v2/process-instances/" + key)
	require.JSONEq(t, fmt.Sprintf(`{"processInstanceKey":%q,"processDefinitionId":"work","processDefinitionName":"The work process",
		"processDefinitionVersion":1,"processDefinitionVersionTag":null,"processDefinitionKey":%q,"parentProcessInstanceKey":null,
		"parentElementInstanceKey":null,"parentElementId":null,"rootProcessInstanceKey":%q,"startDate":"2026-03-04T05:06:07Z","endDate":null,
		"state":"ACTIVE","hasIncident":false,"tenantId":"<default>","tags":[],"businessId":null,"resting":null}`,
		key, answer.is(200)["processDefinitionKey"], key), answer.body)
	require.Contains(t, answer.body, `"<default>"`, "readable")
	s.get("/v2/process-instances/999999").problem(404, "NOT_FOUND")
	for _, wrong := range []string{"0", "-1", "abc", "1.5", "99999999999999999999"} {
		s.get("/v2/process-instances/"+wrong).problem(400, "INVALID_ARGUMENT")
	}
}

func TestAwaitCompletion(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile, "quick.bpmn", quickFile).is(200)
	done := s.post("/v2/process-instances", `{"processDefinitionId":"quick","awaitCompletion":true,"variables":{"a":1,"b":{"dbPassword":"canary"}}}`)
	require.Equal(t, map[string]any{"a": 1.0, "b": map[string]any{"dbPassword": masked}}, done.is(200)["variables"])
	some := s.post("/v2/process-instances", `{"processDefinitionId":"quick","awaitCompletion":true,"fetchVariables":["a"],"variables":{"a":1,"b":2}}`)
	require.Equal(t, map[string]any{"a": 1.0}, some.is(200)["variables"])

	detail := s.post("/v2/process-instances", `{"processDefinitionId":"work","awaitCompletion":true,"requestTimeout":20}`).problem(504, "DEADLINE_EXCEEDED")
	require.Contains(t, detail, "did not complete within 20ms; it goes on")
	require.Len(t, s.post("/v2/process-instances/search", `{"filter":{"state":"ACTIVE"}}`).items(), 1, "it goes on")

	// It answers when the job is done, and when the instance is cancelled.
	for path, check := range map[string]func(reply){
		"completion": func(r reply) { require.Equal(t, map[string]any{"result": "fine"}, r.is(200)["variables"]) },
		"cancel":     func(r reply) { require.Contains(t, r.problem(409, "INVALID_STATE"), "was cancelled") },
	} {
		answer := make(chan reply)
		go func() {
			answer <- s.post("/v2/process-instances", `{"processDefinitionId":"work","businessId":"`+path+`","awaitCompletion":true}`)
		}()
		var found []map[string]any
		require.Eventually(t, func() bool {
			found = s.post("/v2/process-instances/search", `{"filter":{"businessId":"`+path+`"}}`).items()
			return len(found) == 1
		}, patience, time.Millisecond)
		key := found[0]["processInstanceKey"].(string)
		if path == "cancel" {
			require.Equal(t, 204, s.post("/v2/process-instances/"+key+"/cancellation", "").status)
		} else {
			job := s.post("/v2/jobs/search", `{"filter":{"processInstanceKey":"`+key+`"}}`).items()[0]["jobKey"].(string)
			require.Equal(t, 204, s.post("/v2/jobs/"+job+"/completion", `{"variables":{"result":"fine"}}`).status)
		}
		check(<-answer)
	}
}

func TestStartRefuses(t *testing.T) {
	s := newSite(t)
	s.deploy("quick.bpmn", quickFile).is(200)
	for body, want := range map[string]string{
		``:   "give one of processDefinitionId and processDefinitionKey",
		`{}`: "give one of processDefinitionId and processDefinitionKey",
		`{"processDefinitionId":"quick","processDefinitionKey":"1"}`:                                                  "give one of",
		`{"processDefinitionKey":"abc"}`:                                                                              `field "processDefinitionKey" must be a key`,
		`{"processDefinitionId":5}`:                                                                                   `field "processDefinitionId" must be a string, not a number (line 1, column 24)`,
		"{\n \"processDefinitionId\":\"quick\",\n \"variables\": \"x\"}":                                              `field "variables" must be an object`,
		`{"processDefinitionId":"quick","variables":[1]}`:                                                             `field "variables" must be an object`,
		`{"processDefinitionId":"quick","variables":{"a":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}}`: "deeper than",
		`{"processDefinitionId":"quick","variables":{"a":1e999}}`:                                                     `field "variables"`,
		`{"processDefinitionId":"quick","awaitCompletion":"yes"}`:                                                     `field "awaitCompletion" must be true or false, not a string`,
		`{"processDefinitionId":"quick","processDefinitionVersion":1.5}`:                                              `field "processDefinitionVersion" must be a whole number, not a number`,
		`{"processDefinitionId":"quick","fetchVariables":"a"}`:                                                        `field "fetchVariables" must be an array, not a string`,
		`{"processDefinitionId":"quick","requestTimeout":-1}`:                                                         "must be between 0 and 600000",
		`{"processDefinitionId":"quick","requestTimeout":600001}`:                                                     "must be between 0 and 600000",
		`{"processDefinitionId":"quick","tags":["x"]}`:                                                                "tags: not supported yet",
		`{"processDefinitionId":"quick","startInstructions":[{"elementId":"end"}]}`:                                   "startInstructions: not supported yet",
		`{"processDefinitionId":"quick","tenantId":"other"}`:                                                          "Sonata has no tenants",
		`{"processDefinitionId":"quick","businessId":"a","businessKey":"b"}`:                                          "mean the same",
	} {
		require.Contains(t, s.post("/v2/process-instances", body).problem(400, "INVALID_ARGUMENT"), want, body)
	}
	require.Empty(t, s.post("/v2/process-instances/search", "").items(), "nothing was started")
	// What clients send beside it, empty.
	s.post("/v2/process-instances", `{"processDefinitionId":"quick","startInstructions":[],"runtimeInstructions":null,"tags":[],"tenantId":"<default>","operationReference":1,"somethingNew":{"a":1}}`).is(200)
}

func TestIncidents(t *testing.T) {
	s := newSite(t)
	s.deploy("choose.bpmn", chooseFile, "work.bpmn", workFile).is(200)
	key := s.start("choose", `{"amount":1}`)
	found := s.post("/v2/incidents/search", `{"filter":{"state":"ACTIVE","processDefinitionId":"choose"}}`).items()
	require.Len(t, found, 1)
	require.Equal(t, "CONDITION_ERROR", found[0]["errorType"])
	require.Equal(t, "gate", found[0]["elementId"])
	require.Equal(t, key, found[0]["processInstanceKey"])
	require.NotEmpty(t, found[0]["errorMessage"])
	incident := found[0]["incidentKey"].(string)

	elements := s.post("/v2/element-instances/search", `{"filter":{"processInstanceKey":"`+key+`","hasIncident":true}}`).items()
	require.Len(t, elements, 1)
	require.Equal(t, incident, elements[0]["incidentKey"])
	require.Equal(t, "Enough?", elements[0]["elementName"])
	require.Equal(t, found[0]["elementInstanceKey"], elements[0]["elementInstanceKey"])

	// Resolved without a change, it fails again; with the variable mended, the instance goes on.
	require.Equal(t, 204, s.post("/v2/incidents/"+incident+"/resolution", "").status)
	found = s.post("/v2/process-instances/"+key+"/incidents/search", `{}`).items()
	require.Len(t, found, 1)
	require.NotEqual(t, incident, found[0]["incidentKey"], "it is a new one")
	s.post("/v2/incidents/"+incident+"/resolution", "").problem(404, "NOT_FOUND")
	require.Equal(t, 204, s.call(http.MethodPut, "/v2/element-instances/"+key+"/variables", `{"variables":{"amount":11}}`).status)
	require.Equal(t, 204, s.post("/v2/incidents/"+found[0]["incidentKey"].(string)+"/resolution", `{}`).status)
	require.Equal(t, "COMPLETED", s.get("/v2/process-instances/" + key).is(200)["state"])
	require.Empty(t, s.post("/v2/incidents/search", "").items())

	s.post("/v2/incidents/x/resolution", "").problem(400, "INVALID_ARGUMENT")
	s.post("/v2/incidents/999999000001/resolution", "").problem(404, "NOT_FOUND")
	s.post("/v2/process-instances/999999/incidents/search", "").problem(404, "NOT_FOUND")
}

// The incidents of an instance are also those of the instances that it called.
func TestIncidentsOfCalledInstances(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile, "call.bpmn", callFile, "choose.bpmn", chooseFile).is(200)
	s.start("choose", `{"amount":1}`) // has an incident that is none of theirs
	parent := s.start("call", `{}`)
	job := s.post("/v2/jobs/search", `{"filter":{"rootProcessInstanceKey":"`+parent+`"}}`).items()[0]
	path := "/v2/jobs/" + job["jobKey"].(string)
	require.Equal(t, 204, s.post(path+"/failure", `{"retries":1,"errorMessage":"try again"}`).status)
	again := s.post("/v2/jobs/search", `{"filter":{"jobKey":"`+job["jobKey"].(string)+`"}}`).items()[0]
	require.Equal(t, "try again", again["errorMessage"])
	require.Equal(t, true, again["hasFailedWithRetriesLeft"])
	require.Equal(t, 204, s.post(path+"/failure", `{"errorMessage":"no more"}`).status)
	found := s.post("/v2/process-instances/"+parent+"/incidents/search", "").items()
	require.Len(t, found, 1)
	require.Equal(t, "JOB_NO_RETRIES", found[0]["errorType"])
	require.Equal(t, job["jobKey"], found[0]["jobKey"])
	require.Equal(t, job["processInstanceKey"], found[0]["processInstanceKey"])
	require.Equal(t, "FAILED", s.post("/v2/jobs/search", "").items()[0]["state"])
	require.Equal(t, 204, s.post("/v2/incidents/"+found[0]["incidentKey"].(string)+"/resolution", "").status)
	require.Equal(t, 204, s.post(path+"/completion", "").status)
	require.Equal(t, "COMPLETED", s.get("/v2/process-instances/" + parent).is(200)["state"])
	s.post(path+"/completion", "").problem(409, "INVALID_STATE")
	s.post("/v2/jobs/x/completion", "").problem(400, "INVALID_ARGUMENT")
	s.post("/v2/jobs/999999000001/completion", "").problem(404, "NOT_FOUND")
}

func TestJobs(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile).is(200)
	key := s.start("work", `{}`)
	answer := s.post("/v2/jobs/search", `{"filter":{"type":"labour","state":"CREATED","retries":{"$gte":3}}}`)
	job := answer.items()[0]
	require.Equal(t, map[string]any{"colour": "red", "apiToken": masked}, job["customHeaders"])
	require.NotContains(t, answer.body, "canary")
	require.Equal(t, "task", job["elementId"])
	path := "/v2/jobs/" + job["jobKey"].(string)

	for route, body := range map[string]string{
		"/failure": `{"retries":-1}`, "/error": `{"errorCode":""}`, "/completion": `{"variables":5}`,
	} {
		s.post(path+route, body).problem(400, "INVALID_ARGUMENT")
	}
	s.post(path+"/failure", `{"retries":1,"retryBackOff":-5}`).problem(400, "INVALID_ARGUMENT")
	require.Equal(t, 204, s.post(path+"/error", `{"errorCode":"E1","errorMessage":"bad"}`).status)
	incidents := s.post("/v2/incidents/search", `{"filter":{"processInstanceKey":"`+key+`"}}`).items()
	require.Len(t, incidents, 1)
	require.Equal(t, "UNHANDLED_ERROR_EVENT", incidents[0]["errorType"])
}

func TestVariables(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile).is(200)
	long := strings.Repeat("é", maxValue)
	key := s.start("work", `{"plain":"x","dbPassword":"canary-1","org":{"characteristics":[{"name":"CLIENT_SECRET","value":"canary-2"}]},"long":"`+long+`"}`)
	byKey := `{"filter":{"processInstanceKey":"` + key + `"},"sort":[{"field":"name"}]}`
	answer := s.post("/v2/variables/search", byKey)
	require.NotContains(t, answer.body, "canary")
	found := answer.items()
	require.Len(t, found, 4)
	require.Equal(t, `"•••"`, found[0]["value"])
	require.Equal(t, true, found[1]["isTruncated"])
	require.LessOrEqual(t, len(found[1]["value"].(string)), maxValue)
	require.NotContains(t, found[1]["value"], "\uFFFD", "cut between characters")
	whole := s.post("/v2/variables/search?truncateValues=false", byKey).items()[1]
	require.Equal(t, false, whole["isTruncated"])
	require.Equal(t, `"`+long+`"`, whole["value"])

	// A secret's value cannot be guessed by searching for it.
	guess := `{"filter":{"processInstanceKey":"` + key + `","value":"\"canary-1\""}}`
	require.Empty(t, s.post("/v2/variables/search", guess).items())
	require.Empty(t, s.post("/v2/variables/search", `{"filter":{"processInstanceKey":"999999"}}`).items())
	require.Len(t, s.post("/v2/variables/search", `{"filter":{"scopeKey":{"$in":["`+key+`","`+key+`"]}}}`).items(), 4)
	require.Empty(t, s.post("/v2/variables/search", `{"filter":{"processInstanceKey":{"$in":[]}}}`).items(), "none does not mean all")
	require.Contains(t, s.post("/v2/variables/search", `{}`).problem(400, "INVALID_ARGUMENT"), "filter by processInstanceKey")
	require.Contains(t, s.post("/v2/variables/search?truncateValues=no", byKey).problem(400, "INVALID_ARGUMENT"), "truncateValues")

	// Set from outside: at the instance, or where a token is.
	element := s.post("/v2/element-instances/search", `{"filter":{"processInstanceKey":"`+key+`","state":"ACTIVE"}}`).items()[0]["elementInstanceKey"].(string)
	for _, at := range []string{key, element} {
		require.Equal(t, 204, s.call(http.MethodPut, "/v2/element-instances/"+at+"/variables", `{"variables":{"plain":"from `+at+`"}}`).status)
		got := s.post("/v2/variables/search", `{"filter":{"processInstanceKey":"`+key+`","name":"plain"}}`).items()
		require.Equal(t, `"from `+at+`"`, got[0]["value"])
	}
	put := func(at, body string) reply {
		return s.call(http.MethodPut, "/v2/element-instances/"+at+"/variables", body)
	}
	put(key, `{}`).problem(400, "INVALID_ARGUMENT")
	put("x", `{"variables":{}}`).problem(400, "INVALID_ARGUMENT")
	put("999999", `{"variables":{}}`).problem(404, "NOT_FOUND")
	put("999999000001", `{"variables":{}}`).problem(404, "NOT_FOUND")
	own, err := engine.ParseKey(key)
	require.NoError(t, err)
	put((own+4000).String(), `{"variables":{}}`).problem(404, "NOT_FOUND")
	put(key+"999999", `{"variables":{}}`).problem(400, "INVALID_ARGUMENT")
	require.Equal(t, 204, s.post("/v2/process-instances/"+key+"/cancellation", "").status)
	put(key, `{"variables":{"a":1}}`).problem(409, "INVALID_STATE")
}

func TestMessages(t *testing.T) {
	s := newSite(t)
	s.deploy("await.bpmn", awaitFile).is(200)
	key := s.start("await", `{"orderId":"o-1"}`)
	subscriptions := s.post("/v2/message-subscriptions/search", `{"filter":{"messageName":"reply"}}`).items()
	require.Len(t, subscriptions, 1)
	require.Equal(t, "o-1", subscriptions[0]["correlationKey"])
	require.Equal(t, "catch", subscriptions[0]["elementId"])
	require.Equal(t, key, subscriptions[0]["processInstanceKey"])

	published := s.post("/v2/messages/publication", `{"name":"reply","correlationKey":"o-1","variables":{"answer":42}}`).is(200)
	require.IsType(t, "", published["messageKey"])
	require.Equal(t, "<default>", published["tenantId"])
	require.Equal(t, "TAKEN", published["state"])
	require.Equal(t, key, published["processInstanceKey"])
	require.Equal(t, "COMPLETED", s.get("/v2/process-instances/" + key).is(200)["state"])

	// Nobody waits: the message is kept for its time to live, and whoever comes gets it. The same id does not come twice.
	body := `{"name":"reply","correlationKey":"o-2","messageId":"m-1","timeToLive":60000,"variables":{"dbPassword":"canary"}}`
	first := s.post("/v2/messages/publication", body).is(200)
	require.Equal(t, "KEPT", first["state"])
	require.Nil(t, first["processInstanceKey"])
	again := s.post("/v2/messages/publication", body).is(200)
	require.Equal(t, first["messageKey"], again["messageKey"])
	require.Equal(t, "REPEATED", again["state"])
	kept := s.post("/v2/messages/search", `{"filter":{"messageName":"reply"}}`)
	require.Len(t, kept.items(), 1)
	require.NotContains(t, kept.body, "canary")
	require.Equal(t, "2026-03-04T05:07:07Z", kept.items()[0]["expirationDate"])
	next := s.start("await", `{"orderId":"o-2"}`)
	require.Equal(t, "COMPLETED", s.get("/v2/process-instances/" + next).is(200)["state"])
	require.Empty(t, s.post("/v2/messages/search", "").items())

	for body, want := range map[string]string{
		``:                                           `field "name" is missing`,
		`{"name":""}`:                                `field "name" is missing`,
		`{"name":"x","timeToLive":-1}`:               `field "timeToLive" must be between`,
		`{"name":"x","timeToLive":"1"}`:              `field "timeToLive" must be a whole number, not a string`,
		`{"name":"x","variables":[]}`:                `field "variables" must be an object`,
		`{"name":"x","tenantId":"t"}`:                "Sonata has no tenants",
		`{"name":"x","businessId":"b"}`:              "businessId: not supported yet",
		`{"name":"x","timeToLive":9999999999999999}`: `field "timeToLive" must be between`,
	} {
		require.Contains(t, s.post("/v2/messages/publication", body).problem(400, "INVALID_ARGUMENT"), want, body)
	}
}

// Many clients at once: each gets its own answer, and nothing is lost.
func TestConcurrentClients(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile).is(200)
	var clients sync.WaitGroup
	const each, number = 10, 8
	keys := make(chan string, each*number)
	for range number {
		clients.Go(func() {
			for range each {
				answer := s.post("/v2/process-instances", `{"processDefinitionId":"work"}`)
				if answer.status != 200 {
					continue // counted below
				}
				key := answer.is(200)["processInstanceKey"].(string)
				_ = s.post("/v2/element-instances/search", `{"filter":{"processInstanceKey":"`+key+`"}}`)
				_ = s.post("/v2/process-instances/search", `{"sort":[{"field":"processDefinitionId"}]}`)
				if s.post("/v2/process-instances/"+key+"/cancellation", "").status == 204 {
					keys <- key
				}
			}
		})
	}
	clients.Wait()
	close(keys)
	seen := map[string]bool{}
	for key := range keys {
		require.False(t, seen[key])
		seen[key] = true
	}
	require.Len(t, seen, each*number)
	require.Len(t, s.post("/v2/process-instances/search", `{"filter":{"state":"TERMINATED"},"page":{"limit":1000}}`).items(), each*number)
}

func TestUserTasks(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile, "ask.bpmn", file("ask", `
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="task"/>
    <bpmn:userTask id="task" name="Approve the order"><bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements></bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="task" targetRef="end"/><bpmn:endEvent id="end"/>`)).is(200)
	s.start("work", `{}`)
	key := s.start("ask", `{}`)
	found := s.post("/v2/user-tasks/search", `{"filter":{"state":"CREATED"}}`).items()
	require.Len(t, found, 1, "a service task is no user task")
	require.Equal(t, "Approve the order", found[0]["name"])
	require.Equal(t, key, found[0]["processInstanceKey"])
	require.Equal(t, "The ask process", found[0]["processName"])
	require.Equal(t, 204, s.post("/v2/jobs/"+found[0]["userTaskKey"].(string)+"/completion", "").status)
	require.Empty(t, s.post("/v2/user-tasks/search", "").items())
	require.Equal(t, "COMPLETED", s.get("/v2/process-instances/" + key).is(200)["state"])
}

// Variables of a task are in a scope of their own, which has the key of its element instance.
func TestLocalVariables(t *testing.T) {
	s := newSite(t)
	s.deploy("local.bpmn", file("local", `
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="task"/>
    <bpmn:serviceTask id="task"><bpmn:extensionElements><zeebe:taskDefinition type="labour"/>
      <zeebe:ioMapping><zeebe:input source="=amount" target="half"/></zeebe:ioMapping></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="task" targetRef="end"/><bpmn:endEvent id="end"/>`)).is(200)
	key := s.start("local", `{"amount":4}`)
	element := s.post("/v2/element-instances/search", `{"filter":{"processInstanceKey":"`+key+`","elementId":"task"}}`).items()[0]["elementInstanceKey"].(string)
	scopes := func() map[any]any {
		values := map[any]any{}
		for _, v := range s.post("/v2/variables/search", `{"filter":{"processInstanceKey":"`+key+`"}}`).items() {
			values[v["name"].(string)+"@"+v["scopeKey"].(string)] = v["value"]
		}
		return values
	}
	require.Equal(t, map[any]any{"amount@" + key: "4", "half@" + element: "4"}, scopes())
	put := func(at, body string) {
		require.Equal(t, 204, s.call(http.MethodPut, "/v2/element-instances/"+at+"/variables", body).status)
	}
	put(element, `{"variables":{"half":2,"amount":5}}`)
	require.Equal(t, map[any]any{"amount@" + key: "5", "half@" + element: "2"}, scopes(), "where they are")
	put(element, `{"variables":{"amount":6},"local":true}`)
	require.Equal(t, map[any]any{"amount@" + key: "5", "amount@" + element: "6", "half@" + element: "2"}, scopes(), "right there")
	require.Len(t, s.post("/v2/variables/search", `{"filter":{"scopeKey":"`+element+`"}}`).items(), 2)
}

// History of more than one read, and what it costs to look at it: the newest element instances are kept, all active ones are.
func TestElementInstancesOfALongHistory(t *testing.T) {
	p := passages{active: map[engine.ID]elementInstance{}}
	for i := range engine.ID(3 * maxEnded) {
		p.apply(runner.Entry{Event: engine.TokenProduced{Token: engine.Token{ID: i, Node: "n"}}})
		if i != 0 {
			p.apply(runner.Entry{Event: engine.TokenConsumed{Token: i, Withdrawn: i == 3*maxEnded-1}})
		}
	}
	p.apply(runner.Entry{Event: engine.TokenConsumed{Token: 7_000_000}}) // it was on a flow only
	require.Contains(t, p.active, engine.ID(0))
	require.Len(t, p.active, 1)
	require.GreaterOrEqual(t, len(p.ended), maxEnded)
	require.LessOrEqual(t, len(p.ended), 2*maxEnded)
	require.Equal(t, engine.StateTerminated, p.ended[len(p.ended)-1].State)
}

// Pages of what instances are made of: a page may end, and the next begin, within an instance.
func TestPagesOfElementInstances(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile).is(200)
	for range 4 {
		s.start("work", `{}`)
	}
	const path = "/v2/element-instances/search"
	for _, order := range []string{"ASC", "DESC"} {
		sort := `"sort":[{"field":"elementInstanceKey","order":"` + order + `"}]`
		want := column(s.post(path, `{`+sort+`}`).items(), "elementInstanceKey")
		require.Len(t, want, 8)
		var forwards, backwards []any
		cursor := ""
		for page := `{"limit":3}`; ; page = `{"limit":3,"after":"` + cursor + `"}` {
			answer := s.post(path, `{`+sort+`,"page":`+page+`}`)
			if len(answer.items()) == 0 {
				break
			}
			forwards = append(forwards, column(answer.items(), "elementInstanceKey")...)
			cursor = answer.is(200)["page"].(map[string]any)["endCursor"].(string)
		}
		require.Equal(t, want, forwards)
		for {
			answer := s.post(path, `{`+sort+`,"page":{"limit":3,"before":"`+cursor+`"}}`)
			if len(answer.items()) == 0 {
				break
			}
			backwards = append(column(answer.items(), "elementInstanceKey"), backwards...)
			cursor = answer.is(200)["page"].(map[string]any)["startCursor"].(string)
		}
		require.Equal(t, want[:len(want)-1], backwards, "all in front of the last")
	}
}

// storied is an engine in which every instance has a long history.
type storied struct{ Engine }

// storySize is how many entries there are in all.
const storySize = 3000

func (storied) Story(key engine.Key, after uint64) iter.Seq2[runner.Entry, error] {
	return func(yield func(runner.Entry, error) bool) {
		for seq := after + 1; seq <= storySize; seq++ {
			if seq/7%3 == uint64(key) && !yield(runner.Entry{Seq: seq, Instance: key}, nil) { // in turns, seven at a time
				return
			}
		}
	}
}

// Long histories are read whole, and those of several instances in the order in which it happened.
func TestLongHistories(t *testing.T) {
	a := &api{engine: storied{}}
	var last uint64
	for entry, err := range a.histories([]engine.Key{2, 0, 1}, 10) {
		require.NoError(t, err)
		require.Equal(t, max(last, 10)+1, entry.Seq)
		last = entry.Seq
	}
	require.EqualValues(t, storySize, last)
}
