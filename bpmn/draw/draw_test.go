package draw_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/bpmn/draw"
)

var update = flag.Bool("update", false, "write the pictures that the tests compare with")

func read(t testing.TB, file string) *bpmn.Definitions {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	d, problems := bpmn.ParseDraft(file, text)
	require.NotNil(t, d, "%v", problems)
	return d
}

func svg(t testing.TB, d *bpmn.Definitions, marks map[string]draw.Mark) string {
	t.Helper()
	picture, err := draw.New(d, d.Diagrams[0], marks)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, picture.WriteSVG(&b))
	return b.String()
}

// TestTheNotation: every shape, marker, trigger and flow looks as it did when a person last compared it with bpmn.io.
func TestTheNotation(t *testing.T) {
	const golden = "testdata/notation.svg"
	drawn := svg(t, read(t, "testdata/notation.bpmn"), nil)
	require.Equal(t, drawn, svg(t, read(t, "testdata/notation.bpmn"), nil), "the same file gives the same bytes")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(drawn), 0o600))
	}
	wanted, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(wanted), drawn, "if it is meant: go test ./bpmn/draw -update, and look at %s", golden)
}

// TestEveryTriggerHasItsOwnIcon: no two events, tasks or gateways of different kinds look the same, so none is without its icon.
func TestEveryTriggerHasItsOwnIcon(t *testing.T) {
	at := func(body, attributes string) string {
		d, _ := bpmn.ParseDraft("x.bpmn", []byte(document(body, `<bpmndi:BPMNShape bpmnElement="e" `+attributes+`><dc:Bounds x="0" y="0" width="100" height="80"/></bpmndi:BPMNShape>`)))
		require.NotNil(t, d)
		_, paths, _ := strings.Cut(svg(t, d, nil), "<g ")
		_, paths, _ = strings.Cut(paths, "</title>")
		return paths
	}
	seen := map[string]string{}
	add := func(body, attributes string) {
		paths := at(body, attributes)
		require.NotContains(t, seen, paths, "%s looks like %s", body, seen[paths])
		seen[paths] = body
	}
	for kind := range strings.FieldsSeq("message timer error escalation cancel compensate conditional link signal") {
		for _, event := range []string{`startEvent id="e"`, `startEvent id="e" isInterrupting="false"`, `intermediateCatchEvent id="e"`, `intermediateThrowEvent id="e"`, `endEvent id="e"`, `boundaryEvent id="e" cancelActivity="false"`} {
			name, _, _ := strings.Cut(event, " ")
			if kind == "timer" && (name == "endEvent" || name == "intermediateThrowEvent") || kind == "conditional" && (name == "endEvent" || name == "intermediateThrowEvent") {
				continue // they cannot throw
			}
			add(`<bpmn:`+event+`><bpmn:`+kind+`EventDefinition/></bpmn:`+name+`>`, "")
		}
	}
	for task := range strings.FieldsSeq("task userTask serviceTask sendTask receiveTask manualTask scriptTask businessRuleTask callActivity subProcess transaction adHocSubProcess") {
		add(`<bpmn:`+task+` id="e"/>`, "")
		add(`<bpmn:`+task+` id="e" isForCompensation="true"/>`, "")
		add(`<bpmn:`+task+` id="e"><bpmn:standardLoopCharacteristics/></bpmn:`+task+`>`, "")
		add(`<bpmn:`+task+` id="e"><bpmn:multiInstanceLoopCharacteristics/></bpmn:`+task+`>`, "")
		add(`<bpmn:`+task+` id="e"><bpmn:multiInstanceLoopCharacteristics isSequential="true"/></bpmn:`+task+`>`, "")
	}
	add(`<bpmn:receiveTask id="e" instantiate="true"/>`, "")
	add(`<bpmn:subProcess id="e" triggeredByEvent="true"/>`, "")
	for gateway := range strings.FieldsSeq("exclusive parallel inclusive complex eventBased") {
		add(`<bpmn:`+gateway+`Gateway id="e"/>`, `isMarkerVisible="true"`)
	}
	add(`<bpmn:exclusiveGateway id="e"/>`, "")
	add(`<bpmn:eventBasedGateway id="e" instantiate="true"/>`, "")
	add(`<bpmn:eventBasedGateway id="e" instantiate="true" eventGatewayType="Parallel"/>`, "")
	require.Greater(t, len(seen), 110)
}

// document is a file with one process and the shapes and edges given.
func document(body, drawing string) string {
	return `<bpmn:definitions xmlns:bpmn="` + bpmn.NamespaceBPMN + `" xmlns:bpmndi="` + bpmn.NamespaceBPMNDI + `" xmlns:dc="` + bpmn.NamespaceDC +
		`" xmlns:di="` + bpmn.NamespaceDI + `" xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0" id="d" targetNamespace="t"><bpmn:process id="p">` + body +
		`</bpmn:process><bpmndi:BPMNDiagram><bpmndi:BPMNPlane bpmnElement="p">` + drawing + `</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>`
}

