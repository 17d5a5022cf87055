package secret_test

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

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

// A sealed text opens to the very value, of any type, in the field that is named, at any depth.
func TestOpen(t *testing.T) {
	t.Parallel()
	k := keys(t, secret.NewKey())
	for _, test := range []struct {
		document func(sealed func(any) string) string
		opened   string
	}{
		{func(s func(any) string) string { return `{"a":"` + s("hunter2") + `"}` }, `{"a":"hunter2"}`},
		{func(s func(any) string) string {
			return `{"a":["` + s(int64(1234567890123456789)) + `","` + s(true) + `"],"b":1.50}`
		}, `{"a":[1234567890123456789,true],"b":1.50}`},
		{func(s func(any) string) string {
			return `{"a":{"c":["` + s(map[string]any{"user": "u", "n": nil}) + `"]}}`
		}, `{"a":{"c":[{"n":null,"user":"u"}]}}`},
		{func(s func(any) string) string { return `{"a":"` + s(`p"\<`) + `"}` }, `{"a":"p\"\\<"}`},
		{func(func(any) string) string { return `{"plain":"ENCRYPTED:x"}` }, `{"plain":"ENCRYPTED:x"}`},
		{func(s func(any) string) string { return `{"a":"` + s("x") + `","b":"ENCRYPTED:11111111:"}` }, `{"a":"x","b":"ENCRYPTED:11111111:"}`},
	} {
		document := test.document(func(v any) string { return seal(t, k, v) })
		opened, err := k.Open([]byte(document), "a")
		require.NoError(t, err)
		require.JSONEq(t, test.opened, string(opened), document)
	}
}

// Several fields may be named. What is named and not there does not come to be, and all others stay closed.
func TestOpenFields(t *testing.T) {
	t.Parallel()
	k := keys(t, secret.NewKey())
	a, b := seal(t, k, "hunter-a"), seal(t, k, "hunter-b")
	for document, want := range map[string]string{
		`{"a":"` + a + `","b":["` + b + `"],"c":1}`: `{"a":"hunter-a","b":["hunter-b"],"c":1}`,
		`{"b":"` + b + `","a":null}`:                `{"b":"hunter-b","a":null}`,
		`{"a":"` + a + `"}`:                         `{"a":"hunter-a"}`,
	} {
		opened, err := k.Open([]byte(document), "a, b,x")
		require.NoError(t, err)
		require.JSONEq(t, want, string(opened))
	}
	for _, document := range []string{`{"a":"` + a + `","c":"` + b + `"}`, `{"a, b":"` + a + `"}`, `{"":"` + a + `"}`} {
		_, err := k.Open([]byte(document), "a, b")
		require.ErrorContains(t, err, "in the header secrets", document)
	}
}

// Nothing is opened, and nothing is given out sealed, where the sender did not say so, however it is written.
func TestOpenNothingElse(t *testing.T) {
	t.Parallel()
	k := keys(t, secret.NewKey())
	sealed := seal(t, k, "hunter2")
	escaped := strings.Replace(sealed, ":", `\u003a`, 1)
	for _, document := range []string{
		`{"a":1,"b":"` + sealed + `"}`, `{"a":1,"b":{"c":["` + escaped + `"]}}`, `{"a":1,"` + sealed + `":1}`, `{"a":{"` + escaped + `":1}}`, `["` + sealed + `"]`,
		`"` + sealed + `"`, `{"a":"x` + sealed + `"}`, `{"a":"` + sealed + sealed + `"}`,
	} {
		opened, err := k.Open([]byte(document), "a")
		require.Error(t, err, document)
		require.Empty(t, opened)
	}
	_, err := k.Open([]byte(`{"":"`+sealed+`"}`), "")
	require.ErrorContains(t, err, "in the header secrets")
}

