package bpmn

import (
	"iter"
	"strings"

	"github.com/beevik/etree"
)

// node is an element of the document with its namespace resolved and its place known. It remembers what has been read:
// whatever nobody has read is reported at the end (leftovers.go), so that nothing is ignored in silence.
type node struct {
	space, tag string // namespace URI and local name
	pos        Position
	attrs      []attribute
	parent     *node
	children   []*node
	text       string // all character data directly in the element
	scope      *bindings
	read       bool
	textRead   bool
}

type attribute struct {
	space, key, value string
	use               use
}

// use is what becomes of an attribute.
type use int

const (
	unread use = iota
	kept       // information: the process runs the same without it
	executed
)

// bindings are the namespace prefixes that one element declares; the rest comes from the elements around it.
type bindings struct {
	outer *bindings
	uris  map[string]string
}

func (b *bindings) lookup(prefix string) (uri string, ok bool) {
	for ; b != nil; b = b.outer {
		if uri, ok = b.uris[prefix]; ok {
			return uri, uri != "" || prefix == ""
		}
	}
	return "", prefix == ""
}

// build turns etree's tree into nodes. starts has the places of its elements, in document order.
func (r *reader) build(e *etree.Element, parent *node, starts *[]Position) *node {
	n := &node{tag: e.Tag, parent: parent, pos: (*starts)[0]}
	*starts = (*starts)[1:]
	n.scope = declared(e)
	if parent != nil {
		n.scope.outer = parent.scope
		if n.scope.uris == nil {
			n.scope = parent.scope
		}
	}
	n.attrs = make([]attribute, 0, len(e.Attr))
	r.resolveNames(n, e)
	var text strings.Builder
	for _, token := range e.Child {
		switch t := token.(type) {
		case *etree.Element:
			n.children = append(n.children, r.build(t, n, starts))
		case *etree.CharData:
			text.WriteString(t.Data)
		}
	}
	n.text = text.String()
	return n
}

func declared(e *etree.Element) *bindings {
	b := &bindings{}
	for _, a := range e.Attr {
		prefix := a.Key
		switch {
		case a.Space == "" && a.Key == "xmlns":
			prefix = ""
		case a.Space != "xmlns":
			continue
		}
		if b.uris == nil {
			b.uris = map[string]string{}
		}
		b.uris[prefix] = a.Value
	}
	return b
}

// resolveNames replaces prefixes by namespaces (Namespaces in XML 1.0 §5). An unprefixed attribute has no namespace.
func (r *reader) resolveNames(n *node, e *etree.Element) {
	seen := make(map[[2]string]bool, len(e.Attr))
	for _, a := range e.Attr {
		if a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns" {
			r.once(n, seen, [2]string{"xmlns", a.Key})
			continue
		}
		space := ""
		if a.Space != "" {
			space = r.namespace(n, a.Space)
		}
		if r.once(n, seen, [2]string{space, a.Key}) {
			n.attrs = append(n.attrs, attribute{space: space, key: a.Key, value: a.Value})
		}
	}
	n.space = r.namespace(n, e.Space)
}

func (r *reader) once(n *node, seen map[[2]string]bool, name [2]string) bool {
	if seen[name] {
		r.fail(n, codeDuplicateAttribute, "delete one of them", "the attribute %s is given twice", quote(name[1]))
		return false
	}
	seen[name] = true
	return true
}

func (r *reader) namespace(n *node, prefix string) string {
	if prefix == "xml" || prefix == "xmlns" {
		return prefix
	}
	uri, ok := n.scope.lookup(prefix)
	if !ok && !r.unbound[prefix] {
		r.unbound[prefix] = true
		r.fail(n, codeUnboundPrefix, "declare it with xmlns:"+prefix+"=\"…\" in the root element",
			"the prefix %s has no namespace", quote(prefix))
	}
	return uri
}

// lookup gives an attribute of no namespace and marks it as executed.
func (n *node) lookup(key string) (string, bool) { return n.lookupIn("", key) }

func (n *node) lookupIn(space, key string) (string, bool) { return n.use(space, key, executed) }

func (n *node) use(space, key string, u use) (string, bool) {
	for i := range n.attrs {
		if a := &n.attrs[i]; a.key == key && a.space == space {
			a.use = max(a.use, u)
			return a.value, true
		}
	}
	return "", false
}

// attr gives an attribute of no namespace without the white space around it, "" if there is none.
func (n *node) attr(key string) string {
	value, _ := n.lookup(key)
	return strings.TrimSpace(value)
}

// kept gives an attribute that says nothing about how the process runs, without the white space around it.
func (n *node) kept(key string) string {
	value, _ := n.use("", key, kept)
	return strings.TrimSpace(value)
}

// peek gives an attribute of no namespace and leaves it to others to read it.
func (n *node) peek(key string) string { return n.peekIn("", key) }

func (n *node) peekIn(space, key string) string {
	value, _ := n.use(space, key, unread)
	return strings.TrimSpace(value)
}

// information marks attributes that say nothing about how the process runs.
func (n *node) information(keys ...string) {
	for _, key := range keys {
		n.kept(key)
	}
}

// all gives the child elements of the BPMN namespace with this name and marks them as read.
func (n *node) all(tag string) iter.Seq[*node] { return n.allIn(NamespaceBPMN, tag) }

func (n *node) allIn(space, tag string) iter.Seq[*node] {
	return func(yield func(*node) bool) {
		for _, c := range n.children {
			if c.tag == tag && c.space == space {
				c.read = true
				if !yield(c) {
					return
				}
			}
		}
	}
}

// first gives the first child element of this name, nil if there is none.
func (n *node) first(space, tag string) *node {
	for c := range n.allIn(space, tag) {
		return c
	}
	return nil
}

// dismiss marks the element with all that is in it as read: what there was to say about it has been said.
func (n *node) dismiss() {
	n.read, n.textRead = true, true
	for i := range n.attrs {
		n.attrs[i].use = max(n.attrs[i].use, kept)
	}
	for _, c := range n.children {
		c.dismiss()
	}
}

// body gives the text of the element without the white space around it.
func (n *node) body() string {
	n.textRead = true
	return strings.TrimSpace(n.text)
}

// is says whether the element is of the BPMN namespace and has this name.
func (n *node) is(tag string) bool { return n.space == NamespaceBPMN && n.tag == tag }

func (n *node) id() string { return n.attr("id") }

// owner gives the BPMN element that an extension element belongs to, a BPMN element itself.
func (n *node) owner() *node {
	for n.parent != nil && (n.space != NamespaceBPMN || n.tag == "extensionElements") {
		n = n.parent
	}
	return n
}

// executable says whether the element is run: whether it is outside of all processes or in one that is executable.
func (n *node) executable() bool {
	for ; n != nil; n = n.parent {
		if n.is("process") {
			value := n.attr("isExecutable")
			return value == "true" || value == "1"
		}
	}
	return true
}
