package tosca

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// jsonReader reads valid JSON with its places, which encoding/json gives as offsets only.
type jsonReader struct {
	*reader
	source  []byte
	decoder *json.Decoder
	offset  int // that at is the place of
	at      position
}

// json reads a document that is valid JSON.
func (r *reader) json(source []byte) *node {
	j := &jsonReader{reader: r, source: source, decoder: json.NewDecoder(bytes.NewReader(source)), at: position{1, 1}}
	j.decoder.UseNumber()
	return j.value(1)
}

// place is where the next token begins. It goes on from the last one: a document may be one long line.
func (j *jsonReader) place() position {
	offset := int(j.decoder.InputOffset())
	for offset < len(j.source) && strings.IndexByte(" \t\r\n,:", j.source[offset]) >= 0 {
		offset++
	}
	for ; j.offset < offset; j.offset++ {
		switch b := j.source[j.offset]; {
		case b == '\n':
			j.at = position{j.at.line + 1, 1}
		case utf8.RuneStart(b):
			j.at.column++
		}
	}
	return j.at
}

func (j *jsonReader) value(depth int) *node {
	at := j.place()
	if !j.admit(at, depth) {
		return nil
	}
	token, err := j.decoder.Token()
	if err != nil {
		j.errorf(&node{at: at}, "this is no JSON: %v", err)
		return nil
	}
	n := &node{at: at}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			n.kind = list
			return j.list(n, depth)
		}
		n.kind = object
		return j.object(n, depth)
	case json.Number:
		n.text = t.String()
		if n.value, err = number(n.text); err != nil {
			j.errorf(n, "%v", err).hint("write it as a text")
			n.broken = true
		}
	default:
		n.value, n.text = t, scalarText(t)
	}
	return n
}

func (j *jsonReader) list(n *node, depth int) *node {
	for j.decoder.More() {
		item := j.value(depth + 1)
		if item == nil {
			return nil
		}
		n.append(item)
	}
	_, _ = j.decoder.Token() // the closing bracket: the document is valid
	return n
}

func (j *jsonReader) object(n *node, depth int) *node {
	for j.decoder.More() {
		at := j.place()
		token, _ := j.decoder.Token()
		key, _ := token.(string)
		value := j.value(depth + 1)
		if value == nil {
			return nil
		}
		value.keyAt = at
		j.field(n, key, value)
	}
	_, _ = j.decoder.Token()
	return n
}

// field adds a field, which no other may be named like.
func (r *reader) field(n *node, key string, value *node) {
	if earlier := n.field(key); earlier != nil {
		value.parent, value.key = n, key
		r.errorf(value.name(), "%q is given twice", key).hint("it is there in line %d already", max(earlier.keyAt.line, 1))
		return
	}
	n.put(key, value)
}
