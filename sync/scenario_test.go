package sync_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/account"
	"accountsync/csvfile"
	"accountsync/diff"
	"accountsync/internal/exit"
	"accountsync/reports"
	"accountsync/sandbox"
	"accountsync/sync"

	"pgregory.net/rapid"
)

// scenario is a tenant, what it should become, and its bad days.
type scenario struct {
	Accounts      []sandbox.AccountSeed
	Direct        bool
	Authoritative bool
	CSV           string
	Terms         sync.Terms
	Protect       []string
	Rules         diff.Selection // of --only and --exclude
	Missing       []int          // accounts, by number, whose grace is over, as far as they are disabled
	Faults        []sandbox.Rule
	State         string // of the store: a PostgreSQL that all worlds share; "": a directory for each
}

// worlds counts the worlds that share a store.
var worlds atomic.Int64

// fewOf is a part of a list.
func fewOf[T any](t *rapid.T, name string, all []T, most int) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, most, func(v T) string { return fmt.Sprint(v) }).Draw(t, name)
}

// oneIn is true for one in n.
func oneIn(t *rapid.T, n int, name string) bool { return rapid.IntRange(1, n).Draw(t, name) == n }

var cities = []string{"", "Oslo", "Paris", "São Paulo", `a "b"`, "x, y", "0012"}

func drawScenario(t *rapid.T) *scenario {
	s := &scenario{}
	n := rapid.IntRange(0, 9).Draw(t, "accounts")
	for i := range n {
		a := sandbox.AccountSeed{Attributes: sandbox.Attributes{"id": fmt.Sprintf("a%d", i), "note": "kept by hand",
			"city": rapid.SampledFrom(cities).Draw(t, "city"), "groups": fewOf(t, "groups", []string{"VPN", "Mail", "Chat"}, 2)}}
		a.Disabled, a.Locked = oneIn(t, 5, "disabled"), oneIn(t, 6, "locked")
		if oneIn(t, 4, "correlated") {
			a.Identity = "Ada"
		}
		s.Accounts = append(s.Accounts, a)
	}
	s.Direct, s.Authoritative = oneIn(t, 8, "direct"), oneIn(t, 6, "authoritative")
	s.terms(t)
	s.CSV = s.rows(t, n)
	if oneIn(t, 3, "protects") {
		s.Protect = []string{fmt.Sprintf("a%d", rapid.IntRange(0, 9).Draw(t, "protected"))}
	}
	s.Missing = fewOf(t, "missing", []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 6)
	if oneIn(t, 3, "in part") {
		s.Rules = drawRules(t)
	}
	if !oneIn(t, 3, "good day") {
		for range rapid.IntRange(1, 3).Draw(t, "faults") {
			s.Faults = append(s.Faults, drawFault(t))
		}
	}
	return s
}

