package sync_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/journal"
	"accountsync/sandbox"
	"accountsync/sync"
)

// The faults of the first edition, each of which let an old snapshot be written
// over newer state.

// killed is a run whose process dies with a certain request.
func (w *world) killed(f fate) (run string) {
	w.t.Helper()
	rec := w.begin("sync")
	if cut, err := w.life(rec, &sync.FromFile{File: w.csv}, f); !cut {
		w.t.Fatalf("the run came to its end: %v", err)
	}
	return rec.Head().Run
}

// resumed takes a run up again and goes on with it.
func (w *world) resumed(run string) *result {
	w.t.Helper()
	rec, err := w.store.TakeUp(w.t.Context(), run)
	if err == nil {
		err = sync.Run(w.t.Context(), w.client, rec, nil, w.policy())
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return w.read(rec, nil)
}

// nth is the number of the first request of a method in an undisturbed run.
func nth(t *testing.T, accounts int, csv, method string) (n int) {
	t.Helper()
	bubble(t, accounts, csv, func(w *world) {
		rec := w.begin("sync")
		w.server.ResetLog()
		if _, err := w.life(rec, &sync.FromFile{File: w.csv}, fate{}); err != nil {
			w.t.Fatal(err)
		}
		n = 1 + slices.IndexFunc(w.server.Requests(), func(r sandbox.Request) bool { return r.Method == method && r.Version != "oauth" })
	})
	return n
}

// What may have been sent is looked at before it is sent again: what others
// changed meanwhile stays, and an account that was hired again is not deleted.
func TestResumeRevertsNobody(t *testing.T) {
	t.Parallel()
	for name, method := range map[string]string{"while it puts": "PUT", "while it deletes": "DELETE"} {
		csv := rows(4, "a4,Paris,VPN", "a5,Paris,VPN")
		at := nth(t, 8, csv, method)
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " ", after), func(t *testing.T) {
				inWorld(t, 8, csv, func(w *world) {
					w.terms.Workers = 1
					run := w.killed(fate{At: at, After: after})
					time.Sleep(10 * time.Second)
					others := map[string]string{}
					for _, native := range []string{"a4", "a5", "a6", "a7"} {
						if w.account(native) != nil {
							w.change(native, "city", "Bergen")
							w.change(native, "note", "rehired, keep")
							others[native] = w.snapshot()[native]
						}
					}
					before := w.writes()
					got := w.resumed(run)
					for native, held := range others {
						if now := w.snapshot()[native]; now != held {
							t.Errorf("%s is %s, others left %s", native, now, held)
						}
					}
					if n := w.writes(); n != before {
						t.Errorf("%d writes", n-before)
					}
					for _, op := range got.Operations {
						if others[op.Key] != "" && op.State != sync.Stale && op.Op == diff.Delete {
							t.Errorf("%s %s: %s %+v", op.Op, op.Key, op.State, op.Reason)
						}
					}
				})
			})
		}
	}
}

// After a write that was refused, too, nothing is sent on an old snapshot.
func TestResumeAfterARefusalRevertsNobody(t *testing.T) {
	inWorld(t, 2, rows(1, "a1,Paris,VPN"), func(w *world) {
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "put a1 failed")
		w.change("a1", "note", "changed by hand")
		got = w.resumed(got.Run)
		w.want(got, "put a1 stale")
		if a := w.account("a1"); a.Value("city") != "Oslo" || a.Value("note") != "changed by hand" {
			t.Errorf("a1 = %s", a.Attributes)
		}
	}, sandbox.Rule{Method: "PUT", Count: 1, Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400}})
}

