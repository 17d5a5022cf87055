package draw

import (
	"github.com/sonata-bpmn/sonata/bpmn"
)

// band is the width of the part of a pool or lane that has its name.
const band = 30

// pool draws a participant (§9.3): with a band for its name if it shows a process, else with its name in the middle.
func (a *artist) pool(s *bpmn.Shape) {
	g, p := a.begin(s.Drawn, layerPool), penOf(s.Drawn, white, a.marks[s.ElementRef])
	g.area = area(s.Bounds)
	g.draw(rectangle(s.Bounds), p.solid(lineThin))
	participant := a.pools[s.ElementRef]
	if participant == nil || participant.ProcessRef == "" {
		g.inside(s.Bounds, s.Text, p.label)
	} else {
		named := nameBand(s)
		g.draw(rectangle(named), p.thin(lineThin))
		g.nameIn(named, s, p.label)
	}
	if participant != nil && participant.Multiple {
		drawMarkers(g, p, s.Bounds, []string{"parallel"})
	}
}

// lane draws a lane (§10.8).
func (a *artist) lane(s *bpmn.Shape) {
	g, p := a.begin(s.Drawn, layerLane), penOf(s.Drawn, none, a.marks[s.ElementRef])
	g.area = area(s.Bounds)
	g.draw(rectangle(s.Bounds), p.solid(lineThin))
	g.nameIn(nameBand(s), s, p.label)
}

// nameBand is the part of a pool or lane that has its name: at the left, or on top of a vertical one.
func nameBand(s *bpmn.Shape) bpmn.Bounds {
	b := s.Bounds
	if s.IsVertical {
		b.Height = min(b.Height, band)
	} else {
		b.Width = min(b.Width, band)
	}
	return b
}

func (g *group) nameIn(b bpmn.Bounds, s *bpmn.Shape, color string) {
	if s.IsVertical {
		g.inside(b, s.Text, color)
	} else {
		g.upwards(b, s.Text, color)
	}
}

// group draws the artifact of that name (§8.4.1): a frame that things lie in.
func (a *artist) group(s *bpmn.Shape) {
	g, p := a.begin(s.Drawn, layerGroup), penOf(s.Drawn, none, a.marks[s.ElementRef])
	g.area = area(s.Bounds)
	g.draw(rounded(s.Bounds, cornerRadius), p.thin(lineThin).dashed(10, 6, 0, 6))
	if s.Text != "" {
		label := a.begin(s.Drawn, layerLabel)
		label.outside(s.Text, s.Label, point{X: s.Bounds.X + s.Bounds.Width/2, Y: s.Bounds.Y + padding}, p.label)
		label.kind, label.id, label.title = "label", "", ""
	}
}

// annotation draws a text annotation (§8.4.1).
func (a *artist) annotation(s *bpmn.Shape) {
	g, p := a.begin(s.Drawn, layerNode), penOf(s.Drawn, none, a.marks[s.ElementRef])
	b := s.Bounds
	if p.fill != none {
		g.draw(rectangle(b), style{fill: p.fill, stroke: none})
	}
	bracket := min(10, b.Width)
	g.draw(move(b.X+bracket, b.Y).line(b.X, b.Y).line(b.X, b.Y+b.Height).line(b.X+bracket, b.Y+b.Height), p.thin(lineThin))
	lines := wrap(s.Text, sizeInside, max(b.Width-2*padding, sizeInside))
	g.write(lines, line{x: b.X + padding, y: b.Y + padding, size: sizeInside, left: true}, p.label)
}

// dataObject draws data (§10.4.1): a page with a folded corner; what goes into a process or comes out of it has an arrow.
func (a *artist) dataObject(s *bpmn.Shape) {
	g, p := a.begin(s.Drawn, layerNode), penOf(s.Drawn, white, a.marks[s.ElementRef])
	b := s.Bounds
	fold := min(10, b.Width/2, b.Height/2)
	right, bottom := b.X+b.Width, b.Y+b.Height
	g.draw(move(b.X, b.Y).line(right-fold, b.Y).line(right, b.Y+fold).line(right, bottom).line(b.X, bottom).end(), p.solid(lineNormal))
	g.draw(move(right-fold, b.Y).line(right-fold, b.Y+fold).line(right, b.Y+fold), p.thin(lineThin))
	arrow := parse("M 4,10 L 14,10 L 14,6 L 21,12.5 L 14,19 L 14,15 L 4,15 Z")
	switch s.Kind {
	case "dataInput":
		g.draw(arrow.at(b.X, b.Y, 1), p.solid(1))
	case "dataOutput":
		g.draw(arrow.at(b.X, b.Y, 1), p.full())
	}
	if a.isCollection(s.ElementRef) {
		drawMarkers(g, p, b, []string{"parallel"})
	}
	a.named(s, p.label)
}

func (a *artist) isCollection(id string) bool {
	d := a.data[id]
	if d == nil {
		return false
	}
	if referred := a.data[d.Ref]; referred != nil {
		return referred.IsCollection
	}
	return d.IsCollection
}

// dataStore draws a data store (§10.4.1).
func (a *artist) dataStore(s *bpmn.Shape) {
	g, p := a.begin(s.Drawn, layerNode), penOf(s.Drawn, white, a.marks[s.ElementRef])
	b := s.Bounds
	rim := b.Height / 8
	bow := func(y float64) path {
		k := b.Width * (1 - roundness) / 2
		return move(b.X, y).
			curve(point{X: b.X, Y: y + rim*roundness}, point{X: b.X + k, Y: y + rim}, point{X: b.X + b.Width/2, Y: y + rim}).
			curve(point{X: b.X + b.Width - k, Y: y + rim}, point{X: b.X + b.Width, Y: y + rim*roundness}, point{X: b.X + b.Width, Y: y})
	}
	top, bottom := b.Y+rim, b.Y+b.Height-rim
	body := bow(bottom).line(b.X+b.Width, top)
	k := b.Width * (1 - roundness) / 2
	body = body.curve(point{X: b.X + b.Width, Y: top - rim*roundness}, point{X: b.X + b.Width - k, Y: b.Y}, point{X: b.X + b.Width/2, Y: b.Y}).
		curve(point{X: b.X + k, Y: b.Y}, point{X: b.X, Y: top - rim*roundness}, point{X: b.X, Y: top}).end()
	g.draw(body, p.solid(lineNormal))
	for i := range 3 {
		g.draw(bow(top+float64(i)*rim*0.9), p.thin(lineThin))
	}
	a.named(s, p.label)
}
