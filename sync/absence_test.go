package sync_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/record"
	"accountsync/sandbox"
	"accountsync/sync"
)

// on is a rule for whole listings, which leaves looks by name alone; byName one for these.
func on(f sandbox.Fault) sandbox.Rule {
	return sandbox.Rule{Method: "GET", Path: "/accounts", NotMatch: "nativeIdentity", Fault: f}
}

func byName(f sandbox.Fault) sandbox.Rule {
	return sandbox.Rule{Method: "GET", Path: "/accounts", Match: "nativeIdentity", Fault: f}
}

// idsByName are the ids of the accounts of the source.
func (w *world) idsByName() map[string]string {
	ids := map[string]string{}
	for _, a := range w.server.Accounts(w.server.SourceID("S")) {
		ids[a.NativeIdentity] = a.ID
	}
	return ids
}

// deeds are what the sandbox's own books say was done: "PUT a1".
func (w *world) deeds() (deeds []string) {
	for _, done := range w.server.Writes() {
		method, rest, _ := strings.Cut(done.Operation, " ")
		if method == "POST" {
			method += strings.TrimPrefix(strings.TrimPrefix(rest, "/accounts"), "/*")
		}
		deeds = append(deeds, method+" "+done.NativeIdentity)
	}
	slices.Sort(deeds)
	return deeds
}

// No account that is there is created, whatever the whole listing shows; and
// what was not created is not taken back.
func TestNothingIsCreatedOverWhatAListingDoesNotShow(t *testing.T) {
	for name, fault := range map[string]sandbox.Rule{
		"pages that lack rows":        on(sandbox.Fault{Kind: sandbox.FaultShortPage}),
		"an empty list, total 0":      on(sandbox.Fault{Kind: sandbox.FaultEmptyList}),
		"an empty list, no total":     on(sandbox.Fault{Kind: sandbox.FaultEmptyListNoTotal}),
		"a short list that agrees":    on(sandbox.Fault{Kind: sandbox.FaultShortList, Rows: 8}),
		"all but the last":            on(sandbox.Fault{Kind: sandbox.FaultShortList, Rows: 299}),
		"one page for every offset":   on(sandbox.Fault{Kind: sandbox.FaultSamePage}),
		"a total that is too low":     on(sandbox.Fault{Kind: sandbox.FaultWrongTotal, Total: "8"}),
		"an empty body with status 2": on(sandbox.Fault{Kind: sandbox.FaultStatus, Status: 204, Body: sandbox.BodyNone}),
		"one empty listing":           {Method: "GET", Path: "/accounts", NotMatch: "nativeIdentity", Count: 2, Fault: sandbox.Fault{Kind: sandbox.FaultEmptyList}},
		"a replica of before":         on(sandbox.Fault{Kind: sandbox.FaultStaleLook, Rows: 5}),
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 300, rows(300, "new,Rome,"), func(w *world) {
				before := w.idsByName()
				got, err := w.sync()
				if w.upserts() > 0 {
					t.Errorf("%d creates for accounts that were there", w.upserts())
				}
				if deeds := w.deeds(); len(deeds) > 0 && !slices.Equal(deeds, []string{"POST new"}) {
					t.Errorf("done: %q", deeds)
				}
				if err != nil { // the listing could not be read: nothing is believed
					if got.Listing.Proven || len(w.deeds()) > 0 {
						t.Errorf("listing %+v after %v", got.Listing, err)
					}
					return
				}
				w.server.ClearFaults()
				w.applied(w.undo(got))
				after := w.idsByName()
				if got.Operations[0].State == record.Verified && after["new"] != "" {
					t.Error("the create was not taken back")
				}
				delete(after, "new")
				if !maps.Equal(before, after) {
					t.Errorf("%d accounts are left of %d", len(after), len(before))
				}
			}, fault)
		})
	}
}

// Writes that are thrown away are not verified by lists that show nothing.
func TestDeletesAreNotVerifiedByNothing(t *testing.T) {
	thrown := sandbox.Rule{Method: "DELETE", Fault: sandbox.Fault{Kind: sandbox.FaultDiscard}}
	for name, fault := range map[string]sandbox.Fault{
		"200 [], total 0":    {Kind: sandbox.FaultEmptyList},
		"200 [], no total":   {Kind: sandbox.FaultEmptyListNoTotal},
		"a row instead":      {Kind: sandbox.FaultRepeatRow},
		"rows left off":      {Kind: sandbox.FaultShortPage, Rows: 1},
		"all rows left off":  {Kind: sandbox.FaultShortPage, Rows: 99},
		"a total too low":    {Kind: sandbox.FaultWrongTotal, Total: "0"},
		"no total":           {Kind: sandbox.FaultWrongTotal, Total: "none"},
		"null":               {Kind: sandbox.FaultStatus, Status: 200, Body: "null"},
		"{}":                 {Kind: sandbox.FaultStatus, Status: 200, Body: "{}"},
		"an empty body":      {Kind: sandbox.FaultStatus, Status: 200, Body: sandbox.BodyNone},
		"a redirect":         {Kind: sandbox.FaultRedirect},
		"a sign-in page":     {Kind: sandbox.FaultHTML},
		"a cut body":         {Kind: sandbox.FaultCutBody},
		"half of the gzip":   {Kind: sandbox.FaultCutGzip},
		"gzip within gzip":   {Kind: sandbox.FaultNestedGzip},
		"filters dropped":    {Kind: sandbox.FaultFiltersDropped},
		"500":                {Kind: sandbox.FaultStatus},
		"no answer":          {Kind: sandbox.FaultLostBefore},
		"a body never ended": {Kind: sandbox.FaultHangMiddle},
	} {
		t.Run(name, func(t *testing.T) {
			after := byName(fault)
			after.AfterWrites = 1
			inWorld(t, 40, rows(12), func(w *world) {
				w.terms.VerifyTimeout = 12 * time.Second
				got, err := w.sync()
				if n := len(w.deeds()); n != 0 {
					t.Fatalf("%d were done", n)
				}
				d := got.Totals.Delete
				if d.Planned != 28 || d.Verified != 0 {
					t.Errorf("deletes %+v", d)
				}
				if got.outcome != record.Partial {
					t.Errorf("outcome %s, %v", got.outcome, err)
				}
			}, thrown, after)
		})
	}
}

