package reports

import (
	"strings"
	"testing"

	"accountsync/account"
	"accountsync/diff"
)

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
		{textValue(long + "x"), textValue(long + "y"), `…"aaaaaaaaaax" -> …"aaaaaaaaaay"`},
		{textValue(long), textValue(long + "y"), `…"aaaaaaaaaa" -> …"aaaaaaaaaay"`},
		{textValue(strings.Repeat("é", 60) + "x"), textValue(strings.Repeat("é", 60) + "y"), `…"éééééx" -> …"éééééy"`},
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
