package sync_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/isc"
	"accountsync/sandbox"
	"accountsync/sync"
)

// inTenant runs a test in virtual time against the flat-file source "S" with the
// accounts a0 to a3, of which a1 is disabled and a2 is locked, and the direct
// source "D" with the account d0.
func inTenant(t *testing.T, test func(*world), change ...func(*sandbox.Seed)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		accounts := live(4)
		accounts[1].Disabled, accounts[2].Locked, accounts[3].Identity = true, true, "Ada"
		seed := &sandbox.Seed{
			Clients:    []sandbox.Client{{ID: "me", Secret: "s"}},
			Identities: []sandbox.IdentitySeed{{Name: "Ada", ID: ada}, {Name: "Bo", ID: strings.Repeat("b", 32)}},
			Sources: []sandbox.SourceSeed{
				{Name: "S", DeleteThreshold: 100, Accounts: accounts, Schema: sandbox.SchemaSeed{IdentityAttribute: "id", DisplayAttribute: "id",
					Attributes: []sandbox.AttributeSeed{{Name: "id"}, {Name: "city"}, {Name: "groups", IsMulti: true}, {Name: "note"}, {Name: "a/b~c"}}}},
				{Name: "D", ConnectionType: "direct", Schema: sandbox.SchemaSeed{IdentityAttribute: "dn", Attributes: []sandbox.AttributeSeed{{Name: "dn"}, {Name: "mail"}}},
					Accounts: []sandbox.AccountSeed{{Attributes: sandbox.Attributes{"dn": "d0"}}}},
			},
			TaskDelay: sandbox.Duration(2 * time.Second),
		}
		for _, f := range change {
			f(seed)
		}
		w := &world{t: t, server: sandbox.New(seed)}
		defer w.set()()
		w.terms.Workers, w.terms.VerifyTimeout = 4, time.Minute
		test(w)
	})
}

// requests plans requests for accounts of a source and carries them out.
func (w *world) requests(source string, requests ...sync.Request) *result {
	w.t.Helper()
	return w.requestsBy(w.client, source, requests...)
}

func (w *world) requestsBy(api sync.WriteAPI, source string, requests ...sync.Request) *result {
	w.t.Helper()
	s, schema := w.source(source)
	rec := w.beginOn(s, "accounts")
	err := sync.Run(w.t.Context(), api, rec, &sync.FromRequests{API: w.client, Schema: schema, Requests: requests}, w.policy())
	if err != nil {
		w.t.Fatal(err)
	}
	return w.read(rec, nil)
}

// field wants a text.
func field(name, text string) diff.Field {
	return diff.Field{Attribute: name, After: account.StringValue(text)}
}

func (w *world) idOf(source, native string) string {
	w.t.Helper()
	for _, a := range w.server.Accounts(w.server.SourceID(source)) {
		if a.NativeIdentity == native {
			return a.ID
		}
	}
	w.t.Fatalf("no account %s", native)
	return ""
}

// rejections are the reasons why requests were rejected, by name.
func rejections(s *result) map[string]string {
	reasons := map[string]string{}
	for _, r := range s.Rejected {
		reasons[r.Key] = r.Reason
	}
	return reasons
}

func TestRequestsAreCarriedOutAndSeen(t *testing.T) {
	inTenant(t, func(w *world) {
		got := w.requests("S",
			sync.Request{Op: diff.Create, Name: "new", Fields: []diff.Field{field("id", "new"), {Attribute: "groups", After: account.ListValue([]string{"A", "B"})}}},
			sync.Request{Op: diff.Put, Name: "a0", Fields: []diff.Field{field("city", "Rome"), field("note", "kept by hand")}},
			sync.Request{Op: diff.Enable, Name: w.idOf("S", "a1")},
			sync.Request{Op: diff.Unlock, Name: "a2"},
			sync.Request{Op: diff.Delete, Name: "a3"})
		w.want(got, "create new verified", "put a0 verified", "enable a1 verified", "unlock a2 verified", "delete a3 verified")
		if a := w.account("a0"); a.Value("city") != "Rome" || a.Value("note") != "kept by hand" || !slices.Equal(a.Values("groups"), []string{"VPN"}) {
			t.Errorf("a put replaced what it was not asked for: %s", a.Attributes)
		}
		if put := got.Operations[1]; len(put.Changes) != 1 || put.Changes[0].Before != `"Oslo"` {
			t.Errorf("changes of the put: %v", put.Changes)
		}
		if !slices.Equal(w.account("new").Values("groups"), []string{"A", "B"}) || w.account("a1").Disabled || w.account("a2").Locked || w.account("a3") != nil {
			t.Error("the tenant is not as asked")
		}
		if got.outcome != sync.Changed {
			t.Errorf("outcome %s", got.outcome)
		}
	})
}

