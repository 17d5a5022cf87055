package controlloop_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
)

// report sends a status report of the first participant about what its control loops are in.
func (s staged) report(infos ...any) {
	s.t.Helper()
	require.NoError(s.t, s.bus.Send(s.ctx, "POLICY-CLRUNTIME-PARTICIPANT", runner.Incoming{Data: map[string]any{
		"messageType": "PARTICIPANT_STATUS", "participantId": map[string]any{"name": "First", "version": "1"},
		"participantType": map[string]any{"name": "kind.First", "version": "1.0.0"}, "state": "PASSIVE", "healthStatus": "HEALTHY", "controlLoopInfoList": infos,
	}}))
	require.NoError(s.t, s.r.Settled(s.ctx))
}

// says is what a report has of control loop a: the state of the loop, and of an element if one is named.
func says(state string, elements ...any) map[string]any {
	info := map[string]any{"controlLoopId": map[string]any{"name": "a", "version": "1.0.1"}, "state": state}
	if elements != nil {
		info["controlLoopStatistics"] = map[string]any{"clElementStatisticsList": map[string]any{"clElementStatistics": elements}}
	}
	return info
}

func element(id, state string) map[string]any {
	return map[string]any{"id": id, "controlLoopState": state}
}

func newReporting(t *testing.T, states ...string) staged {
	t.Helper()
	s := newStaged(t)
	s.create("a", 200)
	for _, state := range states {
		s.order(state, 202, "a")
		s.fly(2 * time.Second)
	}
	return s
}

// has is what the first participant has, as it knows.
func (s staged) has() any {
	s.t.Helper()
	in, _, err := s.r.Instance(s.first)
	require.NoError(s.t, err)
	return in.Variables(0)["loops"].(map[string]any)["a:1.0.1"]
}

// A participant whose elements are in another state than their control loop is driven to that state.
func TestAWrongStateIsDrivenToTheOrderedOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		orders []string
		wrong  string
	}{
		{"passive that is to run", []string{"PASSIVE", "RUNNING"}, "PASSIVE"},
		{"lost that is to run", []string{"PASSIVE", "RUNNING"}, "UNINITIALISED"},
		{"lost", []string{"PASSIVE"}, "UNINITIALISED"},
		{"running that is to be passive", []string{"PASSIVE"}, "RUNNING"},
		{"running that is not to be", []string{"PASSIVE", "UNINITIALISED"}, "RUNNING"},
		{"left over", []string{"PASSIVE", "UNINITIALISED"}, "PASSIVE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newReporting(t, c.orders...)
			ordered := s.loop("a")["state"]
			s.behave(s.first, map[string]any{
				"loops": map[string]any{"a:1.0.1": c.wrong}, "infos": map[string]any{"a:1.0.1": says(c.wrong)},
			})
			s.fly(3 * time.Minute) // it tells its status once a minute
			require.Equal(t, ordered, s.has())
			require.Equal(t, []string{ordered.(string), ordered.(string), ordered.(string)}, s.states("a"))
			require.Equal(t, "NO_ERROR", s.loop("a")["stateChangeResult"])
			require.Empty(t, s.told("control-loop-notification"))
		})
	}
}

// One element is enough, if it is one of the participant's.
func TestTheStateOfAnElementIsCompared(t *testing.T) {
	s := newReporting(t, "PASSIVE", "RUNNING")
	orders := func() int { return len(s.told("CONTROL_LOOP_STATE_CHANGE")) }
	before := orders()
	s.report(says("RUNNING", element(firstID, "RUNNING")))
	s.report(says("PASSIVE", element(secondID, "PASSIVE")), says("PASSIVE", element("nonsense", "PASSIVE")), says("ASLEEP"))
	s.fly(time.Second)
	require.Equal(t, before, orders())
	s.report(says("RUNNING", element(firstID, "PASSIVE")))
	s.fly(time.Second)
	require.Equal(t, before+1, orders())
	require.Equal(t, "RUNNING", s.loop("a")["state"])
}

