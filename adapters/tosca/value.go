package tosca

import (
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// value checks a value against what it must be, and reports all that is wrong with it.
func (c *checker) value(n *node, s *schema) {
	switch {
	case n.broken || !c.spend(n, 1):
		return
	case secret.Sealed(n.text), n.hidden && n.text == secret.Masked: // which was right before it was sealed
		return
	case isFunction(n):
		if c.literal {
			c.errorf(n, "%s is a function, and an instance gives values", n.items[0].key).hint("functions stand in service templates")
		} else if known := c.resolve(n); known != nil && !isFunction(known) {
			c.value(known, s)
		}
		return
	case s.data != nil:
		c.dataValue(n, s.data)
	case primitives[s.name] != nil:
		c.plainValue(n, s.name, s)
	default:
		return // a type that is not there is reported where it is named
	}
	c.constrain(n, s.constraints, s.base(c))
}

// base is the plain type of a schema.
func (s *schema) base(c *checker) string {
	if s.data != nil {
		return c.primitiveOf(s.data)
	}
	return s.name
}

// plainValue checks a value of a plain type. Entries of lists and maps have the schema's type if it names one.
func (c *checker) plainValue(n *node, name string, s *schema) {
	if _, err := primitives[name](n); err != nil {
		text, hint, _ := strings.Cut(err.Error(), "; ")
		c.errorf(n, "%s", text).hint("%s", hint)
		return
	}
	if name != "list" && name != "map" {
		return
	}
	for _, item := range n.items {
		if s.key != nil && name == "map" {
			key := &node{value: item.key, text: item.key, at: item.name().at, parent: n, key: item.key}
			c.value(key, s.key)
		}
		if s.entry != nil {
			c.value(item, s.entry)
		}
	}
}

// dataValue checks a value of a data type: of the plain type that it is derived from, else field by field.
func (c *checker) dataValue(n *node, t *typeDef) {
	base := c.primitiveOf(t)
	if base == "" {
		c.fieldsValue(n, t)
		return
	}
	entries := schema{}
	t.chain(func(t *typeDef) bool {
		entries.entry, entries.key = orElse(entries.entry, t.own.entry), orElse(entries.key, t.own.key)
		return true
	})
	c.plainValue(n, base, &entries)
	t.chain(func(t *typeDef) bool {
		c.constrain(n, t.own.constraints, base)
		return true
	})
}

func orElse(s, other *schema) *schema {
	if s != nil {
		return s
	}
	return other
}

// fieldsValue checks a value that has properties. An identifier may be written as name:version.
func (c *checker) fieldsValue(n *node, t *typeDef) {
	if n.kind == object {
		c.properties(n, t)
		return
	}
	if text, ok := n.value.(string); ok && t.is(identifierType) {
		if name, version, found := strings.Cut(text, ":"); found && name != "" && version != "" {
			return
		}
	}
	err := wrong(n, "names with values, as "+t.id.Name+" says")
	c.errorf(n, "%v", err).hint("%s", "its fields are "+strings.Join(propertyNames(t.allProperties()), ", "))
}

func propertyNames(properties []*property) []string {
	all := make([]string, len(properties))
	for i, p := range properties {
		all[i] = p.name
	}
	return all
}

func (c *checker) constrain(n *node, constraints []*constraint, base string) {
	read := primitives[base]
	if read == nil {
		return
	}
	if _, err := read(n); err != nil {
		return // its type is wrong, which is reported
	}
	for _, k := range constraints {
		if !c.spend(n, k.cost(n)) {
			return
		}
		if text := k.breach(n, read); text != "" {
			c.errorf(n, "%s %s", describe(n), text)
		}
	}
}

// shape is the properties of a type, its own and the inherited ones.
type shape struct {
	kind               *typeDef
	properties         []*property
	byName, bySpelling map[string]*property
}

// shape gives the properties of a type, which are gathered once for a document. They are none when there are no steps left.
func (c *checker) shape(at *node, t *typeDef) *shape {
	s := c.shapes[t]
	if s != nil {
		return s
	}
	s = &shape{kind: t, byName: map[string]*property{}, bySpelling: map[string]*property{}}
	all := t.allProperties()
	if c.spend(at, 2*len(all)) {
		s.properties = all
	}
	for _, p := range s.properties {
		s.byName[p.name], s.bySpelling[snake(p.name)] = p, p
	}
	c.shapes[t] = s
	return s
}

// properties checks the values that an entity gives to the properties of its type. What it does not give and must is reported
// at the entity.
func (c *checker) properties(n *node, t *typeDef) {
	shape := c.shape(n, t)
	if !c.spend(n, 1+len(shape.properties)) {
		return
	}
	given := c.assign(n, shape)
	for _, p := range shape.properties {
		value := given[p]
		switch {
		case !value.isNull():
			c.value(value, &p.schema)
		case p.required && p.initial == nil:
			c.errorf(n, "property %s is missing", p.name).hint("%s says that it is required: %s", t.id.Name, p.schema.name)
		}
	}
}

// assign finds the property that each field gives a value to. A property may be spelt otherwise; one that the type does not have but a type
// derived from it has is tolerated.
func (c *checker) assign(n *node, s *shape) map[*property]*node {
	given := make(map[*property]*node, len(n.items))
	for _, item := range n.items {
		if p := s.byName[item.key]; p != nil {
			given[p] = item
		}
	}
	for _, item := range n.items {
		if s.byName[item.key] != nil {
			continue
		}
		if p := s.bySpelling[snake(item.key)]; p != nil && given[p] == nil {
			c.warnf(item.name(), "%q is read as %s", item.key, p.name).hint("write %s", p.name)
			given[p] = item
			continue
		}
		c.unknown(item, s.kind)
	}
	return given
}

// unknown reports a property that a type does not have. That a more special type has it, or that CLAMP's own type of the name has it, is
// tolerated: templates in use give cds_blueprint_id to a plain ControlLoopElement.
func (c *checker) unknown(item *node, t *typeDef) {
	if other := c.narrower(t, item.key); other != "" {
		c.warnf(item.name(), "%s has no property %s", t.id.Name, item.key).hint("%s has it", other)
		return
	}
	original := find([]library{c.original}, t.section, Identifier{Name: t.id.Name})
	if slices.Contains(propertyNames(original.allProperties()), item.key) {
		c.warnf(item.name(), "%s has no property %s here", t.id.Name, item.key).hint("define it, as CLAMP does")
		return
	}
	c.errorf(item.name(), "%s has no property %s", t.id.Name, item.key).
		hint("%s", c.suggest(item.key, func() []string { return propertyNames(t.allProperties()) }))
}

// narrower names a type derived from t that has a property of a name.
func (c *checker) narrower(t *typeDef, property string) string {
	found := ""
	if !c.spend(t.node, len(c.types)) {
		return ""
	}
	for _, l := range c.libraries {
		for _, versions := range l[t.section] {
			for _, d := range versions {
				if d != t && d.is(t.id.Name) && slices.Contains(propertyNames(d.properties), property) && (found == "" || d.id.Name < found) {
					found = d.id.Name
				}
			}
		}
	}
	return found
}
