package draw

import (
	"github.com/sonata-bpmn/sonata/bpmn"
)

// Widths of lines, as bpmn.io has them.
const (
	lineThin   = 1.5
	lineNormal = 2
	lineThick  = 5 // the border of a call activity
	lineEnd    = 4 // of an end event
)

const cornerRadius = 10

// activity draws a task, sub-process or call activity (§10.3), and whatever else has a name and an area.
func (a *artist) activity(s *bpmn.Shape) {
	n := a.nodes[s.ElementRef]
	if n == nil {
		n = &bpmn.FlowNode{Kind: s.Kind}
	}
	in := layerNode
	container := n.Body != nil
	if container && s.IsExpanded {
		in = layerContainer
	}
	g, p := a.begin(s.Drawn, in), penOf(s.Drawn, white, a.marks[s.ElementRef])
	g.area = area(s.Bounds)
	border(g, p, s.Bounds, n)
	icon(g, p, s.Bounds, n)
	switch {
	case container && s.IsExpanded:
		g.onTop(s.Bounds, s.Text, p.label)
	default:
		g.inside(s.Bounds, s.Text, p.label)
	}
	markers(g, p, s, n)
	a.badge(s.Drawn, point{X: s.Bounds.X + s.Bounds.Width - padding, Y: s.Bounds.Y})
}

// border is the outline by which sub-processes and call activities are told apart (§10.3.5).
func border(g *group, p pen, b bpmn.Bounds, n *bpmn.FlowNode) {
	switch {
	case n.Kind == "callActivity":
		g.draw(rounded(b, cornerRadius), p.solid(lineThick))
	case n.TriggeredByEvent:
		g.draw(rounded(b, cornerRadius), p.solid(2.5).dashed(0, 6))
	case n.Kind == "transaction":
		g.draw(rounded(b, cornerRadius), p.solid(lineThin))
		g.draw(rounded(inset(b, 3), cornerRadius-3), p.thin(lineThin))
	default:
		g.draw(rounded(b, cornerRadius), p.solid(lineNormal))
	}
}

// icon is the small picture in the upper left corner of a task (§10.3.3).
func icon(g *group, p pen, b bpmn.Bounds, n *bpmn.FlowNode) {
	kind := n.Kind
	if kind == "receiveTask" && n.Instantiate {
		g.draw(circle(b.X+17, b.Y+16, 12), p.thin(1))
		kind = "instantiatingReceiveTask"
	}
	for _, part := range taskIcons[kind] {
		g.draw(part.path.at(b.X+padding, b.Y+padding, 1), part.style(p))
	}
}

// markers stand in the middle of the lower edge, in a row (§10.3, Figure 10.8, and §10.3.8).
func markers(g *group, p pen, s *bpmn.Shape, n *bpmn.FlowNode) {
	var names []string
	if n.IsForCompensation {
		names = append(names, "compensation")
	}
	if l := n.Loop; l != nil {
		switch {
		case l.Kind == "standardLoopCharacteristics":
			names = append(names, "loop")
		case l.IsSequential:
			names = append(names, "sequential")
		default:
			names = append(names, "parallel")
		}
	}
	if n.Body != nil && !s.IsExpanded || n.Kind == "callActivity" {
		names = append(names, "collapsed")
	}
	if n.Kind == "adHocSubProcess" {
		names = append(names, "adHoc")
	}
	drawMarkers(g, p, s.Bounds, names)
}

// markerSize is the width and height of a marker, markerStep that of a marker and the gap beside it.
const markerSize, markerStep = 14, 19

func drawMarkers(g *group, p pen, b bpmn.Bounds, names []string) {
	x := b.X + b.Width/2 - float64(len(names))*markerStep/2 + (markerStep-markerSize)/2.0
	for _, name := range names {
		for _, part := range markerIcons[name] {
			g.draw(part.path.at(x, b.Y+b.Height-markerSize-4, 1), part.style(p))
		}
		x += markerStep
	}
}
