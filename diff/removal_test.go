package diff

import (
	"strings"
	"testing"
	"time"
)

func TestParseRemoval(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text  string
		want  Removal
		grace time.Duration
	}{
		{"report", RemovalReport, 0},
		{"delete", RemovalDelete, 0},
		{"disable", RemovalDisable, 0},
		{" disable ", RemovalDisable, 0},
		{"disable-then-delete=14d", RemovalDisableThenDelete, 14 * day},
		{"disable-then-delete=2w", RemovalDisableThenDelete, 14 * day},
		{"disable-then-delete=1w3d12h30m", RemovalDisableThenDelete, 10*day + 12*time.Hour + 30*time.Minute},
		{"disable-then-delete=36h", RemovalDisableThenDelete, 36 * time.Hour},
		{"disable-then-delete=1.5h", RemovalDisableThenDelete, 90 * time.Minute},
		{"disable-then-delete = 1d", RemovalDisableThenDelete, day},
		{"disable-then-delete=106751d", RemovalDisableThenDelete, 106751 * day},
	} {
		removal, grace, err := ParseRemoval(tt.text)
		if err != nil || removal != tt.want || grace != tt.grace {
			t.Errorf("%q = %q, %v, %v; want %q, %v", tt.text, removal, grace, err, tt.want, tt.grace)
		}
	}
}

func TestParseRemovalErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                               {"write report, disable, delete or disable-then-delete=14d"},
		"Delete":                         {"write report, disable, delete or disable-then-delete=14d"},
		"remove":                         {"write report"},
		"delete=14d":                     {"delete takes no time", "write delete, or disable-then-delete=14d"},
		"report=":                        {"report takes no time"},
		"disable-then-delete":            {"the time is missing", "in days (disable-then-delete=14d)"},
		"disable-then-delete=":           {"the time is missing"},
		"disable-then-delete=14":         {`invalid duration "14"`},
		"disable-then-delete=d":          {`invalid duration "d"`},
		"disable-then-delete=1.5d":       {`invalid duration "1.5d"`},
		"disable-then-delete=14 d":       {`invalid duration "14 d"`},
		"disable-then-delete=12h1d":      {`invalid duration "12h1d"`},
		"disable-then-delete=14days":     {`invalid duration "14days"`},
		"disable-then-delete=0":          {`"0" is not longer than 0`},
		"disable-then-delete=0d":         {`"0d" is not longer than 0`},
		"disable-then-delete=-14d":       {`invalid duration "-14d"`},
		"disable-then-delete=-36h":       {`"-36h" is not longer than 0`},
		"disable-then-delete=14d-1h":     {`invalid duration "14d-1h"`},
		"disable-then-delete=106752d":    {"is too long"},
		"disable-then-delete=106751d24h": {"is too long"},
	} {
		_, _, err := ParseRemoval(text)
		if err == nil {
			t.Errorf("%q: no error", text)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q: error %q lacks %q", text, err, part)
			}
		}
	}
}

func FuzzParseRemoval(f *testing.F) {
	for _, seed := range []string{"report", "disable-then-delete=14d", "disable-then-delete=1w2d3h", "delete=1d", "disable-then-delete=-1d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		removal, grace, err := ParseRemoval(s)
		if err != nil {
			return
		}
		if staged := removal == RemovalDisableThenDelete; staged != (grace > 0) {
			t.Fatalf("%q = %q with a grace of %v", s, removal, grace)
		}
		if !strings.HasPrefix(strings.TrimSpace(s), string(removal)) {
			t.Fatalf("%q was read as %q", s, removal)
		}
	})
}
