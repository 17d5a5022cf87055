package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sonata-bpmn/sonata/bpmn"
	"github.com/sonata-bpmn/sonata/bpmn/draw"
	"github.com/sonata-bpmn/sonata/cmd/sonata/scenario"
)

// coverage prints what was played and draws it, if that is wanted.
func (t *tester) coverage(all []*scenario.Coverage) error {
	if err := writeColumns(t.out, coverageRows(all)); err != nil || t.options.pictures == "" {
		return err
	}
	byFile := map[string][]*scenario.Coverage{}
	var files []string
	for _, c := range all {
		file := c.Pos.File
		if byFile[file] == nil {
			files = append(files, file)
		}
		byFile[file] = append(byFile[file], c)
	}
	drawn := 0
	for _, file := range files {
		n, err := drawCoverage(file, byFile[file], t.options.pictures)
		if err != nil {
			return &statusError{exitUsage, wording(err)}
		}
		if n == 0 {
			fmt.Fprintf(t.err, "%s has no diagram: there is no picture of it\n", printable(file))
		}
		drawn += n
	}
	fmt.Fprintf(t.err, "%s in %s\n", count(drawn, "picture"), printable(t.options.pictures))
	return nil
}

// drawCoverage draws the diagrams of a file with what was played of its processes, and says how many they are.
func drawCoverage(file string, of []*scenario.Coverage, dir string) (int, error) {
	text, err := readFlow(file)
	if err != nil {
		return 0, err
	}
	definitions, problems := bpmn.ParseDraft(file, text)
	if definitions == nil {
		return 0, problems
	}
	marks := map[string]draw.Mark{}
	for _, c := range of {
		for _, n := range c.Nodes {
			marks[n.ID] = played(c.Times(n.ID), n.Body != nil)
		}
		for _, f := range c.Flows {
			marks[f.ID] = played(c.Times(f.ID), true)
		}
	}
	if filepath.IsLocal(file) {
		dir = filepath.Join(dir, filepath.Dir(file)) // files of the same name have folders of their own
	}
	for i, diagram := range definitions.Diagrams {
		picture, err := draw.New(definitions, diagram, marks)
		if err != nil {
			return 0, err
		}
		picture.Description += ". Green was played, with the number of times; red was never played."
		var b bytes.Buffer
		if err := picture.WriteSVG(&b); err != nil {
			return 0, err
		}
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // pictures are for everybody
			return 0, err
		}
		if err := os.WriteFile(filepath.Join(dir, pictureName(file, diagram, i)+".svg"), b.Bytes(), 0o644); err != nil { //nolint:gosec // see above
			return 0, err
		}
	}
	return len(definitions.Diagrams), nil
}

// played marks an element or flow by how often it was played; of an outline only the line gets the colour.
func played(times int, outline bool) draw.Mark {
	mark := draw.Mark{Fill: "#dafbe1", Stroke: "#1a7f37", Badge: fmt.Sprint(times), Note: "played " + count(times, "time")}
	if times == 0 {
		mark = draw.Mark{Fill: "#ffebe9", Stroke: "#cf222e", Badge: "0", Note: "never played"}
	}
	if outline {
		mark.Fill = ""
	}
	return mark
}

// missedShown is how many of the elements that were not played are named.
const missedShown = 4

func coverageRows(all []*scenario.Coverage) [][]string {
	rows := [][]string{{"PROCESS", "ELEMENTS", "FLOWS", "FILE", "NOT PLAYED"}}
	for _, c := range all {
		missed := c.Missed()
		if len(missed) > missedShown {
			missed = append(missed[:missedShown:missedShown], fmt.Sprintf("and %d more", len(missed)-missedShown))
		}
		rows = append(rows, []string{c.ID, share(c.Elements()), share(c.Taken()), c.Pos.File, strings.Join(missed, ", ")})
	}
	return rows
}

// share says "3/4  75%".
func share(part, all int) string {
	if all == 0 {
		return "0/0"
	}
	return fmt.Sprintf("%d/%d %3d%%", part, all, 100*part/all)
}
