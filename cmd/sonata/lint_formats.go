package main

import (
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// errorsPage explains every code.
const errorsPage = "https://github.com/sonata-bpmn/sonata/blob/main/docs/errors.md"

// writeGitHub prints a workflow command for each problem, which GitHub Actions shows at the line in the change
// (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
func (r *report) writeGitHub(w io.Writer) error {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for i, p := range r.problems {
		_, err := fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", p.Severity,
			property.Replace(filepath.ToSlash(p.Pos.File)), p.Pos.Line, r.columns[i], p.Code, data.Replace(advice(p)))
		if err != nil {
			return err
		}
	}
	return nil
}

// advice is what a problem says, without its place.
func advice(p bpmn.Problem) string {
	text := p.Text
	if p.ElementID != "" {
		text += fmt.Sprintf(" (element %q)", p.ElementID)
	}
	if p.Hint != "" {
		text += "; " + p.Hint
	}
	return printable(text)
}

// The parts of SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html) that say where a problem is.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string `json:"id"`
		HelpURI string `json:"helpUri"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     bpmn.Severity   `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPlace     `json:"physicalLocation"`
		Logical  []sarifElement `json:"logicalLocations,omitempty"`
	}
	sarifPlace struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region struct {
			Line   int `json:"startLine"`
			Column int `json:"startColumn"`
		} `json:"region"`
	}
	sarifElement struct {
		Name               string `json:"name,omitempty"`
		FullyQualifiedName string `json:"fullyQualifiedName"`
		Kind               string `json:"kind"`
	}
)

// sarif is the report for tools that collect the findings of many linters.
func (r *report) sarif(version string) sarifLog {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "sonata lint", Version: version, InformationURI: "https://github.com/sonata-bpmn/sonata", Rules: []sarifRule{}}
	for i, p := range r.problems {
		rule := slices.IndexFunc(run.Tool.Driver.Rules, func(known sarifRule) bool { return known.ID == p.Code })
		if rule < 0 {
			rule = len(run.Tool.Driver.Rules)
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{p.Code, errorsPage})
		}
		var at sarifLocation
		at.Physical.Artifact.URI = fileURI(p.Pos.File)
		at.Physical.Region.Line, at.Physical.Region.Column = p.Pos.Line, r.columns[i]
		if p.ElementID != "" {
			at.Logical = []sarifElement{{p.ElementName, p.ElementID, "element"}}
		}
		run.Results = append(run.Results, sarifResult{p.Code, rule, p.Severity, sarifMessage{advice(p)}, []sarifLocation{at}})
	}
	return sarifLog{"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", "2.1.0", []sarifRun{run}}
}

// fileURI is a relative reference for a relative path.
func fileURI(file string) string {
	u := url.URL{Path: filepath.ToSlash(file)}
	if filepath.IsAbs(file) {
		u.Scheme = "file"
	}
	return u.String()
}

// codePoint is the column of a place counted in code points, as editors show it; the place itself counts bytes.
func codePoint(source []byte, at bpmn.Position) int {
	lines := strings.SplitN(string(source), "\n", at.Line+1)
	if at.Line < 1 || at.Line > len(lines) {
		return 1
	}
	line := lines[at.Line-1]
	return utf8.RuneCountInString(line[:min(max(at.Column-1, 0), len(line))]) + 1
}
