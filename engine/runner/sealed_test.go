package runner_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine/runner"
	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// withKey is a world that has a key, and a sealed text of hunter2.
func withKey(t *testing.T) (*world, string) {
	t.Helper()
	keys, err := secret.ParseKeys("secret.key", []byte(secret.NewKey()))
	require.NoError(t, err)
	sealed, err := keys.Seal("hunter2")
	require.NoError(t, err)
	return newWorld(t, func(w *world) { w.opts.Secrets = keys; w.opts.DeadLetterTopic = "dead" }), sealed
}

func telling(header string) string {
	return strings.Replace(publish("tell", "told", "=a>a", "=b>b"), "<zeebe:taskHeaders>", "<zeebe:taskHeaders>"+header, 1)
}

// A sealed text is opened in the field that the task names, and nowhere else; masked where it says so; and a message that says neither, such as one of
// a process that was deployed before there were sealed texts, is not sent.
func TestSealedTextsLeaveAsTheTaskSays(t *testing.T) {
	w, sealed := withKey(t)
	for process, header := range map[string]string{
		"opens": `<zeebe:header key="secrets" value="a"/>`, "masks": `<zeebe:header key="secrets" value="masked"/>`, "older": "",
		"heads": `<zeebe:header key="secrets" value="masked"/><zeebe:header key="other" value="=a"/>`,
	} {
		w.install(model(process, start, telling(header), end, "start -> tell -> end"))
	}
	w.launch("opens", map[string]any{"a": map[string]any{"login": sealed}, "b": "plain"})
	w.launch("masks", map[string]any{"a": sealed, "b": "x" + sealed})
	refused := map[string]map[string]any{
		"opens": {"a": sealed, "b": sealed}, "older": {"a": sealed, "b": ""}, "heads": {"a": sealed, "b": ""},
	}
	for process, variables := range refused {
		w.launch(process, variables)
	}
	w.launch("older", map[string]any{"a": "ENCRYPTED:", "b": "plain"})
	told := w.awaitPublished("told", 3)
	require.JSONEq(t, `{"a":{"login":"hunter2"},"b":"plain"}`, string(told[0].Data))
	require.JSONEq(t, `{"a":"•••","b":"x•••"}`, string(told[1].Data))
	require.JSONEq(t, `{"a":"ENCRYPTED:","b":"plain"}`, string(told[2].Data))
	require.Empty(t, told[0].Headers)
	w.sync()
	letters := strings.Join(w.letters(), "\n")
	require.Len(t, w.letters(), len(refused), letters)
	require.Equal(t, 2, strings.Count(letters, "does not say, in the header secrets, that it is opened"))
	require.Contains(t, letters, "in a header or in the key")
}

// Nobody has Sonata open what he was given: a record with a sealed text is refused, wherever it stands.
func TestSealedTextsDoNotComeIn(t *testing.T) {
	w, sealed := withKey(t)
	w.install(model("taker", startOn("begin", "m"), end, message("m", "come", ""), "begin -> end"))
	records := []runner.Incoming{
		{Data: map[string]any{"list": []any{sealed}}}, {Data: map[string]any{sealed: "a"}}, {Data: sealed},
		{Data: map[string]any{}, Attributes: map[string]any{"other": sealed}}, {Data: map[string]any{}, Key: []byte(sealed)},
		{Data: map[string]any{}, Key: []byte(sealed), Attributes: map[string]any{"correlationkey": "k"}},
		{Data: map[string]any{}, Headers: []runner.RecordHeader{{Key: "h", Value: []byte(sealed)}}},
		{Data: map[string]any{"text": "ENCRYPTED:x is no such thing"}},
	}
	for i := range records {
		records[i].Topic, records[i].Offset, records[i].Value, records[i].Timestamp = "come", int64(i), []byte(`{"list":["`+sealed+`"]}`), time.Time{}
	}
	require.NoError(t, w.r.Receive(w.ctx, records))
	require.Len(t, w.search(runner.Filter{ProcessID: "taker"}), 1)
	require.Len(t, w.letters(), len(records)-1)
	for _, m := range w.awaitPublished("dead", len(records)-1) {
		require.NotContains(t, string(m.Data), "ENCRYPTED")
		require.Contains(t, string(m.Data), "nobody but Sonata makes")
	}
}
