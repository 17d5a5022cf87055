package controlloop_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// staged is a world with a control loop of two start phases, each with a participant of its own, and their simulators.
type staged struct {
	*world
	first, second engine.Key
}

const stagedTemplate = `
tosca_definitions_version: tosca_simple_yaml_1_3
topology_template:
  node_templates:
    kind.First: {version: 1.0.0, type: org.onap.policy.clamp.controlloop.Participant, type_version: 1.0.1}
    kind.Second: {version: 1.0.0, type: org.onap.policy.clamp.controlloop.Participant, type_version: 1.0.1}
    element.First:
      version: 1.0.0
      type: org.onap.policy.clamp.controlloop.ControlLoopElement
      type_version: 1.0.1
      properties: {provider: us, participantType: {name: kind.First, version: 1.0.0}, startPhase: 0, uninitializedToPassiveTimeout: 40}
    element.Second:
      version: 1.0.0
      type: org.onap.policy.clamp.controlloop.ControlLoopElement
      type_version: 1.0.1
      properties: {provider: us, participantType: {name: kind.Second, version: 1.0.0}, startPhase: 1, uninitializedToPassiveTimeout: 40}
    loop.Staged:
      version: 1.0.0
      type: org.onap.policy.clamp.controlloop.ControlLoop
      type_version: 1.0.1
      properties: {provider: us, elements: [{name: element.First, version: 1.0.0}, {name: element.Second, version: 1.0.0}]}
`

const (
	firstID  = "709c62b3-8918-41b9-a747-d21eb79c6c20"
	secondID = "709c62b3-8918-41b9-a747-d21eb79c6c21"
)

func newStaged(t *testing.T) staged {
	t.Helper()
	w := newWorld(t)
	s := staged{w, w.simulate("First", "1", "kind.First", "1.0.0", nil), w.simulate("Second", "1", "kind.Second", "1.0.0", nil)}
	w.fly(time.Second)
	w.clamp(http.MethodPost, "/commission", stagedTemplate, 200)
	w.fly(time.Second)
	return s
}

// create makes a control loop of the staged definition.
func (s staged) create(name string, status int) map[string]any {
	s.t.Helper()
	element := func(id, kind string) string {
		return fmt.Sprintf(`%q:{"id":%[1]q,"definition":{"name":"element.%[2]s","version":"1.0.0"},"participantId":{"name":"%[2]s","version":"1"}}`, id, kind)
	}
	return s.clamp(http.MethodPost, "/instantiation", `{"controlLoopList":[{"name":"`+name+`","version":"1.0.1","definition":{"name":"loop.Staged","version":"1.0.0"},"elements":{`+
		element(firstID, "First")+`,`+element(secondID, "Second")+`}}]}`, status)
}

func (s staged) order(state string, status int, loops ...string) map[string]any {
	s.t.Helper()
	return s.clamp(http.MethodPut, "/instantiation/command", orderOf(state, loops...), status)
}

// told are the messages of a type on the participants' topic.
func (w *world) told(kind string) (messages []map[string]any) {
	for _, m := range w.bus.Published() {
		var data map[string]any
		require.NoError(w.t, json.Unmarshal(m.Data, &data))
		if data["messageType"] == kind || m.Topic == kind {
			messages = append(messages, data)
		}
	}
	return messages
}

