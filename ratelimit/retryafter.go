package ratelimit

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// parseRetryAfter reads a Retry-After header: seconds or an HTTP-date, which is
// taken against the answer's own Date so that a clock that is off does no harm.
// A date gone by is 0. Let pass are a fraction, a unit (3s), and the second of
// two numbers (120, 120), as a proxy makes them of two headers. False: absent or
// unreadable.
func parseRetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	first, _, _ := strings.Cut(value, ",")
	if d, ok := parseSeconds(withoutUnit(first)); ok {
		return d, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(0, at.Sub(now)), true
}

// withoutUnit takes off what says that seconds are seconds.
func withoutUnit(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	for _, unit := range []string{"seconds", "second", "secs", "sec", "s"} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			return strings.TrimSpace(number)
		}
	}
	return s
}

// parseSeconds reads digits with an optional fraction, rounded up to a
// nanosecond; more than a Duration holds is the longest Duration.
func parseSeconds(s string) (time.Duration, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" || !digits(whole) || !digits(fraction) {
		return 0, false
	}
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || seconds >= math.MaxInt64/float64(time.Second) {
		return math.MaxInt64, true
	}
	return time.Duration(math.Ceil(seconds * float64(time.Second))), true
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}
