package isc

import (
	"net/http"
	"testing"
	"time"
)

// Of this machine's clock and those of the answers the earliest and the latest count.
func TestClocks(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	none := func() string { return "" }
	for name, test := range map[string]struct {
		dates            []func() string
		earliest, latest time.Duration // how far they are from this machine's clock
	}{
		"this machine is a month ahead": {[]func() string{dated(-30 * day)}, -30 * day, 0},
		"a day behind":                  {[]func() string{dated(day)}, 0, day},
		"nearly the same":               {[]func() string{dated(-20 * time.Second), dated(20 * time.Second)}, 0, 0},
		"no date":                       {[]func() string{none}, 0, 0},
		"a date that is none":           {[]func() string{func() string { return "yesterday" }}, 0, 0},
		"one answer is a month ahead":   {[]func() string{dated(0), dated(30 * day), dated(0)}, 0, 30 * day},
		"a cache that kept an answer":   {[]func() string{dated(-7 * day), dated(0), dated(-2 * day)}, -7 * day, 0},
		"both ways":                     {[]func() string{dated(-day), dated(2 * day)}, -day, 2 * day},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tn, asked := newTenant(t), 0
			tn.mux.HandleFunc("GET /v3/sources/", func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Date"] = nil
				if date := test.dates[asked](); date != "" {
					w.Header().Set("Date", date)
				}
				asked++
				_, _ = w.Write([]byte(`{"id": "` + sourceOne + `", "name": "S"}`))
			})
			c := tn.client(t)
			expect := func(earliest, latest time.Duration) {
				t.Helper()
				gotEarliest, gotLatest := c.Clocks()
				if off := time.Until(gotEarliest) - earliest; off.Abs() > 5*time.Second {
					t.Errorf("the earliest is off by %v", off)
				}
				if off := time.Until(gotLatest) - latest; off.Abs() > 5*time.Second {
					t.Errorf("the latest is off by %v", off)
				}
			}
			expect(0, 0)
			for range test.dates {
				if _, err := c.Source(t.Context(), sourceOne); err != nil {
					t.Fatal(err)
				}
			}
			expect(test.earliest, test.latest)
		})
	}
}

// dated is the date of a clock that is so far off this machine's.
func dated(off time.Duration) func() string {
	return func() string { return time.Now().Add(off).UTC().Format(http.TimeFormat) }
}

const sourceOne = "2c9180835d38ca0c015d606b50851b1e"
