package bpmn

import "strings"

// Use is what Parse makes of an element or attribute of BPMN.
type Use string

// What Parse makes of a name.
const (
	Unread   Use = "unread"
	Kept     Use = "kept"
	Executed Use = "executed"
)

// Examine reads a document as Parse does, and says of each element of BPMN in it (keyed by its name) and of each attribute
// (by "element@attribute") what becomes of it.
func Examine(file string, data []byte) (uses map[string]Use, problems Problems) {
	r := newReader(file)
	root := r.open(data)
	if root == nil {
		return nil, r.sorted()
	}
	r.read(root)
	uses = map[string]Use{}
	examine(root, uses)
	return uses, r.sorted()
}

func examine(n *node, uses map[string]Use) {
	if n.space == NamespaceBPMN {
		_, information := bpmnVerdicts[n.tag]
		information = information || bpmnInformation[n.tag]
		switch {
		case information:
			uses[n.tag] = Kept
		case n.read:
			uses[n.tag] = Executed
		default:
			uses[n.tag] = Unread
		}
		for _, a := range n.attrs {
			key := n.tag + "@" + a.key
			switch {
			case a.space != "" || a.key == "id":
			case information || a.use == kept && uses[key] != Executed:
				uses[key] = Kept
			case a.use == executed:
				uses[key] = Executed
			default:
				uses[key] = Unread
			}
		}
	}
	for _, c := range n.children {
		examine(c, uses)
	}
}

// Hint is what Sonata says about an element that it keeps as information.
func Hint(tag string) string { return bpmnVerdicts[tag].hint }

// Refused lists the names of each dialect that are an error wherever they stand unread.
func Refused() []string {
	var names []string
	for _, table := range []map[string]verdict{camundaVerdicts, drools.verdicts, metaVerdicts} {
		for name, v := range table {
			if v.severity == SeverityError {
				names = append(names, strings.TrimPrefix(name, "@"))
			}
		}
	}
	return names
}
