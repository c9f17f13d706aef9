package sync_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"accountsync/diff"
	"accountsync/sandbox"
	"accountsync/sync"
)

// resume goes on with what is on record, in the hands of a new process.
func (w *world) resume(r *result) (*result, error) {
	w.t.Helper()
	rec, planned := w.again(r.rec, r.Command)
	if !planned {
		w.t.Fatal("nothing was planned that could be resumed")
	}
	head := *rec.Head()
	head.Terms.VerifyTimeout = w.terms.VerifyTimeout
	if err := rec.SetHead(w.t.Context(), &head); err != nil {
		w.t.Fatal(err)
	}
	err := sync.Run(w.t.Context(), w.client, rec, nil, w.policy())
	return w.read(rec, err), err
}

// A row that was rejected holds the removals back on a resume, too: of a run
// that was interrupted, and of one that ended.
func TestResumeKeepsRemovalsHeld(t *testing.T) {
	for _, interrupted := range []bool{false, true} {
		t.Run(fmt.Sprint(interrupted), func(t *testing.T) {
			inWorld(t, 30, rows(10, "a10,Paris,VPN", "new,Rome,", ",Nowhere,"), func(w *world) {
				if interrupted {
					time.AfterFunc(1500*time.Millisecond, w.stop)
				}
				got, _ := w.sync()
				w.settings.Stop = w.t.Context()
				got, err := w.resume(got)
				if err != nil {
					t.Fatal(err)
				}
				if d := got.Totals.Delete; d.Planned != 19 || d.Withheld != 19 {
					t.Errorf("deletes %+v", d)
				}
				if deeds := w.deeds(); !slices.Equal(deeds, []string{"POST new", "PUT a10"}) {
					t.Errorf("done %q", deeds)
				}
			})
		})
	}
}

// What the source does not allow is sent neither at first nor on a resume.
func TestResumeSendsNothingImpossible(t *testing.T) {
	inWorld(t, 3, "id,account.identityId\na0,"+ada+"\na1,\na2,\n", func(w *world) {
		source, err := w.client.Source(w.t.Context(), "S")
		if err != nil {
			t.Fatal(err)
		}
		source.Authoritative = true
		rec := w.beginOn(source, "sync")
		err = sync.Run(w.t.Context(), w.client, rec, &sync.FromFile{File: w.csv}, w.policy())
		got := w.read(rec, err)
		if err != nil || len(got.Operations) != 1 || got.Operations[0].Reason.Code != sync.CodeNotPossible {
			t.Fatalf("%v, %v", states(got), err)
		}
		if got, err = w.resume(got); err != nil || w.writes() > 0 {
			t.Errorf("%v, %d writes, %v", states(got), w.writes(), err)
		}
	})
}

// A completing put that was refused, failed or got no answer is a put again,
// and the create before it is never sent twice.
func TestResumeCompletesACreate(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"refused":     {Kind: sandbox.FaultStatus, Status: 400},
		"task failed": {Kind: sandbox.FaultTaskFails},
		"no answer":   {Kind: sandbox.FaultLostBefore},
		"thrown away": {Kind: sandbox.FaultDiscard},
		"not allowed": {Kind: sandbox.FaultStatus, Status: 403},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, 2, rows(2, "new,Rome,VPN;Mail;Chat"), func(w *world) {
				w.terms.VerifyTimeout = 30 * time.Second
				got, _ := w.sync()
				if got.Totals.Create.Verified != 0 {
					t.Fatalf("%v", states(got))
				}
				w.server.ClearFaults()
				got, err := w.resume(got)
				if err != nil {
					t.Fatal(err)
				}
				w.want(got, "create new verified")
				if deeds := w.deeds(); !slices.Equal(deeds, []string{"POST new", "PUT new"}) || w.server.Stats().Creates["new"] != 1 {
					t.Errorf("done %q, %d creates", deeds, w.server.Stats().Creates["new"])
				}
				if a := w.account("new"); len(a.Values("groups")) != 3 {
					t.Errorf("groups %q", a.Values("groups"))
				}
			}, sandbox.Rule{Method: "PUT", Fault: fault})
		})
	}
}

