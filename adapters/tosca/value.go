package tosca

import (
	"slices"
	"strings"
)

// value checks a value against what it must be, and reports all that is wrong with it.
func (c *checker) value(n *node, s *schema) {
	switch {
	case isFunction(n):
		c.function(n)
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
		if text := k.breach(n, read); text != "" {
			c.errorf(n, "%s %s", describe(n), text)
		}
	}
}

// properties checks the values that an entity gives to the properties of its type. What it does not give and must is reported
// at the entity.
func (c *checker) properties(n *node, t *typeDef) {
	defined := t.allProperties()
	given := c.assign(n, defined, t)
	for _, p := range defined {
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
func (c *checker) assign(n *node, defined []*property, t *typeDef) map[*property]*node {
	given := map[*property]*node{}
	for _, item := range n.items {
		if at := slices.IndexFunc(defined, func(p *property) bool { return p.name == item.key }); at >= 0 {
			given[defined[at]] = item
		}
	}
	for _, item := range n.items {
		if slices.ContainsFunc(defined, func(p *property) bool { return p.name == item.key }) {
			continue
		}
		at := slices.IndexFunc(defined, func(p *property) bool { return snake(p.name) == snake(item.key) })
		switch {
		case at >= 0 && given[defined[at]] == nil:
			c.warnf(item.name(), "%q is read as %s", item.key, defined[at].name).hint("write %s", defined[at].name)
			given[defined[at]] = item
		case c.narrower(t, item.key) != "":
			c.warnf(item.name(), "%s has no property %s", t.id.Name, item.key).hint("%s has it", c.narrower(t, item.key))
		default:
			c.errorf(item.name(), "%s has no property %s", t.id.Name, item.key).hint("%s", suggest(item.key, propertyNames(defined)))
		}
	}
	return given
}

// narrower names a type derived from t that has a property of a name.
func (c *checker) narrower(t *typeDef, property string) string {
	found := ""
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