// A single account that a killed command was at work on is no different.
func TestResumeOfASingleAccountRevertsNobody(t *testing.T) {
	inTenant(t, func(w *world) {
		s, schema := w.source("S")
		var rec *journal.Run
		from := &sync.FromRequests{API: w.client, Schema: schema, Requests: []sync.Request{{Op: diff.Disable, Name: "a0"}, {Op: diff.Delete, Name: "a3"}}}
		w.terms.Workers = 1
		died := false
		for at := 1; !died; at++ { // before the disable
			w.server.ResetLog()
			rec = w.beginOn(s, "accounts")
			if cut, err := w.life(rec, from, fate{At: at}); !cut {
				w.t.Fatal(err)
			}
			counts, err := rec.Counts(w.t.Context())
			if err != nil {
				w.t.Fatal(err)
			}
			died = slices.ContainsFunc(counts, func(c sync.Count) bool { return c.Code == sync.CodeNoAnswer })
		}
		w.change("a0", "note", "rehired, keep")
		w.change("a3", "note", "rehired, keep")
		w.want(w.resumed(rec.Head().Run), "disable a0 stale", "delete a3 stale")
		if w.account("a0").Disabled || w.account("a3") == nil || w.writes() > 0 {
			t.Error("what others did was undone")
		}
	})
}

// A run that a later one of its source has superseded is not resumed.
func TestSupersededRunIsNotResumed(t *testing.T) {
	csv := rows(1, "a1,Paris,VPN", "a2,Paris,VPN")
	inWorld(t, 3, csv, func(w *world) {
		w.terms.Workers = 1
		monday := w.killed(fate{At: 9})
		w.file(rows(1, "a1,Rome,VPN", "a2,Rome,VPN")) // Tuesday's
		tuesday, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		if err := tuesday.rec.End(w.t.Context(), tuesday.Head, true); err != nil {
			t.Fatal(err)
		}
		before := w.writes()
		rec, err := w.store.TakeUp(w.t.Context(), monday)
		if err == nil {
			err = sync.Run(w.t.Context(), w.client, rec, nil, w.policy())
		}
		if !errors.Is(err, sync.ErrSuperseded) || w.writes() != before || w.account("a1").Value("city") != "Rome" {
			t.Errorf("error %v, %d writes, a1 = %s", err, w.writes()-before, w.account("a1").Attributes)
		}
	})
}

// A create whose answer was lost is not sent over the account that somebody
// else made of that name.
func TestLostCreateIsNotSentOverAnothersAccount(t *testing.T) {
	csv := rows(2, "new,Rome,VPN")
	at := nth(t, 2, csv, "POST")
	inWorld(t, 2, csv, func(w *world) {
		run := w.killed(fate{At: at})
		w.server.SetAccount(w.server.SourceID("S"), sandbox.AccountSeed{Attributes: sandbox.Attributes{"id": "new", "city": "Bergen"}, Created: time.Now().Add(time.Second)})
		got := w.resumed(run)
		w.want(got, "create new stale")
		if op := got.Operations[0]; op.Reason.Code != sync.CodeExists || w.upserts() != 0 || w.account("new").Value("city") != "Bergen" {
			t.Errorf("%+v, %d upserts", op.Reason, w.upserts())
		}
	})
}

