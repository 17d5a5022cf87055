package tosca

import (
	"slices"
	"strings"

	"github.com/sonata-bpmn/sonata/engine/runner/secret"
)

// Seal gives the text that is kept in place of a sensitive value, which stands at path, a JSON Pointer. It is given JSON values. Its
// error is a fault of the value.
type Seal func(path string, value any) (string, error)

// markSensitive finds the properties whose values are secrets: their metadata says sensitive: true, as in ONAP's ACM. So may the properties of
// types of every kind, data types included; a derived type that defines one anew cannot take it back. Inputs say it for themselves.
func (c *checker) markSensitive() {
	for _, t := range c.types {
		for _, p := range t.properties {
			t.chain(func(above *typeDef) bool {
				p.sensitive = c.spend(p.node, len(above.properties)) && slices.ContainsFunc(above.properties, func(other *property) bool {
					return other.name == p.name && other.is("sensitive")
				})
				return !p.sensitive
			})
		}
	}
}

// secretValue is a value that is to be sealed: of a sensitive property, or a call of a function that gives such a one, or a part or a text of it.
type secretValue struct {
	at    *node
	value any // functions are evaluated
}

// hide notes that a value is sensitive. That is done before anything is said of a document.
func (c *checker) hide(n *node) {
	if !n.isNull() {
		n.hidden = true
		c.sensitive = append(c.sensitive, n)
	}
}

// hideDefault hides what is sensitive in the default of a property or an input.
func (c *checker) hideDefault(p *property) {
	switch {
	case p.initial == nil:
	case p.sensitive:
		c.hide(p.initial)
	default:
		c.hideIn(p.initial, &p.schema)
	}
}

// hideEntity hides what is sensitive in the properties of an entity.
func (c *checker) hideEntity(fields map[string]*node, section string) {
	kind := find(c.libraries, section, Identifier{fields["type"].string(), fields["type_version"].string()})
	if properties := fields["properties"]; kind != nil && !properties.isNull() {
		c.hideFields(properties, kind)
	}
}

// hideFields hides what is sensitive in values that have the properties of a type, however they are spelt.
func (c *checker) hideFields(n *node, t *typeDef) {
	s := c.shape(n, t)
	for _, item := range n.items {
		p := s.byName[item.key]
		if p == nil {
			p = s.bySpelling[snake(item.key)]
		}
		switch {
		case p == nil: // it may be tolerated, see unknown
			if narrower := find(c.libraries, t.section, Identifier{Name: c.narrower(t, item.key)}); slices.ContainsFunc(narrower.allProperties(), func(p *property) bool {
				return p.name == item.key && p.sensitive
			}) {
				c.hide(item)
			} else {
				c.hideMasked(item)
			}
		case p.sensitive:
			c.hide(item)
		default:
			c.hideIn(item, &p.schema)
		}
	}
}

// hideIn hides what is sensitive in a value: what its data type says. Where something else stands than that, it may be a secret at a wrong place.
func (c *checker) hideIn(n *node, s *schema) {
	if n.isNull() || !c.spend(n, 1) {
		return
	}
	data, entry := c.dataType(s), c.entryOf(s)
	switch {
	case isFunction(n), n.text == secret.Masked:
		c.hideMasked(n)
	case data != nil && c.primitiveOf(data) == "" && n.kind == object:
		c.hideFields(n, data)
	case entry != nil && n.kind != scalar:
		for _, item := range n.items {
			c.hideIn(item, entry)
		}
	default:
		n.hidden = c.leads(n, s, map[*typeDef]bool{})
		c.hideMasked(n)
	}
}

// hideMasked hides what is shown in place of a sensitive value, wherever it is sent back: where a function stood, the property itself is none.
func (c *checker) hideMasked(n *node) {
	if n.text == secret.Masked {
		c.hide(n)
	}
	for _, item := range n.items {
		c.hideMasked(item)
	}
}

// dataType is the data type that a schema names, nil if it is a plain one, or none.
func (c *checker) dataType(s *schema) *typeDef {
	if s.data != nil || primitives[s.name] != nil {
		return s.data
	}
	return find(c.libraries, dataTypes, Identifier{s.name, s.version})
}