// A listing is not proven by what is not a list, on its first page, a later one
// or the last.
func TestListingsThatEndInNothing(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"400":            {Kind: sandbox.FaultStatus, Status: 400},
		"500":            {Kind: sandbox.FaultStatus},
		"a redirect":     {Kind: sandbox.FaultRedirect},
		"a sign-in page": {Kind: sandbox.FaultHTML},
		"null":           {Kind: sandbox.FaultStatus, Status: 200, Body: "null"},
		"{}":             {Kind: sandbox.FaultStatus, Status: 200, Body: "{}"},
		"an empty body":  {Kind: sandbox.FaultStatus, Status: 200, Body: sandbox.BodyNone},
		"204":            {Kind: sandbox.FaultStatus, Status: 204, Body: sandbox.BodyNone},
		"no answer":      {Kind: sandbox.FaultLostBefore},
		"a cut body":     {Kind: sandbox.FaultCutBody},
	} {
		for _, page := range []string{"offset=0", "offset=250", "offset=500"} {
			t.Run(name+" "+page, func(t *testing.T) {
				rule := on(fault)
				rule.Match = page
				inWorld(t, 300, rows(10, "new,Rome,"), func(w *world) {
					got, err := w.sync()
					if got.Listing.Proven || err == nil || w.writes() > 0 {
						t.Errorf("listing %+v, %d writes, %v", got.Listing, w.writes(), err)
					}
				}, rule)
			})
		}
	}
}

// X-Total-Count is no size: few requests, and no proof, whatever it says.
func TestTotalsThatAreWrong(t *testing.T) {
	for total, most := range map[string]int{"1000000000000000000": 60, "9223372036854775807": 60, "3000000000": 60, "1000000": 60, "-5": 40, "none": 40, "many": 40, "3": 40, "0": 40} {
		for _, n := range []int{8, 300} {
			for _, also := range []sandbox.FaultKind{sandbox.FaultWrongTotal, "and one page for all"} {
				t.Run(fmt.Sprintf("%s for %d, %s", total, n, also), func(t *testing.T) {
					faults := []sandbox.Rule{on(sandbox.Fault{Kind: sandbox.FaultWrongTotal, Total: total})}
					if also != sandbox.FaultWrongTotal { // a first page with an absurd total, and no end of pages
						faults[0].Match = "offset=0"
						faults = append(faults, on(sandbox.Fault{Kind: sandbox.FaultSamePage}))
					}
					inWorld(t, n, rows(4), func(w *world) {
						got, err := w.sync()
						if err != nil {
							t.Fatal(err)
						}
						if got.Listing.Proven || w.writes() > 0 {
							t.Errorf("listing %+v, %d writes", got.Listing, w.writes())
						}
						if sent := len(w.server.Requests()); sent > most {
							t.Errorf("%d requests", sent)
						}
					}, faults...)
				})
			}
		}
	}
}

// Of two accounts with one native identity each is known by its id.
func TestTwins(t *testing.T) {
	twin := sandbox.AccountSeed{ID: strings.Repeat("7", 32), Attributes: sandbox.Attributes{"id": "a2", "city": "Rome", "groups": []string{"Mail"}}}
	inWorld(t, 3, rows(2), func(w *world) {
		w.server.SetAccount(w.server.SourceID("S"), twin)
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "delete a2 verified", "delete a2 verified")
		if deeds := w.deeds(); !slices.Equal(deeds, []string{"DELETE a2", "DELETE a2"}) || w.account("a2") != nil {
			t.Errorf("done: %q", deeds)
		}
	})
}

