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
	shapes  map[string]*bpmn.Shape
	edges   map[string]*bpmn.Edge
	ends    map[string][2]string // of each edge: the elements that it connects
}

func look(t *testing.T, defs *bpmn.Definitions) drawing {
	t.Helper()
	require.Len(t, defs.Diagrams, 1)
	d := drawing{defs, defs.Processes[0], map[string]*bpmn.Shape{}, map[string]*bpmn.Edge{}, map[string][2]string{}}
	for _, s := range defs.Diagrams[0].Shapes {
		require.NotContains(t, d.shapes, s.ElementRef, "drawn twice")
		d.shapes[s.ElementRef] = s
	}
	for _, e := range defs.Diagrams[0].Edges {
		require.NotContains(t, d.edges, e.ElementRef, "drawn twice")
		d.edges[e.ElementRef] = e
	}
	for _, f := range d.process.SequenceFlows {
		d.ends[f.ID] = [2]string{f.Source.ID, f.Target.ID}
	}
	for _, a := range d.process.Associations {
		d.ends[a.ID] = [2]string{a.SourceRef, a.TargetRef}
	}
	for _, c := range defs.Collaborations {
		for _, m := range c.MessageFlows {
			d.ends[m.ID] = [2]string{m.SourceRef, m.TargetRef}
		}
	}
	return d
}

// eachDrawing runs a check on every shipped file.
func eachDrawing(t *testing.T, check func(*testing.T, drawing)) {
	for name, defs := range shipped(t) {
		t.Run(name, func(t *testing.T) { check(t, look(t, defs)) })
	}
}

func TestEverythingIsDrawn(t *testing.T) {
	eachDrawing(t, func(t *testing.T, d drawing) {
		var nodes []string
		for _, n := range d.process.FlowNodes {
			nodes = append(nodes, n.ID)
		}
		for _, a := range d.process.TextAnnotations {
			nodes = append(nodes, a.ID)
		}
		for _, c := range d.defs.Collaborations {
			for _, p := range c.Participants {
				nodes = append(nodes, p.ID)
			}
		}
		require.ElementsMatch(t, nodes, keys(d.shapes))
		require.ElementsMatch(t, keys(d.ends), keys(d.edges))
	})
}

func TestEverythingHasAName(t *testing.T) {
	eachDrawing(t, func(t *testing.T, d drawing) {
		for _, n := range d.process.FlowNodes {
			if len(n.Outgoing) > 1 {
				for _, f := range n.Outgoing {
					require.NotEmpty(t, f.Name, "flow %s leaves gateway %q", f.ID, n.Name)
				}
			}
			if joins := len(n.Incoming) > 1 && len(n.Outgoing) == 1; !joins {
				require.NotEmpty(t, n.Name, n.ID)
			}
		}
	})
}

func TestNothingOverlaps(t *testing.T) {
	eachDrawing(t, func(t *testing.T, d drawing) {
		boxes := d.boxes()
		for i, a := range boxes {
			for _, b := range boxes[i+1:] {
				require.False(t, overlap(a.Bounds, b.Bounds), "%s and %s", a.what, b.what)
			}
			for id, e := range d.edges {
				if ends := d.ends[id]; a.what == ends[0] || a.what == ends[1] {
					continue
				}
				for s := range segments(e) {
					require.False(t, touches(s, a.Bounds), "%s runs through %s", id, a.what)
				}
			}
		}
	})
}

func TestFlowsDoNotCross(t *testing.T) {
	eachDrawing(t, func(t *testing.T, d drawing) {
		ids := keys(d.edges)
		for i, a := range ids {
			for _, b := range ids[i+1:] {
				for s := range segments(d.edges[a]) {
					for r := range segments(d.edges[b]) {
						require.False(t, meet(s, r), "%s and %s", a, b)
					}
				}
			}
		}
	})
}

func TestFlowsAreOrthogonalAndTouchWhatTheyConnect(t *testing.T) {
	eachDrawing(t, func(t *testing.T, d drawing) {
		for id, e := range d.edges {
			require.GreaterOrEqual(t, len(e.Waypoints), 2, id)
			for s := range segments(e) {
				require.True(t, s.from.X == s.to.X || s.from.Y == s.to.Y, "%s runs askew", id)
			}
			first, last := e.Waypoints[0], e.Waypoints[len(e.Waypoints)-1]
			for i, p := range []bpmn.Point{first, last} {
				what := d.ends[id][i]
				docks := onBorder
				if d.isNode(what) {
					docks = inTheMiddleOfASide
				}
				require.True(t, docks(p, d.shapes[what].Bounds), "%s does not dock at %s", id, what)
			}
		}
	})
}

func TestFlowsRunFromLeftToRight(t *testing.T) {
	eachDrawing(t, func(t *testing.T, d drawing) {
		for _, f := range d.process.SequenceFlows {
			from, to := center(d.shapes[f.Source.ID].Bounds), center(d.shapes[f.Target.ID].Bounds)
			require.LessOrEqual(t, from.X, to.X, f.ID)
			for s := range segments(d.edges[f.ID]) {
				require.LessOrEqual(t, s.from.X, s.to.X, "%s turns back", f.ID)
			}
		}
	})
}

// A diagram fits on one screen, and what runs is inside its pool.
func TestDiagramsNeedNoScrolling(t *testing.T) {
	eachDrawing(t, func(t *testing.T, d drawing) {
		var pool bpmn.Bounds
		for _, p := range d.defs.Collaborations[0].Participants {
			if p.ProcessRef == d.process.ID {
				pool = d.shapes[p.ID].Bounds
			}
		}
		for _, n := range d.process.FlowNodes {
			require.True(t, inside(d.shapes[n.ID].Bounds, pool), n.ID)
		}
		for _, b := range d.boxes() {
			require.LessOrEqual(t, b.X+b.Width, 160+1400.0, b.what)
			require.LessOrEqual(t, b.Y+b.Height, 80+640.0, b.what)
			require.LessOrEqual(t, b.X+b.Width, pool.X+pool.Width, "%s is wider than its pool", b.what)
		}
	})
}

// box is a rectangle that nothing else may cover: a node, an annotation or a label.
type box struct {
	bpmn.Bounds
	what string
}

func (d drawing) boxes() []box {
	var boxes []box
	for id, s := range d.shapes {
		if !d.isPool(id) {
			boxes = append(boxes, box{s.Bounds, id})
		}
		if s.Label != nil {
			boxes = append(boxes, box{*s.Label, "the label of " + id})
		}
	}
	for id, e := range d.edges {
		if e.Label != nil {
			boxes = append(boxes, box{*e.Label, "the label of " + id})
		}
	}
	return boxes
}

func (d drawing) isNode(id string) bool {
	return slices.ContainsFunc(d.process.FlowNodes, func(n *bpmn.FlowNode) bool { return n.ID == id })
}

func (d drawing) isPool(id string) bool {
	return slices.ContainsFunc(d.defs.Collaborations, func(c *bpmn.Collaboration) bool {
		return slices.ContainsFunc(c.Participants, func(p *bpmn.Participant) bool { return p.ID == id })
	})
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
