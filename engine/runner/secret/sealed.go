package secret

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// mark begins a sealed text; form is the whole of it, with the id of the key and what was encrypted with it.
const (
	mark = "ENCRYPTED:"
	form = mark + `([0-9a-f]{8}):([A-Za-z0-9_-]+);`
)

var (
	sealed = regexp.MustCompile(form)
	whole  = regexp.MustCompile(`^` + form + `$`)
	begun  = regexp.MustCompile(mark + `([0-9a-f]{8}):[A-Za-z0-9_-]`)
	// shown is also what only looks like a sealed text, such as the beginning of one.
	shown = regexp.MustCompile(mark + `[A-Za-z0-9_:-]*;?`)
)

// Masked is shown in place of a secret.
const Masked = "•••"

// Sealed says whether a sealed text stands in a text.
func Sealed(text string) bool { return strings.Contains(text, mark) && sealed.MatchString(text) }

// In says whether a sealed text stands in a JSON value, names of fields included.
func In(value any) bool {
	switch v := value.(type) {
	case string:
		return Sealed(v)
	case []any:
		return slices.ContainsFunc(v, In)
	case map[string]any:
		for name, item := range v {
			if Sealed(name) || In(item) {
				return true
			}
		}
	}
	return false
}

// MaskDocument is [Mask] for a document; one without a sealed text is given back as it is.
func MaskDocument(document []byte) []byte {
	if !bytes.Contains(document, []byte(mark)) {
		return document
	}
	return shown.ReplaceAll(document, []byte(Masked))
}

// MaskIn is [Mask] for a JSON value, which stays as it is.
func MaskIn(value any) any {
	if !In(value) {
		return value
	}
	switch v := value.(type) {
	case string:
		return Mask(v)
	case []any:
		masked := make([]any, len(v))
		for i, item := range v {
			masked[i] = MaskIn(item)
		}
		return masked
	case map[string]any:
		masked := make(map[string]any, len(v))
		for name, item := range v {
			masked[Mask(name)] = MaskIn(item)
		}
		return masked
	}
	return value
}

// SealedIn says whether a sealed text stands in a JSON document, however its strings are escaped.
func SealedIn(document []byte) bool {
	if !escaped(document) {
		return bytes.Contains(document, []byte(mark)) && sealed.Match(document)
	}
	tokens := json.NewDecoder(bytes.NewReader(document))
	tokens.UseNumber()
	for {
		token, err := tokens.Token()
		if err != nil {
			return sealed.Match(document) // it has ended, or is no JSON
		}
		if text, isText := token.(string); isText && Sealed(text) {
			return true
		}
	}
}

// escaped says whether a JSON document has an escape for a character of a sealed text. All of those are ASCII, and none has a short escape. The escapes
// of Go's encoder (\u0026, \u003c, \u003e and others) stand for none of them.
func escaped(document []byte) bool {
	const escape, digits = `\u00`, 2
	for {
		at := bytes.Index(document, []byte(escape))
		if at < 0 || len(document) < at+len(escape)+digits {
			return false
		}
		document = document[at+len(escape):]
		var char [1]byte
		if _, err := hex.Decode(char[:], document[:digits]); err == nil && inSealed(char[0]) {
			return true
		}
	}
}

// inSealed says whether a character may stand in a sealed text.
func inSealed(char byte) bool {
	return 'a' <= char && char <= 'z' || 'A' <= char && char <= 'Z' || '0' <= char && char <= '9' || strings.IndexByte("_-:;", char) >= 0
}

// KeysIn gives the ids of the keys that sealed what stands in a text of any size, such as the file of a store.
func KeysIn(text io.Reader) ([]string, error) {
	const most, overlap = 1 << 20, len(mark) + 2*idBytes + 2
	ids := map[string]bool{}
	window := make([]byte, 0, most+overlap)
	for {
		n, err := io.ReadFull(text, window[len(window):cap(window)])
		window = window[:len(window)+n]
		for _, found := range begun.FindAllSubmatch(window, -1) {
			ids[string(found[1])] = true
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return slices.Sorted(maps.Keys(ids)), nil
		case err != nil:
			return nil, err
		}
		window = window[:copy(window, window[len(window)-overlap:])]
	}
}

// Mask shows [Masked] in place of each sealed text. It may be given a text, or a whole document in JSON or YAML.
func Mask(text string) string {
	if !strings.Contains(text, mark) {
		return text
	}
	return shown.ReplaceAllString(text, Masked)
}
