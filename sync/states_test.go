package sync_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/sandbox"
	"accountsync/sync"
)

func TestStatesAndCorrelation(t *testing.T) {
	csv := "id,city,account.disabled,account.identityId\na0,Oslo,true,\na1,Paris,false,\na2,Oslo,,\nnew,Rome,true,\n"
	inWorld(t, 3, csv, func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "create new verified", "put a1 verified", "disable new verified", "disable a0 verified")
		if !w.account("new").Disabled || !w.account("a0").Disabled || w.account("a1").Disabled {
			t.Error("the accounts are not as the rows say")
		}
		if got.Totals.StateOnly != 1 || got.Totals.Kept != 1 {
			t.Errorf("totals %+v", got.Totals)
		}
		again, err := w.sync()
		if err != nil || len(again.Operations) != 0 {
			t.Errorf("second run: %v, %v", states(again), err)
		}
	})
}

// The put of an account is answered before its correlation is asked for.
func TestCorrelationComesAfterThePut(t *testing.T) {
	csv := "id,city,account.identityId\n"
	for i := range 4 {
		csv += fmt.Sprintf("a%d,Paris,%s\n", i, ada)
	}
	inWorld(t, 4, csv, func(w *world) {
		got, err := w.sync()
		if err != nil || got.Totals.Put.Verified != 4 || got.Totals.Patch.Verified != 4 {
			t.Fatalf("%v, %+v", err, got.Totals)
		}
		answered := map[string]time.Time{}
		for _, r := range w.server.Requests() {
			switch r.Method {
			case "PUT":
				answered[r.Path] = r.Time.Add(r.Duration)
			case "PATCH":
				if put, sent := answered[r.Path]; !sent || r.Time.Before(put) {
					t.Errorf("PATCH %s came before its PUT was answered", r.Path)
				}
			}
		}
	})
}

func TestStateOfAnAccountThatWasNotCreated(t *testing.T) {
	inWorld(t, 1, "id,city,account.disabled\na0,Oslo,\nnew,Rome,true\n", func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "create new failed", "disable new withheld")
		if why := got.WhyWithheld(got.Operations[1]); why.Code != sync.CodeNoAccount {
			t.Errorf("%+v", why)
		}
	}, failing("POST"))
}

func TestCanaryLeavesStatesOfNewAccountsForLater(t *testing.T) {
	inWorld(t, 1, "id,city,account.disabled\na0,Oslo,\nb,Rome,true\nc,Rome,true\n", func(w *world) {
		w.terms.Canary = 3
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "create b verified", "create c verified", "disable b verified", "disable c verified")
	})
}

func TestUpdateWithPatchTouchesOnlyWhatDiffers(t *testing.T) {
	inWorld(t, 2, "id,city,groups\na0,Paris,VPN\na1,,VPN;Mail\n", func(w *world) {
		w.terms.UpdateWith = diff.Patch
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "patch a0 verified", "patch a1 verified")
		if a := w.account("a1"); a.Value("city") != "" || !slices.Equal(a.Values("groups"), []string{"VPN", "Mail"}) || a.Value("note") != "kept by hand" {
			t.Errorf("a1 = %s", a.Attributes)
		}
		if n := w.server.Stats().ByKind["PUT /accounts/*"]; n != 0 {
			t.Errorf("%d puts", n)
		}
	})
}

func TestManualTaskIsAcceptedNotVerified(t *testing.T) {
	inWorld(t, 2, "id,account.disabled\na0,true\na1,\n", func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "disable a0 accepted")
		if why := got.Operations[0].Reason; why.Code != sync.CodeManual || why.Details.Shows != sync.ShowsEnabled {
			t.Errorf("%+v", why)
		}
	}, sandbox.Rule{Path: "/accounts/*/disable", Fault: sandbox.Fault{Kind: sandbox.FaultVanish}})
}

func TestDirectSourceDoesWhatIsPossible(t *testing.T) {
	inWorld(t, 3, "id,city,account.disabled\na0,Paris,true\na1,Oslo,\nnew,Rome,\n", func(w *world) {
		w.terms.Reload = true
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "create new withheld", "put a0 withheld", "disable a0 verified", "delete a2 withheld")
		for _, op := range got.Operations {
			if op.State == sync.Withheld && op.Reason.Code != sync.CodeNotPossible {
				t.Errorf("%s: %+v", op.Op, op.Reason)
			}
		}
		if got.outcome != sync.Partial || w.writes() != 2 {
			t.Errorf("outcome %s, %d writes", got.outcome, w.writes())
		}
		if n := w.server.Stats().ByKind["POST /accounts/*/reload"]; n != 1 || len(got.Notes) != 1 {
			t.Errorf("%d reloads, notes %q", n, got.Notes)
		}
	}, direct)
}
