package sync_test

import (
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

// left is what is on record of a run that came to its end, or did not: its
// operations hold no more than a journal does.
func left(s *sync.Source) *sync.Source {
	copied := *s
	copied.Operations = nil
	for _, op := range s.Operations {
		copied.Operations = append(copied.Operations, &sync.Operation{Op: op.Op, Key: op.Key, Account: op.Account, Line: op.Line, Reason: op.Reason, Seq: op.Seq,
			Changes: op.Changes, Warnings: op.Warnings, State: op.State, Attempts: op.Attempts, HTTP: op.HTTP, Task: op.Task, TaskStatus: op.TaskStatus,
			Error: op.Error, Offset: op.Offset, Live: op.Live, Fingerprint: op.Fingerprint, Modified: op.Modified, Force: op.Force, After: op.After,
			Absent: op.Absent, Why: op.Why, Native: op.Native, Sent: op.Sent, Lost: op.Lost})
	}
	return &copied
}

// resume goes on with what was left.
func (w *world) resume(s *sync.Source) (*sync.Source, error) {
	w.t.Helper()
	_, schema := w.sourceAndSchema()
	run := sync.Continue(left(s), schema, w.settings)
	err := run.Recheck(w.t.Context(), w.client)
	if err == nil && !run.Blocked() {
		err = run.Apply(w.t.Context(), w.client)
	}
	result, books := run.Result()
	if books != nil {
		w.t.Fatal(books)
	}
	return result, err
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
		run, err := sync.Prepare(w.t.Context(), w.client, source, w.settings)
		if err == nil {
			err = run.Apply(w.t.Context(), w.client)
		}
		got := run.Source()
		if err != nil || len(got.Operations) != 1 || !strings.HasPrefix(got.Operations[0].Reason, "not possible") {
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
				w.settings.VerifyTimeout = 30 * time.Second
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
		w.settings.Verify = false
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
				t.Errorf("%s %s: %s %s %s", op.Op, op.Key, op.State, op.Reason, op.Error)
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
				w.settings.VerifyTimeout = 10 * time.Second
				got, _ := w.sync()
				w.settings.VerifyTimeout = time.Minute
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

// The time to verify counts for each operation from its own acceptance: many
// creates under a small quota are all verified within a short one.
func TestVerifyTimeoutCountsFromAcceptance(t *testing.T) {
	var more []string
	for i := range 300 {
		more = append(more, fmt.Sprintf("n%03d,Rome,VPN;Mail", i))
	}
	inWorld(t, 2, rows(2, more...), func(w *world) {
		w.settings.VerifyTimeout = 8 * time.Second
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
		w.settings.VerifyTimeout = 20 * time.Second
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
				w.settings.VerifyTimeout = time.Hour
				w.settings.Workers = 2
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
		w.settings.Policy = diff.Policy{Removal: diff.RemovalDisable, Now: time.Now()}
		w.settings.Workers = 1
		time.AfterFunc(4*time.Second, w.stop)
		got, err := w.sync()
		if d := got.Totals.Disable; err == nil || d.Withheld == 0 || d.Verified == 0 {
			t.Fatalf("%+v, %v", d, err)
		}
		w.settings.Stop = w.t.Context()
		_, schema := w.sourceAndSchema()
		run := sync.Continue(left(got), schema, w.settings)
		if err := run.Apply(w.t.Context(), w.client); err != nil {
			t.Fatal(err)
		}
		w.settings.Policy.Missing = map[string]diff.Miss{}
		for _, d := range run.Handover(time.Now(), true).Deeds {
			w.settings.Policy.Missing[d.AccountID] = d.Miss
		}
		if n := len(w.settings.Policy.Missing); n != 38 {
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
