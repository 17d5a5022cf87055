package api

import (
	"cmp"
	"hash/fnv"
	"math"
	"net/http"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

// subKey identifies a part of an instance: a token (element instance), subscription, incident or scope. It is shown as its key,
// and ordered by its instance first: that is the order in which lists find the parts.
type subKey struct {
	instance engine.Key
	key      engine.Key
}

func subKeyOf(info runner.InstanceInfo, id engine.ID) subKey {
	return subKey{info.Key, info.PartKey(id)}
}

// MarshalText shows the key.
func (k subKey) MarshalText() ([]byte, error) { return k.key.MarshalText() }

func (k subKey) String() string { return k.key.String() }

// compare orders by instance, then by the order in which the parts came into being.
func (k subKey) compare(other subKey) int {
	return cmp.Or(cmp.Compare(k.instance, other.instance), cmp.Compare(k.key, other.key))
}

// located adds to a key that a client gave the instance that it belongs to. The key of nothing is taken for that of an instance.
func (a *api) located(k subKey) (subKey, error) {
	instance, _, ok, err := a.engine.Locate(k.key)
	if k.instance = instance; !ok {
		k.instance = k.key
	}
	return k, err
}

// part reads the key of a part of an instance from the path, and the body, and looks for the instance. What is named in the path, such
// as "job", is in the error when it is not found.
func (a *api) part(w http.ResponseWriter, r *http.Request, what string, body any) (engine.Key, engine.ID, error) {
	key, err := pathKey(r, what+"Key")
	if err == nil {
		err = decode(w, r, body)
	}
	if err != nil {
		return 0, 0, err
	}
	instance, id, ok, err := a.engine.Locate(key)
	if err == nil && (!ok || id == 0) {
		err = problem(engine.CodeNotFound, "there is no %s %s", what, key)
	}
	return instance, id, err
}

// scopeKey is how variables name the scope that they are in: the instance, or the token whose flow node the scope is the
// inside of (an event sub-process has no such token: then the scope itself).
func scopeKey(info runner.InstanceInfo, s engine.Scope) subKey {
	switch {
	case s.Parent == 0:
		return subKey{info.Key, info.Key}
	case s.Token != 0:
		return subKeyOf(info, s.Token)
	default:
		return subKeyOf(info, s.ID)
	}
}

// variableKey identifies a variable, which has no number of its own: by a hash of its place.
func variableKey(scope subKey, name string) engine.Key {
	h := fnv.New64a()
	_, _ = h.Write([]byte(scope.String() + "/" + name)) // a hash does not fail
	return engine.Key(h.Sum64() & math.MaxInt64)
}
