package draw

import "math"

// part is a piece of an icon. Its area has the colour of the shape or of the lines, or none.
type part struct {
	path  path
	paint paint
	width float64 // of the line around it, 0 for none
}

type paint int

const (
	empty paint = iota
	shape       // the colour of what the icon stands on
	ink         // the colour of its lines
)

func (i part) style(p pen) style {
	s := style{fill: none, stroke: none, width: i.width}
	switch i.paint {
	case shape:
		s.fill = p.fill
	case ink:
		s.fill = p.stroke
	case empty:
	}
	if i.width > 0 {
		s.stroke = p.stroke
	}
	return s
}

// strokes, areas and solids make an icon of one path: its lines, lines around an area, and an area of ink.
func strokes(text string) part { return part{parse(text), empty, 1} }
func areas(text string) part   { return part{parse(text), shape, 1} }
func solids(text string) part  { return part{parse(text), ink, 0} }

// taskIcons are the icons of tasks, from the upper left corner.
var taskIcons = map[string][]part{
	"userTask": {
		areas("M 2,20 L 2,15 C 2,12 5,10.5 7,10 C 8,12 14,12 15,10 C 17,10.5 20,12 20,15 L 20,20 Z"),
		strokes("M 6,20 L 6,16 M 16,20 L 16,16"),
		{circle(11, 6, 4.5), shape, 1},
		solids("M 6.5,5.5 C 6.5,0 15.5,0 15.5,5.5 C 13,6.2 12,5 10.5,4.2 C 9.5,5.2 8,5.8 6.5,5.5 Z"),
	},
	"serviceTask": {{gear(8, 8, 7.5), shape, 1}, {circle(8, 8, 2.6), shape, 1}, {gear(13, 13, 7.5), shape, 1}, {circle(13, 13, 2.6), shape, 1}},
	"sendTask":    {solids("M 1,3.6 L 10.5,9.6 L 20,3.6 L 20,16 L 1,16 Z"), solids("M 1.4,2 L 19.6,2 L 10.5,7.8 Z")},
	"receiveTask": {
		areas("M 1,2.5 L 20,2.5 L 20,16 L 1,16 Z"),
		strokes("M 1,2.5 L 10.5,9.5 L 20,2.5"),
	},
	"instantiatingReceiveTask": {
		areas("M 5,6.5 L 19,6.5 L 19,15.5 L 5,15.5 Z"),
		strokes("M 5,6.5 L 12,11.5 L 19,6.5"),
	},
	"manualTask": {areas(
		"M 2,9 L 8,3 C 9,2.2 10.6,3.4 9.8,4.6 L 7.6,7 L 18.6,7 C 20.6,7 20.6,9.8 18.6,9.8 L 19.6,9.8 C 21.4,10 21.2,12.6 19.4,12.6" +
			" L 18.8,12.6 C 20.4,12.8 20.2,15.2 18.6,15.2 L 17.6,15.2 C 19,15.4 18.8,17.6 17.4,17.6 L 6,17.6 C 3.6,17.6 2,16 2,14 Z"),
		strokes("M 12,9.8 L 18.6,9.8 M 12,12.6 L 18.8,12.6 M 12,15.2 L 17.6,15.2")},
	"scriptTask": {
		areas("M 6,1.5 L 18.5,1.5 C 12,6.5 22,13 15.5,18.5 L 2.5,18.5 C 9,13 -1,6.5 6,1.5 Z"),
		strokes("M 6.5,5 L 13,5 M 6.5,8.5 L 13.5,8.5 M 8.5,12 L 15.5,12 M 8,15.5 L 15,15.5"),
	},
	"businessRuleTask": {
		areas("M 1,3 L 20,3 L 20,17 L 1,17 Z"),
		solids("M 1,3 L 20,3 L 20,7 L 1,7 Z"),
		strokes("M 1,7 L 20,7 M 1,12 L 20,12 M 7,7 L 7,17"),
	},
}

// gear is a cog wheel with eight teeth.
func gear(x, y, r float64) path {
	const teeth = 8
	var p path
	for i := range teeth * 4 {
		radius := r
		if i%4 >= 2 {
			radius = r * 0.72
		}
		sin, cos := math.Sincos(2 * math.Pi * (float64(i) - 0.5) / (teeth * 4))
		p = append(p, segment{op: 'L', to: [3]point{{X: x + radius*sin, Y: y - radius*cos}}})
	}
	p[0].op = 'M'
	return p.end()
}

