package draw

import (
	"github.com/sonata-bpmn/sonata/bpmn"
)

// write adds lines of text, the first of which has its top at y; x is the middle of the lines, or their left end.
func (g *group) write(lines []string, l line, color string) {
	for i, text := range lines {
		if text == "" {
			continue
		}
		one := l
		one.text, one.y = text, l.y+l.size*(float64(i)*lineHeight+ascent)
		g.items = append(g.items, item{text: &one, style: style{fill: color, stroke: none}})
	}
}

func height(lines []string, size float64) float64 { return float64(len(lines)) * size * lineHeight }

// padding is kept free inside of a shape, and beside at the left and right of a text in its middle.
const padding, beside = 5, 7

// inside writes a text into the middle of an area.
func (g *group) inside(b bpmn.Bounds, text, color string) {
	lines := wrap(text, sizeInside, max(b.Width-2*beside, sizeInside))
	y := b.Y + max((b.Height-height(lines, sizeInside))/2, 0)
	g.write(lines, line{x: b.X + b.Width/2, y: y, size: sizeInside}, color)
}

// onTop writes a text into an area, at its upper edge.
func (g *group) onTop(b bpmn.Bounds, text, color string) {
	lines := wrap(text, sizeInside, max(b.Width-2*padding, sizeInside))
	g.write(lines, line{x: b.X + b.Width/2, y: b.Y + padding, size: sizeInside}, color)
}

// upwards writes a text into the middle of a narrow area, turned.
func (g *group) upwards(b bpmn.Bounds, text, color string) {
	lines := wrap(text, sizeInside, max(b.Height-2*padding, sizeInside))
	x := b.X + max((b.Width-height(lines, sizeInside))/2, 0)
	for i, text := range lines {
		l := &line{text: text, x: x + sizeInside*(float64(i)*lineHeight+ascent), y: b.Y + b.Height/2, size: sizeInside, upward: true}
		g.items = append(g.items, item{text: l, style: style{fill: color, stroke: none}})
	}
}

// labelWidth is how wide a label beside a shape gets if the diagram does not say.
const labelWidth = 90

// outside writes a text beside what it belongs to: where the diagram says or, if it does not, with its upper middle at a point.
func (g *group) outside(text string, bounds *bpmn.Bounds, otherwise point, color string) {
	top, width := otherwise, float64(labelWidth)
	if bounds != nil && bounds.Width > 0 {
		top, width = point{X: bounds.X + bounds.Width/2, Y: bounds.Y}, max(bounds.Width+1, 2*sizeOutside) // which modelers round
	}
	g.write(wrap(text, sizeOutside, width), line{x: top.X, y: top.Y, size: sizeOutside}, color)
}

// named adds the label of a shape that has its text beside it: below, unless the diagram says where. It lies over everything else.
func (a *artist) named(s *bpmn.Shape, color string) {
	if s.Text == "" {
		return
	}
	g := a.begin(s.Drawn, layerLabel)
	below := point{X: s.Bounds.X + s.Bounds.Width/2, Y: s.Bounds.Y + s.Bounds.Height + padding}
	g.outside(s.Text, s.Label, below, color)
	g.kind, g.id, g.title = "label", "", ""
}

// badge puts the short text of a mark at a point.
func (a *artist) badge(d bpmn.Drawn, at point) {
	mark := a.marks[d.ElementRef]
	if mark.Badge == "" {
		return
	}
	g := a.begin(d, layerLabel)
	g.kind, g.id, g.title = "badge", "", ""
	width := regular().width(mark.Badge, sizeOutside) + 2*padding
	b := bpmn.Bounds{X: at.X - width/2, Y: at.Y - 8, Width: width, Height: 16}
	fill := black
	set(&fill, mark.Stroke)
	g.draw(rounded(b, 8), style{fill: fill, stroke: white, width: 1})
	g.write([]string{mark.Badge}, line{x: at.X, y: at.Y - sizeOutside*lineHeight/2, size: sizeOutside}, white)
}
