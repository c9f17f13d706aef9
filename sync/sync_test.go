package sync_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/sandbox"
	"accountsync/sync"
)

func TestCreatePutDelete(t *testing.T) {
	inWorld(t, 4, rows(2, "a2,Paris,VPN;Mail", "new,Rome,VPN;Mail;Chat", "plain,Rome,"), func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "create new verified", "create plain verified", "put a2 verified", "delete a3 verified")
		if a := w.account("a2"); a.Value("city") != "Paris" || a.Value("note") != "kept by hand" || a.Value("idNowDescription") == "" {
			t.Errorf("a2 = %s, want the row laid over what it held", a.Attributes)
		}
		if a := w.account("new"); !slices.Equal(a.Values("groups"), []string{"VPN", "Mail", "Chat"}) {
			t.Errorf("groups of the new account = %v", a.Values("groups"))
		}
		if w.account("a3") != nil {
			t.Error("a3 is still there")
		}
		again, err := w.sync()
		if err != nil || len(again.Operations) != 0 || again.Totals.Kept != 5 {
			t.Errorf("second run: %v, %d kept, %v", states(again), again.Totals.Kept, err)
		}
	})
}

func TestReportLeavesAccountsAlone(t *testing.T) {
	inWorld(t, 4, rows(2), func(w *world) {
		w.terms.Removal = diff.RemovalReport
		got, err := w.sync()
		if err != nil || len(got.Operations) != 0 || got.Totals.Orphan != 2 || w.writes() != 0 {
			t.Errorf("got %v, %d orphans, %d writes, %v", states(got), got.Totals.Orphan, w.writes(), err)
		}
	})
}

func TestGuardStopsBeforeTheFirstWrite(t *testing.T) {
	inWorld(t, 10, rows(5, "new,Rome,"), func(w *world) {
		w.terms.Limits = diff.DefaultLimits()
		got, err := w.sync()
		if err != nil || w.writes() != 0 || got.outcome != sync.Blocked {
			t.Errorf("%d writes, outcome %s, %v", w.writes(), got.outcome, err)
		}
		for _, op := range got.Operations {
			if why := got.WhyWithheld(op); op.State != sync.Withheld || why.Code != sync.CodeGuard || why.Details.Guard != "removals" {
				t.Errorf("%s %s: %s, %+v", op.Op, op.Key, op.State, why)
			}
		}
	})
}

func TestRejectedRowHoldsBackRemovals(t *testing.T) {
	inWorld(t, 4, rows(2, "a2,Paris,VPN", ",Nowhere,Wiki"), func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "put a2 verified", "delete a3 withheld")
		if len(got.Rejected) != 1 || got.Rejected[0].Line != 5 || w.account("a3") == nil {
			t.Errorf("rejected %v", got.Rejected)
		}
		if o := got.outcome; o != sync.Blocked {
			t.Errorf("outcome %s", o)
		}
	})
}

func TestLostAnswerOfACreateIsLookedUp(t *testing.T) {
	inWorld(t, 2, rows(2, "new,Rome,VPN"), func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "create new verified")
		if n := w.server.Stats().Creates["new"]; n != 1 {
			t.Errorf("the create was sent %d times", n)
		}
	}, sandbox.Rule{Method: "POST", Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultLostAfter}})
}

func TestCreateThatNeverArrivedIsSentAgain(t *testing.T) {
	inWorld(t, 2, rows(2, "new,Rome,VPN"), func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "create new verified")
		if w.account("new") == nil || got.Operations[0].Attempts != 2 {
			t.Errorf("attempts %d", got.Operations[0].Attempts)
		}
	}, sandbox.Rule{Method: "POST", Path: "/accounts", Count: 1, Fault: sandbox.Fault{Kind: sandbox.FaultLostBefore}})
}

func TestFailedTask(t *testing.T) {
	inWorld(t, 3, rows(1, "a1,Paris,VPN", "a2,Paris,VPN"), func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "put a1 failed", "put a2 verified")
		if op := got.Operations[0]; op.TaskStatus != "ERROR" || op.Reason.Code != sync.CodeTaskFailed || !strings.Contains(op.Reason.Details.Text, "connector is down") {
			t.Errorf("task status %q, %+v", op.TaskStatus, op.Reason)
		}
		if o := got.outcome; o != sync.Partial {
			t.Errorf("outcome %s", o)
		}
	}, sandbox.Rule{Method: "PUT", Match: "a1", Fault: sandbox.Fault{Kind: sandbox.FaultTaskFails, CompletionStatus: "Error", Messages: []string{"the connector is down"}}})
}

func TestErrorBudgetStopsEarlyAndDeletesNothing(t *testing.T) {
	more := []string{}
	for i := range 60 {
		more = append(more, "n"+strings.Repeat("x", i)+",Rome,")
	}
	inWorld(t, 3, rows(1, more...), func(w *world) {
		w.terms.MaxErrors = limit(t, "5")
		got, err := w.sync()
		if !errors.Is(err, sync.ErrBudget) {
			t.Fatalf("error %v", err)
		}
		if f := got.Totals.Create.Failed; f <= 5 || f > 5+16 {
			t.Errorf("%d creates failed, want just past the budget", f)
		}
		if got.Totals.Delete.Withheld != 2 || w.account("a1") == nil {
			t.Errorf("deletes: %+v", got.Totals.Delete)
		}
	}, sandbox.Rule{Method: "POST", Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400}})
}

