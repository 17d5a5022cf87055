package processes_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// drawing is one file's diagram, with what the picture has to show.
type drawing struct {
	defs    *bpmn.Definitions
	process *bpmn.Process
	nodes   map[string]*bpmn.FlowNode // of the process and of its sub-processes
	flows   []*bpmn.SequenceFlow
	notes   []string
	shapes  map[string]*bpmn.Shape
	edges   map[string]*bpmn.Edge
	ends    map[string][2]string // of each edge: the elements that it connects
}

func look(t *testing.T, defs *bpmn.Definitions) drawing {
	t.Helper()
	require.Len(t, defs.Diagrams, 1)
	d := drawing{
		defs: defs, process: defs.Processes[0], nodes: map[string]*bpmn.FlowNode{},
		shapes: map[string]*bpmn.Shape{}, edges: map[string]*bpmn.Edge{}, ends: map[string][2]string{},
	}
	for _, s := range defs.Diagrams[0].Shapes {
		require.NotContains(t, d.shapes, s.ElementRef, "drawn twice")
		d.shapes[s.ElementRef] = s
	}
	for _, e := range defs.Diagrams[0].Edges {
		require.NotContains(t, d.edges, e.ElementRef, "drawn twice")
		d.edges[e.ElementRef] = e
	}
	d.add(&d.process.Container)
	for _, c := range defs.Collaborations {
		for _, m := range c.MessageFlows {
			d.ends[m.ID] = [2]string{m.SourceRef, m.TargetRef}
		}
	}
	return d
}

func (d *drawing) add(c *bpmn.Container) {
	for _, n := range c.FlowNodes {
		d.nodes[n.ID] = n
		if n.Body != nil {
			d.add(n.Body)
		}
	}
	for _, f := range c.SequenceFlows {
		d.flows = append(d.flows, f)
		d.ends[f.ID] = [2]string{f.Source.ID, f.Target.ID}
	}
	for _, a := range c.Associations {
		d.ends[a.ID] = [2]string{a.SourceRef, a.TargetRef}
	}
	for _, a := range c.TextAnnotations {
		d.notes = append(d.notes, a.ID)
	}
}

// eachDrawing runs a check on every shipped file.
func eachDrawing(t *testing.T, check func(*testing.T, drawing)) {
	t.Helper()
	for name, defs := range shipped(t) {
		t.Run(name, func(t *testing.T) { check(t, look(t, defs)) })
	}
}

// box is a rectangle that nothing else may cover: a node, an annotation or a label.
type box struct {
	bpmn.Bounds
	what  string
	of    string // the element that it shows or labels
	label bool
}

func (d *drawing) boxes() []box {
	var boxes []box
	for id, s := range d.shapes {
		n := d.nodes[id]
		if !d.isPool(id) {
			boxes = append(boxes, box{s.Bounds, id, id, false})
		}
		if s.Label != nil {
			boxes = append(boxes, box{*s.Label, "the label of " + id, id, true})
		}
		if n != nil && n.Body != nil { // its name stands in the middle of its upper edge
			w := 7 * float64(len(n.Name))
			boxes = append(boxes, box{bpmn.Bounds{X: center(s.Bounds).X - w/2, Y: s.Bounds.Y + 4, Width: w, Height: 18}, "the name of " + id, id, true})
		}
	}
	for id, e := range d.edges {
		if e.Label != nil {
			boxes = append(boxes, box{*e.Label, "the label of " + id, id, true})
		}
	}
	return boxes
}

// within says whether a sub-process is around an element, a flow or its label.
func (d *drawing) within(id, sub string) bool {
	if ends, ok := d.ends[id]; ok {
		return d.within(ends[0], sub) || d.within(ends[1], sub)
	}
	n := d.nodes[id]
	for n != nil && n.Parent != nil {
		if n = n.Parent; n.ID == sub {
			return true
		}
	}
	return false
}

// belong says whether one box may lie on another: a boundary event on its activity, what is inside of a sub-process on that.
func (d *drawing) belong(a, b box) bool {
	if a.label {
		return b.of != a.of && !b.label && d.within(a.of, b.of) || b.of == a.of && !b.label && d.nodes[b.of] != nil && d.nodes[b.of].Body != nil
	}
	if n := d.nodes[a.of]; n != nil && n.AttachedTo != nil && n.AttachedTo.ID == b.what {
		return true
	}
	return d.within(a.of, b.what)
}

func (d *drawing) isPool(id string) bool {
	return slices.ContainsFunc(d.defs.Collaborations, func(c *bpmn.Collaboration) bool {
		return slices.ContainsFunc(c.Participants, func(p *bpmn.Participant) bool { return p.ID == id })
	})
}

// pool is the rectangle around what the process does.
func (d *drawing) pool() bpmn.Bounds {
	for _, p := range d.defs.Collaborations[0].Participants {
		if p.ProcessRef == d.process.ID {
			return d.shapes[p.ID].Bounds
		}
	}
	return bpmn.Bounds{}
}

// segment is one straight stretch of a flow.
type segment struct{ from, to bpmn.Point }

func segments(e *bpmn.Edge) func(func(segment) bool) {
	return func(yield func(segment) bool) {
		for i := range len(e.Waypoints) - 1 {
			if !yield(segment{e.Waypoints[i], e.Waypoints[i+1]}) {
				return
			}
		}
	}
}

// hull is the rectangle that an orthogonal segment covers.
func (s segment) hull() bpmn.Bounds {
	x, y := min(s.from.X, s.to.X), min(s.from.Y, s.to.Y)
	return bpmn.Bounds{X: x, Y: y, Width: math.Abs(s.from.X - s.to.X), Height: math.Abs(s.from.Y - s.to.Y)}
}

// meet says whether two orthogonal segments have a point in common.
func meet(a, b segment) bool { return touches(a, b.hull()) }

func touches(s segment, b bpmn.Bounds) bool {
	h := s.hull()
	return h.X <= b.X+b.Width && b.X <= h.X+h.Width && h.Y <= b.Y+b.Height && b.Y <= h.Y+h.Height
}

func overlap(a, b bpmn.Bounds) bool {
	return a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height
}

func inside(a, b bpmn.Bounds) bool {
	return a.X >= b.X && a.Y >= b.Y && a.X+a.Width <= b.X+b.Width && a.Y+a.Height <= b.Y+b.Height
}

func onBorder(p bpmn.Point, b bpmn.Bounds) bool {
	within := p.X >= b.X && p.X <= b.X+b.Width && p.Y >= b.Y && p.Y <= b.Y+b.Height
	return within && (p.X == b.X || p.X == b.X+b.Width || p.Y == b.Y || p.Y == b.Y+b.Height)
}

func inTheMiddleOfASide(p bpmn.Point, b bpmn.Bounds) bool {
	return onBorder(p, b) && (p.X == center(b).X || p.Y == center(b).Y)
}

func center(b bpmn.Bounds) bpmn.Point { return bpmn.Point{X: b.X + b.Width/2, Y: b.Y + b.Height/2} }

func keys[V any](m map[string]V) []string {
	var ks []string
	for k := range m {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}
