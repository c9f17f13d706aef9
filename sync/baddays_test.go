package sync_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/record"
	"accountsync/sandbox"
	"accountsync/sync"

	"pgregory.net/rapid"
)

// listFaults are bad days of a list, writeFaults of a write. Two are left out on
// purpose: a list that is short, with its witness in it and a total that agrees,
// cannot be told from a right one; and what empties every list cannot be told
// from an empty source, where the first create goes alone.
var (
	listFaults = []sandbox.Fault{
		{Kind: sandbox.FaultStatus}, {Kind: sandbox.FaultStatus, Status: 400}, {Kind: sandbox.FaultStatus, Status: 200, Body: "null"},
		{Kind: sandbox.FaultStatus, Status: 200, Body: "{}"}, {Kind: sandbox.FaultStatus, Status: 200, Body: sandbox.BodyNone},
		{Kind: sandbox.FaultRedirect}, {Kind: sandbox.FaultHTML}, {Kind: sandbox.FaultLostBefore}, {Kind: sandbox.FaultHangMiddle},
		{Kind: sandbox.FaultCutBody}, {Kind: sandbox.FaultCutGzip}, {Kind: sandbox.FaultNestedGzip}, {Kind: sandbox.FaultBOM},
		{Kind: sandbox.FaultExpireToken}, {Kind: sandbox.FaultFiltersDropped}, {Kind: sandbox.FaultEmptyList},
		{Kind: sandbox.FaultEmptyListNoTotal}, {Kind: sandbox.FaultOutOfOrder}, {Kind: sandbox.FaultShortPage, Rows: 1},
		{Kind: sandbox.FaultShortPage}, {Kind: sandbox.FaultRepeatRow}, {Kind: sandbox.FaultWrongTotal},
		{Kind: sandbox.FaultWrongTotal, Total: "0"}, {Kind: sandbox.FaultWrongTotal, Total: "none"}, {Kind: sandbox.FaultWrongTotal, Total: "-5"},
		{Kind: sandbox.FaultWrongTotal, Total: "1000000000000000000"}, {Kind: sandbox.FaultStaleLook, Rows: 2},
		{Kind: sandbox.FaultStaleLook, Delay: sandbox.Duration(8 * time.Second)}, {Kind: sandbox.FaultThrottled},
	}
	writeFaults = []sandbox.Fault{
		{Kind: sandbox.FaultStatus}, {Kind: sandbox.FaultStatus, Status: 400}, {Kind: sandbox.FaultStatus, Status: 403},
		{Kind: sandbox.FaultStatus, Status: 408}, {Kind: sandbox.FaultStatus, Status: 503}, {Kind: sandbox.FaultStatusAfter}, {Kind: sandbox.FaultStatusAfter, Status: 502},
		{Kind: sandbox.FaultRedirect}, {Kind: sandbox.FaultHTML}, {Kind: sandbox.FaultLostBefore}, {Kind: sandbox.FaultLostAfter},
		{Kind: sandbox.FaultHangBefore}, {Kind: sandbox.FaultHang}, {Kind: sandbox.FaultCutBody}, {Kind: sandbox.FaultExpireToken},
		{Kind: sandbox.FaultTaskFails}, {Kind: sandbox.FaultTaskNeverEnds}, {Kind: sandbox.FaultTaskSlow, Delay: sandbox.Duration(9 * time.Second)},
		{Kind: sandbox.FaultTaskUnknown}, {Kind: sandbox.FaultVanish}, {Kind: sandbox.FaultDiscard}, {Kind: sandbox.FaultCarriedLost},
		{Kind: sandbox.FaultCarriedLost, Attributes: []string{"note"}}, {Kind: sandbox.FaultThrottled},
	}
)

// drawRule draws a fault and when it happens.
func drawRule(t *rapid.T) sandbox.Rule {
	r := sandbox.Rule{Nth: rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3, 5}).Draw(t, "nth"), Count: rapid.SampledFrom([]int{0, 1, 2, 9}).Draw(t, "count"),
		AfterWrites: rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "after writes")}
	switch rapid.SampledFrom([]string{"listing", "look", "look", "list", "write", "write", "task", "token"}).Draw(t, "where") {
	case "listing":
		r.Method, r.Path, r.NotMatch = "GET", "/accounts", "nativeIdentity"
		r.Fault = rapid.SampledFrom(append(slices.Clone(listFaults), sandbox.Fault{Kind: sandbox.FaultShortList, Rows: 4}, sandbox.Fault{Kind: sandbox.FaultSamePage})).Draw(t, "fault")
	case "look":
		r.Method, r.Path, r.Match = "GET", "/accounts", "nativeIdentity"
		r.Fault = rapid.SampledFrom(listFaults).Draw(t, "fault")
	case "list":
		r.Method, r.Path = "GET", "/accounts"
		r.Nth = rapid.IntRange(1, 8).Draw(t, "nth list")
		r.Fault = rapid.SampledFrom(listFaults).Draw(t, "fault")
	case "write":
		r.Method = rapid.SampledFrom([]string{"POST", "PUT", "DELETE", "POST"}).Draw(t, "method")
		r.Path = rapid.SampledFrom([]string{"", "/accounts", "/accounts/*", "/accounts/*/disable", "/accounts/*/enable"}).Draw(t, "path")
		r.Fault = rapid.SampledFrom(writeFaults).Draw(t, "fault")
		if r.Path == "" {
			r.NotMatch = "client_secret"
		}
	case "task":
		r.Path = "/task-status"
		r.Fault = rapid.SampledFrom([]sandbox.Fault{{Kind: sandbox.FaultForeignTask}, {Kind: sandbox.FaultStatus}, {Kind: sandbox.FaultStatus, Status: 403}, {Kind: sandbox.FaultHTML}, {Kind: sandbox.FaultEmptyList}}).Draw(t, "fault")
	case "token":
		r.Path, r.Nth = "/oauth/token", rapid.IntRange(2, 3).Draw(t, "nth token")
		r.Fault = rapid.SampledFrom([]sandbox.Fault{{Kind: sandbox.FaultStatus, Status: 401}, {Kind: sandbox.FaultStatus}, {Kind: sandbox.FaultHTML}}).Draw(t, "fault")
	}
	return r
}

