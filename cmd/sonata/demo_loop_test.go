package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The life of a control loop in the whole program: over HTTP and Kafka, with a participant that falls silent and comes back.
func TestTheControlLoopDemo(t *testing.T) {
	t.Parallel()
	o := sonataCommand(t, "demo", "--scenario", loopScenario, "--once", "--listen", "127.0.0.1:0", "--broker-listen", "127.0.0.1:0")
	require.Zero(t, o.status, "%s\n%s", o.errors, o.out)
	require.Regexp(t, `(?s)PASSIVE \(ordered: PASSIVE\) NO_ERROR.*RUNNING \(ordered: RUNNING\) NO_ERROR.*`+
		`RUNNING2PASSIVE \(ordered: PASSIVE\) TIMEOUT not every participant.*UNINITIALISED \(ordered: UNINITIALISED\) NO_ERROR.*done`, o.out)
}