// Every order in every state: the status and the text are those of CLAMP.
func TestTheTransitionTable(t *testing.T) {
	s := newStaged(t)
	s.create("a", 200)
	silent := func(yes bool) {
		s.behave(s.first, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": yes, "fail": false}})
		s.behave(s.second, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": yes, "fail": false}})
	}
	already := func(state string) string { return "Control loop is already in state " + state }
	moving := func(state, to string) string {
		return already(state) + " and transitioning to state " + to
	}
	cannot := func(state, to string) string {
		return "Control loop can't transition from state " + state + " to state " + to
	}
	refuse := func(state, to, text string) {
		t.Helper()
		require.Equal(t, state, s.loop("a")["state"])
		require.Equal(t, text, s.order(to, 406, "a")["errorDetails"])
		require.Equal(t, state, s.loop("a")["state"])
	}
	refuse("UNINITIALISED", "UNINITIALISED", already("UNINITIALISED"))
	refuse("UNINITIALISED", "RUNNING", cannot("UNINITIALISED", "RUNNING"))
	silent(true)
	s.order("PASSIVE", 202, "a")
	refuse("UNINITIALISED2PASSIVE", "PASSIVE", moving("UNINITIALISED2PASSIVE", "PASSIVE"))
	refuse("UNINITIALISED2PASSIVE", "RUNNING", cannot("UNINITIALISED2PASSIVE", "RUNNING"))
	s.order("UNINITIALISED", 202, "a")
	refuse("PASSIVE2UNINITIALISED", "UNINITIALISED", moving("PASSIVE2UNINITIALISED", "UNINITIALISED"))
	refuse("PASSIVE2UNINITIALISED", "PASSIVE", cannot("PASSIVE2UNINITIALISED", "PASSIVE"))
	refuse("PASSIVE2UNINITIALISED", "RUNNING", cannot("PASSIVE2UNINITIALISED", "RUNNING"))
	silent(false)
	s.fly(30 * time.Second)
	require.Equal(t, []string{"UNINITIALISED", "UNINITIALISED", "UNINITIALISED"}, s.states("a"))
	s.order("PASSIVE", 202, "a")
	s.fly(2 * time.Second)
	refuse("PASSIVE", "PASSIVE", already("PASSIVE"))
	silent(true)
	s.order("RUNNING", 202, "a")
	refuse("PASSIVE2RUNNING", "RUNNING", moving("PASSIVE2RUNNING", "RUNNING"))
	refuse("PASSIVE2RUNNING", "PASSIVE", cannot("PASSIVE2RUNNING", "PASSIVE"))
	refuse("PASSIVE2RUNNING", "UNINITIALISED", cannot("PASSIVE2RUNNING", "UNINITIALISED"))
	silent(false)
	s.fly(30 * time.Second)
	refuse("RUNNING", "RUNNING", already("RUNNING"))
	refuse("RUNNING", "UNINITIALISED", cannot("RUNNING", "UNINITIALISED"))
	silent(true)
	s.order("PASSIVE", 202, "a")
	refuse("RUNNING2PASSIVE", "PASSIVE", moving("RUNNING2PASSIVE", "PASSIVE"))
	refuse("RUNNING2PASSIVE", "RUNNING", cannot("RUNNING2PASSIVE", "RUNNING"))
	refuse("RUNNING2PASSIVE", "UNINITIALISED", cannot("RUNNING2PASSIVE", "UNINITIALISED"))
	require.Equal(t, "Control Loop State is still RUNNING2PASSIVE", s.clamp(http.MethodDelete, "/instantiation?name=a&version=1.0.1", "", 400)["errorDetails"])
	require.Equal(t, "ordered state invalid or not specified on command", s.order("SLEEPING", 400, "a")["errorDetails"])
	require.Equal(t, "ordered state invalid or not specified on command", s.order("", 400, "a")["errorDetails"])
	silent(false)
	s.fly(30 * time.Second)
	require.Equal(t, "PASSIVE", s.loop("a")["state"])
}

// Several loops follow an order together or not at all.
func TestACommandIsAllOrNothing(t *testing.T) {
	s := newStaged(t)
	s.create("a", 200)
	s.create("b", 200)
	s.order("PASSIVE", 202, "a")
	s.fly(2 * time.Second)
	require.Equal(t, "Control loop is already in state PASSIVE", s.order("PASSIVE", 406, "b", "a")["errorDetails"])
	require.Equal(t, "UNINITIALISED", s.loop("b")["state"])
	require.Equal(t, "UNINITIALISED", s.loop("b")["orderedState"])
	s.order("PASSIVE", 404, "b", "c")
	require.Equal(t, "UNINITIALISED", s.loop("b")["state"])
	require.Contains(t, s.create("a", 400)["errorDetails"], "a:1.0.1 already defined")
}

// Lists come in pages to those who ask for them.
func TestPages(t *testing.T) {
	s := newStaged(t)
	for _, name := range []string{"a", "b", "c"} {
		s.create(name, 200)
	}
	names := func(query string) (names []string) {
		for _, loop := range s.clamp(http.MethodGet, "/instantiation"+query, "", 200)["controlLoopList"].([]any) {
			names = append(names, loop.(map[string]any)["name"].(string))
		}
		return names
	}
	require.Equal(t, []string{"a", "b", "c"}, names(""))
	require.Equal(t, []string{"a", "b"}, names("?size=2"))
	require.Equal(t, []string{"c"}, names("?page=1&size=2"))
	require.Equal(t, []string{"a", "b", "c"}, names("?page=0"))
	require.Empty(t, names("?page=4294967295&size=2147483647"))
	require.Len(t, s.clamp(http.MethodGet, "/participants?size=1", "", 200)["participantList"], 1)
	s.clamp(http.MethodGet, "/instantiation?page=-1", "", 400)
	require.Equal(t, []string{"c", "b", "a"}, names("?sort=name&sortOrder=DESC"))
	require.Equal(t, []string{"c"}, names("?sort=name&sortOrder=desc&size=1"), "it is sorted before it is cut")
	require.Equal(t, []string{"a", "b", "c"}, names("?sort=state&sortOrder=ASC"), "what is equal stays in its order")
	for query, text := range map[string]string{
		"?sort=elements": "healthStatus, lastMessage, name, participantState, version", "?sort=": "cannot be sorted by",
		"?sort=name&sortOrder=UP": "sortOrder is ASC or DESC", "?sortOrder=ASC": "sortOrder needs sort",
	} {
		require.Contains(t, s.clamp(http.MethodGet, "/participants"+query, "", 400)["errorDetails"], text)
	}
	list := s.clamp(http.MethodGet, "/participants?sort=name&sortOrder=DESC", "", 200)["participantList"].([]any)
	require.Equal(t, "Second", list[0].(map[string]any)["name"])
	s.clamp(http.MethodGet, "/participants?size=0", "", 400)
}

// Phases are started in their order and stopped in reverse.
func TestStartPhases(t *testing.T) {
	s := newStaged(t)
	s.create("a", 200)
	for _, state := range []string{"PASSIVE", "RUNNING", "PASSIVE", "UNINITIALISED"} {
		s.order(state, 202, "a")
		s.fly(2 * time.Second)
		require.Equal(t, []string{state, state, state}, s.states("a"))
	}
	var order []string
	for _, m := range s.told("CONTROL_LOOP_STATE_CHANGE") {
		order = append(order, m["orderedState"].(string)+" "+m["participantId"].(map[string]any)["name"].(string))
	}
	require.Equal(t, []string{"RUNNING First", "RUNNING Second", "PASSIVE Second", "PASSIVE First", "UNINITIALISED Second", "UNINITIALISED First"}, order)
}

// Who is silent is asked again; in time it all comes right.
func TestASlowParticipant(t *testing.T) {
	s := newStaged(t)
	s.create("a", 200)
	s.behave(s.second, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": true, "fail": false}})
	s.order("PASSIVE", 202, "a")
	s.fly(25 * time.Second)
	require.Equal(t, "UNINITIALISED2PASSIVE", s.loop("a")["state"])
	require.Equal(t, "PASSIVE", s.loop("a")["elements"].(map[string]any)[firstID].(map[string]any)["state"], "what is acknowledged is seen at once")
	s.behave(s.second, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": false, "fail": false}})
	s.fly(12 * time.Second)
	require.Equal(t, []string{"PASSIVE", "PASSIVE", "PASSIVE"}, s.states("a"))
}

// The page's rule: if not every participant acknowledges in time, what is there is torn down, and everybody hears why.
func TestWhatIsNotThereInTimeIsTornDown(t *testing.T) {
	s := newStaged(t)
	s.create("a", 200)
	s.behave(s.second, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": true, "fail": false}})
	s.order("PASSIVE", 202, "a")
	s.fly(41 * time.Second)
	loop := s.loop("a")
	require.Equal(t, "TIMEOUT", loop["stateChangeResult"])
	require.Equal(t, "not every participant has acknowledged PASSIVE in time", loop["message"])
	require.Len(t, s.told("control-loop-notification"), 1)
	teardown := s.told("CONTROL_LOOP_STATE_CHANGE")
	require.Equal(t, "UNINITIALISED", teardown[0]["orderedState"])
	s.behave(s.second, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": false, "fail": false}})
	s.fly(time.Minute)
	require.Equal(t, []string{"UNINITIALISED", "UNINITIALISED", "UNINITIALISED"}, s.states("a"))
	require.Equal(t, "TIMEOUT", s.loop("a")["stateChangeResult"], "the fault is seen until the next order")
	s.order("PASSIVE", 202, "a")
	s.fly(2 * time.Second)
	require.Equal(t, "NO_ERROR", s.loop("a")["stateChangeResult"])
	require.Equal(t, []string{"PASSIVE", "PASSIVE", "PASSIVE"}, s.states("a"))
}

// A participant that refuses is a fault with its own words; later the same order may be given again.
func TestAParticipantThatFails(t *testing.T) {
	s := newStaged(t)
	s.create("a", 200)
	s.order("PASSIVE", 202, "a")
	s.fly(2 * time.Second)
	s.behave(s.first, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": false, "fail": true}})
	s.order("RUNNING", 202, "a")
	s.fly(2 * time.Second)
	loop := s.loop("a")
	require.Equal(t, "PASSIVE2RUNNING", loop["state"])
	require.Equal(t, "FAILED", loop["stateChangeResult"])
	require.Equal(t, "Control loop element cannot change its state", loop["elements"].(map[string]any)[firstID].(map[string]any)["message"])
	s.behave(s.first, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": false, "fail": false}})
	s.order("RUNNING", 202, "a")
	s.fly(2 * time.Second)
	require.Equal(t, []string{"RUNNING", "RUNNING", "RUNNING"}, s.states("a"))
}

// A participant that forgets everything and registers anew gets its elements back, in the state that was ordered.
func TestAParticipantThatRestarts(t *testing.T) {
	s := newStaged(t)
	s.create("a", 200)
	for _, state := range []string{"PASSIVE", "RUNNING"} {
		s.order(state, 202, "a")
		s.fly(2 * time.Second)
	}
	s.behave(s.second, map[string]any{"restart": true})
	s.fly(3 * time.Second)
	in, _, err := s.r.Instance(s.second)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"a:1.0.1": "RUNNING"}, in.Variables(0)["loops"])
	require.Equal(t, "RUNNING", s.loop("a")["state"])
	require.Equal(t, true, s.loop("a")["primed"])
}

// A participant of the page answers orders, too, by a status message that holds the response: it speaks for its elements of the phase.
func TestAnswersInStatusMessages(t *testing.T) {
	s := newStaged(t)
	s.create("a", 200)
	s.behave(s.first, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": true, "fail": false}})
	respond := func(to any, status, text string) {
		require.NoError(t, s.bus.Send(s.ctx, "POLICY-CLRUNTIME-PARTICIPANT", runner.Incoming{Data: map[string]any{
			"messageType": "PARTICIPANT_STATUS", "participantId": map[string]any{"name": "First", "version": "1"}, "participantType": map[string]any{"name": "kind.First", "version": "1.0.0"},
			"controlLoopId": map[string]any{"name": "a", "version": "1.0.1"}, "state": "PASSIVE", "healthStatus": "HEALTHY",
			"response": map[string]any{"responseTo": to, "responseStatus": status, "responseMessage": text},
		}}))
		s.fly(2 * time.Second)
	}
	asked := func(kind string) any {
		orders := s.told(kind)
		return orders[len(orders)-1]["messageId"]
	}
	s.order("PASSIVE", 202, "a")
	s.fly(time.Second)
	respond("another time", "SUCCESS", "")
	require.Equal(t, "UNINITIALISED2PASSIVE", s.loop("a")["state"])
	respond(asked("CONTROL_LOOP_UPDATE"), "SUCCESS", "Control loop a defined")
	require.Equal(t, []string{"PASSIVE", "PASSIVE", "PASSIVE"}, s.states("a"))
	require.Equal(t, "Control loop a defined", s.loop("a")["elements"].(map[string]any)[firstID].(map[string]any)["message"])
	s.order("RUNNING", 202, "a")
	s.fly(time.Second)
	respond(asked("CONTROL_LOOP_STATE_CHANGE"), "FAIL", "StateChange message has invalid state")
	require.Equal(t, "FAILED", s.loop("a")["stateChangeResult"])
	require.Equal(t, "StateChange message has invalid state", s.loop("a")["elements"].(map[string]any)[firstID].(map[string]any)["message"])
}

// A participant of before Istanbul, which reports controlLoops and never registers, is spoken to by the names that it knows, and given the service
// template with its control loop. That it has the loop already, when it is asked again, is no failure. One that registers is spoken to as others.
func TestEarlyParticipants(t *testing.T) {
	s := newStaged(t)
	s.behave(s.first, map[string]any{"stop": true})
	s.fly(2 * time.Second)
	status := func(more map[string]any) {
		data := map[string]any{
			"messageType": "PARTICIPANT_STATUS", "participantId": map[string]any{"name": "First", "version": "1"}, "participantType": map[string]any{"name": "kind.First", "version": "1.0.0"},
			"state": "PASSIVE", "healthStatus": "HEALTHY",
		}
		maps.Copy(data, more)
		require.NoError(t, s.bus.Send(s.ctx, "POLICY-CLRUNTIME-PARTICIPANT", runner.Incoming{Data: data}))
		s.fly(2 * time.Second)
	}
	respond := func(kind, result, text string) map[string]any {
		orders := s.told(kind)
		order := orders[len(orders)-1]
		status(map[string]any{
			"controlLoopId": map[string]any{"name": "a", "version": "1.0.1"},
			"response":      map[string]any{"responseTo": order["messageId"], "responseStatus": result, "responseMessage": text},
		})
		return order
	}
	status(map[string]any{"controlLoops": map[string]any{"controlLoopList": []any{}}})
	s.create("a", 200)
	s.order("PASSIVE", 202, "a")
	for i := 0; i < 40 && len(s.told("PARTICIPANT_CONTROL_LOOP_UPDATE")) < 2; i++ {
		s.fly(time.Second)
	}
	require.Len(t, s.told("PARTICIPANT_CONTROL_LOOP_UPDATE"), 2, "it is asked again")
	update := respond("PARTICIPANT_CONTROL_LOOP_UPDATE", "FAIL", "Control loop a:1.0.1 already defined on participant First:1")
	require.Contains(t, update["controlLoop"].(map[string]any)["elements"], firstID)
	require.Contains(t, update["controlLoopDefinition"], "topology_template")
	require.Equal(t, []string{"PASSIVE", "PASSIVE", "PASSIVE"}, s.states("a"))
	s.order("RUNNING", 202, "a")
	s.fly(time.Second)
	change := respond("PARTICIPANT_CONTROL_LOOP_STATE_CHANGE", "SUCCESS", "ControlLoop state changed from PASSIVE to RUNNING")
	require.Equal(t, "RUNNING", change["orderedState"])
	require.NotContains(t, change, "participantUpdatesList")
	s.fly(time.Second)
	require.Equal(t, []string{"RUNNING", "RUNNING", "RUNNING"}, s.states("a"))
	for _, m := range append(s.told("CONTROL_LOOP_UPDATE"), s.told("CONTROL_LOOP_STATE_CHANGE")...) {
		require.Equal(t, "Second", m["participantId"].(map[string]any)["name"], "others are spoken to as ever")
	}
	require.Zero(t, s.clamp(http.MethodGet, "/monitoring/ignoredMessages", "", 200)["messageTypes"].(map[string]any)["PARTICIPANT_CONTROL_LOOP_UPDATE"])

	status(map[string]any{"controlLoopInfoList": []any{}}) // it was brought up to date
	s.order("PASSIVE", 202, "a")
	s.fly(time.Second)
	last := s.told("CONTROL_LOOP_STATE_CHANGE")
	require.Contains(t, []any{"First", "Second"}, last[len(last)-1]["participantId"].(map[string]any)["name"])
	require.Len(t, s.told("PARTICIPANT_CONTROL_LOOP_STATE_CHANGE"), 1)
}

// What comes twice, late or from somebody else changes nothing and is counted.
func TestMessagesThatMeanNothing(t *testing.T) {
	s := newStaged(t)
	s.create("a", 200)
	s.order("PASSIVE", 202, "a")
	ack := func(sender, element, state string, responseTo any) {
		require.NoError(t, s.bus.Send(s.ctx, "POLICY-CLRUNTIME-PARTICIPANT", runner.Incoming{Data: map[string]any{
			"messageType": "CONTROLLOOP_STATECHANGE_ACK", "responseTo": responseTo, "controlLoopId": map[string]any{"name": "a", "version": "1.0.1"},
			"participantId":        map[string]any{"name": sender, "version": "1"},
			"controlLoopResultMap": map[string]any{element: map[string]any{"state": state, "result": true}},
		}}))
	}
	ack("Second", firstID, "PASSIVE", nil)                                              // not its element
	ack("First", "nonsense", "PASSIVE", nil)                                            // no element
	ack("First", firstID, "RUNNING", nil)                                               // not what was ordered
	ack("First", firstID, "PASSIVE", "another time")                                    // no answer to what was asked
	for _, result := range []any{int64(5), "PASSIVE", nil, []any{}, map[string]any{}} { // none at all
		require.NoError(t, s.bus.Send(s.ctx, "POLICY-CLRUNTIME-PARTICIPANT", runner.Incoming{Data: map[string]any{
			"messageType": "CONTROLLOOP_STATECHANGE_ACK", "controlLoopId": map[string]any{"name": "a", "version": "1.0.1"},
			"participantId": map[string]any{"name": "First", "version": "1"}, "controlLoopResultMap": map[string]any{firstID: result},
		}}))
	}
	require.NoError(t, s.r.Settled(s.ctx))
	require.Equal(t, "UNINITIALISED2PASSIVE", s.states("a")[0])
	require.Equal(t, "UNINITIALISED2PASSIVE", s.loop("a")["elements"].(map[string]any)[firstID].(map[string]any)["state"])
	s.fly(100 * time.Millisecond)
	ack("First", firstID, "PASSIVE", nil) // twice
	s.fly(2 * time.Second)
	require.Equal(t, []string{"PASSIVE", "PASSIVE", "PASSIVE"}, s.states("a"))
	require.EqualValues(t, 10, s.loop("a")["ignoredMessages"])
	require.EqualValues(t, 0, s.clamp(http.MethodGet, "/monitoring/ignoredMessages", "", 200)["total"], "each was noted by its control loop")
	ack("First", firstID, "UNINITIALISED", nil) // nothing was ordered
	s.fly(time.Second)
	require.Equal(t, []string{"PASSIVE", "PASSIVE", "PASSIVE"}, s.states("a"))
	require.EqualValues(t, 11, s.loop("a")["ignoredMessages"])
}

// What concerns no control loop and no participant that is known is counted too, by its kind.
func TestForeignMessagesAreCounted(t *testing.T) {
	s := newStaged(t)
	send := func(data any) {
		require.NoError(t, s.bus.Send(s.ctx, "POLICY-CLRUNTIME-PARTICIPANT", runner.Incoming{Data: data}))
		s.fly(time.Second)
	}
	foreign := map[string]any{"name": "Foreign", "version": "1"}
	send(map[string]any{"messageType": "CONTROLLOOP_STATECHANGE_ACK", "participantId": foreign, "controlLoopId": map[string]any{"name": "nowhere", "version": "1"}})
	send(map[string]any{"messageType": "CONTROLLOOP_UPDATE_ACK", "controlLoopId": "nonsense"})
	send(map[string]any{"messageType": "PARTICIPANT_DEREGISTER", "participantId": foreign})
	send(map[string]any{"messageType": "PARTICIPANT_UPDATE_ACK", "participantId": foreign, "responseTo": "nothing"})
	send(map[string]any{"messageType": "PARTICIPANT_REGISTER", "participantId": map[string]any{"name": "No version"}})
	send(map[string]any{"messageType": "PARTICIPANT_STATUS"})
	send(map[string]any{"messageType": "SOMETHING_NEW", "participantId": foreign, "messageId": "the last"})
	send(map[string]any{"messageType": int64(7)})
	send("nonsense")
	send(map[string]any{"messageType": "CONTROL_LOOP_UPDATE", "participantId": foreign}) // another runtime's
	counted := s.clamp(http.MethodGet, "/monitoring/ignoredMessages", "", 200)
	require.EqualValues(t, 9, counted["total"])
	require.Equal(t, map[string]any{
		"CONTROLLOOP_STATECHANGE_ACK": 1.0, "CONTROLLOOP_UPDATE_ACK": 1.0, "PARTICIPANT_DEREGISTER": 1.0, "PARTICIPANT_UPDATE_ACK": 1.0,
		"PARTICIPANT_REGISTER": 1.0, "PARTICIPANT_STATUS": 1.0, "SOMETHING_NEW": 1.0, "": 2.0,
	}, counted["messageTypes"])
	require.Len(t, counted["newest"], 9)
	require.Equal(t, "the last", counted["newest"].([]any)[2].(map[string]any)["messageId"])
	for n := range 70 {
		send(map[string]any{"messageType": fmt.Sprintf("KIND_%d", n)})
	}
	counted = s.clamp(http.MethodGet, "/monitoring/ignoredMessages", "", 200)
	require.EqualValues(t, 79, counted["total"])
	require.Len(t, counted["newest"], 20, "it is bounded")
	require.LessOrEqual(t, len(counted["messageTypes"].(map[string]any)), 51, "it is bounded")
}

// A participant that falls silent is asked for its status, then told to be gone; a sign of life brings it back.
func TestAParticipantThatFallsSilent(t *testing.T) {
	s := newStaged(t)
	health := func() any {
		return s.clamp(http.MethodGet, "/participants/First/1", "", 200)["healthStatus"]
	}
	s.fly(2 * time.Minute)
	require.Equal(t, "HEALTHY", health())
	s.behave(s.first, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": true, "fail": false}})
	s.fly(4 * time.Minute)
	require.Equal(t, "NOT_HEALTHY", health())
	require.NotEmpty(t, s.told("PARTICIPANT_STATUS_REQ"))
	s.fly(8 * time.Minute)
	require.Equal(t, "OFF_LINE", health())
	require.Len(t, s.told("control-loop-notification"), 1)
	s.behave(s.first, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": false, "fail": false}})
	s.fly(2 * time.Minute)
	require.Equal(t, "HEALTHY", health())

	statistics := s.clamp(http.MethodGet, "/monitoring/participant?name=First&version=1&recordCount=2", "", 200)["statisticsList"].([]any)
	require.Len(t, statistics, 2)
	require.Greater(t, statistics[0].(map[string]any)["timeStamp"], statistics[1].(map[string]any)["timeStamp"], "the newest first")
	s.behave(s.first, map[string]any{"stop": true})
	s.fly(time.Second)
	require.Equal(t, "OFF_LINE", health())
	require.Equal(t, "TERMINATED", s.clamp(http.MethodGet, "/participants/First/1", "", 200)["participantState"])
	s.create("a", 200)
	require.Equal(t, "Participant with ID First:1 is not registered", s.order("PASSIVE", 400, "a")["errorDetails"])
}

// Elements have statistics, the newest first, by participant, element, time and number, and by control loop.
func TestElementStatistics(t *testing.T) {
	s := newReporting(t, "PASSIVE", "RUNNING")
	s.fly(2 * time.Minute)
	of := func(path string) (states []string) {
		for _, e := range s.clamp(http.MethodGet, "/monitoring/"+path, "", 200)["clElementStatistics"].([]any) {
			states = append(states, e.(map[string]any)["id"].(string)+" "+e.(map[string]any)["controlLoopState"].(string))
		}
		return states
	}
	require.Equal(t, []string{firstID + " RUNNING", firstID + " RUNNING"}, of("clelement?name=First&version=1"))
	require.Equal(t, []string{secondID + " RUNNING"}, of("clelement?id="+secondID+"&recordCount=1"))
	require.Empty(t, of("clelement?name=First&version=1&id="+secondID))
	require.Empty(t, of("clelement?endTime=2026-03-01T12:00:00Z"))
	require.Len(t, of("clelement?startTime=2026-03-01T12:00:00Z"), 4)
	require.Len(t, of("clelements/controlloop?name=a&version=1.0.1"), 4)
}

// States that are ordered of participants, and what they mean (the page, "Participant State Change").
func TestParticipantStates(t *testing.T) {
	s := newStaged(t)
	s.create("a", 200)
	domain := func(of string) any {
		in, _, err := s.r.Instance(s.first)
		require.NoError(t, err)
		return in.Variables(0)[of].(map[string]any)[firstID]
	}
	become := func(state string) {
		s.clamp(http.MethodPut, "/participants", `{"definition":{"name":"First","version":"1"},"participantState":"`+state+`"}`, 202)
		s.fly(time.Second)
		require.Equal(t, state, s.clamp(http.MethodGet, "/participants/First/1", "", 200)["participantState"])
	}
	element := func() map[string]any { return s.loop("a")["elements"].(map[string]any)[firstID].(map[string]any) }

	become("SAFE") // it proceeds, changes nothing, and says what it would have done
	s.order("PASSIVE", 202, "a")
	s.fly(2 * time.Second)
	require.Equal(t, "SAFE: as ACTIVE, it is created", element()["message"])
	require.Equal(t, "SAFE", element()["mode"])
	require.Equal(t, "PASSIVE", element()["state"])
	require.Nil(t, domain("live"))
	require.Nil(t, domain("test"))

	become("TEST") // it works in a test environment, and says so
	s.order("RUNNING", 202, "a")
	s.fly(2 * time.Second)
	require.Equal(t, "TEST: in the test environment, it works", element()["message"])
	require.Equal(t, "TEST", element()["mode"])
	require.Equal(t, "TEST_IN_PROGRESS", s.clamp(http.MethodGet, "/participants/First/1", "", 200)["healthStatus"])
	require.Nil(t, domain("live"))
	require.Equal(t, "RUNNING", domain("test"))

	become("ACTIVE") // it works in the live environment
	s.order("PASSIVE", 202, "a")
	s.fly(2 * time.Second)
	require.Equal(t, "it rests", element()["message"])
	require.NotContains(t, element(), "mode")
	require.Equal(t, "PASSIVE", domain("live"))

	become("PASSIVE") // it rejects execution
	s.order("RUNNING", 202, "a")
	s.fly(2 * time.Second)
	require.Equal(t, "FAILED", s.loop("a")["stateChangeResult"])
	require.Equal(t, "the participant is PASSIVE and rejects execution", element()["message"])
	require.Equal(t, "PASSIVE", domain("live"))
	s.order("PASSIVE", 202, "a")
	s.fly(2 * time.Second)
	require.Equal(t, "NO_ERROR", s.loop("a")["stateChangeResult"])

	become("TERMINATED") // it is not available
	s.order("UNINITIALISED", 202, "a")
	s.fly(2 * time.Second)
	require.Equal(t, "the participant is TERMINATED and not available", element()["message"])
	become("ACTIVE")
	s.order("UNINITIALISED", 202, "a")
	s.fly(2 * time.Second)
	require.Equal(t, []string{"UNINITIALISED", "UNINITIALISED", "UNINITIALISED"}, s.states("a"))

	s.clamp(http.MethodPut, "/participants", `{"definition":{"name":"First","version":"1"},"participantState":"ASLEEP"}`, 400)
	s.clamp(http.MethodPut, "/participants", `{"definition":{"name":"Third","version":"1"}}`, 404)
}

// Each kind of participant does what is its own.
func TestKindsOfParticipants(t *testing.T) {
	t.Parallel()
	for kind, does := range map[string]string{
		"org.onap.policy.controlloop.PolicyControlLoopParticipant": "its policy types and policies are created",
		"org.onap.PM_Policy": "its policy types and policies are created",
		"org.onap.dcae.controlloop.DCAEMicroserviceControlLoopParticipant": "its blueprint is deployed",
		"org.onap.k8s.controlloop.K8SControlLoopParticipant":               "its chart is installed",
		"org.onap.k8s.controlloop.HttpControlLoopParticipant":              "its configuration is sent by REST",
		"org.onap.ccsdk.cds.controlloop.CdsControlLoopParticipant":         "it is created",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := staged{w, w.simulate("First", "1", kind, "1.0.0", nil), w.simulate("Second", "1", "kind.Second", "1.0.0", nil)}
			w.fly(time.Second)
			w.clamp(http.MethodPost, "/commission", strings.ReplaceAll(stagedTemplate, "kind.First", kind), 200)
			s.create("a", 200)
			s.order("PASSIVE", 202, "a")
			s.fly(2 * time.Second)
			require.Equal(t, does, s.loop("a")["elements"].(map[string]any)[firstID].(map[string]any)["message"])
		})
	}
}

// A participant that says everything twice is heard once; the rest is counted.
func TestAParticipantThatSaysEverythingTwice(t *testing.T) {
	s := newStaged(t)
	s.create("a", 200)
	s.behave(s.first, map[string]any{"behaviour": map[string]any{"delay": "PT0.1S", "silent": false, "fail": false, "twice": true}})
	for n, state := range []string{"PASSIVE", "RUNNING", "PASSIVE", "UNINITIALISED"} {
		s.order(state, 202, "a")
		s.fly(2 * time.Second)
		require.Equal(t, []string{state, state, state}, s.states("a"))
		require.EqualValues(t, n+1, s.loop("a")["ignoredMessages"])
	}
}
