package tosca

import (
	"slices"
)

// property is the definition of a property, an attribute or an input (TOSCA 1.3 §3.6.10).
type property struct {
	name      string
	node      *node
	schema    schema
	required  bool // true unless the definition says otherwise
	initial   *node
	metadata  *node
	sensitive bool // its values are secrets
}

// schema is what a value must be: a type, with constraints, and what the entries of a list or a map must be (§3.6.9).
type schema struct {
	name        string // of the type
	version     string
	node        *node
	typeNode    *node
	data        *typeDef // nil for a plain type, and for one that is not there
	constraints []*constraint
	key, entry  *schema
}

// readProperties reads definitions of properties.
func (c *checker) readProperties(n *node) []*property {
	if n.isNull() || !c.isObject(n, "names with property definitions") {
		return nil
	}
	var properties []*property
	for _, item := range n.items {
		if p := c.readProperty(item); p != nil {
			properties = append(properties, p)
		}
	}
	return properties
}

func (c *checker) readProperty(n *node) *property {
	if !c.isObject(n, "a property definition, such as {type: string}") {
		return nil
	}
	fields := c.fields(n, propertyWords)
	p := &property{name: n.key, node: n, required: true, initial: fields["default"], metadata: fields["metadata"]}
	p.sensitive = p.is("sensitive")
	if p.initial.isNull() {
		p.initial = nil
	}
	if required := fields["required"]; !required.isNull() {
		if value, ok := boolean(required); ok {
			p.required = value
		} else {
			c.errorf(required, "required is true or false, not %s", describe(required))
		}
	}
	if status := fields["status"]; !status.isNull() {
		if known := []string{"supported", "unsupported", "experimental", "deprecated"}; !slices.Contains(known, status.text) {
			c.errorf(status, "%s is no status", describe(status)).hint("%s", suggest(status.text, known))
		}
	}
	c.isObjectOrNull(p.metadata, "names with values")
	c.checkSensitive(p.metadata.field("sensitive"))
	p.schema = c.readSchemaFields(n, fields)
	if p.schema.typeNode == nil && fields["type"] == nil {
		c.errorf(n.name(), "property %s has no type", n.key).hint("add type: string, or what its values are")
	}
	return p
}

// checkSensitive refuses what is neither yes nor no of a property that may be meant to be a secret. What is stored was accepted before.
func (c *checker) checkSensitive(mark *node) {
	if _, ok := boolean(mark); !ok && mark != nil && !c.stored {
		c.errorf(mark, "sensitive is true or false, not %s", describe(mark)).hint("write true if the values are secrets, else leave it out")
	}
}

// readSchema reads an entry_schema or a key_schema: of TOSCA 1.3 an object, of 1.1 a type's name too.
func (c *checker) readSchema(n *node) *schema {
	switch {
	case n.isNull():
		return nil
	case n.kind == scalar:
		name := c.textNode(n)
		if name == nil {
			return nil
		}
		return &schema{name: name.text, node: n, typeNode: name}
	case !c.isObject(n, "a type, such as {type: string}"):
		return nil
	}
	s := c.readSchemaFields(n, c.fields(n, schemaWords))
	if s.typeNode == nil && n.field("type") == nil {
		c.errorf(n, "%s has no type", n.key).hint("add type: string, or what the entries are")
	}
	return &s
}

func (c *checker) readSchemaFields(n *node, fields map[string]*node) schema {
	s := schema{node: n, typeNode: c.textNode(fields["type"])}
	if s.typeNode != nil {
		s.name = s.typeNode.text
	}
	if version := c.textNode(fields["type_version"]); version != nil {
		s.version = version.text
	}
	s.constraints = c.readConstraints(fields["constraints"])
	s.key, s.entry = c.readSchema(fields["key_schema"]), c.readSchema(fields["entry_schema"])
	return s
}

// checkProperty checks a definition once all types are known: its types, its constraints, its default.
func (c *checker) checkProperty(p *property) {
	c.checkSchema(&p.schema)
	if p.initial != nil {
		c.value(p.initial, &p.schema)
	}
}

// checkSchema finds the types that a schema names.
func (c *checker) checkSchema(s *schema) {
	if s == nil {
		return
	}
	if s.typeNode != nil && primitives[s.name] == nil {
		if s.data = find(c.libraries, dataTypes, Identifier{s.name, s.version}); s.data == nil {
			c.errorf(s.typeNode, "data type %s is not there", s.name).
				hint("%s", c.suggest(s.name, func() []string { return append(names(c.libraries, dataTypes), primitiveNames...) }))
		}
	}
	c.checkSchema(s.key)
	c.checkSchema(s.entry)
	base := s.name
	if s.data != nil {
		base = c.primitiveOf(s.data)
	}
	if s.node.kind == object && s.typeNode != nil {
		for _, constraint := range s.constraints {
			c.checkConstraint(constraint, base)
		}
	}
	if s.entry != nil && !slices.Contains([]string{"", "list", "map"}, base) {
		c.warnf(s.entry.node.name(), "%s has no entries, so an entry_schema says nothing", base)
	}
}
