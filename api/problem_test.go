package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// failing is an engine that fails in one way in all that the tests of this file ask of it.
type failing struct {
	Engine
	err   error
	panic any
	ails  error // what Ready returns
}

func (f failing) fail() error {
	if f.panic != nil {
		panic(f.panic)
	}
	return f.err
}

func (f failing) Ready() error { return f.ails }
func (f failing) Search(runner.Filter, runner.Page) ([]runner.InstanceInfo, bool, error) {
	return nil, false, f.fail()
}
func (f failing) Instance(engine.Key) (*engine.Instance, runner.InstanceInfo, error) {
	return nil, runner.InstanceInfo{}, f.fail()
}
func (f failing) Start(context.Context, runner.Start) (runner.InstanceInfo, error) {
	return runner.InstanceInfo{}, f.fail()
}
func (f failing) Cancel(context.Context, engine.Key) error { return f.fail() }

func with(f failing) option {
	return func(c *Config) {
		f.Engine = c.Engine
		c.Engine = f
	}
}

func TestEngineFailures(t *testing.T) {
	const canary = "canary: /var/lib/sonata, page 7"
	for _, c := range []struct {
		err    error
		status int
		title  string
		detail string
	}{
		{errors.New(canary), 503, "UNAVAILABLE", "its log says why"},
		{fmt.Errorf("commit: %w", runner.ErrStopped), 503, "UNAVAILABLE", "Sonata is stopping"},
		{context.DeadlineExceeded, 504, "DEADLINE_EXCEEDED", "longer than 30s"},
		{&engine.Rejection{Code: engine.CodeState, Text: "it has ended"}, 409, "INVALID_STATE", "it has ended"},
		{fmt.Errorf("wrapped: %w", &engine.Rejection{Code: engine.CodeNotFound, Text: "gone"}), 404, "NOT_FOUND", "gone"},
		{&engine.Rejection{Code: engine.CodeInvalid, Text: "100% wrong"}, 400, "INVALID_ARGUMENT", "100% wrong"},
	} {
		s := newSite(t, with(failing{err: c.err}))
		for _, answer := range []reply{
			s.get("/v2/process-instances/1"),
			s.post("/v2/process-instances/1/cancellation", ""),
			s.post("/v2/process-instances", `{"processDefinitionId":"p"}`),
			s.post("/v2/process-instances/search", ""),
			s.post("/v2/jobs/search", ""),
			s.get("/v2/process-instances/1/events"),
		} {
			require.Contains(t, answer.problem(c.status, c.title), c.detail)
			require.NotContains(t, answer.body, "canary")
		}
		if c.status == 503 && c.title == "UNAVAILABLE" { // unless what ails the engine is told of by /readyz too
			s = newSite(t, with(failing{err: c.err, ails: errors.New("the store failed: disk full")}))
			want := c.detail
			if c.detail == "its log says why" {
				want = "Sonata is not ready: the store failed: disk full"
			}
			require.Contains(t, s.get("/v2/process-instances/1").problem(503, "UNAVAILABLE"), want)
		}
		if c.status >= 500 {
			require.Contains(t, s.log.String(), c.err.Error(), "the operator can see why")
		}
	}
}

// A rejection with a code that nobody gave a status is a fault of ours, and no status 0.
func TestUnknownCode(t *testing.T) {
	s := newSite(t, with(failing{err: &engine.Rejection{Code: "NEW", Text: "something new"}}))
	require.Equal(t, 500, s.get("/v2/process-instances/1").status)
}

func TestEveryCodeHasAStatus(t *testing.T) {
	for _, code := range []engine.Code{engine.CodeInvalid, engine.CodeNotFound, engine.CodeState} {
		require.NotZero(t, statuses[code], code)
	}
}

func TestPanic(t *testing.T) {
	s := newSite(t, with(failing{panic: "canary"}))
	answer := s.get("/v2/process-instances/1")
	require.Contains(t, answer.problem(500, "INTERNAL_ERROR"), "a fault of Sonata")
	require.NotContains(t, answer.body, "canary")
	require.NotContains(t, answer.body, "goroutine")
	require.Contains(t, s.log.String(), "problem_test.go", "the stack is in the log")
	require.Equal(t, http.StatusOK, s.get("/livez").status, "it goes on")
}

func TestNotReady(t *testing.T) {
	s := newSite(t, with(failing{ails: errors.New("the store failed: disk full\nthe bus is not bound")}))
	require.Equal(t, "Sonata is not ready: the store failed: disk full; the bus is not bound", s.get("/readyz").problem(503, "UNAVAILABLE"))
	s.get("/v2/status").problem(503, "UNAVAILABLE")
	require.Equal(t, "ok\n", s.get("/livez").body)
	topology := s.get("/v2/topology").is(200)
	partition := topology["brokers"].([]any)[0].(map[string]any)["partitions"].([]any)[0].(map[string]any)
	require.Equal(t, "unhealthy", partition["health"])
}