// An account that was created and is in use by now is not taken back: other
// attributes, another identity, another state, another account of that name.
func TestUndoDeletesNothingInUse(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(*world){
		"attributes": func(w *world) { w.change("new", "note", "in use") },
		"identity":   func(w *world) { w.edit("new", sandbox.AccountEdit{Identity: new("Ada")}) },
		"state":      func(w *world) { w.edit("new", sandbox.AccountEdit{Disabled: new(true)}) },
		"another": func(w *world) {
			w.server.RemoveAccount(w.server.SourceID("S"), "new")
			w.server.SetAccount(w.server.SourceID("S"), sandbox.AccountSeed{ID: strings.Repeat("c", 32), Attributes: sandbox.Attributes{"id": "new", "city": "Rome", "groups": []string{"VPN"}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 2, rows(2, "new,Rome,VPN"), func(w *world) {
				done := w.ran()
				w.want(done, "create new verified")
				use(w)
				w.want(w.applied(w.undo(done)), "delete new stale")
				if w.account("new") == nil {
					t.Error("it was deleted")
				}
			})
		})
		t.Run(name+" after the plan", func(t *testing.T) {
			inWorld(t, 2, rows(2, "new,Rome,VPN"), func(w *world) {
				plan := w.undo(w.ran())
				use(w)
				w.want(w.applied(plan), "delete new stale")
				if w.account("new") == nil {
					t.Error("it was deleted")
				}
			})
		})
	}
}

// A leaver comes back disabled, numbers and the correlation as they were; what
// was locked does not come back unlocked.
func TestUndoOfADeleteBringsStatesBack(t *testing.T) {
	inWorld(t, 5, rows(2), func(w *world) {
		yes, name := true, "Ada"
		w.edit("a2", sandbox.AccountEdit{Disabled: &yes, Attributes: sandbox.Attributes{"age": 1234567}})
		w.edit("a3", sandbox.AccountEdit{Locked: &yes})
		w.edit("a4", sandbox.AccountEdit{Identity: &name, Disabled: &yes})
		before := w.snapshot()
		done := w.ran()
		w.want(done, "delete a2 verified", "delete a3 verified", "delete a4 verified")
		got := w.applied(w.undo(done))
		w.want(got, "create a2 verified", "create a3 withheld", "create a4 verified", "disable a2 verified", "patch a4 verified", "disable a4 verified")
		if why := got.WhyWithheld(got.Operations[1]); why.Code != sync.CodeNotPossible || !strings.Contains(why.Details.Text, "lock") {
			t.Errorf("a3: %+v", why)
		}
		after := w.snapshot()
		delete(before, "a3")
		for native, held := range before {
			if after[native] != held {
				t.Errorf("%s: %s\nwas %s", native, after[native], held)
			}
		}
	})
}

// The terms of a run are on its record: a canary that failed has not been
// forgotten by the resume.
func TestResumeKeepsToTheTermsOfTheRun(t *testing.T) {
	inWorld(t, 6, rows(2, "a2,Paris,VPN", "a3,Paris,VPN", "a4,Paris,VPN", "new,Rome,", "new2,Rome,"), func(w *world) {
		w.terms.Canary = 3
		got, err := w.sync()
		if !errors.Is(err, sync.ErrCanary) {
			t.Fatalf("sync: %v", err)
		}
		w.terms = sync.Terms{} // what the flags of the resume say
		rec, err := w.store.TakeUp(w.t.Context(), got.Run)
		if err != nil {
			t.Fatal(err)
		}
		if err := sync.Run(w.t.Context(), w.client, rec, nil, w.settings); !errors.Is(err, sync.ErrCanary) {
			t.Errorf("resume: %v", err)
		}
		w.want(w.read(rec, err), "create new failed", "create new2 withheld", "put a2 verified", "put a3 withheld", "put a4 withheld", "delete a5 verified")
	}, failing("POST"))
}

// A plan with a reload reloads when it is applied.
func TestApplyReloads(t *testing.T) {
	inWorld(t, 2, "id,account.disabled\na0,true\na1,\n", func(w *world) {
		w.terms.Reload = true
		w.want(w.applied(w.plan(&sync.FromFile{File: w.csv})), "disable a0 verified")
		if n := w.server.Stats().ByKind["POST /accounts/*/reload"]; n != 1 {
			t.Errorf("%d reloads", n)
		}
	}, direct)
}

// Guards are judged again on the accounts that are left.
func TestApplyJudgesTheGuardsAgain(t *testing.T) {
	inWorld(t, 40, rows(36), func(w *world) {
		w.terms.Limits = diff.DefaultLimits()
		plan := w.plan(&sync.FromFile{File: w.csv})
		for i := range 34 {
			w.server.RemoveAccount(w.server.SourceID("S"), fmt.Sprintf("a%d", i))
		}
		got := w.applied(plan)
		if got.Totals.Delete.Withheld != 4 || w.writes() != 0 || got.outcome != sync.Blocked {
			t.Errorf("deletes %+v, outcome %s", got.Totals.Delete, got.outcome)
		}
	})
}

// The source is judged again as it is now: another threshold, another type.
func TestApplyJudgesTheSourceAgain(t *testing.T) {
	inWorld(t, 40, rows(36), func(w *world) {
		w.terms.Limits = diff.DefaultLimits()
		rec := w.paper(w.plan(&sync.FromFile{File: w.csv}))
		head := rec.Head()
		head.Source.DeleteThreshold = new(5)
		if err := rec.SetHead(w.t.Context(), head); err != nil {
			t.Fatal(err)
		}
		if err := sync.Run(w.t.Context(), w.client, rec, nil, w.policy()); err != nil || w.writes() != 0 {
			t.Errorf("%d writes, %v", w.writes(), err)
		}
	})
}

func TestApplyToASourceThatBecameDirect(t *testing.T) {
	inWorld(t, 4, "id,city,account.disabled\na0,Paris,true\na1,Paris,\nnew,Rome,true\n", func(w *world) {
		rec := w.paper(w.plan(&sync.FromFile{File: w.csv}))
		head := rec.Head()
		head.Source.ConnectionType, head.Source.Type = "direct", "Active Directory - Direct"
		if err := rec.SetHead(w.t.Context(), head); err != nil {
			t.Fatal(err)
		}
		err := sync.Run(w.t.Context(), w.client, rec, nil, w.policy())
		if err != nil {
			t.Fatal(err)
		}
		got := w.read(rec, nil)
		w.want(got, "create new withheld", "put a0 withheld", "put a1 withheld", "disable new withheld", "disable a0 verified", "delete a2 withheld", "delete a3 withheld")
		for _, op := range got.Operations {
			if code := got.WhyWithheld(op).Code; op.State == sync.Withheld && code != sync.CodeNotPossible && code != sync.CodeNoAccount {
				t.Errorf("%s %s: %s", op.Op, op.Key, code)
			}
		}
		if n := w.writes(); n != 1 {
			t.Errorf("%d writes", n)
		}
	})
}

// On a source that became an authoritative one no account of it is given to
// another identity: neither from a plan nor what a run asked for by name. A new
// account has no identity to lose.
func TestApplyToASourceThatBecameAuthoritative(t *testing.T) {
	inWorld(t, 2, "id,city,account.identityId\na0,Paris,"+ada+"\na1,Oslo,"+ada+"\nnew,Rome,"+ada+"\n", func(w *world) {
		w.terms.UpdateWith = diff.Patch
		source := func(rec *journal.Run) *journal.Run {
			head := rec.Head()
			head.Source.Authoritative = true
			if err := rec.SetHead(w.t.Context(), head); err != nil {
				t.Fatal(err)
			}
			return rec
		}
		rec := source(w.paper(w.plan(&sync.FromFile{File: w.csv})))
		if err := sync.Run(w.t.Context(), w.client, rec, nil, w.policy()); err != nil {
			t.Fatal(err)
		}
		w.want(w.read(rec, nil), "create new verified", "patch a0 withheld", "patch a1 withheld", "patch new verified")
		named := w.plan(&sync.FromRequests{API: w.client, Schema: rec.Head().AccountSchema, Requests: []sync.Request{
			{Op: diff.Patch, Name: "a0", Fields: []diff.Field{{Attribute: account.IdentityIDColumn, After: account.StringValue(ada)}}}}})
		rec = source(w.paper(named))
		if err := sync.Run(w.t.Context(), w.client, rec, nil, w.policy()); err != nil {
			t.Fatal(err)
		}
		w.want(w.read(rec, nil), "patch a0 withheld")
		rec = w.paper(w.plan(&sync.FromRequests{API: w.client, Schema: rec.Head().AccountSchema, Requests: []sync.Request{
			{Op: diff.Patch, Name: "a0", Fields: []diff.Field{{Attribute: account.IdentityIDColumn, After: account.StringValue(ada)}}}}}))
		if err := sync.Run(w.t.Context(), w.client, rec, nil, w.policy()); err != nil {
			t.Fatal(err)
		}
		w.want(w.read(rec, nil), "patch a0 verified")
	})
}

// What was refused is not sent again to a source that takes it no more.
func TestResumeOnASourceThatBecameDirect(t *testing.T) {
	inWorld(t, 2, "id,city\na0,Paris\na1,Paris\n", func(w *world) {
		r, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(r, "put a0 failed", "put a1 failed")
		head, n := r.rec.Head(), w.writes()
		head.Source.ConnectionType, head.Source.Type = "direct", "Active Directory - Direct"
		if err := r.rec.SetHead(w.t.Context(), head); err != nil {
			t.Fatal(err)
		}
		r, err = w.resume(r)
		if err != nil || w.writes() != n {
			t.Errorf("%d writes more, %v", w.writes()-n, err)
		}
		w.want(r, "put a0 failed", "put a1 failed")
	}, sandbox.Rule{Method: "PUT", Path: "/accounts/*", Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400}})
}

