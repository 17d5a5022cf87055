package processes_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/processes"
)

// mandatory are the requests that undo something: nobody can give them up.
var mandatory = []string{
	"oss-client-service-termination", "fabric-api-connection-teardown", "helm-engine-termination",
	"telemetry-delete-prometheus-job-and-grafana-dashboard",
}

// Every awaited reply has a time limit that interrupts, says by itself whether it failed, and leads to an operator then.
func TestEveryAwaitedReplyMayFailOrNeverCome(t *testing.T) {
	var awaited []string
	for name, defs := range parse(t, processes.Sonata()) {
		for _, n := range nodes(&defs.Processes[0].Container) {
			if n.Kind != "receiveTask" {
				continue
			}
			awaited = append(awaited, topic(n))
			require.True(t, slices.ContainsFunc(n.Boundary, func(b *bpmn.FlowNode) bool {
				return b.CancelActivity && b.EventDefinitions[0].Timer != nil
			}), "%s: %s has no time limit", name, n.ID)
			require.True(t, slices.ContainsFunc(n.Outputs, func(m bpmn.Mapping) bool { return m.Target == "failure" }), "%s: %s", name, n.ID)
		}
		var request string
		for _, n := range nodes(&defs.Processes[0].Container) {
			if n.Kind == "sendTask" {
				request = topic(n)
			}
		}
		if request == "" {
			continue
		}
		gives := slices.ContainsFunc(nodes(&defs.Processes[0].Container), func(n *bpmn.FlowNode) bool {
			return n.Kind == "endEvent" && len(n.EventDefinitions) > 0 && n.EventDefinitions[0].Error != nil
		})
		require.Equal(t, !slices.Contains(mandatory, request), gives, "%s can be given up", name)
	}
	var replies []string
	for _, reply := range requests {
		replies = append(replies, reply)
	}
	require.ElementsMatch(t, replies, awaited)
}

// A time limit is called what it is: "1 hour" is PT1H.
func TestTimeLimitsAreCalledWhatTheyAre(t *testing.T) {
	units := map[string]time.Duration{"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	limits := 0
	eachDrawing(t, func(t *testing.T, d drawing) {
		for id, n := range d.nodes {
			if n.AttachedTo == nil || n.EventDefinitions[0].Timer == nil {
				continue
			}
			limits++
			number, unit, _ := strings.Cut(n.Name, " ")
			count, err := strconv.Atoi(number)
			require.NoError(t, err, "%s is called %q", id, n.Name)
			due, err := engine.PointInTime(n.EventDefinitions[0].Timer.Value.Text, begin)
			require.NoError(t, err)
			require.Equal(t, begin.Add(time.Duration(count)*units[strings.TrimSuffix(unit, "s")]), due, "%s is called %q", id, n.Name)
		}
	})
	require.Equal(t, len(requests)+2, limits)
}
