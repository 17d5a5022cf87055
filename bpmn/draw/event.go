package draw

import (
	"github.com/sonata-bpmn/sonata/bpmn"
)

// event draws an event: its position shows in the circles, its trigger in the icon (§10.5.1).
func (a *artist) event(s *bpmn.Shape) {
	n := a.nodes[s.ElementRef]
	if n == nil {
		n = &bpmn.FlowNode{Kind: s.Kind, CancelActivity: true, IsInterrupting: true}
	}
	in := layerNode
	if n.Kind == "boundaryEvent" {
		in = layerBoundary
	}
	g, p := a.begin(s.Drawn, in), penOf(s.Drawn, white, a.marks[s.ElementRef])
	circles(g, p, s.Bounds, n)
	trigger(g, p, s.Bounds, n)
	a.named(s, p.label)
	a.badge(s.Drawn, point{X: s.Bounds.X + s.Bounds.Width - padding, Y: s.Bounds.Y + padding})
}

func circles(g *group, p pen, b bpmn.Bounds, n *bpmn.FlowNode) {
	switch n.Kind {
	case "startEvent":
		outer := p.solid(lineNormal)
		if !n.IsInterrupting {
			outer = outer.dashed(6)
		}
		g.draw(ellipse(b), outer)
	case "endEvent":
		g.draw(ellipse(b), p.solid(lineEnd))
	default:
		outer, inner := p.solid(lineThin), p.thin(lineThin)
		if n.Kind == "boundaryEvent" && !n.CancelActivity {
			outer, inner = outer.dashed(6), inner.dashed(6)
		}
		g.draw(ellipse(b), outer)
		g.draw(ellipse(inset(b, 3)), inner)
	}
}

// trigger draws what an event waits for or brings about: filled with ink if it throws.
func trigger(g *group, p pen, b bpmn.Bounds, n *bpmn.FlowNode) {
	if len(n.EventDefinitions) == 0 {
		return
	}
	kind := n.EventDefinitions[0].Kind
	switch {
	case len(n.EventDefinitions) > 1 && n.ParallelMultiple:
		kind = "parallelMultiple"
	case len(n.EventDefinitions) > 1:
		kind = "multiple"
	}
	scale := min(b.Width, b.Height) / 36
	middle := centre(b)
	x, y := middle.X-18*scale, middle.Y-18*scale
	throws := n.Kind == "endEvent" || n.Kind == "intermediateThrowEvent"
	for _, part := range eventIcons[kind] {
		if throws && part.paint == shape {
			part.paint = ink
		}
		g.draw(part.path.at(x, y, scale), part.style(p))
	}
	if kind == "messageEventDefinition" {
		line := p.thin(1)
		if throws {
			line.stroke, line.width = p.fill, 1.5
		}
		g.draw(flap.at(x, y, scale), line)
	}
}

// gateway draws a gateway (§10.6). The sign of an exclusive one may be left out.
func (a *artist) gateway(s *bpmn.Shape) {
	g, p := a.begin(s.Drawn, layerNode), penOf(s.Drawn, white, a.marks[s.ElementRef])
	b := s.Bounds
	g.draw(diamond(b), p.solid(lineNormal))
	sign := s.Kind
	if n := a.nodes[s.ElementRef]; n != nil && n.Kind == "eventBasedGateway" && n.Instantiate {
		sign = "instantiatingGateway"
		if n.EventGatewayType == "Parallel" {
			sign = "parallelInstantiatingGateway"
		}
	}
	if sign != "exclusiveGateway" || s.IsMarkerVisible {
		scale, middle := min(b.Width, b.Height)/50, centre(b)
		for _, part := range gatewayIcons[sign] {
			g.draw(part.path.at(middle.X-25*scale, middle.Y-25*scale, scale), part.style(p))
		}
	}
	a.named(s, p.label)
	a.badge(s.Drawn, point{X: b.X + b.Width*3/4 + padding, Y: b.Y + b.Height/4 - padding})
}