// What fails its checksum is never sent.
func TestDamagedOperationIsNotSent(t *testing.T) {
	csv := rows(2, "a2,Paris,VPN", "a3,Paris,VPN")
	inWorld(t, 4, csv, func(w *world) {
		rec := w.paper(w.plan(&sync.FromFile{File: w.csv}))
		db, err := sql.Open("sqlite", filepath.Join(w.state, journal.FileName))
		if err == nil {
			_, err = db.Exec(`UPDATE blocks SET block = CAST(replace(CAST(block AS TEXT), 'Paris', 'Qaris') AS BLOB)`)
		}
		if err = errors.Join(err, db.Close()); err != nil {
			w.t.Fatal(err)
		}
		err = sync.Run(w.t.Context(), w.client, rec, nil, w.policy())
		if !errors.Is(err, sync.ErrDamaged) || w.writes() > 0 {
			t.Errorf("%v, %d writes", err, w.writes())
		}
	})
}

// What is to be done to a new account is not done to one that somebody else
// made, though it is as the create would have made it.
func TestNothingIsDoneToAnothersNewAccount(t *testing.T) {
	inWorld(t, 1, "id,account.disabled\na0,\nnew,true\n", func(w *world) {
		plan := w.plan(&sync.FromFile{File: w.csv})
		w.server.SetAccount(w.server.SourceID("S"), sandbox.AccountSeed{Attributes: sandbox.Attributes{"id": "new"}})
		w.want(w.applied(plan), "create new verified", "disable new withheld")
		if w.account("new").Disabled || w.writes() > 0 {
			t.Error("it was disabled")
		}
	})
}

// A run whose budget is spent before it could put what a create could not carry
// comes to its end, and says so of that create; a resume puts it.
func TestSpentBudgetEndsTheWaitForACompletingPut(t *testing.T) {
	inWorld(t, 1, "id,groups\na0,VPN\nb,VPN;Mail\nc,\n", func(w *world) {
		w.terms.MaxErrors, w.terms.Workers = limit(t, "0"), 1
		began := time.Now()
		got, err := w.sync()
		if !errors.Is(err, sync.ErrBudget) || time.Since(began) > w.terms.VerifyTimeout {
			t.Fatalf("%v after %s", err, time.Since(began))
		}
		w.want(got, "create b accepted", "create c failed")
		if why := got.Operations[0].Reason; why.Code != sync.CodeBudget {
			t.Errorf("%+v", why)
		}
		w.want(w.resumed(got.Run), "create b verified", "create c verified")
	}, sandbox.Rule{Method: "POST", Match: `"c"`, Count: 1, Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 400}})
}
