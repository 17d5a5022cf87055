package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sonata-bpmn/sonata/bpmn/bpmntest"
)

func instant(t require.TestingT, text string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(t, err, text)
	return at
}

// §10.5.5: a timer has a date, a duration or a cycle.
func TestFirstDue(t *testing.T) {
	for _, c := range []struct{ kind, text, at, due string }{
		// Dates: RFC 3339 to the nanosecond, without zone in UTC, with a zone id as Java writes it.
		{timerDate, "2048-02-13T11:27:56.705567622Z", "2026-01-31T10:00:00Z", "2048-02-13T11:27:56.705567622Z"},
		{timerDate, "2026-03-31T09:00:00+02:00", "2026-01-31T10:00:00Z", "2026-03-31T07:00:00Z"},
		{timerDate, "2026-03-31T09:00:00+0200", "2026-01-31T10:00:00Z", "2026-03-31T07:00:00Z"},
		{timerDate, "2026-03-31T09:00-03", "2026-01-31T10:00:00Z", "2026-03-31T12:00:00Z"},
		{timerDate, "2026-03-31T09:00:00,5", "2026-01-31T10:00:00Z", "2026-03-31T09:00:00.5Z"},
		{timerDate, " 2026-03-31 ", "2026-01-31T10:00:00Z", "2026-03-31T00:00:00Z"},
		{timerDate, "2026-03-29T02:30:00+01:00[Europe/Berlin]", "2026-01-31T10:00:00Z", "2026-03-29T01:30:00Z"},
		{timerDate, "2026-07-01T09:00:00[Europe/Berlin]", "2026-01-31T10:00:00Z", "2026-07-01T07:00:00Z"},
		{timerDate, "2026-07-01T09:00:00Z[UTC]", "2026-01-31T10:00:00Z", "2026-07-01T09:00:00Z"},
		{timerDate, "1999-12-31T23:59:59Z", "2026-01-31T10:00:00Z", "1999-12-31T23:59:59Z"},
		{timerDate, "9999-12-31T23:59:59.999999999Z", "2026-01-31T10:00:00Z", "9999-12-31T23:59:59.999999999Z"},
		{timerDate, "2024-02-29", "2026-01-31T10:00:00Z", "2024-02-29T00:00:00Z"},
		// Durations: exact times, calendar months with the end of the month kept.
		{timerDuration, "PT0S", "2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"},
		{timerDuration, "PT15M", "2026-01-31T10:00:00+02:00", "2026-01-31T08:15:00Z"},
		{timerDuration, "PT0.000000001S", "2026-01-31T10:00:00Z", "2026-01-31T10:00:00.000000001Z"},
		{timerDuration, "PT1,5S", "2026-01-31T10:00:00Z", "2026-01-31T10:00:01.5Z"},
		{timerDuration, "P1Y2M3W4DT5H6M7.8S", "2026-01-31T10:00:00Z", "2027-04-25T15:06:07.8Z"},
		{timerDuration, "P1M", "2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z"},
		{timerDuration, "P1M", "2028-01-31T10:00:00Z", "2028-02-29T10:00:00Z"},
		{timerDuration, "P1M1D", "2026-01-31T10:00:00Z", "2026-03-01T10:00:00Z"},
		{timerDuration, "P1Y", "2028-02-29T10:00:00Z", "2029-02-28T10:00:00Z"},
		{timerDuration, "P2W", "2026-02-20T10:00:00Z", "2026-03-06T10:00:00Z"},
		{timerDuration, "PT36H", "2026-01-31T10:00:00Z", "2026-02-01T22:00:00Z"},
		{timerDuration, "PT90000000000S", "2026-01-31T10:00:00Z", ""},
		{timerDuration, "P7000Y", "2026-01-31T10:00:00Z", "9026-01-31T10:00:00Z"},
		// Cycles.
		{timerCycle, "R3/PT10S", "2026-01-31T10:00:00Z", "2026-01-31T10:00:10Z"},
		{timerCycle, "R/2026-03-31T09:00:00Z/P1D", "2026-01-31T10:00:00Z", "2026-03-31T09:00:00Z"},
		{timerCycle, "R/2020-03-31T09:00:00Z/P1D", "2026-01-31T10:00:00Z", "2020-03-31T09:00:00Z"},
		{timerCycle, "R/PT1H/2026-01-31T10:30:00Z", "2026-01-31T10:00:00Z", "0001-01-01T00:00:00Z"},
		{timerCycle, "R0/PT10S", "2026-01-31T10:00:00Z", "0001-01-01T00:00:00Z"},
		{timerCycle, "0 2 * * *", "2026-01-31T10:00:00Z", "2026-02-01T02:00:00Z"},
		{timerCycle, "30 0 2 * * *", "2026-01-31T10:00:00Z", "2026-02-01T02:00:30Z"},
		{timerCycle, "0 0 9 ? * MON-FRI", "2026-01-31T10:00:00Z", "2026-02-02T09:00:00Z"},
		{timerCycle, "0 0 9 * * 7", "2026-01-31T10:00:00Z", "2026-02-01T09:00:00Z"},
		{timerCycle, "0 0 9 * * 6-7", "2026-02-01T10:00:00Z", "2026-02-07T09:00:00Z"},
		{timerCycle, "@daily", "2026-01-31T10:00:00Z", "2026-02-01T00:00:00Z"},
		{timerCycle, "CRON_TZ=Europe/Berlin 0 2 * * *", "2026-01-31T10:00:00Z", "2026-02-01T01:00:00Z"},
		{timerCycle, "0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"},
	} {
		t.Run(c.text, func(t *testing.T) {
			due, cycle, err := firstDue(c.kind, c.text, instant(t, c.at))
			if c.due == "" {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.due, due.Format(time.RFC3339Nano))
			require.Equal(t, time.UTC, due.Location())
			require.Equal(t, c.kind == timerCycle && !due.IsZero(), cycle != nil)
		})
	}
}