// entryOf is what entries must be, nil if there are none.
func (c *checker) entryOf(s *schema) *schema {
	entry := s.entry
	c.dataType(s).chain(func(t *typeDef) bool {
		entry = orElse(entry, t.own.entry)
		return true
	})
	return entry
}

// leads says whether values of a schema have sensitive values within them. seen are the types that are looked into already: they may lead back to
// themselves, by their properties and by their entries. What takes too long to look into is taken for sensitive.
func (c *checker) leads(at *node, s *schema, seen map[*typeDef]bool) bool {
	switch {
	case s == nil:
		return false
	case !c.spend(at, 1), c.leads(at, s.entry, seen):
		return true
	}
	data := c.dataType(s)
	if data == nil || seen[data] {
		return false
	}
	seen[data] = true
	return slices.ContainsFunc(c.shape(at, data).properties, func(p *property) bool { return p.sensitive || c.leads(at, &p.schema, seen) }) ||
		c.leads(at, c.entryOf(&schema{data: data}), seen)
}

// isHidden says whether a node is a sensitive value, or within one.
func (n *node) isHidden() bool {
	for ; n != nil; n = n.parent {
		if n.hidden {
			return true
		}
	}
	return false
}

// secrets are the values that are to be sealed. Of what is stored, calls stay that are left as they stand, or give what has a sealed text within it.
func (c *checker) secrets() []secretValue {
	var all []secretValue
	for _, n := range c.sensitive {
		if secret.Sealed(n.text) || c.isLeft(n) {
			continue
		}
		value := c.evaluated(n)
		if _, isText := value.(string); c.stored && !isText && secret.In(value) {
			if isFunction(n) {
				continue
			}
			value = n.plain()
		}
		all = append(all, secretValue{n, value})
	}
	return all
}

// seal makes the sealed texts of sensitive values.
func (f *findings) seal(values []secretValue, seal Seal) map[*node]any {
	texts := map[*node]any{}
	for _, v := range values {
		if text, _ := v.value.(string); secret.Sealed(text) { // by the template that is commissioned already, whose default it is
			texts[v.at] = text
			continue
		}
		if secret.In(v.value) {
			f.errorf(v.at, "a sensitive value that is commissioned already cannot be part of another one").hint("write the value")
			continue
		}
		text, err := seal(v.at.path(), v.value)
		if err != nil {
			f.errorf(v.at, "%v", err)
		}
		texts[v.at] = text
	}
	return texts
}

// Sealed gives the service template with a sealed text in place of each sensitive value: those of properties in node templates, policies
// and so on, defaults, and what functions make of one. known are those that it was parsed with. The error is [Problems]: of seal, and where a
// function brings a value into a sensitive property from a place that is not sensitive.
func (t *ServiceTemplate) Sealed(seal Seal, known ...*ServiceTemplate) (*ServiceTemplate, error) {
	f := &findings{}
	texts := f.seal(t.secrets, seal)
	for _, n := range t.exposed {
		f.errorf(n, "this is sensitive, and what the function takes is not").hint("say sensitive: true in the metadata of the property or input that it is taken from")
	}
	if err := f.errors(); err != nil || len(texts) == 0 {
		return t, err
	}
	return build(&findings{}, t.root.copyWith(texts), known, t.stored)
}

// HasSecrets says whether the service template has sensitive values.
func (t *ServiceTemplate) HasSecrets() bool { return t.sensitive }

// isReference says whether a node is a call that gives a value as it stands elsewhere.
func isReference(n *node) bool {
	return isFunction(n) && strings.HasPrefix(n.items[0].key, "get_")
}

// exposures are the calls in sensitive properties that give what is not sensitive, and so stays readable elsewhere.
func (c *checker) exposures() []*node {
	if c.stored {
		return nil
	}
	var all []*node
	var look func(n *node)
	look = func(n *node) {
		switch {
		case isReference(n):
			if value := c.resolve(n); value != nil && !value.hidden {
				all = append(all, n)
			}
		case !isFunction(n):
			for _, item := range n.items {
				look(item)
			}
		}
	}
	for _, n := range c.sensitive {
		look(n)
	}
	return all
}
