package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/bpmn/draw"
)

// renderOptions are the flags of `sonata render`.
type renderOptions struct {
	output, format, diagram string
	scale                   float64
}

func (c *cli) renderCommand() *cobra.Command {
	o := &renderOptions{}
	cmd := &cobra.Command{
		Use:   "render FILE|DIR…",
		Short: "Draw .bpmn files as SVG or PNG",
		Long: `Render draws the diagrams of .bpmn files as they were laid out in the modeler. It needs no browser
and no running Sonata. Files with problems are drawn as well, as far as they can be read.

-o names a file that ends with .svg or .png, or a folder, which gets a picture for each diagram.
Without it the picture goes to standard output.

The exit status is 3 when a file cannot be drawn.`,
		Example: `  sonata render order.bpmn -o order.svg
  sonata render order.bpmn -o order.png --scale 3
  sonata render processes/sonata -o pictures`,
		Args: arguments(someFlows, -1),
		RunE: func(_ *cobra.Command, args []string) error { return c.render(o, args) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "-", "write to this `FILE or folder`")
	choiceVar(flags, &o.format, "format", "what to draw, if the name of the output does not say", "svg", "png")
	flags.StringVar(&o.diagram, "diagram", "", "draw the diagram of this `ID` or name, or of the element with this id, only")
	flags.Float64Var(&o.scale, "scale", 2, "how many pixels of a PNG a unit of the diagram gets, up to 20")
	completeChoices(cmd)
	return cmd
}

func (c *cli) render(o *renderOptions, args []string) error {
	if !(o.scale > 0 && o.scale <= 20) {
		return usagef("--scale: must be more than 0 and at most 20")
	}
	folder, err := o.target()
	if err != nil {
		return err
	}
	files, err := flowFiles(args)
	if err != nil {
		return err
	}
	if len(files) > 1 && !folder {
		return usagef("%d files do not fit into one picture; -o names a folder for them", len(files))
	}
	names := map[string]string{} // of the pictures, and what they were drawn from
	var faults bpmn.Problems
	for _, file := range files {
		err := c.renderFile(file, o, folder, names)
		if problems, found := errors.AsType[bpmn.Problems](err); found {
			faults = append(faults, problems...)
		} else if err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		return &findingsError{strings.TrimRight(printableLines(faults.Error()), "\n")}
	}
	return nil
}

// target says whether the output is a folder, and makes the format that of its name.
func (o *renderOptions) target() (folder bool, err error) {
	if o.output == "-" {
		return false, nil
	}
	if info, err := os.Stat(o.output); err == nil && info.IsDir() {
		return true, nil
	}
	switch ext := strings.ToLower(filepath.Ext(o.output)); ext {
	case ".svg", ".png":
		o.format = ext[1:]
		return false, nil
	case "":
		return true, os.MkdirAll(o.output, 0o755) //nolint:gosec // pictures are for everybody, as the files are that they show
	default:
		return false, usagef("-o: %s is neither .svg, nor .png, nor a folder", o.output)
	}
}

// renderFile draws the diagrams of one file: all into a folder, else one.
func (c *cli) renderFile(file string, o *renderOptions, folder bool, names map[string]string) error {
	text, err := readFlow(file)
	if err != nil {
		return err
	}
	definitions, problems := bpmn.ParseDraft(file, text)
	if definitions == nil {
		return problems
	}
	diagrams, err := o.choose(file, definitions)
	if err != nil {
		return err
	}
	if !folder && len(diagrams) > 1 {
		fmt.Fprintf(c.err, "%s has more diagrams: %s; draw one of them with --diagram, or all into a folder\n",
			printable(file), printable(strings.Join(diagramNames(diagrams[1:]), ", ")))
		diagrams = diagrams[:1]
	}
	for i, diagram := range diagrams {
		picture, err := drawn(definitions, diagram, o)
		if err != nil {
			return err
		}
		name := o.output
		if folder {
			name = filepath.Join(o.output, pictureName(file, diagram, i)+"."+o.format)
			if other, taken := names[name]; taken {
				return fmt.Errorf("%s and %s would both be drawn as %s; give them folders of their own", other, file, name)
			}
			names[name] = file
		}
		if err := c.writeTo(name, picture); err != nil {
			return err
		}
	}
	return nil
}

// choose gives the diagrams to draw.
func (o *renderOptions) choose(file string, definitions *bpmn.Definitions) ([]*bpmn.Diagram, error) {
	diagrams := definitions.Diagrams
	if len(diagrams) == 0 {
		return nil, bpmn.Problems{{
			Pos: bpmn.Position{File: file, Line: 1, Column: 1}, Severity: bpmn.SeverityError, Code: "DRAW001",
			Text: "the file has no diagram: it says what happens, but not where things are drawn",
			Hint: "lay it out in a modeler, which saves the diagram with it (bpmndi:BPMNDiagram)",
		}}
	}
	if o.diagram == "" {
		return diagrams, nil
	}
	for _, d := range diagrams {
		if slices.Contains([]string{d.ID, d.Name, d.PlaneElement}, o.diagram) {
			return []*bpmn.Diagram{d}, nil
		}
	}
	return nil, fmt.Errorf("%s has no diagram %q; it has: %s", file, o.diagram, strings.Join(diagramNames(diagrams), ", "))
}

// diagramNames are the ids of what diagrams show, by which --diagram finds them.
func diagramNames(diagrams []*bpmn.Diagram) []string {
	names := make([]string, len(diagrams))
	for i, d := range diagrams {
		names[i] = d.PlaneElement
	}
	return names
}

func drawn(definitions *bpmn.Definitions, diagram *bpmn.Diagram, o *renderOptions) ([]byte, error) {
	picture, err := draw.New(definitions, diagram, nil)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if o.format == "png" {
		err = picture.WritePNG(&b, o.scale)
	} else {
		err = picture.WriteSVG(&b)
	}
	return b.Bytes(), err
}

// unsafeInNames is what an id of a hostile file could do harm with as the name of a file.
var unsafeInNames = regexp.MustCompile(`[^\pL\pN_-]+`)

// pictureName is the name of the file without its ending; that of a further diagram adds the id of what it shows.
func pictureName(file string, diagram *bpmn.Diagram, index int) string {
	base := filepath.Base(file)
	name := strings.TrimSuffix(base, filepath.Ext(base))
	if index > 0 {
		name += "-" + unsafeInNames.ReplaceAllString(diagram.PlaneElement, "_")
	}
	return name
}

// writeTo writes a result to a file, or to standard output.
func (c *cli) writeTo(name string, content []byte) error {
	if name == "-" {
		_, err := c.out.Write(content)
		return err
	}
	return os.WriteFile(name, content, 0o644) //nolint:gosec // as other files that a person makes, by their umask
}
