package engine

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// period is a duration of ISO 8601. Months and days have no fixed length; exact does.
type period struct {
	months, days int
	exact        time.Duration
}

var periodShape = regexp.MustCompile(`^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d{1,9}))?S)?)?$`)

// maxYear is the last year of a four digit date; RFC 3339 and encoding/json know none later.
const maxYear = 9999

var errPeriodLong = errors.New("the duration is too long; it must end before the year 10000")

// parsePeriod reads a duration of ISO 8601 that is not negative. Units stand in the order Y M W D T H M S.
func parsePeriod(text string) (period, error) {
	m := periodShape.FindStringSubmatch(text)
	switch {
	case m == nil && strings.Contains(text, "-") && strings.Contains(text, "P"):
		return period{}, errors.New("a duration cannot be negative; write one such as PT15M")
	case m == nil && strings.HasPrefix(strings.ToUpper(text), "P") && strings.ToUpper(text) != text:
		return period{}, errors.New("the units of a duration are capital letters, such as PT15M")
	case m == nil || strings.HasSuffix(text, "P") || strings.HasSuffix(text, "T"):
		return period{}, errors.New("it is no duration of ISO 8601; write one such as PT15M, PT1H30M, P1DT12H, P2W or P1M, with fractions for seconds only")
	}
	years, months, weeks, days := digits(m[1]), digits(m[2]), digits(m[3]), digits(m[4])
	hours, minutes, seconds := digits(m[5]), digits(m[6]), digits(m[7])
	// Nothing beyond this limit ends before the year 10000, and nothing below overflows.
	const most = maxYear * 366 * 24 * 3600
	if max(years, months, weeks, days, hours, minutes, seconds) > most || days+7*weeks > most || months+12*years > most {
		return period{}, errPeriodLong
	}
	total := (hours*60+minutes)*60 + seconds
	if total > math.MaxInt64/int64(time.Second)-1 {
		return period{}, errors.New("the time part of a duration is too long; count more than 292 years in days, months or years")
	}
	nanos := digits((m[8] + "000000000")[:9])
	return period{
		months: int(months + 12*years),
		days:   int(days + 7*weeks),
		exact:  time.Duration(total)*time.Second + time.Duration(nanos),
	}, nil
}

// digits reads an unsigned number; one that is far too large stays far too large.
func digits(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if text != "" && err != nil {
		return math.MaxInt64 / 1_000_000
	}
	return n
}

// after gives the end of n such periods, n > 0, that begin at t: first the months, which end on the last day of a month that
// is too short (31 January and one month is 28 or 29 February), then the days, then the exact part. The zero time says
// that it lies after the year 9999.
func (p period) after(t time.Time, n int64) time.Time {
	const most = maxYear * 366 // days, so months too
	seconds, nanos := int64(p.exact/time.Second), int64(p.exact%time.Second)
	if int64(max(p.months, p.days)) > most/n || seconds > most*24*3600/n {
		return time.Time{}
	}
	if p.months > 0 || p.days > 0 {
		month := time.Date(t.Year(), t.Month()+time.Month(int64(p.months)*n), 1, 0, 0, 0, 0, time.UTC)
		day := min(t.Day(), month.AddDate(0, 1, -1).Day()) + int(int64(p.days)*n)
		t = time.Date(month.Year(), month.Month(), day, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	}
	const second = int64(time.Second)
	seconds, nanos = seconds*n+nanos*(n/second), nanos*(n%second) // neither overflows
	t = time.Unix(t.Unix()+seconds+nanos/second, int64(t.Nanosecond())+nanos%second).In(t.Location())
	if t.Year() > maxYear || t.UTC().Year() > maxYear {
		return time.Time{}
	}
	return t
}

// seconds is about how long the period is.
func (p period) seconds() float64 {
	return float64(p.months)*30.436875*24*3600 + float64(p.days)*24*3600 + p.exact.Seconds()
}

// formatDuration writes a duration as ISO 8601 with hours as the largest unit, as days are not all 24 hours long.
func formatDuration(d time.Duration) string {
	if d == 0 {
		return "PT0S"
	}
	var b strings.Builder
	rest := uint64(d)
	if d < 0 {
		b.WriteByte('-')
		rest = -rest
	}
	b.WriteString("PT")
	for _, unit := range []struct {
		length uint64
		letter byte
	}{{uint64(time.Hour), 'H'}, {uint64(time.Minute), 'M'}} {
		if n := rest / unit.length; n > 0 {
			b.WriteString(strconv.FormatUint(n, 10))
			b.WriteByte(unit.letter)
		}
		rest %= unit.length
	}
	if rest > 0 {
		b.WriteString(strconv.FormatUint(rest/1e9, 10))
		if nanos := rest % 1e9; nanos > 0 {
			fraction := strconv.FormatUint(1e9+nanos, 10)[1:]
			b.WriteString("." + strings.TrimRight(fraction, "0"))
		}
		b.WriteByte('S')
	}
	return b.String()
}
