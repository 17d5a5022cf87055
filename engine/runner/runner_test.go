package runner_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/engine"
)

// ping asks and waits for the answer that names it; pong answers.
var (
	ping = model("ping", start, publish("ask", "ping", "=n>n"), catch("wait", "m"), end,
		message("m", "pong", ""), "start -> ask -> wait -> end")
	pong = model("pong", startOn("start", "m"), publish("answer", "pong", "=n + 1>n"), end,
		message("m", "ping", ""), "start -> answer -> end")
)

func TestPingPong(t *testing.T) {
	w := newWorld(t)
	w.install(ping, pong)
	key := w.launch("ping", map[string]any{"n": 41})
	require.Equal(t, key, w.awaitEnd("ping"))
	in := w.instance(key)
	require.Equal(t, engine.StateCompleted, in.State)
	require.EqualValues(t, 42, in.Variables(0)["n"])
	require.Empty(t, w.letters())

	responder := w.instance(w.only("pong"))
	require.Equal(t, key.String(), responder.ReferenceID)
	require.Len(t, w.bus.Published(), 2)
}
