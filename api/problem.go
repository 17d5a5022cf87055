package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Codes beyond the engine's own. A code is the title of a [Problem].
const (
	codeForbidden   engine.Code = "FORBIDDEN"
	codeMethod      engine.Code = "METHOD_NOT_ALLOWED"
	codeTooLarge    engine.Code = "CONTENT_TOO_LARGE"
	codeMediaType   engine.Code = "UNSUPPORTED_MEDIA_TYPE"
	codeMisdirected engine.Code = "MISDIRECTED_REQUEST"
	codeInternal    engine.Code = "INTERNAL_ERROR"
	codeUnavailable engine.Code = "UNAVAILABLE"
	codeExhausted   engine.Code = "RESOURCE_EXHAUSTED"
	codeDeadline    engine.Code = "DEADLINE_EXCEEDED"
)

// statuses is the one place that says which HTTP status a code has.
var statuses = map[engine.Code]int{
	engine.CodeInvalid:  http.StatusBadRequest,
	codeForbidden:       http.StatusForbidden,
	engine.CodeNotFound: http.StatusNotFound,
	codeMethod:          http.StatusMethodNotAllowed,
	engine.CodeState:    http.StatusConflict,
	codeTooLarge:        http.StatusRequestEntityTooLarge,
	codeMediaType:       http.StatusUnsupportedMediaType,
	codeMisdirected:     http.StatusMisdirectedRequest,
	codeInternal:        http.StatusInternalServerError,
	codeUnavailable:     http.StatusServiceUnavailable,
	codeExhausted:       http.StatusServiceUnavailable,
	codeDeadline:        http.StatusGatewayTimeout,
}

// Problem is the body of every error answer: application/problem+json (RFC 9457).
type Problem struct {
	Type   string      `json:"type"`   // always "about:blank"
	Title  engine.Code `json:"title"`  // such as "NOT_FOUND"
	Status int         `json:"status"` // HTTP status
	Detail string      `json:"detail"` // what is wrong and what to do, for people
	// Instance is the path of the request.
	Instance string `json:"instance"`
	// Problems lists the faults of deployed resources.
	Problems []ModelProblem `json:"problems,omitempty"`
}

// ModelProblem is a [bpmn.Problem] in JSON. Line and Column count from 1.
type ModelProblem struct {
	File        string        `json:"file"`
	Line        int           `json:"line"`
	Column      int           `json:"column"`
	Severity    bpmn.Severity `json:"severity"`
	Code        string        `json:"code"`
	ElementID   string        `json:"elementId"`
	ElementName string        `json:"elementName"`
	Text        string        `json:"text"`
	Hint        string        `json:"hint"`
}

// Error gives the detail.
func (p *Problem) Error() string { return p.Detail }

// problem makes a Problem to be returned by a handler.
func problem(code engine.Code, format string, args ...any) *Problem {
	return &Problem{Type: "about:blank", Title: code, Status: statuses[code], Detail: fmt.Sprintf(format, args...)}
}

// invalid says that the request is at fault.
func invalid(format string, args ...any) *Problem {
	return problem(engine.CodeInvalid, format, args...)
}

// problemOf says how an error is told to a client. An error that is none of the kinds below comes from the store or from an
// engine that is stopping; its text goes to the log and not to the client.
func problemOf(err error) *Problem {
	var (
		own       *Problem
		rejection *engine.Rejection
		faults    bpmn.Problems
		tooLarge  *http.MaxBytesError
	)
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &rejection):
		return problem(rejection.Code, "%s", rejection.Text)
	case errors.As(err, &faults):
		return modelProblem(faults)
	case errors.As(err, &tooLarge):
		return problem(codeTooLarge, "the request is larger than %d bytes", tooLarge.Limit)
	case errors.Is(err, runner.ErrStopped):
		return problem(codeUnavailable, "%s; try again when it is back", runner.ErrStopped)
	case errors.Is(err, context.DeadlineExceeded):
		return problem(codeDeadline, "this took longer than %s; try again, or ask for less", requestTimeout)
	default:
		return unexplained
	}
}

var unexplained = problem(codeUnavailable, "the engine cannot do this now; its log says why")

// rejected says whether an error is a rejection with the code.
func rejected(err error, code engine.Code) bool {
	var rejection *engine.Rejection
	return errors.As(err, &rejection) && rejection.Code == code
}

// modelProblem lists every fault twice: as text, which is what Camunda Modeler shows, and as data.
func modelProblem(faults bpmn.Problems) *Problem {
	p := invalid("%s", faults.Error())
	p.Problems = showProblems(faults)
	return p
}

func showProblems(faults bpmn.Problems) (shown []ModelProblem) {
	for _, f := range faults {
		shown = append(shown, ModelProblem{
			File: f.Pos.File, Line: f.Pos.Line, Column: f.Pos.Column, Severity: f.Severity, Code: f.Code,
			ElementID: f.ElementID, ElementName: f.ElementName, Text: f.Text, Hint: f.Hint,
		})
	}
	return shown
}

// fail answers with the problem that err is. A code without a status is a fault of ours.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	told := problemOf(err)
	if told == unexplained { // but what ails the engine may be told
		told = problemOf(cmp.Or(a.checkReady(), error(unexplained)))
	}
	p := *told
	if p.Status == 0 {
		p.Status = http.StatusInternalServerError
	}
	if p.Status >= http.StatusInternalServerError && r.Context().Err() == nil {
		a.log.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("method", r.Method),
			slog.String("path", r.URL.Path), slog.Int("status", p.Status), slog.String("error", err.Error()))
	}
	p.Instance = r.URL.EscapedPath()
	w.Header().Del("Content-Disposition")
	if a.config.ErrorBody != nil {
		if body := a.config.ErrorBody(r.URL.Path, p.Detail); body != nil {
			write(w, p.Status, "application/json", body)
			return
		}
	}
	write(w, p.Status, "application/problem+json", p)
}

// answer answers 200 with a JSON document.
func answer(w http.ResponseWriter, body any) error {
	write(w, http.StatusOK, "application/json", body)
	return nil
}

// write encodes before it writes, so that a body that cannot be encoded never becomes half an answer.
func write(w http.ResponseWriter, status int, contentType string, body any) {
	text := jsonText(body)
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the client is gone if it fails: nobody is left to tell
}

// jsonText encodes what is ours and so can always be encoded. <, > and & stay readable: nothing here is shown as HTML.
func jsonText(value any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(fmt.Errorf("encoding a %T: %w", value, err))
	}
	return strings.TrimSuffix(text.String(), "\n")
}
