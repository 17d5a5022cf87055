package bpmn

import "strings"

// BPMN's own data (§10.4) is read into the neutral mappings here: a data object, property, data input or data output is a
// variable that has its name, and a data association is a mapping. The engine knows nothing of it.

// dataKinds are the elements that are variables.
var dataKinds = words("dataObject dataObjectReference property dataInput dataOutput inputDataItem outputDataItem")

// placeholder is the name of the property to which Camunda Modeler draws an association that ends at an activity.
const placeholder = "__targetRef_placeholder"

// variable is the name of the variable that an item of data is: its name, else its id. What expressions could not name is
// replaced by "_". The data object of a reference has its own name, else that of its first reference.
func (r *reader) variable(n *node) string {
	if n.is("dataObjectReference") {
		if object := r.nodes[localPart(n.attr("dataObjectRef"))]; object != nil && object.is("dataObject") {
			n = object
		}
	}
	name := n.attr("name")
	if name == "" {
		name = r.referenceNames[n.id()]
	}
	if name == "" {
		name = n.id()
	}
	return variableName(name)
}

func variableName(name string) string {
	name = strings.Map(func(r rune) rune {
		if isNamePart(r) {
			return r
		}
		return '_'
	}, name)
	if !isName(name) {
		name = "_" + name
	}
	return name
}

func localPart(name string) string {
	if _, local, ok := strings.Cut(name, ":"); ok {
		return local
	}
	return name
}

// reads is an expression that reads a variable.
func reads(variable string, pos Position) Expression {
	return Expression{Text: variable, Language: "expr", Pos: pos}
}

// dataReader reads the data of one activity or event.
type dataReader struct {
	*reader
	n               *node // the activity or event
	f               *FlowNode
	inputs, outputs []*node // its data inputs and outputs
	specified       bool    // it has an ioSpecification, or data outputs
	associations    []*dataAssociation
}

// data reads what carries data into and out of an activity or event. The mappings are made when everything has been read.
func (r *reader) data(n *node, f *FlowNode) {
	d := &dataReader{reader: r, n: n, f: f}
	d.specification(n)
	if io := r.child(n, "ioSpecification"); io != nil {
		r.element(io)
		d.specification(io)
		d.specified = true
	}
	for _, tag := range []string{"dataInputAssociation", "dataOutputAssociation"} {
		for c := range n.all(tag) {
			d.associations = append(d.associations, r.dataAssociation(c, tag == "dataInputAssociation"))
		}
	}
	for c := range n.all("property") {
		if name := c.attr("name"); name == placeholder {
			c.dismiss()
		} else if flowNodeClasses[f.Kind] == event {
			r.warn(c, codeInformation, "map the data to a variable of the process", "nothing can read the property %s of an event", quote(name))
			c.dismiss()
		} else if f.Body == nil {
			r.dataObject(c)
			d.f.Inputs = append(d.f.Inputs, unset(r.variable(c), c.pos))
		}
	}
	r.later(d.link)
}

// unset declares a variable, so that it belongs to the activity and not to what is around it.
func unset(variable string, pos Position) Mapping {
	return Mapping{Source: reads("nil", pos), Target: variable, Pos: pos}
}

// specification reads data inputs and outputs, and the sets of them.
func (d *dataReader) specification(n *node) {
	for c := range n.all("dataInput") {
		d.inputs = append(d.inputs, d.dataItem(c))
	}
	for c := range n.all("dataOutput") {
		d.outputs = append(d.outputs, d.dataItem(c))
		d.specified = true
	}
	d.sets(n, "inputSet", "dataInputRefs", "optionalInputRefs", "whileExecutingInputRefs", "outputSetRefs")
	d.sets(n, "outputSet", "dataOutputRefs", "optionalOutputRefs", "whileExecutingOutputRefs", "inputSetRefs")
}

// callable reads the data inputs and outputs of a process or global task. Their names are those of its variables.
func (r *reader) callable(n *node) *dataReader {
	d := &dataReader{reader: r, n: n}
	if io := r.child(n, "ioSpecification"); io != nil {
		r.element(io)
		d.specification(io)
	}
	return d
}

