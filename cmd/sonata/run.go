package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/cmd/sonata/play"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// runOptions are the flags of `sonata run`, as they are written.
type runOptions struct {
	processes, jobs, errors, messages []string
	variables, until, format          string
	hold                              bool
}

func (c *cli) runCommand() *cobra.Command {
	o := &runOptions{}
	cmd := &cobra.Command{
		Use:   "run FILE|DIR…",
		Short: "Run a process in memory and show what happens",
		Long: `Run deploys every process of the files in memory, without Kafka, starts an instance of the first one
or of each --process, and prints what happens. The clock is virtual: timers fire at once, in due
order. Jobs and user tasks are completed, and messages and signals between the processes are
delivered. The same command always prints the same.

The exit status is 0 when the instances completed, 1 when an incident or an error ended that, 2 when
the files or the command line are wrong, and 3 when an instance waits.`,
		Example: `  sonata run order.bpmn
  sonata run order.bpmn --vars '{"amount":3}' --job charge='{"paid":true}'
  sonata run order.bpmn shipping.bpmn --process order --error charge=DECLINED --format json`,
		Args: arguments(someFlows, -1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.play(cmd.Context(), o, args) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.processes, "process", nil, "the `ID` of a process to start; default: the first (repeatable)")
	flags.StringVar(&o.variables, "vars", "", "the variables to start with, as `JSON|@FILE`")
	flags.StringArrayVar(&o.jobs, "job", nil, "complete a job with variables (`ELEMENT_OR_TYPE=JSON`, repeatable)")
	flags.StringArrayVar(&o.errors, "error", nil, "throw a BPMN error from a job (`ELEMENT_OR_TYPE=CODE`, repeatable)")
	flags.StringArrayVar(&o.messages, "message", nil, "publish a message when something first waits for it (`NAME=JSON`, repeatable)")
	flags.BoolVar(&o.hold, "hold", false, "leave jobs and user tasks alone, but for those of --job and --error")
	flags.StringVar(&o.until, "until", "", "let no timer fire after this `TIME`: a date, or a duration from the start on such as P1D")
	choiceVar(flags, &o.format, "format", "form of what is printed", "text", "json")
	completeChoices(cmd)
	return cmd
}

// play runs the files. Whatever keeps them from running is the fault of the command line or of the files.
func (c *cli) play(ctx context.Context, o *runOptions, args []string) error {
	stage, err := stageFor(ctx, args)
	if err != nil {
		return asFault(err)
	}
	script, err := o.script(stage)
	if err != nil {
		return asFault(err)
	}
	world, err := stage.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = world.Close() }()
	outcome, err := world.Run(script)
	if err != nil {
		return asFault(err)
	}
	if o.format == "json" {
		err = writeEvents(c.out, world.Events())
	} else {
		err = writeTrace(c.out, world)
	}
	if err != nil {
		return err
	}
	for _, note := range outcome.Notes {
		fmt.Fprintln(c.err, printable(note))
	}
	if outcome.Stopped != "" {
		fmt.Fprintln(c.err, outcome.Stopped)
	}
	switch outcome.Status {
	case play.Completed:
		return nil
	case play.Waiting:
		return &statusError{status: exitWaits}
	}
	return &statusError{status: exitFailed}
}

// exitWaits is the exit status of a run at whose end an instance waits.
const exitWaits = 3

// statusError ends the program with a status of its command's own; its text may be "".
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

// asFault makes the exit status of an error 2: the file or the call is wrong.
func asFault(err error) error {
	if _, usage := errors.AsType[*usageError](err); usage {
		return err
	}
	return &statusError{exitUsage, wording(err)}
}

// stageFor deploys the files that the arguments name, each by its path. What is wrong with them is shown with its lines.
func stageFor(ctx context.Context, args []string) (*play.Stage, error) {
	files, err := flowFiles(args)
	if err != nil {
		return nil, err
	}
	resources := make([]runner.Resource, len(files))
	for i, file := range files {
		if resources[i].XML, err = readFlow(file); err != nil {
			return nil, err
		}
		resources[i].Name = file
	}
	stage, err := play.Deploy(ctx, resources, play.Options{NoStartTimers: true})
	if problems, found := errors.AsType[bpmn.Problems](err); found {
		return nil, errors.New(problemsText(problems, resources))
	}
	return stage, err
}

// problemsText shows the errors among problems, each with its line.
func problemsText(problems bpmn.Problems, resources []runner.Resource) string {
	var b strings.Builder
	found := 0
	for _, p := range problems {
		if p.Severity != bpmn.SeverityError {
			continue
		}
		found++
		fmt.Fprintln(&b, p)
		for _, r := range resources {
			if r.Name == p.Pos.File {
				b.WriteString(excerpt(r.XML, p.Pos))
			}
		}
	}
	return fmt.Sprintf("%s in the .bpmn files\n%s", count(found, "error"), b.String())
}
