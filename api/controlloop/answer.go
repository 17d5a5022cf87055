package controlloop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"go.yaml.in/yaml/v4"

	"github.com/sonata-bpmn/sonata/adapters/tosca"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// fault is an error answer.
type fault struct {
	status int
	text   string
}

func (f *fault) Error() string { return f.text }

func faultf(status int, format string, args ...any) *fault {
	return &fault{status, fmt.Sprintf(format, args...)}
}

// reply is a successful answer.
type reply struct {
	status int
	body   any
}

func ok(body any) (reply, error) { return reply{http.StatusOK, body}, nil }

// warned adds to an answer what was tolerated in the document of its request. CLAMP's clients leave it unread.
func warned(body map[string]any, warnings tosca.Problems) map[string]any {
	var texts []string
	for _, w := range warnings {
		texts = append(texts, w.String())
	}
	if texts != nil {
		body["warnings"] = texts
	}
	return body
}

type handler func(r *http.Request) (reply, error)

// do makes an http.HandlerFunc of a handler.
func (h *handlers) do(handle handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := handle(r)
		if err == nil {
			err = write(w, r, answer.status, answer.body)
		}
		if err != nil {
			fail(w, r, err)
		}
	}
}

// requestID gives each answer the id of its request and the version of the interface, as CLAMP does.
func requestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := uuid.Parse(r.Header.Get("X-Onap-Requestid"))
		if err != nil {
			id = uuid.New()
		}
		header := w.Header()
		header.Set("X-Onap-Requestid", id.String())
		header.Set("X-Minorversion", "0")
		header.Set("X-Patchversion", "0")
		header.Set("X-Latestversion", "1.0.0")
		next.ServeHTTP(w, r)
	})
}

// write answers in YAML if the client asks for that and not for JSON. What is sealed is masked.
func write(w http.ResponseWriter, r *http.Request, status int, body any) error {
	first, yamlFirst := body.(inYAML)
	if yamlFirst {
		body = first.body
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	text = secret.MaskDocument(text)
	kind := "application/json"
	if accept := r.Header.Get("Accept"); wantsYAML(r) || yamlFirst && (accept == "" || accept == "*/*") {
		value, err := engine.DecodeJSON(text)
		if err != nil {
			return err
		}
		if text, err = tosca.YAML(value); err != nil {
			return err
		}
		kind = "application/yaml"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client is gone if it fails: nobody is left to tell
	return nil
}

// inYAML is a body that is answered in YAML unless the client asks for something else, as the page's own documents say.
type inYAML struct{ body any }

func wantsYAML(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "yaml") && !strings.Contains(accept, "json")
}

// fail answers with CLAMP's error body.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	f := faultOf(err)
	_ = write(w, r, f.status, errorBody(f.text))
}

func errorBody(text string) any { return map[string]string{"errorDetails": text} }

// ErrorBody is CLAMP's error body at paths below /onap, nil at others: for errors that are found before [Routes] hears of a request, or at
// paths that it does not have.
func ErrorBody(path, text string) any {
	if path == "/onap" || strings.HasPrefix(path, "/onap/") {
		return errorBody(text)
	}
	return nil
}

// faultOf says how an error is told. Texts of errors that are not ours stay with us.
func faultOf(err error) *fault {
	var (
		own       *fault
		problems  tosca.Problems
		rejection *engine.Rejection
		tooLarge  *http.MaxBytesError
	)
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &problems):
		return faultf(http.StatusBadRequest, "%s", problems.Error())
	case errors.As(err, &tooLarge):
		return faultf(http.StatusRequestEntityTooLarge, "the request is larger than %d bytes", tooLarge.Limit)
	case errors.As(err, &rejection):
		return faultf(http.StatusInternalServerError, "Internal Server Error: the processes of control loops do not take this: %s; are they deployed?", rejection.Text)
	case errors.Is(err, runner.ErrStopped):
		return faultf(http.StatusServiceUnavailable, "%s; try again when it is back", runner.ErrStopped)
	case errors.Is(err, context.DeadlineExceeded):
		return faultf(http.StatusGatewayTimeout, "this took too long; what was ordered goes on")
	}
	return faultf(http.StatusInternalServerError, "Internal Server Error: the engine cannot do this now; its log says why")
}

// maxBody bounds what a body may have.
const maxBody = tosca.MaxBytes

func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return nil, err
		}
		return nil, faultf(http.StatusBadRequest, "the body of the request could not be read to its end")
	}
	if len(strings.TrimSpace(string(body))) == 0 {
		return nil, faultf(http.StatusBadRequest, "the request has no body")
	}
	return body, refuseSealed(body)
}

// decode reads a small JSON or YAML body into v.
func decode(r *http.Request, v any) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if strings.Contains(media, "yaml") {
		var value any
		if err := yaml.Unmarshal(body, &value); err != nil {
			return faultf(http.StatusBadRequest, "the body is no YAML")
		}
		if body, err = json.Marshal(value); err != nil {
			return err
		}
	}
	if secret.SealedIn(body) {
		return errSealed
	}
	if err := json.Unmarshal(body, v); err != nil {
		if mismatch, isOne := errors.AsType[*json.UnmarshalTypeError](err); isOne {
			return faultf(http.StatusBadRequest, "field %q must not be a %s", mismatch.Field, strings.Fields(mismatch.Value)[0])
		}
		return faultf(http.StatusBadRequest, "the body is no JSON")
	}
	return nil
}
