package draw

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// artist draws one diagram.
type artist struct {
	definitions *bpmn.Definitions
	marks       map[string]Mark
	nodes       map[string]*bpmn.FlowNode
	flows       map[string]*bpmn.SequenceFlow
	pools       map[string]*bpmn.Participant
	messages    map[string]*bpmn.MessageFlow
	data        map[string]*bpmn.DataObject
	lines       map[string]*bpmn.Association
	groups      []*group
}

func newArtist(d *bpmn.Definitions, marks map[string]Mark) *artist {
	a := &artist{
		definitions: d, marks: marks, nodes: map[string]*bpmn.FlowNode{}, flows: map[string]*bpmn.SequenceFlow{},
		pools: map[string]*bpmn.Participant{}, messages: map[string]*bpmn.MessageFlow{}, data: map[string]*bpmn.DataObject{},
		lines: map[string]*bpmn.Association{},
	}
	for _, p := range d.Processes {
		a.container(&p.Container)
	}
	for _, c := range d.Collaborations {
		for _, p := range c.Participants {
			a.pools[p.ID] = p
		}
		for _, f := range c.MessageFlows {
			a.messages[f.ID] = f
		}
		for _, l := range c.Associations {
			a.lines[l.ID] = l
		}
	}
	return a
}

func (a *artist) container(c *bpmn.Container) {
	for _, n := range c.FlowNodes {
		a.nodes[n.ID] = n
		if n.Body != nil {
			a.container(n.Body)
		}
	}
	for _, f := range c.SequenceFlows {
		a.flows[f.ID] = f
	}
	for _, d := range c.DataObjects {
		a.data[d.ID] = d
	}
	for _, l := range c.Associations {
		a.lines[l.ID] = l
	}
}

// title is the name of the diagram or of what it shows.
func (a *artist) title(diagram *bpmn.Diagram) string {
	if diagram.Name != "" {
		return diagram.Name
	}
	for _, c := range a.definitions.Collaborations {
		if c.ID == diagram.PlaneElement {
			return collaborationTitle(c)
		}
	}
	for _, p := range a.definitions.Processes {
		if p.ID == diagram.PlaneElement && p.Name != "" {
			return p.Name
		}
	}
	if n := a.nodes[diagram.PlaneElement]; n != nil && n.Name != "" {
		return n.Name
	}
	return diagram.PlaneElement
}

// description says in words what there is to see.
func (a *artist) description(diagram *bpmn.Diagram) string {
	var counts [4]int
	for _, s := range diagram.Shapes {
		switch {
		case s.Kind == "participant":
			counts[0]++
		case strings.HasSuffix(s.Kind, "Event"):
			counts[1]++
		case strings.HasSuffix(s.Kind, "Gateway"):
			counts[3]++
		case a.nodes[s.ElementRef] != nil:
			counts[2]++
		}
	}
	var parts []string
	for i, word := range []string{"pool", "event", "activity", "gateway"} {
		switch counts[i] {
		case 0:
		case 1:
			parts = append(parts, "1 "+word)
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", counts[i], strings.Replace(word, "activity", "activitie", 1)))
		}
	}
	return "BPMN diagram: " + strings.Join(parts, ", ")
}

// begin adds a group for an element.
func (a *artist) begin(d bpmn.Drawn, in layer) *group {
	g := &group{kind: d.Kind, id: d.ElementRef, layer: in}
	g.title = words(d.Kind)
	if d.Text != "" {
		g.title += ": " + strings.Join(strings.Fields(d.Text), " ")
	}
	if note := a.marks[d.ElementRef].Note; note != "" {
		g.title += " (" + note + ")"
	}
	a.groups = append(a.groups, g)
	return g
}

// words writes the kind of an element as people say it: serviceTask becomes "service task".
func words(kind string) string {
	var b strings.Builder
	for _, r := range kind {
		if unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func (g *group) draw(p path, s style) { g.items = append(g.items, item{path: p, style: s}) }

// solid is a line of a width around a filled area.
func (p pen) solid(width float64) style { return style{fill: p.fill, stroke: p.stroke, width: width} }

// thin is a line of a width and nothing else.
func (p pen) thin(width float64) style { return style{fill: none, stroke: p.stroke, width: width} }

// full is an area in the colour of the lines.
func (p pen) full() style { return style{fill: p.stroke, stroke: p.stroke, width: 1} }

func (s style) dashed(dash ...float64) style {
	s.dash = dash
	return s
}

// shape draws a shape by the kind of what it shows.
func (a *artist) shape(s *bpmn.Shape) {
	switch {
	case s.Kind == "participant":
		a.pool(s)
	case s.Kind == "lane":
		a.lane(s)
	case s.Kind == "group":
		a.group(s)
	case s.Kind == "textAnnotation":
		a.annotation(s)
	case s.Kind == "dataStoreReference" || s.Kind == "dataStore":
		a.dataStore(s)
	case strings.HasPrefix(s.Kind, "data"):
		a.dataObject(s)
	case strings.HasSuffix(s.Kind, "Event"):
		a.event(s)
	case strings.HasSuffix(s.Kind, "Gateway"):
		a.gateway(s)
	default:
		a.activity(s)
	}
}

func centre(b bpmn.Bounds) point { return point{X: b.X + b.Width/2, Y: b.Y + b.Height/2} }

func area(b bpmn.Bounds) float64 { return b.Width * b.Height }

// collaborationTitle is its name, else the names of its pools.
func collaborationTitle(c *bpmn.Collaboration) string {
	if c.Name != "" {
		return c.Name
	}
	var names []string
	for _, p := range c.Participants {
		if p.Name != "" && !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	return strings.Join(names, ", ")
}
