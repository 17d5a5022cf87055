package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/sonata-bpmn/sonata/engine"
	"github.com/sonata-bpmn/sonata/engine/runner"
)

const (
	maxValue  = 8192 // bytes of a variable's value that are shown unless all of it is asked for
	maxOwners = 100  // instances whose variables are read for one search
)

// variable is one variable of one scope. Its value is JSON, in a string.
type variable struct {
	VariableKey            engine.Key `json:"variableKey"`
	Name                   string     `json:"name"`
	Value                  string     `json:"value"`
	IsTruncated            bool       `json:"isTruncated"`
	ScopeKey               subKey     `json:"scopeKey"`
	ProcessInstanceKey     engine.Key `json:"processInstanceKey"`
	RootProcessInstanceKey engine.Key `json:"rootProcessInstanceKey"`
	TenantID               string     `json:"tenantId"`
}

// variables are searched by what is shown: asking for the value of a secret finds out nothing.
var variables = &collection[variable]{
	name: "variables", key: "variableKey",
	fields: map[string]field[variable]{
		"variableKey":            keyField(func(v variable) engine.Key { return v.VariableKey }),
		"name":                   stringField(func(v variable) string { return v.Name }),
		"value":                  stringField(func(v variable) string { return v.Value }),
		"isTruncated":            boolField(func(v variable) bool { return v.IsTruncated }),
		"scopeKey":               subKeyField(func(v variable) subKey { return v.ScopeKey }),
		"processInstanceKey":     keyField(func(v variable) engine.Key { return v.ProcessInstanceKey }),
		"rootProcessInstanceKey": keyField(func(v variable) engine.Key { return v.RootProcessInstanceKey }),
		"tenantId":               stringField(func(v variable) string { return v.TenantID }),
	},
}

func (a *api) searchVariables(w http.ResponseWriter, r *http.Request) error {
	limit := maxValue
	switch r.URL.Query().Get("truncateValues") {
	case "", "true":
	case "false":
		limit = maxJSON
	default:
		return invalid("query parameter truncateValues must be true or false")
	}
	return search(ask{a, w, r}, variables, func(f filter) (source[variable], error) {
		selection := narrow(f.all)
		switch {
		case len(selection.Keys) == 0:
			return nil, invalid("say whose variables: filter by processInstanceKey or scopeKey")
		case len(selection.Keys) > maxOwners:
			return nil, invalid("ask for the variables of at most %d instances at once", maxOwners)
		}
		var found []variable
		for _, key := range selection.Keys {
			in, info, err := a.engine.Instance(key)
			if rejected(err, engine.CodeNotFound) {
				continue // a search for what is not there finds nothing
			} else if err != nil {
				return nil, err
			}
			found = append(found, variablesIn(in, info, limit)...)
		}
		slices.SortFunc(found, func(a, b variable) int { return cmp.Compare(a.VariableKey, b.VariableKey) })
		return slice(found), nil
	})
}

// variablesIn lists the variables of an instance, secrets masked.
func variablesIn(in *engine.Instance, info runner.InstanceInfo, limit int) (found []variable) {
	for _, scope := range in.Scopes {
		key := scopeKey(info, scope)
		for name, value := range mask(scope.Variables) {
			text, cut := truncate(jsonText(value), limit)
			found = append(found, variable{
				VariableKey: variableKey(key, name), Name: name, Value: text, IsTruncated: cut, ScopeKey: key,
				ProcessInstanceKey: info.Key, RootProcessInstanceKey: info.RootKey, TenantID: defaultTenant,
			})
		}
	}
	return found
}

// truncate cuts a text after a whole character.
func truncate(text string, limit int) (string, bool) {
	if len(text) <= limit {
		return text, false
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit], true
}

// setVariables writes variables where a token is: an operator's way to mend what an incident is about. The key may be that of
// the instance itself, for the variables of the process.
func (a *api) setVariables(w http.ResponseWriter, r *http.Request) error {
	var request struct {
		Variables json.RawMessage `json:"variables"`
		Local     bool            `json:"local"`
	}
	if err := decode(w, r, &request); err != nil {
		return err
	}
	variables, err := variablesOf(request.Variables)
	if err != nil {
		return err
	}
	if variables == nil {
		return invalid("field \"variables\" is missing: give an object with the variables to set")
	}
	instance, scope, err := a.scopeAt(r)
	if err != nil {
		return err
	}
	command := engine.SetVariables{Scope: scope, Variables: variables, Local: request.Local}
	if err := a.engine.SetVariables(r.Context(), instance, command); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// scopeAt finds the scope that variables of an element instance, or of an instance, are in: its own if it has one, else the
// one around it.
func (a *api) scopeAt(r *http.Request) (engine.Key, engine.ID, error) {
	key, err := pathKey(r, "elementInstanceKey")
	if err != nil {
		return 0, 0, err
	}
	missing := problem(engine.CodeNotFound, "there is no element instance %s", key)
	instance, id, ok, err := a.engine.Locate(key)
	if err == nil && !ok {
		err = missing
	}
	if err != nil {
		return 0, 0, err
	}
	in, info, err := a.engine.Instance(instance)
	if err != nil {
		return 0, 0, err
	}
	for _, scope := range in.Scopes {
		if scopeKey(info, scope).key == key {
			return instance, scope.ID, nil
		}
	}
	if t := in.Token(id); t != nil {
		return instance, t.Scope, nil
	}
	return 0, 0, missing
}