func TestSuccessWithoutAnAccountIsAFailure(t *testing.T) {
	inWorld(t, 1, rows(1, "ghost,Rome,"), func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "create ghost failed")
		if op := got.Operations[0]; op.TaskStatus != "SUCCESS" || op.Reason.Code != sync.CodeDiffers || op.Reason.Details.Shows != sync.ShowsAbsent {
			t.Errorf("%+v", op.Reason)
		}
	}, sandbox.Rule{Method: "POST", Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultVanish}})
}

func TestTaskThatNeverEndsIsOnlyAccepted(t *testing.T) {
	inWorld(t, 2, rows(1, "a1,Paris,VPN"), func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "put a1 accepted")
		if reason := got.Operations[0].Reason; reason.Code != sync.CodeNotShown || !slices.Equal(reason.Details.Attributes, []string{"city"}) {
			t.Errorf("reason %+v", reason)
		}
	}, sandbox.Rule{Method: "PUT", Fault: sandbox.Fault{Kind: sandbox.FaultTaskNeverEnds}})
}

func TestUnknownTaskIsSettledByTheList(t *testing.T) {
	inWorld(t, 2, rows(1, "a1,Paris,VPN"), func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "put a1 verified")
	}, sandbox.Rule{Method: "PUT", Fault: sandbox.Fault{Kind: sandbox.FaultTaskUnknown}})
}

func TestTaskStatusOutOfReach(t *testing.T) {
	inWorld(t, 2, rows(1, "a1,Paris,VPN"), func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "put a1 verified")
		if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "task status") {
			t.Errorf("notes %q", got.Notes)
		}
	}, sandbox.Rule{Path: "/task-status", Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403}})
}

// What cannot be looked at is not known: neither done nor failed.
func TestListOutOfReachAfterTheWrites(t *testing.T) {
	unread := sandbox.Rule{Method: "GET", Path: "/accounts", Match: "nativeIdentity", AfterWrites: 1, Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400}}
	inWorld(t, 1, "id,city\na0,Oslo\nnew,Rome\n", func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "create new accepted")
		if op := got.Operations[0]; op.Reason.Code != sync.CodeUnreadable || op.Reason.Details.HTTP != 400 {
			t.Errorf("%s %s: %+v", op.Op, op.Key, op.Reason)
		}
	}, unread)
}

func TestDeniedDeletesEndThatKindOnly(t *testing.T) {
	inWorld(t, 40, rows(1, "new,Rome,"), func(w *world) {
		got, err := w.sync()
		if !sync.Denied(err) {
			t.Fatalf("error %v", err)
		}
		if got.Totals.Create.Verified != 1 || got.Totals.Delete.Verified != 0 || got.Totals.Delete.Withheld == 0 {
			t.Errorf("creates %+v, deletes %+v", got.Totals.Create, got.Totals.Delete)
		}
	}, sandbox.Rule{Method: "DELETE", Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403}})
}

// A 403 may be about its account alone: the others are sent as long as the API
// takes any of the kind, and the run ends as one with failed operations.
func TestDeniedAccountEndsNoKind(t *testing.T) {
	csv := "id,city,groups\n"
	for i := range 40 {
		csv += fmt.Sprintf("a%d,Paris,VPN\n", i)
	}
	inWorld(t, 45, csv, func(w *world) {
		w.terms.Workers = 1
		got, err := w.sync()
		if err != nil {
			t.Fatalf("error %v", err)
		}
		if put, gone := got.Totals.Put, got.Totals.Delete; put.Verified != 38 || put.Failed != 2 || gone.Verified != 4 || gone.Failed != 1 {
			t.Errorf("puts %+v, deletes %+v", put, gone)
		}
	}, sandbox.Rule{Match: `"id":"a0"`, Method: "PUT", Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403}},
		sandbox.Rule{Match: `"id":"a17"`, Method: "PUT", Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403}},
		sandbox.Rule{Match: `a42`, Method: "DELETE", Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 403}})
}

func TestGoneAccountIsStaleForPutAndDoneForDelete(t *testing.T) {
	inWorld(t, 3, rows(1, "a1,Paris,VPN"), func(w *world) {
		pages := 0
		w.settings.Watch = func(p sync.Progress) { // listed already, and then somebody else deletes them
			if p.Step == "listing" {
				pages++
			}
			if pages == 2 { // the page of accounts, and the empty one after it
				w.server.RemoveAccount(w.server.SourceID("S"), "a1")
				w.server.RemoveAccount(w.server.SourceID("S"), "a2")
			}
		}
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "put a1 stale", "delete a2 verified")
	})
}

