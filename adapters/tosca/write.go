package tosca

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// JSON gives the service template as indented JSON, its fields in the order in which they were written.
func (t *ServiceTemplate) JSON() []byte { return t.root.json() }

// MarshalJSON gives the same, for encoding/json.
func (t *ServiceTemplate) MarshalJSON() ([]byte, error) { return t.root.json(), nil }

// YAML gives the service template as YAML, its fields in the order in which they were written. Aliases are written out.
func (t *ServiceTemplate) YAML() ([]byte, error) { return t.root.yaml() }

// YAML gives JSON values as YAML, fields in the order of their names.
func YAML(value any) ([]byte, error) { return fromPlain(value).yaml() }

func (n *node) json() []byte {
	var b bytes.Buffer
	n.writeJSON(&b, "\n")
	b.WriteByte('\n')
	return b.Bytes()
}

// writeJSON writes a node. What begins a line grows with the depth.
func (n *node) writeJSON(b *bytes.Buffer, line string) {
	if n.kind == scalar {
		writeScalar(b, n.value)
		return
	}
	opening, closing := byte('['), byte(']')
	if n.kind == object {
		opening, closing = '{', '}'
	}
	b.WriteByte(opening)
	for i, item := range n.items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(line + "  ")
		if n.kind == object {
			writeScalar(b, item.key)
			b.WriteString(": ")
		}
		item.writeJSON(b, line+"  ")
	}
	if len(n.items) > 0 {
		b.WriteString(line)
	}
	b.WriteByte(closing)
}

func writeScalar(b *bytes.Buffer, value any) {
	if f, ok := value.(float64); ok {
		b.WriteString(floatText(f))
		return
	}
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) //nolint:errchkjson // nil, bool, int64 and string cannot fail
	b.Truncate(b.Len() - 1)   // Encode ends the line
}

// floatText writes a floating-point number so that it is read as one: 1.0, not 1.
func floatText(f float64) string {
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

func (n *node) yaml() ([]byte, error) {
	var b bytes.Buffer
	dumper, err := yaml.NewDumper(&b, yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, err
	}
	if err := dumper.Dump(n.toYAML()); err != nil {
		return nil, err
	}
	if err := dumper.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (n *node) toYAML() *yaml.Node {
	switch n.kind {
	case list:
		y := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range n.items {
			y.Content = append(y.Content, item.toYAML())
		}
		return y
	case object:
		y := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, item := range n.items {
			y.Content = append(y.Content, yamlText(item.key), item.toYAML())
		}
		return y
	}
	switch v := n.value.(type) {
	case nil:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v)}
	case int64:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatInt(v, 10)}
	case float64:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: floatText(v)}
	}
	return yamlText(n.string())
}

// yamlText writes a text so that it is read as one: in quotes where YAML 1.1 would take it for something else.
func yamlText(text string) *yaml.Node {
	y := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "<<", "="}, strings.ToLower(text)) {
		y.Style = yaml.DoubleQuotedStyle
	}
	return y
}
