package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sonata-bpmn/sonata/cmd/sonata/play"
)

// writeEvents prints one JSON object a line.
func writeEvents(w io.Writer, events []play.Event) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, event := range events {
		if err := e.Encode(event); err != nil {
			return err
		}
	}
	return nil
}

// writeTrace prints what happened for people: less than everything, one line for each thing that tells something.
func writeTrace(w io.Writer, world *play.World) error {
	rows := [][]string{{"TIME", "INSTANCE", "WHAT", "ELEMENT", "DETAIL"}}
	var before time.Time
	for _, e := range joined(world.Events()) {
		what, detail := describe(e)
		if what == "" {
			continue
		}
		at := ""
		if !e.At.Equal(before) {
			at, before = sinceBegin(e.At), e.At
		}
		rows = append(rows, []string{at, strconv.Itoa(e.Instance), what, elementText(e), detail})
	}
	return writeColumns(w, rows)
}

// joined makes one event of variables that were set one after the other in the same scope, and leaves out those that only the
// inside of an activity or event sees.
func joined(events []play.Event) []play.Event {
	var kept []play.Event
	for _, e := range events {
		if e.Kind == play.VariablesSet {
			if e.Type != "process" && e.Type != "subProcess" {
				continue
			}
			if last := len(kept) - 1; last >= 0 && kept[last].Kind == e.Kind && kept[last].Instance == e.Instance && kept[last].Scope == e.Scope {
				kept[last].Variables = merged(kept[last].Variables, e.Variables)
				continue
			}
		}
		kept = append(kept, e)
	}
	return kept
}

func merged(variables, more map[string]any) map[string]any {
	all := maps.Clone(variables)
	maps.Copy(all, more)
	return all
}

// writeColumns aligns rows whose last cells may be empty; the first row is the heading.
func writeColumns(w io.Writer, rows [][]string) error {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = printable(cell)
			widths[i] = max(widths[i], min(utf8.RuneCountInString(row[i]), columnWidth))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", max(widths[i]-utf8.RuneCountInString(cell), 0)+2))
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// columnWidth is how wide a long name makes its column.
const columnWidth = 48

// describe says what an event is in a word, "" if it is not worth a line, and what it carries.
func describe(e play.Event) (what, detail string) {
	switch e.Kind {
	case play.InstanceStarted:
		return "started", startText(e)
	case play.ElementActivated:
		return "entered", e.Type
	case play.ElementTerminated:
		return "withdrawn", ""
	case play.VariablesSet:
		return "set", variablesText(e.Variables)
	case play.MessagePublished:
		return "published", strings.TrimSpace(e.Topic + " " + jsonText(e.Data))
	case play.MessageCorrelated:
		return "received", e.Topic
	case play.SignalBroadcast:
		return "signalled", strings.TrimSpace(e.Signal + " " + variablesText(e.Variables))
	case play.JobCompleted:
		return "job done", e.JobType
	case play.TimerScheduled:
		return "timer set", "until " + sinceBegin(*e.Due)
	case play.TimerFired:
		return "timer fired", ""
	case play.ErrorThrown, play.EscalationThrown:
		return "threw", thrownText(e)
	case play.CompensationTriggered:
		return "compensates", strings.Join(e.Handlers, ", ")
	case play.IncidentRaised:
		return "INCIDENT", e.Code + ": " + firstLine(e.Text)
	case play.InstanceCompleted:
		return "completed", variablesText(e.Variables)
	case play.InstanceTerminated:
		return "terminated", e.Code
	case play.InstanceWaiting:
		return "waits", waitsText(e.WaitsFor)
	}
	return "", ""
}

func startText(e play.Event) string {
	var parts []string
	if e.Parent != 0 {
		parts = append(parts, "called by "+strconv.Itoa(e.Parent))
	}
	if e.BusinessKey != "" {
		parts = append(parts, "business key "+e.BusinessKey)
	}
	return strings.Join(parts, ", ")
}

func thrownText(e play.Event) string {
	switch {
	case e.CaughtBy != "":
		return e.Code + ", caught by " + e.CaughtBy
	case e.Kind == play.ErrorThrown:
		return e.Code + ", caught by the caller"
	}
	return e.Code + ", which nothing here catches"
}

// elementText is the id of an element, and its name where that says more.
func elementText(e play.Event) string {
	if e.Name == "" || e.Name == e.Element {
		return e.Element
	}
	return fmt.Sprintf("%s %q", e.Element, e.Name)
}

func waitsText(waits []play.Wait) string {
	texts := make([]string, len(waits))
	for i, w := range waits {
		texts[i] = w.Kind + " at " + w.Element
		switch {
		case w.Due != nil:
			texts[i] = "timer at " + w.Element + " until " + sinceBegin(*w.Due)
		case w.Text != "":
			texts[i] = "incident at " + w.Element
		case w.Name != "":
			texts[i] = w.Kind + " " + w.Name + " at " + w.Element
		}
	}
	return "for " + strings.Join(texts, ", ")
}

// detailWidth is how much of a value is shown in a line.
const detailWidth = 100

func variablesText(variables map[string]any) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		parts = append(parts, name+"="+jsonText(variables[name]))
	}
	return shortened(strings.Join(parts, " "))
}

func jsonText(value any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return "?"
	}
	return shortened(strings.TrimSpace(b.String()))
}

func shortened(text string) string {
	if runes := []rune(text); len(runes) > detailWidth {
		return string(runes[:detailWidth-1]) + "…"
	}
	return text
}

// sinceBegin shows how far the virtual clock has come, such as +2d3h or +500ms.
func sinceBegin(at time.Time) string {
	const day = 24 * time.Hour
	past := at.Sub(play.Begin)
	if past < 0 || past > 400*day {
		return at.UTC().Format(time.RFC3339)
	}
	text := ""
	if days := past / day; days > 0 {
		text, past = strconv.Itoa(int(days))+"d", past%day
	}
	if past > 0 || text == "" {
		rest := past.String()
		if strings.HasSuffix(rest, "m0s") {
			rest = strings.TrimSuffix(rest, "0s")
		}
		if strings.HasSuffix(rest, "h0m") {
			rest = strings.TrimSuffix(rest, "0m")
		}
		text += rest
	}
	return "+" + text
}
