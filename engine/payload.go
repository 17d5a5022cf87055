package engine

import (
	"maps"
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// What an event brings or sends is an object whose fields are variables, or, where the model has a data input or output for
// it, the value of one variable (§10.4.1: the data inputs and outputs of events).

// payload is the name of that variable for one event definition of a node, "" where the fields are variables.
func (n *node) payload(definition int) string {
	if definition < len(n.source.Payloads) {
		return n.source.Payloads[definition]
	}
	return ""
}

// spread makes an object of data: a value that is none becomes the field "data".
func spread(data any) map[string]any {
	switch data := data.(type) {
	case nil:
		return nil
	case map[string]any:
		return data
	}
	return map[string]any{"data": data}
}

// whole is what spread made the object of; an object whose only field is "data" with a scalar or a list is taken for one
// that spread made.
func whole(object map[string]any) any {
	if value, ok := object["data"]; ok && len(object) == 1 {
		if _, nested := value.(map[string]any); !nested {
			return value
		}
	}
	if object == nil {
		return nil
	}
	return object
}

// brought are the variables of what an event definition brings.
func (n *node) brought(definition int, variables map[string]any) map[string]any {
	if name := n.payload(definition); name != "" {
		return map[string]any{name: whole(variables)}
	}
	return variables
}

// sent is what an event definition sends: what its input mappings made, or the one variable of them that is its data.
func (s *step) sent(n *node, definition int, t Token) map[string]any {
	if name := n.payload(definition); name != "" {
		return spread(s.local(t)[name])
	}
	if len(n.inputs) == 0 {
		return nil
	}
	return s.mapped(n, t)
}

// describes says whether results may have names beside the variables, such as `event`: only where output mappings choose
// among them.
func (n *node) describes() bool { return len(n.outputs) > 0 && n.source.Results != bpmn.ResultsAll }

// caught are the variables that an error or escalation brings to its catcher. `error` describes an error to output
// mappings.
func (n *node) caught(is func(*definition) bool, e thrownError) map[string]any {
	i := slices.IndexFunc(n.definitions, func(d *definition) bool { return is(d) && d.code == e.code })
	if i < 0 {
		i = slices.IndexFunc(n.definitions, func(d *definition) bool { return is(d) && d.code == "" })
	}
	d := n.definitions[i]
	results := maps.Clone(n.brought(i, e.variables))
	set := func(name string, value any) {
		if name == "" {
			return
		}
		if results == nil {
			results = map[string]any{}
		}
		results[name] = value
	}
	set(d.source.CodeVariable, e.code)
	set(d.source.MessageVariable, e.text)
	if isError(d) && n.describes() {
		set("error", map[string]any{"code": e.code, "message": e.text})
	}
	return results
}