func TestPatchChangesOnlyWhatItNames(t *testing.T) {
	inTenant(t, func(w *world) {
		got := w.requests("S",
			sync.Request{Op: diff.Patch, Name: "a0", Fields: []diff.Field{field("a/b~c", "x"), {Attribute: "note", After: account.Null}, field("city", "Oslo")}},
			sync.Request{Op: diff.Patch, Name: "a1", Fields: []diff.Field{field(account.IdentityIDColumn, strings.Repeat("b", 32)), {Attribute: account.ManuallyCorrelatedColumn, After: "false"}}},
			sync.Request{Op: diff.Patch, Name: "a3", Fields: []diff.Field{{Attribute: account.IdentityIDColumn, After: account.Null}}})
		w.want(got, "patch a0 verified", "patch a1 verified", "patch a3 verified")
		if a := w.account("a0"); a.Value("a/b~c") != "x" || a.Value("note") != "" || a.Value("city") != "Oslo" {
			t.Errorf("a0 = %s", a.Attributes)
		}
		if a := w.account("a1"); a.ManuallyCorrelated {
			t.Error("a1 is manually correlated, against what was asked for")
		}
		if id := w.account("a1").IdentityID; id != strings.Repeat("b", 32) {
			t.Errorf("a1 is of identity %q", id)
		}
		if id := w.account("a3").IdentityID; id != "" {
			t.Errorf("a3 is of identity %q", id)
		}
	})
}

func TestAPatchIsUndoneByAPatch(t *testing.T) {
	inTenant(t, func(w *world) {
		done := w.requests("S",
			sync.Request{Op: diff.Patch, Name: "a0", Fields: []diff.Field{field("city", "Rome")}},
			sync.Request{Op: diff.Patch, Name: "a3", Fields: []diff.Field{field(account.IdentityIDColumn, strings.Repeat("b", 32))}})
		got := w.applied(w.undo(done))
		w.want(got, "patch a0 verified", "patch a3 verified")
		if w.account("a0").Value("city") != "Oslo" || w.account("a3").IdentityID != strings.Repeat("a", 32) {
			t.Error("the tenant is not as it was")
		}
	})
}

func TestWhatAlreadyIsAsAskedIsKept(t *testing.T) {
	inTenant(t, func(w *world) {
		got := w.requests("S",
			sync.Request{Op: diff.Put, Name: "a0", Fields: []diff.Field{field("city", "Oslo")}},
			sync.Request{Op: diff.Disable, Name: "a1"},
			sync.Request{Op: diff.Enable, Name: "a2"},
			sync.Request{Op: diff.Enable, Name: "a3", Force: true})
		w.want(got, "enable a3 verified")
		if got.Totals.Kept != 3 || w.writes() != 1 {
			t.Errorf("%d kept, %d writes", got.Totals.Kept, w.writes())
		}
	})
}

func TestRequestsThatCannotBeDoneAreRejected(t *testing.T) {
	inTenant(t, func(w *world) {
		other := w.idOf("D", "d0")
		protect, err := diff.ParseProtect([]string{"a3*"}, os.ReadFile)
		if err != nil {
			t.Fatal(err)
		}
		w.settings.Policy.Protect = protect
		got := w.requests("S",
			sync.Request{Op: diff.Delete, Name: "nobody", Line: 7},
			sync.Request{Op: diff.Delete, Name: other},
			sync.Request{Op: diff.Delete, Name: "a3"},
			sync.Request{Op: diff.Create, Name: "a0", Fields: []diff.Field{field("id", "a0")}},
			sync.Request{Op: diff.Put, Name: "a1", Fields: []diff.Field{field("id", "another")}},
			sync.Request{Op: diff.Reload, Name: "a2"}, sync.Request{Op: diff.Reload, Name: w.idOf("S", "a2")})
		w.want(got, "reload a2 accepted")
		reasons := rejections(got)
		for name, want := range map[string]string{"nobody": "no such account", other: "of another source", "a3": "protected", "a0": "there already", "a1": "cannot be changed"} {
			if !strings.Contains(reasons[name], want) {
				t.Errorf("%s: %q, want %q", name, reasons[name], want)
			}
		}
		if got.Rejected[4].Line != 7 || len(got.Rejected) != 5 || !strings.HasPrefix(got.Notes[0], "Names that mean an account named before: 1.") {
			t.Errorf("rejected %v, notes %v", got.Rejected, got.Notes)
		}
		if got.outcome != sync.Partial {
			t.Errorf("outcome %s", got.outcome)
		}
	})
}

