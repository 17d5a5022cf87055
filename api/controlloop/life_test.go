package controlloop_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pmsh are the participants of the page's control loop.
func (w *world) pmsh(behaviour map[string]any) {
	w.t.Helper()
	w.simulate("DCAEParticipant0", "1.0.0", "org.onap.dcae.controlloop.DCAEMicroserviceControlLoopParticipant", "2.3.4", behaviour)
	w.simulate("PolicyParticipant0", "1.0.0", "org.onap.policy.controlloop.PolicyControlLoopParticipant", "2.3.1", behaviour)
	w.simulate("CDSParticipant0", "1.0.0", "org.onap.ccsdk.cds.controlloop.CdsControlLoopParticipant", "3.2.1", behaviour)
}

func orderOf(state string, loops ...string) string {
	list := ""
	for i, loop := range loops {
		if i > 0 {
			list += ","
		}
		list += `{"name":"` + loop + `","version":"1.0.1"}`
	}
	return `{"orderedState":"` + state + `","controlLoopIdentifierList":[` + list + `]}`
}

// The service template and the instances of the page, as printed, go through their whole life.
func TestTheWholeLife(t *testing.T) {
	w := newWorld(t)
	w.pmsh(nil)
	w.fly(time.Second)
	w.clamp(http.MethodPost, "/commission", read(t, "..", "..", "adapters", "tosca", "testdata", "pmsh.yaml"), 200)
	w.clamp(http.MethodPost, "/instantiation", read(t, "..", "..", "adapters", "tosca", "testdata", "instances.json"), 200)
	w.fly(time.Second)
	require.Equal(t, []string{"UNINITIALISED", "UNINITIALISED", "UNINITIALISED", "UNINITIALISED", "UNINITIALISED"}, w.states("PMSHInstance0"))
	require.Equal(t, true, w.loop("PMSHInstance0")["primed"])

	for _, state := range []string{"PASSIVE", "RUNNING", "PASSIVE", "UNINITIALISED"} {
		w.clamp(http.MethodPut, "/instantiation/command", orderOf(state, "PMSHInstance0", "PMSHInstance1"), 202)
		w.clamp(http.MethodPut, "/instantiation/command", orderOf(state, "PMSHInstance0"), 406)
		w.fly(time.Second)
		for _, name := range []string{"PMSHInstance0", "PMSHInstance1"} {
			require.Equal(t, []string{state, state, state, state, state}, w.states(name))
			require.Equal(t, "NO_ERROR", w.loop(name)["stateChangeResult"])
		}
	}
	w.clamp(http.MethodDelete, "/commission?name=org.onap.domain.pmsh.PMSHControlLoopDefinition&version=1.2.3", "", 400)
	w.clamp(http.MethodDelete, "/instantiation?name=PMSHInstance0&version=1.0.1", "", 200)
	w.clamp(http.MethodDelete, "/instantiation?name=PMSHInstance1&version=1.0.1", "", 200)
	require.Empty(t, w.clamp(http.MethodGet, "/instantiation", "", 200)["controlLoopList"])
	w.clamp(http.MethodDelete, "/commission?name=org.onap.domain.pmsh.PMSHControlLoopDefinition&version=1.2.3", "", 200)
}
