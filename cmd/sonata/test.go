package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sonata-bpmn/sonata/cmd/sonata/scenario"
)

// testOptions are the flags of `sonata test`.
type testOptions struct {
	verbose, coverage bool
	junit, only       string
	pictures          string
}

func (c *cli) testCommand() *cobra.Command {
	o := &testOptions{}
	cmd := &cobra.Command{
		Use:   "test [FILE|DIR]…",
		Short: "Play the scenarios of *.test.yaml files",
		Long: `Test plays scenario files, which say what a process must do: without Kafka, in memory, on a virtual
clock, thousands a second. Of a folder, every *.test.yaml file in and below it is played; without
arguments, of this folder. docs/testing.md tells how to write them.

The exit status is 0 when all scenarios passed, 1 when one failed, and 2 when a scenario file, a
.bpmn file or the command line is wrong.`,
		Example: `  sonata test
  sonata test processes/sonata -v
  sonata test order.test.yaml --coverage --junit report.xml
  sonata test --pictures coverage`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.test(cmd.Context(), o, args) },
	}
	flags := cmd.Flags()
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "name every scenario")
	flags.StringVar(&o.only, "run", "", "play only the scenarios whose name matches this `REGEXP`")
	flags.StringVar(&o.junit, "junit", "", "write a report as JUnit XML to this `FILE`")
	flags.BoolVar(&o.coverage, "coverage", false, "show which elements and sequence flows were played")
	flags.StringVar(&o.pictures, "pictures", "", "draw what was played, and how often, into this `DIR`; with --coverage")
	return cmd
}

// test plays the files that the arguments name.
func (c *cli) test(ctx context.Context, o *testOptions, args []string) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	paths, err := scenarioFiles(args)
	if err != nil {
		return &statusError{exitUsage, wording(err)}
	}
	only, err := regexp.Compile(o.only)
	if err != nil {
		return usagef("--run: %v", err)
	}
	o.coverage = o.coverage || o.pictures != ""
	t := &tester{cli: c, options: o}
	loader := &scenario.Loader{Flows: flowFiles, Read: readFlow, Suggest: didYouMean}
	err = loader.Run(ctx, paths, func(s *scenario.Scenario) bool { return only.MatchString(s.Name) }, t.tell)
	if err != nil {
		return err
	}
	return t.finish()
}

// scenarioFiles lists the scenario files that the arguments name, each once and in a stable order.
func scenarioFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		found, err := scenariosBelow(arg)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

func scenariosBelow(arg string) ([]string, error) {
	info, err := os.Stat(arg)
	switch {
	case err != nil:
		return nil, err
	case !info.IsDir() && !strings.HasSuffix(arg, scenario.Suffix):
		return nil, fmt.Errorf("%s is no scenario file: their names end with %s", arg, scenario.Suffix)
	case !info.IsDir():
		return []string{filepath.Clean(arg)}, nil
	}
	var files []string
	err = filepath.WalkDir(arg+string(filepath.Separator), func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && isHidden(name):
			return fs.SkipDir
		case !entry.IsDir() && strings.HasSuffix(name, scenario.Suffix) && !isHidden(name):
			files = append(files, filepath.Clean(name))
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s holds no %s file", arg, "*"+scenario.Suffix)
	}
	return files, err
}
