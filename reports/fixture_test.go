package reports

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/csvfile"
	"accountsync/diff"
	"accountsync/sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// people is the input of the fixture. Lines 2 to 4 are kept; the others are
// what everyState makes of them.
const people = `id,city,groups,note
kept.1,Austin,Staff,
kept.2,Oslo,Staff;VPN,
kept.3,Rome,Staff,"two
lines"
new.anna,Paris,Staff;VPN,=1+1
new.山田,東京,Staff,-
new.zoe,Lima,Staff,
put.bob,Paris,Staff,'quoted
put.eve,Kyiv,Staff;VPN;Admin,+49 30 1234
put.stale,Bern,Staff,@home
,Nowhere,Staff,no key
short.row,Berlin
long.row,Berlin,Staff,note,one,two
`

var peopleSchema = account.Schema{
	IdentityAttribute: "id",
	Attributes: []account.SchemaAttribute{
		{Name: "id", Type: account.TypeString},
		{Name: "city", Type: account.TypeString},
		{Name: "groups", Type: account.TypeString, Multi: true},
		{Name: "note", Type: account.TypeString},
	},
}

var peopleSource = account.Source{ID: "2c9180835d2e5168015d32f890ca1581", Name: "HR People", Type: "DelimitedFile", ConnectionType: "file"}

// input is a desired-state file that was read.
type input struct {
	table    *csvfile.Table
	rows     []account.Row
	rejected []account.Rejected
}

// readInput writes the text into a file and reads it as a run would.
func readInput(t testing.TB, text string, opt csvfile.Options) input {
	t.Helper()
	path := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return openInput(t, path, opt)
}

func openInput(t testing.TB, path string, opt csvfile.Options) input {
	t.Helper()
	f, err := csvfile.Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	in := input{}
	if in.table, err = f.Bind(peopleSource, peopleSchema); err != nil {
		t.Fatal(err)
	}
	for record, err := range in.table.Records() {
		if err != nil {
			t.Fatal(err)
		}
		if record.Row == nil {
			in.rejected = append(in.rejected, *record.Rejected)
			continue
		}
		kept := *record.Row
		kept.Cells = slices.Clone(kept.Cells)
		for i, c := range kept.Cells {
			kept.Cells[i] = strings.Clone(c)
		}
		kept.Key = strings.Clone(kept.Key)
		in.rows = append(in.rows, kept)
	}
	return in
}

// row finds a row by its key.
func (in input) row(t testing.TB, key string) account.Row {
	t.Helper()
	i := slices.IndexFunc(in.rows, func(r account.Row) bool { return r.Key == key })
	if i < 0 {
		t.Fatalf("the input has no row %q", key)
	}
	return in.rows[i]
}

