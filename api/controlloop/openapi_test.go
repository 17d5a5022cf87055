package controlloop_test

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/api/controlloop"
)

// description is the OpenAPI document, read once, with the schemas that were compiled.
type description struct {
	sync.Mutex
	document map[string]any
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema
}

var described = sync.OnceValue(func() *description {
	router := chi.NewRouter()
	controlloop.Routes(nil, nil)(router)
	recorder := httptest.NewRecorder()
	router.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, controlloop.Prefix+"/openapi.json", nil))
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(recorder.Body.Bytes()))
	if err != nil {
		panic(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("openapi.json", document); err != nil {
		panic(err)
	}
	return &description{document: document.(map[string]any), compiler: compiler, schemas: map[string]*jsonschema.Schema{}}
})

// operation finds what describes a request: the path that it matches.
func (d *description) operation(method, path string) (pattern string, responses map[string]any) {
	router := chi.NewRouter()
	for p, methods := range d.document["paths"].(map[string]any) {
		if methods.(map[string]any)[strings.ToLower(method)] != nil {
			router.MethodFunc(method, p, func(http.ResponseWriter, *http.Request) {})
		}
	}
	c := chi.NewRouteContext()
	if !router.Match(c, method, path) {
		return "", nil
	}
	pattern = c.RoutePattern()
	return pattern, d.document["paths"].(map[string]any)[pattern].(map[string]any)[strings.ToLower(method)].(map[string]any)["responses"].(map[string]any)
}

// requireDescribed holds an answer in JSON to the schema that the document has for its status.
func requireDescribed(t *testing.T, r *http.Request, answer *httptest.ResponseRecorder) {
	t.Helper()
	d := described()
	d.Lock()
	defer d.Unlock()
	pattern, responses := d.operation(r.Method, strings.TrimPrefix(r.URL.Path, controlloop.Prefix))
	if pattern == "" || !strings.Contains(answer.Header().Get("Content-Type"), "json") {
		return
	}
	status := strconv.Itoa(answer.Code)
	require.Contains(t, responses, status, "%s %s", r.Method, pattern)
	at := "openapi.json#/paths/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(pattern) + "/" + strings.ToLower(r.Method) + "/responses/" + status + "/content/application~1json/schema"
	schema := d.schemas[at]
	if schema == nil {
		var err error
		schema, err = d.compiler.Compile(at)
		require.NoError(t, err)
		d.schemas[at] = schema
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer.Body.Bytes()))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(body), "%s %s: %s", r.Method, pattern, answer.Body)
}

// The document has every route, and no other.
func TestTheDocumentHasEveryRoute(t *testing.T) {
	served := map[string]bool{}
	router := chi.NewRouter()
	controlloop.Routes(nil, nil)(router)
	require.NoError(t, chi.Walk(router, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		served[method+" "+strings.TrimPrefix(route, controlloop.Prefix)] = true
		return nil
	}))
	documented := map[string]bool{}
	for path, methods := range described().document["paths"].(map[string]any) {
		for method := range methods.(map[string]any) {
			documented[strings.ToUpper(method)+" "+path] = true
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(served)), slices.Sorted(maps.Keys(documented)))
}
