package tosca

import (
	"cmp"
	"maps"
	"slices"
)

// nodeTemplate is one node template of the topology.
type nodeTemplate struct {
	id     Identifier
	kind   *typeDef // nil if it is not there, which is an error
	node   *node
	fields map[string]*node
	// evaluated is its properties with the values of functions; nil if no function is called.
	evaluated map[string]any
}

// topology reads the topology template: inputs, node templates, relationship templates, policies.
func (c *checker) topology(n *node) {
	if n.isNull() || !c.isObject(n, "a topology template, with node_templates") {
		return
	}
	fields := c.fields(n, topologyWords)
	for _, input := range c.readProperties(fields["inputs"]) {
		c.inputs[input.name] = input
		c.hideDefault(input)
		c.checkProperty(input)
	}
	for _, entity := range c.entities(fields["node_templates"], "node templates") {
		c.readNodeTemplate(entity)
	}
	for _, t := range c.nodes {
		c.hideNodeTemplate(t)
	}
	for _, t := range c.nodes {
		c.checkNodeTemplate(t)
	}
	for _, t := range c.nodes {
		if properties := t.fields["properties"]; properties.calls() {
			t.evaluated, _ = c.evaluated(properties).(map[string]any)
		}
	}
	for _, entity := range c.entities(fields["relationship_templates"], "relationship templates") {
		f := c.fields(entity, nodeTemplateWords)
		c.hideEntity(f, relationshipTypes)
		c.typed(entity, f, relationshipTypes)
	}
	for _, entity := range c.entities(fields["policies"], "policies") {
		f := c.fields(entity, policyWords)
		c.policies = append(c.policies, entity)
		c.hideEntity(f, policyTypes)
		c.typed(entity, f, policyTypes)
		c.checkTargets(f["targets"], fields["groups"])
	}
}

func (c *checker) readNodeTemplate(n *node) {
	fields := c.fields(n, nodeTemplateWords)
	t := &nodeTemplate{id: c.identity(n, fields), node: n, fields: fields}
	if other := c.nodeTemplate(t.id); other != nil {
		c.errorf(n.name(), "%s is there twice", t.id)
	}
	c.nodes = append(c.nodes, t)
	c.byID[t.id], c.byName[t.id.Name] = t, t
}

// nodeTemplate gives the node template of a name and version, nil if there is none.
func (c *checker) nodeTemplate(id Identifier) *nodeTemplate {
	return c.byID[id]
}

// suggestNode names the node template that may be meant.
func (c *checker) suggestNode(written string) string {
	return c.suggest(written, func() []string { return slices.Collect(maps.Keys(c.byName)) })
}

// hideNodeTemplate hides what is sensitive in a node template and its capabilities.
func (c *checker) hideNodeTemplate(t *nodeTemplate) {
	c.hideEntity(t.fields, nodeTypes)
	known := c.kindOf(t).capabilities()
	if capabilities := t.fields["capabilities"]; capabilities != nil {
		for _, item := range capabilities.items {
			kind := find(c.libraries, capabilityTypes, Identifier{Name: known[item.key]})
			if properties := item.field("properties"); kind != nil && !properties.isNull() {
				c.hideFields(properties, kind)
			}
		}
	}
}

func (c *checker) checkNodeTemplate(t *nodeTemplate) {
	t.kind = c.typed(t.node, t.fields, nodeTypes)
	c.checkRequirements(t.fields["requirements"])
	capabilities := t.fields["capabilities"]
	if t.kind == nil || !c.isObjectOrNull(capabilities, "names with capabilities") {
		return
	}
	known := t.kind.capabilities()
	for _, item := range capabilities.items {
		kind := find(c.libraries, capabilityTypes, Identifier{Name: known[item.key]})
		switch properties := item.field("properties"); {
		case known[item.key] == "":
			c.warnf(item.name(), "%s has no capability %s", t.kind.id.Name, item.key)
		case kind != nil && c.isObjectOrNull(properties, "names with values"):
			c.properties(properties, kind)
		}
	}
}

// typed finds the type of an entity and checks its properties against it.
func (c *checker) typed(n *node, fields map[string]*node, section string) *typeDef {
	name := c.textNode(fields["type"])
	if name == nil {
		if fields["type"].isNull() {
			c.errorf(n.name(), "%s has no type", n.key).hint("add type: one of the %s", section)
		}
		return nil
	}
	id := Identifier{name.text, fields["type_version"].string()}
	kind := find(c.libraries, section, id)
	if kind == nil {
		if !isRoot(id.Name) {
			c.errorf(name, "there is no %s among the %s", id.Name, section).hint("%s", c.suggestType(section, id.Name))
		}
		return nil
	}
	if id.Version != "" && kind.id.Version != id.Version {
		c.warnf(fields["type_version"], "%s has the version %s, which is used", id.Name, kind.id.Version).hint("write type_version: %s", kind.id.Version)
	}
	properties := fields["properties"]
	if properties.isNull() {
		c.properties(&node{kind: object, at: n.name().at, parent: n, key: "properties"}, kind)
	} else if c.isObject(properties, "names with values") {
		c.properties(properties, kind)
	}
	return kind
}

// checkRequirements finds the node templates that requirements name (TOSCA 1.3 §3.8.2). What they name may be a node type instead.
func (c *checker) checkRequirements(n *node) {
	if n.isNull() {
		return
	}
	if n.kind != list {
		c.errorf(n, "%v", wrong(n, "a list of requirements"))
		return
	}
	for _, clause := range n.items {
		if !c.isObject(clause, "a requirement, such as host: my_server") {
			continue
		}
		for _, item := range clause.items {
			target := item
			if item.kind == object {
				target = item.field("node")
			}
			if name := c.textNode(target); name != nil && c.byName[name.text] == nil &&
				find(c.libraries, nodeTypes, Identifier{Name: name.text}) == nil {
				c.errorf(name, "requirement %s names %s, which is no node template", item.key, name.text).hint("%s", c.suggestNode(name.text))
			}
		}
	}
}

// checkTargets finds the node templates and groups that a policy is for.
func (c *checker) checkTargets(n, groups *node) {
	if n.isNull() {
		return
	}
	if n.kind != list {
		c.errorf(n, "%v", wrong(n, "a list of node templates"))
		return
	}
	for _, target := range n.items {
		if c.byName[target.string()] == nil && groups.field(target.string()) == nil {
			c.errorf(target, "the policy is for %s, which is no node template", cmp.Or(target.string(), describe(target))).hint("%s", c.suggestNode(target.text))
		}
	}
}