// Whatever the API answers, and whenever the run is interrupted: no account of
// the file is deleted, none that was there is created over, and what is called
// verified is in the sandbox's books. The same holds when it is resumed, and an
// undo deletes nothing that was there before.
func TestBadDays(t *testing.T) {
	t.Parallel()
	for _, removal := range []diff.Removal{diff.RemovalDelete, diff.RemovalDelete, diff.RemovalDisable, diff.RemovalReport} {
		t.Run(string(removal), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				csv, rules := drawRows(rt), rapid.SliceOfN(rapid.Custom(drawRule), 1, 3).Draw(rt, "rules")
				verify := rapid.IntRange(0, 9).Draw(rt, "verify") > 0
				stop := rapid.SampledFrom([]int{0, 0, 0, 500, 1200, 3000, 9000}).Draw(rt, "interrupted after")
				wrong := ""
				bubble(t, 10, csv, func(w *world) {
					if stop > 0 {
						time.AfterFunc(time.Duration(stop)*time.Millisecond, w.stop)
					}
					w.terms.Removal, w.terms.Verify = removal, verify
					w.terms.VerifyTimeout = 40 * time.Second
					before := w.server.Accounts(w.server.SourceID("S"))
					got, _ := w.sync()
					if wrong = w.misdeeds(csv, before, got); wrong == "" {
						wrong = w.aftermath(csv, before, got)
					}
				}, rules...)
				if wrong != "" {
					rt.Fatal(wrong)
				}
			})
		})
	}
}

// aftermath resumes a run on a better day, takes it back, and says what must not be.
func (w *world) aftermath(csv string, before []sandbox.Account, got *result) string {
	if !got.rec.Status().Sealed { // it has no plan on record
		return ""
	}
	w.server.ClearFaults()
	w.settings.Stop, w.client = w.t.Context(), w.connect()
	got, _ = w.resume(got)
	if wrong := w.misdeeds(csv, before, got); wrong != "" {
		return "resumed: " + wrong
	}
	time.Sleep(time.Minute) // what is still under way is done
	done := len(w.server.Writes())
	undo := w.begin("plan")
	if err := sync.Plan(w.t.Context(), w.client, undo, &sync.FromRun{Done: got.rec}, w.policy()); err == nil {
		_, _ = w.apply(undo)
	}
	for _, write := range w.server.Writes()[done:] {
		switch {
		case write.Operation == "POST /accounts" && write.Before != nil:
			return "undo created over " + write.NativeIdentity
		case write.Operation == "DELETE /accounts/*" && slices.ContainsFunc(before, func(a sandbox.Account) bool { return a.ID == write.AccountID }):
			return "undo deleted " + write.NativeIdentity + ", which was there before the run"
		}
	}
	return ""
}

// misdeeds says what the sandbox's books show that must not be.
func (w *world) misdeeds(csv string, before []sandbox.Account, got *result) string {
	native, byID := map[string]bool{}, map[string]sandbox.Account{}
	for line := range strings.Lines(csv) {
		id, _, _ := strings.Cut(line, ",")
		native[id] = true
	}
	for _, done := range w.server.Writes() {
		switch {
		case done.Operation == "POST /accounts" && done.Before != nil:
			return "created over " + done.NativeIdentity
		case done.Operation == "DELETE /accounts/*" && native[done.NativeIdentity]:
			return "deleted " + done.NativeIdentity + ", which has a row"
		}
	}
	for _, a := range w.server.Accounts(w.server.SourceID("S")) {
		byID[a.ID] = a
	}
	for _, op := range got.Operations {
		if op.State != record.Verified {
			continue
		}
		if text := unlike(op, byID, before); text != "" {
			return fmt.Sprintf("%s %s is verified, but %s", op.Op, op.Key, text)
		}
	}
	return ""
}

// unlike says how an account is not as a verified operation left it.
func unlike(op *record.Operation, now map[string]sandbox.Account, before []sandbox.Account) string {
	a, there := now[op.AccountID()]
	switch {
	case op.Op == diff.Delete && there:
		return "the account is there"
	case op.Op == diff.Delete:
		return ""
	case !there:
		return "the account is not there"
	case op.Op == diff.Disable && !a.Disabled, op.Op == diff.Enable && a.Disabled:
		return "its state is not so"
	}
	for _, f := range op.Changes {
		if account.IsStateColumn(f.Attribute) {
			continue
		}
		want := f.After.AppendTexts(nil)
		if live := a.Values(f.Attribute); !slices.Equal(slices.Sorted(slices.Values(live)), slices.Sorted(slices.Values(want))) {
			return fmt.Sprintf("%s is %q, not %q", f.Attribute, live, want)
		}
	}
	for _, was := range before {
		if was.ID == op.AccountID() && was.Value("note") != a.Value("note") {
			return "its note is lost"
		}
	}
	return ""
}
