package asyncapi

import (
	"bytes"
	"encoding/json"
	"io"

	"go.yaml.in/yaml/v4"
)

// Document is an AsyncAPI 3.0 document, as far as processes need it. Members are those of the specification.
type Document struct {
	AsyncAPI           string              `json:"asyncapi"`
	Info               Info                `json:"info"`
	DefaultContentType string              `json:"defaultContentType"`
	Channels           ordered[*channel]   `json:"channels,omitzero"`
	Operations         ordered[*operation] `json:"operations,omitzero"`
	Components         components          `json:"components"`
}

// Info is what the document says of itself.
type Info struct {
	Title       string `json:"title"`
	Version     string `json:"version"` // of what is described, as the reader counts it
	Description string `json:"description,omitempty"`
}

type components struct {
	Messages ordered[*message] `json:"messages,omitzero"`
	Schemas  ordered[*schema]  `json:"schemas"`
}

type channel struct {
	Address     *string            `json:"address"` // nil: known only at run time
	Description string             `json:"description,omitempty"`
	Messages    ordered[reference] `json:"messages"`
	Bindings    *kafkaBindings     `json:"bindings,omitempty"`
}

type reference struct {
	Ref string `json:"$ref"`
}

type operation struct {
	Action      string      `json:"action"`
	Channel     reference   `json:"channel"`
	Title       string      `json:"title,omitempty"`
	Description string      `json:"description,omitempty"`
	Messages    []reference `json:"messages"`
	Reply       *reply      `json:"reply,omitempty"`
	Origin      origin      `json:"x-bpmn"`
}

type reply struct {
	Channel  reference   `json:"channel"`
	Messages []reference `json:"messages"`
}

// origin says which element an operation is.
type origin struct {
	File    string `json:"file"`
	Process string `json:"process"`
	Element string `json:"element"`
	Kind    string `json:"kind"`
}

type message struct {
	Name          string         `json:"name"`
	Title         string         `json:"title,omitempty"`
	ContentType   string         `json:"contentType"`
	CorrelationID *correlationID `json:"correlationId,omitempty"`
	Headers       *schema        `json:"headers,omitempty"`
	Payload       *schema        `json:"payload"`
	Bindings      *kafkaBindings `json:"bindings,omitempty"`
}

type correlationID struct {
	Description string `json:"description"`
	Location    string `json:"location"`
}

// kafkaBindings are those of a channel or of a message, by AsyncAPI's Kafka binding 0.5.0.
type kafkaBindings struct {
	Kafka kafkaBinding `json:"kafka"`
}

type kafkaBinding struct {
	Topic   string  `json:"topic,omitempty"`
	Key     *schema `json:"key,omitempty"`
	Version string  `json:"bindingVersion"`
}

const kafkaBindingVersion = "0.5.0"

// schema is a JSON Schema, as far as it is needed.
type schema struct {
	Ref         string           `json:"$ref,omitempty"`
	Title       string           `json:"title,omitempty"`
	Description string           `json:"description,omitempty"`
	Type        string           `json:"type,omitempty"`
	Format      string           `json:"format,omitempty"`
	Const       any              `json:"const,omitempty"`
	Enum        []any            `json:"enum,omitempty"`
	AllOf       []*schema        `json:"allOf,omitempty"`
	Required    []string         `json:"required,omitempty"`
	Properties  ordered[*schema] `json:"properties,omitzero"`

	filled bool // an element has said what it is
}

// ordered is an object whose members stay in their order.
type ordered[T any] struct {
	names  []string
	values map[string]T
}

// IsZero says whether the object is empty.
func (o ordered[T]) IsZero() bool { return len(o.names) == 0 }

func (o *ordered[T]) set(name string, value T) {
	if o.values == nil {
		o.values = map[string]T{}
	}
	if _, known := o.values[name]; !known {
		o.names = append(o.names, name)
	}
	o.values[name] = value
}

// MarshalJSON writes the members in their order.
func (o ordered[T]) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range o.names {
		if i > 0 {
			b.WriteByte(',')
		}
		for _, part := range []any{name, o.values[name]} {
			text, err := json.Marshal(part)
			if err != nil {
				return nil, err
			}
			b.Write(text)
			if part == any(name) {
				b.WriteByte(':')
			}
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// WriteJSON writes the document as JSON.
func (d *Document) WriteJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

// WriteYAML writes the document as YAML: the same, with the same names in the same order.
func (d *Document) WriteYAML(out io.Writer) error {
	var text bytes.Buffer
	if err := d.WriteJSON(&text); err != nil {
		return err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(text.Bytes(), &node); err != nil { // JSON is YAML
		return err
	}
	plain(&node)
	e := yaml.NewEncoder(out)
	e.SetIndent(2)
	if err := e.Encode(&node); err != nil {
		return err
	}
	return e.Close()
}

// plain lets the encoder choose how to write what came from JSON.
func plain(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		plain(c)
	}
}
