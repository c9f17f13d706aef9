package account

import (
	"slices"
	"strings"
	"testing"
)

func TestDateFormats(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ pattern, text, want string }{
		{"dd.MM.yyyy", "05.03.2024", "2024-03-05"},
		{"dd.MM.yyyy", "5.3.2024", ""},
		{"d.M.yyyy", "5.3.2024", "2024-03-05"},
		{"d.M.yyyy", "05.03.2024", "2024-03-05"},
		{"dd.MM.yyyy", "31.02.2024", ""},
		{"M/d/yyyy h:mm a", "3/5/2024 1:04 PM", "2024-03-05T13:04:00"},
		{"dd-MMM-yy", "05-Mar-24", "2024-03-05"},
		{"MMMM d, yyyy", "March 5, 2024", "2024-03-05"},
		{"yyyyMMdd", "20240305", "2024-03-05"},
		{"yyyy/MM/dd HH:mm:ss.SSS", "2024/03/05 10:00:00.250", "2024-03-05T10:00:00.25"},
		{"dd.MM.yyyy HH:mm XXX", "05.03.2024 10:00 +02:00", "2024-03-05T08:00:00Z"},
		{"excel", "45356", "2024-03-05"},
		{"excel", "45356.5", ""},
		{"epoch-seconds", "1709596800", "2024-03-05T00:00:00Z"},
		{"dd.MM.yyyy", "2024-03-05", ""},
	} {
		d, err := ParseDateFormats([]string{tt.pattern})
		if err != nil {
			t.Fatal(err)
		}
		got, ok := d.iso(tt.text)
		if ok != (tt.want != "") || ok && got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.pattern, tt.text, got, tt.want)
		}
	}
	for pattern, want := range map[string]string{"dd.MM": "no year", "yyyy": "no month", "MM.yyyy": "no day", "DD.MM.yyyy": `"D" is not part of a date pattern`, "d.M.2024": `"2" is not part`, "": "no year"} {
		if _, err := ParseDateFormats([]string{pattern}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", pattern, err)
		}
	}
}

func TestDateFormatsOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"05.03.2024": {"dd.MM.yyyy"}, "5.3.2024": {"d.M.yyyy"}, "13/3/2024": {"d/M/yyyy"}, "3/13/2024": {"M/d/yyyy"},
		"03/05/2024": {"dd/MM/yyyy", "MM/dd/yyyy"}, "20240305": {"yyyyMMdd"}, "45356": {"excel"}, "1709596800": {"epoch-seconds"},
		"05-Mar-24": {"dd-MMM-yy"}, "5-MAR-24": {"d-MMM-yy"}, "March 5, 2024": {"MMMM d, yyyy"}, "May 5, 2024": {"MMM d, yyyy"}, "5. March 2024": {"d. MMMM yyyy"}, "03/05/2024 1:04 PM": {"dd/MM/yyyy h:mm a", "MM/dd/yyyy h:mm a"},
		"2024-03-05": nil, "tomorrow": nil, "99.99.2024": nil,
	} {
		if got := ApartDateFormats(DateFormatsOf(text)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A date in another form is the live one's day, and is sent in ISO form.
func TestDateFormatColumn(t *testing.T) {
	t.Parallel()
	d, _ := ParseDateFormats([]string{"dd.MM.yyyy"})
	c := Column{Attribute: "hired", Type: TypeDate, Dates: d}
	if c.Check("05.03.2024") != "" || c.Check("3/5/2024") == "" || c.Check("2024-03-05") != "" {
		t.Error("which forms it takes")
	}
	if !c.Equal("05.03.2024", `"2024-03-05"`) || !c.Equal("05.03.2024", `"05.03.2024"`) || !c.Equal("2024-03-05", `"05.03.2024"`) || c.Equal("05.03.2024", `"2024-05-03"`) {
		t.Error("equality")
	}
	if got := c.Value("05.03.2024"); got != `"2024-03-05"` {
		t.Error(got)
	}
}
