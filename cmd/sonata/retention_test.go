//go:build unix

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatHasEndedIsForgotten: what ended stays while --history-ttl is 0; when Sonata is told to keep it for a second, it goes in the background,
// that which ended before included, with its history. What runs stays, and what nobody could mean is refused.
func TestWhatHasEndedIsForgotten(t *testing.T) {
	data, config := t.TempDir(), filepath.Join(t.TempDir(), "sonata.yaml")
	flows := []string{"--deploy", filepath.Join("testdata", "poison.bpmn")}
	p := &poison{serve(t, data, append(flows, "--history-ttl", "0")...), data}
	waiting, ended := p.begin("waiting"), []string{p.begin("first"), p.begin("second")}
	for _, name := range []string{"first", "second"} {
		p.tell(name, 1)
	}
	for _, key := range ended {
		p.awaitEnd(key)
	}
	require.Zero(t, p.stop())

	require.NoError(t, os.WriteFile(config, []byte("history-ttl: 1s\n"), 0o600))
	p = &poison{serve(t, data, append(flows, "--config", config)...), data}
	ended = append(ended, p.begin("third"))
	p.tell("third", 1)
	p.eventually(func() bool {
		found := p.items("process-instances", `{}`)
		return len(found) == 1 && found[0]["processInstanceKey"] == waiting
	}, "what has ended is still there")
	for _, key := range ended {
		response, err := http.Get(p.url + "/v2/process-instances/" + key)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusNotFound, response.StatusCode)
		o := sonataCommand(t, "instances", "get", key, "--url", p.url)
		require.Equal(t, exitFailed, o.status)
		require.Contains(t, o.errors, "there is no process instance "+key)
	}
	require.Contains(t, p.client("instances", "get", waiting), "ACTIVE")
	require.Empty(t, p.complaints())
	require.Zero(t, p.stop())
	require.Contains(t, sonataCommand(t, "check", "--data", data).out, "is whole: 1 instances")

	for _, ttl := range []string{"-1s", "soon"} {
		o := sonataCommand(t, "serve", "--data", t.TempDir(), "--history-ttl", ttl)
		require.NotZero(t, o.status, ttl)
		require.Contains(t, o.errors, "history-ttl", ttl)
	}
}
