//go:build unix

package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/adapters/bolt"
	"github.com/sonata-bpmn/sonata/engine"
)

// poison is a server whose instances take as long over a message as that says.
type poison struct {
	*sonata
	data string
}

func newPoison(t *testing.T, data string) *poison {
	t.Helper()
	return &poison{serve(t, data, "--deploy", filepath.Join("testdata", "poison.bpmn"), "--message-ttl", "100ms"), data}
}

// begin starts an instance and returns its key.
func (p *poison) begin(name string) string {
	p.t.Helper()
	status, started := p.post("/v2/process-instances", fmt.Sprintf(`{"processDefinitionId":"poison","variables":{"name":%q}}`, name))
	require.Equal(p.t, http.StatusOK, status, "%v", started)
	return started["processInstanceKey"].(string)
}

// tell gives the instance of that name something to do.
func (p *poison) tell(name string, rounds int) {
	p.t.Helper()
	id := fmt.Sprint(name, " ", rounds)
	p.publish("poison-go", name, fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/test","type":"poison-go","correlationkey":%q,"data":{"rounds":%d}}`, id, name, rounds))
}

// dieAt waits until the process works on an instance, and has it die as the Go runtime does when it must.
func (p *poison) dieAt(key string, signal syscall.Signal) {
	p.t.Helper()
	p.eventually(func() bool {
		marker, err := bolt.OpenMarker(p.data)
		require.NoError(p.t, err)
		require.NoError(p.t, marker.Close())
		return engine.Key(marker.Marked()).String() == key
	}, "nothing works on "+key)
	require.True(p.t, p.signal(signal))
	p.wait()
}

// resting says why an instance rests.
func (p *poison) resting(key string) any {
	p.t.Helper()
	return p.items("process-instances", fmt.Sprintf(`{"processInstanceKey":%q}`, key))[0]["resting"]
}

func (p *poison) awaitEnd(key string) {
	p.t.Helper()
	p.eventually(func() bool {
		return p.items("process-instances", fmt.Sprintf(`{"processInstanceKey":%q}`, key))[0]["state"] == "COMPLETED"
	}, key+" did not complete")
}

// TestAnInstanceThatKillsTheProcess: an instance at which the process crashes is set aside by the next one, and everything else goes on.
// What killed it is found among the dead letters. The operator releases the instance, by REST or on the command line, and
// gives it the message again, corrected.
func TestAnInstanceThatKillsTheProcess(t *testing.T) {
	data := t.TempDir()
	for way, release := range map[string]func(p *poison, key string){
		"rest": func(p *poison, key string) {
			status, refused := p.post("/v2/process-instances/"+key+"/release", `{}`)
			require.Equal(t, http.StatusNoContent, status, "%v", refused)
			status, refused = p.post("/v2/process-instances/"+key+"/release", `{}`)
			require.Equal(t, http.StatusConflict, status, "%v", refused)
			require.Contains(t, refused["detail"], "is not set aside")
		},
		"command line": func(p *poison, key string) {
			require.Equal(t, "instance "+key+" goes on\n", p.client("instances", "release", key))
			again := sonataCommand(t, "instances", "release", key, "4711", "--url", p.url)
			require.Equal(t, exitFailed, again.status)
			require.Contains(t, again.errors, "is not set aside")
			require.Contains(t, again.errors, "there is no process instance 4711")
		},
	} {
		t.Run(way, func(t *testing.T) {
			p := newPoison(t, data)
			bad, good := p.begin("bad "+way), p.begin("good "+way)
			p.tell("bad "+way, 9000) // takes minutes
			p.dieAt(bad, syscall.SIGQUIT)

			p = newPoison(t, data)
			p.log("Sonata crashed the last time; please report it with this file", nil)
			report := read(t, filepath.Join(data, "crash-last.txt"))
			require.Contains(t, report, "SIGQUIT: quit")
			if !strings.Contains(report, "\nracecall(") { // from there, the race detector's own code, Go finds no way back to the caller
				require.Contains(t, report, loopFrame)
			}
			p.log("an instance rests; everything else goes on", func(e map[string]any) bool { return e["instance"] == bad })
			require.Equal(t, http.StatusOK, p.health("/readyz"))
			p.tell("good "+way, 1)
			p.awaitEnd(good)
			require.Nil(t, p.resting(good))
			require.Contains(t, p.resting(bad), "Sonata ended while it worked on it (1 times")
			require.Regexp(t, `(?m)^state +ACTIVE \(rests\)\nrests +it is set aside, because `, p.client("instances", "get", bad))
			require.Regexp(t, bad+` +poison +1 +ACTIVE \(rests\) `, p.client("instances", "list"))
			status, refused := p.post("/v2/messages/correlation", fmt.Sprintf(`{"name":"poison-go","correlationKey":%q}`, "bad "+way))
			require.Equal(t, http.StatusNotFound, status, "nothing is done with it: %v", refused)

			var letters []map[string]any
			p.eventually(func() bool {
				letters = p.items("dead-letters", `{"topic":"poison-go"}`)
				return len(letters) == 1
			}, "the message is not kept")
			require.Equal(t, "UNMATCHED", letters[0]["cause"])
			release(p, bad)
			require.Nil(t, p.resting(bad))
			p.client("dead-letters", "replay", letters[0]["deadLetterKey"].(string), "--vars", `{"rounds":1}`)
			p.awaitEnd(bad)
			require.Empty(t, p.complaints())
			require.Zero(t, p.stop())
		})
	}
}

// TestAnInstanceAtWhichTheProcessIsKilled: who kills the process blames nobody, unless it is at the same instance three times in a row.
func TestAnInstanceAtWhichTheProcessIsKilled(t *testing.T) {
	data := t.TempDir()
	p := newPoison(t, data)
	key := p.begin("slow")
	p.tell("slow", 9000)
	for range 2 {
		p.dieAt(key, syscall.SIGKILL)
		p = newPoison(t, data)
		require.Nil(t, p.resting(key))
	}
	p.dieAt(key, syscall.SIGKILL)
	p = newPoison(t, data)
	require.Contains(t, p.resting(key), "(3 times")
	require.Equal(t, "instance "+key+" is cancelled\n", p.client("instances", "cancel", key), "one that is set aside can be cancelled")
	require.Zero(t, p.stop())
}
