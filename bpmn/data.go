package bpmn

// dataAssociations reads what carries data into and out of an activity or event (§10.4.2). An association that is only
// drawn (Camunda Modeler draws it to a property of its own) is information; one that would move data is refused, since
// the process would run without that data.
func (r *reader) dataAssociations(n *node) {
	for _, tag := range []string{"dataInputAssociation", "dataOutputAssociation"} {
		for c := range n.all(tag) {
			if r.movesData(c) {
				r.fail(c, codeNotExecutable, "use input and output mappings (zeebe:ioMapping)",
					"the %s moves data, which is not executed", c.tag)
			} else {
				r.warn(c, codeInformation, "use input and output mappings (zeebe:ioMapping) to move data", "the %s is drawing only", c.tag)
			}
			c.dismiss()
		}
	}
	for _, c := range n.children {
		if name, _ := c.lookup("name"); c.is("property") && name == "__targetRef_placeholder" {
			c.dismiss()
		}
	}
}

func (r *reader) movesData(association *node) bool {
	for _, c := range association.children {
		if c.is("assignment") || c.is("transformation") {
			return true
		}
		if c.is("sourceRef") || c.is("targetRef") {
			if end := r.nodes[c.body()]; end != nil && (end.tag == "dataInput" || end.tag == "dataOutput") {
				return true
			}
		}
	}
	return false
}
