package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kinds of timer (§10.5.5, Table 10.101), named as their XML elements.
const (
	timerDate     = "timeDate"
	timerDuration = "timeDuration"
	timerCycle    = "timeCycle"
)

// firstDue says when a timer fires for the first time. Kind is the XML name of the timer's element, value is what its
// expression gave, at is now. The cycle is nil unless the timer repeats; the due time is zero if it never fires (R0, or
// an end before the first firing).
//
// A date in the past, and a cycle that starts in the past, is due at just that date: it fires at once. Errors say what is
// wrong and what would be right, but do not show the value, which may come from data.
func firstDue(kind string, value any, at time.Time) (due time.Time, cycle *Cycle, err error) {
	text, ok := value.(string)
	if !ok {
		return time.Time{}, nil, fmt.Errorf("%s needs a text such as %q, but has %s%s", kind, timerExample(kind), kindOf(value), unitHint(value))
	}
	text, at = strings.TrimSpace(text), at.UTC()
	switch kind {
	case timerDate:
		due, err = parseTime(text)
		if err != nil && looksLikeDuration(text) {
			err = errors.New("a timeDate needs a date such as 2026-03-31T09:00:00Z, but has a duration; use a timeDuration")
		}
	case timerDuration:
		due, err = afterPeriod(text, at)
	case timerCycle:
		due, cycle, err = firstOfCycle(text, at)
	default:
		err = fmt.Errorf("a timer cannot be a %q, only a timeDate, timeDuration or timeCycle", kind)
	}
	if err != nil || due.IsZero() {
		return time.Time{}, nil, err
	}
	return due.UTC(), cycle, nil
}

// nextDue says when a cycle fires again, after the firing that was due at due happened at at: the zero time and nil when
// no firing remains. Firings lie on the grid of the first one: late firing does not move the next. Those that were missed,
// because nothing ran at their time, do not follow one by one: the next lies after at. They use up no repetition.
func nextDue(c *Cycle, due, at time.Time) (time.Time, *Cycle) {
	if c == nil || c.Remaining == 0 {
		return time.Time{}, nil
	}
	next := nextOfCycle(c.Text, due.UTC(), latest(due, at).UTC())
	if next.IsZero() {
		return time.Time{}, nil
	}
	left := *c
	if left.Remaining > 0 {
		left.Remaining--
	}
	return next.UTC(), &left
}

func afterPeriod(text string, at time.Time) (time.Time, error) {
	p, err := parsePeriod(text)
	if err != nil {
		if _, timeErr := parseTime(text); timeErr == nil {
			err = errors.New("a timeDuration needs a duration such as PT15M, but has a date; use a timeDate")
		}
		return time.Time{}, err
	}
	due := p.after(at, 1)
	if due.IsZero() {
		return due, errors.New("the timer would fire after the year 9999")
	}
	return due, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func timerExample(kind string) string {
	switch kind {
	case timerDate:
		return "2026-03-31T09:00:00Z"
	case timerCycle:
		return "R3/PT10S"
	}
	return "PT15M"
}

// unitHint helps who gives a bare number, which engines read as milliseconds or seconds, as they like.
func unitHint(value any) string {
	switch value.(type) {
	case int64, float64:
		return ", which has no unit; write PT5S for 5 seconds or PT0.005S for 5 milliseconds"
	}
	return ""
}

func looksLikeDuration(text string) bool {
	return strings.HasPrefix(text, "P") || strings.HasPrefix(text, "-P")
}