// TestNamesAreText: whatever stands in a name, a colour or an id gets into the picture as text, or not at all.
func TestNamesAreText(t *testing.T) {
	const evil = `&quot;/&gt;&lt;script&gt;alert(1)&lt;/script&gt;`
	d, _ := bpmn.ParseDraft("x.bpmn", []byte(document(`<bpmn:task id="a&quot;onload=&quot;x" name="`+evil+`"/>`,
		`<bpmndi:BPMNShape bpmnElement="a&quot;onload=&quot;x" bioc:fill="url(javascript:x)" bioc:stroke="red&quot; onload=&quot;x"><dc:Bounds x="0" y="0" width="300" height="80"/></bpmndi:BPMNShape>`)))
	require.NotNil(t, d)
	drawn := svg(t, d, map[string]draw.Mark{`a"onload="x`: {Fill: `url(#x)"`, Badge: "<b>", Note: "<i>"}})
	names, texts := elements(t, drawn)
	require.Contains(t, texts, `"/><script>alert(1)</script>`)
	require.NotContains(t, names, "script")
	require.NotContains(t, drawn, "javascript")
	require.NotContains(t, drawn, "url(")
	require.NotContains(t, drawn, ` onload=`)
}

// elements gives the names and the texts of an SVG, which must be well formed and have no attribute that runs anything.
func elements(t testing.TB, drawn string) (names map[string]int, texts string) {
	t.Helper()
	names = map[string]int{}
	allowed := strings.Fields("xmlns width height viewBox role font-family stroke-linecap stroke-linejoin x y fill class data-element-id d stroke " +
		"stroke-width stroke-dasharray font-size text-anchor transform")
	for decoder := xml.NewDecoder(strings.NewReader(drawn)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return names, texts
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			names[token.Name.Local]++
			for _, a := range token.Attr {
				require.Contains(t, allowed, a.Name.Local)
				require.NotContains(t, a.Value, "NaN")
				require.NotContains(t, a.Value, "Inf")
			}
		case xml.CharData:
			texts += string(token)
		}
	}
}

// TestTheShippedDiagramsAreDrawn: each element of each diagram is in its picture, as SVG and as PNG.
func TestTheShippedDiagramsAreDrawn(t *testing.T) {
	files, err := filepath.Glob("../../processes/*/*.bpmn")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		d := read(t, file)
		drawn := svg(t, d, nil)
		for _, s := range d.Diagrams[0].Shapes {
			require.Contains(t, drawn, `class="`+s.Kind+`" data-element-id="`+s.ElementRef+`"`, file)
		}
		for _, e := range d.Diagrams[0].Edges {
			require.Contains(t, drawn, `class="`+e.Kind+`" data-element-id="`+e.ElementRef+`"`, file)
		}
	}
}

// TestPNG: the picture has the size of the SVG, black lines on white, and colours where they belong.
func TestPNG(t *testing.T) {
	d, _ := bpmn.ParseDraft("x.bpmn", []byte(document(`<bpmn:task id="a" name="Hi"/>`,
		`<bpmndi:BPMNShape bpmnElement="a" bioc:fill="#0f0"><dc:Bounds x="1000" y="-500" width="100" height="80"/></bpmndi:BPMNShape>`)))
	picture, err := draw.New(d, d.Diagrams[0], nil)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, picture.WritePNG(&b, 2))
	image, err := png.Decode(&b)
	require.NoError(t, err)
	require.Equal(t, 2*(100+24), image.Bounds().Dx())
	require.Equal(t, 2*(80+24), image.Bounds().Dy())
	color := func(x, y int) [3]uint32 {
		r, g, b, _ := image.At(2*x, 2*y).RGBA()
		return [3]uint32{r >> 8, g >> 8, b >> 8}
	}
	require.Equal(t, [3]uint32{255, 255, 255}, color(5, 5))
	require.Equal(t, [3]uint32{0, 255, 0}, color(30, 30))
	require.Equal(t, [3]uint32{0x22, 0x24, 0x2a}, color(12, 50), "the border")
	dark := 0
	for x := range 24 {
		for y := range 16 {
			if color(12+38+x, 12+32+y) == [3]uint32{0x22, 0x24, 0x2a} {
				dark++
			}
		}
	}
	require.Greater(t, dark, 4, "the name")

	require.ErrorContains(t, picture.WritePNG(io.Discard, 1000), "--scale")
	require.Error(t, picture.WritePNG(io.Discard, 0))
	require.Error(t, picture.WritePNG(io.Discard, math.NaN()))
}

