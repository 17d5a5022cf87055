package draw

import (
	"math"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// edge draws a flow or an association by its kind (§7.3).
func (a *artist) edge(e *bpmn.Edge) {
	in := layerEdge
	if e.Kind == "messageFlow" {
		in = layerMessage
	}
	g, p := a.begin(e.Drawn, in), penOf(e.Drawn, white, a.marks[e.ElementRef])
	way := e.Waypoints
	switch {
	case e.Kind == "messageFlow":
		a.messageFlow(g, p, e)
	case e.Kind == "association":
		a.association(g, p, e)
	case strings.HasPrefix(e.Kind, "data"):
		g.draw(bent(way), p.thin(lineNormal).dashed(0.5, 5))
		g.draw(openHead(way), p.thin(lineThin))
	default:
		a.sequenceFlow(g, p, e)
	}
	if e.Text != "" {
		label := a.begin(e.Drawn, layerLabel)
		below := halfway(way)
		below.Y += padding
		if flow := a.messages[e.ElementRef]; flow != nil && flow.MessageRef != "" {
			below.Y += envelope.Height / 2
		}
		label.outside(e.Text, e.Label, below, p.label)
		label.kind, label.id, label.title = "label", "", ""
	}
	a.badge(e.Drawn, halfway(way))
}

// sequenceFlow draws the arrow, and at its beginning the mark of a default flow, or of a condition on a flow that leaves no
// gateway (§8.4.13).
func (a *artist) sequenceFlow(g *group, p pen, e *bpmn.Edge) {
	way := e.Waypoints
	g.draw(bent(shortened(way)), p.thin(lineNormal))
	g.draw(closedHead(way), p.full())
	flow := a.flows[e.ElementRef]
	if flow == nil || flow.Source == nil {
		return
	}
	start := toward(way[0], way[1])
	switch {
	case flow.Source.Default == flow:
		g.draw(start.path(parse("M 6,-5 L 12,5")), p.thin(lineThin))
	case flow.Condition != nil && !strings.HasSuffix(flow.Source.Kind, "Gateway"):
		g.draw(start.path(parse("M 0,0 L 8,-5 L 16,0 L 8,5 Z")), p.solid(lineThin))
	}
}

// envelope is the message on a message flow, around its middle.
var envelope = bpmn.Bounds{X: -13, Y: -9, Width: 26, Height: 18}

// messageFlow draws a message between pools, with the message as an envelope if the flow names it (§9.4).
func (a *artist) messageFlow(g *group, p pen, e *bpmn.Edge) {
	way := e.Waypoints
	g.draw(bent(shortened(way)), p.thin(lineThin).dashed(8, 7))
	g.draw(closedHead(way), p.solid(lineThin))
	g.draw(circle(way[0].X, way[0].Y, 4), p.solid(lineThin))
	if flow := a.messages[e.ElementRef]; flow != nil && flow.MessageRef != "" {
		middle := halfway(way)
		g.draw(rectangle(envelope).at(middle.X, middle.Y, 1), p.solid(lineThin))
		g.draw(move(envelope.X, envelope.Y).line(0, 1).line(-envelope.X, envelope.Y).at(middle.X, middle.Y, 1), p.thin(lineThin))
	}
}

// association draws the dotted line; its direction shows as open arrows (§8.4.1).
func (a *artist) association(g *group, p pen, e *bpmn.Edge) {
	way := e.Waypoints
	g.draw(bent(way), p.thin(lineNormal).dashed(0, 5))
	l := a.lines[e.ElementRef]
	if l == nil {
		return
	}
	if l.Direction == "One" || l.Direction == "Both" {
		g.draw(openHead(way), p.thin(lineThin))
	}
	if l.Direction == "Both" {
		g.draw(openHead([]point{way[1], way[0]}), p.thin(lineThin))
	}
}

// bent is the line through the waypoints, with round corners.
func bent(way []point) path {
	const radius = 5
	p := move(way[0].X, way[0].Y)
	for i := 1; i < len(way)-1; i++ {
		before, corner, after := way[i-1], way[i], way[i+1]
		r := min(radius, distance(before, corner)/2, distance(corner, after)/2)
		from, to := along(corner, before, r), along(corner, after, r)
		p = p.line(from.X, from.Y).curve(between(from, corner, 2.0/3), between(to, corner, 2.0/3), to)
	}
	end := way[len(way)-1]
	return p.line(end.X, end.Y)
}

func distance(a, b point) float64 { return math.Hypot(b.X-a.X, b.Y-a.Y) }

// along is the point at a distance from one on the way to another.
func along(from, to point, d float64) point {
	all := distance(from, to)
	if all == 0 {
		return from
	}
	return between(from, to, d/all)
}

// headLength and headWidth are the size of arrows.
const headLength, headWidth = 10, 9

// shortened ends the line inside of its arrow, so that it does not show at the tip.
func shortened(way []point) []point {
	last := len(way) - 1
	short := append([]point(nil), way...)
	short[last] = along(way[last], way[last-1], min(headLength/2, distance(way[last-1], way[last])))
	return short
}

func closedHead(way []point) path {
	return tip(way).path(move(0, 0).line(headLength, headWidth/2.0).line(headLength, -headWidth/2.0).end())
}

func openHead(way []point) path {
	return tip(way).path(move(headLength, headWidth/2.0).line(0, 0).line(headLength, -headWidth/2.0))
}

// place is a point on a line with the direction in which it goes on from there.
type place struct {
	at       point
	cos, sin float64
}

func toward(from, to point) place {
	d := distance(from, to)
	if d == 0 {
		return place{from, 1, 0}
	}
	return place{from, (to.X - from.X) / d, (to.Y - from.Y) / d}
}

// tip is the end of a line, looking back.
func tip(way []point) place { return toward(way[len(way)-1], way[len(way)-2]) }

// path gives a path that was drawn from the origin along the x axis.
func (l place) path(p path) path {
	return p.transform(func(q point) point {
		return point{X: l.at.X + q.X*l.cos - q.Y*l.sin, Y: l.at.Y + q.X*l.sin + q.Y*l.cos}
	})
}

// halfway is the middle of a line.
func halfway(way []point) point {
	total := 0.0
	for i := range len(way) - 1 {
		total += distance(way[i], way[i+1])
	}
	rest := total / 2
	for i := range len(way) - 1 {
		d := distance(way[i], way[i+1])
		if rest <= d {
			return along(way[i], way[i+1], rest)
		}
		rest -= d
	}
	return way[len(way)-1]
}
