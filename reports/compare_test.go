package reports

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/sync"
)

func compared(t *testing.T, a, b runner, opt Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := Diff(context.Background(), &out, a.run(), b.run(), opt); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// nextNight is everyState a day later: one failure is repaired, one operation
// is new, one is gone, one has other values.
func nextNight(t *testing.T) *fake {
	t.Helper()
	r := everyState(t)
	r.Run, r.Outcome, r.ExitCode = "20261124T020000Z-88c1", sync.Changed, 0
	r.Started, r.Finished = r.Started.Add(24*time.Hour), r.Started.Add(24*time.Hour+90*time.Second)
	r.Requests.Throttled = 0
	r.Settings[3].Value = "50/10s"
	r.Settings = append(r.Settings, sync.Setting{Name: "canary", Value: "5"})
	s := r
	s.Operations[1].State, s.Operations[1].Error = sync.Verified, ""
	s.Operations[3].Changes = []diff.Field{field("city", "Austin", "Lyon"), s.Operations[3].Changes[1]}
	s.Operations[4] = &testOp{Op: diff.Put, Key: "put.new", Account: "acc-99", State: sync.Failed, Error: "400"}
	s.Guards = s.Guards[1:]
	tally(s, 5)
	return r
}

func TestDiffGolden(t *testing.T) {
	t.Parallel()
	golden(t, "diff.0.golden", []byte(compared(t, everyState(t), nextNight(t), Options{})))
	golden(t, "diff.60.golden", []byte(compared(t, everyState(t), nextNight(t), Options{Width: 60})))
}

func TestDiffOfTheSame(t *testing.T) {
	t.Parallel()
	text := compared(t, everyState(t), everyState(t), Options{})
	if want := "20261123T020000Z-7f3a -> 20261123T020000Z-7f3a\n\nHR People (2c9180835d2e5168015d32f890ca1581)\n  no difference\n"; text != want {
		t.Errorf("got\n%s", text)
	}
}

// A run without the source, and one that never got to any.
func TestDiffOfOtherSources(t *testing.T) {
	t.Parallel()
	other := manyCreates(30, sync.Verified)
	other.Source.ID, other.Source.Name = "s2", "Other"
	text := compared(t, manyCreates(30, sync.Verified), other, Options{})
	for _, want := range []string{"The two runs have no source in common.\n", "HR People (2c9180835d2e5168015d32f890ca1581)\n  only the first run has it", "Other (s2)\n  only the second run has it",
		"and 10 more: --verbose lists them all"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if text := compared(t, head(), head(), Options{}); strings.Count(text, "\n") != 1 {
		t.Errorf("two runs without sources differ:\n%s", text)
	}
	if verbose := compared(t, manyCreates(30, sync.Verified), other, Options{Verbose: true}); strings.Contains(verbose, "more:") || strings.Count(verbose, "only in the") != 60 {
		t.Errorf("verbose leaves something out:\n%s", verbose)
	}
}

// Nothing a run holds acts on the terminal.
func TestDiffShowsHostileValuesAsText(t *testing.T) {
	t.Parallel()
	r, _ := hostile(t)
	for _, text := range []string{compared(t, r, head(), Options{Verbose: true}), compared(t, everyState(t), r, Options{Verbose: true})} {
		if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && (r < ' ' || r == '\u202e' || r == 0x7f) }); i >= 0 {
			t.Errorf("%q acts", text[max(0, i-20):i+5])
		}
	}
}
