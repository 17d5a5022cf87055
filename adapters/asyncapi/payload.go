package asyncapi

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// dataOf describes the data of the messages on one topic: the fields that any element gives it, of which those are required that
// all who send it give.
func dataOf(of []*element) *schema {
	data := &schema{Type: "object"}
	given := map[string]int{}
	senders := 0
	for _, e := range of {
		if !e.sends {
			data.read(e)
			continue
		}
		senders++
		fields, whole := fieldsOf(e)
		if whole {
			return &schema{}
		}
		seen := map[string]bool{}
		for _, f := range fields {
			first, _, _ := strings.Cut(f.Target, ".")
			data.add(strings.Split(f.Target, "."), f.Source)
			seen[first] = true
		}
		for field := range seen {
			given[field]++
		}
	}
	for _, field := range slices.Sorted(maps.Keys(given)) {
		if given[field] == senders {
			data.Required = append(data.Required, field)
		}
	}
	slices.Sort(data.Properties.names)
	return data
}

// fieldsOf gives the mappings that fill the data. whole: one value is the data, whatever it is.
func fieldsOf(e *element) (fields []bpmn.Mapping, whole bool) {
	if e.index >= len(e.node.Payloads) || e.node.Payloads[e.index] == "" {
		return e.node.Inputs, false
	}
	payload := e.node.Payloads[e.index]
	for _, m := range e.node.Inputs {
		if rest, inside := strings.CutPrefix(m.Target, payload+"."); inside {
			m.Target = rest
			fields = append(fields, m)
		}
	}
	return fields, len(fields) == 0
}

// add describes a field by the expression that fills it.
func (s *schema) add(path []string, source bpmn.Expression) {
	field := s.Properties.values[path[0]]
	if field == nil {
		field = &schema{}
		s.Properties.set(path[0], field)
	}
	if len(path) > 1 {
		field.Type = "object"
		field.add(path[1:], source)
		slices.Sort(field.Properties.names)
		return
	}
	if field.Type != "object" {
		field.merge(constant(source))
	}
}

// merge makes a field that two elements fill be what either makes of it.
func (s *schema) merge(other *schema) {
	switch {
	case !s.filled:
		*s = *other
	case s.Type != other.Type:
		*s = schema{}
	default:
		for _, value := range other.Enum {
			if !slices.Contains(s.Enum, value) {
				s.Enum = append(s.Enum, value)
			}
		}
	}
	s.filled = true
}

// constant describes a value: of an expression that is a text, number or boolean in itself the value is known, of any other nothing.
func constant(source bpmn.Expression) *schema {
	text, isExpression := strings.CutPrefix(strings.TrimSpace(source.Text), "=")
	var value any = source.Text
	if !source.Literal {
		if json.Unmarshal([]byte(text), &value) != nil {
			value = nil
		}
	} else if isExpression {
		value = nil
	}
	switch value.(type) {
	case string:
		return &schema{Type: "string", Enum: []any{value}}
	case bool:
		return &schema{Type: "boolean", Enum: []any{value}}
	case float64:
		return &schema{Type: "number", Enum: []any{value}}
	}
	return &schema{}
}

// path is an expression that does nothing but read a field.
var path = regexp.MustCompile(`^=?\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)$`)

// reserved are names that read something else than the message's data.
var reserved = []string{"null", "true", "false", "event", "record", "instance", "processInstance", "data"}

// read adds the fields of a message that the output mappings of who awaits it read as they are.
func (s *schema) read(e *element) {
	if e.index < len(e.node.Payloads) && e.node.Payloads[e.index] != "" {
		return
	}
	for _, m := range e.node.Outputs {
		match := path.FindStringSubmatch(strings.TrimSpace(m.Source.Text))
		if match == nil || m.Source.Literal {
			continue
		}
		fields := strings.Split(match[1], ".")
		if !slices.Contains(reserved, fields[0]) {
			s.add(fields, bpmn.Expression{})
		}
	}
}

// isBinary says whether an element publishes in CloudEvents' binary mode (see adapters/kafka).
func isBinary(e *element) bool {
	return e.node.TaskDefinition != nil && strings.EqualFold(e.node.TaskDefinition.Headers[modeHeader], "binary")
}

// Task headers that no record has.
const (
	modeHeader    = "contentMode" // see adapters/kafka
	secretsHeader = "secrets"     // see engine/runner
)

// headersOf describes the record headers that the elements set.
func headersOf(sent []*element) *schema {
	headers := &schema{Type: "object"}
	for _, e := range sent {
		if e.node.TaskDefinition == nil {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(e.node.TaskDefinition.Headers)) {
			if key != "topic" && key != "key" && key != secretsHeader && !strings.EqualFold(key, modeHeader) {
				headers.Properties.set(key, &schema{Type: "string"})
			}
		}
	}
	if headers.Properties.IsZero() {
		return nil
	}
	slices.Sort(headers.Properties.names)
	return headers
}
