package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/cmd/sonata/scenario"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// tester reports what was played.
type tester struct {
	*cli
	options   *testOptions
	reports   []*scenario.Report
	coverages scenario.Coverages
	wrong     int // files
	passed    int
	failed    int
	took      time.Duration
}

// tell reports one file.
func (t *tester) tell(r *scenario.Report) error {
	t.reports = append(t.reports, r)
	t.took += r.Took
	if fault := r.Err; fault != nil {
		t.wrong++
		fmt.Fprintln(t.err, strings.TrimRight(printableLines(faultText(fault)), "\n"))
		_, err := fmt.Fprintf(t.out, "WRONG  %s\n", printable(r.Path))
		return err
	}
	failed := r.Failed()
	t.failed += failed
	t.passed += len(r.Results) - failed
	for i := range r.Results {
		t.scenario(r, &r.Results[i])
	}
	word := "ok   "
	if failed > 0 {
		word = "FAIL "
	}
	_, err := fmt.Fprintf(t.out, "%s  %s  %s  %s\n", word, printable(r.Path), count(len(r.Results), "scenario"), shortDuration(r.Took))
	return err
}

// scenario reports one scenario. What it played is needed for the coverage only.
func (t *tester) scenario(r *scenario.Report, result *scenario.Result) {
	if t.options.coverage {
		t.coverages.Add(*result)
	}
	result.Events = nil
	f := result.Failure
	if f == nil {
		if t.options.verbose {
			fmt.Fprintf(t.out, "  pass  %s  %s\n", printable(result.Name), shortDuration(result.Took))
		}
		return
	}
	fmt.Fprintf(t.out, "  FAIL  %s  %s\n", printable(result.Name), shortDuration(result.Took))
	fmt.Fprintf(t.out, "        %s:%d:%d: step %d (%s)\n", printable(r.Path), f.Line, f.Column, f.Step, f.What)
	for _, text := range f.Texts {
		for line := range strings.Lines(printableLines(text)) {
			fmt.Fprintf(t.out, "        %s\n", strings.TrimRight(line, "\n"))
		}
	}
}

// faultText shows what is wrong with a scenario file, or with the files that it deploys.
func faultText(err error) string {
	if problems, found := errors.AsType[scenario.Problems](err); found {
		var b strings.Builder
		source, _ := os.ReadFile(problems[0].File) // without it there is no line to show
		for _, p := range problems {
			fmt.Fprintf(&b, "%s\n%s", p, excerpt(source, bpmn.Position{Line: p.Line, Column: p.Column}))
		}
		return b.String()
	}
	problems, found := errors.AsType[bpmn.Problems](err)
	if !found {
		return err.Error()
	}
	var resources []runner.Resource
	for _, p := range problems {
		if text, err := readFlow(p.Pos.File); err == nil {
			resources = append(resources, runner.Resource{Name: p.Pos.File, XML: text})
		}
	}
	slices.SortFunc(resources, func(a, b runner.Resource) int { return strings.Compare(a.Name, b.Name) })
	return problemsText(problems, slices.CompactFunc(resources, func(a, b runner.Resource) bool { return a.Name == b.Name }))
}

// finish prints the summary and writes the reports. The exit status follows from what was found.
func (t *tester) finish() error {
	if t.options.coverage {
		if err := t.coverage(t.coverages.All()); err != nil {
			return err
		}
	}
	if t.options.junit != "" {
		if err := t.writeJUnit(); err != nil {
			return &statusError{exitUsage, wording(err)}
		}
	}
	fmt.Fprintf(t.err, "%s in %s: %d passed, %d failed", count(t.passed+t.failed, "scenario"), count(len(t.reports), "file"), t.passed, t.failed)
	if t.wrong > 0 {
		fmt.Fprintf(t.err, "; %s wrong", count(t.wrong, "file"))
	}
	fmt.Fprintln(t.err)
	switch {
	case t.wrong > 0:
		return &statusError{status: exitUsage}
	case t.passed+t.failed == 0:
		return &statusError{exitUsage, fmt.Sprintf("no scenario has a name that matches %q", t.options.only)}
	case t.failed > 0:
		return &statusError{status: exitFailed}
	}
	return nil
}

func (t *tester) writeJUnit() error {
	file, err := os.Create(t.options.junit)
	if err != nil {
		return err
	}
	return errors.Join(scenario.WriteJUnit(file, t.reports), file.Close())
}

// shortDuration shows milliseconds, as tests have them.
func shortDuration(d time.Duration) string {
	return fmt.Sprintf("%.1fms", float64(d.Microseconds())/1000)
}
