package tosca

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// functions are those that may stand for a value (TOSCA 1.3 §4). The first of them are evaluated; what the others give is known at run time
// only, of nodes that somebody has deployed, which control loops have not.
var functions = []string{"get_input", "get_property", "concat", "join", "token", "get_attribute", "get_operation_output", "get_nodes_of_type", "get_artifact"}

// isFunction says whether a value is a call of a function.
func isFunction(n *node) bool {
	return n.kind == object && len(n.items) == 1 && slices.Contains(functions, n.items[0].key)
}

// resolve gives the value that a call of a function has: of anything else, the node itself. nil if it has none, or if that cannot be known,
// which is reported at the place of the call.
func (c *checker) resolve(n *node) *node {
	if n == nil || !isFunction(n) {
		return n
	}
	call := n.items[0]
	switch {
	case !c.spend(n, 1):
		return nil
	case c.evaluating[n]:
		c.errorf(n, "%s refers to itself", call.key).hint("write the value")
		return nil
	}
	c.evaluating[n] = true
	defer delete(c.evaluating, n)
	var result *node
	switch call.key {
	case "get_input":
		result = c.getInput(call)
	case "get_property":
		result = c.getProperty(call)
	case "concat":
		result = c.texts(call, call).join(c, n, "")
	case "join":
		result = c.join(n, call)
	case "token":
		result = c.token(n, call)
	default:
		c.errorf(call.name(), "%s is known at run time only, and here is none", call.key).hint("write the value, or use %s", strings.Join(functions[:5], ", "))
	}
	if result != nil && result.isHidden() && !n.isHidden() {
		c.hide(n)
	}
	return result.standingAt(n)
}

// standingAt is a value as if it were written where its call stands.
func (n *node) standingAt(call *node) *node {
	if n == nil {
		return nil
	}
	moved := *n
	moved.hidden = n.isHidden()
	moved.at, moved.keyAt, moved.parent, moved.key, moved.index = call.at, call.keyAt, call.parent, call.key, call.index
	return &moved
}

// arguments are those of a call that takes a list of at least so many.
func (c *checker) arguments(call *node, least int, form string) []*node {
	if call.kind != list || len(call.items) < least {
		c.errorf(call, "%s takes a list: %s", call.key, form)
		return nil
	}
	return call.items
}

// getInput is the default of an input: control loops have no other value for it.
func (c *checker) getInput(call *node) *node {
	name, steps := call, []*node(nil)
	if call.kind == list && len(call.items) > 0 {
		name, steps = call.items[0], call.items[1:]
	}
	input := c.inputs[name.string()]
	switch {
	case input == nil:
		c.errorf(name, "there is no input %s", cmp.Or(name.string(), describe(name))).hint("%s", c.suggest(name.text, func() []string { return slices.Collect(maps.Keys(c.inputs)) }))
		return nil
	case input.initial == nil && input.required:
		c.errorf(name, "the input %s has no default, and nobody is asked for another value", input.name).hint("give it a default")
		return nil
	}
	return c.step(input.initial, steps)
}

// getProperty is the value of a property of a node template, or of a capability or the target of a requirement of it.
func (c *checker) getProperty(call *node) *node {
	path := c.arguments(call, 2, "the node template, then the property")
	if path == nil {
		return nil
	}
	owner := path[0].string()
	t := c.byName[owner]
	switch {
	case owner == "SELF":
		if t = c.ownerOf(call); t == nil {
			c.errorf(path[0], "SELF is no node template here").hint("name the node template")
			return nil
		}
	case slices.Contains([]string{"SOURCE", "TARGET", "HOST"}, owner):
		c.errorf(path[0], "%s is not followed", owner).hint("name the node template")
		return nil
	case t == nil:
		c.errorf(path[0], "there is no node template %s", cmp.Or(owner, describe(path[0]))).hint("%s", c.suggestNode(owner))
		return nil
	}
	if found, known := c.initialOf(t, path[1].string()); known {
		return c.step(found, path[2:])
	}
	if len(path) > 2 {
		if capability := t.fields["capabilities"].field(path[1].string()); capability != nil {
			return c.step(capability.field("properties"), path[2:])
		}
		if target := c.target(t, path[1].string()); target != nil {
			if found, known := c.initialOf(target, path[2].string()); known {
				return c.step(found, path[3:])
			}
		}
	}
	c.errorf(path[1], "%s has no property %s", t.id.Name, cmp.Or(path[1].string(), describe(path[1]))).
		hint("%s", c.suggest(path[1].text, func() []string { return propertyNames(c.kindOf(t).allProperties()) }))
	return nil
}

// ownerOf is the node template in which a node stands.
func (c *checker) ownerOf(n *node) *nodeTemplate {
	for ; n != nil; n = n.parent {
		if i := slices.IndexFunc(c.nodes, func(t *nodeTemplate) bool { return t.node == n }); i >= 0 {
			return c.nodes[i]
		}
	}
	return nil
}

// kindOf is the type of a node template, also before that was checked. nil if it is not there.
func (c *checker) kindOf(t *nodeTemplate) *typeDef {
	if t.kind != nil {
		return t.kind
	}
	return find(c.libraries, nodeTypes, Identifier{t.fields["type"].string(), t.fields["type_version"].string()})
}

// initialOf is what a node template, else its type, gives to a property, and whether it has such a one.
func (c *checker) initialOf(t *nodeTemplate, name string) (value *node, known bool) {
	if properties := t.fields["properties"]; properties != nil {
		for _, item := range properties.items {
			if snake(item.key) == snake(name) && !item.isNull() {
				return item, true
			}
		}
	}
	for _, p := range c.kindOf(t).allProperties() {
		if snake(p.name) == snake(name) {
			return p.initial, true
		}
	}
	return nil, false
}

// target is the node template that a requirement names, nil if it names none.
func (c *checker) target(t *nodeTemplate, requirement string) *nodeTemplate {
	for _, clause := range t.fields["requirements"].elements() {
		switch named := clause.field(requirement); {
		case named == nil:
		case named.kind == object:
			return c.byName[named.field("node").string()]
		default:
			return c.byName[named.string()]
		}
	}
	return nil
}