func TestSealedIn(t *testing.T) {
	t.Parallel()
	sealed := seal(t, keys(t, secret.NewKey()), "hunter2")
	escaped := strings.Replace(sealed, ":", `\u003a`, 1)
	for _, document := range []string{`"` + sealed + `"`, `["\n","` + sealed + `"]`, `{"a":["` + escaped + `"]}`, `{"` + escaped + `":1}`, `no JSON ` + sealed, `\ ` + sealed} {
		require.True(t, secret.SealedIn([]byte(document)), document)
	}
	for _, document := range []string{`"ENCRYPTED:"`, `"ENCRYPTED:x;"`, `["\n","ENCRYPTED:11111111:"]`, `{}`, `\`, ``} {
		require.False(t, secret.SealedIn([]byte(document)), document)
	}
	value := map[string]any{"a": []any{"x", map[string]any{"b": "y" + sealed}}, "n": int64(1)}
	require.True(t, secret.In(value))
	require.True(t, secret.In(map[string]any{sealed: nil}))
	require.Equal(t, map[string]any{"a": []any{"x", map[string]any{"b": "y•••"}}, "n": int64(1)}, secret.MaskIn(value))
	require.True(t, secret.In(value))
}

// Any character of a sealed text may be escaped. Escapes of others, as encoding/json writes them, do not have the document taken apart.
func TestSealedInEscapes(t *testing.T) {
	sealed := seal(t, keys(t, secret.NewKey()), "hunter2")
	for i, char := range []byte(sealed) {
		for _, form := range []string{`\u%04x`, `\u%04X`} {
			document := `{"a":"\u0026 ` + sealed[:i] + fmt.Sprintf(form, char) + sealed[i+1:] + `"}`
			require.True(t, secret.SealedIn([]byte(document)), document)
		}
	}
	for _, document := range []string{`"\u00`, `"\u003`, `"\u00zz"`, `"\u003a"`, `"\u2028\u0026"`} {
		require.False(t, secret.SealedIn([]byte(document)), document)
	}
	plain, err := json.Marshal(strings.Repeat("a & b <c>\u2028\n", 500))
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(10, func() { secret.SealedIn(plain) }))
}

func BenchmarkSealedIn(b *testing.B) {
	document, err := json.Marshal(slices.Repeat([]string{"one & two of three"}, 500))
	require.NoError(b, err)
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		secret.SealedIn(document)
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

// The keys of what is sealed are found in a text of any size, wherever they stand in it.
func TestKeysIn(t *testing.T) {
	t.Parallel()
	for _, before := range []int{0, 5, 1<<20 - 30, 1<<20 - 5, 1 << 20, 1<<20 + 1, 1<<20 + 20, 3 << 20} {
		text := strings.Repeat("x", before) + "ENCRYPTED:3f2a91c0:AA; ENCRYPTED:x ENCRYPTED:11111111:BB;ENCRYPTED:3f2a91c0:CC;"
		ids, err := secret.KeysIn(strings.NewReader(text))
		require.NoError(t, err)
		require.Equal(t, []string{"11111111", "3f2a91c0"}, ids, before)
	}
	ids, err := secret.KeysIn(strings.NewReader("nothing"))
	require.NoError(t, err)
	require.Empty(t, ids)
	_, err = secret.KeysIn(iotest.ErrReader(io.ErrClosedPipe))
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

// After a rotation new values are sealed with the new key, and old ones are opened with the old one. Without it the error names it.
func TestRotation(t *testing.T) {
	t.Parallel()
	old, young := secret.NewKey(), secret.NewKey()
	sealed := `{"a":"` + seal(t, keys(t, old), "hunter2") + `"}`
	both := keys(t, "# since March", young, "", old)
	opened, err := both.Open([]byte(sealed), "a")
	require.NoError(t, err)
	require.JSONEq(t, `{"a":"hunter2"}`, string(opened))
	_, err = keys(t, young).Open([]byte(sealed), "a")
	require.ErrorContains(t, err, "which secret.key does not have; add that key there")
	_, err = keys(t, old).Open([]byte(`{"a":"`+seal(t, both, "new")+`"}`), "a")
	require.ErrorContains(t, err, "it was encrypted with the key ")
	var none *secret.Keys
	_, err = none.Open([]byte(sealed), "a")
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
	for _, damaged := range []string{sealed[:at] + string(other) + sealed[at+1:], sealed[:len("ENCRYPTED:11111111:")] + "A;"} {
		_, err := k.Open([]byte(`{"a":"`+damaged+`"}`), "a")
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
