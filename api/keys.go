package api

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"strings"

	"github.com/sonata-bpmn/sonata/engine"
)

const (
	instanceDigits = 19 // of any engine.Key
	idDigits       = 6  // at least
)

// subKey identifies a token, subscription or incident over all instances. An engine.ID is unique in its instance only, so a
// subKey is the instance's key in 19 digits followed by the ID in six or more. Camunda's clients take keys of up to 25 digits;
// the one in Java wants 64-bit numbers, which these are not.
type subKey string

func subKeyOf(instance engine.Key, id engine.ID) subKey {
	return subKey(fmt.Sprintf("%0*d%0*d", instanceDigits, instance, idDigits, id))
}

// split is the reverse of subKeyOf; ok is false if k cannot be the key of anything.
func (k subKey) split() (instance engine.Key, id engine.ID, ok bool) {
	if len(k) < instanceDigits+idDigits {
		return 0, 0, false
	}
	instance, err := engine.ParseKey(string(k[:instanceDigits]))
	low, lowErr := engine.ParseKey(string(k[instanceDigits:]))
	id = engine.ID(low)
	return instance, id, err == nil && lowErr == nil && instance > 0 && id >= 0 && subKeyOf(instance, id) == k
}

// instance is the instance that k belongs to, or is the key of. It is 0 if there can be none.
func (k subKey) instance() engine.Key {
	if len(k) <= instanceDigits {
		key, _ := engine.ParseKey(string(k)) // 0 if it is none
		return key
	}
	instance, _, _ := k.split()
	return instance
}

// compare orders by instance, then by ID.
func (k subKey) compare(other subKey) int {
	a, b := k[:min(len(k), instanceDigits)], other[:min(len(other), instanceDigits)]
	return cmp.Or(
		cmp.Compare(len(a), len(b)), strings.Compare(string(a), string(b)),
		cmp.Compare(len(k), len(other)), strings.Compare(string(k), string(other)))
}

// scopeKey is how variables name the scope that they are in: the instance, or the token whose flow node the scope is the
// inside of (an event sub-process has no such token: then the scope itself).
func scopeKey(in *engine.Instance, s engine.Scope) subKey {
	switch {
	case s.Parent == 0:
		return subKey(in.Key.String())
	case s.Token != 0:
		return subKeyOf(in.Key, s.Token)
	default:
		return subKeyOf(in.Key, s.ID)
	}
}

// scopeOf finds the scope that a scopeKey names.
func scopeOf(in *engine.Instance, key subKey) (engine.ID, bool) {
	for _, s := range in.Scopes {
		if scopeKey(in, s) == key {
			return s.ID, true
		}
	}
	return 0, false
}

// variableKey identifies a variable, which has no number of its own: by a hash of its place.
func variableKey(scope subKey, name string) engine.Key {
	h := fnv.New64a()
	_, _ = h.Write([]byte(string(scope) + "/" + name)) // a hash does not fail
	return engine.Key(h.Sum64() & math.MaxInt64)
}
