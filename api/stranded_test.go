package api

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Instances of a process that another Sonata has deployed and this one cannot run are shown like any others, with what to do about
// them, and can be cancelled.
func TestInstancesThatCannotBeRun(t *testing.T) {
	for name, c := range map[string]struct {
		file     []byte // what is stored in its place; nil: nothing
		element  string // how it is shown
		readable int
	}{
		"refused": {bytes.Replace([]byte(workFile), []byte("</bpmn:process>"), []byte(`<bpmn:unheardOf id="g"/></bpmn:process>`), 1), "SERVICE_TASK", 200},
		"no XML":  {[]byte("this is no XML"), "UNKNOWN", 200},
		"gone":    {nil, "UNKNOWN", 404},
	} {
		t.Run(name, func(t *testing.T) {
			store := memory.NewStore()
			before, err := runner.New(store, runner.Options{})
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- before.Run(ctx) }()
			d, err := before.Deploy(ctx, []runner.Resource{{Name: "p.bpmn", XML: []byte(workFile)}})
			require.NoError(t, err)
			info, err := before.Start(ctx, runner.Start{ProcessID: "work"})
			require.NoError(t, err)
			cancel()
			require.NoError(t, <-ended)
			require.NoError(t, store.Update(func(tx runner.Tx) error {
				var key []byte
				tx.Ascend("resources", nil, func(k, _ []byte) bool { key = bytes.Clone(k); return true })
				if c.file == nil {
					return tx.Delete("resources", key)
				}
				return tx.Put("resources", key, c.file)
			}))

			s := newSiteWith(t, store, func(*http.Server) {})
			path := "/v2/process-instances/" + info.Key.String()
			const says = "process work, version 1, was deployed with another Sonata, and this one cannot run it"
			require.Contains(t, s.post("/v2/process-instances", `{"processDefinitionId":"work"}`).problem(409, "INVALID_STATE"), says)
			require.Contains(t, s.post(path+"/release", "").problem(409, "INVALID_STATE"), says)
			require.Contains(t, s.get(path).is(200)["resting"], says)
			require.Empty(t, s.activate(`{"type":"labour","timeout":1000,"maxJobsToActivate":1,"requestTimeout":-1}`))
			for what, found := range map[string]int{"process-instances": 1, "element-instances": 2, "jobs": 1, "incidents": 0, "process-definitions": 1} {
				require.Len(t, s.post("/v2/"+what+"/search", "{}").is(200)["items"], found, what)
			}
			elements := s.post("/v2/element-instances/search", `{"filter":{"elementId":"task"}}`).is(200)["items"].([]any)
			require.Equal(t, c.element, elements[0].(map[string]any)["type"])
			require.Equal(t, c.readable, s.get("/v2/process-definitions/"+d.Definitions[0].Key.String()+"/xml").status)

			require.Equal(t, 204, s.post(path+"/cancellation", "").status)
			shown := s.get(path).is(200)
			require.Equal(t, "TERMINATED", shown["state"])
			require.Nil(t, shown["resting"])
			s.post(path+"/cancellation", "").problem(409, "INVALID_STATE")
		})
	}
}
