package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// severalLines is the text of an incident.
const severalLines = "\nno variable \"a\"\r\n  a + 1\n  ^"

// A row of a table is one line, of whatever its cells are.
func TestTablesShowFirstLines(t *testing.T) {
	var out strings.Builder
	require.NoError(t, writeTable(&out, [][]string{{"KEY", "WHAT", "WHY"}, {"1", severalLines, "x\x1b"}}))
	require.Equal(t, "KEY  WHAT             WHY\n1    no variable \"a\"  x\ufffd\n", out.String())

	out.Reset()
	l := &lines{out: &out}
	l.print(line{instance: "1", process: "p", what: "INCIDENT", subject: "Charge\nthe card", state: severalLines})
	require.Regexp(t, `INCIDENT +Charge +no variable "a"\n$`, out.String())
	require.NotContains(t, out.String(), "\ufffd")
}
