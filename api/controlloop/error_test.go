package controlloop_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/api/controlloop"
)

// Whatever is wrong with a request below /onap, the body says so in errorDetails, also when nobody of control loops hears of it.
func TestErrorBody(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]string{"errorDetails": "why"}, controlloop.ErrorBody("/onap/nothing", "why"))
	require.Equal(t, map[string]string{"errorDetails": "why"}, controlloop.ErrorBody("/onap", "why"))
	require.Nil(t, controlloop.ErrorBody("/onapx", "why"))
	require.Nil(t, controlloop.ErrorBody("/v2/topology", "why"))
	w := newWorld(t)
	for _, path := range []string{"", "/", "/nothing", "/commission/nothing"} {
		recorder := httptest.NewRecorder()
		w.http.ServeHTTP(recorder, httptest.NewRequestWithContext(w.ctx, http.MethodGet, controlloop.Prefix+path, http.NoBody))
		require.Equal(t, http.StatusNotFound, recorder.Code)
		var body map[string]string
		require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &body))
		require.True(t, strings.HasPrefix(body["errorDetails"], "Not Found"), body)
	}
}
