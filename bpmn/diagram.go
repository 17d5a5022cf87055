package bpmn

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// diagram reads a bpmndi:BPMNDiagram (§12). What is wrong in a drawing does not keep the process from running.
func (r *reader) diagram(n *node) *Diagram {
	d := &Diagram{Element: Element{ID: n.id(), Name: n.attr("name"), Pos: n.pos}}
	plane := n.first(NamespaceBPMNDI, "BPMNPlane")
	if plane == nil {
		return d
	}
	d.PlaneElement = r.drawn(plane).ElementRef
	for c := range plane.allIn(NamespaceBPMNDI, "BPMNShape") {
		d.Shapes = append(d.Shapes, r.shape(c))
	}
	for c := range plane.allIn(NamespaceBPMNDI, "BPMNEdge") {
		d.Edges = append(d.Edges, r.edge(c))
	}
	return d
}

// drawn gives what a shape, edge or plane shows.
func (r *reader) drawn(n *node) Drawn {
	id := n.attr("bpmnElement")
	if _, local, ok := strings.Cut(id, ":"); ok {
		id = local
	}
	d := Drawn{
		ElementRef: id, Pos: n.pos,
		Fill:   cmp.Or(n.peekIn(namespaceColor, "background-color"), n.peekIn(namespaceBIOC, "fill")),
		Stroke: cmp.Or(n.peekIn(namespaceColor, "border-color"), n.peekIn(namespaceBIOC, "stroke")),
	}
	if label := n.first(NamespaceBPMNDI, "BPMNLabel"); label != nil {
		d.LabelColor = label.peekIn(namespaceColor, "color")
	}
	if shown := r.nodes[id]; shown != nil {
		d.Kind, d.Text = shown.tag, r.caption(shown)
	} else if id != "" {
		r.warn(n, codeDiagram, "delete it from the diagram", "the diagram shows %s, but no element has that id", quote(id))
	}
	return d
}

// caption is what stands on an element in a diagram (§8.4.1, Artifacts; §10.4.1, the state of a data object).
func (r *reader) caption(n *node) string {
	text := n.peek("name")
	for _, c := range n.children {
		switch {
		case c.is("text") && n.is("textAnnotation"):
			text = strings.TrimSpace(c.text)
		case c.is("dataState") && c.peek("name") != "":
			text = strings.TrimSpace(text + "\n[" + c.peek("name") + "]")
		}
	}
	if value := r.nodes[localPart(n.peek("categoryValueRef"))]; value != nil && n.is("group") {
		text = value.peek("value")
	}
	return text
}

func (r *reader) shape(n *node) *Shape {
	s := &Shape{
		Drawn:           r.drawn(n),
		IsExpanded:      isTrue(n.attr("isExpanded")),
		IsVertical:      n.attr("isHorizontal") != "" && !isTrue(n.attr("isHorizontal")),
		IsMarkerVisible: isTrue(n.attr("isMarkerVisible")),
		Label:           r.label(n),
	}
	if b := r.bounds(n); b != nil {
		s.Bounds = *b
	}
	return s
}

func isTrue(value string) bool { return value == "true" || value == "1" }

func (r *reader) edge(n *node) *Edge {
	e := &Edge{Drawn: r.drawn(n), Label: r.label(n)}
	for c := range n.allIn(NamespaceDI, "waypoint") {
		e.Waypoints = append(e.Waypoints, Point{X: r.number(c, "x"), Y: r.number(c, "y")})
	}
	return e
}

func (r *reader) label(n *node) *Bounds {
	label := n.first(NamespaceBPMNDI, "BPMNLabel")
	if label == nil {
		return nil
	}
	return r.bounds(label)
}

func (r *reader) bounds(n *node) *Bounds {
	c := n.first(NamespaceDC, "Bounds")
	if c == nil {
		return nil
	}
	return &Bounds{X: r.number(c, "x"), Y: r.number(c, "y"), Width: r.number(c, "width"), Height: r.number(c, "height")}
}

func (r *reader) number(n *node, key string) float64 {
	text := n.attr(key)
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		r.warn(n, codeDiagram, "write a number", "the attribute %s has the value %s", quote(key), quote(text))
		return 0
	}
	return value
}
