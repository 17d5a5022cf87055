package scenario

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDifferences(t *testing.T) {
	object := map[string]any{"a": int64(1), "b": []any{int64(1), map[string]any{"x": "y"}}, "n": nil}
	for _, same := range [][2]any{
		{nil, nil}, {int64(1), 1.0}, {1.0, int64(1)}, {"a", "a"}, {true, true}, {map[string]any{}, object}, {object, object},
		{map[string]any{"n": nil, "m": nil}, object}, {map[string]any{"b": []any{int64(1), map[string]any{}}}, object},
	} {
		require.Empty(t, differences("v", same[0], same[1]), "%v", same)
	}
	for want, pair := range map[string][2]any{
		"v: expected 1, got 2":                               {int64(1), int64(2)},
		"v: expected 1, got \"1\"":                           {int64(1), "1"},
		"v: expected null, got false":                        {nil, false},
		"v: expected {}, got null":                           {map[string]any{}, nil},
		"v: expected [], got {}":                             {[]any{}, map[string]any{}},
		"v: expected {}, got []":                             {map[string]any{}, []any{}},
		"v: expected 1, got [1]":                             {int64(1), []any{int64(1)}},
		"v: expected 1 items, got 2: [1,2]":                  {[]any{int64(1)}, []any{int64(1), int64(2)}},
		"v.z: expected 1, but it is not there":               {map[string]any{"z": int64(1)}, object},
		"v.n: expected 1, got null":                          {map[string]any{"n": int64(1)}, object},
		"v.b[1].x: expected \"z\", got \"y\"":                {map[string]any{"b": []any{int64(1), map[string]any{"x": "z"}}}, object},
		"v.a: expected null, got 1":                          {map[string]any{"a": nil}, object},
		"v: expected \"<&>\", got true":                      {"<&>", true},
		"v: expected 9007199254740993, got 9007199254740992": {int64(9007199254740993), int64(9007199254740992)},
	} {
		require.Equal(t, []string{want}, differences("v", pair[0], pair[1]))
	}
	require.Len(t, differences("v", map[string]any{"a": int64(2), "b": int64(3)}, object), 2, "all are said")
}

func TestOverlaid(t *testing.T) {
	under := map[string]any{"a": int64(1), "o": map[string]any{"x": int64(1), "y": int64(2)}, "l": []any{int64(1)}}
	over := map[string]any{"a": nil, "o": map[string]any{"y": int64(3)}, "l": []any{}, "z": true}
	require.Equal(t, map[string]any{"a": nil, "o": map[string]any{"x": int64(1), "y": int64(3)}, "l": []any{}, "z": true}, overlaid(under, over))
	require.Equal(t, int64(2), under["o"].(map[string]any)["y"], "what lies below stays as it was")
	require.Equal(t, "x", overlaid(under, "x"))
	require.Equal(t, over, overlaid(nil, over))
}

func TestSubsequence(t *testing.T) {
	require.Equal(t, -1, subsequence(nil, nil))
	require.Equal(t, -1, subsequence([]string{"a", "c"}, []string{"a", "b", "c"}))
	require.Equal(t, 1, subsequence([]string{"a", "a"}, []string{"a", "b"}))
	require.Equal(t, 1, subsequence([]string{"b", "a"}, []string{"a", "b"}))
	require.Equal(t, 0, subsequence([]string{"x"}, []string{"a", "b"}))
}
