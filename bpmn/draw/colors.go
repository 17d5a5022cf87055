package draw

import (
	"fmt"
	"image/color"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/image/colornames"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// Colours of what the file gives none.
const (
	black = "#22242a"
	white = "#ffffff"
	none  = "none"
)

// pen are the colours of an element.
type pen struct{ fill, stroke, label string }

// penOf gives the colours of an element: what it is marked with comes before what the file says.
func penOf(d bpmn.Drawn, fill string, mark Mark) pen {
	p := pen{fill: fill, stroke: black}
	set(&p.fill, d.Fill)
	set(&p.stroke, d.Stroke)
	p.label = p.stroke
	set(&p.label, d.LabelColor)
	set(&p.fill, mark.Fill)
	set(&p.stroke, mark.Stroke)
	return p
}

func set(to *string, value string) {
	if c := hexColor(value); c != "" {
		*to = c
	}
}

var (
	hexDigits = regexp.MustCompile(`^#(?:[0-9a-f]{3}|[0-9a-f]{6})$`)
	rgbCall   = regexp.MustCompile(`^rgb\( *(\d{1,3}) *, *(\d{1,3}) *, *(\d{1,3}) *\)$`)
)

// hexColor gives a colour as #rrggbb. Nothing else of the file gets into a picture as a colour: "" if it is none.
func hexColor(value string) string {
	value = strings.ToLower(strings.TrimSpace(value))
	if c, known := colornames.Map[value]; known {
		return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	}
	if m := rgbCall.FindStringSubmatch(value); m != nil {
		var parts [3]int
		for i := range parts {
			parts[i], _ = strconv.Atoi(m[i+1]) // three digits at most
		}
		return fmt.Sprintf("#%02x%02x%02x", min(parts[0], 255), min(parts[1], 255), min(parts[2], 255))
	}
	switch {
	case !hexDigits.MatchString(value):
		return ""
	case len(value) == len("#rgb"):
		return string([]byte{'#', value[1], value[1], value[2], value[2], value[3], value[3]})
	}
	return value
}

// rgba is a colour of this package for the PNG.
func rgba(hex string) color.RGBA {
	n, _ := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	return color.RGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 0xff}
}
