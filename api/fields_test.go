package api

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// A field that nearly is one that is missing is refused, as what was meant by it would be ignored.
func TestMisspeltFields(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile).is(200)
	for _, c := range []struct{ path, body, detail string }{
		{"/v2/process-instances", `{"processDefinitionId":"work","vars":{"a":1}}`, `field "vars" is not known; did you mean "variables"?`},
		{"/v2/process-instances", `{"processDefinitionId":"work","variable":{"a":1}}`, `"variables"`},
		{"/v2/process-instances", `{"processDefinitionId":"work","Variabels":{"a":1}}`, `"variables"`},
		{"/v2/process-instances", `{"processId":"work"}`, `did you mean "processDefinitionId"?`},
		{"/v2/messages/publication", `{"name":"m","correlationkey ":"k"}`, `did you mean "correlationKey"?`},
		{"/v2/messages/publication", `{"name":"m","correlation":"k"}`, `did you mean "correlationKey"?`},
		{"/v2/jobs/activation", `{"type":"labour","maxJobsToActivate":1,"timeout":1000,"fetchVariables":["a"]}`, `did you mean "fetchVariable"?`},
		{"/v2/process-instances/search", `{"filters":{"state":"ACTIVE"}}`, `did you mean "filter"?`},
	} {
		require.Contains(t, s.post(c.path, c.body).problem(400, "INVALID_ARGUMENT"), c.detail, c.body)
	}
	require.Empty(t, s.post("/v2/process-instances/search", `{}`).items(), "nothing was started")
}

// Whatever else nobody knows is left alone, whoever sends it.
func TestOtherFieldsAreLeftAlone(t *testing.T) {
	s := newSite(t)
	s.deploy("work.bpmn", workFile).is(200)
	for _, c := range []struct{ path, body string }{
		{"/v2/process-instances", `{"processDefinitionId":"work","variables":{},"vars":1,"operationReference":7,"va":1,"":1,"ver":3}`},
		{"/v2/process-instances", `{"ProcessDefinitionID":"work","VARIABLES":{"a":1}}`}, // read as what they are
		{"/v2/jobs/activation", `{"type":"other","worker":"w","maxJobsToActivate":1,"timeout":1000,"requestTimeout":-1,"tenantIds":["<default>"],"tenantFilter":"PROVIDED"}`},
		{"/v2/messages/publication", `{"name":"m","correlationKey":"k","timeToLive":0,"messageId":"1","tenantId":"<default>","operationReference":7}`},
	} {
		require.Equal(t, http.StatusOK, s.post(c.path, c.body).status, c.body)
	}
}