// What cannot be read is told with what would be right, and never with the value, which may come from data.
func TestUnreadableTimers(t *testing.T) {
	for _, c := range []struct {
		kind  string
		value any
		fault string
	}{
		{timerDate, "S3CR3T", "write one such as 2026-03-31T09:00:00Z"}, {timerDate, "", "no date and time"}, {timerDate, "2026-02-30", "there is no such date"}, {timerDate, "2026-13-01", "months are 01 to 12"}, {timerDate, "2026-03-31T24:00:00Z", "hours 00 to 23"},
		{timerDate, "2026-03-31 09:00:00Z", "write one such as"}, {timerDate, "2026-03-31T09:00:00.1234567891Z", "at most nine digits"}, {timerDate, "2026-03-31T09:00.5Z", "at most nine digits"}, {timerDate, "2026-03-31T09:00:00[Nowhere/City]", "such as Europe/Berlin"}, {timerDate, "2026-03-31T09:00:00[Local]", "such as Europe/Berlin"}, {timerDate, "2026-03-31T09:00:00[../../etc/passwd]", "such as Europe/Berlin"}, {timerDate, "12026-03-31", "no date and time"},
		{timerDate, "PT5M", "use a timeDuration"}, {timerDate, int64(5), "has a number, which has no unit; write PT5S"}, {timerDate, nil, "has null"}, {timerDate, []any{}, "has a list"},
		{timerDuration, "5m", "write one such as PT15M"}, {timerDuration, "P", "no duration"}, {timerDuration, "PT", "no duration"}, {timerDuration, "P1DT", "no duration"}, {timerDuration, "P1H", "no duration"}, {timerDuration, "PT1D", "no duration"}, {timerDuration, "P1D2M", "no duration"}, {timerDuration, "PT0.5H", "fractions for seconds only"}, {timerDuration, "PT1.1234567890S", "no duration"}, {timerDuration, "pt5s", "capital letters"},
		{timerDuration, "-PT5S", "cannot be negative"}, {timerDuration, "P-1D", "cannot be negative"}, {timerDuration, "PT-5S", "cannot be negative"}, {timerDuration, "P99999999999999999999Y", "too long"}, {timerDuration, "P8000Y", "after the year 9999"}, {timerDuration, "PT99999999999H", "too long"}, {timerDuration, "PT3000000H", "292 years"}, {timerDuration, "2026-03-31", "use a timeDate"}, {timerDuration, 5.5, "which has no unit"}, {timerDuration, "5000", "write one such as PT15M"},
		{timerCycle, "PT5S", "the number of repetitions before"}, {timerCycle, "R", "R3/PT10S"}, {timerCycle, "R3", "R3/PT10S"}, {timerCycle, "R-2/PT5S", "R3/PT10S"}, {timerCycle, "R3/PT0S", "at least a millisecond"}, {timerCycle, "R3/PT0.0001S", "at least a millisecond"}, {timerCycle, "R3/5s", "R3/PT10S"}, {timerCycle, "R99999999999/PT5S", "leave it out"}, {timerCycle, "R/2026-02-30/PT5S", "the start of the cycle"}, {timerCycle, "R/PT5S/2026-02-30", "the end of the cycle"}, {timerCycle, "R/2026-01-01/2026-02-01", "R3/PT10S"}, {timerCycle, "R/P9000Y", "too long"},
		{timerCycle, "* *", "five or six fields"}, {timerCycle, "61 * * * *", "cannot be read"}, {timerCycle, "* * * * * * *", "five or six fields"}, {timerCycle, "0 0 30 2 *", "never comes"}, {timerCycle, ", * * * * *", "is empty"}, {timerCycle, "@every 5s", "@every is not known"}, {timerCycle, "@noon", "cannot be read"}, {timerCycle, "CRON_TZ=Mars/Base 0 2 * * *", "such as Europe/Berlin"}, {timerCycle, "TZ=UTC 0 2 * * *", "cannot be read"}, {timerCycle, "CRON_TZ=UTC", "five or six fields"}, {timerCycle, "", "five or six fields"}, {timerCycle, int64(1), "has a number"},
		{"timeWarp", "PT5S", "only a timeDate, timeDuration or timeCycle"},
	} {
		due, cycle, err := firstDue(c.kind, c.value, instant(t, "2026-01-31T10:00:00Z"))
		require.ErrorContains(t, err, c.fault, c.value)
		require.NotContains(t, err.Error(), secret)
		require.True(t, due.IsZero())
		require.Nil(t, cycle)
	}
}

