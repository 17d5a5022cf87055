package controlloop_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/api/controlloop"
	"github.com/sonata-bpmn/sonata/api/metrics"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// countingEngine counts the instances that are read, and reads none of a process that it is told.
type countingEngine struct {
	controlloop.Engine
	read   int
	broken string
}

func (e *countingEngine) Instance(key engine.Key) (*engine.Instance, runner.InstanceInfo, error) {
	e.read++
	return e.Engine.Instance(key)
}

func (e *countingEngine) Search(f runner.Filter, p runner.Page) ([]runner.InstanceInfo, bool, error) {
	if f.ProcessID == e.broken {
		return nil, false, errors.New("broken")
	}
	return e.Engine.Search(f, p)
}

// What participants write makes no labels, and scrapes that follow each other quickly read nothing. What cannot be read is left out.
func TestMetricsOfParticipants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, kind := range []string{"PARTICIPANT_UPDATE_ACK", "PARTICIPANT_UPDATE_ACK", strings.Repeat("x", 1000), "", "other"} {
		w.says(fmt.Sprintf(`{"messageType":%q,"messageId":"m%d","responseTo":"none","participantId":{"name":"First","version":"1"}}`, kind, i))
	}
	w.says(`{"messageType":"PARTICIPANT_REGISTER","messageId":"m","participantId":{"name":"First","version":"1"},"participantType":{"name":"kind.First","version":"1.0.0"}}`)
	counting := &countingEngine{Engine: w.r}
	now := begin
	measure := controlloop.Metrics(counting, func() time.Time { return now })
	text := func() string {
		families, err := measure()
		require.NoError(t, err)
		var b strings.Builder
		require.NoError(t, metrics.Write(&b, families))
		return b.String()
	}
	first := text()
	require.Contains(t, first, `sonata_participant_messages_ignored_total{type="PARTICIPANT_UPDATE_ACK"} 2`+"\n")
	require.Contains(t, first, `sonata_participant_messages_ignored_total{type="(other)"} 3`+"\n")
	require.Equal(t, 2, strings.Count(first, "{type="), first)
	require.Contains(t, first, `sonata_participants{state=`)

	read := counting.read
	require.NotZero(t, read)
	now = now.Add(time.Minute)
	require.Equal(t, first, text())
	require.Equal(t, read, counting.read)
	now = now.Add(time.Second)
	counting.broken = "participant"
	after := text()
	require.Greater(t, counting.read, read)
	require.NotContains(t, after, "sonata_participants")
	require.Contains(t, after, "(other)")
}

// Times are sorted as times: as texts .12Z would come after .123Z.
func TestSortedByLastMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"First", "Second"} {
		w.clock.Advance(map[string]time.Duration{"First": 120 * time.Millisecond, "Second": 3 * time.Millisecond}[name])
		w.says(fmt.Sprintf(`{"messageType":"PARTICIPANT_REGISTER","messageId":%q,"participantId":{"name":%q,"version":"1"},"participantType":{"name":"kind","version":"1.0.0"}}`, name, name))
	}
	for order, first := range map[string]string{"ASC": "First", "DESC": "Second"} {
		list := w.clamp(http.MethodGet, "/participants?sort=lastMessage&sortOrder="+order, "", 200)["participantList"].([]any)
		require.Len(t, list, 2)
		require.Equal(t, first, list[0].(map[string]any)["name"])
	}
}
