package draw

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// Picture is a diagram that has been drawn.
type Picture struct {
	// Title is what the picture shows, for people who do not see it.
	Title, Description string
	bounds             bpmn.Bounds
	groups             []*group
}

// Mark makes an element stand out: in other colours, with a short text on it.
type Mark struct {
	Fill, Stroke string // as #rrggbb; "" leaves the element's own
	Badge        string // stands on the element's corner, or in the middle of a flow
	Note         string // is added to the element's title
}

// group is one element, drawn.
type group struct {
	kind, id, title string
	layer           layer
	area            float64
	items           []item
}

// item is a path, or a line of text.
type item struct {
	path path
	text *line
	style
}

// style says how a path is drawn; the ends and corners of lines are round.
type style struct {
	fill, stroke string // none, or #rrggbb
	width        float64
	dash         []float64
}

// line is one line of text. Its colour is the fill of its item.
type line struct {
	text   string
	x, y   float64 // of the base line: its left end, its middle if it is centred
	size   float64
	left   bool
	upward bool // turned by 90 degrees against the clock
}

// layer orders what is drawn, back to front; in a layer, what is larger lies further back.
type layer int

const (
	layerPool layer = iota
	layerLane
	layerContainer
	layerGroup
	layerEdge
	layerNode
	layerBoundary
	layerMessage // its ends lie on the border of what it connects
	layerLabel
)

// limit is how far from the origin a diagram may reach, in diagram units: modelling tools stay far below.
const limit = 1_000_000

// codeUndrawable is the code of what cannot be drawn (docs/errors.md).
const codeUndrawable = "DRAW001"

// margin is left free around the diagram.
const margin = 12

// New draws a diagram of a document. marks are by the id of the element; they may be nil. An error is a [bpmn.Problems] which says
// what of the diagram cannot be drawn.
func New(d *bpmn.Definitions, diagram *bpmn.Diagram, marks map[string]Mark) (*Picture, error) {
	if problems := undrawable(diagram); len(problems) > 0 {
		return nil, problems
	}
	a := newArtist(d, marks)
	for _, s := range diagram.Shapes {
		a.shape(s)
	}
	for _, e := range diagram.Edges {
		a.edge(e)
	}
	slices.SortStableFunc(a.groups, func(x, y *group) int {
		return cmp.Or(cmp.Compare(x.layer, y.layer), cmp.Compare(y.area, x.area))
	})
	p := &Picture{groups: a.groups, Title: a.title(diagram), bounds: extent(a.groups)}
	p.Description = a.description(diagram)
	return p, nil
}

// undrawable finds what has no place in a picture.
func undrawable(diagram *bpmn.Diagram) bpmn.Problems {
	var problems bpmn.Problems
	report := func(d bpmn.Drawn, text, hint string) {
		problems = append(problems, bpmn.Problem{
			Pos: d.Pos, Severity: bpmn.SeverityError, Code: codeUndrawable, ElementID: d.ElementRef, Text: text, Hint: hint,
		})
	}
	far := func(values ...float64) bool {
		return slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.Abs(v) > limit })
	}
	label := func(d bpmn.Drawn, b *bpmn.Bounds) {
		if b != nil && far(b.X, b.Y, b.Width, b.Height) {
			report(d, fmt.Sprintf("the label lies more than %d units from the origin", limit), "move it in the modeler")
		}
	}
	if len(diagram.Shapes)+len(diagram.Edges) == 0 {
		problems = append(problems, bpmn.Problem{
			Pos: diagram.Pos, Severity: bpmn.SeverityError, Code: codeUndrawable, Text: "the diagram is empty",
			Hint: "open the file in a modeler, draw, and save it",
		})
	}
	for _, s := range diagram.Shapes {
		b := s.Bounds
		switch {
		case far(b.X, b.Y, b.Width, b.Height):
			report(s.Drawn, fmt.Sprintf("the shape reaches more than %d units from the origin", limit), "move it in the modeler")
		case b.Width <= 0 || b.Height <= 0:
			report(s.Drawn, "the shape has no size", "give its dc:Bounds a width and a height")
		}
		label(s.Drawn, s.Label)
	}
	for _, e := range diagram.Edges {
		if len(e.Waypoints) < 2 {
			report(e.Drawn, "the edge needs two di:waypoint at least", "draw the flow anew in the modeler")
		}
		if slices.ContainsFunc(e.Waypoints, func(p point) bool { return far(p.X, p.Y) }) {
			report(e.Drawn, fmt.Sprintf("the edge reaches more than %d units from the origin", limit), "move it in the modeler")
		}
		label(e.Drawn, e.Label)
	}
	return problems
}

// extent is what the groups cover, with a margin.
func extent(groups []*group) bpmn.Bounds {
	low, high := point{X: math.Inf(1), Y: math.Inf(1)}, point{X: math.Inf(-1), Y: math.Inf(-1)}
	include := func(x, y float64) {
		low = point{X: min(low.X, x), Y: min(low.Y, y)}
		high = point{X: max(high.X, x), Y: max(high.Y, y)}
	}
	for _, g := range groups {
		for _, i := range g.items {
			for _, s := range i.path {
				for _, q := range s.points() {
					include(q.X, q.Y)
				}
			}
			if i.text != nil {
				i.text.corners(include)
			}
		}
	}
	x, y := math.Floor(low.X)-margin, math.Floor(low.Y)-margin
	return bpmn.Bounds{X: x, Y: y, Width: math.Ceil(high.X) + margin - x, Height: math.Ceil(high.Y) + margin - y}
}

// corners gives two opposite corners of what the line covers.
func (l *line) corners(include func(x, y float64)) {
	w := regular().width(l.text, l.size)
	from := -w / 2
	if l.left {
		from = 0
	}
	if l.upward {
		include(l.x-l.size, l.y-from)
		include(l.x, l.y-from-w)
		return
	}
	include(l.x+from, l.y-l.size)
	include(l.x+from+w, l.y+l.size/4)
}