// firings lists when a timer fires that is served at once, up to a number.
func firings(t require.TestingT, text string, at time.Time, limit int) []string {
	due, cycle, err := firstDue(timerCycle, text, at)
	require.NoError(t, err, text)
	var list []string
	for !due.IsZero() && len(list) < limit {
		list = append(list, due.Format(time.RFC3339Nano))
		due, cycle = nextDue(cycle, due, due)
	}
	return list
}

func TestCycles(t *testing.T) {
	at := instant(t, "2026-01-31T10:00:00Z")
	for text, want := range map[string]string{
		"R3/PT10S":                                  "2026-01-31T10:00:10Z 2026-01-31T10:00:20Z 2026-01-31T10:00:30Z",
		"R1/PT10S":                                  "2026-01-31T10:00:10Z",
		"R0/PT10S":                                  "",
		"R2/2026-03-31T09:00:00Z/P1D":               "2026-03-31T09:00:00Z 2026-04-01T09:00:00Z",
		"R/PT1H/2026-01-31T12:00:00Z":               "2026-01-31T11:00:00Z 2026-01-31T12:00:00Z",
		"R/2026-02-01/P1D/2026-02-02T12:00:00Z":     "2026-02-01T00:00:00Z 2026-02-02T00:00:00Z",
		"R4/P1M":                                    "2026-02-28T10:00:00Z 2026-03-31T10:00:00Z 2026-04-30T10:00:00Z 2026-05-31T10:00:00Z",
		"R3/2027-12-31T00:00:00Z/P2M":               "2027-12-31T00:00:00Z 2028-02-29T00:00:00Z 2028-04-30T00:00:00Z",
		"R2/2024-02-29/P1Y":                         "2024-02-29T00:00:00Z 2025-02-28T00:00:00Z",
		"R/9998-06-01T00:00:00Z/P1Y":                "9998-06-01T00:00:00Z 9999-06-01T00:00:00Z",
		"R-1/9999-06-01T00:00:00Z/P1Y":              "9999-06-01T00:00:00Z",
		"R2/2026-02-01T00:00:00.25Z/PT0.5S":         "2026-02-01T00:00:00.25Z 2026-02-01T00:00:00.75Z",
		"R3/2026-03-28T02:30:00[Europe/Berlin]/P1D": "2026-03-28T01:30:00Z 2026-03-29T01:30:00Z 2026-03-30T00:30:00Z", // 02:30 is skipped on the 29th, kept after it
	} {
		require.Equal(t, want, strings.Join(firings(t, text, at, 5), " "), text)
	}
	require.Len(t, firings(t, "R/PT1S", at, 100), 100)
	require.Equal(t, []string{"2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"}, firings(t, "0 0 1 * *", at, 2))
}

