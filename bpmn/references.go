package bpmn

import (
	"regexp"
	"slices"
	"strings"
)

// ncName is XML's NCName (Namespaces in XML 1.0 §3), the type of every id. Ids become keys of stores and file names.
var ncName = regexp.MustCompile(`^[\pL_][\pL\pM\p{Nd}\p{Nl}_.\x{B7}-]*$`)

// index learns every id of the document, so that a reference can be told that leads nowhere from one that leads to the
// wrong kind of element. What extensions hold has ids of its own.
func (r *reader) index(n *node) {
	if n.space == NamespaceBPMN {
		r.indexID(n)
	}
	for _, c := range n.children {
		if c.space == NamespaceBPMN && c.tag != "extensionElements" {
			r.index(c)
		}
	}
}

func (r *reader) indexID(n *node) {
	id := n.id()
	first, taken := r.nodes[id]
	switch {
	case id == "":
		if needsID[n.tag] || flowNodeClasses[n.tag] != "" {
			r.fail(n, codeNoID, "give it one that no other element has", "the %s has no id", n.tag)
		}
		return
	case len(id) > MaxIDLength:
		r.fail(n, codeBadID, "shorten it", "the id is longer than %d bytes", MaxIDLength)
	case !ncName.MatchString(id):
		r.fail(n, codeBadID, "an id starts with a letter or _ and has only letters, digits, _, - and the full stop",
			"%s is not an id", quote(id))
	case taken:
		r.fail(n, codeDuplicateID, "change one of them", "the id %s is taken by the %s in line %d", quote(id), first.tag, first.pos.Line)
		return
	}
	if !taken {
		r.nodes[id] = n
	}
}

// needsID are the elements, beside flow nodes, that the engine or a reference must be able to name.
var needsID = map[string]bool{
	"process": true, "sequenceFlow": true, "message": true, "signal": true, "error": true, "escalation": true,
	"correlationProperty": true, "correlationKey": true,
	"globalTask": true, "globalUserTask": true, "globalManualTask": true, "globalScriptTask": true, "globalBusinessRuleTask": true,
}

// later puts off what needs the whole document to have been read.
func (r *reader) later(f func()) { r.pending = append(r.pending, f) }

func (r *reader) link() {
	for _, f := range r.pending {
		f()
	}
}

// reference follows the attribute key of n, which names a T: nil if there is none or if it leads nowhere, which is
// reported. kind is what a person calls a T. It works after everything has been read.
func reference[T any](r *reader, n *node, key, kind string) *T {
	name := n.attr(key)
	if name == "" {
		return nil
	}
	return follow[T](r, n, name, kind)
}

// follow is reference for a name that is not in an attribute.
func follow[T any](r *reader, n *node, name, kind string) *T {
	id, ok := r.local(n, name)
	if !ok {
		return nil
	}
	object, ok := r.objects[id].(*T)
	if !ok {
		r.wrongReference(n, id, kind)
	}
	return object
}

// exists checks a reference to an element that the model does not link. tags are the kinds that it may name, all if none.
func (r *reader) exists(n *node, name, kind string, tags ...string) {
	if name == "" {
		return
	}
	r.later(func() {
		id, ok := r.local(n, name)
		if !ok {
			return
		}
		target := r.nodes[id]
		if target != nil {
			if len(tags) == 0 || slices.Contains(tags, target.tag) {
				return
			}
		}
		r.wrongReference(n, id, kind)
	})
}

func (r *reader) wrongReference(n *node, id, kind string) {
	if target := r.nodes[id]; target != nil {
		r.fail(n, codeWrongKind, "", "%s names %s, which is %s, not %s", describe(n), quote(id), article(target.tag), kind)
		return
	}
	r.fail(n, codeDangling, "correct the id, or add the element", "%s names %s, but no element has that id", describe(n), quote(id))
}

// local gives the id that a QName stands for. A prefix, if any, must be bound to this document's target namespace (§15.3.2).
func (r *reader) local(n *node, name string) (string, bool) {
	prefix, id, ok := strings.Cut(name, ":")
	if !ok {
		return name, true
	}
	uri, bound := n.scope.lookup(prefix)
	if bound && uri == r.definitions.TargetNamespace {
		return id, true
	}
	r.fail(n, codeForeignRef, "Sonata reads one file at a time; put the element into this one",
		"%s names %s, which is in another document", describe(n), quote(name))
	return "", false
}
