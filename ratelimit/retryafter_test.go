package ratelimit

import (
	"math"
	"net/http"
	"testing"
	"time"
)

// everyRetryAfter is each form met in the wild, for an answer of the given time.
func everyRetryAfter(now time.Time) []retryAfterForm {
	date := func(d time.Duration) string { return now.Add(d).UTC().Format(http.TimeFormat) }
	return []retryAfterForm{
		{name: "seconds", value: "7", want: 7 * time.Second, known: true},
		{name: "spaces", value: "  7 ", want: 7 * time.Second, known: true},
		{name: "fraction", value: "0.25", want: 250 * time.Millisecond, known: true},
		{name: "zero", value: "0", want: 0, known: true},
		{name: "absurd", value: "86400000", want: 86400000 * time.Second, known: true},
		{name: "beyond a duration", value: "99999999999999999999", want: math.MaxInt64, known: true},
		{name: "date", value: date(9 * time.Second), want: 9 * time.Second, known: true},
		{name: "date gone by", value: date(-time.Hour), want: 0, known: true},
		{name: "date on a clock an hour off", value: date(time.Hour + 9*time.Second), date: date(time.Hour), want: 9 * time.Second, known: true},
		{name: "RFC 850 date", value: now.Add(9 * time.Second).UTC().Format("Monday, 02-Jan-06 15:04:05 GMT"), want: 9 * time.Second, known: true},
		{name: "date beside an unreadable Date", value: date(9 * time.Second), date: "soon", want: 9 * time.Second, known: true},
		{name: "absent"},
		{name: "negative", value: "-1"},
		{name: "words", value: "a while"},
		{name: "unit", value: "3s", want: 3 * time.Second, known: true},
		{name: "unit in words", value: "3 Seconds", want: 3 * time.Second, known: true},
		{name: "two headers in one", value: "120, 120", want: 120 * time.Second, known: true},
		{name: "the first of two", value: "7,120", want: 7 * time.Second, known: true},
		{name: "a tier", value: "1200", want: 1200 * time.Second, known: true},
		{name: "an hour", value: "3600", want: time.Hour, known: true},
		{name: "more than an hour", value: "3601", want: 3601 * time.Second, known: true},
		{name: "minutes", value: "3m"},
		{name: "only a unit", value: "s"},
		{name: "only a comma", value: ", 3"},
		{name: "exponent", value: "1e3"},
		{name: "point", value: "."},
	}
}

type retryAfterForm struct {
	name, value, date string
	want              time.Duration
	known             bool
}

func (f retryAfterForm) header() http.Header {
	h := http.Header{}
	if f.value != "" {
		h.Set("Retry-After", f.value)
	}
	if f.date != "" {
		h.Set("Date", f.date)
	}
	return h
}

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for _, form := range everyRetryAfter(now) {
		got, known := parseRetryAfter(form.header(), now)
		if got != form.want || known != form.known {
			t.Errorf("%s: %q = %v, %v; want %v, %v", form.name, form.value, got, known, form.want, form.known)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for _, form := range everyRetryAfter(now) {
		f.Add(form.value, form.date)
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		h := http.Header{"Retry-After": {value}, "Date": {date}}
		d, known := parseRetryAfter(h, now)
		if d < 0 || !known && d != 0 {
			t.Errorf("%q, %q = %v, %v", value, date, d, known)
		}
		o := defaults(documented)
		if p := o.pauseFor(d); p < o.pauseFloor || p > longestAsked {
			t.Errorf("%q pauses for %v", value, p)
		}
	})
}
