package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// malformedFlows are files that must be refused: old is replaced by new, and a fault is found so many lines below old.
var malformedFlows = map[string]struct {
	old, new string
	below    int
	says     string
}{
	"XML that does not parse": {"</bpmn:process>", "</bpmn:proces>", 0, "proces"},
	"dangling reference":      {`targetRef="isHeavy"`, `targetRef="isHaevy"`, 0, "isHaevy"},
	"unknown element":         {"bpmn:exclusiveGateway", "bpmn:exlusiveGateway", 0, "exlusiveGateway"},
	"bad expression":          {"=weight > 100", "=weight > > 100", 0, "is not expected here"},
	"two roots":               {"</bpmn:definitions>", "</bpmn:definitions>\n<bpmn:definitions/>", 1, "root"},
	"no BPMN":                 {"http://www.omg.org/spec/BPMN/20100524/MODEL", "http://example.com/other", 0, "definitions"},
	"document type":           {"<bpmn:definitions", "<!DOCTYPE x [<!ENTITY a \"b\">]>\n<bpmn:definitions", 0, "DOCTYPE"},
}

// TestMalformedFlowsAreRefusedAtTheirPlace: by lint and by deploy alike, with file, line, column, code and exit status 3; what was
// deployed before goes on.
func TestMalformedFlowsAreRefusedAtTheirPlace(t *testing.T) {
	s := serve(t, t.TempDir(), "--deploy", flowsDir(t))
	s.arrive("before")
	source := read(t, filepath.Join("testdata", sorting))
	for name, flow := range malformedFlows {
		t.Run(name, func(t *testing.T) {
			before, _, found := strings.Cut(source, flow.old)
			require.True(t, found)
			place := fmt.Sprintf(":%d:", 1+strings.Count(before, "\n")+flow.below)
			dir := t.TempDir()
			write(t, dir, sorting, strings.ReplaceAll(source, flow.old, flow.new))
			linted := sonataCommand(t, "lint", dir)
			require.Equal(t, exitFindings, linted.status, linted.errors)
			require.Contains(t, linted.out, filepath.Join(dir, sorting)+place)
			require.Regexp(t, place+`\d+: error\[[A-Z]+\d+\]: .*`+flow.says, linted.out)
			require.Contains(t, linted.out, "^\n", "a caret shows the column")
			deployed := sonataCommand(t, "deploy", dir, "--url", s.url)
			require.Equal(t, exitFindings, deployed.status, deployed.errors)
			require.Regexp(t, `(?m)^`+sorting+place+`\d+: error\[[A-Z]+\d+\]: .*`+flow.says, deployed.errors)
		})
	}
	require.Len(t, s.items("process-definitions", `{}`), 1)
	s.weigh("before", 1)
	s.await("parcel-to-belt", parcel("before"))
}

// TestMalformedRecordsAreKeptAndHarmNothing: a record that cannot be used becomes a dead letter with its reason, and the next one
// is handled as if it had not been there.
func TestMalformedRecordsAreKeptAndHarmNothing(t *testing.T) {
	s := serve(t, t.TempDir(), "--deploy", flowsDir(t), "--message-ttl", "100ms")
	records := map[string]string{
		"no JSON":                   `{"specversion":"1.0","id":"a",`,
		"no text":                   "\xff\xfe\x00",
		"a CloudEvent without id":   `{"specversion":"1.0","source":"/test","type":"parcel-weighed","data":{}}`,
		"a CloudEvent of version 9": `{"specversion":"9.0","id":"v9","source":"/test","type":"parcel-weighed","data":{}}`,
		"an unknown reference":      `{"specversion":"1.0","id":"r","source":"/test","type":"parcel-weighed","kogitoprocrefid":"4711","data":{}}`,
		"nobody awaits it":          `{"specversion":"1.0","id":"n","source":"/test","type":"parcel-weighed","data":{}}`,
		"nested without end":        strings.Repeat("[", 100_000),
		"a tombstone":               "",
	}
	for name, value := range records {
		s.publish("parcel-weighed", name, value)
	}
	s.eventually(func() bool { return len(s.items("dead-letters", `{}`)) == len(records) },
		fmt.Sprintf("expected %d dead letters", len(records)))
	for _, letter := range s.items("dead-letters", `{}`) {
		require.NotEmpty(t, letter["reason"], "%v", letter)
		require.Equal(t, "parcel-weighed", letter["topic"])
	}
	s.arrive("after")
	s.weigh("after", 1)
	s.await("parcel-to-belt", parcel("after"))
	require.NotContains(t, s.text(), "panic")
}

// TestMalformedRequests: REST refuses them with a problem document, and goes on.
func TestMalformedRequests(t *testing.T) {
	s := serve(t, t.TempDir(), "--deploy", flowsDir(t))
	for path, body := range map[string]string{
		"/v2/process-instances":                `{"processDefinitionId":`,
		"/v2/process-instances/search":         `{"filter":{"state":"SLEEPING"}}`,
		"/v2/process-instances/1/cancellation": `[]`,
		"/v2/messages/publication":             `{"name":""}`,
	} {
		status, problem := s.post(path, body)
		require.GreaterOrEqual(t, status, http.StatusBadRequest, path)
		require.Less(t, status, http.StatusInternalServerError, path)
		require.NotEmpty(t, problem["detail"], path)
	}
	status, _ := s.post("/v2/process-instances/search", `{}`)
	require.Equal(t, http.StatusOK, status)
}
