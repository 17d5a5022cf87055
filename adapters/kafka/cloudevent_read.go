package kafka

import (
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// Limits on what one record may bring. Attributes become keys of indexes, which are short in every store.
const (
	maxAttributes     = 100  // attributes of an event, and headers of a record
	maxAttributeBytes = 2048 // of an attribute's value, and of the record's key
)

const (
	structuredType = "application/cloudevents"
	jsonSuffix     = "+json"
	specVersion    = "1.0"
	headerPrefix   = "ce_"
	contentHeader  = "content-type"
)

// textAttributes are strings by the CloudEvents specification (§3.1); so are all of Kogito's. A number is read as its text.
var textAttributes = []string{"id", "source", "specversion", "type", "subject", "time", "dataschema", "datacontenttype"}

// ReadEvent reads the record's key, headers and value as a CloudEvent, by the receiver's rule of the Kafka binding (§3): the
// content-type header decides between structured and binary mode. Without that header, a JSON object that has a specversion is a
// structured event, and any other JSON document is the data of an event that is made up for it: its id is the
// record's place and time, and its type the topic. What cannot be read leaves in.Fault.
func ReadEvent(in *runner.Incoming, maxBytes int) {
	if err := checkSize(in, maxBytes); err != nil {
		in.Fault = err.Error()
		return
	}
	event, err := decodeRecord(in)
	if err == nil {
		err = event.check(in.Topic)
	}
	if err != nil {
		in.Fault = err.Error()
		return
	}
	in.ID, _ = event.attributes["id"].(string)
	in.Source, _ = event.attributes["source"].(string)
	in.Attributes, in.Data = event.attributes, event.data
}

func checkSize(in *runner.Incoming, maxBytes int) error {
	switch {
	case len(in.Value) > maxBytes:
		return fmt.Errorf("record of %d bytes: at most %d are read", len(in.Value), maxBytes)
	case len(in.Key) > maxAttributeBytes:
		return fmt.Errorf("record key of %d bytes: at most %d are read", len(in.Key), maxAttributeBytes)
	case len(in.Headers) > maxAttributes:
		return fmt.Errorf("%d record headers: at most %d are read", len(in.Headers), maxAttributes)
	}
	return nil
}

// event is a CloudEvent on its way in.
type event struct {
	attributes map[string]any // names in lower case
	data       any
}

func decodeRecord(in *runner.Incoming) (event, error) {
	content := strings.ToLower(strings.TrimSpace(header(in.Headers, contentHeader)))
	switch {
	case strings.HasPrefix(content, structuredType+"-batch"):
		return event{}, errors.New("batch of CloudEvents: the Kafka binding knows none, send each in a record of its own")
	case strings.HasPrefix(content, structuredType):
		if format, _, _ := strings.Cut(strings.TrimPrefix(content, structuredType), ";"); strings.TrimSpace(format) != jsonSuffix {
			return event{}, errors.New("CloudEvent in a format other than JSON")
		}
		return decodeStructured(in.Value, true, in)
	case isBinary(in.Headers):
		return decodeBinary(in)
	}
	return decodeStructured(in.Value, false, in)
}

// header returns the first header of that name, in any case.
func header(headers []runner.RecordHeader, name string) string {
	for _, h := range headers {
		if strings.EqualFold(h.Key, name) {
			return string(h.Value)
		}
	}
	return ""
}

func isBinary(headers []runner.RecordHeader) bool {
	for _, h := range headers {
		if name := strings.ToLower(h.Key); name == headerPrefix+"specversion" || name == headerPrefix+"id" {
			return true
		}
	}
	return false
}

// decodeStructured reads the JSON event format. Unless declared, the value may be any JSON document.
func decodeStructured(value []byte, declared bool, in *runner.Incoming) (event, error) {
	if len(value) == 0 {
		return event{}, errors.New("empty record")
	}
	document, err := decodeJSON(value)
	if err != nil {
		return event{}, err
	}
	object, isObject := document.(map[string]any)
	if !declared && isBatch(document) {
		return event{}, errors.New("batch of CloudEvents: send each in a record of its own")
	}
	if !declared && (!isObject || lookup(object, "specversion") == nil) {
		return plain(document, in), nil
	}
	if !isObject {
		return event{}, errors.New("CloudEvent that is not a JSON object")
	}
	return structured(object)
}

func isBatch(document any) bool {
	list, _ := document.([]any)
	if len(list) == 0 {
		return false
	}
	first, _ := list[0].(map[string]any)
	return lookup(first, "specversion") != nil && lookup(first, "id") != nil
}

// lookup finds a member in lower case or, failing that, in any other.
func lookup(object map[string]any, name string) any {
	if v := object[name]; v != nil {
		return v
	}
	for key, v := range object {
		if v != nil && strings.EqualFold(key, name) {
			return v
		}
	}
	return nil
}

// plain makes up an event around a JSON document that is none. The time is part of its id because offsets begin again when a
// topic is created anew, and a new record must not be taken for an old one.
func plain(document any, in *runner.Incoming) event {
	return event{data: document, attributes: map[string]any{
		"specversion": specVersion,
		"id":          fmt.Sprintf("%s/%d/%d/%d", in.Topic, in.Partition, in.Offset, in.Timestamp.UnixMilli()),
		"source":      "kafka://" + in.Topic,
		"type":        in.Topic,
	}}
}

// structured takes a JSON object apart: data, data_base64 and attributes (JSON event format §3).
func structured(object map[string]any) (event, error) {
	e := event{attributes: make(map[string]any, len(object))}
	for key, value := range object {
		name := strings.ToLower(key)
		if _, taken := object[name]; name != key && taken || value == nil || name == "data" || name == "data_base64" {
			continue // the name in lower case goes first; null means absent
		}
		e.attributes[name] = value
	}
	encoded := lookup(object, "data_base64")
	if encoded == nil {
		e.data = lookup(object, "data")
		return e, nil
	}
	text, isText := encoded.(string)
	raw, err := base64.StdEncoding.DecodeString(text)
	if !isText || err != nil {
		return event{}, errors.New("data_base64 of the CloudEvent is not Base64")
	}
	content, _ := e.attributes["datacontenttype"].(string)
	e.data, err = decodeData(raw, content)
	return e, err
}

// decodeBinary reads the attributes from the headers (Kafka binding §3.2). Without a value the event has no data.
func decodeBinary(in *runner.Incoming) (event, error) {
	e := event{attributes: make(map[string]any, len(in.Headers))}
	for _, h := range in.Headers {
		name, isAttribute := strings.CutPrefix(strings.ToLower(h.Key), headerPrefix)
		if _, twice := e.attributes[name]; !isAttribute || twice {
			continue
		}
		if !utf8.Valid(h.Value) {
			return event{}, fmt.Errorf("header %q is not UTF-8", h.Key)
		}
		e.attributes[name] = string(h.Value)
	}
	content := header(in.Headers, contentHeader)
	if content != "" {
		e.attributes["datacontenttype"] = content
	}
	if len(in.Value) == 0 {
		return e, nil
	}
	var err error
	e.data, err = decodeData(in.Value, content)
	return e, err
}

// decodeData turns data into JSON values: JSON is parsed, text stays text, anything else is given in Base64.
func decodeData(raw []byte, content string) (any, error) {
	media, _, err := mime.ParseMediaType(content)
	switch {
	case content == "" || err == nil && (media == "application/json" || media == "text/json" || strings.HasSuffix(media, jsonSuffix)):
		return decodeJSON(raw)
	case strings.HasPrefix(media, "text/") && utf8.Valid(raw):
		return string(raw), nil
	}
	return base64.StdEncoding.EncodeToString(raw), nil
}

func decodeJSON(raw []byte) (any, error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("not a JSON document: not UTF-8")
	}
	return engine.DecodeJSON(raw)
}

