package api

import (
	"bytes"
	"net/http"
	"runtime"
	"strconv"

	"github.com/sonata-bpmn/sonata/api/metrics"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// getMetrics serves measurements to Prometheus. Their number grows with what is deployed, and not with instances.
func (a *api) getMetrics(w http.ResponseWriter, _ *http.Request) error {
	families := append(a.ownMetrics(), engineMetrics(a.engine.Metrics())...)
	if a.config.Metrics != nil {
		more, err := a.config.Metrics()
		if err != nil {
			return err
		}
		families = append(families, more...)
	}
	var text bytes.Buffer
	if err := metrics.Write(&text, families); err != nil {
		return err
	}
	w.Header().Set("Content-Type", metrics.ContentType)
	_, _ = w.Write(text.Bytes())
	return nil
}

// ownMetrics are those of the program.
func (a *api) ownMetrics() []metrics.Family {
	ready := 1.0
	if a.checkReady() != nil {
		ready = 0
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return []metrics.Family{
		{Name: "sonata_info", Help: "Which Sonata this is.", Kind: metrics.Gauge, Samples: []metrics.Sample{{Labels: [][2]string{{"version", a.config.Version}}, Value: 1}}},
		metrics.One("sonata_ready", metrics.Gauge, "1 while the engine works, as /readyz says.", ready),
		metrics.One("process_start_time_seconds", metrics.Gauge, "When the program was started, in seconds since 1970.", float64(a.started.UnixMilli())/1000),
		metrics.One("go_goroutines", metrics.Gauge, "How many goroutines there are.", float64(runtime.NumGoroutine())),
		metrics.One("go_memstats_heap_inuse_bytes", metrics.Gauge, "Memory of the heap that is in use.", float64(memory.HeapInuse)),
		metrics.One("go_memstats_sys_bytes", metrics.Gauge, "Memory that Go has from the system.", float64(memory.Sys)),
	}
}

// counts are those of the engine. Each begins with the program.
var counts = []struct {
	count             runner.Count
	name, label, help string
}{
	{runner.CountStarted, "sonata_instances_started_total", "process", "Instances that began."},
	{runner.CountCompleted, "sonata_instances_completed_total", "process", "Instances that ended as drawn."},
	{runner.CountTerminated, "sonata_instances_terminated_total", "process", "Instances that were cancelled, or ended by an error or a terminate end event."},
	{runner.CountIncidents, "sonata_incidents_total", "process", "Incidents that came up."},
	{runner.CountReceived, "sonata_records_received_total", "topic", "Records that were read from Kafka."},
	{runner.CountRepeated, "sonata_records_repeated_total", "topic", "Records of those that were seen before and left out."},
	{runner.CountPublished, "sonata_records_published_total", "topic", "Records that Kafka has acknowledged."},
	{runner.CountBuried, "sonata_dead_letters_total", "cause", "Messages that became dead letters."},
}

func engineMetrics(m runner.Metrics) []metrics.Family {
	var families []metrics.Family
	for _, c := range counts {
		f := metrics.Family{Name: c.name, Help: c.help, Kind: metrics.Counter}
		for label, n := range m.Counts[c.count] {
			f.Samples = append(f.Samples, metrics.Sample{Labels: [][2]string{{c.label, label}}, Value: float64(n)})
		}
		families = append(families, f)
	}
	batches := metrics.Family{Name: "sonata_batch_seconds", Help: "How long the store took for a batch.", Kind: metrics.Histogram}
	total := int64(0)
	for i, n := range m.Batches {
		total += n
		bound := "+Inf"
		if i < len(runner.BatchBounds) {
			bound = strconv.FormatFloat(runner.BatchBounds[i].Seconds(), 'g', -1, 64)
		}
		batches.Samples = append(batches.Samples, metrics.Sample{Suffix: "_bucket", Labels: [][2]string{{"le", bound}}, Value: float64(total)})
	}
	batches.Samples = append(batches.Samples, metrics.Sample{Suffix: "_sum", Value: m.BatchTime.Seconds()}, metrics.Sample{Suffix: "_count", Value: float64(total)})
	return append(families, batches, metrics.One("sonata_dead_letters", metrics.Gauge, "Dead letters that are kept.", float64(m.DeadLetters)))
}