func TestReady(t *testing.T) {
	s := newSite(t)
	require.Equal(t, "ok\n", s.get("/readyz").body)
	verbose := s.get("/readyz?verbose").is(200)
	require.Equal(t, "ok", verbose["status"])
	require.Equal(t, "1.2.3", verbose["version"])
}

func TestUnknownRoutesAndMethods(t *testing.T) {
	s := newSite(t)
	require.Contains(t, s.get("/v2/nothing").problem(404, "NOT_FOUND"), "/v2/openapi.json")
	s.get("/v2/topology/").problem(404, "NOT_FOUND")
	s.post("/v2/process-instances/1", "").problem(405, "METHOD_NOT_ALLOWED")
	for path, allow := range map[string]string{
		"/v2/process-instances": "POST", "/v2/process-instances/1": "GET, HEAD", "/v2/element-instances/1/variables": "PUT", "/livez": "GET, HEAD",
	} {
		answer := s.call(http.MethodDelete, path, "")
		answer.problem(405, "METHOD_NOT_ALLOWED")
		require.Equal(t, allow, answer.header.Get("Allow"), path)
	}
	s.call("BREW", "/v2/topology", "").problem(405, "METHOD_NOT_ALLOWED")
	for _, path := range []string{"/livez", "/v2/topology", "/v2/events"} {
		head := s.call(http.MethodHead, path, "")
		require.Equal(t, 200, head.status, path)
		require.Empty(t, head.body, path)
	}
	require.Equal(t, 405, s.call(http.MethodHead, "/v2/process-instances", "").status)
}

// Every route that takes JSON says the same of a body that it cannot read, with the place.
func TestMalformedBodies(t *testing.T) {
	s := newSite(t)
	for _, route := range []string{
		"POST /v2/process-instances", "POST /v2/process-instances/search", "POST /v2/process-instances/1/cancellation",
		"POST /v2/process-definitions/search", "POST /v2/element-instances/search", "PUT /v2/element-instances/1/variables",
		"POST /v2/variables/search", "POST /v2/incidents/search", "POST /v2/incidents/999999000001/resolution", "POST /v2/jobs/search", "POST /v2/jobs/activation", "PATCH /v2/jobs/999999000001", "POST /v2/messages/correlation",
		"POST /v2/jobs/999999000001/completion", "POST /v2/jobs/999999000001/failure", "POST /v2/jobs/999999000001/error", "POST /v2/user-tasks/search",
		"POST /v2/messages/publication", "POST /v2/messages/search", "POST /v2/message-subscriptions/search", "POST /v2/dead-letters/search", "POST /v2/dead-letters/1/replay", "POST /v2/dead-letters/1/deletion", "POST /v2/incidents/resolution",
		"POST /v2/cluster-variables/search", "POST /v2/authentication/me/authorizations/search",
	} {
		method, path, _ := strings.Cut(route, " ")
		require.Contains(t, s.call(method, path, "{\n  \"a\": canary}").problem(400, "INVALID_ARGUMENT"), "line 2, column 8", route)
		require.Contains(t, s.call(method, path, `{"a":1`).problem(400, "INVALID_ARGUMENT"), "not valid JSON", route)
		require.Contains(t, s.call(method, path, `{} {}`).problem(400, "INVALID_ARGUMENT"), "line 1, column 4", route)
		require.Contains(t, s.call(method, path, `[]`).problem(400, "INVALID_ARGUMENT"), "must be an object, not an array", route)
		require.Contains(t, s.call(method, path, `"x"`).problem(400, "INVALID_ARGUMENT"), "must be an object, not a string", route)
		s.call(method, path, `{}`, "Content-Type", "text/plain").problem(415, "UNSUPPORTED_MEDIA_TYPE")
		s.call(method, path, `{}`, "Content-Type", "application/x-www-form-urlencoded").problem(415, "UNSUPPORTED_MEDIA_TYPE")
		large := s.call(method, path, `{"a":"`+strings.Repeat("x", maxJSON)+`"}`)
		require.Contains(t, large.problem(413, "CONTENT_TOO_LARGE"), "4194304", route)
	}
	for _, search := range []string{"process-instances", "process-definitions", "element-instances", "incidents", "jobs", "user-tasks", "messages", "message-subscriptions", "dead-letters"} {
		path := "/v2/" + search + "/search"
		require.Contains(t, s.post(path, `{"filter":{"nonsense":1}}`).problem(400, "INVALID_ARGUMENT"), "nonsense", path)
		require.Contains(t, s.post(path, `{"sort":[{"field":"nonsense"}]}`).problem(400, "INVALID_ARGUMENT"), "nonsense", path)
		require.Contains(t, s.post(path, `{"page":{"limit":"all"}}`).problem(400, "INVALID_ARGUMENT"), `field "page.limit" must be a whole number`, path)
		require.Contains(t, s.post(path, `{"sort":"key"}`).problem(400, "INVALID_ARGUMENT"), `field "sort" must be an array`, path)
		require.Contains(t, s.post(path, `{"filter":[]}`).problem(400, "INVALID_ARGUMENT"), `field "filter" must be an object`, path)
		require.Empty(t, s.post(path, `{"filter":null,"sort":null,"page":null,"unknown":1}`).items(), path)
	}
	require.NotContains(t, s.log.String(), "canary", "a body may hold secrets")
}

