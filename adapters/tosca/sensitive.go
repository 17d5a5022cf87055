package tosca

import (
	"slices"

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

// hide notes the value of a property that is sensitive.
func (c *checker) hide(n *node, p *property) {
	if p.sensitive {
		n.hidden = true
		c.sensitive = append(c.sensitive, n)
	}
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

// seal makes the sealed texts of sensitive values. Functions stay: what they refer to is sealed.
func (f *findings) seal(sensitive []*node, seal Seal) map[*node]any {
	texts := map[*node]any{}
	for _, n := range sensitive {
		if texts[n] != nil || isFunction(n) || secret.Sealed(n.text) {
			continue
		}
		text, err := seal(n.path(), n.plain())
		if err != nil {
			f.errorf(n, "%v", err)
		}
		texts[n] = text
	}
	return texts
}

// Sealed gives the service template with a sealed text in place of each sensitive value: those of properties in node templates, policies
// and so on, and defaults. known are those that it was parsed with. The error is [Problems]: of seal, and where a function brings a value into
// a sensitive property from a place that is not sensitive.
func (t *ServiceTemplate) Sealed(seal Seal, known ...*ServiceTemplate) (*ServiceTemplate, error) {
	if len(t.sensitive) == 0 {
		return t, nil
	}
	f := &findings{}
	texts := f.seal(t.sensitive, seal)
	if err := f.errors(); err != nil {
		return nil, err
	}
	sealed, err := build(&findings{}, t.root.copyWith(texts), known)
	if err != nil {
		return nil, err
	}
	for _, n := range sealed.exposed {
		f.errorf(n, "this is sensitive, and what the function takes is not").hint("say sensitive: true in the metadata of the property or input that it is taken from")
	}
	return sealed, f.errors()
}

// HasSecrets says whether the service template has sensitive values.
func (t *ServiceTemplate) HasSecrets() bool { return len(t.sensitive) > 0 }

// exposures are the calls of functions in sensitive properties that give what is not sealed.
func (c *checker) exposures() []*node {
	var all []*node
	for _, n := range c.sensitive {
		if isFunction(n) && !c.resolve(n).isSealed() {
			all = append(all, n)
		}
	}
	return all
}

// isSealed says whether a sealed text is anywhere in a node.
func (n *node) isSealed() bool {
	return n != nil && (secret.Sealed(n.text) || slices.ContainsFunc(n.items, (*node).isSealed))
}
