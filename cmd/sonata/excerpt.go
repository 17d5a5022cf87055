package main

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/sonata-bpmn/sonata/bpmn"
)

// excerptWidth is how much of a line is shown: some tools write a whole document into one.
const excerptWidth = 120

// excerpt shows a place in a file: its line, and a caret below the column. It is "" where there is nothing to be shown.
func excerpt(source []byte, at bpmn.Position) string {
	lines := bytes.Split(source, []byte("\n"))
	if at.Line < 1 || at.Line > len(lines) || !utf8.Valid(source) {
		return ""
	}
	line := strings.TrimRight(string(lines[at.Line-1]), "\r")
	column := min(max(at.Column-1, 0), len(line))
	before, after := []rune(strings.ToValidUTF8(line[:column], "")), []rune(strings.ToValidUTF8(line[column:], ""))
	if cut := len(before) - excerptWidth/2; cut > 0 {
		before = append([]rune("…"), before[cut:]...)
	}
	if keep := excerptWidth - len(before); len(after) > keep {
		after = append(after[:keep:keep], '…')
	}
	spaced := func(text string) string { return printable(strings.ReplaceAll(text, "\t", "    ")) }
	head := spaced(string(before))
	number := fmt.Sprintf("%5d", at.Line)
	return fmt.Sprintf("%s | %s%s\n%*s | %*s^\n", number, head, spaced(string(after)), len(number), "", utf8.RuneCountInString(head), "")
}
