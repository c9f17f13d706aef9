package isc

import (
	"net/http"
	"testing"
	"time"
)

// A clock that was set wrong here does not count days too fast.
func TestNowIsTheAPIsTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		date func() string
		off  time.Duration // how far Now is from this machine's clock
	}{
		"this machine is a month ahead": {dated(-30 * 24 * time.Hour), -30 * 24 * time.Hour},
		"a day behind":                  {dated(24 * time.Hour), 24 * time.Hour},
		"nearly the same":               {dated(-20 * time.Second), 0},
		"no date":                       {func() string { return "" }, 0},
		"a date that is none":           {func() string { return "yesterday" }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tn := newTenant(t)
			tn.mux.HandleFunc("GET /v3/sources/", func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Date"] = nil
				if date := test.date(); date != "" {
					w.Header().Set("Date", date)
				}
				_, _ = w.Write([]byte(`{"id": "` + sourceOne + `", "name": "S"}`))
			})
			c := tn.client(t)
			if off := time.Until(c.Now()); off.Abs() > time.Second {
				t.Errorf("before any answer Now is off by %v", off)
			}
			if _, err := c.Source(t.Context(), sourceOne); err != nil {
				t.Fatal(err)
			}
			if off := time.Until(c.Now()); (off - test.off).Abs() > 5*time.Second {
				t.Errorf("Now is off by %v, want %v", off, test.off)
			}
		})
	}
}

// dated is the date of a clock that is so far off this machine's.
func dated(off time.Duration) func() string {
	return func() string { return time.Now().Add(off).UTC().Format(http.TimeFormat) }
}

const sourceOne = "2c9180835d38ca0c015d606b50851b1e"
