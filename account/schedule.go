package account

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	cron "github.com/netresearch/go-cron"
)

// Schedule is a time table of a source, e.g. of its aggregations.
type Schedule struct {
	Type string // e.g. ACCOUNT_AGGREGATION
	Cron string // a Quartz cron expression, seconds first: 0 0 5,13,21 * * ?
}

// AggregatesAccounts reports whether the schedule starts aggregations of accounts.
func (s Schedule) AggregatesAccounts() bool { return s.Type == "ACCOUNT_AGGREGATION" }

// Next is when the schedule is due first after t, by the clock of t's location;
// zero when it is not due within a hundred years. What it cannot read for sure is an error.
//
// Quartz counts the days of the week from 1, Sunday, where everybody else counts
// from 0. The names of the days mean the same to all, so the numbers are replaced.
func (s Schedule) Next(t time.Time) (time.Time, error) {
	fields := strings.Fields(strings.ToUpper(s.Cron))
	options := cron.Second | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Extended
	switch len(fields) {
	case 6:
	case 7:
		options |= cron.Year
	default:
		return time.Time{}, s.unreadable(errors.New("it has not 6 or 7 fields"))
	}
	days, err := quartzDays(fields[3], fields[5])
	if err != nil {
		return time.Time{}, s.unreadable(err)
	}
	fields[5] = days
	table, err := cron.MustNewParser(options).WithMaxSearchYears(100).Parse(strings.Join(fields, " "))
	if err != nil {
		return time.Time{}, s.unreadable(err)
	}
	return table.Next(t), nil
}

func (s Schedule) unreadable(err error) error {
	return fmt.Errorf("the schedule %q cannot be read: %w", s.Cron, err)
}

// quartzDay is one day of the week as Quartz writes it, or a range: 2, MON, 2-6, 6L, 6#3, L.
var quartzDay = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:([1-7]|[A-Z]{3})(?:-([1-7]|[A-Z]{3})|(L)|(#[1-5]))?|L)$`)
})

var dayNames = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}

// quartzDays writes the days of the week with their names. Quartz wants a ? for
// one of the two fields of days, and takes them for nothing else.
func quartzDays(ofMonth, ofWeek string) (string, error) {
	whichever := []string{"?", "*"}
	switch {
	case slices.Contains(whichever, ofWeek):
		return "*", nil
	case !slices.Contains(whichever, ofMonth):
		return "", errors.New("it gives a day of the month and one of the week")
	}
	var days []string
	for day := range strings.SplitSeq(ofWeek, ",") {
		m := quartzDay().FindStringSubmatch(day)
		switch {
		case m == nil:
			return "", fmt.Errorf("%q is not a day of the week", day)
		case m[1] == "": // L alone is Saturday
			days = append(days, "SAT")
		case m[2] != "":
			days = append(days, dayName(m[1])+"-"+dayName(m[2]))
		case m[3] != "":
			days = append(days, dayName(m[1])+"#L")
		default:
			days = append(days, dayName(m[1])+m[4])
		}
	}
	return strings.Join(days, ","), nil
}

// dayName is the name of a day that may be a number.
func dayName(day string) string {
	if len(day) == 1 {
		return dayNames[day[0]-'1']
	}
	return day
}

// Aggregation is one aggregation of a source that has not ended: it reads the
// source's own file or system, and undoes what it does not find there.
type Aggregation struct {
	Task     string    // the id of its task
	Started  time.Time // zero when the API did not say
	Progress string    // what it says of itself; may be empty
}
