package tosca

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"go.yaml.in/yaml/v4"
)

// yaml reads the only document of a YAML text.
func (r *reader) yaml(source []byte) *node {
	documents := yaml.NewDecoder(bytes.NewReader(source))
	var root, more yaml.Node
	if err := documents.Decode(&root); err != nil && !errors.Is(err, io.EOF) {
		r.syntax(err)
		return nil
	}
	if err := documents.Decode(&more); err == nil {
		r.errorf(&node{at: position{max(more.Line, 1), max(more.Column, 1)}}, "there is a second document").hint("send each service template alone")
		return nil
	} else if !errors.Is(err, io.EOF) {
		r.syntax(err)
		return nil
	}
	if len(root.Content) == 0 || root.Content[0].ShortTag() == "!!null" {
		r.errorf(&node{at: position{1, 1}}, "the document is empty").hint("it needs a TOSCA service template, which begins with tosca_definitions_version")
		return nil
	}
	return r.convert(root.Content[0], 1)
}

// syntax notes that the document is no YAML.
func (r *reader) syntax(err error) {
	at, text, hint := position{1, 1}, err.Error(), ""
	if fault, ok := errors.AsType[*yaml.LoadError](err); ok {
		at, text = position{max(fault.Mark.Line, 1), max(fault.Mark.Column, 1)}, fault.Message
	}
	if before, _, quotes := strings.Cut(text, "unknown anchor"); quotes {
		text, hint = before+"unknown anchor", "put texts that begin with a special character into quotes" // it may be a secret
	}
	if strings.Contains(text, "cannot start any token") {
		hint = "indent with spaces, not with tabs, and put texts that begin with a special character into quotes"
	}
	r.errorf(&node{at: at}, "this is neither YAML nor JSON: %s", text).hint("%s", hint)
}

// convert makes a node of YAML's, following aliases. It gives nil when the document is beyond its limits.
func (r *reader) convert(y *yaml.Node, depth int) *node {
	at := position{max(y.Line, 1), max(y.Column, 1)}
	if !r.admit(at, depth) {
		return nil
	}
	switch y.Kind {
	case yaml.AliasNode:
		return r.convert(y.Alias, depth+1)
	case yaml.SequenceNode:
		n := &node{kind: list, at: at}
		for _, item := range y.Content {
			child := r.convert(item, depth+1)
			if child == nil {
				return nil
			}
			n.append(child)
		}
		return n
	case yaml.MappingNode:
		n := &node{kind: object, at: at}
		if !r.fields(n, y, depth) {
			return nil
		}
		return n
	}
	return r.scalar(y, at)
}

// fields reads the fields of a mapping: its own, then those merged into it with <<, which give way. It says whether the
// document is still within its limits.
func (r *reader) fields(n *node, y *yaml.Node, depth int) bool {
	var merged []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, item := y.Content[i], y.Content[i+1]
		for key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		at := position{max(y.Content[i].Line, 1), max(y.Content[i].Column, 1)}
		switch {
		case key.Kind != yaml.ScalarNode:
			r.errorf(&node{at: at, parent: n}, "the name of a field must be a text")
		case key.ShortTag() == "!!merge":
			merged = append(merged, item)
		default:
			value := r.convert(item, depth+1)
			if value == nil {
				return false
			}
			value.keyAt = at
			r.field(n, key.Value, value)
		}
	}
	for _, from := range merged {
		if !r.merge(n, from, depth+1) {
			return false
		}
	}
	return true
}

// merge adds the fields of a mapping, or of several, that are not there yet (https://yaml.org/type/merge.html).
func (r *reader) merge(n *node, from *yaml.Node, depth int) bool {
	source := r.convert(from, depth)
	if source == nil {
		return false
	}
	sources := []*node{source}
	if source.kind == list {
		sources = source.items
	}
	for _, s := range sources {
		if s.kind != object {
			r.errorf(&node{at: source.at, parent: n}, "<< takes the fields that an alias stands for")
			continue
		}
		for _, item := range s.items {
			if n.field(item.key) == nil {
				n.put(item.key, item)
			}
		}
	}
	return true
}

// scalar reads a single value as JSON would hold it: dates and the like are texts.
func (r *reader) scalar(y *yaml.Node, at position) *node {
	n := &node{value: y.Value, text: y.Value, at: at}
	switch y.ShortTag() {
	case "!!null":
		n.value = nil
	case "!!bool", "!!int", "!!float":
		value, err := decodeScalar(y)
		if err != nil {
			r.errorf(n, "%v", err).hint("put it into quotes if it is a text")
			n.broken = true
			return n
		}
		n.value = value
	}
	return n
}

func decodeScalar(y *yaml.Node) (any, error) {
	var value any
	if err := y.Decode(&value); err != nil {
		return nil, fmt.Errorf("this is no %s", strings.TrimPrefix(y.ShortTag(), "!!")) // and may be a secret
	}
	switch v := value.(type) {
	case int:
		return int64(v), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, errors.New("this is no number that JSON knows")
		}
		return v, nil
	case bool, int64:
		return v, nil
	}
	return nil, errors.New("this number does not fit into 64 bits")
}
