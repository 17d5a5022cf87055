package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
	"github.com/sonata-bpmn/sonata/processes"
)

// newTestServer is a server of this process, on free ports.
func newTestServer(t *testing.T, data string) *server {
	t.Helper()
	s := &server{log: slog.New(slog.DiscardHandler)}
	require.NoError(t, s.flags().Parse([]string{"--data", data, "--listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0"}))
	var err error
	s.builtin, err = embeddedFlows(processes.Sonata())
	require.NoError(t, err)
	return s
}

// TestAServerLivesAsLongAsItsGuest: everything works while the guest is there, and everything is given back when it leaves, so that
// the next server finds the directory free and the deployment done.
func TestAServerLivesAsLongAsItsGuest(t *testing.T) {
	data, url := t.TempDir(), ""
	fault := errors.New("the guest is not content")
	err := newTestServer(t, data).run(context.Background(), func(_ context.Context, up running) error {
		url = up.url
		require.NoError(t, up.runner.Ready())
		require.NotEmpty(t, up.deployment.Definitions)
		response, err := http.Get(url + "/readyz")
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode)
		return fault
	})
	require.ErrorIs(t, err, fault)
	_, err = http.Get(url + "/livez")
	require.Error(t, err)

	ctx, stop := context.WithCancel(context.Background())
	err = newTestServer(t, data).run(ctx, func(ctx context.Context, up running) error {
		require.Empty(t, up.deployment.Definitions, "what is built in was deployed before")
		stop()
		<-ctx.Done()
		return ctx.Err()
	})
	require.NoError(t, err, "to be told to stop is no fault")
}

// TestAServerRefusesBrokenFlows: nothing stays behind when the deployment fails.
func TestAServerRefusesBrokenFlows(t *testing.T) {
	data := t.TempDir()
	s := newTestServer(t, data)
	s.flows = []runner.Resource{{Name: "broken.bpmn", XML: []byte("<x/>")}}
	err := s.run(context.Background(), func(context.Context, running) error {
		require.Fail(t, "the guest was let in")
		return nil
	})
	require.ErrorContains(t, err, "broken.bpmn:1:1")
	require.NoError(t, newTestServer(t, data).run(context.Background(), func(context.Context, running) error { return nil }))
}
