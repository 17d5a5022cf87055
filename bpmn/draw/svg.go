package draw

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// fonts are those that browsers have; none is wider than the font that lines are broken with.
const fonts = "Arial, Helvetica, 'Liberation Sans', sans-serif"

// WriteSVG writes the picture as one SVG document that needs nothing else. Each element is a group with its title, and its id as
// data-element-id.
func (p *Picture) WriteSVG(out io.Writer) error {
	w := &svgWriter{bufio.NewWriter(out)}
	b := p.bounds
	w.tag("svg", "xmlns", "http://www.w3.org/2000/svg", "width", number(b.Width), "height", number(b.Height),
		"viewBox", box(b), "role", "img", "font-family", fonts, "stroke-linecap", "round", "stroke-linejoin", "round")
	w.text("title", p.Title)
	w.text("desc", p.Description)
	w.tag("rect", "x", number(b.X), "y", number(b.Y), "width", number(b.Width), "height", number(b.Height), "fill", white)
	w.close("rect")
	for _, g := range p.groups {
		w.group(g)
	}
	w.close("svg")
	return w.Flush()
}

type svgWriter struct{ *bufio.Writer }

func (w *svgWriter) group(g *group) {
	w.tag("g", "class", g.kind, "data-element-id", g.id)
	w.text("title", g.title)
	for _, i := range g.items {
		if i.text != nil {
			w.line(i)
			continue
		}
		attributes := []string{"d", i.path.svg(), "fill", i.fill}
		if i.stroke != none {
			attributes = append(attributes, "stroke", i.stroke, "stroke-width", number(i.width))
		}
		if i.dash != nil {
			attributes = append(attributes, "stroke-dasharray", numbers(i.dash))
		}
		w.tag("path", attributes...)
		w.close("path")
	}
	w.close("g")
}

func (w *svgWriter) line(i item) {
	l := i.text
	attributes := []string{"x", number(l.x), "y", number(l.y), "font-size", number(l.size), "fill", i.fill}
	if !l.left {
		attributes = append(attributes, "text-anchor", "middle")
	}
	if l.upward {
		attributes = append(attributes, "transform", fmt.Sprintf("rotate(-90 %s %s)", number(l.x), number(l.y)))
	}
	w.tag("text", attributes...)
	w.escape(l.text)
	w.close("text")
}

// tag opens an element; attributes are names and values in turn. One with the value "" is left out.
func (w *svgWriter) tag(name string, attributes ...string) {
	w.WriteString("<" + name) //nolint:errcheck // a bufio.Writer keeps its error; Flush returns it
	for a := range slices.Chunk(attributes, 2) {
		if a[1] != "" {
			w.WriteString(" " + a[0] + `="`) //nolint:errcheck // see above
			w.escape(a[1])
			w.WriteString(`"`) //nolint:errcheck // see above
		}
	}
	w.WriteString(">") //nolint:errcheck // see above
}

func (w *svgWriter) close(name string) {
	w.WriteString("</" + name + ">\n") //nolint:errcheck // see above
}

func (w *svgWriter) text(name, content string) {
	if content != "" {
		w.tag(name)
		w.escape(content)
		w.close(name)
	}
}

// escape writes what may come from the file. Characters that XML cannot have become U+FFFD.
func (w *svgWriter) escape(text string) {
	xml.EscapeText(w, []byte(text)) //nolint:errcheck // see above
}

// svg is the path as the attribute d.
func (p path) svg() string {
	var b strings.Builder
	for _, s := range p {
		b.WriteByte(s.op)
		for i, q := range s.points() {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(number(q.X) + "," + number(q.Y))
		}
	}
	return b.String()
}

// number writes a length with two digits after the point at most.
func number(v float64) string {
	text := strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', 2, 64), "0"), ".")
	if text == "-0" || text == "" {
		return "0"
	}
	return text
}

func numbers(values []float64) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = number(v)
	}
	return strings.Join(words, " ")
}

func box(b bpmn.Bounds) string { return numbers([]float64{b.X, b.Y, b.Width, b.Height}) }
