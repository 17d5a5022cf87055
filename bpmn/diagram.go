package bpmn

import (
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
	d.PlaneElement = r.drawn(plane)
	for c := range plane.allIn(NamespaceBPMNDI, "BPMNShape") {
		d.Shapes = append(d.Shapes, r.shape(c))
	}
	for c := range plane.allIn(NamespaceBPMNDI, "BPMNEdge") {
		d.Edges = append(d.Edges, r.edge(c))
	}
	return d
}

// drawn gives the id of the element that a shape, edge or plane shows.
func (r *reader) drawn(n *node) string {
	id := n.attr("bpmnElement")
	if _, local, ok := strings.Cut(id, ":"); ok {
		id = local
	}
	if id != "" && r.nodes[id] == nil {
		r.warn(n, codeDiagram, "delete it from the diagram", "the diagram shows %s, but no element has that id", quote(id))
	}
	return id
}

func (r *reader) shape(n *node) *Shape {
	s := &Shape{
		ElementRef:   r.drawn(n),
		IsExpanded:   n.attr("isExpanded") == "true",
		IsHorizontal: n.attr("isHorizontal") == "true",
		Label:        r.label(n),
	}
	if b := r.bounds(n); b != nil {
		s.Bounds = *b
	}
	return s
}

func (r *reader) edge(n *node) *Edge {
	e := &Edge{ElementRef: r.drawn(n), Label: r.label(n)}
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
