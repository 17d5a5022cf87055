package scenario

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/sonata-bpmn/sonata/engine"
)

// Place is where something stands in its file; lines and columns count from 1.
type Place struct{ Line, Column int }

func (p *Place) put(n *yaml.Node) { p.Line, p.Column = n.Line, n.Column }

func placeOf(n *yaml.Node) Place { return Place{n.Line, n.Column} }

// Word is a text that names something.
type Word struct {
	Place
	Text string
}

// Value is any value.
type Value struct {
	Place
	Given bool
	Data  any // JSON values of the engine
}

// Object is an object of any fields.
type Object struct {
	Place
	Given  bool
	Fields map[string]any // JSON values of the engine
}

// Template is any value, in which texts that begin with "=" are expressions.
type Template struct {
	Place
	Given bool
	data  any // as Value's, but for the expressions: *engine.Evaluator
}

// fill evaluates the expressions.
func (t Template) fill(at time.Time, names map[string]any) (any, error) {
	return fill(t.data, at, names)
}

func fill(data any, at time.Time, names map[string]any) (any, error) {
	var err error
	switch v := data.(type) {
	case *engine.Evaluator:
		return v.Eval(at, names)
	case []any:
		filled := make([]any, len(v))
		for i, item := range v {
			if filled[i], err = fill(item, at, names); err != nil {
				return nil, err
			}
		}
		return filled, nil
	case map[string]any:
		filled := make(map[string]any, len(v))
		for name, field := range v {
			if filled[name], err = fill(field, at, names); err != nil {
				return nil, err
			}
		}
		return filled, nil
	}
	return data, nil
}

// data reads any value. With expressions, texts that begin with "=" become evaluators.
func (d *decoder) data(n *yaml.Node, expressions bool) any {
	d.depth++
	defer func() { d.depth-- }()
	if n = d.follow(n); n == nil {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		object := map[string]any{}
		d.fields(n, func(key, value *yaml.Node) { object[key.Value] = d.data(value, expressions) })
		return object
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			list = append(list, d.data(item, expressions))
		}
		return list
	}
	value, err := scalar(n)
	if err != nil {
		d.fault(n, "%v", err)
	}
	if text, ok := value.(string); ok && expressions && strings.HasPrefix(text, "=") {
		e, err := engine.NewEvaluator(text)
		if err != nil {
			d.fault(n, "this is no expression: %v", err)
			return nil
		}
		return e
	}
	return value
}

// scalar reads a single value as JSON would hold it: dates and the like are texts.
func scalar(n *yaml.Node) (any, error) {
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool", "!!int", "!!float":
		var value any
		if err := n.Decode(&value); err != nil {
			return nil, err
		}
		switch v := value.(type) {
		case int:
			return int64(v), nil
		case uint64, int64, bool:
			return v, nil
		case float64:
			if v != v || v-v != 0 {
				return nil, fmt.Errorf("%s is no number of JSON", n.Value)
			}
			return v, nil
		}
		return nil, fmt.Errorf("%s is too large a number", n.Value)
	}
	return n.Value, nil
}
