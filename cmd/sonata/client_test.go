package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatBecomesOfAMessage: publish says so, and whatever became of it, it was accepted.
func TestWhatBecomesOfAMessage(t *testing.T) {
	s := serve(t, t.TempDir(), "--deploy", flowsDir(t))
	require.Equal(t, "published on nobody; nobody awaits it yet, so it is kept for 1h0m0s\n", s.client("publish", "nobody", "--id", "m-1"))
	require.Equal(t, "dropped: a message with the id \"m-1\" was seen before\n", s.client("publish", "nobody", "--id", "m-1"))
	require.Equal(t, "dropped: nobody awaits nobody; with --ttl it waits for somebody\n", s.client("publish", "nobody", "--ttl", "0s"))
	require.Regexp(t, `"state": "KEPT"`, s.client("publish", "nobody", "-o", "json"))
}

// TestTheOperatorsCommands: deploy, publish, list, get, watch and cancel, as tables and as JSON, on a server that runs.
func TestTheOperatorsCommands(t *testing.T) {
	s := serve(t, t.TempDir(), "--deploy", flowsDir(t))
	require.Regexp(t, `(?m)^PROCESS +VERSION +KEY +FILE\nsorting +1 +\d+ +sorting.bpmn$`, s.client("deploy", filepath.Join("testdata", sorting)))

	file := filepath.Join(t.TempDir(), "parcel.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"parcel":"P","password":"hunter2"}`), 0o600))
	require.Regexp(t, `^published on parcel-arrived; instance \d+ has it\n$`, s.client("publish", "parcel-arrived", file))
	var started []map[string]any
	s.eventually(func() bool {
		started = s.items("process-instances", `{}`)
		return len(started) == 1
	}, "the message started nothing")
	key := started[0]["processInstanceKey"].(string)

	require.Regexp(t, `(?m)^KEY +PROCESS +VERSION +STATE +STARTED +ENDED +PARENT +BUSINESS KEY\n`+key+` +sorting +1 +ACTIVE +`, s.client("instances", "list", "--state", "active"))
	require.Empty(t, strings.Split(strings.TrimSpace(s.client("instances", "list", "--state", "completed")), "\n")[1:])
	var listed []map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.client("instances", "list", "--process", "sorting", "-o", "json")), &listed))
	require.Equal(t, key, listed[0]["processInstanceKey"])

	shown := s.client("instances", "get", key)
	require.Regexp(t, `(?m)^state +ACTIVE$`, shown)
	require.Regexp(t, `(?m)^is in +INTERMEDIATE_CATCH_EVENT weighed \(Parcel weighed\)$`, shown)
	require.Regexp(t, `(?m)^variable +parcel = "P"$`, shown)
	require.NotContains(t, shown, "hunter2")
	var details map[string]any
	require.NoError(t, json.Unmarshal([]byte(s.client("instances", "get", key, "-o", "json")), &details))
	require.Len(t, details["elementInstances"], 1)

	// A message by REST that names the key that the instance waits with.
	require.NoError(t, os.WriteFile(file, []byte(`{"weight":500}`), 0o600))
	s.client("publish", "parcel-weighed", file, "--correlation-key", "P")
	watched := s.client("instances", "watch", key) // ends with the instance
	requireInOrder(t, watched, `started`, `entered +arrived`, `waits +weighed +message parcel-weighed`, `happened +weighed +message parcel-weighed`, `published +parcel-to-lift`, `ended +COMPLETED`)
	for line := range strings.Lines(s.client("instances", "watch", key, "-o", "json")) {
		require.True(t, json.Valid([]byte(line)), line)
	}

	gone := sonataCommand(t, "instances", "cancel", key, "4711", "--url", s.url)
	require.Equal(t, exitFailed, gone.status)
	require.Contains(t, gone.errors, "has ended (COMPLETED)")
	require.Contains(t, gone.errors, "there is no process instance 4711")
	require.Equal(t, exitFailed, sonataCommand(t, "instances", "get", "4711", "--url", s.url).status)
	require.Equal(t, exitFailed, sonataCommand(t, "instances", "watch", "4711", "--url", s.url).status)
}