// drawRules are rules of --only and --exclude. Some match nothing.
func drawRules(t *rapid.T) (s diff.Selection) {
	rule := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"op=create", "op=put", "op=patch", "op=disable", "op=enable", "op=delete", "key=a[0-4]", "key=a1", "key=a7", "key=a1?", "attribute=city",
			"attribute=groups", "attribute=account.*"}).Draw(t, "rule")
	})
	s, err := diff.ParseSelection(rapid.SliceOfN(rule, 0, 2).Draw(t, "only"), rapid.SliceOfN(rule, 0, 3).Draw(t, "exclude"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scenario) terms(t *rapid.T) {
	o := &s.Terms
	*o = sync.Terms{Workers: rapid.SampledFrom([]int{1, 2, 16}).Draw(t, "workers"), Verify: true, VerifyTimeout: time.Minute, LostAfter: 20 * time.Second}
	o.Removal = rapid.SampledFrom([]diff.Removal{diff.RemovalReport, diff.RemovalDelete, diff.RemovalDelete, diff.RemovalDisable, diff.RemovalDisableThenDelete}).Draw(t, "removal")
	if o.Removal == diff.RemovalDisableThenDelete {
		o.Grace = 14 * 24 * time.Hour
	}
	if oneIn(t, 3, "patch") {
		o.UpdateWith = diff.Patch
	}
	if oneIn(t, 4, "canary") {
		o.Canary = rapid.IntRange(1, 4).Draw(t, "canaries")
	}
	if oneIn(t, 3, "guards") {
		o.Limits, o.SkipRemovals = diff.DefaultLimits(), oneIn(t, 2, "skip removals")
		if oneIn(t, 2, "half") {
			o.Limits.Removals, _ = diff.ParseLimit("50%")
			o.Limits.Updates = diff.Limit{}
		}
	}
	if oneIn(t, 4, "budget") {
		o.MaxErrors, _ = diff.ParseLimit(rapid.SampledFrom([]string{"0", "1", "2"}).Draw(t, "max errors"))
		o.Workers = 1 // or which operations it comes to is a matter of luck
	}
	o.AllowDirectCreate, o.AllowRecorrelate = oneIn(t, 2, "direct creates"), oneIn(t, 2, "recorrelate")
	o.Reload = oneIn(t, 6, "reload")
	o.Options = csvfile.Options{MergeRows: oneIn(t, 3, "merge")}
}

// rows is a file with rows of every kind.
func (s *scenario) rows(t *rapid.T, n int) string {
	columns := append([]string{"id"}, fewOf(t, "columns", []string{"city", "groups", "note", "age", "account.disabled", "account.locked", "account.identityId"}, 7)...)
	var b strings.Builder
	b.WriteString(strings.Join(columns, ",") + "\n")
	row := func(id string) {
		for i, c := range columns {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(s.cell(t, c, id))
		}
		b.WriteByte('\n')
	}
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, n+4), 1, n+5, rapid.ID).Draw(t, "rows") {
		row(fmt.Sprintf("a%d", i))
		if oneIn(t, 8, "twice") {
			row(fmt.Sprintf("a%d", i))
		}
	}
	if oneIn(t, 8, "no key") {
		row("")
	}
	if oneIn(t, 12, "ragged") {
		b.WriteString("x,y,z,1,2,3,4,5,6,7,8\n")
	}
	return b.String()
}

func (s *scenario) cell(t *rapid.T, column, id string) string {
	switch column {
	case "id":
		return id
	case "city":
		return `"` + strings.ReplaceAll(rapid.SampledFrom(cities).Draw(t, "cell"), `"`, `""`) + `"`
	case "groups":
		return rapid.SampledFrom([]string{"", "VPN", "VPN;Mail", "Chat", "Chat;Mail;VPN"}).Draw(t, "groups")
	case "note":
		return rapid.SampledFrom([]string{"kept by hand", "kept by hand", "by row", ""}).Draw(t, "note")
	case "age":
		return rapid.SampledFrom([]string{"", "7", "12345678901234567890"}).Draw(t, "age")
	case account.IdentityIDColumn:
		return rapid.SampledFrom([]string{"", "", ada}).Draw(t, "identity")
	case account.LockedColumn:
		return rapid.SampledFrom([]string{"", "", "false", "true"}).Draw(t, "locked")
	}
	return rapid.SampledFrom([]string{"", "", "true", "false"}).Draw(t, "state")
}

// drawFault is what goes wrong with the writes of one account.
func drawFault(t *rapid.T) sandbox.Rule {
	if oneIn(t, 4, "of a list") {
		return drawListFault(t)
	}
	r := sandbox.Rule{Method: rapid.SampledFrom([]string{"POST", "PUT", "PATCH", "DELETE"}).Draw(t, "method"),
		Match: fmt.Sprintf(`"a%d"`, rapid.IntRange(0, 13).Draw(t, "whose"))}
	switch r.Fault.Kind = rapid.SampledFrom([]sandbox.FaultKind{sandbox.FaultStatus, sandbox.FaultTaskFails, sandbox.FaultVanish, sandbox.FaultLostBefore,
		sandbox.FaultLostAfter, sandbox.FaultStatusAfter, sandbox.FaultTaskSlow, sandbox.FaultTaskUnknown, sandbox.FaultTaskNeverEnds, sandbox.FaultDiscard}).Draw(t, "fault"); r.Fault.Kind {
	case sandbox.FaultStatus:
		r.Fault.Status = rapid.SampledFrom([]int{400, 404, 503}).Draw(t, "status")
		if r.Fault.Status == 503 {
			r.Count = 1
		}
	case sandbox.FaultLostBefore, sandbox.FaultLostAfter:
		r.Count = 1
	case sandbox.FaultStatusAfter:
		r.Fault.Status, r.Count = 502, 1
	case sandbox.FaultTaskSlow:
		r.Fault.Delay = sandbox.Duration(8 * time.Second)
	}
	return r
}

