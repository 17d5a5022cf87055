package bpmn

import (
	"cmp"
	"slices"
	"strings"
)

// dataAssociation copies data (§10.4.1, §10.4.2).
type dataAssociation struct {
	n              *node
	input          bool
	transformation *Expression
	assignments    []assignment
	sources        []*node
	target         *node
	broken         bool // an end is nothing that has data, which was reported
	used           bool // by something else than a mapping, or not at all
}

// assignment copies a part of the data (Table 10.67).
type assignment struct{ n, from, to *node }

func (r *reader) dataAssociation(n *node, input bool) *dataAssociation {
	r.element(n)
	a := &dataAssociation{n: n, input: input}
	for c := range n.all("sourceRef") {
		c.textRead = true
	}
	if c := r.child(n, "targetRef"); c != nil {
		c.textRead = true
	}
	a.transformation = r.expression(r.child(n, "transformation"))
	for c := range n.all("assignment") {
		r.element(c)
		from, to := r.child(c, "from"), r.child(c, "to")
		for _, end := range []*node{from, to} {
			if end != nil {
				r.expressionElement(end)
				end.textRead = true
			}
		}
		if from == nil || to == nil {
			r.fail(c, codeIncomplete, "", "the assignment needs both from and to")
			continue
		}
		a.assignments = append(a.assignments, assignment{c, from, to})
	}
	return a
}

// resolve finds the ends of the association.
func (a *dataAssociation) resolve(r *reader) {
	for c := range a.n.all("sourceRef") {
		source := r.dataRef(c)
		if a.broken = a.broken || source == nil; source != nil {
			a.sources = append(a.sources, source)
		}
	}
	if c := r.child(a.n, "targetRef"); c != nil {
		a.target = r.dataRef(c)
		a.broken = a.broken || a.target == nil
	}
	if a.used = a.broken || a.drawnOnly(r); a.used {
		return
	}
	for _, end := range append(slices.Clone(a.sources), a.target) {
		if end == nil {
			continue
		}
		if end.is("dataStoreReference") || end.is("dataStore") {
			r.fail(a.n, codeNotExecutable, "read and write it with a task, whose worker knows it", "the data store %s lives outside of the process", quote(cmp.Or(end.attr("name"), end.id())))
			a.used = true
			return
		}
		r.move(end)
	}
	switch {
	case len(a.sources) > 1 && a.transformation == nil && len(a.assignments) == 0:
		r.fail(a.n, codeIncomplete, "add a transformation, or draw one association for each", "the association has %d sources and says not how they become one", len(a.sources))
	case a.transformation != nil && len(a.assignments) > 0:
		r.fail(a.n, codeRepeated, "keep one of them", "the association has a transformation and assignments")
	}
}

// drawnOnly says whether the association shows people something and moves no data: Camunda Modeler gives it only the end that
// is drawn.
func (a *dataAssociation) drawnOnly(r *reader) bool {
	if a.transformation != nil || len(a.assignments) > 0 {
		return false
	}
	if len(a.sources) > 0 && a.target != nil && a.target.attr("name") != placeholder {
		return false
	}
	r.warn(a.n, codeInformation, "use input and output mappings (zeebe:ioMapping), or data inputs and outputs, to move data", "the %s is drawing only", a.n.tag)
	return true
}

// dataRef follows a reference to an item of data.
func (r *reader) dataRef(c *node) *node {
	id, ok := r.local(c, c.body())
	if !ok {
		return nil
	}
	n := r.nodes[id]
	if n == nil || !dataKinds[n.tag] && !n.is("dataStoreReference") && !n.is("dataStore") {
		r.wrongReference(c, id, "a data object, property, data input or data output")
		return nil
	}
	return n
}

// move notes that a data object is more than drawing.
func (r *reader) move(n *node) {
	if n.is("dataObjectReference") {
		if object := r.nodes[localPart(n.attr("dataObjectRef"))]; object != nil {
			n = object
		}
	}
	r.moved[n] = true
}

// mappings are what the association does, in its order.
func (a *dataAssociation) mappings(r *reader) []Mapping {
	if a.target == nil && len(a.assignments) == 0 {
		return nil
	}
	switch {
	case len(a.assignments) > 0:
		var mappings []Mapping
		for _, s := range a.assignments {
			if m, ok := a.assign(r, s); ok {
				mappings = append(mappings, m)
			}
		}
		return mappings
	case a.transformation != nil:
		r.checkType(a.n, a.target, *a.transformation)
		return []Mapping{{Source: *a.transformation, Target: r.variable(a.target), Pos: a.n.pos}}
	case len(a.sources) == 0:
		return nil
	}
	return []Mapping{{Source: reads(r.variable(a.sources[0]), a.n.pos), Target: r.variable(a.target), Pos: a.n.pos}}
}

// value is what the association gives its target as a whole; ok is false if it fills parts of it.
func (a *dataAssociation) value(r *reader) (value Expression, ok bool) {
	m := a.mappings(r)
	if len(m) != 1 || a.target == nil || m[0].Target != r.variable(a.target) {
		return value, false
	}
	return m[0].Source, true
}

// assign reads one assignment: `to` is the target, a path that begins with it, or a path inside of it.
func (a *dataAssociation) assign(r *reader, s assignment) (Mapping, bool) {
	m := Mapping{Pos: s.n.pos}
	to := strings.TrimSpace(strings.TrimPrefix(s.to.body(), "="))
	if body, ok := soleTemplate(to); ok {
		to = strings.TrimSpace(body)
	}
	root, rest, nested := strings.Cut(to, ".")
	named := r.nodes[localPart(root)]
	switch {
	case named != nil && dataKinds[named.tag]:
		m.Target = r.variable(named)
	case a.target == nil:
		r.fail(s.to, codeIncomplete, "give the association a targetRef, or name the target's id", "the assignment goes to %s, which is no data", quote(to))
		return m, false
	case root == r.variable(a.target) || to == "":
		m.Target = r.variable(a.target)
	default:
		m.Target, rest, nested = r.variable(a.target), to, true
	}
	if nested {
		m.Target += "." + rest
	}
	from := r.assigned(s.from, cmp.Or(named, a.target))
	if from == nil {
		return m, false
	}
	m.Source = *from
	if a.target != nil && !nested {
		r.checkType(s.from, a.target, m.Source)
	}
	return m, true
}

// assigned is the value of an assignment: an item of data that it names by its id, a constant (in jBPM's dialect, where only
// #{ } is evaluated), else an expression.
func (r *reader) assigned(from, target *node) *Expression {
	text := from.body()
	if named := r.nodes[localPart(text)]; named != nil && dataKinds[named.tag] {
		x := reads(r.variable(named), from.pos)
		return &x
	}
	if r.profile == profileKogito && from.attr("language") == "" && !strings.HasPrefix(text, "=") {
		return r.typed(r.template(from, text), target)
	}
	return r.expression(from)
}
