package config

import (
	"fmt"
	"time"
	_ "time/tzdata" // time zones work on machines and images without any

	cron "github.com/netresearch/go-cron"
)

// Schedule is when a sync is due.
type Schedule struct {
	Cron string // five fields, or @daily and the like
	Zone *time.Location
	next cron.Schedule
}

// ParseSchedule reads a cron expression: minute, hour, day of month, month, day
// of week.
func ParseSchedule(expression string, zone *time.Location) (*Schedule, error) {
	const options = cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor
	parser, err := cron.TryNewParser(options)
	if err != nil {
		return nil, err
	}
	next, err := parser.Parse(expression)
	if err != nil {
		return nil, fmt.Errorf("%w: write minute, hour, day of month, month and day of week, e.g. 0 2 * * *", err)
	}
	s := &Schedule{expression, zone, next}
	if s.Next(time.Now()).IsZero() {
		return nil, fmt.Errorf("%q is never due", expression)
	}
	return s, nil
}

// Next is when the sync is due next after a time; zero: never again.
func (s *Schedule) Next(after time.Time) time.Time { return s.next.Next(after.In(s.Zone)) }

func (s *Schedule) String() string { return s.Cron + " " + s.Zone.String() }
