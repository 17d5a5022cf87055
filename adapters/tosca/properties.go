package tosca

import (
	"slices"

	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// NodeTemplate is a node template.
type NodeTemplate struct {
	Identifier
	Type        string
	TypeVersion string // "" if it is not given
	Description string
	Properties  map[string]any // functions in them are evaluated
	// Value is the whole node template as JSON values: as it was written, with name and version.
	Value map[string]any
}

// NodeTemplates are all node templates, in the order of the template.
func (t *ServiceTemplate) NodeTemplates() []NodeTemplate {
	all := make([]NodeTemplate, len(t.nodes))
	for i, n := range t.nodes {
		all[i] = n.export()
	}
	return all
}

func (n *nodeTemplate) export() NodeTemplate {
	value := n.node.object()
	value["name"], value["version"] = n.id.Name, n.id.Version
	properties, _ := value["properties"].(map[string]any)
	if n.evaluated != nil {
		properties = n.evaluated
	}
	return NodeTemplate{
		Identifier: n.id, Type: n.fields["type"].string(), TypeVersion: n.fields["type_version"].string(), Description: n.fields["description"].string(),
		Properties: clone(properties), Value: value,
	}
}

// IsControlLoop says whether the node template of a name and version defines a control loop.
func (t *ServiceTemplate) IsControlLoop(id Identifier) bool { return t.isNode(id, controlLoopType) }

// IsElement says whether the node template of a name and version defines an element of a control loop.
func (t *ServiceTemplate) IsElement(id Identifier) bool { return t.isNode(id, elementType) }

func (t *ServiceTemplate) isNode(id Identifier, name string) bool {
	n := t.node(id)
	return n != nil && n.kind.is(name)
}

// node is the node template of a name and version, nil if there is none.
func (t *ServiceTemplate) node(id Identifier) *nodeTemplate {
	return t.byID[id]
}

// Properties gives the definitions of a node template's properties as its type has them, by name: those that are common to all
// instances of a loop, whose metadata says common: true, or those that each instance gives. nil if there is no such node template.
func (t *ServiceTemplate) Properties(id Identifier, common bool) map[string]any {
	n := t.node(id)
	if n == nil {
		return nil
	}
	definitions := map[string]any{}
	for _, p := range n.kind.allProperties() {
		if p.common() == common {
			definitions[p.name] = p.node.plain()
		}
	}
	return definitions
}

// common says whether a property has one value for all instances. CLAMP writes true, and "true" where it went through its JSON.
func (p *property) common() bool { return p.is("common") }

// is says whether the metadata of a property has a mark.
func (p *property) is(name string) bool {
	mark := p.metadata.field(name)
	if mark == nil {
		return false
	}
	value, _ := boolean(mark)
	return value
}

// CheckInstance checks the values that an instance gives to the properties of an element, or of a control loop. What the definition gives
// need not be given again; common properties may be given with the definition's value only. The error is [Problems] whose paths
// begin at the values.
func (t *ServiceTemplate) CheckInstance(element Identifier, values map[string]any) error {
	f := &findings{}
	t.checkInstance(f, element, fromPlain(values))
	return f.errors()
}

// Masked gives the values of an element's properties with those masked that are sensitive, and not sealed: they are from before it was said so.
func (t *ServiceTemplate) Masked(element Identifier, values map[string]any) map[string]any {
	n := fromPlain(values)
	texts := map[*node]any{}
	for _, v := range t.checkInstance(&findings{}, element, n) {
		texts[v.at] = secret.Masked
	}
	return n.copyWith(texts).object()
}

// checkInstance returns the values that are to be sealed.
func (t *ServiceTemplate) checkInstance(f *findings, element Identifier, values *node) []secretValue {
	n := t.node(element)
	if n == nil {
		f.errorf(values, "there is no node template %s", element)
		return nil
	}
	c := newChecker(f, t.libraries, nil)
	c.original, c.literal = builtin().library, true
	if !c.isObject(values, "names with values") || n.kind == nil {
		return nil
	}
	own := n.fields["properties"]
	c.hideFields(values, n.kind)
	shape := c.shape(values, n.kind)
	given := c.assign(values, shape)
	kept := map[*node]any{}
	for _, p := range shape.properties {
		value, there := given[p], own.field(p.name)
		switch {
		case !value.isNull() && p.common() && value.text == secret.Masked && there != nil && secret.Sealed(there.text):
			kept[value] = there.text
		case !value.isNull() && p.common() && !there.isNull() && !there.equal(value):
			c.errorf(value, "%s is common to all instances, and the definition gives %s", p.name, describe(there)).hint("leave it out")
		case !value.isNull():
			c.value(value, &p.schema)
		case p.required && p.initial == nil && there.isNull() && !c.spelt(own, p):
			c.errorf(values, "property %s is missing", p.name).hint("%s says that it is required: %s", n.kind.id.Name, p.schema.name)
		}
	}
	all := c.secrets()
	for i, v := range all {
		if text, is := kept[v.at]; is {
			all[i].value = text
		}
	}
	return all
}

// spelt says whether the definition gives a property by another spelling.
func (c *checker) spelt(own *node, p *property) bool {
	return own != nil && slices.ContainsFunc(own.items, func(item *node) bool { return snake(item.key) == snake(p.name) && !item.isNull() })
}
