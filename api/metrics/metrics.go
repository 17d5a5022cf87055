// Package metrics writes measurements in Prometheus' text format 0.0.4. It is all that a scrape needs; the library for it would add 2.4 MB to
// the program.
package metrics

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// ContentType is that of the text.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// Kind is what a family measures.
type Kind string

// Kinds.
const (
	Counter   Kind = "counter" // only grows; its name ends with _total
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Family is all samples of one name.
type Family struct {
	Name    string
	Help    string
	Kind    Kind
	Samples []Sample
}

// Sample is one value. Labels are pairs of name and value. Their values come from a small set: a name of a process, never of an instance.
type Sample struct {
	Suffix string // of a histogram: _bucket, _sum, _count
	Labels [][2]string
	Value  float64
}

// One is a family with one sample.
func One(name string, kind Kind, help string, value float64) Family {
	return Family{name, help, kind, []Sample{{Value: value}}}
}

var (
	helpEscapes  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

// Write writes families, the samples of each in the order of their labels but for those of a histogram.
func Write(w io.Writer, families []Family) error {
	for _, f := range families {
		if _, err := fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", f.Name, helpEscapes.Replace(f.Help), f.Name, f.Kind); err != nil {
			return err
		}
		lines := make([]string, len(f.Samples))
		for i, s := range f.Samples {
			lines[i] = f.Name + s.Suffix + labels(s.Labels) + " " + strconv.FormatFloat(s.Value, 'g', -1, 64) + "\n"
		}
		if f.Kind != Histogram {
			slices.Sort(lines)
		}
		if _, err := io.WriteString(w, strings.Join(lines, "")); err != nil {
			return err
		}
	}
	return nil
}

func labels(pairs [][2]string) string {
	if len(pairs) == 0 {
		return ""
	}
	texts := make([]string, len(pairs))
	for i, p := range pairs {
		texts[i] = p[0] + `="` + labelEscapes.Replace(p[1]) + `"`
	}
	return "{" + strings.Join(texts, ",") + "}"
}
