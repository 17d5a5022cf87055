package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// What Camunda Modeler sends, in the order in which a designer makes it, as recorded from camunda8-sdk-nodejs 8.7.28.
func TestModelerDeploysAndRuns(t *testing.T) {
	s := newSite(t)
	agent := []string{"User-Agent", "camunda8-sdk-nodejs/8.7.28 node/22 modeler", "Accept", "*/*"}

	// The status dot, every 5 s. The version is compared with the diagram's.
	topology := s.call(http.MethodGet, "/v2/topology", "", agent...).is(200)
	require.Equal(t, "8.9.0", topology["gatewayVersion"])
	require.Len(t, topology["brokers"], 1)

	// Deploy. The process to run is found by the name of its file.
	deployment := s.deploy("order flow.bpmn", workFile).is(200)
	item := deployment["deployments"].([]any)[0].(map[string]any)
	process := item["processDefinition"].(map[string]any)
	require.Equal(t, "order flow.bpmn", process["resourceName"])
	require.Equal(t, "work", process["processDefinitionId"])
	require.EqualValues(t, 1, process["processDefinitionVersion"])
	require.IsType(t, "", deployment["deploymentKey"], "keys are strings")
	for _, other := range []string{"decisionDefinition", "decisionRequirements", "form", "resource"} {
		require.Contains(t, item, other)
		require.Nil(t, item[other])
	}

	// A name as people give files.
	umlaut := s.deploy("Aufträge \"neu\".bpmn", quickFile).is(200)
	require.Equal(t, "Aufträge \"neu\".bpmn", definitionOf(umlaut)["resourceName"])

	// Deploy & run, with the variables and the business id of the dialog.
	started := s.call(http.MethodPost, "/v2/process-instances", `{"variables":{"orderId":"o-1","n":12345678901234567},"processDefinitionId":"work","businessId":"b-1"}`, agent...).is(200)
	key := started["processInstanceKey"].(string)
	require.Equal(t, "b-1", started["businessId"])
	require.Equal(t, process["processDefinitionKey"], started["processDefinitionKey"])
	require.Equal(t, map[string]any{}, started["variables"])

	// The link to Operate.
	link := s.get("/processes/" + key)
	require.Equal(t, http.StatusFound, link.status)
	require.Equal(t, "/v2/process-instances/"+key, link.header.Get("Location"))

	// Run only this task: refused, and said so, until start instructions are supported.
	detail := s.post("/v2/process-instances", `{"processDefinitionKey":"`+process["processDefinitionKey"].(string)+`","variables":{},
		"startInstructions":[{"elementId":"task"}],"runtimeInstructions":[{"type":"TERMINATE_PROCESS_INSTANCE","afterElementId":"task"}]}`).problem(400, "INVALID_ARGUMENT")
	require.Contains(t, detail, "not supported yet")

	// What it polls to show how the test goes.
	byKey := `{"filter":{"processInstanceKey":"` + key + `"}}`
	instances := s.post("/v2/process-instances/search", byKey).items()
	require.Len(t, instances, 1)
	require.Equal(t, "ACTIVE", instances[0]["state"])
	require.Empty(t, s.post("/v2/process-instances/search", `{"filter":{"parentProcessInstanceKey":"`+key+`"}}`).items())

	values := map[string]any{}
	for _, v := range s.post("/v2/variables/search?truncateValues=false", byKey).items() {
		require.Equal(t, key, v["scopeKey"])
		values[v["name"].(string)] = v["value"]
	}
	require.Equal(t, map[string]any{"orderId": `"o-1"`, "n": "12345678901234567"}, values)

	var elements []string
	for _, e := range s.post("/v2/element-instances/search", byKey).items() {
		elements = append(elements, e["elementId"].(string)+" "+e["type"].(string)+" "+e["state"].(string))
	}
	require.Equal(t, []string{"start START_EVENT COMPLETED", "task SERVICE_TASK ACTIVE"}, elements)

	require.Empty(t, s.post("/v2/process-instances/"+key+"/incidents/search", `{}`).items())
	jobs := s.post("/v2/jobs/search", byKey).items()
	require.Len(t, jobs, 1)
	require.Equal(t, "labour", jobs[0]["type"])
	require.Empty(t, s.post("/v2/message-subscriptions/search", byKey).items())
	require.Empty(t, s.post("/v2/user-tasks/search", byKey).items())
	require.Empty(t, s.post("/v2/cluster-variables/search", `{}`).items())
	require.Empty(t, s.post("/v2/authentication/me/authorizations/search", `{}`).items())
	require.Equal(t, []any{"*"}, s.get("/v2/authentication/me").is(200)["authorizedComponents"])
	require.Equal(t, true, s.get("/v2/license").is(200)["validLicense"])
	require.Equal(t, http.StatusNoContent, s.get("/v2/status").status)
}

// The designer reads the whole answer, so all that is wrong stands in its detail, with elements and places.
func TestModelerShowsWhatIsWrongWithAFile(t *testing.T) {
	s := newSite(t)
	broken := file("broken", `
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="gate"/>
    <bpmn:exclusiveGateway id="gate" name="Enough?"/>
    <bpmn:sequenceFlow id="f2" sourceRef="gate" targetRef="end"><bpmn:conditionExpression>=amount &gt; (</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="f3" sourceRef="gate" targetRef="nowhere"/>
    <bpmn:endEvent id="end"/>`)
	answer := s.deploy("ok.bpmn", quickFile, "broken.bpmn", broken, "text.bpmn", "no xml")
	detail := answer.problem(400, "INVALID_ARGUMENT")
	var body Problem
	require.NoError(t, json.Unmarshal([]byte(answer.body), &body))
	require.GreaterOrEqual(t, len(body.Problems), 2)
	files := map[string]bool{}
	for _, p := range body.Problems {
		files[p.File] = true
		require.Contains(t, detail, p.Text)
		require.NotEmpty(t, p.Code)
		require.NotEmpty(t, p.Severity)
		require.Positive(t, p.Line, "%+v", p)
		require.Positive(t, p.Column, "%+v", p)
	}
	require.Equal(t, map[string]bool{"broken.bpmn": true, "text.bpmn": true}, files)
	require.Contains(t, detail, "broken.bpmn:")
	require.Empty(t, s.post("/v2/process-definitions/search", "").items(), "all or none")
}

func TestVersions(t *testing.T) {
	s := newSite(t)
	first := s.deploy("quick.bpmn", quickFile).is(200)
	again := s.deploy("quick.bpmn", quickFile).is(200)
	require.Equal(t, definitionOf(first)["processDefinitionKey"], definitionOf(again)["processDefinitionKey"], "unchanged: same version")
	second := s.deploy("quick.bpmn", quickFile+"<!-- changed -->").is(200)
	require.EqualValues(t, 2, definitionOf(second)["processDefinitionVersion"])
	s.deploy("work.bpmn", workFile).is(200)

	require.Len(t, s.post("/v2/process-definitions/search", `{}`).items(), 3)
	latest := s.post("/v2/process-definitions/search", `{"filter":{"isLatestVersion":true,"processDefinitionId":"quick"}}`).items()
	require.Len(t, latest, 1)
	require.EqualValues(t, 2, latest[0]["version"])
	require.Equal(t, "The quick process", latest[0]["name"])
	require.Nil(t, latest[0]["versionTag"])

	path := "/v2/process-definitions/" + definitionOf(first)["processDefinitionKey"].(string)
	require.EqualValues(t, 1, s.get(path).is(200)["version"])
	xml := s.get(path + "/xml")
	require.Equal(t, quickFile, xml.body)
	require.Equal(t, "text/xml", xml.header.Get("Content-Type"))
	s.get("/v2/process-definitions/999999").problem(404, "NOT_FOUND")
	s.get("/v2/process-definitions/999999/xml").problem(404, "NOT_FOUND")

	// Start by version, by newest, by key.
	for body, version := range map[string]int{
		`{"processDefinitionId":"quick"}`:                                                                        2,
		`{"processDefinitionId":"quick","processDefinitionVersion":-1}`:                                          2,
		`{"processDefinitionId":"quick","processDefinitionVersion":1}`:                                           1,
		`{"processDefinitionKey":"` + definitionOf(first)["processDefinitionKey"].(string) + `"}`:                1,
		`{"processDefinitionKey":` + definitionOf(first)["processDefinitionKey"].(string) + `,"variables":null}`: 1,
	} {
		require.EqualValues(t, version, s.post("/v2/process-instances", body).is(200)["processDefinitionVersion"], body)
	}
	s.post("/v2/process-instances", `{"processDefinitionId":"quick","processDefinitionVersion":3}`).problem(404, "NOT_FOUND")
	s.post("/v2/process-instances", `{"processDefinitionId":"none"}`).problem(404, "NOT_FOUND")
	s.post("/v2/process-instances", `{"processDefinitionKey":"999999"}`).problem(404, "NOT_FOUND")
}

func definitionOf(deployment map[string]any) map[string]any {
	return deployment["deployments"].([]any)[0].(map[string]any)["processDefinition"].(map[string]any)
}
