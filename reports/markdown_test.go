package reports

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"accountsync/account"
	"accountsync/sync"
)

func summaryMD(t testing.TB, r *fake) string {
	t.Helper()
	return string(inFormat(t, "md", r))
}

// However much there is, the summary stays one that a reviewer reads, and says
// where the rest is.
func TestMarkdownStaysShort(t *testing.T) {
	t.Parallel()
	r := manyCreates(5000, sync.Failed)
	for i := range 3000 {
		r.Rejected = append(r.Rejected, account.Rejected{Line: i + 2, Reason: "no key"})
	}
	text := summaryMD(t, r)
	if n := strings.Count(text, "\n"); n > 80 {
		t.Errorf("%d lines", n)
	}
	for _, want := range []string{"**failed: 5,000**", "- and 4,980 more, see `report.html`", "**rejected: 3,000**", "- 3,000 rows: `no key`: line 2; line 3; line 4; and 2,997 more, see `report.html`"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// What is not ours stands in code spans: take those away, and nothing of it is left.
func TestMarkdownQuotesWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	r, _ := hostile(t)
	rest := spans.ReplaceAllString(summaryMD(t, r), "")
	for _, mark := range []string{"<", "alert", "cmd", "javascript", "\u202e", "\x1b", "{{", "calc"} {
		if strings.Contains(rest, mark) {
			t.Errorf("%q stands outside of code spans:\n%s", mark, rest)
		}
	}
}

// spans are code spans of our texts, none of which holds a backtick.
var spans = regexp.MustCompile("`[^`\n]*`")

// A code span is one line, and ends where it was meant to.
func TestCode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"a": "`a`", "": "`  `", "`": "`` ` ``", "a``b`": "``` a``b` ```", "a\nb": "`a\\nb`", " ": "`   `"} {
		if got := code(text); got != want {
			t.Errorf("%q: got %s instead of %s", text, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("a` \n<é"))).Draw(t, "text")
		span := code(text)
		fence := regexp.MustCompile("^`+").FindString(span)
		inside := strings.TrimSuffix(strings.TrimPrefix(span, fence), fence)
		if strings.HasPrefix(inside, "`") || strings.HasSuffix(inside, "`") || strings.Contains(span, "\n") {
			t.Fatalf("%q became %s", text, span)
		}
		for _, run := range regexp.MustCompile("`+").FindAllString(inside, -1) {
			if run == fence {
				t.Fatalf("%q became %s, which ends early", text, span)
			}
		}
	})
}

// A run that could do nothing says so, with its error and what to do.
func TestMarkdownOfAnError(t *testing.T) {
	t.Parallel()
	r := head()
	r.Outcome, r.ExitCode, r.Error, r.Hint = sync.RunFailed, 77, "401 invalid_client\nmore", "look at SAIL_CLIENT_ID"
	text := summaryMD(t, r)
	for _, want := range []string{"## accountsync sync: The run could not be done, exit 77", "Nothing was sent.", "**Ended early:** `401 invalid_client`\n- `more`\n- `look at SAIL_CLIENT_ID`\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
