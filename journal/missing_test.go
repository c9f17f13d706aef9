package journal

import (
	"context"
	"fmt"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/sync"
)

// misses are n missing accounts: of every other one a run has sent a disable,
// and of every fourth that was seen.
func misses(n int) []diff.Miss {
	var all []diff.Miss
	for i := range n {
		m := diff.Miss{AccountID: fmt.Sprintf("account-%d", i), NativeIdentity: fmt.Sprintf("user.%d", i), Since: at(i)}
		if i%2 == 1 {
			m.DisableSent, m.Unanswered = at(i), i%4 == 1
		}
		if i%4 == 3 {
			m.SeenDisabledSince = at(i + 1)
		}
		all = append(all, m)
	}
	return all
}

func byAccount(all []diff.Miss) map[string]diff.Miss {
	m := map[string]diff.Miss{}
	for _, miss := range all {
		m[miss.AccountID] = miss
	}
	return m
}

func known(t tester, j *Journal) sync.Known {
	t.Helper()
	k, err := j.Known(context.Background(), tenant, sourceID)
	ok(t, err)
	return k
}

func handOver(t tester, r *Run, h sync.Handover) {
	t.Helper()
	ok(t, r.HandOver(context.Background(), h))
}

func TestHandover(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	equal(t, known(t, j), sync.Known{Missing: byAccount(nil)})
	first, h, s := begin(t, j, 1, 0)
	handOver(t, first, sync.Handover{Missing: misses(4), Left: 40})
	end(t, first, h, s, sync.Changed)
	equal(t, known(t, j), sync.Known{Missing: byAccount(misses(4)), Version: 1, Left: 40})

	// One came back, one was disabled, one begins anew.
	next := misses(4)[1:]
	next[1].DisableSent, next[2].Since = at(9), at(0).Add(-24*time.Hour)
	second, h, s := begin(t, j, 2, 0)
	handOver(t, second, sync.Handover{Version: 1, Missing: next, Left: -1, Grown: -3})
	end(t, second, h, s, sync.Changed)
	equal(t, known(t, j), sync.Known{Missing: byAccount(next), Version: 2, Left: 37})

	// All or nothing.
	third, _, _ := begin(t, j, 3, 0)
	if err := third.HandOver(t.Context(), sync.Handover{Version: 2, Missing: append(misses(3), misses(1)...)}); err == nil {
		t.Error("an account was missing twice")
	}
	equal(t, known(t, j), sync.Known{Missing: byAccount(next), Version: 2, Left: 37})

	handOver(t, third, sync.Handover{Version: 2, Missing: []diff.Miss{}, Left: 0})
	equal(t, known(t, j), sync.Known{Missing: byAccount(nil), Version: 3})
	other, err := j.Known(t.Context(), tenant, "another source")
	ok(t, err)
	equal(t, other, sync.Known{Missing: byAccount(nil)})
}

// What a run planned long ago, or did in a part of it long ago, does not
// replace what was learnt since; what it does now counts.
func TestHandoverOnlyMovesForward(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	old, _, _ := begin(t, j, 1, 0) // planned before the other
	newer, h, s := begin(t, j, 2, 0)
	handOver(t, newer, sync.Handover{Missing: misses(4), Left: 40})
	end(t, newer, h, s, sync.Changed)

	sent := sync.Deed{Miss: diff.Miss{AccountID: "account-0", NativeIdentity: "user.0", Since: at(50), DisableSent: at(50), SeenDisabledSince: at(50)}}
	handOver(t, old, sync.Handover{Version: 0, Missing: []diff.Miss{}, Left: 7, Grown: -1, Deeds: []sync.Deed{
		sent,
		{Miss: diff.Miss{AccountID: "account-1", DisableSent: at(1)}, Earlier: true},
		{Miss: diff.Miss{AccountID: "account-2"}, Forget: true, Earlier: true},
		{Miss: diff.Miss{AccountID: "account-3"}, Forget: true},
		{Miss: diff.Miss{AccountID: "account-9"}}, // of which nothing is known: no date begins with it
	}})
	want := byAccount(misses(3))
	m := want["account-0"]
	m.DisableSent, m.SeenDisabledSince = at(50), at(50)
	want["account-0"] = m
	equal(t, known(t, j), sync.Known{Missing: want, Version: 2, Left: 39})
}

// A run that is resumed, also more than once, adds to what it handed on itself.
func TestHandoverOfAResumedRun(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	r, h, s := begin(t, j, 1, 0)
	deed := func(seen int, earlier bool) sync.Deed {
		d := sync.Deed{Miss: diff.Miss{AccountID: "account-0", NativeIdentity: "user.0", Since: at(seen), DisableSent: at(seen), SeenDisabledSince: at(seen)}, Earlier: earlier}
		return d
	}
	handOver(t, r, sync.Handover{Missing: misses(1), Deeds: []sync.Deed{deed(10, false)}, Left: -1})
	end(t, r, h, s, sync.Interrupted)
	r, err := j.Resume(t.Context(), runID(1), sourceID)
	ok(t, err)
	handOver(t, r, sync.Handover{Deeds: []sync.Deed{deed(99, true)}, Left: 40})
	k := known(t, j)
	equal(t, k.Missing["account-0"].SeenDisabledSince, at(10))
	equal(t, k.Left, 40)

	// Its task failed after all.
	handOver(t, r, sync.Handover{Deeds: []sync.Deed{{Miss: diff.Miss{AccountID: "account-0"}, Earlier: true}}, Left: -1})
	equal(t, known(t, j).Missing["account-0"], misses(1)[0])
}

// A run that was killed hands nothing on: that it was about to disable accounts
// is known from its intents, as long as no later run has looked.
func TestDisablesOfAKilledRun(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	j.Ahead = 1
	source := newSource(4)
	for i, op := range source.Operations {
		op.Op, op.Account, op.Line = diff.Disable, fmt.Sprintf("account-%d", i), 0
	}
	source.Operations[1].Line = 7 // a row asks for that
	r, err := j.Begin(t.Context(), head(1), source, accountSchema, settings)
	ok(t, err)
	for _, op := range source.Operations[:3] {
		ok(t, r.Intend(t.Context(), op))
	}
	k := known(t, j)
	equal(t, len(k.Missing), 2)
	for _, id := range []string{"account-0", "account-2"} {
		if m := k.Missing[id]; m.DisableSent.IsZero() || !m.Unanswered || !m.SeenDisabledSince.IsZero() {
			t.Errorf("%s: %+v", id, m)
		}
	}

	later, _, _ := begin(t, j, 2, 0)
	handOver(t, later, sync.Handover{Missing: misses(1), Left: 9})
	equal(t, known(t, j).Missing, byAccount(misses(1)))
}