// Without verification what a create could not carry is sent after a look all
// the same, several values as well as a state.
func TestVerifyOffSendsTheRestOfACreate(t *testing.T) {
	inWorld(t, 2, "id,city,groups,account.disabled\na0,Oslo,VPN,false\na1,Oslo,VPN,false\nboth,Rome,VPN;Mail,true\ngroups,Rome,VPN;Mail,false\nstate,Rome,VPN,true\nplain,Rome,VPN,false\n", func(w *world) {
		w.terms.Verify = false
		got, err := w.sync()
		if err != nil && !errors.Is(err, sync.ErrBudget) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		for native, want := range map[string]string{"both": "2 true", "groups": "2 false", "state": "1 true", "plain": "1 false"} {
			a := w.account(native)
			if a == nil || fmt.Sprintf("%d %v", len(a.Values("groups")), a.Disabled) != want {
				t.Errorf("%s is %+v, want %s", native, a, want)
			}
		}
		for _, op := range got.Operations {
			if op.State == sync.Withheld || op.State == sync.Failed {
				t.Errorf("%s %s: %s %+v %s", op.Op, op.Key, op.State, got.WhyWithheld(op), op.Error)
			}
		}
		if n := w.server.Stats().ByKind["POST /accounts"]; n != 4 {
			t.Errorf("%d creates were sent", n)
		}
	})
}

// A create that a lagging list does not show is sent once, within the run and
// by a resume of it.
func TestCreateIsSentOnceWhileTheListLags(t *testing.T) {
	for name, write := range map[string]sandbox.Fault{
		"accepted":  {Kind: sandbox.FaultSlow, Delay: sandbox.Duration(time.Second)},
		"no answer": {Kind: sandbox.FaultLostAfter},
		"500 after": {Kind: sandbox.FaultStatusAfter},
	} {
		t.Run(name, func(t *testing.T) {
			lag := sandbox.Rule{Method: "GET", Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultStaleLook, Delay: sandbox.Duration(15 * time.Second)}}
			inWorld(t, 2, rows(2, "new,Rome,VPN;Mail"), func(w *world) {
				w.terms.VerifyTimeout = 10 * time.Second
				got, _ := w.sync()
				w.terms.VerifyTimeout = time.Minute
				got, err := w.resume(got)
				if err != nil {
					t.Fatal(err)
				}
				w.want(got, "create new verified")
				if w.upserts() > 0 || w.server.Stats().Creates["new"] != 1 {
					t.Errorf("%d creates were sent, done %q", w.server.Stats().Creates["new"], w.deeds())
				}
			}, sandbox.Rule{Method: "POST", Path: "/accounts", Fault: write}, lag)
		})
	}
}

// A resume waits before it creates again what got no answer; whatever may arrive
// twice is sent at once.
func TestResumeWaitsForCreatesOnly(t *testing.T) {
	const lost = 40 * time.Second
	for method, key := range map[string]string{"POST": "new", "PUT": "a1", "DELETE": "a2"} {
		t.Run(method, func(t *testing.T) {
			inWorld(t, 3, rows(1, "a1,Paris,VPN", "new,Rome,"), func(w *world) {
				w.terms.LostAfter, w.terms.VerifyTimeout = lost, 5*time.Second
				got, _ := w.sync()
				for _, op := range got.Operations {
					if op.Key == key && (op.State != sync.Failed || op.Reason.Code != sync.CodeNoAnswer) {
						t.Fatalf("%s %s: %s %+v", op.Op, key, op.State, op.Reason)
					}
				}
				w.server.ClearFaults()
				w.terms.VerifyTimeout = 2 * time.Minute
				resumed := time.Now()
				got, err := w.resume(got)
				if err != nil {
					t.Fatal(err)
				}
				w.want(got, "create new verified", "put a1 verified", "delete a2 verified")
				if deeds := w.deeds(); !slices.Equal(deeds, []string{"DELETE a2", "POST new", "PUT a1"}) {
					t.Errorf("done %q", deeds)
				}
				if waited := time.Since(resumed); (waited >= lost) != (method == "POST") {
					t.Errorf("the resume took %s", waited)
				}
			}, sandbox.Rule{Method: method, NotMatch: "client_secret", Fault: sandbox.Fault{Kind: sandbox.FaultLostBefore}})
		})
	}
}

