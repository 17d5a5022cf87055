package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// mark begins a sealed text, and end ends it, so that it can stand within a longer one.
const (
	mark = "ENCRYPTED:"
	end  = ';'
)

// Masked is shown in place of a secret.
const Masked = "•••"

// Sealed says whether a sealed text stands in a text.
func Sealed(text string) bool { return strings.Contains(text, mark) }

// SealedIn says whether a sealed text stands in a JSON or YAML document.
func SealedIn(document []byte) bool { return bytes.Contains(document, []byte(mark)) }

// Mask shows [Masked] in place of each sealed text. It may be given a text, or a whole document in JSON or YAML.
func Mask(text string) string {
	if !Sealed(text) {
		return text
	}
	var shown strings.Builder
	_ = each([]byte(text), func(before []byte, _ token, _ []byte) error {
		shown.Write(before)
		shown.WriteString(Masked)
		return nil
	}, func(rest []byte) { shown.Write(rest) })
	return shown.String()
}

// token is a sealed text, taken apart.
type token struct {
	key    string // the id of its key
	sealed []byte // nonce and ciphertext; nil: it is no right one
}

// each finds the sealed texts, with what stands before and after each. What bears the mark and is no right one ends where its letters end.
func each(text []byte, found func(before []byte, t token, after []byte) error, finally func(rest []byte)) error {
	for {
		at := bytes.Index(text, []byte(mark))
		if at < 0 {
			finally(text)
			return nil
		}
		body := text[at+len(mark):]
		n := 0
		for n < len(body) && isLetter(body[n]) {
			n++
		}
		t := parse(string(body[:n]))
		if n < len(body) && body[n] == end {
			n++
		} else {
			t.sealed = nil
		}
		if err := found(text[:at], t, body[n:]); err != nil {
			return err
		}
		text = body[n:]
	}
}

func isLetter(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_' || b == ':'
}

func parse(body string) (t token) {
	id, text, _ := strings.Cut(body, ":")
	if raw, err := hex.DecodeString(id); err != nil || len(raw) != idBytes {
		return t
	}
	t.key = id
	t.sealed, _ = base64.RawURLEncoding.DecodeString(text)
	return t
}
