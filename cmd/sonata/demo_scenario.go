package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sonata-bpmn/sonata/cmd/sonata/scenario"
	"github.com/sonata-bpmn/sonata/engine/runner"
	"github.com/sonata-bpmn/sonata/processes"
)

// listScenarios is the name that stands for none.
const listScenarios = "list"

// shippedScenarios are the scenario files that are built in, by name: 07-start-date.test.yaml is start-date.
func shippedScenarios() (names []string, files map[string]string, err error) {
	found, err := fs.Glob(processes.Files(), "scenarios/*"+scenario.Suffix)
	files = map[string]string{}
	for _, file := range found {
		_, name, _ := strings.Cut(strings.TrimSuffix(path.Base(file), scenario.Suffix), "-")
		names = append(names, name)
		files[name] = file
	}
	return names, files, err
}

// shippedLoader reads what is built in.
func shippedLoader() *scenario.Loader {
	return &scenario.Loader{
		Flows: func(paths []string) (all []string, err error) {
			for _, name := range paths {
				info, err := fs.Stat(processes.Files(), name)
				if err != nil {
					return nil, err
				}
				found := []string{name}
				if info.IsDir() {
					found, err = fs.Glob(processes.Files(), name+"/*.bpmn")
				}
				if err != nil {
					return nil, err
				}
				all = append(all, found...)
			}
			return all, nil
		},
		Read:    func(file string) ([]byte, error) { return fs.ReadFile(processes.Files(), file) },
		Suggest: didYouMean,
	}
}

// loadScenario reads a scenario that is built in, or a file.
func loadScenario(ctx context.Context, name string) (*scenario.Suite, []runner.Resource, error) {
	loader := shippedLoader()
	names, files, err := shippedScenarios()
	if err != nil {
		return nil, nil, err
	}
	file := files[name]
	if strings.HasSuffix(name, scenario.Suffix) {
		loader, file = &scenario.Loader{Flows: flowFiles, Read: readFlow, Suggest: didYouMean}, name
	}
	if file == "" {
		return nil, nil, usagef("--scenario: there is no scenario %q%s; --scenario %s shows all", name, didYouMean(name, append(names, loopScenario)), listScenarios)
	}
	suite, err := loader.Load(ctx, file)
	if err != nil {
		return nil, nil, err
	}
	var flows []runner.Resource
	for _, flow := range suite.Flows {
		source, err := loader.Read(flow)
		if err != nil {
			return nil, nil, err
		}
		flows = append(flows, runner.Resource{Name: path.Base(flow), XML: source})
	}
	return suite, flows, nil
}

// scenarios lists what is built in.
func (c *cli) scenarios(ctx context.Context) error {
	names, files, err := shippedScenarios()
	if err != nil {
		return err
	}
	loader := shippedLoader()
	rows := [][]string{{"SCENARIO", "WHAT HAPPENS"}}
	for _, name := range names {
		suite, err := loader.Load(ctx, files[name])
		if err != nil {
			return err
		}
		rows = append(rows, []string{name, suite.Description})
	}
	return writeTable(c.out, append(rows, []string{loopScenario, loopScenarioText}))
}

// checkScenario refuses what a scenario brings itself.
func checkScenario(cmd *cobra.Command, s *settings) error {
	for _, name := range []string{"order", "orders", "deploy", "watch", "kafka"} {
		if cmd.Flags().Changed(name) {
			return usagef("--scenario brings its own flows, messages and broker; leave --%s away", name)
		}
	}
	if !cmd.Flags().Changed("log-level") {
		s.logLevel = "error" // that messages cannot be used is what some scenarios are about
	}
	if !cmd.Flags().Changed("data") {
		s.data = ""
		return nil
	}
	if entries, err := os.ReadDir(s.data); err == nil && len(entries) > 0 {
		return usagef("--scenario begins with nothing, but %s is not empty; name another folder, or leave --data away", s.data)
	}
	return nil
}

// demoScenario plays a scenario over Kafka and prints what happens and what it comes to.
func (c *cli) demoScenario(ctx context.Context, s *settings, o *demoOptions) (err error) {
	suite, flows, err := loadScenario(ctx, o.scenario)
	if err != nil {
		return err
	}
	if s.data == "" {
		if s.data, err = os.MkdirTemp("", "sonata-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(s.data)) }()
	}
	if o.once {
		var giveUp context.CancelFunc
		ctx, giveUp = context.WithTimeoutCause(ctx, o.timeout, errTimeout)
		defer giveUp()
	}
	err = c.stage(ctx, s, o, stagedScenario{suite, flows})
	switch {
	case err == nil || ctx.Err() == nil:
		return err
	case errors.Is(context.Cause(ctx), errTimeout):
		return fmt.Errorf("%w before the scenario was played; --timeout gives it more", errTimeout)
	}
	return errors.New("stopped before the scenario was played")
}

// stagedScenario is a scenario file with the flows that it deploys.
type stagedScenario struct {
	suite *scenario.Suite
	flows []runner.Resource
}

// stage lets a Sonata play a scenario.
func (c *cli) stage(ctx context.Context, s *settings, o *demoOptions, scene stagedScenario) (err error) {
	h := &host{server: &server{settings: *s, log: newLogger(c.err, s.logLevel, s.logFormat), builtin: scene.flows}}
	if err := h.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	d := &show{up: h.up, settings: s, options: o, program: c.name}
	d.view = view{&lines{out: c.out, coloured: c.coloured()}, newModels(h.up.runner), map[string]bool{}}
	h.see = func(entries []runner.Entry) {
		for _, e := range entries {
			d.take(e)
		}
	}
	return d.perform(ctx, scene.suite, h)
}

// perform plays all scenarios of a file, one after the other.
func (d *show) perform(ctx context.Context, suite *scenario.Suite, h *host) error {
	if err := d.begin(); err != nil {
		return err
	}
	var faults error
	for _, sc := range suite.Scenarios {
		d.notef(bold, "%s", sc.Name)
		result, err := suite.PlayLive(ctx, sc, h, func(step int, what string) { d.notef(plain, "step %d: %s", step, what) })
		switch {
		case err != nil:
			return err
		case result.Failure != nil:
			d.notef(red, "NOT AS EXPECTED %s", result.Failure)
			faults = errors.Join(faults, fmt.Errorf("%s: %s", sc.Name, result.Failure))
		case result.Left > 0:
			d.notef(green, "as expected; %s left for later, which sonata test plays on a clock that flies", count(result.Left, "step"))
		default:
			d.notef(green, "as expected")
		}
	}
	d.up = h.up
	d.summary()
	for !d.options.once {
		if _, err := h.Next(ctx, time.Hour); err != nil {
			d.notef(plain, "Stopped.")
			break
		}
	}
	return faults
}

// begin says what runs where.
func (d *show) begin() error {
	partners, err := embeddedFlows(processes.Partners())
	if err != nil {
		return err
	}
	if d.sample, err = loadOrder(""); err != nil {
		return err
	}
	if err := d.learn(partners); err != nil {
		return err
	}
	d.orders = newTracker(d.models.startedBy(d.sample.topic())) // a scenario may have no orders
	return d.welcome()
}

// completeScenarios offers the names of the scenarios to the shell.
func completeScenarios(cmd *cobra.Command) {
	names, _, err := shippedScenarios()
	if err == nil {
		// The only error is a flag that has its completion already.
		_ = cmd.RegisterFlagCompletionFunc("scenario", cobra.FixedCompletions(slices.Concat([]string{listScenarios, loopScenario}, names), cobra.ShellCompDirectiveDefault))
	}
}
