package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sonata-bpmn/sonata/adapters/memory"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what a test waits for.
const patience = 20 * time.Second

// site is a running engine with its HTTP interface on a loopback port.
type site struct {
	t      *testing.T
	url    string
	runner *runner.Runner
	clock  *memory.Clock
	log    *logBuffer
	server *http.Server
}

// option changes the configuration of a site.
type option func(*Config)

func newSite(t *testing.T, options ...option) *site {
	t.Helper()
	return newServedSite(t, func(*http.Server) {}, options...)
}

func newServedSite(t *testing.T, tune func(*http.Server), options ...option) *site {
	t.Helper()
	return newSiteWith(t, memory.NewStore(), tune, options...)
}

// newSiteWith is a site that goes on with a store, and closes it.
func newSiteWith(t *testing.T, store runner.Store, tune func(*http.Server), options ...option) *site {
	t.Helper()
	s := &site{t: t, clock: memory.NewClock(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)), log: &logBuffer{}}
	var err error
	s.runner, err = runner.New(store, runner.Options{Clock: s.clock})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.runner.Run(ctx) }()
	config := Config{Engine: s.runner, Version: "1.2.3", Logger: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, o := range options {
		o(&config)
	}
	s.server = Server("127.0.0.1:0", New(config))
	tune(s.server)
	test := httptest.NewUnstartedServer(nil)
	test.Config = s.server
	test.Start()
	s.url = test.URL
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		test.Close()
		cancel()
		require.NoError(t, <-ended)
		require.NoError(t, store.Close())
	})
	return s
}

// logBuffer is a log that a test can read.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// reply is an answer, read.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// call sends a request; a body is sent as JSON.
func (s *site) call(method, path, body string, headers ...string) reply {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	return s.send(r)
}

func (s *site) send(r *http.Request) reply {
	s.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	require.NoError(s.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return reply{s.t, response.StatusCode, response.Header, string(body)}
}

func (s *site) get(path string) reply { s.t.Helper(); return s.call(http.MethodGet, path, "") }
func (s *site) post(path, body string) reply {
	s.t.Helper()
	return s.call(http.MethodPost, path, body)
}

// is checks the status and returns the body as JSON.
func (r reply) is(status int) map[string]any {
	r.t.Helper()
	require.Equal(r.t, status, r.status, r.body)
	if status >= 400 {
		require.Equal(r.t, "application/problem+json", r.header.Get("Content-Type"), r.body)
	}
	if r.body == "" {
		return nil
	}
	var object map[string]any
	require.NoError(r.t, json.Unmarshal([]byte(r.body), &object), r.body)
	return object
}

// problem checks that the reply is a whole problem document and returns its detail.
func (r reply) problem(status int, title string) string {
	r.t.Helper()
	object := r.is(status)
	require.Equal(r.t, title, object["title"], r.body)
	require.Equal(r.t, "about:blank", object["type"])
	require.EqualValues(r.t, status, object["status"])
	require.NotEmpty(r.t, object["instance"])
	require.NotEmpty(r.t, object["detail"])
	return object["detail"].(string)
}

// items checks that the reply is a search result and returns what was found.
func (r reply) items() []map[string]any {
	r.t.Helper()
	var result struct {
		Items []map[string]any `json:"items"`
		Page  map[string]any   `json:"page"`
	}
	require.Equal(r.t, http.StatusOK, r.status, r.body)
	require.NoError(r.t, json.Unmarshal([]byte(r.body), &result), r.body)
	require.NotNil(r.t, result.Items, "items must be [] and not null")
	for _, member := range []string{"totalItems", "hasMoreTotalItems", "startCursor", "endCursor"} {
		require.Contains(r.t, result.Page, member)
	}
	return result.Items
}

// deploy deploys files, given by name and content, and returns the answer.
func (s *site) deploy(files ...string) reply {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(files); i += 2 {
		part, err := form.CreateFormFile("resources", files[i])
		require.NoError(s.t, err)
		_, err = part.Write([]byte(files[i+1]))
		require.NoError(s.t, err)
	}
	require.NoError(s.t, form.Close())
	return s.upload(form.FormDataContentType(), body.String())
}

func (s *site) upload(contentType, body string) reply {
	s.t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.url+"/v2/deployments", strings.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("Content-Type", contentType)
	return s.send(r)
}

// start starts an instance and returns its key.
func (s *site) start(process, variables string) string {
	s.t.Helper()
	body := fmt.Sprintf(`{"processDefinitionId":%q,"variables":%s}`, process, variables)
	return s.post("/v2/process-instances", body).is(200)["processInstanceKey"].(string)
}

// file is a BPMN file with one executable process.
func file(id, content string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d_` + id + `" targetNamespace="test">
  <bpmn:message id="m_reply" name="reply"><bpmn:extensionElements><zeebe:subscription correlationKey="=orderId"/></bpmn:extensionElements></bpmn:message>
  <bpmn:process id="` + id + `" name="The ` + id + ` process" isExecutable="true">` + content + `</bpmn:process>
</bpmn:definitions>`
}

// Processes of the tests.
var (
	// quickFile runs through at once.
	quickFile = file("quick", `
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="end"/><bpmn:endEvent id="end" name="Done"/>`)

	// workFile waits for a job.
	workFile = file("work", `
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="task"/>
    <bpmn:serviceTask id="task" name="Do it"><bpmn:extensionElements>
      <zeebe:taskDefinition type="labour" retries="3"/>
      <zeebe:taskHeaders><zeebe:header key="colour" value="red"/><zeebe:header key="apiToken" value="canary-header"/></zeebe:taskHeaders>
    </bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="task" targetRef="end"/><bpmn:endEvent id="end"/>`)

	// awaitFile waits for the message "reply".
	awaitFile = file("await", `
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="catch"/>
    <bpmn:intermediateCatchEvent id="catch" name="Reply"><bpmn:messageEventDefinition id="med" messageRef="m_reply"/></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f2" sourceRef="catch" targetRef="end"/><bpmn:endEvent id="end"/>`)

	// callFile calls work.
	callFile = file("call", `
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="child"/>
    <bpmn:callActivity id="child" name="Have it done"><bpmn:extensionElements><zeebe:calledElement processId="work" propagateAllChildVariables="false"/></bpmn:extensionElements></bpmn:callActivity>
    <bpmn:sequenceFlow id="f2" sourceRef="child" targetRef="end"/><bpmn:endEvent id="end"/>`)

	// chooseFile has an incident unless the variable amount is above 10.
	chooseFile = file("choose", `
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="gate"/>
    <bpmn:exclusiveGateway id="gate" name="Enough?"/>
    <bpmn:sequenceFlow id="f2" sourceRef="gate" targetRef="end"><bpmn:conditionExpression>=amount &gt; 10</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:endEvent id="end"/>`)
)
