package tosca

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a document. They hold for what comes in by REST: a service template of a real control loop has some 160 kB.
const (
	MaxBytes = 1 << 20
	maxNodes = 100_000 // with what aliases repeat
	maxDepth = 64      // of values within each other
)

var tooMuch = fmt.Sprintf("the document has more than %d values, or more than %d within each other, with what its aliases repeat", maxNodes, maxDepth)

// reader makes nodes of a text.
type reader struct {
	*findings
	nodes int
	stop  bool // the document is beyond its limits
}

// read makes the nodes of a document in YAML or JSON; nil if it cannot be read.
func (f *findings) read(source []byte) *node {
	r := &reader{findings: f}
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	start := &node{at: position{1, 1}}
	switch {
	case len(source) > MaxBytes:
		f.errorf(start, "the document is larger than %d MiB", MaxBytes>>20)
		return nil
	case bytes.Count(source, []byte{','})+bytes.Count(source, []byte{'\n'}) > maxNodes:
		f.errorf(start, "%s", tooMuch) // said before YAML's scanner takes a kilobyte for each
		return nil
	case !utf8.Valid(source):
		f.errorf(start, "the document is not in UTF-8").hint("save it as UTF-8")
		return nil
	}
	trimmed := bytes.TrimLeft(source, " \t\r\n")
	switch {
	case len(trimmed) > 0 && strings.IndexByte("{[", trimmed[0]) >= 0 && json.Valid(source):
		return r.json(source)
	default:
		return r.yaml(source)
	}
}

// admit says whether one more node at a depth is within the limits.
func (r *reader) admit(at position, depth int) bool {
	if r.nodes++; r.nodes <= maxNodes && depth <= maxDepth {
		return true
	}
	if !r.stop {
		r.errorf(&node{at: at}, "%s", tooMuch)
	}
	r.stop = true
	return false
}

// number reads a number as JSON writes it.
func number(text string) (any, error) {
	if !strings.ContainsAny(text, ".eE") {
		whole, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errors.New("this number does not fit into 64 bits") // and may be a secret
		}
		return whole, nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(value, 0) {
		return nil, errors.New("this number is too large")
	}
	return value, nil
}

// plainScalar gives a value of Go as a node has it.
func plainScalar(value any) any {
	switch v := value.(type) {
	case nil, bool, string, int64, float64:
		return v
	case int:
		return int64(v)
	case json.Number:
		if n, err := number(v.String()); err == nil {
			return n
		}
		return v.String()
	}
	return fmt.Sprint(value)
}

// scalarText gives the text of a scalar value.
func scalarText(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
