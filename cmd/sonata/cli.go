package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// Exit statuses, as docs/cli.md promises them.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2   // the command line or the configuration is wrong; nothing was done
	exitFindings = 3   // the .bpmn files are wrong
	exitKilled   = 130 // a second signal came while a graceful stop was under way; as shells count it
)

// cli is the command line and what it needs of the world around it.
type cli struct {
	in       io.Reader
	out, err io.Writer
	environ  []string
	name     string // by which this program was called
	running  bool   // the command line was understood: an error from now on is no usage error
}

func newCLI() *cli {
	return &cli{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ(), name: os.Args[0]}
}

// run carries out one command line and returns the exit status.
func (c *cli) run(ctx context.Context, args []string) int {
	root := c.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	text := strings.TrimRight(printableLines(wording(err)), "\n")
	if _, usage := errors.AsType[*usageError](err); usage || !c.running {
		fmt.Fprintf(c.err, "sonata: %s\nRun '%s --help' for usage.\n", text, cmd.CommandPath())
		return exitUsage
	}
	if _, findings := errors.AsType[*findingsError](err); findings {
		fmt.Fprintln(c.err, text)
		return exitFindings
	}
	status := exitFailed
	if ended, own := errors.AsType[*statusError](err); own {
		status = ended.status
	}
	if text != "" {
		fmt.Fprintf(c.err, "sonata: %s\n", text)
	}
	return status
}

func (c *cli) root() *cobra.Command {
	root := group("sonata", "Run BPMN 2.0 processes that talk over Kafka")
	root.Long = `Sonata runs BPMN 2.0 processes for systems that talk over Kafka: it loads .bpmn files,
binds their message events to topics, and keeps every instance in its data directory.

  sonata demo     shows a service order from its first message to COMPLETED
  sonata serve    runs the engine

  sonata lint     checks .bpmn files
  sonata render   draws .bpmn files
  sonata run      runs a process in memory and shows what happens
  sonata test     plays scenarios: tests of processes, in YAML
  sonata bench    measures how fast the engine is on this machine

The other commands speak to a running Sonata by REST.`
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.AddCommand(c.serveCommand(), c.demoCommand(), c.deployCommand(), c.instancesCommand(),
		c.incidentsCommand(), c.deadLettersCommand(), c.backupCommand(), c.restoreCommand(), c.checkCommand(), c.compactCommand(), c.publishCommand(), c.lintCommand(), c.versionCommand(), c.runCommand(), c.testCommand(), c.benchCommand(),
		c.renderCommand(), c.docsCommand())
	c.note(root)
	return root
}

// note lets the commands say that they were reached.
func (c *cli) note(cmd *cobra.Command) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			c.running = true
			return run(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		c.note(sub)
	}
}

// group is a command that only holds others. Unlike cobra's default, a word that names none of them is an error at any depth.
func group(use, short string) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return fmt.Errorf("unknown command %q%s", args[0], didYouMean(args[0], names(cmd.Commands())))
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
}

func names(cmds []*cobra.Command) []string {
	all := make([]string, len(cmds))
	for i, cmd := range cmds {
		all[i] = cmd.Name()
	}
	return all
}

// usageError is a fault of the command line or the configuration.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// findingsError says that .bpmn files have errors; its text is ready to be shown.
type findingsError struct{ text string }

func (e *findingsError) Error() string { return e.text }
