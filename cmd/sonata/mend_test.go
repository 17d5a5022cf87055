package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheOperatorMends: what could not be used and what failed is listed, shown, corrected, tried again and forgotten on the command line.
func TestTheOperatorMends(t *testing.T) {
	s := serve(t, t.TempDir(), "--deploy", flowsDir(t), "--dead-letter-topic", "dead-parcels")
	garbage := `{"specversion":"1.0","id":"g","source":"/test",` // it breaks off
	s.publish("parcel-arrived", "k", garbage)
	dead := s.await("dead-parcels", nil)
	require.Equal(t, "UNREADABLE", dead.data()["cause"])
	key := dead.data()["deadLetterKey"].(string)
	require.Regexp(t, `(?m)^KEY +TOPIC +PARTITION +OFFSET +CAUSE +WHY\n`+key+` +parcel-arrived +0 +0 +UNREADABLE +\S`, s.client("dead-letters", "list", "--topic", "parcel-arrived"))
	require.Empty(t, lettersOf(t, s, "--topic", "parcel-weighed"))
	require.Empty(t, lettersOf(t, s, "--cause", "REFUSED"))
	require.Equal(t, garbage, s.client("dead-letters", "get", key, "--raw"))
	require.Contains(t, s.client("dead-letters", "get", key), `"offset": 0`)
	asItIs := sonataCommand(t, "dead-letters", "replay", key, "--url", s.url)
	require.Equal(t, exitFailed, asItIs.status)
	require.Contains(t, asItIs.errors, "give it data that is right")
	require.Regexp(t, "^message "+key+`: taken by instance \d+\n$`, s.client("dead-letters", "replay", key, "--vars", `{"parcel":"mended"}`))
	require.Empty(t, lettersOf(t, s))

	// A reply to nobody, and who nearly took it.
	s.publish("parcel-weighed", "", `{"specversion":"1.0","id":"n","source":"/test","type":"parcel-weighed","kogitoprocrefid":"4711","data":{"weight":7}}`)
	s.eventually(func() bool { return len(lettersOf(t, s)) == 1 }, "it is not kept")
	lost := lettersOf(t, s, "--cause", "UNMATCHED")[0]["deadLetterKey"].(string)
	var shown struct {
		NearSubscriptions []struct{ CorrelationKey string }
	}
	require.NoError(t, json.Unmarshal([]byte(s.client("dead-letters", "get", lost)), &shown))
	require.Equal(t, "mended", shown.NearSubscriptions[0].CorrelationKey)
	require.Contains(t, s.client("dead-letters", "replay", lost, "--reference", "", "--correlation-key", "mended"), "taken by instance")
	s.await("parcel-to-belt", parcel("mended"))
	s.publish("parcel-weighed", "", "nothing at all")
	s.eventually(func() bool { return len(lettersOf(t, s)) == 1 }, "it is not kept")
	last := lettersOf(t, s)[0]["deadLetterKey"].(string)
	require.Equal(t, "message "+last+" is forgotten\n", s.client("dead-letters", "drop", last))
	gone := sonataCommand(t, "dead-letters", "get", last, "--url", s.url)
	require.Equal(t, exitFailed, gone.status)
	require.Contains(t, gone.errors, "there is no dead letter "+last)

	// The same fault in several instances, mended in all of them at once.
	parcels := []string{"a", "b", "c"}
	for _, name := range parcels {
		s.arrive(name)
		s.publish("parcel-weighed", name, cloudEventText("parcel-weighed", "weighed-"+name, `{"weight":"heavy"}`))
	}
	s.eventually(func() bool { return len(s.items("incidents", `{}`)) == len(parcels) }, "there are no incidents")
	listed := s.client("incidents", "list", "--process", "sorting")
	require.Equal(t, 1+len(parcels), strings.Count(listed, "\n"), listed)
	require.Equal(t, "3 incidents are resolved\n", s.client("incidents", "resolve", "--process", "sorting"), "they are as wrong as before")
	first := s.items("incidents", `{}`)[0]["incidentKey"].(string)
	require.Equal(t, fmt.Sprintf("incident %s is resolved\n", first), s.client("incidents", "resolve", first, "--vars", `{"weight":500}`))
	require.Equal(t, "2 incidents are resolved\n", s.client("incidents", "resolve", "--process", "sorting", "--vars", `{"weight":500}`))
	for _, name := range parcels {
		s.await("parcel-to-lift", parcel(name))
	}
	require.Empty(t, s.complaints())
	require.Zero(t, s.stop())
}

// lettersOf are the dead letters that the command line lists.
func lettersOf(t *testing.T, s *sonata, args ...string) (letters []map[string]any) {
	t.Helper()
	out := s.client(append([]string{"dead-letters", "list", "-o", "json"}, args...)...)
	require.NoError(t, json.Unmarshal([]byte(out), &letters), out)
	return letters
}