// drawListFault is what goes wrong with lists and looks.
func drawListFault(t *rapid.T) sandbox.Rule {
	r := sandbox.Rule{Method: "GET", Path: "/accounts", Every: rapid.IntRange(2, 5).Draw(t, "every"), Fault: sandbox.Fault{Kind: rapid.SampledFrom([]sandbox.FaultKind{
		sandbox.FaultStaleLook, sandbox.FaultStatus, sandbox.FaultCutBody, sandbox.FaultExpireToken, sandbox.FaultSlow}).Draw(t, "fault")}}
	switch r.Fault.Kind {
	case sandbox.FaultStaleLook: // a replica that lags
		r.Match, r.Fault.Delay = "nativeIdentity", sandbox.Duration(rapid.IntRange(1, 8).Draw(t, "lag"))*sandbox.Duration(time.Second)
	case sandbox.FaultExpireToken, sandbox.FaultStatus:
		r.Every, r.Count = r.Every*2, 2
	case sandbox.FaultSlow:
		r.Fault.Delay = sandbox.Duration(5 * time.Second)
	}
	return r
}

// in runs a test in a world of the scenario. Every world of it begins alike.
func (s *scenario) in(t *testing.T, test func(*world)) {
	synctest.Test(t, func(t *testing.T) {
		seed := &sandbox.Seed{
			Clients:    []sandbox.Client{{ID: "me", Secret: "s"}},
			Identities: []sandbox.IdentitySeed{{Name: "Ada", ID: ada}, {Name: "Bo", ID: strings.Repeat("b", 32)}},
			Sources: []sandbox.SourceSeed{{Name: "S", DeleteThreshold: 100, Authoritative: s.Authoritative, Accounts: s.Accounts, Schema: sandbox.SchemaSeed{
				IdentityAttribute: "id", DisplayAttribute: "id", Attributes: []sandbox.AttributeSeed{
					{Name: "id"}, {Name: "city"}, {Name: "groups", IsMulti: true}, {Name: "note"}, {Name: "age", Type: "LONG"}}}}},
			TaskDelay: sandbox.Duration(2 * time.Second),
			Latency:   sandbox.Latency{List: sandbox.Duration(300 * time.Millisecond), Write: sandbox.Duration(150 * time.Millisecond)},
			Faults:    s.Faults,
		}
		if s.Direct {
			seed.Sources[0].ConnectionType = "direct"
		}
		w := &world{t: t, server: sandbox.New(seed), state: s.State, prefix: fmt.Sprintf("%d-", worlds.Add(1))}
		defer w.set()()
		w.terms = s.Terms
		w.terms.Protect = s.Protect
		w.file(s.CSV)
		protect, err := diff.ParseProtect(s.Protect, os.ReadFile)
		if err != nil {
			t.Fatal(err)
		}
		w.settings.Policy.Protect, w.settings.Policy.Absences = protect, map[string]diff.Absence{}
		for _, m := range s.missing(w) {
			w.settings.Policy.Absences[m.AccountID] = m
		}
		if w.settings.Policy.Select, err = s.Rules.Selector(); err != nil {
			t.Fatal(err)
		}
		test(w)
	})
}

