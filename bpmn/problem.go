package bpmn

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// Severity of a problem. An error keeps a document from being deployed, a warning does not.
type Severity string

// Severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Problem is one fault of a document, at its place.
type Problem struct {
	Pos         Position
	Severity    Severity
	Code        string // stable, such as "BPMN021"; docs/errors.md explains each
	ElementID   string
	ElementName string
	Text        string // what is wrong
	Hint        string // what to do, "" if the text says it
}

// String gives `file:line:col: error[CODE]: text (element "id", "name")`.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s[%s]: %s", p.Pos.File, p.Pos.Line, p.Pos.Column, p.Severity, p.Code, p.Text)
	switch {
	case p.ElementID != "" && p.ElementName != "":
		fmt.Fprintf(&b, " (element %q, %q)", p.ElementID, p.ElementName)
	case p.ElementID != "":
		fmt.Fprintf(&b, " (element %q)", p.ElementID)
	}
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Problems is every fault of a document. As an error it prints one problem a line.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// HasErrors says whether any of the problems keeps the document from being deployed.
func (ps Problems) HasErrors() bool {
	for _, p := range ps {
		if p.Severity == SeverityError {
			return true
		}
	}
	return false
}

// Local says whether each error concerns its own place alone: elements, ids and references are as they were meant, so that the rest
// of the document can be judged.
func (ps Problems) Local() bool {
	for _, p := range ps {
		if p.Severity == SeverityError && !slices.Contains(localCodes, p.Code) {
			return false
		}
	}
	return true
}

// Sort orders the problems by file, line and column.
func (ps Problems) Sort() {
	sort.SliceStable(ps, func(i, j int) bool {
		a, b := ps[i].Pos, ps[j].Pos
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
}
