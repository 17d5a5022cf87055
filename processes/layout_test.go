package processes_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEverythingIsDrawn(t *testing.T) {
	eachDrawing(t, func(t *testing.T, d drawing) {
		nodes := append(keys(d.nodes), d.notes...)
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
		for _, n := range d.nodes {
			if len(n.Outgoing) > 1 && n.Kind != "eventBasedGateway" { // the events after that one say what happened
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
				require.False(t, overlap(a.Bounds, b.Bounds) && !d.belong(a, b) && !d.belong(b, a), "%s and %s", a.what, b.what)
			}
			for id, e := range d.edges {
				if ends := d.ends[id]; a.what == ends[0] || a.what == ends[1] || !a.label && d.within(id, a.what) {
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
			for i, p := range slices.All([]struct{ X, Y float64 }{{first.X, first.Y}, {last.X, last.Y}}) {
				what := d.ends[id][i]
				docks := onBorder
				if d.nodes[what] != nil {
					docks = inTheMiddleOfASide
				}
				require.True(t, docks(p, d.shapes[what].Bounds), "%s does not dock at %s", id, what)
			}
		}
		for id, n := range d.nodes {
			if n.AttachedTo != nil {
				require.True(t, onBorder(center(d.shapes[id].Bounds), d.shapes[n.AttachedTo.ID].Bounds), "%s does not sit on %s", id, n.AttachedTo.ID)
			}
		}
	})
}

// What is done again is the only way back. It leaves below and comes in from below, so that nobody takes it for the way on. Out of
// a gateway it is named so, unless the gateway asks whether to do it again.
func TestFlowsRunFromLeftToRight(t *testing.T) {
	eachDrawing(t, func(t *testing.T, d drawing) {
		for _, f := range d.flows {
			from, to := d.shapes[f.Source.ID].Bounds, d.shapes[f.Target.ID].Bounds
			e := d.edges[f.ID]
			if f.Name == "retry" || center(to).X < center(from).X {
				require.InDelta(t, from.Y+from.Height, e.Waypoints[0].Y, 0, "%s does not leave below", f.ID)
				require.InDelta(t, to.Y+to.Height, e.Waypoints[len(e.Waypoints)-1].Y, 0, "%s does not come in from below", f.ID)
				continue
			}
			require.LessOrEqual(t, center(from).X, center(to).X, f.ID)
			for s := range segments(e) {
				require.LessOrEqual(t, s.from.X, s.to.X, "%s turns back", f.ID)
			}
		}
	})
}

// A diagram fits on one screen, what runs is inside its pool, and what belongs to a sub-process is inside that.
func TestDiagramsNeedNoScrolling(t *testing.T) {
	eachDrawing(t, func(t *testing.T, d drawing) {
		pool := d.pool()
		for _, b := range d.boxes() {
			require.LessOrEqual(t, b.X+b.Width, 160+1400.0, b.what)
			require.LessOrEqual(t, b.Y+b.Height, 80+780.0, b.what)
			require.LessOrEqual(t, b.X+b.Width, pool.X+pool.Width, "%s is wider than its pool", b.what)
			n := d.nodes[b.of]
			if n == nil {
				continue
			}
			require.True(t, inside(b.Bounds, pool), "%s is not in its pool", b.what)
			if n.Parent != nil {
				require.True(t, inside(b.Bounds, d.shapes[n.Parent.ID].Bounds), "%s is not in its sub-process", b.what)
			}
		}
	})
}