// The time to verify counts for each operation from its own acceptance: many
// creates under a small quota are all verified within a short one.
func TestVerifyTimeoutCountsFromAcceptance(t *testing.T) {
	var more []string
	for i := range 300 {
		more = append(more, fmt.Sprintf("n%03d,Rome,VPN;Mail", i))
	}
	inWorld(t, 2, rows(2, more...), func(w *world) {
		w.terms.VerifyTimeout = 8 * time.Second
		got, err := w.sync()
		if c := got.Totals.Create; err != nil || c.Verified != 300 {
			t.Errorf("creates %+v, %v", c, err)
		}
		if n := len(w.deeds()); n != 600 || w.server.Stats().Refused > 0 {
			t.Errorf("%d were done, %d requests refused", n, w.server.Stats().Refused)
		}
	})
}

// Nor while the API has asked to wait.
func TestVerifyTimeoutStandsStillWhilePaused(t *testing.T) {
	wait := sandbox.Rule{Method: "GET", Path: "/accounts", Match: "nativeIdentity", AfterWrites: 1, Count: 1,
		Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 429, RetryAfter: "300"}}
	slow := sandbox.Rule{Method: "PUT", Fault: sandbox.Fault{Kind: sandbox.FaultTaskSlow, Delay: sandbox.Duration(302 * time.Second)}}
	inWorld(t, 2, rows(1, "a1,Paris,VPN"), func(w *world) {
		w.terms.VerifyTimeout = 20 * time.Second
		w.settings.Paused = func() time.Duration { return w.limiter.Stats().Paused }
		got, err := w.sync()
		if err != nil {
			t.Fatal(err)
		}
		w.want(got, "put a1 verified")
	}, wait, slow)
}

// When sign-in is refused for good, the run ends at once: while it sends, and
// while it only waits for what was sent to show.
func TestSignInRefusedForGood(t *testing.T) {
	for name, rule := range map[string]sandbox.Rule{
		"while sending":   {Method: "PUT", Nth: 3, Fault: sandbox.Fault{Kind: sandbox.FaultExpireToken}},
		"while verifying": {Method: "GET", Path: "/accounts", Match: "nativeIdentity", AfterWrites: 1, Fault: sandbox.Fault{Kind: sandbox.FaultExpireToken}},
	} {
		t.Run(name, func(t *testing.T) {
			var more []string
			for i := 1; i < 60; i++ {
				more = append(more, fmt.Sprintf("a%d,Paris,VPN", i))
			}
			refused := sandbox.Rule{Path: "/oauth/token", AfterWrites: 1, Fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 401}}
			inWorld(t, 70, rows(1, more...), func(w *world) {
				w.terms.VerifyTimeout = time.Hour
				w.terms.Workers = 2
				began := time.Now()
				got, err := w.sync()
				if !sync.Denied(err) || time.Since(began) > 2*time.Minute {
					t.Errorf("%v after %v", err, time.Since(began))
				}
				if d := got.Totals.Delete; d.Withheld != 10 || w.account("a65") == nil {
					t.Errorf("deletes %+v", d)
				}
				w.server.ClearFaults()
				w.client = w.connect()
				if got, err = w.resume(got); err != nil || got.Totals.Put.Verified != 59 || got.Totals.Delete.Verified != 10 {
					t.Errorf("resumed: %+v, %v", got.Totals, err)
				}
			}, rule, refused)
		})
	}
}

// A row that comes back enables the account that the run before disabled, also
// when that run was interrupted and resumed.
func TestOwnDisableIsKnownAfterAResume(t *testing.T) {
	inWorld(t, 40, rows(2), func(w *world) {
		w.terms.Removal = diff.RemovalDisable
		w.terms.Workers = 1
		time.AfterFunc(4*time.Second, w.stop)
		got, err := w.sync()
		if d := got.Totals.Disable; err == nil || d.Withheld == 0 || d.Verified == 0 {
			t.Fatalf("%+v, %v", d, err)
		}
		w.settings.Stop = w.t.Context()
		if got, err = w.resume(got); err != nil {
			t.Fatal(err)
		}
		w.settings.Policy.Absences = map[string]diff.Absence{}
		for _, m := range w.handOver(got, none, time.Now(), true).missing {
			w.settings.Policy.Absences[m.AccountID] = m
		}
		if n := len(w.settings.Policy.Absences); n != 38 {
			t.Errorf("%d disables are handed on", n)
		}
		w.file(rows(40))
		if got, err = w.sync(); err != nil || got.Totals.Enable.Verified != 38 {
			t.Errorf("%+v, %v", got.Totals, err)
		}
		for _, a := range w.server.Accounts(w.server.SourceID("S")) {
			if a.Disabled {
				t.Errorf("%s is still disabled", a.NativeIdentity)
			}
		}
	})
}
