package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

func (c *cli) lintCommand() *cobra.Command {
	var (
		format string
		strict bool
	)
	cmd := &cobra.Command{
		Use:   "lint FILE|DIR…",
		Short: "Check .bpmn files without deploying them",
		Long: `Lint reports everything that would keep .bpmn files from being deployed, warnings, and what can be
proved wrong about the flow: elements that are never reached, joins that wait for ever, loops that
never end, gateways without a way out. Each has its place as file:line:col, the line itself, and
what to do. It needs no running Sonata.

The exit status is 3 when a file has errors, with --strict also when there are warnings, and 2 when
one cannot be read.`,
		Example: `  sonata lint processes/sonata
  sonata lint order.bpmn --format json
  sonata lint . --format sarif >sonata.sarif`,
		Args: arguments(someFlows, -1),
		RunE: func(_ *cobra.Command, args []string) error { return c.lint(args, format, strict) },
	}
	choiceVar(cmd.Flags(), &format, "format", "form of the report", "text", "json", "sarif", "github")
	cmd.Flags().BoolVar(&strict, "strict", false, "let warnings count as errors")
	completeChoices(cmd)
	return cmd
}

// lint reports on standard output; what it returns is the summary.
func (c *cli) lint(args []string, format string, strict bool) error {
	files, err := flowFiles(args)
	if err != nil {
		return &statusError{exitUsage, wording(err)}
	}
	var report report
	for _, file := range files {
		text, err := readFlow(file)
		if err != nil {
			return err
		}
		report.add(file, text)
	}
	switch format {
	case "json":
		err = writeJSON(c.out, report.findings())
	case "sarif":
		err = writeJSON(c.out, report.sarif(version))
	case "github":
		err = report.writeGitHub(c.out)
	default:
		_, err = fmt.Fprint(c.out, report.text.String())
	}
	switch {
	case err != nil:
		return err
	case report.errors > 0 || strict && len(report.problems) > 0:
		return &findingsError{fmt.Sprintf("%s, %s in %s", count(report.errors, "error"), count(len(report.problems)-report.errors, "warning"), count(len(files), "file"))}
	case format == "text":
		fmt.Fprintf(c.err, "%s checked, %s\n", count(len(files), "file"), count(len(report.problems), "warning"))
	}
	return nil
}

// report collects the problems of several files, as data and as text.
type report struct {
	problems bpmn.Problems
	columns  []int // of each problem, in code points
	errors   int
	text     strings.Builder
	seen     map[string]*bpmn.Process // by id
}

func (r *report) add(file string, source []byte) {
	if r.seen == nil {
		r.seen = map[string]*bpmn.Process{}
	}
	problems := check(file, source, r.seen)
	for _, p := range problems {
		if p.Severity == bpmn.SeverityError {
			r.errors++
		}
		r.columns = append(r.columns, codePoint(source, p.Pos))
		fmt.Fprintf(&r.text, "%s\n%s", printableLines(p.String()), excerpt(source, p.Pos))
	}
	r.problems = append(r.problems, problems...)
}

// check finds everything that is wrong with one file: what the reader sees, what keeps its executable processes from being
// compiled and deployed and, if nothing does, from being sound. seen are the processes of the
// files before, and gets those of this one.
func check(file string, source []byte, seen map[string]*bpmn.Process) bpmn.Problems {
	definitions, problems := bpmn.ParseDraft(file, source)
	if problems.HasErrors() {
		return engine.Faults(definitions, problems)
	}
	executable := definitions.Executable()
	if len(executable) == 0 {
		problems = append(problems, runner.NothingToDeploy(definitions))
	}
	for _, process := range executable {
		if first := seen[process.ID]; first != nil {
			same := runner.SameProcess(process, first)
			same.Severity = bpmn.SeverityWarning // each can be deployed by itself
			problems = append(problems, same)
		}
		seen[process.ID] = process
		compiled, err := engine.Compile(process)
		if err != nil {
			problems = append(problems, asProblems(file, err)...)
			continue
		}
		problems = append(problems, runner.CheckStartTimers(process, compiled, time.Now())...)
		problems = append(problems, compiled.Warnings()...)
		problems = append(problems, compiled.Soundness()...)
	}
	problems.Sort()
	return problems
}

func asProblems(file string, err error) bpmn.Problems {
	if problems, ok := errors.AsType[bpmn.Problems](err); ok {
		return problems
	}
	return bpmn.Problems{{Pos: bpmn.Position{File: file, Line: 1, Column: 1}, Severity: bpmn.SeverityError, Text: err.Error()}}
}

// finding is a problem in JSON, with the names that the REST API uses.
type finding struct {
	File        string        `json:"file"`
	Line        int           `json:"line"`
	Column      int           `json:"column"`
	Severity    bpmn.Severity `json:"severity"`
	Code        string        `json:"code"`
	ElementID   string        `json:"elementId"`
	ElementName string        `json:"elementName"`
	Text        string        `json:"text"`
	Hint        string        `json:"hint"`
}

func (r *report) findings() []finding {
	all := make([]finding, len(r.problems))
	for i, p := range r.problems {
		all[i] = finding{p.Pos.File, p.Pos.Line, p.Pos.Column, p.Severity, p.Code, p.ElementID, p.ElementName, p.Text, p.Hint}
	}
	return all
}

// count says "1 error", "2 errors".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
