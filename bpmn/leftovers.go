package bpmn

import (
	"fmt"
	"strings"
)

// dialect is the vocabulary of an executable extension of BPMN, as far as nobody reads it.
type dialect struct {
	prefix   string // as people know it
	verdicts map[string]verdict
	hint     string // where a verdict has none
	// What to say of names that are not in verdicts.
	unknownAttribute, unknownElement Severity
}

// verdict says how bad it is that a name is not executed: "" for not at all. Attributes have an @ before their name.
type verdict struct {
	severity Severity
	hint     string
}

// dialects are those that this package knows by their namespace. Whatever is in another foreign namespace is the business
// of other tools, such as colours.
var dialects = map[string]dialect{
	NamespaceZeebe:    zeebe,
	namespaceCamunda:  activitiFamily("camunda"),
	namespaceActiviti: activitiFamily("activiti"),
	namespaceFlowable: activitiFamily("flowable"),
	namespaceDrools:   drools,
}

// reportUnread reports whatever in n nobody has read.
func (r *reader) reportUnread(n *node) {
	for i := range n.attrs {
		if a := &n.attrs[i]; a.use == unread {
			r.unreadAttribute(n, a)
		}
	}
	if !n.textRead && strings.TrimSpace(n.text) != "" {
		r.warn(n, codeStrayText, "delete it, or put it into the documentation", "there is text in the %s that means nothing: %s",
			n.tag, quote(strings.TrimSpace(n.text)))
	}
	for _, c := range n.children {
		switch _, known := dialects[c.space]; {
		case c.read && (c.space == NamespaceBPMN || known):
			r.reportUnread(c)
		case !c.read:
			r.unreadElement(n, c)
		}
	}
}

func (r *reader) unreadAttribute(n *node, a *attribute) {
	d, known := dialects[a.space]
	switch {
	case known:
		r.judge(n, d, "@"+a.key, d.unknownAttribute)
	case a.space == "" && n.space == NamespaceZeebe:
		r.judge(n, zeebe, "@"+a.key, zeebe.unknownAttribute)
	case a.space == "":
		r.warn(n, codeUnknownAttribute, "it is not used; is it misspelt?", "%s has no attribute %s", describe(n), quote(a.key))
	case a.space == NamespaceBPMN:
		r.warn(n, codeUnknownAttribute, "it is not used; write it without the prefix", "attributes of BPMN have no prefix: %s", quote(a.key))
	}
}

func (r *reader) unreadElement(parent, n *node) {
	d, known := dialects[n.space]
	switch {
	case parent.space != NamespaceBPMN || parent.tag == "extensionElements":
		if known {
			r.judge(n, d, n.tag, d.unknownElement)
		} else if n.space == NamespaceBPMN {
			r.fail(n, codeMisplaced, "move it out of the extension elements", "%s does not belong into extension elements", article(n.tag))
		}
	case n.space == NamespaceBPMN:
		r.unreadBPMN(parent, n)
	case n.space == NamespaceBPMNDI:
		// Parts of the drawing that are not kept.
	case n.space == "":
		r.fail(n, codeMisplaced, "write it with the prefix of BPMN", "%s has no namespace, so it is not a BPMN element", quote(n.tag))
	default:
		r.fail(n, codeMisplaced, "put it into bpmn:extensionElements", "%s is not a BPMN element and may not stand in %s",
			quote(n.tag), article(parent.tag))
	}
}

// judge reports a name of a dialect that nobody has read: unknown to Sonata, not executed, or of no use where it is.
func (r *reader) judge(n *node, d dialect, name string, unknown Severity) {
	v, ok := d.verdicts[name]
	if !ok {
		v = verdict{severity: unknown}
	}
	if v.hint == "" {
		v.hint = d.hint
	}
	what, owner := quote(d.prefix+":"+strings.TrimPrefix(name, "@")), n.owner()
	if attr, ok := strings.CutPrefix(name, "@"); ok && n != owner {
		what = fmt.Sprintf("the attribute %s of %s", quote(attr), describe(n))
	}
	switch v.severity {
	case SeverityWarning:
		r.warn(n, codeExtensionIgnored, v.hint, "%s is not executed in %s", what, article(owner.tag))
	case SeverityError:
		r.fail(n, codeExtensionRequired, v.hint, "%s is not executed in %s, and the process would run differently without it",
			what, article(owner.tag))
	}
}
