package account

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // also where the system has no zones

	"pgregory.net/rapid"
)

// A Friday, half an hour before Saturday.
var friday = time.Date(2026, 11, 27, 23, 30, 0, 0, time.UTC)

func TestNextOfASchedule(t *testing.T) {
	t.Parallel()
	for cron, want := range map[string]string{
		"0 0 5,13,21 * * ?":       "2026-11-28T05:00:00Z",
		"0 0 5,13,21 * * ? *":     "2026-11-28T05:00:00Z",
		"0 0/15 * * * ?":          "2026-11-27T23:45:00Z",
		"30 30 23 * * ?":          "2026-11-27T23:30:30Z",
		"0 30 23 * * ?":           "2026-11-28T23:30:00Z", // after, not at
		"0 0 2 ? * 2":             "2026-11-30T02:00:00Z", // 2 is Monday
		"0 0 2 ? * MON":           "2026-11-30T02:00:00Z",
		"0 0 2 ? * mon,wed":       "2026-11-30T02:00:00Z",
		"0 0 2 ? * 1":             "2026-11-29T02:00:00Z",
		"0 0 2 ? * 7":             "2026-11-28T02:00:00Z",
		"0 0 2 ? * 3-4":           "2026-12-01T02:00:00Z",
		"0 0 2 ? * 2-6":           "2026-11-30T02:00:00Z",
		"0 0 2 ? * FRI-MON":       "2026-11-28T02:00:00Z",
		"0 0 2 ? * L":             "2026-11-28T02:00:00Z",
		"0 0 2 ? * 2L":            "2026-11-30T02:00:00Z", // the last Monday
		"0 0 2 ? * 6#1":           "2026-12-04T02:00:00Z",
		"0 0 2 ? * 6#5":           "2027-01-29T02:00:00Z",
		"0 0 0 31 * ?":            "2026-12-31T00:00:00Z",
		"0 0 0 29 2 ?":            "2028-02-29T00:00:00Z",
		"0 0 0 L * ?":             "2026-11-30T00:00:00Z",
		"0 0 0 LW * ?":            "2026-11-30T00:00:00Z",
		"0 0 12 ? JAN MON-FRI":    "2027-01-01T12:00:00Z",
		"0 0 0 1 1 ? 2030-2035":   "2030-01-01T00:00:00Z",
		"  0  0 22-2  * * ?  ":    "2026-11-28T00:00:00Z",
		"0 0 0 30 2 ?":            "never",
		"0 0 0 L * ? 1999":        "never",
		"":                        "it has not 6 or 7 fields",
		"0 5 * * *":               "it has not 6 or 7 fields",
		"@daily":                  "it has not 6 or 7 fields",
		"TZ=Asia/Tokyo 0 5 * * ?": "cannot be read",
		"TZ=UTC 0 0 5 * * ?":      "cannot be read",
		"0 0 5,99 * * ?":          "cannot be read",
		"0 0 5 1 * MON":           "it gives a day of the month and one of the week",
		"0 0 5 ? * 0":             `"0" is not a day of the week`,
		"0 0 5 ? * 8":             `"8" is not a day of the week`,
		"0 0 5 ? * 2/2":           `"2/2" is not a day of the week`,
		"0 0 5 ? * XYZ":           "cannot be read",
		"0 0 5 32 * ?":            "cannot be read",
		"H H H * * ?":             "cannot be read",
		"0 0 5 * * ? MMXXVI":      "cannot be read",
	} {
		got := "never"
		next, err := Schedule{Cron: cron}.Next(friday)
		switch {
		case err != nil:
			got = err.Error()
		case !next.IsZero():
			got = next.Format(time.RFC3339)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", cron, got, want)
		}
	}
}

func TestNextGoesByTheClockOfItsPlace(t *testing.T) {
	t.Parallel()
	chicago, err := time.LoadLocation("America/Chicago")
	if err != nil {
		t.Fatal(err)
	}
	next, err := Schedule{Cron: "0 0 18 * * ?"}.Next(friday.In(chicago)) // 17:30 there
	if want := friday.Add(30 * time.Minute); err != nil || !next.Equal(want) {
		t.Errorf("%v, %v, want %v", next, err, want)
	}
}

// Whatever it is given, it ends, and is later than what it was asked from.
func TestNextEndsAndIsLater(t *testing.T) {
	t.Parallel()
	field := rapid.StringMatching(`[*?]|[0-9]{1,2}([-/][0-9]{1,2})?(,[0-9]{1,2})?|L|[1-7]#[1-9]|[0-9]{1,2}W|LW|MON`)
	rapid.Check(t, func(t *rapid.T) {
		s := Schedule{Cron: strings.Join(rapid.SliceOfN(field, 5, 8).Draw(t, "fields"), " ")}
		if next, err := s.Next(friday); err == nil && !next.IsZero() && !next.After(friday) {
			t.Fatalf("%q: %v", s.Cron, next)
		}
	})
}