func TestADirectSourceTakesStatesOnly(t *testing.T) {
	inTenant(t, func(w *world) {
		got := w.requests("D",
			sync.Request{Op: diff.Create, Name: "d1", Fields: []diff.Field{field("dn", "d1")}},
			sync.Request{Op: diff.Put, Name: "d0", Fields: []diff.Field{field("mail", "m")}},
			sync.Request{Op: diff.Patch, Name: "d0", Fields: []diff.Field{field("mail", "m")}},
			sync.Request{Op: diff.Delete, Name: "d0"})
		w.want(got, "create d1 withheld", "put d0 withheld", "patch d0 withheld", "delete d0 withheld")
		for _, op := range got.Operations {
			if op.Reason.Code != sync.CodeNotPossible || !strings.HasPrefix(op.Reason.Details.Text, "the source is direct, and ") {
				t.Errorf("%s: %+v", op.Op, op.Reason)
			}
		}
		if w.writes() != 0 || got.outcome != sync.Partial {
			t.Errorf("%d writes, outcome %s", w.writes(), got.outcome)
		}
		w.want(w.requests("D", sync.Request{Op: diff.Disable, Name: "d0"}), "disable d0 verified")
		w.want(w.requests("D", sync.Request{Op: diff.Patch, Name: "d0", Fields: []diff.Field{field(account.IdentityIDColumn, strings.Repeat("a", 32))}}), "patch d0 verified")
	})
}

func TestGuardsJudgeRequests(t *testing.T) {
	inTenant(t, func(w *world) {
		w.terms.Limits = diff.DefaultLimits()
		got := w.requests("S", sync.Request{Op: diff.Disable, Name: "a0"}, sync.Request{Op: diff.Delete, Name: "a2"})
		w.want(got, "disable a0 withheld", "delete a2 withheld")
		if w.writes() != 0 || got.outcome != sync.Blocked {
			t.Errorf("%d writes, outcome %s", w.writes(), got.outcome)
		}
		w.terms.Allow.Removals = new(2)
		w.want(w.requests("S", sync.Request{Op: diff.Disable, Name: "a0"}, sync.Request{Op: diff.Delete, Name: "a2"}), "disable a0 verified", "delete a2 verified")
	})
}

func TestReloadIsSettledByItsTask(t *testing.T) {
	inTenant(t, func(w *world) {
		began := time.Now()
		got := w.requests("D", sync.Request{Op: diff.Reload, Name: "d0"})
		w.want(got, "reload d0 accepted")
		op := got.Operations[0]
		if op.TaskStatus != "SUCCESS" || op.Reason.Code != sync.CodeNoChange || time.Since(began) > 20*time.Second {
			t.Errorf("task %q, reason %+v after %s", op.TaskStatus, op.Reason, time.Since(began))
		}
		if got.outcome != sync.Changed {
			t.Errorf("outcome %s", got.outcome)
		}
	})
}

func TestReloadThatShowsAChangeIsVerified(t *testing.T) {
	inTenant(t, func(w *world) {
		w.settings.Watch = func(p sync.Progress) {
			if p.Step == "sending" && p.Done == 1 {
				w.change("a0", "city", "Rome")
			}
		}
		got := w.requests("S", sync.Request{Op: diff.Reload, Name: "a0"})
		w.want(got, "reload a0 verified")
		if why := got.Operations[0].Reason; why.Code != sync.CodeReloaded || !slices.Equal(why.Details.Attributes, []string{"city"}) {
			t.Errorf("reason %+v", why)
		}
	})
}

