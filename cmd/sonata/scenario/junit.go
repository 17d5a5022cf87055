package scenario

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The elements of a JUnit report, as build servers read them.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitFailure `xml:"failure,omitempty"`
		Error   *junitFailure `xml:"error,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the reports as JUnit XML. A file that is wrong is one test case with an error.
func WriteJUnit(w io.Writer, reports []*Report) error {
	var all junitSuites
	var took time.Duration
	for _, r := range reports {
		suite := junitSuite{Name: r.Path, Tests: len(r.Results), Failures: r.Failed(), Time: seconds(r.Took)}
		if r.Err != nil {
			suite.Tests, suite.Errors = 1, 1
			suite.Cases = []junitCase{{Class: r.Path, Name: r.Path, Time: seconds(0), Error: junitText(r.Err.Error())}}
		}
		for _, result := range r.Results {
			c := junitCase{Class: r.Path, Name: result.Name, Time: seconds(result.Took)}
			if f := result.Failure; f != nil {
				c.Failure = junitText(fmt.Sprintf("%s:%d:%d: %s", r.Path, f.Line, f.Column, f))
			}
			suite.Cases = append(suite.Cases, c)
		}
		all.Suites = append(all.Suites, suite)
		all.Tests, all.Failures, all.Errors, took = all.Tests+suite.Tests, all.Failures+suite.Failures, all.Errors+suite.Errors, took+r.Took
	}
	all.Time = seconds(took)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// junitText is a text whose first line is the message.
func junitText(text string) *junitFailure {
	first, _, _ := strings.Cut(text, "\n")
	return &junitFailure{Message: first, Text: text}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }
