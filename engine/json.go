package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// DecodeJSON reads one JSON document into a JSON value of the engine: nil, bool, int64, float64, string, []any or
// map[string]any. A number without a fraction is an int64 if it fits; an integer that would lose digits as a float64 is
// refused, because ids are such numbers. Of members with the same name the last one counts. Errors do not show the data.
func DecodeJSON(data []byte) (any, error) {
	if len(data) > MaxDocument {
		return nil, fmt.Errorf("the JSON document has %d bytes, more than the limit of %d", len(data), MaxDocument)
	}
	text := jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	r := jsonReader{text: text, normalizer: normalizer{left: MaxDocument}}
	document, err := r.next(0)
	if err != nil {
		return nil, err
	}
	if end := text.InputOffset(); len(bytes.TrimSpace(data[end:])) > 0 {
		return nil, fmt.Errorf("not a JSON document: more text follows after byte %d", end)
	}
	return document, nil
}

// jsonReader reads a document in one pass, by the rules and limits of the normalizer.
type jsonReader struct {
	normalizer

	text *jsontext.Decoder
}

// token reads one. What is wrong is told by its place alone.
func (r *jsonReader) token() (jsontext.Token, error) {
	token, err := r.text.ReadToken()
	switch syntax, ok := errors.AsType[*jsontext.SyntacticError](err); {
	case err == nil:
		return token, nil
	case ok && !errors.Is(err, io.ErrUnexpectedEOF):
		return token, fmt.Errorf("not a JSON document: wrong at byte %d", syntax.ByteOffset+1)
	}
	return token, errors.New("not a JSON document: it is empty or ends too early")
}

func (r *jsonReader) next(depth int) (any, error) {
	token, err := r.token()
	if err == nil {
		err = r.take(depth)
	}
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case jsontext.KindNull:
		return nil, nil
	case jsontext.KindTrue, jsontext.KindFalse:
		return token.Bool(), nil
	case jsontext.KindNumber:
		return parseNumber(token.String())
	case jsontext.KindString:
		return r.normalizer.text(token.String())
	case jsontext.KindBeginArray:
		return r.items(depth)
	default:
		return r.members(depth)
	}
}

func (r *jsonReader) items(depth int) (any, error) {
	list := []any{}
	for r.text.PeekKind() != jsontext.KindEndArray {
		item, err := r.next(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	_, err := r.token()
	return list, err
}

func (r *jsonReader) members(depth int) (any, error) {
	object := map[string]any{}
	for r.text.PeekKind() != jsontext.KindEndObject {
		token, err := r.token()
		if err != nil {
			return nil, err
		}
		name := token.String()
		r.left -= len(name)
		if object[name], err = r.next(depth + 1); err != nil {
			return nil, err
		}
	}
	_, err := r.token()
	return object, err
}