// dataItem reads a data input, data output, or the item of a multi-instance activity.
func (r *reader) dataItem(n *node) *node {
	r.element(n)
	r.bool(n, "isCollection", false)
	n.lookupIn(namespaceDrools, "dtype")
	r.exists(n, n.attr("itemSubjectRef"), "an itemDefinition", "itemDefinition")
	for c := range n.all("dataState") {
		r.element(c)
	}
	return n
}

// sets reads the sets of data inputs or outputs (§10.4.2). Data is never waited for, what is missing is null, so one set says
// nothing, and of several none is chosen.
func (r *reader) sets(n *node, tag string, refs ...string) {
	sets := 0
	for set := range n.all(tag) {
		r.element(set)
		if sets++; sets == 2 {
			r.warn(set, codeInformation, "what has no value is null", "of several %ss none is chosen: all the data is mapped", tag)
		}
		for _, ref := range refs {
			for c := range set.all(ref) {
				r.exists(c, c.body(), "data of the activity")
			}
		}
	}
}

// link makes mappings of the associations.
func (d *dataReader) link() {
	for _, a := range d.associations {
		a.resolve(d.reader)
	}
	if d.f.Loop != nil {
		d.linkLoop()
	}
	for _, a := range d.associations {
		switch {
		case a.used:
		case a.input:
			d.f.Inputs = append(d.f.Inputs, a.mappings(d.reader)...)
		default:
			d.f.Outputs = append(d.f.Outputs, a.mappings(d.reader)...)
		}
	}
	if d.specified && d.f.Results == ResultsUnlessMapped {
		d.f.Results = ResultsMapped
	}
	d.assignPeople()
	d.linkPayloads()
	d.linkCall()
	d.linkScript()
}

// linkPayloads finds the data inputs or outputs that are what an event, or a send or receive task, sends or gets as a whole:
// the only one, or one for each event definition that carries data, in their order (§10.5.1).
func (d *dataReader) linkPayloads() {
	items, carries := d.outputs, []bool{true}
	switch d.f.Kind {
	case "sendTask":
		items = d.inputs
	case "receiveTask":
	default:
		if flowNodeClasses[d.f.Kind] != event {
			return
		}
		if d.f.Kind == "endEvent" || strings.HasSuffix(d.f.Kind, "ThrowEvent") {
			items = d.inputs
		}
		carries = carries[:0]
		for _, definition := range d.f.EventDefinitions {
			carries = append(carries, carriers[definition.Kind])
		}
	}
	var names []string
	for _, item := range items {
		names = append(names, d.variable(item))
	}
	var payloads []string
	for _, carrier := range carries {
		name := ""
		if carrier && len(names) > 0 {
			name, names = names[0], names[1:]
		}
		payloads = append(payloads, name)
	}
	if len(items) > 0 && len(names) == 0 {
		d.f.Payloads = payloads
	}
}

// carriers are the event definitions whose trigger carries data.
var carriers = words("messageEventDefinition signalEventDefinition errorEventDefinition escalationEventDefinition")

// linkCall: where data is mapped into a call, nothing else goes into it.
func (d *dataReader) linkCall() {
	if called := d.f.CalledElement; called != nil && d.specified {
		called.PropagateAllParentVariables = false
		called.PropagateAllChildVariables = false
	}
}

// linkScript: the value of a script is the data output of its task.
func (d *dataReader) linkScript() {
	if d.f.Script != nil && d.f.ResultVariable == "" && len(d.outputs) == 1 {
		d.f.ResultVariable = d.variable(d.outputs[0])
	}
}

// declareData gives each sub-process the data objects in it that associations fill or read, and its properties, as variables
// of its own (§10.5.7). A data object that is only drawn stays drawing.
func (r *reader) declareData() {
	for _, p := range r.flowNodes {
		if p.Body == nil {
			continue
		}
		var own []Mapping
		declared := map[string]bool{}
		for _, c := range p.n.children {
			if !c.is("property") && !(c.is("dataObject") && r.moved[c]) || c.attr("name") == placeholder {
				continue
			}
			if name := r.variable(c); !declared[name] {
				declared[name] = true
				own = append(own, unset(name, c.pos))
			}
		}
		p.Inputs = append(own, p.Inputs...)
	}
}
