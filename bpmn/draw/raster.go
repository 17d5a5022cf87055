package draw

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/vector"
)

// MaxPixels is the size of the largest PNG that is drawn: 64 MiPixel take 256 MiB of memory.
const MaxPixels = 64 << 20

// WritePNG writes the picture as PNG; scale is how many pixels a diagram unit gets. An error says if the picture would be too large.
func (p *Picture) WritePNG(out io.Writer, scale float64) error {
	width, height := math.Ceil(p.bounds.Width*scale), math.Ceil(p.bounds.Height*scale)
	if !(width*height <= MaxPixels) || scale <= 0 {
		return fmt.Errorf("a PNG of %.0f × %.0f pixels is larger than the %d million that are drawn: take a smaller --scale, or SVG", width, height, MaxPixels/1_000_000)
	}
	c := &canvas{
		image: image.NewRGBA(image.Rect(0, 0, int(width), int(height))), scale: scale,
		origin: point{X: p.bounds.X, Y: p.bounds.Y},
	}
	draw.Draw(c.image, c.image.Bounds(), image.White, image.Point{}, draw.Src)
	for _, g := range p.groups {
		for _, i := range g.items {
			c.item(i)
		}
	}
	return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(out, c.image)
}

// canvas is a PNG in the making.
type canvas struct {
	image  *image.RGBA
	scale  float64
	origin point
	raster vector.Rasterizer
}

func (c *canvas) item(i item) {
	if i.text != nil {
		c.paint(polylines(c.toPixels(i.text.path())), rgba(i.fill))
		return
	}
	lines := polylines(c.toPixels(i.path))
	if i.fill != none {
		c.paint(lines, rgba(i.fill))
	}
	if i.stroke != none {
		c.stroke(lines, i.style)
	}
}

// path gives the outline of a line of text.
func (l *line) path() path {
	p := regular().outline(l.text, l.size)
	from := -regular().width(l.text, l.size) / 2
	if l.left {
		from = 0
	}
	return p.transform(func(q point) point {
		if l.upward {
			return point{X: l.x + q.Y, Y: l.y - q.X - from}
		}
		return point{X: l.x + q.X + from, Y: l.y + q.Y}
	})
}

func (c *canvas) toPixels(p path) path {
	return p.transform(func(q point) point {
		return point{X: (q.X - c.origin.X) * c.scale, Y: (q.Y - c.origin.Y) * c.scale}
	})
}

// stroke draws lines: each piece as a box, with a disc at either end, which makes ends and corners round.
func (c *canvas) stroke(lines [][]point, s style) {
	radius := s.width * c.scale / 2
	var areas [][]point
	for _, l := range lines {
		for _, piece := range dashes(l, s.dash, c.scale) {
			areas = append(areas, disc(piece[0], radius))
			for i := range len(piece) - 1 {
				areas = append(areas, disc(piece[i+1], radius))
				if from := toward(piece[i], piece[i+1]); piece[i] != piece[i+1] {
					n := point{X: -from.sin * radius, Y: from.cos * radius}
					a, b := piece[i], piece[i+1]
					// It turns as discs do, so that where they overlap they add up.
					areas = append(areas, []point{{X: a.X - n.X, Y: a.Y - n.Y}, {X: b.X - n.X, Y: b.Y - n.Y}, {X: b.X + n.X, Y: b.Y + n.Y}, {X: a.X + n.X, Y: a.Y + n.Y}})
				}
			}
		}
	}
	c.paint(areas, rgba(s.stroke))
}

func disc(at point, radius float64) []point {
	steps := 8 + int(4*math.Sqrt(radius))
	corners := make([]point, steps)
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(steps))
		corners[i] = point{X: at.X + radius*cos, Y: at.Y + radius*sin}
	}
	return corners
}

// paint fills areas, in that part of the image which they cover.
func (c *canvas) paint(areas [][]point, ink color.RGBA) {
	low, high := point{X: math.Inf(1), Y: math.Inf(1)}, point{X: math.Inf(-1), Y: math.Inf(-1)}
	for _, area := range areas {
		for _, q := range area {
			low = point{X: min(low.X, q.X), Y: min(low.Y, q.Y)}
			high = point{X: max(high.X, q.X), Y: max(high.Y, q.Y)}
		}
	}
	if low.X > high.X {
		return
	}
	box := image.Rect(int(low.X)-1, int(low.Y)-1, int(high.X)+2, int(high.Y)+2).Intersect(c.image.Bounds())
	if box.Empty() {
		return
	}
	c.raster.Reset(box.Dx(), box.Dy())
	for _, area := range areas {
		for i, q := range area {
			x, y := float32(q.X-float64(box.Min.X)), float32(q.Y-float64(box.Min.Y))
			if i == 0 {
				c.raster.MoveTo(x, y)
			} else {
				c.raster.LineTo(x, y)
			}
		}
		c.raster.ClosePath()
	}
	c.raster.Draw(c.image, box, image.NewUniform(ink), image.Point{})
}

// polylines makes straight lines of a path; one that is closed ends where it begins.
func polylines(p path) [][]point {
	var lines [][]point
	var now []point
	flush := func() {
		if len(now) > 0 {
			lines = append(lines, now)
		}
		now = nil
	}
	for _, s := range p {
		switch s.op {
		case 'M':
			flush()
			now = []point{s.to[0]}
		case 'L':
			now = append(now, s.to[0])
		case 'C':
			now = flatten(now, s.to)
		case 'Z':
			if len(now) > 0 {
				now = append(now, now[0])
			}
		}
	}
	flush()
	return lines
}

// flatten adds a curve to a line.
func flatten(line []point, to [3]point) []point {
	from := line[len(line)-1]
	size := distance(from, to[0]) + distance(to[0], to[1]) + distance(to[1], to[2])
	steps := int(min(4+size/3, 64))
	for i := 1; i <= steps; i++ {
		t := float64(i) / float64(steps)
		a, b, c := between(from, to[0], t), between(to[0], to[1], t), between(to[1], to[2], t)
		line = append(line, between(between(a, b, t), between(b, c, t), t))
	}
	return line
}

// dashes cuts a line by a pattern of lengths to draw and to leave out, in diagram units; a pattern of odd length is used twice, as
// in SVG.
func dashes(l []point, pattern []float64, scale float64) [][]point {
	total := 0.0
	for _, d := range pattern {
		total += d * scale
	}
	if total < 1 || len(l) < 2 { // none, or too fine to be seen
		return [][]point{l}
	}
	if len(pattern)%2 == 1 {
		pattern = append(append([]float64(nil), pattern...), pattern...)
	}
	var pieces [][]point
	piece := []point{l[0]}
	step, rest, drawing := 0, pattern[0]*scale, true
	for i := range len(l) - 1 {
		at := l[i]
		for {
			d := distance(at, l[i+1])
			if d <= rest {
				rest -= d
				piece = append(piece, l[i+1])
				break
			}
			at = along(at, l[i+1], rest)
			if piece = append(piece, at); drawing {
				pieces = append(pieces, piece)
			}
			piece, drawing = []point{at}, !drawing
			step = (step + 1) % len(pattern)
			rest = pattern[step] * scale
		}
	}
	if drawing {
		pieces = append(pieces, piece)
	}
	return pieces
}
