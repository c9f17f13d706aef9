package reports

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

type renderer func(context.Context, io.Writer, *Run, Options) error

func rendered(t failer, render renderer, r runner, opt Options) string {
	var b bytes.Buffer
	if err := render(context.Background(), &b, r.run(), opt); err != nil {
		t.Fatalf("%v", err)
	}
	return b.String()
}

func TestTerminalGolden(t *testing.T) {
	t.Parallel()
	for _, width := range []int{0, 40, 80, 120} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			opt := Options{Width: width, Cost: "8 requests, at least 1 s under 100/10s", Show: "accountsync show last KEY"}
			golden(t, fmt.Sprintf("plan.%d.golden", width), []byte(rendered(t, Plan, aPlan(t), opt)))
			golden(t, fmt.Sprintf("table.%d.golden", width), []byte(rendered(t, Table, everyState(t), opt)))
		})
	}
}

// Asked for everything, a plan lists what a create gives an account.
func TestVerbosePlan(t *testing.T) {
	t.Parallel()
	text := rendered(t, Plan, everyState(t), Options{Width: 80, Verbose: true})
	if want := "  + create   new.anna  line 6\n      city    = \"Paris\"\n      groups  = [\"Staff\", \"VPN\"]\n      note    = \"=1+1\"\n  + create   new.zoe   line 8\n      city  = \"Lima\"\n"; !strings.Contains(text, want) {
		t.Errorf("no\n%s in\n%s", want, text)
	}
}

// The way to one account in full is shown where something is listed.
func TestShowHint(t *testing.T) {
	t.Parallel()
	const hint = "Details of one account: accountsync show last KEY\n"
	listed, nothing := everyState(t), head(&fake{Head: sync.Head{Source: peopleSource}})
	done := manyCreates(3, sync.Verified)
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"plan":                {rendered(t, Plan, listed, Options{Show: "accountsync show last KEY"}), true},
		"table":               {rendered(t, Table, listed, Options{Show: "accountsync show last KEY"}), true},
		"no way":              {rendered(t, Plan, listed, Options{}), false},
		"empty plan":          {rendered(t, Plan, nothing, Options{Show: "accountsync show last KEY"}), false},
		"nothing left to see": {rendered(t, Table, done, Options{Show: "accountsync show last KEY"}), false},
	} {
		if strings.Contains(c.text, hint) != c.want {
			t.Errorf("%s: got\n%s", name, c.text)
		}
	}
}

// No line is wider than the terminal, down to narrow ones.
func TestTerminalWidth(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 53, 69, 70, 80, 120} {
		for _, render := range []renderer{Plan, Table} {
			for line := range strings.Lines(rendered(t, render, everyState(t), Options{Width: width})) {
				line = strings.TrimSuffix(line, "\n")
				if got := text.Width(line); got > width {
					t.Errorf("%d cells in a terminal of %d: %s", got, width, line)
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("white space at the end of %q", line)
				}
			}
		}
	}
}

var escapes = regexp.MustCompile("\x1b\\[[0-9]+m")

// Colour says nothing that a word does not say.
func TestColourAddsNothing(t *testing.T) {
	t.Parallel()
	for name, render := range map[string]renderer{"plan": Plan, "table": Table} {
		bare := rendered(t, render, everyState(t), Options{Width: 80})
		colored := rendered(t, render, everyState(t), Options{Width: 80, Color: true})
		if colored == bare {
			t.Errorf("%s has no colour", name)
		}
		if escapes.ReplaceAllString(colored, "") != bare {
			t.Errorf("%s differs in more than colour", name)
		}
	}
}

// Whatever keys, values, reasons and errors hold, nothing of it acts.
func TestHostileValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := hostileResult(t)
		opt := Options{Width: rapid.SampledFrom([]int{0, 20, 40, 80}).Draw(t, "width"), Verbose: true}
		for _, text := range []string{rendered(t, Plan, r, opt), rendered(t, Table, r, opt), summaryOf(t, r) + "\n"} {
			if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
				t.Fatalf("%q is let through in %q", text[i:min(len(text), i+4)], text)
			}
		}
		if summary := summaryOf(t, r); strings.Contains(summary, "\n") {
			t.Fatalf("the summary has several lines: %q", summary)
		}
	})
}

func hostileResult(t *rapid.T) *fake {
	draw := func(label string) string { return hostileText().Draw(t, label) }
	value := func(label string) account.Value {
		return account.ListValue(rapid.SliceOfN(hostileText(), 0, 4).Draw(t, label))
	}
	op := &testOp{
		Op: rapid.SampledFrom(diff.Ops).Draw(t, "op"), State: rapid.SampledFrom(sync.States).Draw(t, "state"),
		Key: draw("key"), Account: draw("account"), Reason: draw("reason"), Error: draw("error"), HTTP: 400,
		TaskStatus: draw("status"), TrackingID: draw("tracking"), IdentityID: draw("identity"), IdentityState: draw("identity state"),
		Changes: []diff.Field{{Attribute: draw("attribute"), Before: value("before"), After: value("after")}, field(draw("one"), draw("from"), draw("to"))},
	}
	s := &fake{
		Head: sync.Head{
			Source: account.Source{ID: draw("id"), Name: draw("name"), Type: draw("type")}, Input: sync.Input{File: draw("file")},
			Listing: sync.Listing{Tries: 1, Doubt: draw("doubt")}, Notes: []string{draw("note")},
			Guards: []diff.Guard{{Name: diff.GuardCleared, Attribute: draw("cleared"), Tripped: true, Needed: 1}},
		},
		Operations: []*testOp{op}, Rejected: []account.Rejected{{Line: 2, Key: draw("rejected"), Reason: draw("because")}},
	}
	tally(s, 0)
	r := head(s)
	r.Error, r.Hint = draw("ended"), draw("hint")
	return r
}

