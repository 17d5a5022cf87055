package secret_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

func keys(t *testing.T, lines ...string) *secret.Keys {
	t.Helper()
	k, err := secret.ParseKeys("secret.key", []byte(strings.Join(lines, "\n")))
	require.NoError(t, err)
	return k
}

func seal(t *testing.T, k *secret.Keys, value any) string {
	t.Helper()
	sealed, err := k.Seal(value)
	require.NoError(t, err)
	return sealed
}

// A sealed text opens to the very value, of any type, alone or within a longer text, beside others.
func TestOpen(t *testing.T) {
	t.Parallel()
	k := keys(t, secret.NewKey())
	for _, test := range []struct {
		document func(sealed func(any) string) string
		opened   string
	}{
		{func(s func(any) string) string { return `{"a":"` + s("hunter2") + `"}` }, `{"a":"hunter2"}`},
		{func(s func(any) string) string { return `{"a":"` + s(int64(42)) + `","b":"` + s(true) + `"}` }, `{"a":42,"b":true}`},
		{func(s func(any) string) string { return `["` + s(map[string]any{"user": "u", "n": nil}) + `"]` }, `[{"n":null,"user":"u"}]`},
		{func(s func(any) string) string { return `{"url":"https://u:` + s(`p"\`) + `@host"}` }, `{"url":"https://u:p\"\\@host"}`},
		{func(s func(any) string) string { return `{"two":"` + s("a") + s("b") + `"}` }, `{"two":"ab"}`},
		{func(s func(any) string) string { return `{"port":"host:` + s(int64(80)) + `"}` }, `{"port":"host:80"}`},
		{func(s func(any) string) string { return `{"quoted":"\"` + s("a") + `\""}` }, `{"quoted":"\"a\""}`},
		{func(func(any) string) string { return `{"plain":"text"}` }, `{"plain":"text"}`},
	} {
		document := test.document(func(v any) string { return seal(t, k, v) })
		opened, err := k.Open([]byte(document))
		require.NoError(t, err)
		require.JSONEq(t, test.opened, string(opened), document)
	}
}

func TestSealedTextsSayNothing(t *testing.T) {
	t.Parallel()
	k := keys(t, secret.NewKey())
	one, other := seal(t, k, "hunter2"), seal(t, k, "hunter2")
	require.NotEqual(t, one, other, "equal values can be told")
	require.True(t, secret.Sealed(one))
	require.JSONEq(t, `{"a":"•••","b":"x•••y"}`, secret.Mask(`{"a":"`+one+`","b":"x`+other+`y"}`))
	require.Equal(t, "•••!", secret.Mask("ENCRYPTED:something!"), "what is not right is masked too")
	require.Equal(t, "nothing", secret.Mask("nothing"))
}

// After a rotation new values are sealed with the new key, and old ones are opened with the old one. Without it the error names it.
func TestRotation(t *testing.T) {
	t.Parallel()
	old, young := secret.NewKey(), secret.NewKey()
	sealed := `"` + seal(t, keys(t, old), "hunter2") + `"`
	both := keys(t, "# since March", young, "", old)
	opened, err := both.Open([]byte(sealed))
	require.NoError(t, err)
	require.Equal(t, `"hunter2"`, string(opened))
	_, err = keys(t, young).Open([]byte(sealed))
	require.ErrorContains(t, err, "which secret.key does not have; add that key there")
	_, err = keys(t, old).Open([]byte(`"` + seal(t, both, "new") + `"`))
	require.ErrorContains(t, err, "it was encrypted with the key ")
	var none *secret.Keys
	_, err = none.Open([]byte(sealed))
	require.ErrorContains(t, err, "which the file of keys does not have")
	_, err = none.Seal("a")
	require.ErrorContains(t, err, "no key")
}

func TestDamage(t *testing.T) {
	t.Parallel()
	k := keys(t, secret.NewKey())
	sealed := seal(t, k, "hunter2")
	at := len(sealed) - 4
	other := byte('A')
	if sealed[at] == other {
		other = 'B'
	}
	for _, damaged := range []string{
		sealed[:at] + string(other) + sealed[at+1:], sealed[:len(sealed)-1], sealed[:20], "ENCRYPTED:", "ENCRYPTED:zz:AAAA;",
	} {
		_, err := k.Open([]byte(`"` + damaged + `"`))
		require.ErrorContains(t, err, "damaged", damaged)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	t.Parallel()
	for text, fault := range map[string]string{
		"":                            "f has no key",
		"# nothing\n":                 "f has no key",
		"hunter2":                     "f:1: a key is 64 hexadecimal digits",
		"\n" + secret.NewKey() + "00": "f:2: a key is 64 hexadecimal digits",
	} {
		_, err := secret.ParseKeys("f", []byte(text))
		require.ErrorContains(t, err, fault)
		require.NotContains(t, err.Error(), "hunter2")
	}
}