// markerIcons are the markers of activities, in a square of markerSize.
var markerIcons = map[string][]part{
	"collapsed":    {{parse("M 0,0 L 14,0 L 14,14 L 0,14 Z"), shape, 1.5}, {parse("M 7,3 L 7,11 M 3,7 L 11,7"), empty, 1.5}},
	"parallel":     {{parse("M 3,2 L 3,12 M 7,2 L 7,12 M 11,2 L 11,12"), empty, 2}},
	"sequential":   {{parse("M 2,3 L 12,3 M 2,7 L 12,7 M 2,11 L 12,11"), empty, 2}},
	"loop":         {{parse("M 5,12.2 C 1,10.8 0,6 3,3.2 C 6,0.4 11.2,1.6 12.4,5.4 C 13.4,8.6 11.6,11.6 9,12.4"), empty, 1.5}, {parse("M 5.4,8.6 L 5,12.2 L 1.2,12"), empty, 1.5}},
	"compensation": {{parse("M 7,2.5 L 7,11.5 L 0.5,7 Z M 13.5,2.5 L 13.5,11.5 L 7,7 Z"), shape, 1}},
	"adHoc":        {solids("M 1,9 C 2,4 5,3 8,5.4 C 10.4,7.2 12,6.6 13,4.6 L 13,7 C 12,10.6 9,11 6,8.8 C 3.6,7 2,8 1,11 Z")},
}

// eventIcons are the triggers of events, in a square of 36; eventArea draws the area of an envelope and the like in the
// colour of the lines if the event throws (§10.5.1, Table 10.93).
var eventIcons = map[string][]part{
	"messageEventDefinition":     {areas("M 8.5,11.5 L 27.5,11.5 L 27.5,24.5 L 8.5,24.5 Z")},
	"errorEventDefinition":       {areas("M 9.5,26 L 14.4,11.6 L 20.4,19.4 L 26,9.6 L 21.8,24.6 L 15.6,17.4 Z")},
	"escalationEventDefinition":  {areas("M 18,8.5 L 25,26 L 18,19 L 11,26 Z")},
	"signalEventDefinition":      {areas("M 18,8.8 L 26.8,24 L 9.2,24 Z")},
	"linkEventDefinition":        {areas("M 8.5,14.5 L 19,14.5 L 19,10.2 L 27.5,18 L 19,25.8 L 19,21.5 L 8.5,21.5 Z")},
	"compensateEventDefinition":  {areas("M 17.5,11.5 L 17.5,24.5 L 8,18 Z M 27,11.5 L 27,24.5 L 17.5,18 Z")},
	"cancelEventDefinition":      {areas("M 10,12.5 L 12.5,10 L 18,15.5 L 23.5,10 L 26,12.5 L 20.5,18 L 26,23.5 L 23.5,26 L 18,20.5 L 12.5,26 L 10,23.5 L 15.5,18 Z")},
	"conditionalEventDefinition": {areas("M 10.5,8.5 L 25.5,8.5 L 25.5,27.5 L 10.5,27.5 Z"), strokes("M 13,12 L 23,12 M 13,16 L 23,16 M 13,20 L 23,20 M 13,24 L 23,24")},
	"timerEventDefinition":       {{append(circle(18, 18, 11), ticks()...), shape, 1}, {parse("M 19.8,10.2 L 18,18 L 23,18.6"), empty, 1.5}},
	"terminateEventDefinition":   {{circle(18, 18, 10), ink, 1}},
	"multiple":                   {{polygon(5, 18, 18.6, 10), shape, 1}},
	"parallelMultiple":           {areas("M 15.5,9 L 20.5,9 L 20.5,15.5 L 27,15.5 L 27,20.5 L 20.5,20.5 L 20.5,27 L 15.5,27 L 15.5,20.5 L 9,20.5 L 9,15.5 L 15.5,15.5 Z")},
}

// flap is the line on an envelope that tells it from a box.
var flap = parse("M 8.5,11.5 L 18,18.5 L 27.5,11.5")

// ticks are the hours of the clock.
func ticks() path {
	var p path
	for i := range 12 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 12)
		p = append(p, move(18+11*sin, 18-11*cos).line(18+9*sin, 18-9*cos)...)
	}
	return p
}

// gatewayIcons are the signs of gateways, in a square of 50 (§10.6).
var gatewayIcons = map[string][]part{
	"exclusiveGateway": {{parse("M 18,16.5 L 32,33.5 M 32,16.5 L 18,33.5"), empty, 3.5}},
	"inclusiveGateway": {{circle(25, 25, 11.5), empty, 2.5}},
	"parallelGateway":  {{parse("M 25,13 L 25,37 M 13,25 L 37,25"), empty, 3.5}},
	"complexGateway":   {{parse("M 25,12.5 L 25,37.5 M 12.5,25 L 37.5,25 M 16.5,16.5 L 33.5,33.5 M 33.5,16.5 L 16.5,33.5"), empty, 3}},
	// An event-based gateway shows the event that it waits for; one that begins a process has one circle (§10.6.6).
	"eventBasedGateway":            {{circle(25, 25, 14), empty, 1}, {circle(25, 25, 11.5), empty, 1}, {polygon(5, 25, 25.4, 8), empty, 1}},
	"instantiatingGateway":         {{circle(25, 25, 13), empty, 1}, {polygon(5, 25, 25.4, 8.5), empty, 1}},
	"parallelInstantiatingGateway": {{circle(25, 25, 13), empty, 1}, {parse("M 23,17 L 27,17 L 27,23 L 33,23 L 33,27 L 27,27 L 27,33 L 23,33 L 23,27 L 17,27 L 17,23 L 23,23 Z"), empty, 1}},
}
