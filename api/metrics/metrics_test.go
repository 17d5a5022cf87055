package metrics_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/api/metrics"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	require.NoError(t, metrics.Write(&text, []metrics.Family{
		metrics.One("up", metrics.Gauge, "Whether\nit \\ works.", 1),
		{Name: "seen_total", Help: "What.", Kind: metrics.Counter, Samples: []metrics.Sample{
			{Labels: [][2]string{{"topic", "b"}}, Value: 2e9}, {Labels: [][2]string{{"topic", "a\"\\\n"}, {"kind", ""}}, Value: 0.5},
		}},
		{Name: "took_seconds", Help: "How long.", Kind: metrics.Histogram, Samples: []metrics.Sample{
			{Suffix: "_bucket", Labels: [][2]string{{"le", "0.5"}}, Value: 1}, {Suffix: "_bucket", Labels: [][2]string{{"le", "+Inf"}}, Value: 2},
			{Suffix: "_sum", Value: 1.25}, {Suffix: "_count", Value: 2},
		}},
		{Name: "none", Help: "Nothing.", Kind: metrics.Gauge},
	}))
	require.Equal(t, `# HELP up Whether\nit \\ works.
# TYPE up gauge
up 1
# HELP seen_total What.
# TYPE seen_total counter
seen_total{topic="a\"\\\n",kind=""} 0.5
seen_total{topic="b"} 2e+09
# HELP took_seconds How long.
# TYPE took_seconds histogram
took_seconds_bucket{le="0.5"} 1
took_seconds_bucket{le="+Inf"} 2
took_seconds_sum 1.25
took_seconds_count 2
# HELP none Nothing.
# TYPE none gauge
`, text.String())
}
