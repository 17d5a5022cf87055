package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Who gives no key, or none that can be one, learns what it is of and where it is shown.
func TestKeysOfWhat(t *testing.T) {
	for command, says := range map[string]string{
		"instances cancel":      "expected the KEY of an instance, as `sonata instances list` shows it",
		"instances get":         "expected the KEY of an instance, as `sonata instances list` shows it",
		"instances watch 1 2":   "expected the KEY of an instance, as `sonata instances list` shows it",
		"instances release x":   "\"x\" is no KEY of an instance, as `sonata instances list` shows it",
		"incidents resolve x":   "\"x\" is no KEY of an incident, as `sonata incidents list` shows it",
		"dead-letters get":      "expected the KEY of a dead letter, as `sonata dead-letters list` shows it",
		"dead-letters replay":   "expected the KEY of a dead letter, as `sonata dead-letters list` shows it",
		"dead-letters drop":     "expected the KEY of a dead letter, as `sonata dead-letters list` shows it",
		"dead-letters replay 0": "\"0\" is no KEY of a dead letter, as `sonata dead-letters list` shows it",
	} {
		o := sonataCommand(t, strings.Fields(command)...)
		require.Equal(t, exitUsage, o.status, command)
		require.Contains(t, o.errors, says, command)
	}
}