// A participant that acknowledges each time and reports the wrong state again is a fault in the end, which is seen and published; a new
// order ends it.
func TestAStateThatStaysWrongIsAFault(t *testing.T) {
	s := newReporting(t, "PASSIVE", "RUNNING")
	before := len(s.told("CONTROL_LOOP_STATE_CHANGE"))
	for n := range 10 {
		s.report(says("PASSIVE", element(firstID, "PASSIVE")))
		s.fly(time.Second)
		if n == 3 {
			require.Equal(t, "NO_ERROR", s.loop("a")["stateChangeResult"])
		}
	}
	require.Len(t, s.told("CONTROL_LOOP_STATE_CHANGE"), before+5, "it is bounded")
	require.Len(t, s.told("control-loop-notification"), 1)
	loop := s.loop("a")
	require.Equal(t, "FAILED", loop["stateChangeResult"])
	require.Equal(t, "First reported PASSIVE, and not RUNNING, again and again", loop["message"])
	s.order("RUNNING", 202, "a")
	s.fly(2 * time.Second)
	require.Equal(t, "NO_ERROR", s.loop("a")["stateChangeResult"])
}

// A participant that does not follow in time is a fault, and orders pass again.
func TestAWrongStateThatDoesNotFollow(t *testing.T) {
	s := newReporting(t, "PASSIVE")
	s.behave(s.first, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": true, "fail": false}})
	s.report(says("UNINITIALISED"))
	s.fly(41 * time.Second)
	require.Equal(t, "TIMEOUT", s.loop("a")["stateChangeResult"])
	require.Equal(t, "First has not become PASSIVE, as its control loop is", s.loop("a")["message"])
	require.Len(t, s.told("control-loop-notification"), 1)
	s.behave(s.first, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": false, "fail": false}})
	s.order("UNINITIALISED", 202, "a")
	s.fly(2 * time.Second)
	require.Equal(t, []string{"UNINITIALISED", "UNINITIALISED", "UNINITIALISED"}, s.states("a"))
}

// Reports that make no sense change nothing.
func TestReportsThatMakeNoSense(t *testing.T) {
	s := newReporting(t, "PASSIVE")
	before := len(s.told("CONTROL_LOOP_UPDATE"))
	s.report("RUNNING", nil, int64(7), map[string]any{}, map[string]any{"controlLoopId": "a"}, map[string]any{"controlLoopId": map[string]any{"name": int64(1)}, "state": int64(2)},
		says("PASSIVE", "nonsense", nil, map[string]any{"id": int64(5)}), map[string]any{"controlLoopId": map[string]any{"name": "b", "version": "1"}, "state": "PASSIVE"})
	s.report(map[string]any{"controlLoopId": map[string]any{"name": "a", "version": "1.0.1"}, "controlLoopStatistics": "nonsense"})
	s.fly(time.Second) // it complains of incidents
	require.Len(t, s.told("CONTROL_LOOP_UPDATE"), before)
	require.Equal(t, []string{"PASSIVE", "PASSIVE", "PASSIVE"}, s.states("a"))
}

// A control loop that a participant leaves out of two reports in a row, although it is to have it, is lost there and brought back.
func TestWhatAReportLeavesOutIsLost(t *testing.T) {
	s := newReporting(t, "PASSIVE", "RUNNING")
	updates := func() int { return len(s.told("CONTROL_LOOP_UPDATE")) }
	before := updates()
	s.behave(s.first, map[string]any{"loops": map[string]any{}, "infos": map[string]any{}})
	s.report()
	s.fly(time.Second)
	require.Equal(t, before, updates(), "the report and the acknowledgement may have met on their way")
	s.report()
	s.fly(3 * time.Second)
	require.Greater(t, updates(), before)
	s.fly(2 * time.Minute)
	require.Equal(t, "RUNNING", s.has())
	require.Equal(t, []string{"RUNNING", "RUNNING", "RUNNING"}, s.states("a"))
	require.Equal(t, "NO_ERROR", s.loop("a")["stateChangeResult"])

	s.order("PASSIVE", 202, "a")
	s.fly(time.Second)
	s.order("UNINITIALISED", 202, "a")
	s.fly(time.Second)
	before = updates()
	for range 3 {
		s.report()
		s.fly(time.Second)
	}
	require.Equal(t, before, updates(), "it is to have nothing")
	require.Equal(t, []string{"UNINITIALISED", "UNINITIALISED", "UNINITIALISED"}, s.states("a"))
}

// A report that says nothing of control loops (no list at all) is no report about them.
func TestAReportWithoutControlLoops(t *testing.T) {
	s := newReporting(t, "PASSIVE")
	before := len(s.told("CONTROL_LOOP_UPDATE"))
	for range 4 {
		require.NoError(t, s.bus.Send(s.ctx, "POLICY-CLRUNTIME-PARTICIPANT", runner.Incoming{Data: map[string]any{
			"messageType": "PARTICIPANT_STATUS", "participantId": map[string]any{"name": "First", "version": "1"}, "state": "PASSIVE", "healthStatus": "HEALTHY",
		}}))
		s.fly(time.Second)
	}
	require.Len(t, s.told("CONTROL_LOOP_UPDATE"), before)
}

// Of the elements that a participant has in one control loop, each must be in its report.
func TestAnElementThatAReportLeavesOutIsLost(t *testing.T) {
	w := newWorld(t)
	s := staged{world: w, first: w.simulate("First", "1", "kind.First", "1.0.0", nil)}
	w.fly(time.Second)
	w.clamp(http.MethodPost, "/commission", strings.ReplaceAll(stagedTemplate, "{name: kind.Second, version: 1.0.0}", "{name: kind.First, version: 1.0.0}"), 200)
	w.fly(time.Second)
	w.clamp(http.MethodPost, "/instantiation", `{"controlLoopList":[{"name":"a","version":"1.0.1","definition":{"name":"loop.Staged","version":"1.0.0"},"elements":{`+
		`"1":{"id":"`+firstID+`","definition":{"name":"element.First","version":"1.0.0"},"participantId":{"name":"First","version":"1"}},`+
		`"2":{"id":"`+secondID+`","definition":{"name":"element.Second","version":"1.0.0"},"participantId":{"name":"First","version":"1"}}}}]}`, 200)
	s.order("PASSIVE", 202, "a")
	s.fly(2 * time.Second)
	before := len(s.told("CONTROL_LOOP_UPDATE"))
	s.report(says("PASSIVE", element(firstID, "PASSIVE"), element(secondID, "PASSIVE")))
	s.report(says("PASSIVE"))
	s.fly(time.Second)
	require.Len(t, s.told("CONTROL_LOOP_UPDATE"), before)
	s.report(says("PASSIVE", element(firstID, "PASSIVE")))
	s.fly(2 * time.Second)
	require.Greater(t, len(s.told("CONTROL_LOOP_UPDATE")), before)
	require.Equal(t, []string{"PASSIVE", "PASSIVE", "PASSIVE"}, s.states("a"))
}

// A participant that deregisters has nothing left; when it registers again, it gets its elements back.
func TestAParticipantThatLeavesAndComesBack(t *testing.T) {
	s := newReporting(t, "PASSIVE", "RUNNING")
	s.behave(s.first, map[string]any{"stop": true})
	s.fly(time.Second)
	s.first = s.simulate("First", "1", "kind.First", "1.0.0", nil)
	s.fly(3 * time.Second)
	require.Equal(t, "RUNNING", s.has())
	require.Equal(t, "RUNNING", s.loop("a")["state"])
	require.Equal(t, true, s.loop("a")["primed"])
}

// Participants are spoken to by their id: one that is started in the place of another that was killed hears what is said to it.
func TestAParticipantInThePlaceOfAnother(t *testing.T) {
	s := newReporting(t, "PASSIVE")
	require.NoError(t, s.r.Cancel(s.ctx, s.first))
	s.first = s.simulate("First", "1", "kind.First", "1.0.0", nil)
	s.fly(3 * time.Second)
	require.Equal(t, "PASSIVE", s.has())
	s.clamp(http.MethodPut, "/participants", `{"definition":{"name":"First","version":"1"},"participantState":"SAFE"}`, 202)
	s.fly(time.Second)
	require.Equal(t, "SAFE", s.clamp(http.MethodGet, "/participants/First/1", "", 200)["participantState"])
	letters, _, err := s.r.DeadLetters(0, 10)
	require.NoError(t, err)
	require.Empty(t, letters)
}

// A participant that registers and does not take its elements back is a fault, which is seen and published.
func TestWhatCannotBeGivenBack(t *testing.T) {
	s := newReporting(t, "PASSIVE")
	s.behave(s.first, map[string]any{"restart": true, "behaviour": map[string]any{"delay": "PT0.1S", "silent": false, "fail": true}})
	s.fly(2 * time.Minute)
	require.Equal(t, "FAILED", s.loop("a")["stateChangeResult"])
	require.Equal(t, "First has not got its elements back", s.loop("a")["message"])
	require.Len(t, s.told("control-loop-notification"), 1)
}
