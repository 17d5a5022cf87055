package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a deployment has to be told besides is told on stderr, so that the table stays one; as JSON it is in the answer.
func TestDeployShowsWarnings(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"deployments":[{"processDefinition":{"processDefinitionId":"p","processDefinitionVersion":1,"processDefinitionKey":"7","resourceName":"p.bpmn"}}],
			"warnings":[{"file":"p.bpmn","line":3,"column":5,"severity":"warning","code":"SND001","elementId":"a","text":"never ends\u001b","hint":"draw an end"},
			{"severity":"warning","text":"deployed, but not yet connected to its topics"}]}`))
	}))
	defer server.Close()
	o := sonataCommand(t, "deploy", filepath.Join("testdata", sorting), "--url", server.URL)
	require.Zero(t, o.status)
	require.Equal(t, "p.bpmn:3:5: warning[SND001]: never ends\ufffd (element \"a\"); draw an end\nwarning: deployed, but not yet connected to its topics\n", o.errors)
	require.Equal(t, "PROCESS  VERSION  KEY  FILE\np        1        7    p.bpmn\n", o.out)

	o = sonataCommand(t, "deploy", filepath.Join("testdata", sorting), "--url", server.URL, "-o", "json")
	require.Empty(t, o.errors)
	require.Contains(t, o.out, "not yet connected")
}