// TestWhatCannotBeDrawn: all faults of a diagram are told, each with its place.
func TestWhatCannotBeDrawn(t *testing.T) {
	body := `<bpmn:task id="a"/><bpmn:task id="b"/><bpmn:sequenceFlow id="f" sourceRef="a" targetRef="b"/>`
	for drawing, text := range map[string]string{
		`<bpmndi:BPMNShape bpmnElement="a"><dc:Bounds x="0" y="0" width="0" height="80"/></bpmndi:BPMNShape>`:    "has no size",
		`<bpmndi:BPMNShape bpmnElement="a"><dc:Bounds x="0" y="0" width="100" height="-80"/></bpmndi:BPMNShape>`: "has no size",
		`<bpmndi:BPMNShape bpmnElement="a"/>`: "has no size",
		`<bpmndi:BPMNShape bpmnElement="a"><dc:Bounds x="1e300" y="0" width="100" height="80"/></bpmndi:BPMNShape>`:                                                                                  "more than 1000000 units",
		`<bpmndi:BPMNShape bpmnElement="a"><dc:Bounds x="0" y="0" width="100" height="80"/><bpmndi:BPMNLabel><dc:Bounds x="-1e9" y="0" width="1" height="1"/></bpmndi:BPMNLabel></bpmndi:BPMNShape>`: "the label",
		`<bpmndi:BPMNEdge bpmnElement="f"><di:waypoint x="1" y="2"/></bpmndi:BPMNEdge>`:                                                                                                              "two di:waypoint",
		`<bpmndi:BPMNEdge bpmnElement="f"><di:waypoint x="1" y="2"/><di:waypoint x="1e7" y="2"/></bpmndi:BPMNEdge>`:                                                                                  "the edge reaches",
		``: "empty",
	} {
		d, _ := bpmn.ParseDraft("x.bpmn", []byte(document(body, drawing)))
		_, err := draw.New(d, d.Diagrams[0], nil)
		require.ErrorContains(t, err, text, drawing)
		require.ErrorContains(t, err, "x.bpmn:1:", drawing)
	}
}

// FuzzDraw: whatever a diagram says, it is drawn as a well-formed picture with finite numbers, or refused; and so is whatever stands
// in the model, such as an element that lacks what it needs.
func FuzzDraw(f *testing.F) {
	for i, body := range []string{
		`<bpmn:task id="a"/>`, `<bpmn:endEvent id="a"><bpmn:signalEventDefinition/><bpmn:linkEventDefinition/></bpmn:endEvent>`,
		`<bpmn:subProcess id="a"/>`, `<bpmn:eventBasedGateway id="a"/>`, `<bpmn:sequenceFlow id="a"/>`, `<bpmn:association id="a" associationDirection="Both"/>`,
		`<bpmn:dataObjectReference id="a" dataObjectRef="a"/>`, `<bpmn:textAnnotation id="a"/>`, `<bpmn:group id="a" categoryValueRef="a"/>`,
	} {
		f.Add(body, strings.Repeat("é-", 9*i), "#12345"+string(rune('0'+i)), 1.5, float64(i)*1e5, -10.0)
	}
	f.Add("", "", "red", math.NaN(), math.Inf(1), math.SmallestNonzeroFloat64)
	f.Fuzz(func(t *testing.T, body, text, color string, x, y, size float64) {
		d, _ := bpmn.ParseDraft("x.bpmn", []byte(document(body, "")))
		if d == nil {
			return
		}
		drawn := bpmn.Drawn{ElementRef: "a", Text: text, Fill: color}
		bounds := bpmn.Bounds{X: x, Y: y, Width: size, Height: 2 * size}
		diagram := &bpmn.Diagram{}
		for kind := range strings.FieldsSeq("task endEvent boundaryEvent complexGateway participant lane dataInput dataStore textAnnotation group") {
			drawn.Kind = kind
			diagram.Shapes = append(diagram.Shapes, &bpmn.Shape{Drawn: drawn, Bounds: bounds, Label: &bounds, IsExpanded: true, IsVertical: len(text) > 3})
		}
		for kind := range strings.FieldsSeq("sequenceFlow messageFlow association dataInputAssociation") {
			drawn.Kind = kind
			diagram.Edges = append(diagram.Edges, &bpmn.Edge{Drawn: drawn, Waypoints: []bpmn.Point{{X: x, Y: y}, {X: y, Y: x}, {X: y, Y: x}}})
		}
		picture, err := draw.New(d, diagram, map[string]draw.Mark{"a": {Fill: color, Badge: text, Note: text}})
		if err != nil {
			return
		}
		var b bytes.Buffer
		require.NoError(t, picture.WriteSVG(&b))
		elements(t, b.String())
		_ = picture.WritePNG(io.Discard, 0.001)
	})
}
