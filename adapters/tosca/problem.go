package tosca

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity of a problem: an error keeps a document from being commissioned, a warning does not.
type Severity string

// Severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Problem is one fault of a document, at its place.
type Problem struct {
	Line     int      `json:"line,omitempty"`   // from 1; 0: the value does not come from a text
	Column   int      `json:"column,omitempty"` // in characters, from 1
	Path     string   `json:"path"`             // a JSON Pointer (RFC 6901), "" is the whole document
	Severity Severity `json:"severity"`
	Text     string   `json:"text"`           // what is wrong
	Hint     string   `json:"hint,omitempty"` // what would be right
}

// String gives `line:column: severity: path: text; hint`.
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:%d: ", p.Line, p.Column)
	}
	b.WriteString(string(p.Severity) + ": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Text)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Problems is all that is wrong with a document, in the order of its lines. As an error it prints one problem a line.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// maxProblems bounds what is said of one document.
const maxProblems = 1000

// findings collects the problems of a document.
type findings struct {
	all     Problems
	skipped int
	// suggested counts the problems for which words were compared.
	suggested int
}

// errorf notes an error at a node. What it returns takes a hint.
func (f *findings) errorf(n *node, format string, args ...any) noted {
	return f.add(n, SeverityError, fmt.Sprintf(format, args...))
}

// warnf notes what is tolerated at a node. What it returns takes a hint.
func (f *findings) warnf(n *node, format string, args ...any) noted {
	return f.add(n, SeverityWarning, fmt.Sprintf(format, args...))
}

func (f *findings) add(n *node, severity Severity, text string) noted {
	if len(f.all) == maxProblems {
		f.skipped++
		return noted{&Problem{}}
	}
	f.all = append(f.all, Problem{Line: n.at.line, Column: n.at.column, Path: n.path(), Severity: severity, Text: text})
	return noted{&f.all[len(f.all)-1]}
}

// noted is a problem that has just been noted.
type noted struct{ problem *Problem }

// hint says what would be right.
func (n noted) hint(format string, args ...any) {
	n.problem.Hint = fmt.Sprintf(format, args...)
}

// errors are the problems that are errors, nil if there are none.
func (f *findings) errors() error {
	if faults := f.only(SeverityError); len(faults) > 0 {
		return faults
	}
	return nil
}

// only gives the problems of a severity by their places, each once.
func (f *findings) only(severity Severity) Problems {
	var ps Problems
	for _, p := range f.all {
		if p.Severity == severity {
			ps = append(ps, p)
		}
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	ps = slices.Compact(ps)
	if f.skipped > 0 && len(ps) > 0 {
		ps = append(ps, Problem{Severity: severity, Text: fmt.Sprintf("there are %d problems more", f.skipped), Hint: "correct these first"})
	}
	return ps
}