func TestInterruptedRunStartsNothingNew(t *testing.T) {
	var more []string
	for i := range 300 {
		more = append(more, "n"+strings.Repeat("x", i)+",Rome,")
	}
	inWorld(t, 2, rows(1, more...), func(w *world) {
		time.AfterFunc(5*time.Second, w.stop)
		got, err := w.sync()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
		c := got.Totals.Create
		if c.Accepted == 0 || c.Verified == 0 || c.Withheld == 0 || c.Accepted+c.Verified+c.Withheld != 300 || got.Totals.Delete.Withheld != 1 {
			t.Errorf("creates %+v, deletes %+v", c, got.Totals.Delete)
		}
	})
}

func TestVerifyOffProvesNothing(t *testing.T) {
	inWorld(t, 2, rows(1, "a1,Paris,VPN"), func(w *world) {
		w.terms.Verify = false
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "put a1 accepted")
		if o := got.outcome; o != sync.Partial {
			t.Errorf("outcome %s", o)
		}
	})
}

func TestListings(t *testing.T) {
	for name, tc := range map[string]struct {
		fault  sandbox.Rule
		tries  int
		proven bool
	}{
		"a good day":               {sandbox.Rule{Path: "/never", Fault: sandbox.Fault{Kind: sandbox.FaultSlow}}, 1, true},
		"one short page":           {sandbox.Rule{Method: "GET", Path: "/accounts", Nth: 2, Fault: sandbox.Fault{Kind: sandbox.FaultShortPage}}, 2, true},
		"short pages all night":    {sandbox.Rule{Method: "GET", Path: "/accounts", Match: "offset=250", Fault: sandbox.Fault{Kind: sandbox.FaultShortPage}}, 2, true}, // taken after the rows that came
		"a page that is kept back": {sandbox.Rule{Method: "GET", Path: "/accounts", NotMatch: "nativeIdentity", Fault: sandbox.Fault{Kind: sandbox.FaultShortList, Rows: 1100}}, 3, false},
		"one page over and over":   {sandbox.Rule{Method: "GET", Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultSamePage}}, 3, false},
		"pages out of order":       {sandbox.Rule{Method: "GET", Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultOutOfOrder}}, 3, false},
		"an absurd total":          {sandbox.Rule{Method: "GET", Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultWrongTotal, Total: "1000000000000000000"}}, 3, false},
		"a negative total":         {sandbox.Rule{Method: "GET", Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultWrongTotal, Total: "-5"}}, 3, false},
		"a total below the rows":   {sandbox.Rule{Method: "GET", Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultWrongTotal, Total: "8"}}, 3, false},
		"a repeated row":           {sandbox.Rule{Method: "GET", Path: "/accounts", Nth: 2, Fault: sandbox.Fault{Kind: sandbox.FaultRepeatRow}}, 2, true},
		"an account comes":         {sandbox.Rule{Method: "GET", Path: "/accounts", Nth: 2, Fault: sandbox.Fault{Kind: sandbox.FaultShiftAdd}}, 2, true},
		"an account goes":          {sandbox.Rule{Method: "GET", Path: "/accounts", Nth: 2, Fault: sandbox.Fault{Kind: sandbox.FaultShiftRemove}}, 2, true},
		"a total that is wrong":    {sandbox.Rule{Method: "GET", Path: "/accounts", Match: "count=true", Fault: sandbox.Fault{Kind: sandbox.FaultWrongTotal}}, 3, false},
		"a cut body":               {sandbox.Rule{Method: "GET", Path: "/accounts", Nth: 2, Fault: sandbox.Fault{Kind: sandbox.FaultCutBody}}, 1, true},
		"a token that runs out":    {sandbox.Rule{Method: "GET", Path: "/accounts", Nth: 2, Fault: sandbox.Fault{Kind: sandbox.FaultExpireToken}}, 1, true},
		"a gateway that is down":   {sandbox.Rule{Method: "GET", Path: "/accounts", Nth: 2, Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 502}}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 1200, rows(1199), func(w *world) {
				got, err := w.sync()
				if err != nil {
					t.Fatal(err)
				}
				l := got.Listing
				if l.Tries != tc.tries || l.Proven != tc.proven {
					t.Fatalf("%d tries, proven %v (%s), want %d and %v", l.Tries, l.Proven, l.Doubt, tc.tries, tc.proven)
				}
				if d := got.Totals.Delete; tc.proven && d.Withheld > 0 || !tc.proven && d.Verified > 0 {
					t.Errorf("deletes %+v with proven %v", d, tc.proven)
				}
				if n := w.upserts(); n > 0 {
					t.Errorf("%d creates for accounts that were there", n)
				}
			}, tc.fault)
		})
	}
}

func TestTwelveThousandFiveHundredAreListedWhole(t *testing.T) {
	inWorld(t, 12_500, rows(12_500), func(w *world) {
		got, err := w.sync()
		if err != nil || got.Totals.Kept != 12_500 || !got.Listing.Proven || got.Listing.Pages != 50 {
			t.Errorf("kept %d, listing %+v, %v", got.Totals.Kept, got.Listing, err)
		}
		if n := w.server.Stats().Refused; n != 0 {
			t.Errorf("%d requests were refused", n)
		}
	})
}
