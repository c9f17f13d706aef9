package fleet

import (
	"testing"
	"time"
)

// every is a schedule: due at each multiple of its length.
type every time.Duration

func (e every) Next(after time.Time) time.Time {
	return after.Truncate(time.Duration(e)).Add(time.Duration(e))
}

// Of what was missed the last time within the deadline is caught up.
func TestLastDue(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339, "2026-11-29T"+text+"Z")
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	hourly := every(time.Hour)
	for _, c := range []struct {
		why        string
		after, now string
		deadline   time.Duration
		want       string
		passed     int
	}{
		{"nothing is due yet", "02:00:00", "02:59:59", 6 * time.Hour, "", 0},
		{"due this moment", "02:00:00", "03:00:00", 6 * time.Hour, "03:00:00", 0},
		{"honoured already", "03:00:00", "03:00:00", 6 * time.Hour, "", 0},
		{"three were missed: the last is caught up", "02:00:00", "05:10:00", 6 * time.Hour, "05:00:00", 2},
		{"missed, just within the deadline", "02:00:00", "03:10:00", 10 * time.Minute, "03:00:00", 0},
		{"missed, and too long ago", "02:00:00", "03:10:01", 10 * time.Minute, "", 0},
		{"missed for days", "02:00:00", "23:30:00", 40 * time.Minute, "23:00:00", 0},
		{"missed for hours", "02:00:00", "23:30:00", 20 * time.Hour, "23:00:00", 10},
	} {
		got, passed := lastDue(hourly, at(c.after), at(c.now), c.deadline)
		if want := (time.Time{}); c.want != "" && !got.Equal(at(c.want)) || c.want == "" && got != want {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
		if len(passed) != c.passed || c.passed > 0 && !passed[c.passed-1].Equal(got.Add(-time.Hour)) {
			t.Errorf("%s: %s passes before %s, want %d", c.why, passed, got, c.passed)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for tries, want := range map[int]time.Duration{0: time.Minute, 1: 2 * time.Minute, 2: 4 * time.Minute, 5: longestRetry, 400: longestRetry} {
		if got := retryAfter(time.Minute, tries); got != want {
			t.Errorf("after %d tries: %s, want %s", tries, got, want)
		}
	}
}
