package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sonata-bpmn/sonata/processes"
)

// demoOptions are what `demo` has beyond the settings.
type demoOptions struct {
	once   bool
	file   string
	orders int
	// scenario is the name of the scenario to play instead; "" for none.
	scenario string
	timeout  time.Duration
}

func (c *cli) demoCommand() *cobra.Command {
	s, o := &settings{}, &demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show a service order from its first message to COMPLETED",
		Long: `Demo is serve, plus stand-ins for the systems that Sonata talks to (themselves .bpmn files, in
processes/partners), plus a service order. It publishes the order to Kafka, as the TMF API would, and
prints each process, each message and the order's state as they happen. Then it stays up to be tried.

The order is published as it is if its serviceOrderId was never seen in this data directory, else with
fresh ids. On a second start, what was open goes on.

With --once it ends when every order is done: status 0 when all are COMPLETED, else 1.

With --scenario it plays one of the cases that orders can come to instead, over Kafka and in real time:
dates, failures, cancellations, replies that come twice or never. The same files are played by sonata
test on a clock that flies. It checks what the scenario expects, prints the state of each order, item,
service and scheduled work at the end, and keeps nothing unless --data is given. With --once the status
is 0 when everything was as expected, else 1.`,
		Example: `  sonata demo
  sonata demo --once --data "$(mktemp -d)"
  sonata demo --orders 100
  sonata demo --order my-order.json
  sonata demo --scenario list
  sonata demo --scenario start-date`,
		Args: noArguments,
	}
	f := cmd.Flags()
	f.BoolVar(&o.once, "once", false, "end when every order is done")
	f.StringVar(&o.file, "order", "", "publish the order in this `FILE` (a CloudEvent in JSON) instead of the sample")
	f.IntVar(&o.orders, "orders", 1, "publish this `NUMBER` of orders")
	f.StringVar(&o.scenario, "scenario", "", "play the scenario with this `NAME`, or in this *.test.yaml file; list: show their names")
	completeScenarios(cmd)
	f.DurationVar(&o.timeout, "timeout", 2*time.Minute, "with --once: give up after this `TIME`")
	return c.serverCommand(cmd, s, func(ctx context.Context) error {
		if o.orders < 0 || o.orders > 1000 || o.timeout <= 0 {
			return usagef("--orders must be 0 to 1000, --timeout longer than 0")
		}
		// Lines of the log between those of the demo tell nobody anything, unless they were asked for.
		if !cmd.Flags().Changed("log-level") && s.logLevel == "info" {
			s.logLevel = "warn"
		}
		switch o.scenario {
		case "":
			return c.demo(ctx, s, o)
		case listScenarios:
			return c.scenarios(ctx)
		}
		if err := checkScenario(cmd, s); err != nil {
			return err
		}
		if o.scenario == loopScenario {
			return c.demoLoop(ctx, s, o)
		}
		return c.demoScenario(ctx, s, o)
	})
}

func (c *cli) demo(ctx context.Context, s *settings, o *demoOptions) error {
	sample, err := loadOrder(o.file)
	if err != nil {
		return err
	}
	log := newLogger(c.err, s.logLevel, s.logFormat)
	folders := newFolders(s.deploy, log)
	server := &server{settings: *s, log: log}
	if err := server.load(folders); err != nil {
		return err
	}
	partners, err := embeddedFlows(processes.Partners())
	if err != nil {
		return err
	}
	server.builtin = append(server.builtin, partners...)
	return server.run(ctx, func(ctx context.Context, up running) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		show := &show{up: up, settings: s, options: o, program: c.name, sample: sample}
		show.view = view{&lines{out: c.out, coloured: c.coloured()}, newModels(up.runner), map[string]bool{}}
		if err := show.prepare(partners); err != nil {
			return err
		}
		if s.watch {
			go func() {
				if err := folders.watch(ctx, up.runner); err != nil {
					log.Error("changes are not watched", "error", err)
				}
			}()
		}
		return show.run(ctx)
	})
}

// coloured says whether the output is a terminal whose user did not ask for no colours (https://no-color.org).
func (c *cli) coloured() bool {
	for _, variable := range c.environ {
		if value, found := strings.CutPrefix(variable, "NO_COLOR="); found && value != "" {
			return false
		}
	}
	file, ok := c.out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// run shows the orders, then waits for the user to stop it.
func (d *show) run(ctx context.Context) error {
	watchCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	entries := newFeed(d.up.runner.Watch(watchCtx, 0))
	if err := d.welcome(); err != nil {
		return err
	}
	if d.options.once {
		var giveUp context.CancelFunc
		watchCtx, giveUp = context.WithTimeoutCause(watchCtx, d.options.timeout, errTimeout)
		defer giveUp()
	}
	if err := d.publish(watchCtx, d.options.orders); err != nil {
		return err
	}
	return d.follow(ctx, watchCtx, entries)
}

// quietTime is how long nothing must happen before the summary is printed: the other systems may still be about to take
// note of what they were told last. On a busy cluster it never gets quiet; then busyTime is enough.
const (
	quietTime = 300 * time.Millisecond
	busyTime  = 3 * time.Second
)

// follow prints what happens until the user, the time limit, or with --once the end of the orders stops it.
func (d *show) follow(ctx, watchCtx context.Context, entries *feed) error {
	var settled time.Time
	quiet := quietTime
	for {
		batch, err := entries.next(watchCtx, quiet)
		if err != nil && !errors.Is(err, errQuiet) {
			return d.ended(ctx, watchCtx)
		}
		if err := d.models.refresh(); err != nil {
			return err
		}
		for _, e := range batch {
			d.take(e)
		}
		if d.told || !d.orders.settled() {
			continue
		}
		if settled.IsZero() {
			settled = time.Now()
		}
		if err == nil && time.Since(settled) < busyTime {
			continue
		}
		d.told, quiet = true, time.Hour
		d.summary()
		if d.options.once {
			return d.outcome()
		}
	}
}

var errTimeout = errors.New("the time is up")

// ended says why nothing more comes.
func (d *show) ended(ctx, watchCtx context.Context) error {
	stopped := ctx.Err() != nil
	switch {
	case stopped && d.options.once:
		return fmt.Errorf("stopped before every order was done: %s", d.states())
	case stopped:
		d.notef(plain, "")
		d.notef(plain, "Stopped. Everything is kept; start again to go on.")
		return nil //nolint:nilerr // to be told to stop is no fault
	case errors.Is(context.Cause(watchCtx), errTimeout):
		return errors.Join(fmt.Errorf("not every order is done in time: %s", d.states()), d.outcome())
	default:
		return errors.New("the engine ended the watch")
	}
}
