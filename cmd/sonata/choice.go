package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// choice is a flag that takes one of a few words.
type choice struct {
	value *string
	words []string
}

// choiceVar defines a flag whose default is the first of the words. The name may end with a comma and a shorthand.
func choiceVar(flags *pflag.FlagSet, value *string, name, usage string, words ...string) {
	*value = words[0]
	name, shorthand, _ := strings.Cut(name, ",")
	flags.VarP(&choice{value, words}, name, shorthand, usage+": "+strings.Join(words, ", "))
}

// Set is part of pflag.Value.
func (c *choice) Set(word string) error {
	if !slices.Contains(c.words, word) {
		return fmt.Errorf("must be one of %s%s", strings.Join(c.words, ", "), didYouMean(word, c.words))
	}
	*c.value = word
	return nil
}

// String is part of pflag.Value.
func (c *choice) String() string { return *c.value }

// Type is part of pflag.Value.
func (c *choice) Type() string { return "WORD" }

// completeChoices offers the words of every choice flag of a command to the shell.
func completeChoices(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if c, ok := f.Value.(*choice); ok {
			// The only error is a flag that has its completion already.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(c.words, cobra.ShellCompDirectiveNoFileComp))
		}
	})
}
