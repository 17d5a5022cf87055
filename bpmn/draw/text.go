package draw

import (
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// Sizes of text, in diagram units, as bpmn.io has them: on a shape, and beside one.
const (
	sizeInside, sizeOutside = 12, 11
	// lineHeight is the distance of two lines, as a part of the size.
	lineHeight = 1.2
	// ascent is how far the first base line lies below the top of a text, as a part of the size.
	ascent = 0.93
)

// typeface gives the outlines of text.
type typeface struct {
	font *sfnt.Font
	lock sync.Mutex
	buf  sfnt.Buffer
}

// regular is the font that comes with the program: WGL4, so Latin, Greek and Cyrillic.
var regular = sync.OnceValue(func() *typeface {
	f, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		panic(err) // the font is a part of the program
	}
	return &typeface{font: f}
})

// em is the size at which the font is measured: large, so that rounding does not matter.
const em = 1024

// asciiWidths are the widths of the characters from the space to the tilde, in thousandths of the size, of Helvetica, and so of Arial
// and Liberation Sans: one of them is what a viewer shows a picture with, and what modelers measured labels with.
var asciiWidths = [...]float64{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, // space to /
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, // 0 to ?
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, // @ to O
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, // P to _
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, // ` to o
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584, // p to ~
}

// narrower is how much narrower Helvetica is than the font that comes with the program, about.
const narrower = 0.92

// width gives the width of a line of text of a size.
func (t *typeface) width(text string, size float64) float64 {
	total := 0.0
	for _, r := range text {
		if i := int(r) - ' '; i >= 0 && i < len(asciiWidths) {
			total += asciiWidths[i] / 1000
		} else {
			t.lock.Lock()
			total += t.advance(r) * narrower
			t.lock.Unlock()
		}
	}
	return total * size
}

// advance gives the width of a character in the font, as a part of the size. Scripts that the font lacks are mostly as wide as high.
func (t *typeface) advance(r rune) float64 {
	index, _ := t.font.GlyphIndex(&t.buf, r) // 0, the box for what is missing, if it fails
	advance, err := t.font.GlyphAdvance(&t.buf, index, fixed.I(em), font.HintingNone)
	if err != nil || index == 0 {
		return 1
	}
	return float64(advance) / 64 / em
}

// outline gives a line of text as a path that begins at the origin, on the base line, and is as wide as width says.
func (t *typeface) outline(text string, size float64) path {
	wanted := t.width(text, size)
	t.lock.Lock()
	defer t.lock.Unlock()
	var p path
	x := 0.0
	for _, r := range text {
		index, _ := t.font.GlyphIndex(&t.buf, r)
		segments, err := t.font.LoadGlyph(&t.buf, index, fixed.I(em), nil)
		if err != nil {
			segments = nil
		}
		p = append(p, glyph(segments).at(x, 0, size/em)...)
		x += t.advance(r) * size
	}
	return p.transform(func(q point) point { return point{X: q.X * wanted / x, Y: q.Y} })
}

func glyph(segments sfnt.Segments) path {
	var p path
	var last point
	for _, s := range segments {
		var q [3]point
		for i, arg := range s.Args {
			q[i] = point{X: float64(arg.X) / 64, Y: float64(arg.Y) / 64}
		}
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			p = append(p, segment{op: 'M', to: q})
			last = q[0]
		case sfnt.SegmentOpLineTo:
			p = append(p, segment{op: 'L', to: q})
			last = q[0]
		case sfnt.SegmentOpQuadTo:
			p = p.curve(between(last, q[0], 2.0/3), between(q[1], q[0], 2.0/3), q[1])
			last = q[1]
		case sfnt.SegmentOpCubeTo:
			p = p.curve(q[0], q[1], q[2])
			last = q[2]
		}
	}
	return p
}

// between is the point on the way from a to b.
func between(a, b point, part float64) point {
	return point{X: a.X + (b.X-a.X)*part, Y: a.Y + (b.Y-a.Y)*part}
}

// wrap breaks a text into lines that are no wider than a width: at white space, after hyphens, and where a word is too long
// within it.
func wrap(text string, size, width float64) []string {
	var lines []string
	for paragraph := range strings.Lines(strings.TrimSpace(text)) {
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			for piece := range pieces(word) {
				line = appendPiece(&lines, line, piece, func(s string) bool { return regular().width(s, size) <= width })
			}
			line += " "
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

// pieces splits a word after its hyphens.
func pieces(word string) func(func(string) bool) {
	return strings.SplitAfterSeq(word, "-")
}

// appendPiece adds a piece to the line if it fits there, else begins another; a piece that fits in none is broken.
func appendPiece(lines *[]string, line, piece string, fits func(string) bool) string {
	if fits(line + piece) {
		return line + piece
	}
	if strings.TrimSpace(line) != "" {
		*lines = append(*lines, strings.TrimSpace(line))
	}
	for !fits(piece) {
		cut := longest(piece, fits)
		if cut == len(piece) {
			break
		}
		*lines = append(*lines, piece[:cut])
		piece = piece[cut:]
	}
	return piece
}

// longest is the length of the longest beginning that fits, at least one character.
func longest(word string, fits func(string) bool) int {
	_, cut := utf8.DecodeRuneInString(word)
	for cut < len(word) {
		_, size := utf8.DecodeRuneInString(word[cut:])
		if !fits(word[:cut+size]) {
			break
		}
		cut += size
	}
	return cut
}
