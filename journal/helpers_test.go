package journal

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// tester is what a test, a benchmark and a rapid check have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// asIs compares what the journal keeps of a run.
var asIs = cmp.Options{
	cmpopts.IgnoreUnexported(sync.Operation{}),
	cmpopts.IgnoreFields(sync.Source{}, "KeptRows", "Orphans", "Table"),
}

func equal[T any](t tester, got, want T, opts ...cmp.Option) {
	t.Helper()
	if d := cmp.Diff(want, got, append(opts, asIs)...); d != "" {
		t.Fatalf("(-want +got)\n%s", d)
	}
}

func ok(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// openJournal opens a journal that the test closes. It does not wait for the
// disk: no test pulls the plug.
func openJournal(t testing.TB, dir string) *Journal {
	t.Helper()
	j := openDurable(t, dir)
	_, err := j.write.ExecContext(t.Context(), "PRAGMA synchronous = OFF")
	ok(t, err)
	return j
}

// openDurable opens a journal as the program does.
func openDurable(t testing.TB, dir string) *Journal {
	t.Helper()
	j, err := Open(dir)
	ok(t, err)
	t.Cleanup(func() { ok(t, j.Close()) })
	return j
}

const (
	tenant   = "https://acme.api.identitynow.com"
	sourceID = "2c9180835d38ca0c015d606b50851b1e"
)

// at is a moment of the night in which the tests play.
func at(seconds int) time.Time {
	return time.Date(2026, 11, 23, 2, 0, seconds, 123456789, time.UTC)
}

// head is the head of the n-th run.
func head(n int) *sync.Result {
	return &sync.Result{Schema: sync.ResultSchema, Run: runID(n), Command: "sync", Version: "1.2.3", Tenant: tenant, API: "v3", Started: at(n),
		Settings: []sync.Setting{{Name: "workers", Value: "16", Origin: "default"}}, Redacted: []string{"birthDate"}}
}

func runID(n int) string { return fmt.Sprintf("%s-%04x", at(n).Format("20060102T150405Z"), n*7919) }

// ended is the head with how its run ended.
func ended(head *sync.Result, o sync.Outcome) *sync.Result {
	h := *head
	h.Outcome, h.Finished = o, head.Started.Add(time.Minute)
	h.Requests = sync.Requests{Total: 12, Throttled: 1, Retried: 1, PausedMS: 7000, ByCode: []sync.CodeCount{{Code: 202, Count: 11}, {Code: 429, Count: 1}}}
	h.Latency = &sync.Latency{Count: 12, P50MS: 40, P90MS: 90, P99MS: 120, MaxMS: 130}
	h.Timeline = []sync.Interval{{At: 0, Seconds: 1, Requests: 12, Refused: 1, PausedMS: 300}, {At: 1, Seconds: 1, PausedMS: 1000}}
	return &h
}

var accountSchema = account.Schema{
	IdentityAttribute: "id",
	DisplayAttribute:  "name",
	Attributes:        []account.SchemaAttribute{{Name: "id", Type: account.TypeString}, {Name: "groups", Type: account.TypeString, Multi: true}},
}

var settings = map[string]string{"file": "accounts.csv", "removal": "delete"}

// newSource is a source's part of a run with n operations, a third of each kind.
func newSource(n int) *sync.Source {
	s := &sync.Source{
		Source:     account.Source{ID: sourceID, Name: "HR", Type: "DelimitedFile", ConnectionType: "file"},
		Input:      sync.Input{File: "accounts.csv", SHA256: "ab12", Records: n, Rows: n},
		Listing:    sync.Listing{Accounts: n, Pages: 1, TotalBefore: n, TotalAfter: n, Proven: true, Tries: 1},
		Guards:     []diff.Guard{{Name: diff.GuardRemovals, Planned: n / 3, Limit: n}},
		Operations: []*sync.Operation{},
		Rejected:   []account.Rejected{},
	}
	for i := range n {
		s.Operations = append(s.Operations, newOperation(i, kind(i, n)))
	}
	recount(s)
	return s
}

// recount balances the totals of a source with its operations.
func recount(s *sync.Source) {
	s.Totals = uncounted(s.Totals)
	for _, op := range s.Operations {
		count(&s.Totals, op)
	}
}

func kind(i, n int) diff.Op {
	return []diff.Op{diff.Create, diff.Put, diff.Delete}[min(2, i*3/max(n, 1))]
}

// newOperation is a planned operation of about 1 KB.
func newOperation(i int, op diff.Op) *sync.Operation {
	o := &sync.Operation{Op: op, Key: fmt.Sprintf("user.%07d", i), Native: fmt.Sprintf("user.%07d", i), Seq: i, State: sync.Withheld,
		Line: i + 2, Offset: int64(i) * 80}
	if op == diff.Create {
		o.Changes = []diff.Field{{Attribute: "id", After: account.StringValue(o.Key)}, {Attribute: "groups", After: `["a","b"]`}}
		return o
	}
	o.Account, o.Fingerprint, o.IdentityID, o.IdentityState = fmt.Sprintf("2c91808a%024d", i), fmt.Sprintf("%016x", i), fmt.Sprintf("2c91808b%024d", i), "ACTIVE"
	o.Live = live(i)
	if op == diff.Delete {
		o.Reason, o.Why, o.Line, o.Offset = "no row has this key", "no row has this key", 0, -1
	}
	if op == diff.Put {
		o.Changes = []diff.Field{{Attribute: "city", Before: `"Austin"`, After: `"Paris"`}}
	}
	return o
}

func live(i int) []account.Attribute {
	attrs := []account.Attribute{
		{Name: "id", Value: account.StringValue(fmt.Sprintf("user.%07d", i))},
		{Name: "city", Value: `"Austin"`}, {Name: "manager", Value: account.Null}, {Name: "number", Value: "12345678901234567890"},
		{Name: "groups", Value: `["Sales \u0026 more","Europe","VPN"]`},
		{Name: account.IDNowDescription, Value: `"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"`},
	}
	for n := range 8 {
		attrs = append(attrs, account.Attribute{Name: fmt.Sprintf("attribute%d", n), Value: account.StringValue(fmt.Sprintf("a value of some length %d %d", n, i))})
	}
	return attrs
}

// begin begins a run that has n operations.
func begin(t tester, j *Journal, run, n int) (*Run, *sync.Result, *sync.Source) {
	t.Helper()
	h, s := head(run), newSource(n)
	r, err := j.Begin(context.Background(), h, s, accountSchema, settings)
	ok(t, err)
	return r, h, s
}

// send makes an operation look like one the API took, and records it.
func send(t tester, r sync.Journal, op *sync.Operation) {
	t.Helper()
	ok(t, r.Intend(context.Background(), op))
	op.Sent, op.State, op.Reason, op.Attempts, op.HTTP, op.Task, op.DurationMS = true, sync.Accepted, "", 1, 202, fmt.Sprintf("task-%d", op.Seq), 150
	ok(t, r.Record(op))
}

// verify makes it look like one that shows, and records it.
func verify(t tester, r sync.Journal, op *sync.Operation) {
	t.Helper()
	op.State, op.TaskStatus = sync.Verified, "SUCCESS"
	ok(t, r.Record(op))
}

// end ends a run with the totals of its operations.
func end(t tester, r *Run, h *sync.Result, s *sync.Source, o sync.Outcome) *sync.Result {
	t.Helper()
	recount(s)
	h = ended(h, o)
	h.Sources = []*sync.Source{s}
	ok(t, r.End(h, s))
	return h
}

// load reads a run, and its operations once more one by one.
func load(t tester, j *Journal, run string) *Stored {
	t.Helper()
	stored, err := j.Load(context.Background(), run)
	ok(t, err)
	for _, s := range stored.Result.Sources {
		equal(t, collect(t, j, run, s.Source.ID), s.Operations)
	}
	return stored
}

func collect(t tester, j *Journal, run, source string) []*sync.Operation {
	t.Helper()
	ops := []*sync.Operation{}
	for op, err := range j.Operations(context.Background(), run, source) {
		ok(t, err)
		ops = append(ops, op)
	}
	return ops
}

// states are the states of operations, in their order.
func states(ops []*sync.Operation) []sync.State {
	var all []sync.State
	for _, op := range ops {
		all = append(all, op.State)
	}
	return slices.Clip(all)
}
