package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
)

func TestEvaluator(t *testing.T) {
	at := time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]any{
		`=request.data.n + 1`:                      int64(4),
		`request.missing`:                          nil,
		`={"id": request.data.n, "state": "done"}`: map[string]any{"id": int64(3), "state": "done"},
	} {
		e, err := engine.NewEvaluator(text)
		require.NoError(t, err, text)
		value, err := e.Eval(at, map[string]any{"request": map[string]any{"data": map[string]any{"n": int64(3)}}})
		require.NoError(t, err, text)
		require.Equal(t, want, value, text)
	}
	_, err := engine.NewEvaluator("=a +")
	require.ErrorContains(t, err, "a +")
	e, err := engine.NewEvaluator("=a.b")
	require.NoError(t, err)
	_, err = e.Eval(at, map[string]any{"a": "secret"})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
}

func TestPointInTime(t *testing.T) {
	at := time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"PT15M": "2026-01-31T09:15:00Z", "P1M": "2026-02-28T09:00:00Z", "2030-01-01": "2030-01-01T00:00:00Z",
		"2020-01-01T00:00:00+01:00": "2019-12-31T23:00:00Z",
	} {
		got, err := engine.PointInTime(text, at)
		require.NoError(t, err, text)
		require.Equal(t, want, got.Format(time.RFC3339), text)
	}
	for _, text := range []string{"", "soon", "P", "-PT1S", "1h"} {
		_, err := engine.PointInTime(text, at)
		require.Error(t, err, text)
	}
}
