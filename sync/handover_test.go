package sync_test

import (
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/sandbox"
	"accountsync/sync"
)

// none is what is known of a source at first.
func none(func(diff.Absence, error) bool) {}

// knownAs yields what is known.
func knownAs(all ...diff.Absence) iter.Seq2[diff.Absence, error] {
	return func(yield func(diff.Absence, error) bool) {
		for _, m := range all {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// handed is what a run hands on.
type handed struct {
	sync.Handover
	missing map[string]diff.Absence // by native identity
}

func (w *world) handOver(r *result, known iter.Seq2[diff.Absence, error], now time.Time, complete bool) handed {
	w.t.Helper()
	h, err := sync.HandOver(context.Background(), r.rec, known, time.Time{}, now, complete)
	if err != nil {
		w.t.Fatal(err)
	}
	got := handed{h, map[string]diff.Absence{}}
	last := ""
	for m, err := range h.Absences {
		if err != nil {
			w.t.Fatal(err)
		}
		if _, twice := got.missing[m.NativeIdentity]; twice || m.AccountID <= last {
			w.t.Errorf("%s comes twice or out of order", m.NativeIdentity)
		}
		got.missing[m.NativeIdentity] = m
	}
	return got
}

// which are the accounts of which a condition holds.
func (h handed) which(is func(diff.Absence) bool) (natives []string) {
	for native, m := range h.missing {
		if is(m) {
			natives = append(natives, native)
		}
	}
	slices.Sort(natives)
	return natives
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// ran is sync of what must not end early.
func (w *world) ran() *result {
	w.t.Helper()
	got, err := w.sync()
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// A disable is handed on as what became of it: seen, taken, unknown, or not at all.
func TestHandoverOfDisables(t *testing.T) {
	rule := func(name string, f sandbox.Fault) sandbox.Rule {
		return sandbox.Rule{Method: "POST", Path: "/accounts/*/disable", Match: `"` + name + `"`, Fault: f}
	}
	inWorld(t, 6, "id\na0\n", func(w *world) {
		w.terms.Removal = diff.RemovalDisable
		got := w.ran()
		now := time.Now().Add(time.Hour)
		h := w.handOver(got, none, now, true)
		if h.Accounts != 6 || len(h.missing) != 5 {
			t.Errorf("%d accounts, missing %v", h.Accounts, h.missing)
		}
		same(t, "seen", h.which(func(m diff.Absence) bool { return m.SeenDisabledSince.Equal(now) && m.DisableSent.Equal(now) }), "a1")
		same(t, "taken", h.which(func(m diff.Absence) bool {
			return m.SeenDisabledSince.IsZero() && m.DisableSent.Equal(now) && !m.Unanswered
		}), "a2")
		same(t, "not done", h.which(func(m diff.Absence) bool { return m.DisableSent.IsZero() }), "a3", "a4")
		same(t, "not known", h.which(func(m diff.Absence) bool { return m.Unanswered }), "a5")
	}, rule("a2", sandbox.Fault{Kind: sandbox.FaultVanish}), rule("a3", sandbox.Fault{Kind: sandbox.FaultTaskFails}),
		rule("a4", sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400}), rule("a5", sandbox.Fault{Kind: sandbox.FaultLostBefore}))
}

// On an idle night, and on the word of half a list, no date begins and none is
// forgotten; that an account is enabled again counts all the same.
func TestHandoverOfAnIdleNight(t *testing.T) {
	inWorld(t, 3, "id\na0\n", func(w *world) {
		w.terms.Limits.Removals, w.terms.Removal = limit(t, "0"), diff.RemovalDisable
		id, then := w.account("a2").ID, time.Now().Add(-24*time.Hour)
		gone := diff.Absence{AccountID: "0", NativeIdentity: "gone", Since: then}
		again := diff.Absence{AccountID: id, NativeIdentity: "a2", Since: then, DisableSent: then, SeenDisabledSince: then}
		w.settings.Policy.Absences = map[string]diff.Absence{id: again, "0": gone}
		got := w.ran()
		h := w.handOver(got, knownAs(gone, again), time.Now(), true)
		if !got.Blocked() || h.Accounts != -1 {
			t.Errorf("blocked %v, %d accounts", got.Blocked(), h.Accounts)
		}
		same(t, "known before", h.which(func(m diff.Absence) bool { return m.Since.Equal(then) }), "a2", "gone")
		same(t, "all", h.which(func(diff.Absence) bool { return true }), "a2", "gone")
		same(t, "enabled again", h.which(func(m diff.Absence) bool { return m.NativeIdentity == "a2" && m.SeenDisabledSince.IsZero() }), "a2")
	})
}

func TestHandoverOfAnUnprovenListing(t *testing.T) {
	inWorld(t, 3, "id\na0\n", func(w *world) {
		w.terms.Removal = diff.RemovalDisable
		if h := w.handOver(w.ran(), none, time.Now(), true); h.Accounts != -1 || len(h.missing) > 0 {
			t.Errorf("%d accounts, missing %v", h.Accounts, h.missing)
		}
	}, sandbox.Rule{Method: "GET", Path: "/accounts", NotMatch: "nativeIdentity", Fault: sandbox.Fault{Kind: sandbox.FaultWrongTotal, Rows: 9}})
}

// What a run left is what it listed, and what it created and deleted itself;
// one that ended early does not know.
func TestHandoverOfHowManyAreLeft(t *testing.T) {
	inWorld(t, 4, "id\na0\nnew\n", func(w *world) {
		got := w.ran()
		if h := w.handOver(got, none, time.Now(), true); h.Accounts != 2 {
			t.Errorf("%d accounts", h.Accounts)
		}
		if h := w.handOver(got, none, time.Now(), false); h.Accounts != -1 {
			t.Errorf("ended early: %d accounts", h.Accounts)
		}
	})
}

// Single accounts that somebody disables by name are not those of a file: a row
// of theirs does not enable them. One that is enabled by name is no longer known.
func TestHandoverOfSingleAccounts(t *testing.T) {
	inWorld(t, 3, "id\na0\n", func(w *world) {
		since := time.Now()
		known := knownAs(diff.Absence{AccountID: w.account("a1").ID, NativeIdentity: "a1", Since: since, DisableSent: since})
		if h := w.handOver(w.requests("S", sync.Request{Op: diff.Disable, Name: "a2"}), none, since, true); h.Accounts != -1 || len(h.missing) > 0 {
			t.Errorf("disabled: %+v", h)
		}
		w.requests("S", sync.Request{Op: diff.Disable, Name: "a1"})
		if h := w.handOver(w.requests("S", sync.Request{Op: diff.Enable, Name: "a1"}), known, since, true); len(h.missing) > 0 {
			t.Errorf("enabled: %+v", h)
		}
		if h := w.handOver(w.requests("S", sync.Request{Op: diff.Delete, Name: "a1"}), known, since, true); len(h.missing) > 0 {
			t.Errorf("deleted: %+v", h)
		}
	})
}

// A run that was planned before another one learnt of the source says nothing
// of its absences: state only moves forward.
func TestHandoverOfAnOlderPlanForgetsNothingNewer(t *testing.T) {
	inWorld(t, 4, "id\na0\na1\n", func(w *world) {
		w.terms.Removal = diff.RemovalReport
		got := w.ran() // which lists a2 and a3
		newer := diff.Absence{AccountID: "x", NativeIdentity: "newer", Since: time.Now()}
		h, err := sync.HandOver(context.Background(), got.rec, knownAs(newer), got.Started.Add(time.Second), time.Now(), true)
		if err != nil {
			t.Fatal(err)
		}
		var natives []string
		for m, err := range h.Absences {
			if err != nil {
				t.Fatal(err)
			}
			natives = append(natives, m.NativeIdentity)
		}
		same(t, "known", natives, "newer")
	})
}