func TestAFailedReloadIsFailed(t *testing.T) {
	inTenant(t, func(w *world) {
		got := w.requests("D", sync.Request{Op: diff.Reload, Name: "d0"})
		w.want(got, "reload d0 failed")
		if got.outcome != sync.Partial {
			t.Errorf("outcome %s", got.outcome)
		}
	}, func(s *sandbox.Seed) {
		s.Faults = []sandbox.Rule{{Method: "POST", Path: "/accounts/*/reload", Fault: sandbox.Fault{Kind: sandbox.FaultTaskFails, Messages: []string{"no connection"}}}}
	})
}

func TestAManualTaskIsNeverVerified(t *testing.T) {
	inTenant(t, func(w *world) {
		got := w.requests("S", sync.Request{Op: diff.Disable, Name: "a0"}, sync.Request{Op: diff.Unlock, Name: "a2"})
		w.want(got, "disable a0 accepted", "unlock a2 accepted")
		for _, op := range got.Operations {
			if op.Reason.Code != sync.CodeManual {
				t.Errorf("%s: %+v", op.Op, op.Reason)
			}
		}
		if got.outcome != sync.Partial {
			t.Errorf("outcome %s", got.outcome)
		}
	}, func(s *sandbox.Seed) { s.Sources[0].ManualTasks = true })
}

func (w *world) source(name string) (account.Source, account.Schema) {
	w.t.Helper()
	s, err := w.client.Source(w.t.Context(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	schema, err := w.client.Schema(w.t.Context(), s.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return s, schema
}

// listener hears what states are told.
type listener struct {
	*isc.Client
	disable account.Toggle
	unlock  account.Unlock
}

func (l *listener) Disable(ctx context.Context, id string, t account.Toggle) (account.Receipt, error) {
	l.disable = t
	return l.Client.Disable(ctx, id, t)
}

func (l *listener) Unlock(ctx context.Context, id string, u account.Unlock) (account.Receipt, error) {
	l.unlock = u
	return l.Client.Unlock(ctx, id, u)
}

func TestStatesAreToldWhatWasAskedFor(t *testing.T) {
	inTenant(t, func(w *world) {
		tell := account.Unlock{ExternalVerificationID: "v1", ForceProvisioning: true, UnlockIDNAccount: true}
		w.terms.Action = tell
		heard := &listener{Client: w.client}
		w.requestsBy(heard, "S", sync.Request{Op: diff.Disable, Name: "a0"}, sync.Request{Op: diff.Unlock, Name: "a2"})
		if heard.unlock != tell || heard.disable != (account.Toggle{ExternalVerificationID: "v1", ForceProvisioning: true}) {
			t.Errorf("unlock %+v, disable %+v", heard.unlock, heard.disable)
		}
	})
}

func TestIDsAreKnownByTheirForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		strings.Repeat("0aF9", 8): true, "2c918087-799a-2d38-0179-9a2d3b0a0000": true, "2c918087799a2d380179-9a2d3b0a000000--": false,
		"": false, "e01": false, strings.Repeat("g", 32): false,
	} {
		if sync.IsID(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func TestWalkSaysWhenItIsNotProven(t *testing.T) {
	inTenant(t, func(w *world) {
		var ids []string
		l, err := sync.Walk(w.t.Context(), w.client, account.Query{Filters: `sourceId eq "` + w.server.SourceID("S") + `" or name sw "d"`, Sorters: "name,id"}, sync.ListOptions{},
			func(a *account.Account) error { ids = append(ids, strings.Clone(a.NativeIdentity)); return nil })
		if err != nil || !l.Proven || !slices.Equal(ids, []string{"a0", "a1", "a2", "a3", "d0"}) {
			t.Errorf("%v, %+v, %v", ids, l, err)
		}
		w.server.AddFault(sandbox.Rule{Method: "GET", Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultShortPage}})
		l, err = sync.Walk(w.t.Context(), w.client, account.Query{}, sync.ListOptions{}, func(*account.Account) error { return nil })
		if err != nil || l.Proven || l.Doubt == "" {
			t.Errorf("%+v, %v", l, err)
		}
	})
}
