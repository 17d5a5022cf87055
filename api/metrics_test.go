package api

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/api/metrics"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// What has happened is measured by process and topic, in the text format: each family once, with its type, and nothing that names an instance.
func TestMetrics(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Metrics = func() ([]metrics.Family, error) {
			return []metrics.Family{metrics.One("more", metrics.Gauge, "More.", 1)}, nil
		}
	})
	text := func() string {
		answer := s.get("/metrics")
		require.Equal(t, 200, answer.status)
		require.Equal(t, metrics.ContentType, answer.header.Get("Content-Type"))
		return answer.body
	}
	before := text()
	require.Contains(t, before, "sonata_info{version=\"1.2.3\"} 1\n")
	require.Contains(t, before, "sonata_ready 1\n")
	require.Contains(t, before, "\nmore 1\n")
	s.deploy("work.bpmn", workFile, "choose.bpmn", chooseFile, "quick.bpmn", quickFile).is(200)
	key := s.start("work", "{}")
	s.post("/v2/process-instances/"+key+"/cancellation", "")
	s.start("work", "{}")
	s.start("choose", `{"amount":1}`)
	s.start("quick", "{}")
	s.post("/v2/messages/publication", `{"name":"nobody","timeToLive":1000}`)
	s.receive(runner.Incoming{Fault: "it is broken"})
	s.post("/v2/process-instances", `{"processDefinitionId":"nobody"}`)
	after := text()
	require.Contains(t, after, "sonata_instances_started_total{process=\"work\"} 2\n")
	require.Contains(t, after, "sonata_instances_terminated_total{process=\"work\"} 1\n")
	require.Contains(t, after, "sonata_instances_completed_total{process=\"quick\"} 1\n")
	require.Contains(t, after, "sonata_incidents_total{process=\"choose\"} 1\n")
	require.Contains(t, after, "sonata_records_received_total{topic=\"reply\"} 1\n")
	require.Contains(t, after, "sonata_dead_letters_total{cause=\"UNREADABLE\"} 1\n")
	require.Contains(t, after, "\nsonata_dead_letters 1\n")
	require.NotContains(t, after, "process=\"nobody\"")
	require.Regexp(t, `sonata_batch_seconds_bucket\{le="\+Inf"\} [1-9]`, after)
	require.NotContains(t, after, key)
	line := regexp.MustCompile(`^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+]+)$`)
	types := map[string]int{}
	for l := range strings.SplitSeq(strings.TrimSuffix(after, "\n"), "\n") {
		require.Regexp(t, line, l)
		if rest, is := strings.CutPrefix(l, "# TYPE "); is {
			types[rest]++
			require.Equal(t, 1, types[rest], rest)
		}
	}
}
