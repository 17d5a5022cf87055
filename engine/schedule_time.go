package engine

import (
	"cmp"
	"errors"
	"regexp"
	"strings"
	"time"
)

// timeShape is a date of ISO 8601, or a date and time of RFC 3339, with what other engines write too: no seconds, an
// offset without colon, and a zone id in brackets, as Java does.
var timeShape = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d)?([.,]\d+)?(Z|[+-]\d\d(?::?\d\d)?)?(?:\[([^\]]*)\])?)?$`)

// parseTime reads a point in time. Without an offset or zone it is UTC; a date alone is its beginning.
func parseTime(text string) (time.Time, error) {
	m := timeShape.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, errors.New("it is no date and time of ISO 8601; write one such as 2026-03-31T09:00:00Z or 2026-03-31T09:00:00+02:00[Europe/Berlin]")
	}
	day, clock, seconds, fraction, offset, zone := m[1], m[2], m[3], strings.Replace(m[4], ",", ".", 1), m[5], m[6]
	if len(fraction) > len(".123456789") || fraction != "" && seconds == "" {
		return time.Time{}, errors.New("a time has at most nine digits after the seconds, such as 11:27:56.705567622")
	}
	location := time.UTC
	if zone != "" {
		var err error
		if location, err = loadZone(zone); err != nil {
			return time.Time{}, err
		}
	}
	layout, full := "2006-01-02T15:04:05", day+"T"+cmp.Or(clock, "00:00")+cmp.Or(seconds, ":00")+fraction
	if offset != "" {
		layout, full = layout+"Z07:00", full+normalOffset(offset)
	}
	t, err := time.ParseInLocation(layout, full, location)
	if err != nil {
		return time.Time{}, errors.New("there is no such date or time: months are 01 to 12, days as the month has, hours 00 to 23")
	}
	if zone != "" {
		t = t.In(location)
	}
	return t, nil
}

// loadZone finds a zone of the tz database. "Local" would mean another time on each machine.
func loadZone(name string) (*time.Location, error) {
	if name != "" && name != "Local" {
		if location, err := time.LoadLocation(name); err == nil {
			return location, nil
		}
	}
	return nil, errors.New("there is no time zone of that name; write an id of the tz database such as Europe/Berlin")
}

// normalOffset writes +02 and +0200 as +02:00.
func normalOffset(offset string) string {
	switch {
	case offset == "Z" || strings.Contains(offset, ":"):
		return offset
	case len(offset) == 3:
		return offset + ":00"
	}
	return offset[:3] + ":" + offset[3:]
}

func formatTime(t time.Time) string { return t.Format(time.RFC3339Nano) }
