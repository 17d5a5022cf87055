package controlloop_test

import (
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The files of CLAMP's own tests go through their life. SONATA_TEST_CLAMP names a folder that has them (onap/policy-clamp, branch istanbul).
func TestCLAMPsOwnFiles(t *testing.T) {
	dir := os.Getenv("SONATA_TEST_CLAMP")
	if dir == "" {
		t.Skip("SONATA_TEST_CLAMP names no folder with PMSHMultipleCLTosca.yaml, ControlLoops.json and PassiveCommand.json of CLAMP's tests")
	}
	w := newWorld(t)
	for _, p := range [][2]string{
		{"org.onap.dcae.controlloop.DCAEMicroserviceControlLoopParticipant", "2.3.4"},
		{"org.onap.policy.controlloop.PolicyControlLoopParticipant", "2.3.1"},
		{"org.onap.ccsdk.cds.controlloop.CdsControlLoopParticipant", "2.2.1"},
	} {
		w.simulate(p[0], p[1], p[0], p[1], map[string]any{})
	}
	w.fly(time.Second)
	w.clamp(http.MethodPost, "/commission", read(t, dir, "PMSHMultipleCLTosca.yaml"), 200)
	w.clamp(http.MethodPost, "/instantiation", read(t, dir, "ControlLoops.json"), 200)
	w.clamp(http.MethodPut, "/instantiation/command", read(t, dir, "PassiveCommand.json"), 202)
	w.fly(time.Second)
	for _, state := range []string{"PASSIVE", "RUNNING", "PASSIVE", "UNINITIALISED"} {
		for _, name := range []string{"PMSHInstance0", "PMSHInstance1"} {
			if w.loop(name)["state"] != state {
				w.clamp(http.MethodPut, "/instantiation/command", orderOf(state, name), 202)
			}
		}
		w.fly(time.Second)
		for _, name := range []string{"PMSHInstance0", "PMSHInstance1"} {
			require.Equal(t, []string{state, state, state, state, state}, w.states(name))
		}
	}
	w.clamp(http.MethodDelete, "/instantiation?name=PMSHInstance0&version=1.0.1", "", 200)
	w.clamp(http.MethodDelete, "/instantiation?name=PMSHInstance1&version=1.0.1", "", 200)
	require.Empty(t, w.clamp(http.MethodGet, "/instantiation", "", 200)["controlLoopList"])
}
