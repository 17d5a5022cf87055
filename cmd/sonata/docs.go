package main

import (
	"bytes"
	"cmp"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sonata-bpmn/sonata/adapters/asyncapi"
	"github.com/sonata-bpmn/sonata/bpmn"
)

func (c *cli) docsCommand() *cobra.Command {
	cmd := group("docs", "Write documents that follow from .bpmn files")
	cmd.AddCommand(c.asyncapiCommand())
	return cmd
}

// asyncapiOptions are the flags of `sonata docs asyncapi`.
type asyncapiOptions struct{ output, format, title, release string }

func (c *cli) asyncapiCommand() *cobra.Command {
	o := &asyncapiOptions{}
	cmd := &cobra.Command{
		Use:   "asyncapi FILE|DIR…",
		Short: "Describe the messages of processes as AsyncAPI 3.0",
		Long: `Asyncapi writes an AsyncAPI 3.0 document for those who integrate with the processes: a channel for
each topic, an operation for each element that publishes or awaits a message, the CloudEvents, their
data as far as the diagrams say it, and which message answers which. It needs no running Sonata.

The exit status is 3 when a file has errors.`,
		Example: `  sonata docs asyncapi processes/sonata -o asyncapi.yaml
  sonata docs asyncapi ./flows --format json --title "Orders" --release 1.4.0`,
		Args: arguments(someFlows, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("format") && strings.EqualFold(filepath.Ext(o.output), ".json") {
				o.format = "json"
			}
			return c.asyncapi(o, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "-", "write to this `FILE`")
	choiceVar(flags, &o.format, "format", "what to write; of a FILE that ends with .json, json", "yaml", "json")
	flags.StringVar(&o.title, "title", "", "the `TITLE` of the document (default: the name of the first file or folder)")
	flags.StringVar(&o.release, "release", "1.0.0", "the `VERSION` of the document")
	completeChoices(cmd)
	return cmd
}

func (c *cli) asyncapi(o *asyncapiOptions, args []string) error {
	files, err := flowFiles(args)
	if err != nil {
		return err
	}
	var definitions []*bpmn.Definitions
	var faults bpmn.Problems
	for _, file := range files {
		text, err := readFlow(file)
		if err != nil {
			return err
		}
		d, err := bpmn.Parse(file, text)
		if err != nil {
			faults = append(faults, asProblems(file, err)...)
			continue
		}
		definitions = append(definitions, d)
	}
	if faults.HasErrors() {
		return &findingsError{strings.TrimRight(printableLines(faults.Error()), "\n")}
	}
	document := asyncapi.Describe(asyncapi.Info{
		Title: cmp.Or(o.title, titleOf(args[0])), Version: o.release,
		Description: "The messages of the processes, as Sonata sends and receives them over Kafka.",
	}, definitions)
	var b bytes.Buffer
	if o.format == "json" {
		err = document.WriteJSON(&b)
	} else {
		err = document.WriteYAML(&b)
	}
	if err != nil {
		return err
	}
	return c.writeTo(o.output, b.Bytes())
}

// titleOf is the name of a file or folder, without its ending.
func titleOf(arg string) string {
	if absolute, err := filepath.Abs(arg); err == nil {
		arg = absolute // "." has no name
	}
	base := filepath.Base(arg)
	return strings.TrimSuffix(base, filepath.Ext(base))
}
