package engine

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// repetition is a parsed cycle of ISO 8601: R[n]/[start/]period[/end].
type repetition struct {
	times      int64 // firings in all; -1: no limit
	start, end time.Time
	period     period
}

// repetitionShape takes apart what stands between slashes; the zone id in brackets has slashes of its own.
var repetitionShape = regexp.MustCompile(`^R(\d*|-1)/(?:(\d[^/\[]*(?:\[[^\]]*\])?)/)?(P[^/]*)(?:/(\d[^/\[]*(?:\[[^\]]*\])?))?$`)

const cycleExamples = "write one such as R3/PT10S (three times), R/PT1H (for ever), R/2026-03-31T09:00:00Z/P1D, R/PT1H/2026-12-31T00:00:00Z (until then) or the cron expression 0 0 2 * * *"

// firstOfCycle reads a cycle, which is a repetition of ISO 8601 or a cron expression.
func firstOfCycle(text string, at time.Time) (time.Time, *Cycle, error) {
	if !strings.HasPrefix(text, "R") {
		return firstOfCron(text, at)
	}
	r, err := parseRepetition(text)
	if err != nil || r.times == 0 {
		return time.Time{}, nil, err
	}
	due := r.start
	if due.IsZero() {
		due = r.period.after(at, 1)
		// A month later than 31 January is 28 February; the month after that must be 31 March. So the grid must be kept.
		if r.period.months > 0 {
			text = strings.Replace(text, "/", "/"+formatTime(at.UTC())+"/", 1)
		}
	}
	if due.IsZero() {
		return time.Time{}, nil, errPeriodLong
	}
	if r.ended(due) {
		return time.Time{}, nil, nil
	}
	return due, &Cycle{Text: text, Remaining: int(max(r.times-1, -1))}, nil
}

// nextOfCycle gives the first firing after a time, on the grid that the cycle's start, or else the firing at due, lies
// on; the zero time if there is none.
func nextOfCycle(text string, due, after time.Time) time.Time {
	if !strings.HasPrefix(text, "R") {
		schedule, err := parseCron(text)
		if err != nil {
			return time.Time{}
		}
		return cronAfter(schedule, after)
	}
	r, err := parseRepetition(text)
	if err != nil {
		return time.Time{}
	}
	if r.start.IsZero() {
		r.start = due
	}
	next := r.after(after)
	if r.ended(next) {
		return time.Time{}
	}
	return next
}

func parseRepetition(text string) (repetition, error) {
	m := repetitionShape.FindStringSubmatch(text)
	if m == nil {
		return repetition{}, errors.New("it is no repetition of ISO 8601; " + cycleExamples)
	}
	r := repetition{times: -1}
	var err error
	if m[1] != "" && m[1] != "-1" {
		if r.times, err = strconv.ParseInt(m[1], 10, 32); err != nil {
			return r, errors.New("the number of repetitions is too large; leave it out to repeat for ever, such as R/PT1H")
		}
	}
	if m[2] != "" {
		if r.start, err = parseTime(m[2]); err != nil {
			return r, errors.New("the start of the cycle: " + err.Error())
		}
	}
	if m[4] != "" {
		if r.end, err = parseTime(m[4]); err != nil {
			return r, errors.New("the end of the cycle: " + err.Error())
		}
	}
	if r.period, err = parsePeriod(m[3]); err != nil {
		return r, errors.New("the period of the cycle: " + err.Error())
	}
	if r.period.seconds() < 0.001 {
		return r, errors.New("the period of a cycle must be at least a millisecond, such as PT1S")
	}
	return r, nil
}

func (r repetition) ended(t time.Time) bool { return t.IsZero() || !r.end.IsZero() && t.After(r.end) }

// after finds the first time on the grid start + n periods, n > 0, that lies after t.
func (r repetition) after(t time.Time) time.Time {
	passed := (float64(t.Unix()-r.start.Unix()) + float64(t.Nanosecond()-r.start.Nanosecond())/1e9) / r.period.seconds()
	// Months are not all as long as their average, and clocks change: the search begins a little too early.
	for n := max(1, int64(passed)-2); ; n++ {
		if next := r.period.after(r.start, n); next.IsZero() || next.After(t) {
			return next
		}
	}
}

// cronParser reads five fields (minute hour day month weekday) or six, with the second first, as Spring does, and
// @daily and the like.
var cronParser = cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

func firstOfCron(text string, at time.Time) (time.Time, *Cycle, error) {
	schedule, err := parseCron(text)
	if err != nil {
		return time.Time{}, nil, err
	}
	due := cronAfter(schedule, at)
	if due.IsZero() {
		return due, nil, errors.New("the cron expression names a date that never comes")
	}
	return due, &Cycle{Text: text, Remaining: -1}, nil
}

// parseCron reads a cron expression, which means UTC unless CRON_TZ=Europe/Berlin or the like stands before it.
func parseCron(text string) (cron.Schedule, error) {
	fail := func(why string) (cron.Schedule, error) { return nil, errors.New(why + "; " + cycleExamples) }
	if looksLikeDuration(text) {
		return fail("a timeCycle needs the number of repetitions before the duration")
	}
	if strings.HasPrefix(text, "@every") {
		return fail("@every is not known")
	}
	zone, fields := "UTC", strings.Fields(text)
	if len(fields) > 0 {
		if name, found := strings.CutPrefix(fields[0], "CRON_TZ="); found {
			zone, fields = name, fields[1:]
		}
	}
	if _, err := loadZone(zone); err != nil {
		return nil, err
	}
	descriptor := len(fields) == 1 && fields[0][0] == '@'
	if len(fields) != 5 && len(fields) != 6 && !descriptor {
		return fail("it is neither a repetition of ISO 8601 nor a cron expression of five or six fields")
	}
	for _, field := range fields {
		if strings.Trim(field, ",") == "" { // the library takes it for "never", after a long search
			return fail("a field of the cron expression is empty")
		}
	}
	if last := len(fields) - 1; last > 0 {
		fields[last] = sundayIsZero(fields[last])
	}
	schedule, err := cronParser.Parse("CRON_TZ=" + zone + " " + strings.Join(fields, " "))
	if err != nil {
		return fail("the cron expression cannot be read: fields are [second] minute hour day month weekday, each a number, a name, *, a-b, */n or a list of these")
	}
	return schedule, nil
}

// sundayIsZero lets 7 mean Sunday, as crontab and Spring do and the library does not.
func sundayIsZero(weekdays string) string {
	items := strings.Split(weekdays, ",")
	for i, item := range items {
		if item == "7" {
			items[i] = "0"
		} else if from, found := strings.CutSuffix(item, "-7"); found {
			items[i] = from + "-6,0"
		}
	}
	return strings.Join(items, ",")
}

// cronAfter finds the schedule's first time after t. The library looks five years ahead; the 29 February of a leap year
// can be eight years away.
func cronAfter(schedule cron.Schedule, t time.Time) time.Time {
	for range 3 {
		if next := schedule.Next(t); !next.IsZero() {
			if next.UTC().Year() > maxYear {
				return time.Time{}
			}
			return next
		}
		t = time.Date(t.Year()+5, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}
