package controlloop_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clampFiles are what CLAMP's clients send: a service template with several control loops, an instance of each, and who takes part.
type clampFiles struct {
	template, instances string // texts
	passive             string // the first command
	participants        [][2]string
	loops               []string
	elements            int // of each
}

// The files of CLAMP's own tests go through their life. SONATA_TEST_CLAMP names a folder that has them (onap/policy-clamp, branch istanbul).
func TestCLAMPsOwnFiles(t *testing.T) {
	dir := os.Getenv("SONATA_TEST_CLAMP")
	if dir == "" {
		t.Skip("SONATA_TEST_CLAMP names no folder with PMSHMultipleCLTosca.yaml, ControlLoops.json and PassiveCommand.json of CLAMP's tests")
	}
	newWorld(t).liveThrough(clampFiles{
		template: read(t, dir, "PMSHMultipleCLTosca.yaml"), instances: read(t, dir, "ControlLoops.json"), passive: read(t, dir, "PassiveCommand.json"),
		participants: [][2]string{
			{"org.onap.dcae.controlloop.DCAEMicroserviceControlLoopParticipant", "2.3.4"},
			{"org.onap.policy.controlloop.PolicyControlLoopParticipant", "2.3.1"},
			{"org.onap.ccsdk.cds.controlloop.CdsControlLoopParticipant", "2.2.1"},
		},
		loops: []string{"PMSHInstance0", "PMSHInstance1"}, elements: 4,
	})
}

// Files of our own with the same oddities do, too: several control loops in one template, words and versions that are not quite right, elements
// that stand under another id than their own, and instances that name participant types in another version than the template.
func TestFilesLikeCLAMPs(t *testing.T) {
	data := filepath.Join("..", "..", "adapters", "tosca", "testdata")
	newWorld(t).liveThrough(clampFiles{
		template: read(t, data, "greenhouse.yaml"), instances: read(t, data, "greenhouse.json"), passive: orderOf("PASSIVE", "Climate0", "Watering0"),
		participants: [][2]string{{"green.K8SParticipant", "2.3.4"}, {"green.PolicyParticipant", "2.3.1"}, {"green.DeviceParticipant", "2.2.1"}},
		loops:        []string{"Climate0", "Watering0"}, elements: 3,
	})
}

func (w *world) liveThrough(files clampFiles) {
	w.t.Helper()
	for _, p := range files.participants {
		w.simulate(p[0], p[1], p[0], p[1], map[string]any{})
	}
	w.fly(time.Second)
	w.clamp(http.MethodPost, "/commission", files.template, 200)
	w.clamp(http.MethodGet, "/commission/elements", "", 406)
	w.clamp(http.MethodPost, "/instantiation", files.instances, 200)
	w.clamp(http.MethodPut, "/instantiation/command", files.passive, 202)
	w.fly(2 * time.Second)
	for _, state := range []string{"PASSIVE", "RUNNING", "PASSIVE", "UNINITIALISED"} {
		for _, name := range files.loops {
			if w.loop(name)["state"] != state {
				w.clamp(http.MethodPut, "/instantiation/command", orderOf(state, name), 202)
			}
		}
		w.fly(2 * time.Second)
		for _, name := range files.loops {
			require.Equal(w.t, slices.Repeat([]string{state}, files.elements+1), w.states(name))
		}
	}
	for _, name := range files.loops {
		w.clamp(http.MethodDelete, "/instantiation?name="+name+"&version=1.0.1", "", 200)
	}
	require.Empty(w.t, w.clamp(http.MethodGet, "/instantiation", "", 200)["controlLoopList"])
}