// check applies the rules for attributes. Where a system is known to be lax, so are we: a missing or empty source is "" (the
// service orders of SONATA have one) and a missing type is the topic.
func (e event) check(topic string) error {
	if len(e.attributes) > maxAttributes {
		return fmt.Errorf("CloudEvent with %d attributes: at most %d are read", len(e.attributes), maxAttributes)
	}
	for name, value := range e.attributes {
		text, isText := value.(string)
		if mustBeText(name) && !isText {
			if text, isText = scalarText(value); !isText {
				return fmt.Errorf("CloudEvent attribute %.20q is not a string", name)
			}
			e.attributes[name] = text
		}
		if len(name) > maxAttributeBytes || len(text) > maxAttributeBytes {
			return fmt.Errorf("CloudEvent attribute %.20q is longer than %d bytes", name, maxAttributeBytes)
		}
	}
	switch version, _ := e.attributes["specversion"].(string); version {
	case specVersion:
	case "":
		return errors.New("CloudEvent without specversion")
	default:
		return errors.New("CloudEvent of another specversion than " + specVersion)
	}
	if id, _ := e.attributes["id"].(string); id == "" {
		return errors.New("CloudEvent without id")
	}
	if _, there := e.attributes["source"]; !there {
		e.attributes["source"] = ""
	}
	if kind, _ := e.attributes["type"].(string); kind == "" {
		e.attributes["type"] = topic
	}
	return nil
}

func mustBeText(name string) bool {
	return strings.HasPrefix(name, "kogito") || slices.Contains(textAttributes, name)
}

func scalarText(value any) (string, bool) {
	switch v := value.(type) {
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}
