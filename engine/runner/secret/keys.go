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
	return mark + first.id + ":" + base64.RawURLEncoding.EncodeToString(sealed) + ";", nil
}

// Open gives a message's data, a JSON object, with the values in place of the sealed texts within some of its fields, whose names are separated by commas:
// whoever wrote those fields meant their receiver to read them. "" is none. What is sealed anywhere else, or is part of a longer text, is an error: nobody may have Sonata open what it
// was given, and nobody gets it sealed. The error says too which key is missing.
func (k *Keys) Open(data []byte, names string) ([]byte, error) {
	if !SealedIn(data) {
		return data, nil
	}
	var fields map[string]json.RawMessage
	if names == "" || json.Unmarshal(data, &fields) != nil {
		return nil, errMisplaced
	}
	opened := strings.Split(strings.ReplaceAll(names, " ", ""), ",")
	for name, raw := range fields {
		sealedWithin := SealedIn(raw)
		if Sealed(name) || sealedWithin && !slices.Contains(opened, name) {
			return nil, errMisplaced
		}
		if !sealedWithin {
			continue
		}
		value, err := decode(raw)
		if err == nil {
			value, err = k.open(value)
		}
		if err == nil {
			fields[name], err = json.Marshal(value)
		}
		if err != nil {
			return nil, err
		}
	}
	return json.Marshal(fields)
}

var errMisplaced = errors.New("an encrypted value stands where its task does not say, in the header secrets, that it is opened")

// open gives a JSON value with the values in place of its sealed texts.
func (k *Keys) open(value any) (any, error) {
	var err error
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if Sealed(name) {
				return nil, errMisplaced
			}
			if v[name], err = k.open(inner); err != nil {
				return nil, err
			}
		}
	case []any:
		for i, inner := range v {
			if v[i], err = k.open(inner); err != nil {
				return nil, err
			}
		}
	case string:
		if Sealed(v) {
			return k.value(v)
		}
	}
	return value, nil
}

// Check says why the sealed texts in a JSON value cannot be opened, nil if they can.
func (k *Keys) Check(value any) error {
	text, err := json.Marshal(value)
	if err == nil && SealedIn(text) {
		if value, err = decode(text); err == nil {
			_, err = k.open(value)
		}
	}
	return err
}

// value is what was sealed.
func (k *Keys) value(text string) (any, error) {
	parts := whole.FindStringSubmatch(text)
	if parts == nil {
		return nil, errors.New("an encrypted value is part of a longer text, where it cannot be opened; let the task give it alone")
	}
	var all []key
	from := "the file of keys"
	if k != nil {
		all, from = k.all, k.from
	}
	id := parts[1]
	i := slices.IndexFunc(all, func(k key) bool { return k.id == id })
	if i < 0 {
		return nil, fmt.Errorf("it was encrypted with the key %s, which %s does not have; add that key there, below the first, and start Sonata again", id, from)
	}
	sealed, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err == nil {
		sealed, err = all[i].aead.Open(nil, nil, sealed, []byte(id))
	}
	if err != nil {
		return nil, fmt.Errorf("an encrypted value is damaged: the key %s does not open it", id)
	}
	return decode(sealed)
}

// decode reads JSON, and leaves numbers as they are.
func decode(text []byte) (value any, err error) {
	reader := json.NewDecoder(bytes.NewReader(text))
	reader.UseNumber()
	return value, reader.Decode(&value)
}
