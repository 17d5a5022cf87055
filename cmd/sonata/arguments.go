package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// someFlows is what commands take that read .bpmn files.
const someFlows = "FILE or DIR: .bpmn files, or folders that hold some"

// arguments demands one argument or more, at most so many (-1: any number), and else says what they are.
func arguments(what string, most int) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 || most >= 0 && len(args) > most {
			return fmt.Errorf("expected %s", what)
		}
		return nil
	}
}

// noArguments is for commands that have flags alone.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes flags alone; leave out %q", strings.TrimPrefix(cmd.CommandPath(), "sonata "), args[0])
	}
	return nil
}