// Long lists are cut at 20 of a kind, unless everything was asked for.
func TestLongLists(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		render renderer
		state  sync.State
		each   string
		more   string
	}{
		"plan":  {Plan, sync.Withheld, "  + create   user.", "\n  and 480 more, see result.json\n"},
		"table": {Table, sync.Failed, "  ! failed create user.", "\n  and 480 more, see result.json\n"},
	} {
		short := rendered(t, c.render, manyCreates(500, c.state), Options{Width: 80})
		if got := strings.Count(short, c.each); got != 20 || !strings.Contains(short, c.more) {
			t.Errorf("%s shows %d operations:\n%s", name, got, short)
		}
		whole := rendered(t, c.render, manyCreates(500, c.state), Options{Width: 80, Verbose: true})
		if got := strings.Count(whole, c.each); got != 500 || strings.Contains(whole, " more, see") {
			t.Errorf("%s shows %d of 500 operations when asked for all", name, got)
		}
	}
}

// A removal is marked unless its identity is known to be inactive.
func TestIdentityMark(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		op   testOp
		want string
	}{
		{testOp{Op: diff.Delete, IdentityID: "i", IdentityState: "ACTIVE"}, "! of the ACTIVE identity i"},
		{testOp{Op: diff.Delete, IdentityID: "i", IdentityState: "active"}, "! of the ACTIVE identity i"},
		{testOp{Op: diff.Delete, IdentityID: "i"}, "! of the identity i, state unknown"},
		{testOp{Op: diff.Delete, IdentityID: "i", IdentityState: "INACTIVE_LONG_TERM"}, ""},
		{testOp{Op: diff.Delete}, ""},
		{testOp{Op: diff.Disable, IdentityID: "i", IdentityState: "ACTIVE"}, "! of the ACTIVE identity i"},
		{testOp{Op: diff.Disable, Line: 7, IdentityID: "i", IdentityState: "ACTIVE"}, ""},
		{testOp{Op: diff.Put, IdentityID: "i", IdentityState: "ACTIVE"}, ""},
	} {
		if got := identityMark(c.op.record(0)); got != c.want {
			t.Errorf("%s of an identity %q: got %q, want %q", c.op.Op, c.op.IdentityState, got, c.want)
		}
	}
}

// Sentences that stand only in some runs.
func TestTerminalSentences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		render renderer
		change func(*fake)
		want   string
	}{
		"unproven": {Plan, func(r *fake) {
			r.Listing = sync.Listing{Accounts: 9, Pages: 1, TotalBefore: 10, TotalAfter: -1, Tries: 3, Doubt: "9 of 10"}
		}, "live: 9 accounts in 1 page, total 10 before and unknown after: listing NOT verified complete after 3 tries (9 of 10)\n"},
		"joined":          {Plan, func(r *fake) { r.Input.Records = 1500 }, "file: people.csv, 12 rows joined from 1,500 records\n"},
		"not listed":      {Table, func(r *fake) { r.Listing = sync.Listing{} }, "live: not listed\n"},
		"nothing planned": {Plan, func(r *fake) { empty(r) }, "Plan: nothing to do; 3 unchanged, 3 rejected, 2 orphan.\n"},
		"nothing done":    {Table, func(r *fake) { empty(r) }, "No operations.\n"},
		"ended": {Table, func(r *fake) {
			r.Error, r.Hint = "people.csv:1: unknown column\npeople.csv:1: another", "correct the header"
		}, "Ended early: people.csv:1: unknown column\n  people.csv:1: another\n  correct the header\n"},
		"state only": {Table, func(r *fake) {
			s := r
			s.Operations = append(s.Operations, &testOp{Op: diff.Disable, Key: "kept.1", Line: 2, State: sync.Verified},
				&testOp{Op: diff.Enable, Key: "put.bob", Line: 9, State: sync.Verified})
			tally(s, 2)
			s.Totals.StateOnly = 1
		}, "rows 12 = unchanged 2 + create 3 + put 3 + state only 1 + rejected 3\n"},
		"books": {Table, func(r *fake) { r.Totals.Kept = 1 }, "rows 12 = unchanged 1 + create 3 + put 3 + rejected 3 is off by 2 (bug)\n"},
		"empty": {Plan, func(r *fake) {
			r.Guards = []diff.Guard{{Name: diff.GuardEmpty, Tripped: true}}
		}, "Blocked by guard empty: the file holds no valid row, but the source has accounts. No account was removed.\n  To let this one run through, add:\n  --allow-empty\n"},
		"unusual": {Plan, func(r *fake) {
			r.Guards = []diff.Guard{{Name: diff.GuardUnusual, Op: diff.Delete, Planned: 417, Limit: 30, Tripped: true}}
		}, "Blocked by guard unusual delete: 417 planned, more than past runs make usual, limit 30. No account was removed.\n  To let this one run through, add:\n  --allow-unusual\n"},
	} {
		r := everyState(t)
		c.change(r)
		if got := rendered(t, c.render, r, Options{}); !strings.Contains(got, c.want) {
			t.Errorf("%s: no %q in\n%s", name, c.want, got)
		}
	}
}

func empty(s *fake) {
	s.Operations = nil
	tally(s, 3)
}
