package reports

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// everyDetail is what a run holds of one account to which everything happened.
func everyDetail(t testing.TB) *fake {
	t.Helper()
	live := []account.Attribute{{Name: "id", Value: `"ada"`}, {Name: "city", Value: `"Austin"`}, {Name: "groups", Value: `["VPN","Wiki","Build"]`},
		{Name: "level", Value: "7"}, {Name: "note", Value: textValue("set by hand")}}
	long := strings.Repeat("It was the best of times, ", 8)
	s := &fake{Head: sync.Head{Source: peopleSource, Input: sync.Input{File: "people.csv", Key: "id"}},
		Operations: []*testOp{
			{Op: diff.Create, Key: "ada", Account: "acc-1", Native: "ada", Line: 7, Joined: []int64{90}, State: sync.Failed, Attempts: 3, HTTP: 400,
				TrackingID: "e7eab60924f64aa284175b9fa3309599", Error: `city "Paris" is not one of this tenant's`, DurationMS: 4210,
				Changes: []diff.Field{field("city", "", "Paris"), {Attribute: "groups", After: `["Staff","VPN"]`}, {Attribute: "level", After: "12345678901234567890"}, {Attribute: "none", After: "[]"}}},
			{Op: diff.Put, Key: "ada", Account: "acc-1", Native: "CN=Ada Castell,OU=People", Line: 7, State: sync.Verified, Attempts: 1, HTTP: 202, Task: "task-3", TaskStatus: "WARNING", DurationMS: 150, Live: live,
				Changes: []diff.Field{field("city", "Austin", "Paris"), {Attribute: "groups", Before: `["VPN","Wiki","Build"]`, After: `["Build","VPN","Forklift"]`},
					{Attribute: "level", Before: "7", After: "8"}, field("mail", "ada@example.com", ""), field("title", "", "Clerk"), field("essay", long, long+"it was the worst")}},
			{Op: diff.Patch, Key: "ada", Native: "ada", State: sync.Withheld, Code: sync.Reason{Code: sync.CodeBudget}, Changes: []diff.Field{field("city", "Austin", "Paris")}},
			{Op: diff.Disable, Key: "ada", Account: "acc-1", State: sync.Failed, Attempts: 1, Lost: true, Error: "no answer", IdentityID: "identity-1", IdentityState: "ACTIVE", Live: live,
				Changes: []diff.Field{{Attribute: "account.disabled", Before: "false", After: "true"}}},
			{Op: diff.Delete, Key: "ada", Account: "acc-1", State: sync.Withheld, Code: removalsGuard, IdentityID: "identity-1", Live: live},
		},
		Rejected: []account.Rejected{{Line: 12, Key: "ada", Reason: `duplicate key: "ada" stands on line 7`}},
		Orphans:  []diff.Orphan{{Key: "ada", AccountID: "acc-9", Reason: "--protect keeps it"}},
		KeptRows: seq([]account.Row{{Key: "ada", Line: 3}}),
	}
	return head(s)
}

func showed(t failer, r runner, opt Options) string {
	return shownDetail(t, &Detail{Run: r.run()}, opt)
}

func shownDetail(t failer, d *Detail, opt Options) string {
	var b bytes.Buffer
	if err := Show(context.Background(), &b, d, opt); err != nil {
		t.Fatalf("%v", err)
	}
	return b.String()
}

func TestShowGolden(t *testing.T) {
	t.Parallel()
	golden(t, "show.0.golden", []byte(showed(t, everyDetail(t), Options{Verbose: true})))
	golden(t, "show.80.golden", []byte(showed(t, everyDetail(t), Options{Width: 80})))
	golden(t, "show.40.golden", []byte(showed(t, everyDetail(t), Options{Width: 40})))
}

// A saved plan knows neither attempts nor what an account held.
func TestShowPlan(t *testing.T) {
	t.Parallel()
	d := everyDetail(t)
	d.Operations[4].Live = nil
	d.Operations = append(d.Operations, &testOp{Op: diff.Create, Key: "ada", State: sync.Withheld})
	text := shownDetail(t, &Detail{Run: d.run(), Expires: d.Started.Add(24 * time.Hour)}, Options{})
	for _, want := range []string{"sync 20261123T020000Z-7f3a: a saved plan, made 2026-11-23 02:00:00 UTC, expires 2026-11-24 02:00:00 UTC\n",
		"state       planned\n", "What the account held is not on record here.\n", "Its attributes are not on record.\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "withheld") {
		t.Errorf("a plan speaks of a run:\n%s", text)
	}
}

// Nothing is cut, whatever the width: each text is there, line breaks and the
// spaces before them apart.
func TestShowIsWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		op := hostileResult(t).Operations[0]
		s := &fake{Head: sync.Head{Source: peopleSource}, Operations: []*testOp{op}}
		for i := range op.Changes {
			if op.Op == diff.Create { // before which there is nothing
				op.Changes[i].Before = ""
			}
		}
		texts := []string{op.Key, op.Account, op.Reason, op.Error, op.TaskStatus, op.TrackingID, op.IdentityID}
		for _, f := range op.Changes {
			texts = append(texts, f.Attribute)
			texts = f.Before.AppendTexts(texts)
			texts = f.After.AppendTexts(texts)
		}
		shown := squeezed(showed(t, head(s), Options{Width: rapid.SampledFrom([]int{0, 20, 33, 80}).Draw(t, "width")}))
		for _, said := range texts {
			if whole := squeezed(text.Visible(strings.ReplaceAll(said, `"`, `\"`))); !strings.Contains(shown, whole) && !strings.Contains(shown, squeezed(text.Visible(said))) {
				t.Fatalf("%q is not whole in %s", whole, shown)
			}
		}
	})
}