// seq yields the rows as kept rows.
func seq(rows []account.Row) func(func(account.Row, error) bool) {
	return func(yield func(account.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// everyState is a run with an operation in every state, kept and rejected rows,
// orphans, guards and notes.
func everyState(t testing.TB) *fake {
	t.Helper()
	in := readInput(t, people, csvfile.Options{})
	s := &fake{
		Head: sync.Head{
			Source: peopleSource,
			Input: sync.Input{File: "people.csv", SHA256: in.table.SHA256(), Records: 12, Rows: len(in.rows) + len(in.rejected), Rejected: len(in.rejected),
				Key: "id", Columns: in.table.Header()},
			Listing: sync.Listing{Accounts: 1210, Pages: 5, TotalBefore: 1210, TotalAfter: 1210, Proven: true, Tries: 1},
			Guards:  everyGuard(),
			Notes:   []string{"idNowDescription was carried over on 3 accounts."},
		},
		Rejected: in.rejected,
		Orphans:  []diff.Orphan{{Key: "orphan.1", AccountID: "acc-901"}, {Key: "orphan.2", AccountID: "acc-902"}},
		KeptRows: seq(in.rows[:3]),
		Table:    in.table,
	}
	s.Operations = everyOperation(t, in)
	tally(s, 3)
	r := head(s)
	r.Finished = r.Started.Add(105_200 * time.Millisecond)
	r.Requests.ByCode = []sync.CodeCount{{Code: 200, Count: 9}, {Code: 202, Count: 1029}, {Code: 400, Count: 3}, {Code: 429, Count: 2}}
	r.Latency = &sync.Latency{Count: 1043, P50MS: 148, P90MS: 212, P99MS: 640, MaxMS: 1204}
	r.Timeline = everySecond()
	r.Settings = []sync.Setting{{Name: "allow-cleared", Value: "1", Origin: "the command line"}, {Name: "file", Value: "people.csv", Origin: "the command line"}, {Name: "max-removals", Value: "1", Origin: "configuration file accountsync.yaml"},
		{Name: "rate", Value: "100/10s", Origin: "default"}, {Name: "source", Value: "HR People", Origin: "the environment"}}
	return r
}

// aPlan is a plan of what everyState did, and of an account that goes to another
// identity.
func aPlan(t testing.TB) *fake {
	t.Helper()
	r := everyState(t)
	for _, op := range r.Operations {
		op.State, op.Attempts, op.HTTP, op.Task, op.TaskStatus, op.TrackingID, op.Error, op.Code, op.DurationMS = sync.Withheld, 0, 0, "", "", "", "", sync.Reason{}, 0
		if op.Op == diff.Create {
			op.Account = ""
		}
	}
	r.Operations = append(r.Operations[:6:6], append([]*testOp{{Op: diff.Patch, Key: "put.bob", Native: "put.bob", Name: "Bob Put", Account: "acc-11", Line: 9, Offset: -1, State: sync.Withheld, IdentityID: "identity-11", IdentityName: "Robert Put", IdentityState: "ACTIVE",
		Changes: []diff.Field{field(account.IdentityIDColumn, "identity-11", "identity-12")}}}, r.Operations[6:]...)...)
	r.Guards = []diff.Guard{{Name: diff.GuardRemovals, Planned: 3, Limit: 1, Needed: 3, AllowedBy: "--allow-removals 3"}, r.Guards[1], r.Guards[2]}
	r.Unusual = []diff.Unusual{{Op: diff.Delete, Planned: 2, Median: 0.5}}
	tally(r, 3)
	r.Command, r.Outcome, r.ExitCode = "plan", sync.Planned, 0
	return r
}

// leavingOut is a plan that leaves removals and one put out.
func leavingOut(t testing.TB) *fake {
	t.Helper()
	r := aPlan(t)
	for _, op := range r.Operations {
		if op.Op == diff.Delete || op.Op == diff.Disable || op.Key == "put.eve" {
			op.Code = sync.Reason{Code: sync.CodeExcluded, Details: sync.Details{Text: "--exclude @left-out.txt"}}
		}
	}
	return r
}

// everySecond is a run of 105 seconds with two refusals and a pause after them.
func everySecond() []sync.Interval {
	var all []sync.Interval
	for at := range 105 {
		i := sync.Interval{At: at, Seconds: 1, Requests: int64(10 + at*7%3)}
		switch {
		case at == 40:
			i.Refused, i.PausedMS = 2, 500
		case at == 41:
			i.Requests, i.PausedMS = 4, 1000
		}
		all = append(all, i)
	}
	return all
}

func everyGuard() []diff.Guard {
	return []diff.Guard{
		{Name: diff.GuardRemovals, Planned: 3, Limit: 1, Tripped: true, Needed: 3},
		{Name: diff.GuardUpdates, Planned: 3, Limit: 605},
		{Name: diff.GuardCleared, Attribute: "city", Planned: 1, Limit: 0, Needed: 1, AllowedBy: "--allow-cleared 1"},
	}
}

// head completes the head of a run, of one without a source where there is none.
func head(of ...*fake) *fake {
	if len(of) == 0 {
		return head(new(fake))
	}
	f := of[0]
	started := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	f.Run, f.Command, f.Version, f.Outcome, f.ExitCode = "20261123T020000Z-7f3a", "sync", "1.0.0", sync.Partial, 3
	f.Started, f.Finished = started, started.Add(4100*time.Millisecond)
	f.Tenant, f.API = "https://acme.api.identitynow.com", "v3"
	f.Requests = sync.Requests{Total: 1043, Throttled: 2, Retried: 3, PausedMS: 1500}
	return f
}

// tally counts the operations as package sync does.
func tally(s *fake, kept int) {
	s.Totals = sync.Totals{Kept: kept, Rejected: len(s.Rejected), Orphan: len(s.Orphans)}
	for _, op := range s.Operations {
		count := s.Totals.Op(op.Op)
		count.Planned++
		*count.State(op.State)++
	}
}

var (
	removalsGuard = sync.Reason{Code: sync.CodeGuard, Details: sync.Details{Guard: "removals"}}
	notShown      = sync.Reason{Code: sync.CodeNotShown, Details: sync.Details{Shows: sync.ShowsAbsent, After: 2 * time.Minute}}
)

func everyOperation(t testing.TB, in input) []*testOp {
	t.Helper()
	ops := []*testOp{
		{Op: diff.Create, Key: "new.anna", Account: "acc-1", State: sync.Verified, Attempts: 1, HTTP: 202, Task: "task-1", TaskStatus: "SUCCESS", DurationMS: 150,
			Changes: []diff.Field{field("city", "", "Paris"), {Attribute: "groups", After: `["Staff","VPN"]`}, field("note", "", "=1+1")}},
		{Op: diff.Create, Key: "new.zoe", State: sync.Failed, Attempts: 3, HTTP: 400, TrackingID: "e7eab60924f64aa284175b9fa3309599",
			Error: "400.1 Bad request syntax: the request was syntactically correct but its content is semantically invalid", Changes: []diff.Field{field("city", "", "Lima")}},
		{Op: diff.Create, Key: "new.山田", State: sync.Accepted, Attempts: 1, HTTP: 202, Task: "task-2", TaskStatus: "SUCCESS",
			Code: notShown, Changes: []diff.Field{field("city", "", "東京")}},
		{Op: diff.Put, Key: "put.bob", Name: "Bob Put", IdentityID: "identity-11", IdentityName: "Robert Put", IdentityState: "ACTIVE", Account: "acc-11", State: sync.Verified, Attempts: 2, HTTP: 202, Task: "task-3", TaskStatus: "WARNING",
			Changes: []diff.Field{field("city", "Austin", "Paris"), {Attribute: "level", Before: "12345678901234567890", After: "12345678901234567891"}}},
		{Op: diff.Put, Key: "put.eve", Account: "acc-12", State: sync.Withheld, Code: sync.Reason{Code: sync.CodeBudget},
			Changes: []diff.Field{{Attribute: "groups", Before: `["Staff"]`, After: `["Staff","VPN","Admin"]`}}},
		{Op: diff.Put, Key: "put.stale", Account: "acc-13", State: sync.Stale, Attempts: 1, HTTP: 404, Code: sync.Reason{Code: sync.CodeGone},
			Changes: []diff.Field{field("city", "Bern", "")}},
		{Op: diff.Enable, Key: "back.1", Account: "acc-31", Offset: -1, State: sync.Verified, Attempts: 1, HTTP: 202, Task: "task-4", TaskStatus: "SUCCESS"},
		{Op: diff.Unlock, Key: "back.2", Account: "acc-32", Offset: -1, State: sync.Accepted, Attempts: 1, HTTP: 202,
			Code: sync.Reason{Code: sync.CodeManual, Details: sync.Details{Shows: sync.ShowsLocked, After: 2 * time.Minute}}},
		{Op: diff.Disable, Key: "gone.3", Account: "acc-23", Offset: -1, State: sync.Withheld, Code: removalsGuard, Name: "Gil Three", IdentityID: "identity-3", IdentityName: "Gil Three", IdentityState: "INACTIVE_SHORT_TERM"},
		{Op: diff.Delete, Key: "gone.1", Account: "acc-21", Offset: -1, State: sync.Withheld, Code: removalsGuard,
			Name: "Gina One", IdentityID: "identity-1", IdentityName: "Gina Onegin", IdentityState: "ACTIVE",
			Takes: []account.Attribute{{Name: "city", Value: `"Turin"`}, {Name: "groups", Value: `["Admin","VPN"]`}}},
		{Op: diff.Delete, Key: "gone.2", Account: "acc-22", Offset: -1, State: sync.Withheld, Code: removalsGuard},
	}
	for _, op := range ops {
		op.Native = op.Key
		if op.Offset == 0 {
			row := in.row(t, op.Key)
			op.Line, op.Offset = row.Line, row.Offset
		}
	}
	return ops
}

// field is a change of one text; "" is a missing value.
func field(name, before, after string) diff.Field {
	return diff.Field{Attribute: name, Before: textValue(before), After: textValue(after)}
}

func textValue(s string) account.Value {
	if s == "" {
		return ""
	}
	return account.StringValue(s)
}

// manyCreates is a run of n creates without an input.
func manyCreates(n int, state sync.State) *fake {
	s := &fake{Head: sync.Head{Source: peopleSource, Input: sync.Input{File: "people.csv", SHA256: strings.Repeat("5f1d", 16), Rows: n}}}
	s.Operations = make([]*testOp, n)
	for i := range s.Operations {
		key := fmt.Sprintf("user.%06d", i)
		s.Operations[i] = &testOp{Op: diff.Create, Key: key, Account: "acc-" + key, Line: i + 2, Offset: int64(i), State: state,
			Attempts: 1, HTTP: 202, Task: "task-" + key, TaskStatus: "SUCCESS",
			Changes: []diff.Field{field("city", "", "Paris"), field("mail", "", key+"@example.org"), field("title", "Clerk", "Manager")}}
	}
	tally(s, 0)
	return head(s)
}

// writeAll writes the files of a run into dir.
func writeAll(dir string, r runner) error {
	run := r.run()
	return NewFiles(dir, run.Head().Run).WriteAll(context.Background(), run)
}

// redacted is a run with values masked.
func redacted(t failer, r runner, attributes ...string) *Run {
	masked, err := Redact(context.Background(), r.run(), attributes)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return masked
}

// surveyed is what is said of the run as a whole.
func surveyed(t failer, r runner) *survey {
	s, err := r.run().survey(context.Background())
	if err != nil {
		t.Fatalf("%v", err)
	}
	return s
}

// inFormat is the run in one format.
func inFormat(t failer, format string, r runner) []byte {
	var b bytes.Buffer
	if err := Write(context.Background(), &b, format, r.run(), Options{Width: 80}); err != nil {
		t.Fatalf("%v", err)
	}
	return b.Bytes()
}

// readBack is a result.json read back.
func readBack(t testing.TB, text []byte) *Run {
	t.Helper()
	var result struct {
		resultHead
		Sources []jsontext.Value `json:"sources"`
	}
	var of resultSource
	err := json.Unmarshal(text, &result, jsonOptions)
	if err == nil {
		err = json.Unmarshal(result.Sources[0], &of, jsonOptions)
	}
	if err != nil {
		t.Fatal(err)
	}
	h := &result.resultHead
	r := &fileReader{file: bytes.NewReader(result.Sources[0]), lists: map[string]int64{}, head: &sync.Head{
		Run: h.Run, Command: h.Command, Undoes: h.Undoes, Applies: h.Applies, MadeBy: h.MadeBy, Approved: h.Approved, Version: h.Version, Outcome: h.Outcome, ExitCode: h.ExitCode,
		Error: h.Error, Hint: h.Hint, Started: h.Started, Finished: h.Finished, Tenant: h.Tenant, API: h.API, Requests: h.Requests, Latency: h.Latency,
		Timeline: h.Timeline, Settings: h.Settings, Redacted: h.Redacted,
		Source: of.Source, Input: of.Input, Listing: of.Listing, Hold: of.Hold, Guards: of.Guards, Totals: of.Totals, Notes: of.Notes, Unusual: of.Unusual}}
	if err := r.index(bytes.NewReader(result.Sources[0])); err != nil {
		t.Fatal(err)
	}
	return &Run{Reader: r}
}

// operationsOf are all operations of a run.
func operationsOf(t failer, r runner) (ops []*sync.Operation) {
	for op, err := range r.run().Operations(context.Background(), sync.Filter{}) {
		if err != nil {
			t.Fatalf("%v", err)
		}
		ops = append(ops, op)
	}
	return ops
}
