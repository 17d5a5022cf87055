package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

const (
	// requestTimeout ends what takes unexpectedly long, such as a search without a filter in a very large store.
	requestTimeout = 30 * time.Second
	maxJSON        = 4 << 20 // bytes of a JSON body
	defaultTenant  = "<default>"
)

// handler answers a request, or returns the error to answer with.
type handler func(w http.ResponseWriter, r *http.Request) error

// timed makes an http.HandlerFunc of a handler and bounds its time.
func (a *api) timed(h handler) http.HandlerFunc {
	return a.untimed(func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		return h(w, r.WithContext(ctx))
	})
}

// untimed is for handlers that bound their time themselves.
func (a *api) untimed(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			a.fail(w, r, err)
		}
	}
}

// decode reads a JSON body. Without a body v stays as it is: where a body is needed, some field of it is.
func decode(w http.ResponseWriter, r *http.Request, v any) error {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSON))
	if err != nil {
		return readError(err)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if media != "application/json" && !strings.HasSuffix(media, "+json") {
		return problem(codeMediaType, "the body must be JSON; send it with Content-Type: application/json")
	}
	if err := json.Unmarshal(data, v); err != nil {
		return jsonError(data, err)
	}
	if secret.SealedIn(data) {
		return invalid("the body has an encrypted value, which nobody but Sonata makes; give the value itself")
	}
	return misspelt(data, v)
}

// readError tells a body that is too large from one that broke off.
func readError(err error) error {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return err
	}
	return invalid("the body of the request could not be read to its end")
}

// jsonError says where the body is wrong, and never what stands there: it may be a secret.
func jsonError(data []byte, err error) *Problem {
	var (
		syntax   *json.SyntaxError
		mismatch *json.UnmarshalTypeError
	)
	switch {
	case errors.As(err, &mismatch) && mismatch.Field != "":
		return invalid("field %q must be %s, not %s (%s)", mismatch.Field, jsonType(mismatch.Type), jsonValue(mismatch.Value), place(data, mismatch.Offset))
	case errors.As(err, &mismatch):
		return invalid("the body must be %s, not %s", jsonType(mismatch.Type), jsonValue(mismatch.Value))
	case errors.As(err, &syntax):
		return invalid("the body is not valid JSON: the fault is at %s", place(data, syntax.Offset))
	default:
		return invalid("the body is not valid JSON")
	}
}

// place gives line and column, counted from 1, of the byte before an offset: that is where encoding/json saw the fault.
func place(data []byte, offset int64) string {
	before := data[:min(max(offset-1, 0), int64(len(data)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("line %d, column %d", line, column)
}

func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	default:
		return "a whole number"
	}
}

func jsonValue(found string) string {
	kind, _, _ := strings.Cut(found, " ") // "number 1.5" carries the value
	switch kind {
	case "bool":
		return "true or false"
	case "object", "array":
		return "an " + kind
	default:
		return "a " + kind
	}
}

// variablesOf reads a JSON object into values as the engine has them.
func variablesOf(raw json.RawMessage) (map[string]any, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	value, err := engine.DecodeJSON(raw)
	if err != nil {
		return nil, invalid(`field "variables": %s`, err)
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, invalid(`field "variables" must be an object`)
	}
	return object, nil
}

// pathKey reads a key from the path.
func pathKey(r *http.Request, name string) (engine.Key, error) {
	key, err := engine.ParseKey(chi.URLParam(r, name))
	if err != nil || key <= 0 {
		return 0, invalid("the %s in the path must be a key: a whole number greater than 0", name)
	}
	return key, nil
}

// bodyKey reads a key from a body, where Camunda 8.7 and older have it as a number.
func bodyKey(field string, raw json.RawMessage) (engine.Key, error) {
	text := strings.Trim(string(raw), `"`)
	if text == "" || text == "null" {
		return 0, nil
	}
	key, err := engine.ParseKey(text)
	if err != nil || key <= 0 {
		return 0, invalid("field %q must be a key: a whole number greater than 0, as a string", field)
	}
	return key, nil
}

// checkTenant refuses tenants: there is only the default one.
func checkTenant(id string) error {
	if id != "" && id != defaultTenant {
		return invalid("Sonata has no tenants: leave out tenantId")
	}
	return nil
}

// given says whether a field holds something: neither is it missing nor null, nor an empty array or object.
func given(raw json.RawMessage) bool {
	switch string(bytes.Join(bytes.Fields(raw), nil)) {
	case "", "null", "[]", "{}", `""`:
		return false
	}
	return true
}