// missing are accounts that no row asked for long ago.
func (s *scenario) missing(w *world) (all []diff.Absence) {
	then := time.Now().Add(-30 * 24 * time.Hour)
	for _, i := range s.Missing {
		a := w.account(fmt.Sprintf("a%d", i))
		if a == nil || s.Terms.Removal == diff.RemovalReport || s.Terms.Removal == diff.RemovalDelete {
			continue
		}
		m := diff.Absence{AccountID: a.ID, NativeIdentity: a.NativeIdentity, Since: then, DisableSent: then}
		if a.Disabled {
			m.SeenDisabledSince = then
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b diff.Absence) int { return strings.Compare(a.AccountID, b.AccountID) })
	return all
}

// ending is all that matters of how a run ended, as lines that can be compared.
type ending struct {
	Live, Writes, Operations, Absences, Lists []string
	Outcome                                   sync.Outcome
	Status                                    int    // of the process
	Failed                                    string // failed.csv
	Err                                       string
	Left                                      int // accounts
	Planned                                   bool
}

func (w *world) ending(s *scenario, r *result, err error) ending {
	w.t.Helper()
	time.Sleep(time.Minute) // what is under way ends
	e := ending{Outcome: r.outcome, Planned: r.rec.Status().Sealed}
	e.Status = exit.OfOutcome(r.outcome)
	if err != nil {
		e.Err = err.Error()
		e.Status, _ = exit.Diagnose(err)
	}
	e.Failed = w.failedCSV(r)
	for native, held := range w.snapshot() {
		e.Live = append(e.Live, native+" "+held)
	}
	for _, done := range w.server.Writes() {
		line := done.Operation + " " + done.NativeIdentity
		if done.After != nil {
			line += fmt.Sprint(" ", done.After.Attributes)
			switch done.Operation { // what else is done to the account may come before or after
			case "PATCH /accounts/*":
				line += " of " + done.After.IdentityID
			case "POST /accounts/*/unlock":
				line += fmt.Sprint(" locked: ", done.After.Locked)
			case "POST /accounts/*/enable", "POST /accounts/*/disable":
				line += fmt.Sprint(" disabled: ", done.After.Disabled)
			}
			line = strings.ReplaceAll(line, done.After.Value(account.IDNowDescription), "")
		}
		e.Writes = append(e.Writes, line)
	}
	for _, op := range r.Operations {
		why := r.WhyWithheld(op)
		if op.State != sync.Withheld {
			why = op.Reason
		}
		e.Operations = append(e.Operations, fmt.Sprintf("%s %s: %s %s %s %q %q %v", op.Op, op.Key, op.State, why.Code, why.Details.Shows, why.Details.Attributes, why.Details.Text, op.Changes))
	}
	for _, row := range r.Rejected {
		e.Lists = append(e.Lists, fmt.Sprintf("rejected %d %s %s", row.Line, row.Key, row.Reason))
	}
	e.Lists = append(e.Lists, fmt.Sprintf("%d kept, %d state only, %d orphans", r.Totals.Kept, r.Totals.StateOnly, r.Totals.Orphan))
	h := w.handOver(r, knownAs(s.missing(w)...), time.Now(), err == nil)
	for native, m := range h.missing {
		e.Absences = append(e.Absences, fmt.Sprintf("%s %v %v %v %v", native, m.Since.IsZero(), m.DisableSent.IsZero(), m.Unanswered, m.SeenDisabledSince.IsZero()))
	}
	e.Left = h.Accounts
	for _, lines := range [][]string{e.Live, e.Writes, e.Absences} {
		slices.Sort(lines)
	}
	return e
}

// failedCSV is the failed.csv of a run, without ids.
func (w *world) failedCSV(r *result) string {
	w.t.Helper()
	if !r.rec.Status().Sealed {
		return ""
	}
	table, err := w.csv.Bind(r.Source, r.AccountSchema)
	if err != nil {
		w.t.Fatal(err)
	}
	var b strings.Builder
	if err := reports.Write(context.Background(), &b, "failed", &reports.Run{Reader: r.rec, Table: table}, reports.Options{}); err != nil {
		w.t.Fatal(err)
	}
	return idsIn.ReplaceAllString(b.String(), "ID")
}

var idsIn = regexp.MustCompile(`[0-9a-f]{32}`)
