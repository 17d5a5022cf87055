package tosca

import (
	"cmp"
	"maps"
	"slices"
)

// functions are those that may stand for a value (TOSCA 1.3 §4). get_input is followed; what others give is known at run time only.
var functions = []string{"get_input", "get_property", "get_attribute", "get_operation_output", "get_nodes_of_type", "get_artifact", "concat", "join", "token"}

// isFunction says whether a value is a call of a function.
func isFunction(n *node) bool {
	return n.kind == object && len(n.items) == 1 && slices.Contains(functions, n.items[0].key)
}

// function checks what a call names, as far as it is known before run time.
func (c *checker) function(n *node) {
	call := n.items[0]
	switch call.key {
	case "get_input":
		name := call
		if call.kind == list && len(call.items) > 0 {
			name = call.items[0]
		}
		if c.inputs[name.string()] == nil {
			c.errorf(name, "there is no input %s", cmp.Or(name.string(), describe(name))).hint("%s", c.suggest(name.text, func() []string { return slices.Collect(maps.Keys(c.inputs)) }))
		}
	case "get_property", "get_attribute":
		if call.kind != list || len(call.items) < 2 {
			c.errorf(call, "%s takes a list: the node template, then the property", call.key)
		} else if owner := call.items[0].string(); !slices.Contains([]string{"SELF", "SOURCE", "TARGET", "HOST"}, owner) && c.byName[owner] == nil {
			c.errorf(call.items[0], "there is no node template %s", cmp.Or(owner, describe(call.items[0]))).hint("%s", c.suggestNode(owner))
		}
	}
}

// resolve follows get_input to the input's default, which is its value: control loops have no other. nil if it has none.
func (c *checker) resolve(n *node) *node {
	if n == nil || !isFunction(n) || n.items[0].key != "get_input" {
		return n
	}
	if input := c.inputs[n.items[0].string()]; input != nil {
		return input.initial
	}
	return nil
}
