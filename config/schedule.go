package config

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // time zones work on machines and images without any

	cron "github.com/netresearch/go-cron"
)

// Schedule is when a sync is due.
type Schedule struct {
	Cron string // five fields, or @daily and the like
	Zone *time.Location
	next cron.Schedule
	// clockwise: it is for times of day, not for every hour. When the clocks go
	// back a time of day comes twice, and the sync is due once.
	clockwise bool
}

// parseSchedule reads a cron expression: minute, hour, day of month, month, day
// of week.
func parseSchedule(expression string, zone *time.Location) (*Schedule, error) {
	const options = cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor
	parser, err := cron.TryNewParser(options)
	if err != nil {
		return nil, err
	}
	next, err := parser.Parse(expression)
	if err != nil {
		return nil, fmt.Errorf("%w: write minute, hour, day of month, month and day of week, e.g. 0 2 * * *", err)
	}
	s := &Schedule{expression, zone, next, timesOfDay(expression)}
	if s.Next(time.Now()).IsZero() {
		return nil, fmt.Errorf("%q is never due", expression)
	}
	return s, nil
}

// timesOfDay reports whether an expression names hours.
func timesOfDay(expression string) bool {
	fields := strings.Fields(expression)
	if len(fields) < 5 {
		return fields[0] != "@hourly" && fields[0] != "@every"
	}
	return !strings.HasPrefix(fields[len(fields)-4], "*")
}

// Next is when the sync is due next after a time; zero: never again. A time of
// day that the clocks leave out when they go forward is due just after it.
func (s *Schedule) Next(after time.Time) time.Time {
	next := s.next.Next(after.In(s.Zone))
	for s.clockwise && !next.IsZero() && again(next) {
		next = s.next.Next(next)
	}
	return next
}

// again reports whether the clocks showed the same time before, until they went
// back.
func again(t time.Time) bool {
	back, _ := t.ZoneBounds()
	if back.IsZero() {
		return false
	}
	_, before := back.Add(-time.Second).Zone()
	_, now := t.Zone()
	return t.Sub(back) < time.Duration(before-now)*time.Second
}

func (s *Schedule) String() string { return s.Cron + " " + s.Zone.String() }
