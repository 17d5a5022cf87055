package secret

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	keyBytes = 32 // AES-256
	idBytes  = 4
)

// Keys seal and open values. The zero value has none. It does not change, and may be used by several goroutines.
type Keys struct {
	from string // where they were read, for texts of errors
	all  []key  // the first one seals
}

// key is one key.
type key struct {
	id   string // says nothing of the key itself
	aead cipher.AEAD
}

// NewKey makes a line for a file of keys.
func NewKey() string {
	raw := make([]byte, keyBytes)
	_, _ = rand.Read(raw) // it never fails (crypto/rand)
	return hex.EncodeToString(raw)
}

// ParseKeys reads a file of keys: each a line of 64 hexadecimal digits. Empty lines, and those that begin with #, are left out. New values are
// sealed with the first; the others open what was sealed with them. from names the file. The error shows nothing of what stands there.
func ParseKeys(from string, text []byte) (*Keys, error) {
	keys := &Keys{from: from}
	for number, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		raw, err := hex.DecodeString(line)
		if err != nil || len(raw) != keyBytes {
			return nil, fmt.Errorf("%s:%d: a key is %d hexadecimal digits, such as `openssl rand -hex %d` makes", from, number+1, 2*keyBytes, keyBytes)
		}
		k, err := newKey(raw)
		if err != nil {
			return nil, err
		}
		keys.all = append(keys.all, k)
	}
	if len(keys.all) == 0 {
		return nil, fmt.Errorf("%s has no key; put one there, such as `openssl rand -hex %d` makes", from, keyBytes)
	}
	return keys, nil
}

func newKey(raw []byte) (key, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return key{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return key{}, err
	}
	digest := sha256.Sum256(append([]byte("sonata key id\n"), raw...))
	return key{hex.EncodeToString(digest[:idBytes]), aead}, nil
}

// Seal gives the sealed text of a JSON value. Each call gives another one.
func (k *Keys) Seal(value any) (string, error) {
	if k == nil || len(k.all) == 0 {
		return "", errors.New("there is no key to encrypt with")
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	first := k.all[0]
	sealed := first.aead.Seal(nil, nil, text, []byte(first.id)) //nolint:gosec // the nonce is random, and made by the AEAD itself
	return mark + first.id + ":" + base64.RawURLEncoding.EncodeToString(sealed) + string(end), nil
}

// Open gives a JSON document with the values in place of their sealed texts. One that is a whole string becomes the value that it was, one
// within a longer string its text. The error says which key is missing.
func (k *Keys) Open(document []byte) ([]byte, error) {
	if !SealedIn(document) {
		return document, nil
	}
	var opened []byte
	whole := false // the value has taken the place of the opening quote, and the closing one goes too
	add := func(text []byte) {
		if whole {
			text = text[1:]
		}
		opened = append(opened, text...)
	}
	err := each(document, func(before []byte, t token, after []byte) error {
		value, err := k.value(t)
		if err != nil {
			return err
		}
		add(before)
		if whole = isString(opened, after); whole {
			opened = opened[:len(opened)-1]
		} else {
			value = within(value)
		}
		opened = append(opened, value...)
		return nil
	}, add)
	if err == nil && !json.Valid(opened) {
		err = errors.New("an encrypted value stands where it cannot")
	}
	return opened, err
}

// isString says whether nothing else stands in a string: its quotes are before and after.
func isString(before, after []byte) bool {
	return bytes.HasSuffix(before, []byte(`"`)) && !bytes.HasSuffix(before, []byte(`\"`)) && bytes.HasPrefix(after, []byte(`"`))
}

// within is a JSON value as part of a string.
func within(value []byte) []byte {
	if value[0] == '"' {
		return value[1 : len(value)-1]
	}
	quoted, _ := json.Marshal(string(value)) //nolint:errchkjson // a string cannot fail
	return quoted[1 : len(quoted)-1]
}

// value is what was sealed, as JSON.
func (k *Keys) value(t token) ([]byte, error) {
	if t.sealed == nil {
		return nil, errors.New("an encrypted value is damaged")
	}
	var all []key
	from := "the file of keys"
	if k != nil {
		all, from = k.all, k.from
	}
	i := slices.IndexFunc(all, func(k key) bool { return k.id == t.key })
	if i < 0 {
		return nil, fmt.Errorf("it was encrypted with the key %s, which %s does not have; add that key there, below the first, and start Sonata again", t.key, from)
	}
	value, err := all[i].aead.Open(nil, nil, t.sealed, []byte(t.key))
	if err != nil {
		return nil, fmt.Errorf("an encrypted value is damaged: the key %s does not open it", t.key)
	}
	return value, nil
}