// One of two is deleted, and the other proves nothing of it: thrown away it is
// not verified, done it is.
func TestOneOfTwins(t *testing.T) {
	id := strings.Repeat("7", 32)
	twin := sandbox.AccountSeed{ID: id, Attributes: sandbox.Attributes{"id": "a2", "city": "Rome", "groups": []string{"Mail"}}}
	for state, faults := range map[record.State][]sandbox.Rule{
		record.Verified: nil,
		record.Accepted: {{Method: "DELETE", Fault: sandbox.Fault{Kind: sandbox.FaultDiscard}}},
	} {
		t.Run(string(state), func(t *testing.T) {
			inWorld(t, 3, rows(3), func(w *world) {
				w.server.SetAccount(w.server.SourceID("S"), twin)
				w.want(w.requests("S", sync.Request{Op: diff.Delete, Name: id}), "delete a2 "+string(state))
				if a := w.account("a2"); a == nil || state == record.Verified && (a.ID == id || len(w.deeds()) != 1) {
					t.Errorf("left: %+v, done %q", a, w.deeds())
				}
			}, faults...)
		})
	}
}

// A put whose change shows and that lost what it carried over is not verified.
func TestCarriedAttributesThatAreLost(t *testing.T) {
	inWorld(t, 2, rows(1, "a1,Paris,VPN"), func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "put a1 failed")
		if a := w.account("a1"); a.Value("city") != "Paris" || a.Value("note") != "" {
			t.Fatalf("a1 = %v", a.Attributes)
		}
		if why := got.Operations[0].Reason; why.Code != record.CodeAltered || !slices.Equal(why.Details.Attributes, []string{"note"}) {
			t.Errorf("reason %+v", why)
		}
	}, sandbox.Rule{Method: "PUT", Fault: sandbox.Fault{Kind: sandbox.FaultCarriedLost, Attributes: []string{"note"}}})
}

// A replica that lags shows a former value, which is the wanted one: that is not
// the put that was thrown away.
func TestFormerValueOfAReplica(t *testing.T) {
	stale := byName(sandbox.Fault{Kind: sandbox.FaultStaleLook, Rows: 1})
	stale.AfterWrites = 1
	inWorld(t, 2, rows(2), func(w *world) {
		w.change("a1", "city", "Paris")
		time.Sleep(time.Second)
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "put a1 accepted")
		if a := w.account("a1"); a.Value("city") != "Paris" || len(w.deeds()) != 0 {
			t.Errorf("a1 = %v, done %q", a.Attributes, w.deeds())
		}
	}, sandbox.Rule{Method: "PUT", Fault: sandbox.Fault{Kind: sandbox.FaultDiscard}}, stale)
}

// An account that others made after the listing is found by its name, and one
// that they made after the look is not taken back: it holds what no create sent.
func TestAccountOfOthers(t *testing.T) {
	for request, want := range map[string]string{"GET": "PUT new", "POST": "POST new"} {
		t.Run(request, func(t *testing.T) {
			inWorld(t, 2, rows(2, "new,Rome,"), func(w *world) {
				others := sandbox.AccountSeed{Attributes: sandbox.Attributes{"id": "new", "city": "Bergen", "note": "of others"}}
				go func() {
					for w.t.Context().Err() == nil && w.account("new") == nil {
						time.Sleep(10 * time.Millisecond)
						if n := w.server.Stats().ByKind[request+" /accounts"]; request == "POST" && n > 0 || n > 1 {
							others.Created = time.Now()
							w.server.SetAccount(w.server.SourceID("S"), others)
						}
					}
				}()
				got, err := w.sync()
				if err != nil {
					t.Fatal(err)
				}
				if deeds := w.deeds(); !slices.Equal(deeds, []string{want}) || request == "GET" && w.upserts() > 0 {
					t.Errorf("%v, done %q, %+v", states(got), deeds, got.Operations[0].Reason)
				}
				w.applied(w.undo(got))
				if a := w.account("new"); a == nil || a.Value("note") != "of others" {
					t.Errorf("the account of others is %+v", a)
				}
			})
		})
	}
}

// One that was there before the run, and that no look showed, is not called
// created, and not taken back: its date tells.
func TestAccountThatNoLookShowed(t *testing.T) {
	before := sandbox.Rule{Method: "GET", Path: "/accounts", Count: 8, Fault: sandbox.Fault{Kind: sandbox.FaultEmptyList}}
	inWorld(t, 1, "id,city\na0,Paris\n", func(w *world) {
		got, _ := w.sync()
		for _, op := range got.Operations {
			if op.Op == diff.Create && op.State == record.Verified {
				t.Errorf("created and verified: %+v", op)
			}
		}
		w.server.ClearFaults()
		back := w.applied(w.undo(got))
		if w.account("a0") == nil {
			t.Errorf("the account was deleted by %v", states(back))
		}
	}, before)
}

// What a look shows of another letter case, or of a name that was not asked for,
// is no account of its own.
func TestOtherLetterCase(t *testing.T) {
	inWorld(t, 2, "id,city,groups\nA0,Oslo,VPN\na1,Oslo,VPN\n", func(w *world) {
		before := w.idsByName()
		_, _ = w.sync()
		if w.upserts() > 0 {
			t.Errorf("created over an account: %q", w.deeds())
		}
		for name, id := range w.idsByName() {
			if before[name] != id && before[name] != "" {
				t.Errorf("%s is another account now", name)
			}
		}
	})
}
