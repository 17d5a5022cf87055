package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sonata-bpmn/sonata/cmd/sonata/bench"
)

// benchOptions are the flags of `sonata bench`.
type benchOptions struct {
	config                 bench.Config
	format                 string
	cpuProfile, memProfile string
}

func (c *cli) benchCommand() *cobra.Command {
	o := &benchOptions{}
	cmd := &cobra.Command{
		Use:   "bench WORKLOAD",
		Short: "Measure how fast the engine is on this machine",
		Long: `Bench runs a workload on a store that syncs every batch to the disk, and prints how fast that was.
In the same run it writes the same rows, in the same batches, to a bare store: the ceiling, which no
engine on this store could pass. The ratio tells more than the speed while the machine has other work.

  task      start, a service task, end: two durable steps
  gateway   start, an exclusive gateway with a condition, a service task, end
  ten       service tasks in a row, 10 of them
  messages  a record starts the instance; a request and its reply go by the embedded broker
  orders    service orders, with stand-ins for the other systems, by the embedded broker
  waiting   instances that wait for a message; then a restart with them`,
		Example: `  sonata bench task
  sonata bench ten -n 50000 --concurrency 256 --format json
  sonata bench waiting -n 1000000 --data ./full
  sonata bench task --data ./full`,
		Args:      arguments("a WORKLOAD: "+strings.Join(bench.Workloads(), ", "), 1),
		ValidArgs: bench.Workloads(),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.config.Workload = args[0]
			return c.bench(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.IntVarP(&o.config.Instances, "instances", "n", 0, "run this `NUMBER` of instances; default: some seconds' worth")
	f.IntVar(&o.config.Concurrency, "concurrency", 0, "keep this `NUMBER` of instances under way; default: 1000, of orders 100")
	f.StringVar(&o.config.Dir, "data", "", "measure in this data `DIR`, with what is in it; default: a new one here, removed at the end")
	f.StringVar(&o.cpuProfile, "cpuprofile", "", "write a CPU profile of the measured part to this `FILE`")
	f.StringVar(&o.memProfile, "memprofile", "", "write a profile of the memory allocated in it to this `FILE`")
	choiceVar(f, &o.format, "format", "form of the result", "text", "json")
	completeChoices(cmd)
	return cmd
}

func (c *cli) bench(ctx context.Context, o *benchOptions) error {
	paceCollector()
	o.config.Profile = o.profile
	next, err := loadOrder("")
	if err != nil {
		return err
	}
	o.config.Order = func() (bench.Order, error) {
		next = next.fresh()
		return bench.Order{ID: next.id, Topic: next.topic(), Data: next.event["data"]}, nil
	}
	result, err := bench.Run(ctx, o.config)
	if errors.Is(err, bench.ErrConfig) {
		return usagef("%v", err)
	}
	if err != nil {
		return err
	}
	if o.format == "json" {
		return writeJSON(c.out, result)
	}
	return writeTable(c.out, benchRows(result))
}

func benchRows(r bench.Result) [][]string {
	per := func(value float64, unit string) string { return strings.TrimSpace(fmt.Sprintf("%.0f %s", value, unit)) }
	const megabyte = 1e6
	rows := [][]string{
		{"workload", fmt.Sprintf("%s, %d instances, %d under way", r.Workload, r.Instances, r.Concurrency)},
		{"time", fmt.Sprintf("%.2f s", r.Seconds)},
		{"instances", per(r.InstancesPerSecond, "/s")},
		{"steps", per(r.StepsPerSecond, "/s")},
		{"latency", fmt.Sprintf("p50 %.2f ms, p99 %.2f ms", r.P50Millis, r.P99Millis)},
		{"fsyncs", per(float64(r.Fsyncs), "")},
		{"written", per(float64(r.BytesPerInstance), "bytes an instance")},
		{"peak memory", per(float64(r.PeakRSSBytes)/megabyte, "MB")},
		{"bare store", per(r.CeilingInstancesPerSecond, "instances/s")},
		{"ratio", fmt.Sprintf("%.0f %%", 100*r.Ratio)},
	}
	if r.RestartMillis > 0 {
		rows = append(rows, []string{"restart", fmt.Sprintf("%.0f ms, then %.0f MB resident", r.RestartMillis, float64(r.ResidentBytes)/megabyte)})
	}
	return rows
}

// profile begins the profiles that were asked for.
func (o *benchOptions) profile() (stop func() error, err error) {
	var cpu *os.File
	if o.cpuProfile != "" {
		if cpu, err = os.Create(o.cpuProfile); err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(cpu); err != nil {
			return nil, errors.Join(err, cpu.Close())
		}
	}
	return func() (err error) {
		if cpu != nil {
			pprof.StopCPUProfile()
			err = cpu.Close()
		}
		if o.memProfile == "" {
			return err
		}
		mem, created := os.Create(o.memProfile)
		if created != nil {
			return errors.Join(err, created)
		}
		runtime.GC() // so that the profile is up to date
		return errors.Join(err, pprof.Lookup("allocs").WriteTo(mem, 0), mem.Close())
	}, nil
}
