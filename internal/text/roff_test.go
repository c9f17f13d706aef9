package text

import "testing"

// No text of a help is a command to troff.
func TestRoff(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"--only op=create": `\-\-only op=create`,
		`C:\in\hr.csv`:     `C:\ein\ehr.csv`,
		".csv files":       `\&.csv files`,
		"'op read' prints": `\&'op read' prints`,
	} {
		if got := Roff(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
