package journal

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		fmt.Fprintln(os.Stderr, child(dir))
		os.Exit(1)
	}
	os.Exit(runTests(m))
}

// tester is what a test, a benchmark and a rapid check have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

var asIs = cmp.Options{cmpopts.EquateEmpty(), cmp.AllowUnexported(diff.Limit{})}

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

// database is one that keeps runs: new gives a new state on it.
type database struct {
	name string
	new  func(testing.TB) string
}

var onSQLite = database{"sqlite", testing.TB.TempDir}

// onAll runs a test on SQLite and, in make integration, on PostgreSQL.
func onAll(t *testing.T, test func(t *testing.T, state string)) {
	t.Helper()
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) { t.Parallel(); test(t, d.new(t)) })
	}
}

// open opens a store that the test closes. It does not wait for the disk: no
// test pulls the plug.
func open(t testing.TB, state string) *Store {
	t.Helper()
	s, err := Open(context.Background(), state)
	ok(t, err)
	t.Cleanup(func() { ok(t, s.Close()) })
	if !IsURL(state) {
		_, err = s.write.Exec("PRAGMA synchronous = OFF")
		ok(t, err)
	}
	return s
}

const (
	tenant   = "https://acme.api.identitynow.com"
	sourceID = "2c9180835d38ca0c015d606b50851b1e"
)

// at is a moment of the night in which the tests play.
func at(seconds int) time.Time {
	return time.Date(2026, 11, 23, 2, 0, 0, 123456789, time.UTC).Add(time.Duration(seconds) * time.Second)
}

func runID(n int) string { return fmt.Sprintf("%s-%04x", at(n).Format("20060102T150405Z"), n*7919) }

// head is the head of the n-th run.
func head(n int) *sync.Head {
	return &sync.Head{Run: runID(n), Command: "sync", Version: "1.2.3", Tenant: tenant, Client: "client", API: "v3", Started: at(n), Writes: true,
		Source: account.Source{ID: sourceID, Name: "HR", Type: "DelimitedFile", ConnectionType: "file"},
		Terms:  sync.Terms{Removal: diff.RemovalDelete, Limits: diff.DefaultLimits(), Verify: true, VerifyTimeout: 20 * time.Second}}
}

// operation is a planned operation, a third of each kind.
func operation(i int) *sync.Operation {
	op := &sync.Operation{}
	op.Op = []diff.Op{diff.Put, diff.Delete, diff.Create}[i%3]
	op.Key, op.Native, op.Line, op.Offset = fmt.Sprintf("E%07d", i*7919%1_000_003), fmt.Sprintf("E%07d", i*7919%1_000_003), i+2, int64(i)*120
	op.State = sync.Withheld
	if op.Op != diff.Create {
		op.Account, op.Fingerprint = fmt.Sprintf("2c91808a%024x", i), fmt.Sprintf("%032x", i)
		op.IdentityID, op.IdentityState = "2c9180857725a9b801772d1c8a0f3d0a", "ACTIVE"
	}
	if op.Op != diff.Delete {
		op.Changes = []diff.Field{
			{Attribute: "department", Before: `"R\u0026D"`, After: `"Sales \u003cEMEA\u003e"`},
			{Attribute: "manager", Before: account.StringValue(fmt.Sprintf("E%07d", i)), After: account.StringValue(fmt.Sprintf("E%07d", i+1))},
			{Attribute: "groups", After: account.ListValue([]string{"all", "sales", "emea"})},
		}
	}
	return op
}

// begin puts a run with n operations on record and seals it.
func begin(t testing.TB, s *Store, run, n int) *Run {
	t.Helper()
	h := head(run)
	r, err := s.Begin(context.Background(), h)
	ok(t, err)
	for i := range n {
		ok(t, r.AddOperations(context.Background(), operation(i)))
	}
	ok(t, r.Seal(context.Background(), h))
	return r
}

func operations(t tester, r sync.Reader, f sync.Filter) (ops []*sync.Operation) {
	t.Helper()
	for op, err := range r.Operations(context.Background(), f) {
		ok(t, err)
		ops = append(ops, op)
	}
	return ops
}