// TestCancelEndsEverythingBelow: the child that waits is ended too, and the reply that comes later wakes nobody.
func TestCancelEndsEverythingBelow(t *testing.T) {
	s := serve(t, t.TempDir())
	s.publish("sonata-service-order", "", read(t, "order.json"))
	asked := s.await("oss-client-k8s-order", nil)
	root := s.items("process-instances", `{"processDefinitionId":"serviceOrderProcess"}`)[0]["processInstanceKey"].(string)
	require.Equal(t, fmt.Sprintf("instance %s is cancelled\n", root), s.client("instances", "cancel", root))
	require.Empty(t, s.items("process-instances", `{"state":"ACTIVE"}`))
	require.Len(t, s.items("process-instances", `{"state":"TERMINATED"}`), 3)
	require.Empty(t, s.items("message-subscriptions", `{}`))
	s.publish("oss-client-k8s-configuration", "", fmt.Sprintf(`{"specversion":"1.0","id":"late","source":"/oss","type":"oss-client-k8s-configuration","kogitoprocrefid":%q,"data":{}}`, asked.event["kogitoprocinstanceid"]))
	s.eventually(func() bool {
		return len(s.items("dead-letters", `{}`))+len(s.items("messages", `{}`)) == 1
	}, "the late reply is kept for an operator")
	require.Empty(t, s.items("process-instances", `{"state":"ACTIVE"}`))
	require.Empty(t, effects(s.records()["fabric-api-connection"]))
}

// TestPublishToKafka: --kafka makes a CloudEvent of what it is given, or passes on the one that it is given.
func TestPublishToKafka(t *testing.T) {
	s := serve(t, t.TempDir(), "--deploy", flowsDir(t))
	file := filepath.Join(t.TempDir(), "data.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"parcel":"A","size":9007199254740993}`), 0o600))
	o := sonataCommand(t, "publish", "parcel-arrived", file, "--kafka", s.kafka, "--key", "k", "--id", "first", "--attribute", "kogitobusinesskey=B")
	require.Zero(t, o.status, o.errors)
	require.Equal(t, "published on parcel-arrived, partition 0, offset 0\n", o.out)
	r := s.records()["parcel-arrived"][0]
	require.Equal(t, "k", r.key)
	require.Equal(t, "application/cloudevents+json; charset=UTF-8", r.headers["content-type"])
	require.Equal(t, "1.0", r.event["specversion"])
	require.Equal(t, "first", r.event["id"])
	require.Equal(t, "parcel-arrived", r.event["type"])
	require.Equal(t, "B", r.event["kogitobusinesskey"])
	s.eventually(func() bool { return len(s.items("process-instances", `{"businessId":"B"}`)) == 1 }, "nothing was started")

	require.NoError(t, os.WriteFile(file, []byte(cloudEventText("parcel-arrived", "whole", `{"parcel":"C"}`)), 0o600))
	require.Zero(t, sonataCommand(t, "publish", "parcel-arrived", file, "--kafka", s.kafka, "-o", "json").status)
	last := s.records()["parcel-arrived"][1]
	require.Equal(t, "whole", last.event["id"])
	require.Equal(t, "/test", last.event["source"])

	unknown := sonataCommand(t, "publish", "no-such-topic", "--kafka", s.kafka)
	require.Equal(t, exitFailed, unknown.status)
	require.Contains(t, unknown.errors, "topics are created when a process that uses them is deployed")
}

// An element without a name is shown by its id alone.
func TestElementsWithoutName(t *testing.T) {
	require.Equal(t, "END_EVENT e", element(map[string]string{"type": "END_EVENT", "elementId": "e"}))
	require.Equal(t, "USER_TASK u (Look)", element(map[string]string{"type": "USER_TASK", "elementId": "u", "elementName": "Look"}))
}