func TestDeployRefuses(t *testing.T) {
	s := newSite(t)
	form := func(parts int, fill func(*multipart.Writer, int)) (string, string) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for i := range parts {
			fill(w, i)
		}
		require.NoError(t, w.Close())
		return w.FormDataContentType(), body.String()
	}
	file := func(w *multipart.Writer, field, name string, content []byte) {
		part, err := w.CreateFormFile(field, name)
		require.NoError(t, err)
		_, err = part.Write(content)
		require.NoError(t, err)
	}
	field := func(name, value string) func(*multipart.Writer, int) {
		return func(w *multipart.Writer, _ int) { require.NoError(t, w.WriteField(name, value)) }
	}

	s.upload("application/json", "{}").problem(415, "UNSUPPORTED_MEDIA_TYPE")
	s.upload("multipart/form-data", "x").problem(415, "UNSUPPORTED_MEDIA_TYPE")
	require.Contains(t, s.upload("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=resources; filename=x\r\n\r\nbroken off").problem(400, "INVALID_ARGUMENT"), "could not be read")
	require.Contains(t, s.upload(form(0, nil)).problem(400, "INVALID_ARGUMENT"), "nothing to deploy")
	require.Contains(t, s.upload(form(1, field("tenantId", "<default>"))).problem(400, "INVALID_ARGUMENT"), "nothing to deploy")
	require.Contains(t, s.upload(form(1, field("tenantId", "other"))).problem(400, "INVALID_ARGUMENT"), "no tenants")
	require.Contains(t, s.upload(form(1, field("resources", "<xml/>"))).problem(400, "INVALID_ARGUMENT"), "no file name")
	require.Contains(t, s.upload(form(1, field("deployment-name", "x"))).problem(400, "INVALID_ARGUMENT"), `part "deployment-name" is not known`)
	require.Contains(t, s.upload(form(1, func(w *multipart.Writer, _ int) {
		file(w, "resources", "big.bpmn", make([]byte, maxResource+1))
	})).problem(413, "CONTENT_TOO_LARGE"), `file "big.bpmn" is larger than 4194304 bytes`)
	require.Contains(t, s.upload(form(5, func(w *multipart.Writer, i int) {
		file(w, "resources", fmt.Sprintf("%d.bpmn", i), make([]byte, maxResource))
	})).problem(413, "CONTENT_TOO_LARGE"), "16777216")
	require.Contains(t, s.upload(form(maxParts+1, func(w *multipart.Writer, i int) {
		file(w, "resources", fmt.Sprintf("%d.bpmn", i), nil)
	})).problem(413, "CONTENT_TOO_LARGE"), "at most 200 parts")

	// A part that is named after its file is a file, too; a path in front of the name is dropped.
	contentType, body := form(1, func(w *multipart.Writer, _ int) { file(w, "quick.bpmn", "../../etc/quick.bpmn", []byte(quickFile)) })
	require.Equal(t, "quick.bpmn", definitionOf(s.upload(contentType, body).is(200))["resourceName"])
}

func TestModelProblemShape(t *testing.T) {
	s := newSite(t)
	answer := s.deploy("x.bpmn", "<nothing/>")
	answer.problem(400, "INVALID_ARGUMENT")
	var body struct {
		Problems []map[string]any `json:"problems"`
	}
	require.NoError(t, json.Unmarshal([]byte(answer.body), &body))
	require.Len(t, body.Problems, 1)
	for _, member := range []string{"file", "line", "column", "severity", "code", "elementId", "elementName", "text", "hint"} {
		require.Contains(t, body.Problems[0], member)
	}
}

// Paths of another interface have its errors, also those that it does not hear of.
func TestErrorsOfAnotherInterface(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.ErrorBody = func(path, text string) any {
			if strings.HasPrefix(path, "/other") {
				return map[string]string{"why": text}
			}
			return nil
		}
	})
	missing := s.get("/other/nothing")
	require.Equal(t, http.StatusNotFound, missing.status)
	require.JSONEq(t, `{"why":"there is nothing at /other/nothing; see /v2/openapi.json for what there is"}`, missing.body)
	misled := s.call(http.MethodGet, "/other", "", "Host", "evil.example")
	require.Equal(t, http.StatusMisdirectedRequest, misled.status)
	require.Contains(t, misled.body, `{"why":"host \"evil.example\"`)
	require.Contains(t, s.get("/nothing").is(404)["detail"], "there is nothing")
}