// squeezed is a text without blanks and signs of where they were.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\n' {
			return -1
		}
		return r
	}, s)
}

// Nothing acts, no line is too wide, and colour adds nothing.
func TestShowOnATerminal(t *testing.T) {
	t.Parallel()
	r, _ := hostile(t)
	for _, d := range []*fake{r, everyDetail(t)} {
		for _, width := range []int{0, 20, 40, 80} {
			opt := Options{Width: width, Verbose: width == 40}
			said := showed(t, d, opt)
			if i := strings.IndexFunc(said, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
				t.Errorf("%q is let through in %q", said[i:i+1], said[max(0, i-20):i+10])
			}
			for line := range strings.Lines(said) {
				if got := text.Width(strings.TrimRight(line, " \n")); width > 0 && got > width {
					t.Errorf("%d cells in a terminal of %d: %s", got, width, line)
				}
			}
			opt.Color = true
			if colored := showed(t, d, opt); colored == said || escapes.ReplaceAllString(colored, "") != said {
				t.Errorf("colour adds something, or is not there")
			}
		}
	}
}

// No masked value is left; what is not masked is.
func TestShowRedacted(t *testing.T) {
	t.Parallel()
	d := everyDetail(t)
	text := showed(t, redacted(t, d, "city", "groups", "note"), Options{Verbose: true})
	for _, hidden := range []string{"Paris", "Austin", "VPN", "Forklift", "set by hand", "CN=Ada"} {
		if strings.Contains(text, hidden) != (hidden == "CN=Ada") {
			t.Errorf("%s: masked, or not masked, wrongly", hidden)
		}
	}
	if text := showed(t, redacted(t, d, "id"), Options{Verbose: true}); strings.Contains(text, "ada\n") || !strings.Contains(text, "***1") {
		t.Errorf("the key is not masked:\n%s", text)
	}
	if got := showed(t, d, Options{Verbose: true}); got != showed(t, everyDetail(t), Options{Verbose: true}) {
		t.Error("masking changed the detail itself")
	}
}

// A native identity that may be a masked value is masked too.
func TestRedactNative(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		op   testOp
		want string
	}{
		{testOp{Op: diff.Put, Key: "k", Native: "n"}, masked},
		{testOp{Op: diff.Put, Key: "k", Native: "n", Live: []account.Attribute{{Name: "mail", Value: `"n"`}}}, masked},
		{testOp{Op: diff.Put, Key: "k", Native: "n", Live: []account.Attribute{{Name: "id", Value: `"n"`}}}, "n"},
		{testOp{Op: diff.Create, Key: "k", Native: "n", Changes: []diff.Field{field("mail", "", "n")}}, masked},
		{testOp{Op: diff.Create, Key: "k", Native: "n", Changes: []diff.Field{field("id", "", "n")}}, "n"},
		{testOp{Op: diff.Put, Key: "n", Native: "n"}, "n"},
	} {
		r := redacted(t, head(&fake{Head: sync.Head{Source: peopleSource}, Operations: []*testOp{&c.op}}), "mail")
		if got := operationsOf(t, r)[0].Native; got != c.want {
			t.Errorf("%+v: got %q, want %q", c.op, got, c.want)
		}
	}
}

// A kept row that cannot be read again is said.
func TestShowUnreadable(t *testing.T) {
	t.Parallel()
	s := &fake{Head: sync.Head{Source: peopleSource}, KeptRows: func(yield func(account.Row, error) bool) { yield(account.Row{}, io.ErrUnexpectedEOF) }}
	if text := showed(t, head(s), Options{}); !strings.Contains(text, "error       unexpected EOF\n") {
		t.Errorf("got\n%s", text)
	}
}

// A value of megabytes takes no time to wrap.
func TestShowLongValue(t *testing.T) {
	t.Parallel()
	s := &fake{Head: sync.Head{Source: peopleSource}, Operations: []*testOp{{Op: diff.Put, Key: "k", Changes: []diff.Field{field("x", "a", strings.Repeat("東", 1<<20))}}}}
	began := time.Now()
	text := showed(t, head(s), Options{Width: 40})
	if n := strings.Count(text, "東"); n != 1<<20 {
		t.Errorf("%d characters are left", n)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	var got []string
	for s := "a東京\u0301\u0301b"; s != ""; {
		at := prefix(s, 3)
		got, s = append(got, s[:at]), s[at:]
	}
	if want := []string{"a東", "京\u0301", "\u0301b"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if prefix("東", 1) != len("東") || fmt.Sprint(prefix("", 1)) != "0" {
		t.Error("a character that does not fit stays for ever")
	}
}
