package reports

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"accountsync/account"
	"accountsync/diff"
)

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain text":     "plain text",
		"山田 é 👩":         "山田 é 👩",
		"\x1b[31mred":    `\x1b[31mred`,
		"a\r\nb\tc\x00":  `a\r\nb\tc\x00`,
		"\u202eevil":     `\u202eevil`,
		"zero\u200bspan": `zero\u200bspan`,
		"no\u00a0break":  `no\u00a0break`,
		"bad\xffbyte":    `bad\xffbyte`,
		`DOMAIN\user`:    `DOMAIN\user`,
		"\u009b31m":      `\u009b31m`,
		"":               "",
	} {
		if got := visible(in); got != want {
			t.Errorf("%q is shown as %s, want %s", in, got, want)
		}
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{"abcde", 5, "abcde"},
		{"abcdef", 5, "abcd…"},
		{"山田太郎", 8, "山田太郎"},
		{"山田太郎", 7, "山田太…"},
		{"山田太郎", 6, "山田…"},
		{"abc\x1b[0m", 5, "abc…"},
		{"x", 0, "…"},
		{"", 0, ""},
	} {
		if got := clip(c.in, c.width); got != c.want {
			t.Errorf("%q in %d cells is %q, want %q", c.in, c.width, got, c.want)
		}
	}
}

// What is clipped fits, is printable, and is the text itself when that fits.
func TestClipFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, width := hostileText().Draw(t, "text"), rapid.IntRange(1, 50).Draw(t, "width")
		got := clip(s, width)
		if textWidth(got) > width || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("%q in %d cells is %q", s, width, got)
		}
		if n := len([]rune(got)); n > width {
			t.Fatalf("%d characters are piled up in %d cells", n, width)
		}
	})
}

func TestFieldText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 60)
	for _, c := range []struct {
		before, after account.Value
		want          string
	}{
		{`"Austin"`, `"Paris"`, `"Austin" -> "Paris"`},
		{``, `"Paris"`, `(none) -> "Paris"`},
		{`"Austin"`, `[]`, `"Austin" -> (none)`},
		{`12345678901234567890`, `true`, `12345678901234567890 -> true`},
		{`1`, `"1"`, `1 -> "1"`},
		{`"say \"hi\""`, `"\u001b[2J"`, `"say \"hi\"" -> "\x1b[2J"`},
		{`["a"]`, `["a","b"]`, `["a"] -> ["a", "b"]`},
		{`["Staff","Payroll"]`, `["Staff","VPN","Admin"]`, `loses "Payroll" gains "VPN", "Admin" (2 before, 3 after)`},
		{text(long + "x"), text(long + "y"), `…"aaaaaaaaaax" -> …"aaaaaaaaaay"`},
		{text(long), text(long + "y"), `…"aaaaaaaaaa" -> …"aaaaaaaaaay"`},
		{text(strings.Repeat("é", 60) + "x"), text(strings.Repeat("é", 60) + "y"), `…"éééééx" -> …"éééééy"`},
	} {
		if got := fieldText(diff.Field{Before: c.before, After: c.after}, "->", 40); got != c.want {
			t.Errorf("%s to %s:\n got %s\nwant %s", c.before, c.after, got, c.want)
		}
	}
}

// A long list is counted, not cut in the middle of a text.
func TestQuotedList(t *testing.T) {
	t.Parallel()
	if got, want := quotedList([]string{"one", "two", "three", "four"}, 14), `"one", "two" and 2 more`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestChangesText(t *testing.T) {
	t.Parallel()
	fields := make([]diff.Field, 25)
	for i := range fields {
		fields[i] = field("a", "x", "y")
	}
	got := changesText(fields)
	if n := strings.Count(got, `a: "x" → "y"; `); n != 20 || !strings.HasSuffix(got, "; and 5 more") {
		t.Errorf("%d fields are shown: %s", n, got)
	}
}