// After down time a cycle fires once for all firings that it missed, and then on its old grid, in the future.
func TestMissedFirings(t *testing.T) {
	for _, c := range []struct{ text, at, due, late, next string }{
		{"R5/PT10M", "2026-01-01T00:00:00Z", "2026-01-01T00:10:00Z", "2026-01-01T00:55:00Z", "2026-01-01T01:00:00Z"},
		{"R5/PT10M", "2026-01-01T00:00:00Z", "2026-01-01T00:10:00Z", "2026-01-01T00:10:03Z", "2026-01-01T00:20:00Z"},
		{"R5/PT10M", "2026-01-01T00:00:00Z", "2026-01-01T00:10:00Z", "2026-01-01T00:20:00Z", "2026-01-01T00:30:00Z"},
		{"R/2020-01-01T02:00:00Z/P1D", "2026-01-01T00:00:00Z", "2020-01-01T02:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z"},
		{"R/1776-07-04T00:00:00Z/PT1S", "2026-01-01T00:00:00Z", "1776-07-04T00:00:00Z", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:01Z"},
		{"R/0001-07-04T00:00:00Z/PT0.001S", "2026-01-01T00:00:00Z", "0001-07-04T00:00:00Z", "2026-01-01T00:00:00.0005Z", "2026-01-01T00:00:00.001Z"},
		{"R/2020-01-31T00:00:00Z/P1M", "2026-01-01T00:00:00Z", "2020-01-31T00:00:00Z", "2026-02-10T00:00:00Z", "2026-02-28T00:00:00Z"},
		{"0 0 2 * * *", "2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z", "2026-01-05T03:00:00Z", "2026-01-06T02:00:00Z"},
	} {
		due, cycle, err := firstDue(timerCycle, c.text, instant(t, c.at))
		require.NoError(t, err)
		require.Equal(t, c.due, due.Format(time.RFC3339Nano), c.text)
		next, left := nextDue(cycle, due, instant(t, c.late))
		require.Equal(t, c.next, next.Format(time.RFC3339Nano), c.text)
		require.Equal(t, max(cycle.Remaining-1, -1), left.Remaining, "missed firings use up no repetition")
	}
	next, left := nextDue(nil, time.Time{}, time.Time{})
	require.True(t, next.IsZero())
	require.Nil(t, left)
	next, _ = nextDue(&Cycle{Text: "damaged", Remaining: 1}, time.Time{}, time.Time{})
	require.True(t, next.IsZero())
}

// The next firing is what one gets by counting periods one by one.
func TestNextFiringLiesOnTheGrid(t *testing.T) {
	periods := map[string]func(time.Time, int) time.Time{
		"PT7S":    func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * 7 * time.Second) },
		"PT1H30M": func(t time.Time, n int) time.Time { return t.Add(time.Duration(n) * 90 * time.Minute) },
		"P3D":     func(t time.Time, n int) time.Time { return t.AddDate(0, 0, 3*n) },
		"P1W":     func(t time.Time, n int) time.Time { return t.AddDate(0, 0, 7*n) },
		"P1M":     func(t time.Time, n int) time.Time { return t.AddDate(0, n, 0) },
		"P1YT1S":  func(t time.Time, n int) time.Time { return t.AddDate(n, 0, 0).Add(time.Duration(n) * time.Second) },
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"PT7S", "PT1H30M", "P3D", "P1W", "P1M", "P1YT1S"}).Draw(t, "period")
		start := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "start"), 0).UTC()
		start = start.AddDate(0, 0, -start.Day()+min(start.Day(), 28)) // days that every month has, as AddDate does not clamp
		fired := rapid.IntRange(0, 2000).Draw(t, "fired")
		due := periods[text](start, fired)
		late := due.Add(time.Duration(rapid.Int64Range(0, 1e16).Draw(t, "late")))
		want := fired + 1
		for !periods[text](start, want).After(late) {
			want++
		}
		next, _ := nextDue(&Cycle{Text: "R/" + start.Format(time.RFC3339) + "/" + text, Remaining: -1}, due, late)
		require.Equal(t, periods[text](start, want), next)
	})
}

func FuzzTimer(f *testing.F) {
	for _, text := range []string{"2048-02-13T11:27:56.705567622Z", "2026-03-29T02:30:00+01:00[Europe/Berlin]", "2026-03-31", "PT15M", "P1Y2M3W4DT5H6M7.8S", "R3/PT10S", "R/2026-03-31T09:00:00Z/P1D", "R/PT1H/2026-12-31", "R/1776-07-04T00:00:00Z/PT1S", "0 0 2 * * *", "*/5 9-17 * * MON-FRI", "@daily", "CRON_TZ=UTC 0 2 29 2 7", "R0/P1M", ", , , , ,"} {
		f.Add(text, int64(1769853600), int64(86400))
	}
	f.Fuzz(func(t *testing.T, text string, now, late int64) {
		at := time.Unix(now%1e11, 0)
		for _, kind := range []string{timerDate, timerDuration, timerCycle} {
			bpmntest.Bounded(t, func() { checkTimer(t, kind, text, at, late) })
		}
	})
}

// checkTimer computes when a timer fires, and a few times again.
func checkTimer(t *testing.T, kind, text string, at time.Time, late int64) {
	t.Helper()
	due, cycle, err := firstDue(kind, text, at)
	if err != nil {
		require.True(t, due.IsZero() && cycle == nil)
		return
	}
	again, _, _ := firstDue(kind, text, at)
	require.Equal(t, due, again)
	for range 3 {
		if cycle == nil {
			return
		}
		encoded, err := due.MarshalJSON()
		require.NoError(t, err, "a due time can be stored: %s", encoded)
		fired := latest(due, at.Add(time.Duration(max(late, 0)%1e9)*time.Second))
		next, left := nextDue(cycle, due, fired)
		require.Equal(t, next.IsZero(), left == nil)
		require.True(t, next.IsZero() || next.After(fired))
		due, cycle = next, left
	}
}
