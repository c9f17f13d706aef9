package sync_test

import (
	"slices"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sandbox"
	"accountsync/sync"
)

// prepared is a run that has its plan, and applied one that has done what it may.
func (w *world) prepared() *sync.Run {
	w.t.Helper()
	source, err := w.client.Source(w.t.Context(), "S")
	if err != nil {
		w.t.Fatal(err)
	}
	run, err := sync.Prepare(w.t.Context(), w.client, source, w.settings)
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

func (w *world) applied() *sync.Run {
	w.t.Helper()
	run := w.prepared()
	if err := run.Apply(w.t.Context(), w.client); err != nil {
		w.t.Fatal(err)
	}
	return run
}

// ids are the accounts of deeds of which a condition holds.
func ids(deeds []sync.Deed, is func(sync.Deed) bool) (ids []string) {
	for _, d := range deeds {
		if is(d) {
			ids = append(ids, d.NativeIdentity)
		}
	}
	slices.Sort(ids)
	return ids
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// A disable is handed on as what became of it: seen, taken, unknown, or not at all.
func TestHandoverOfDisables(t *testing.T) {
	rule := func(name string, f sandbox.Fault) sandbox.Rule {
		return sandbox.Rule{Method: "POST", Path: "/accounts/*/disable", Match: `"` + name + `"`, Fault: f}
	}
	inWorld(t, 6, "id\na0\n", func(w *world) {
		w.settings.Policy = diff.Policy{Removal: diff.RemovalDisable, Now: time.Now()}
		w.settings.Known.Version = 7
		now := time.Now().Add(time.Hour)
		h := w.applied().Handover(now, true)
		if h.Version != 7 || h.Left != 6 || h.Grown != 0 || len(h.Missing) != 5 {
			t.Errorf("%+v", h)
		}
		same(t, "seen", ids(h.Deeds, func(d sync.Deed) bool { return d.SeenDisabledSince.Equal(now) && d.DisableSent.Equal(now) }), "a1")
		same(t, "taken", ids(h.Deeds, func(d sync.Deed) bool {
			return d.SeenDisabledSince.IsZero() && d.DisableSent.Equal(now) && !d.Unanswered
		}), "a2")
		same(t, "not done", ids(h.Deeds, func(d sync.Deed) bool { return d.DisableSent.IsZero() && !d.Forget }), "a3", "a4")
		same(t, "not known", ids(h.Deeds, func(d sync.Deed) bool { return d.Unanswered }), "a5")
	}, rule("a2", sandbox.Fault{Kind: sandbox.FaultVanish}), rule("a3", sandbox.Fault{Kind: sandbox.FaultTaskFails}),
		rule("a4", sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400}), rule("a5", sandbox.Fault{Kind: sandbox.FaultLostBefore}))
}

// On an idle night, and on the word of half a list, no date begins and none is
// forgotten; that an account is enabled again counts all the same.
func TestHandoverOfAnIdleNight(t *testing.T) {
	inWorld(t, 3, "id\na0\n", func(w *world) {
		w.settings.Limits.Removals = limit(t, "0")
		id := w.account("a2").ID
		w.settings.Policy = diff.Policy{Removal: diff.RemovalDisable, Now: time.Now(), Missing: map[string]diff.Miss{
			id: {AccountID: id, DisableSent: time.Now(), SeenDisabledSince: time.Now()}}}
		run := w.applied()
		h := run.Handover(time.Now(), true)
		if !run.Blocked() || h.Missing != nil || h.Left != -1 {
			t.Errorf("%+v", h)
		}
		same(t, "enabled again", ids(h.Deeds, func(d sync.Deed) bool { return d.DisableSent.IsZero() && d.AccountID == id }), "a2")
	})
}

func TestHandoverOfAnUnprovenListing(t *testing.T) {
	inWorld(t, 3, "id\na0\n", func(w *world) {
		w.settings.Policy = diff.Policy{Removal: diff.RemovalDisable, Now: time.Now()}
		if h := w.applied().Handover(time.Now(), true); h.Missing != nil || h.Left != -1 || len(h.Deeds) > 0 {
			t.Errorf("%+v", h)
		}
	}, sandbox.Rule{Method: "GET", Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultWrongTotal, Rows: 9}})
}

// What a run left is what it listed, and what it created and deleted itself;
// one that ended early only adds what it did.
func TestHandoverOfHowManyAreLeft(t *testing.T) {
	inWorld(t, 4, "id\na0\nnew\n", func(w *world) {
		run := w.applied()
		if h := run.Handover(time.Now(), true); h.Left != 2 || h.Grown != -2 {
			t.Errorf("%+v", h)
		}
		if h := run.Handover(time.Now(), false); h.Left != -1 || h.Grown != -2 {
			t.Errorf("ended early: %+v", h)
		}
	})
}

// Single accounts that somebody disables by name are not those of a file: a row
// of theirs does not enable them.
func TestHandoverOfSingleAccounts(t *testing.T) {
	inWorld(t, 2, "id\na0\n", func(w *world) {
		source, err := w.client.Source(w.t.Context(), "S")
		if err != nil {
			w.t.Fatal(err)
		}
		do := func(op diff.Op) sync.Handover {
			run, err := sync.Ask(w.t.Context(), w.client, source, account.Schema{IdentityAttribute: "id"}, []sync.Act{{Op: op, Name: "a1"}}, w.settings)
			if err == nil {
				err = run.Apply(w.t.Context(), w.client)
			}
			if err != nil {
				w.t.Fatal(err)
			}
			return run.Handover(time.Now(), true)
		}
		if h := do(diff.Disable); h.Missing != nil || h.Left != -1 || len(h.Deeds) > 0 {
			t.Errorf("disabled: %+v", h)
		}
		same(t, "enabled", ids(do(diff.Enable).Deeds, func(d sync.Deed) bool { return d.Forget }), "a1")
		if h := do(diff.Delete); h.Grown != -1 {
			t.Errorf("deleted: %+v", h)
		}
	})
}
