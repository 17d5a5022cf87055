package main

import (
	"bytes"
	"errors"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// TestAProcessThatCannotBeRun: a process that another Sonata has deployed, and this one cannot run, is named before and at the start, and
// keeps nothing from working; its instances are cancelled on the command line.
func TestAProcessThatCannotBeRun(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data, "--deploy", filepath.Join("testdata", "poison.bpmn"))
	var keys []string
	for range 2 {
		status, started := s.post("/v2/process-instances", `{"processDefinitionId":"poison","variables":{"name":"n"}}`)
		require.Equal(t, http.StatusOK, status, "%v", started)
		keys = append(keys, started["processInstanceKey"].(string))
	}
	require.Zero(t, s.stop())

	store, err := bolt.Open(data)
	require.NoError(t, err)
	err = store.Update(func(tx runner.Tx) error {
		var file []byte
		tx.Ascend("resources", nil, func(key, xml []byte) bool {
			if bytes.Contains(xml, []byte(`"poison"`)) {
				file = bytes.Clone(key)
			}
			return true
		})
		return errors.Join(tx.Delete("resources", file), tx.Delete("meta", []byte("build"))) // which an older Sonata has not written
	})
	require.NoError(t, errors.Join(err, store.Close()))
	const says = "process poison, version 1, was deployed with another Sonata, and this one cannot run it: poison.bpmn is not in the store; deploy a version that can be run"
	o := sonataCommand(t, "check", "--data", data)
	require.Zero(t, o.status, o.errors)
	require.Regexp(t, `is whole: 2 instances\n`+says, o.out)

	s = serve(t, data)
	entry := s.log("a process cannot be run; its instances rest, and everything else goes on", nil)
	require.Equal(t, "WARN", entry["level"])
	require.InEpsilon(t, 2, entry["instances"], 0)
	require.Equal(t, http.StatusOK, s.health("/readyz"))
	require.Regexp(t, `(?m)^state +ACTIVE \(rests\)\nrests +`+says, s.client("instances", "get", keys[0]))
	refused := sonataCommand(t, "instances", "release", keys[0], "--url", s.url)
	require.Equal(t, exitFailed, refused.status)
	require.Contains(t, refused.errors, says)
	require.Equal(t, "instance "+keys[0]+" is cancelled\ninstance "+keys[1]+" is cancelled\n", s.client("instances", "cancel", keys[0], keys[1]))
	require.Zero(t, s.stop())
}
