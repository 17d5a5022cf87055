package draw

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// point is a place in diagram units; y grows downwards.
type point = bpmn.Point

// segment is one step of a path: 'M' moves, 'L' draws a line, 'C' a cubic curve with two control points, 'Z' closes the path.
type segment struct {
	op byte
	to [3]point // 'M' and 'L' use the first, 'C' all
}

// points gives the points of a segment that count.
func (s segment) points() []point {
	switch s.op {
	case 'M', 'L':
		return s.to[:1]
	case 'C':
		return s.to[:]
	default:
		return nil
	}
}

// path is an outline, or a line to be stroked.
type path []segment

func move(x, y float64) path { return path{{op: 'M', to: [3]point{{X: x, Y: y}}}} }

func (p path) line(x, y float64) path { return append(p, segment{op: 'L', to: [3]point{{X: x, Y: y}}}) }

func (p path) curve(a, b, to point) path { return append(p, segment{op: 'C', to: [3]point{a, b, to}}) }

func (p path) end() path { return append(p, segment{op: 'Z'}) }

// parse reads a path as SVG writes it, as far as the tables of this package need: M, L, C and Z, in absolute numbers. A
// mistake in a table is found when the program starts.
func parse(text string) path {
	var p path
	var numbers []float64
	var op byte
	flush := func() {
		for size := map[byte]int{'M': 2, 'L': 2, 'C': 6}[op]; size > 0 && len(numbers) >= size; numbers = numbers[size:] {
			s := segment{op: op}
			for i := range size / 2 {
				s.to[i] = point{X: numbers[2*i], Y: numbers[2*i+1]}
			}
			p = append(p, s)
		}
	}
	for word := range strings.FieldsSeq(strings.ReplaceAll(text, ",", " ")) {
		switch word {
		case "M", "L", "C", "Z":
			flush()
			op = word[0]
			if op == 'Z' {
				p = p.end()
			}
		default:
			number, err := strconv.ParseFloat(word, 64)
			if err != nil {
				panic(fmt.Sprintf("path %q: %v", text, err))
			}
			numbers = append(numbers, number)
		}
	}
	flush()
	if len(numbers) > 0 {
		panic(fmt.Sprintf("path %q: %d numbers too many", text, len(numbers)))
	}
	return p
}

// at gives the path enlarged and moved.
func (p path) at(x, y, scale float64) path {
	return p.transform(func(q point) point { return point{X: x + scale*q.X, Y: y + scale*q.Y} })
}

func (p path) transform(f func(point) point) path {
	moved := make(path, len(p))
	for i, s := range p {
		moved[i].op = s.op
		for j, q := range s.points() {
			moved[i].to[j] = f(q)
		}
	}
	return moved
}

func rectangle(b bpmn.Bounds) path {
	return move(b.X, b.Y).line(b.X+b.Width, b.Y).line(b.X+b.Width, b.Y+b.Height).line(b.X, b.Y+b.Height).end()
}

// roundness is where the control points of a quarter of a circle lie, as a part of the radius.
const roundness = 0.5522847498

// rounded is a rectangle with round corners.
func rounded(b bpmn.Bounds, r float64) path {
	r = min(r, b.Width/2, b.Height/2)
	k := r * (1 - roundness)
	x1, y1, x2, y2 := b.X, b.Y, b.X+b.Width, b.Y+b.Height
	return move(x1+r, y1).
		line(x2-r, y1).curve(point{X: x2 - k, Y: y1}, point{X: x2, Y: y1 + k}, point{X: x2, Y: y1 + r}).
		line(x2, y2-r).curve(point{X: x2, Y: y2 - k}, point{X: x2 - k, Y: y2}, point{X: x2 - r, Y: y2}).
		line(x1+r, y2).curve(point{X: x1 + k, Y: y2}, point{X: x1, Y: y2 - k}, point{X: x1, Y: y2 - r}).
		line(x1, y1+r).curve(point{X: x1, Y: y1 + k}, point{X: x1 + k, Y: y1}, point{X: x1 + r, Y: y1}).end()
}

// ellipse is the one that fills the bounds.
func ellipse(b bpmn.Bounds) path {
	rx, ry := b.Width/2, b.Height/2
	cx, cy, kx, ky := b.X+rx, b.Y+ry, rx*roundness, ry*roundness
	return move(cx+rx, cy).
		curve(point{X: cx + rx, Y: cy + ky}, point{X: cx + kx, Y: cy + ry}, point{X: cx, Y: cy + ry}).
		curve(point{X: cx - kx, Y: cy + ry}, point{X: cx - rx, Y: cy + ky}, point{X: cx - rx, Y: cy}).
		curve(point{X: cx - rx, Y: cy - ky}, point{X: cx - kx, Y: cy - ry}, point{X: cx, Y: cy - ry}).
		curve(point{X: cx + kx, Y: cy - ry}, point{X: cx + rx, Y: cy - ky}, point{X: cx + rx, Y: cy}).end()
}

func circle(x, y, r float64) path {
	return ellipse(bpmn.Bounds{X: x - r, Y: y - r, Width: 2 * r, Height: 2 * r})
}

func diamond(b bpmn.Bounds) path {
	cx, cy := b.X+b.Width/2, b.Y+b.Height/2
	return move(cx, b.Y).line(b.X+b.Width, cy).line(cx, b.Y+b.Height).line(b.X, cy).end()
}

// polygon is a regular one; the first corner is above the centre.
func polygon(corners int, x, y, r float64) path {
	var p path
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(corners))
		p = append(p, segment{op: 'L', to: [3]point{{X: x + r*sin, Y: y - r*cos}}})
	}
	p[0].op = 'M'
	return p.end()
}

// inset is the rectangle that lies d further inside, at least a point.
func inset(b bpmn.Bounds, d float64) bpmn.Bounds {
	dx, dy := min(d, b.Width/2), min(d, b.Height/2)
	return bpmn.Bounds{X: b.X + dx, Y: b.Y + dy, Width: b.Width - 2*dx, Height: b.Height - 2*dy}
}
