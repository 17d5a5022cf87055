package bpmn

import "slices"

// loopData reads what a multi-instance activity runs over in BPMN's own words (§10.3.8, Table 10.30): a collection that is a
// data input or data object, and what each instance gets of it. The references are followed by linkLoop.
type loopData struct {
	input, output         *node // loopDataInputRef, loopDataOutputRef
	inputItem, outputItem *node
}

func (r *reader) loopData(n *node) *loopData {
	l := &loopData{
		input: r.child(n, "loopDataInputRef"), output: r.child(n, "loopDataOutputRef"),
		inputItem: r.child(n, "inputDataItem"), outputItem: r.child(n, "outputDataItem"),
	}
	for _, c := range []*node{l.input, l.output} {
		if c != nil {
			c.textRead = true
		}
	}
	for _, c := range []*node{l.inputItem, l.outputItem} {
		if c != nil {
			r.dataItem(c)
		}
	}
	return l
}

// linkLoop puts the collections of a multi-instance activity into its loop. The associations that fill or empty them belong to
// the activity as a whole, all others to each instance.
func (d *dataReader) linkLoop() {
	data := d.loops[d.f.Loop]
	if data == nil {
		return
	}
	d.linkLoopInput(data)
	d.linkLoopOutput(data)
	d.gathered()
}

func (d *dataReader) linkLoopInput(data *loopData) {
	l := d.f.Loop
	if data.inputItem != nil {
		l.InputElement = d.variable(data.inputItem)
	}
	if data.input == nil {
		return
	}
	collection := d.dataRef(data.input)
	if collection == nil {
		return
	}
	d.move(collection)
	if l.InputCollection != nil {
		d.fail(data.input, codeRepeated, "keep one of them", "the activity has two collections to run over")
		return
	}
	source := reads(d.variable(collection), data.input.pos)
	if collection.is("dataInput") && d.owns(collection) {
		filled, ok := d.fills(collection, true)
		if !ok {
			d.fail(data.input, codeIncomplete, "draw one data association to it", "nothing fills the collection %s", quote(d.variable(collection)))
			return
		}
		source = filled
	}
	l.InputCollection = &source
}

func (d *dataReader) linkLoopOutput(data *loopData) {
	l := d.f.Loop
	if data.output == nil {
		return
	}
	collection := d.dataRef(data.output)
	if collection == nil {
		return
	}
	d.move(collection)
	if l.OutputCollection != "" {
		d.fail(data.output, codeRepeated, "keep one of them", "the activity has two collections for its results")
		return
	}
	l.OutputCollection = d.variable(collection)
	if collection.is("dataOutput") && d.owns(collection) {
		a := d.association(func(a *dataAssociation) bool {
			return !a.input && len(a.sources) == 1 && a.sources[0] == collection && a.target != nil && a.transformation == nil && len(a.assignments) == 0
		})
		if a == nil {
			d.fail(data.output, codeIncomplete, "draw a data association from it to a data object", "nothing takes the collection %s", quote(l.OutputCollection))
			return
		}
		l.OutputCollection, a.used = d.variable(a.target), true
	}
	if data.outputItem == nil {
		d.fail(data.output, codeIncomplete, "add an outputDataItem", "nothing says what of each instance goes into the collection %s", quote(l.OutputCollection))
		return
	}
	d.linkOutputItem(data.outputItem)
}

// linkOutputItem finds what each instance gives: the source of the association to the item, else the variable of its name.
func (d *dataReader) linkOutputItem(item *node) {
	source, ok := d.fills(item, false)
	if !ok {
		source = reads(d.variable(item), item.pos)
	}
	if !ok && d.f.Body != nil { // or the instances would share the variable
		d.f.Inputs = append([]Mapping{unset(d.variable(item), item.pos)}, d.f.Inputs...)
	}
	d.f.Loop.OutputElement = &source
}

// fills takes the association whose target is an item of data, and gives its value.
func (d *dataReader) fills(item *node, input bool) (Expression, bool) {
	a := d.association(func(a *dataAssociation) bool { return a.input == input && a.target == item })
	if a == nil {
		return Expression{}, false
	}
	value, ok := a.value(d.reader)
	a.used = ok
	return value, ok
}

// owns says whether a data input or output is the activity's own.
func (d *dataReader) owns(item *node) bool {
	return slices.Contains(d.inputs, item) || slices.Contains(d.outputs, item)
}

func (d *dataReader) association(match func(*dataAssociation) bool) *dataAssociation {
	for _, a := range d.associations {
		if !a.used && match(a) {
			return a
		}
	}
	return nil
}
