package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// colour is a terminal's escape sequence, or "" for none.
type colour string

// Colours of the lines.
const (
	plain  colour = ""
	dim    colour = "\x1b[2m"
	bold   colour = "\x1b[1m"
	red    colour = "\x1b[31m"
	green  colour = "\x1b[32m"
	yellow colour = "\x1b[33m"
	blue   colour = "\x1b[34m"
)

// lines writes what happens, as it happens, in columns: time, instance, process, what, about what, state.
type lines struct {
	out      io.Writer
	coloured bool
	process  int // width of the column
	subject  int
}

// line is one thing that happened.
type line struct {
	at                                      time.Time
	instance, process, what, subject, state string
	colour                                  colour
}

func (l *lines) heading() {
	l.write(bold, fmt.Sprintf("%-12s  %-19s  %-*s  %-10s  %-*s  %s", "TIME", "INSTANCE", l.process, "PROCESS", "WHAT", l.subject, "MESSAGE", "STATE"))
}

func (l *lines) print(n line) {
	l.write(n.colour, fmt.Sprintf("%-12s  %-19s  %s  %s  %s  %s",
		n.at.Local().Format("15:04:05.000"), n.instance, pad(n.process, l.process), pad(n.what, 10), pad(firstLine(n.subject), l.subject), firstLine(n.state)))
}

// notef writes a line that is in no column.
func (l *lines) notef(c colour, format string, args ...any) { l.write(c, fmt.Sprintf(format, args...)) }

func (l *lines) write(c colour, text string) {
	text = printable(strings.TrimRight(text, " "))
	if l.coloured && c != plain && text != "" {
		text = string(c) + text + "\x1b[0m"
	}
	fmt.Fprintln(l.out, text)
}

// pad fills a cell up to a width, counted in characters.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}
