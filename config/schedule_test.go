package config

import (
	"testing"
	"time"
)

// In the night in which the clocks go forward 02:30 does not exist: the sync is
// due all the same. In the night in which they go back it exists twice: the sync
// is due once.
func TestScheduleWhenClocksChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cron, zone, from string
		want             []string
	}{
		{"30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", []string{"2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"}},
		{"30 2 * * *", "Europe/Berlin", "2026-10-23T12:00:00Z", []string{"2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
		{"0 2 * * 0", "Europe/Berlin", "2026-10-24T12:00:00Z", []string{"2026-10-25T00:00:00Z", "2026-11-01T01:00:00Z"}},
		{"30 1 * * *", "America/Chicago", "2026-10-31T12:00:00Z", []string{"2026-11-01T06:30:00Z", "2026-11-02T07:30:00Z"}},
		{"@every 45m", "Europe/Berlin", "2026-10-25T00:10:00Z", []string{"2026-10-25T00:55:00Z", "2026-10-25T01:40:00Z"}},
		{"@daily", "America/Havana", "2026-10-31T12:00:00Z", []string{"2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"}}, // back to midnight, at one
		{"0 * * * *", "Europe/Berlin", "2026-10-25T00:10:00Z", []string{"2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"}},
		{"*/30 * * * *", "Europe/Berlin", "2026-03-29T00:10:00Z", []string{"2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"}},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		s, err := parseSchedule(c.cron, zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			at = s.Next(at)
			if got := at.UTC().Format(time.RFC3339); got != want {
				t.Errorf("%s in %s: due %s, want %s", c.cron, c.zone, got, want)
			}
		}
	}
}
