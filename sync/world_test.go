package sync_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/account"
	"accountsync/csvfile"
	"accountsync/diff"
	"accountsync/isc"
	"accountsync/journal"
	"accountsync/ratelimit"
	"accountsync/sandbox"
	"accountsync/sync"

	"github.com/rs/zerolog"
)

// world is a tenant with one flat-file source "S" and a run's settings for it,
// inside a bubble of virtual time.
type world struct {
	t         *testing.T
	server    *sandbox.Server
	client    *isc.Client
	limiter   *ratelimit.Transport // of the client
	terms     sync.Terms
	settings  sync.Settings
	csv       *csvfile.File
	store     *journal.Store
	state     string // where the store is
	prefix    string // of the ids of runs, where several worlds share a store
	runs      int
	sealed    func() // called when a life has sealed its plan
	requested int    // requests that the lives of processes sent
	stop      context.CancelFunc
}

// ada is the identity of the tenant.
var ada = strings.Repeat("a", 32)

// live seeds the accounts "a0".."a<n-1>" with a city and groups.
func live(n int) (accounts []sandbox.AccountSeed) {
	for i := range n {
		accounts = append(accounts, sandbox.AccountSeed{Attributes: sandbox.Attributes{
			"id": fmt.Sprintf("a%d", i), "city": "Oslo", "groups": []string{"VPN"}, "note": "kept by hand"}})
	}
	return accounts
}

// inWorld runs a test in virtual time against a sandbox with n accounts.
func inWorld(t *testing.T, n int, csv string, test func(*world), faults ...sandbox.Rule) {
	t.Helper()
	t.Parallel()
	bubble(t, n, csv, test, faults...)
}

// bubble is inWorld for a test that makes several worlds.
func bubble(t *testing.T, n int, csv string, test func(*world), faults ...sandbox.Rule) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		seed := &sandbox.Seed{
			Clients:    []sandbox.Client{{ID: "me", Secret: "s"}},
			Identities: []sandbox.IdentitySeed{{Name: "Ada", ID: ada}},
			Sources: []sandbox.SourceSeed{{Name: "S", DeleteThreshold: 100, Accounts: live(n), Schema: sandbox.SchemaSeed{
				IdentityAttribute: "id", DisplayAttribute: "id", Attributes: []sandbox.AttributeSeed{
					{Name: "id"}, {Name: "city"}, {Name: "groups", IsMulti: true}, {Name: "note"}, {Name: "age", Type: "LONG"}}}}},
			TaskDelay: sandbox.Duration(2 * time.Second),
			Latency:   sandbox.Latency{List: sandbox.Duration(300 * time.Millisecond), Write: sandbox.Duration(150 * time.Millisecond)},
			Faults:    faults,
		}
		if slices.ContainsFunc(faults, func(f sandbox.Rule) bool { return f.Path == direct.Path }) {
			seed.Sources[0].ConnectionType, seed.Sources[0].Type = "direct", ""
		}
		w := &world{t: t, server: sandbox.New(seed)}
		defer w.set()()
		w.file(csv)
		test(w)
	})
}

// set gives the world its client, settings and store; what it returns takes
// the world down.
func (w *world) set() func() {
	w.t.Helper()
	w.client = w.connect()
	stop, cancel := context.WithCancel(w.t.Context())
	w.stop = cancel
	w.terms = sync.Terms{Removal: diff.RemovalDelete, Workers: 16, Verify: true, VerifyTimeout: 2 * time.Minute, LostAfter: 20 * time.Second,
		MaxErrors: limit(w.t, "25")}
	w.settings = sync.Settings{Guarded: ratelimit.WithCheck, Stop: stop, Log: zerolog.Nop()}
	w.store = w.open()
	return func() {
		cancel()
		_ = w.store.Close()
	}
}

func limit(t *testing.T, s string) diff.Limit {
	t.Helper()
	l, err := diff.ParseLimit(s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// connect stacks the client as the program does, without a network.
func (w *world) connect() *isc.Client { return w.connectBy(w.server.Transport()) }

func (w *world) connectBy(transport http.RoundTripper) *isc.Client {
	w.t.Helper()
	w.limiter = ratelimit.NewTransport(ratelimit.Timeouts(transport), ratelimit.Quota{N: 100, Per: 10 * time.Second})
	client, err := isc.New(isc.Config{BaseURL: "https://t.api.identitynow.com", API: "v3", ClientID: "me", ClientSecret: "s", HTTP: w.limiter,
		CountAttempts: func(ctx context.Context) (context.Context, func() int) {
			ctx, a := ratelimit.WithAttempts(ctx)
			return ctx, a.Count
		}})
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

// file makes csv the desired state.
func (w *world) file(csv string) {
	w.t.Helper()
	path := filepath.Join(directory(w.t), "in.csv")
	if err := os.WriteFile(path, []byte(csv), 0o600); err != nil {
		w.t.Fatal(err)
	}
	f, err := csvfile.Open(path, w.terms.Options)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = f.Close() })
	w.csv = f
}

// open opens a store of the test's own.
func (w *world) open() *journal.Store {
	w.t.Helper()
	if w.state == "" {
		w.state = directory(w.t)
	}
	s, err := journal.Open(w.t.Context(), w.state)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// directory is a temporary directory, in memory where that can be: no test
// pulls the plug.
func directory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "accountsync")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// begin puts a run on record that has nothing planned yet.
func (w *world) begin(command string) *journal.Run {
	w.t.Helper()
	source, err := w.client.Source(w.t.Context(), "S")
	if err != nil {
		w.t.Fatal(err)
	}
	return w.beginOn(source, command)
}

func (w *world) beginOn(source account.Source, command string) *journal.Run {
	w.t.Helper()
	w.runs++
	rec, err := w.store.Begin(w.t.Context(), &sync.Head{Run: fmt.Sprintf("%srun%d", w.prefix, w.runs), Command: command, Tenant: "t", Started: time.Now(),
		Source: source, Terms: w.terms, Writes: command != "plan"})
	if err != nil {
		w.t.Fatal(err)
	}
	return rec
}

// policy is what the terms say of accounts without a row.
func (w *world) policy() sync.Settings {
	s := w.settings
	s.Policy.Removal, s.Policy.UpdateWith = w.terms.Removal, w.terms.UpdateWith
	s.Policy.AllowDirectCreate, s.Policy.AllowRecorrelate = w.terms.AllowDirectCreate, w.terms.AllowRecorrelate
	s.Policy.Grace, s.Policy.Now = w.terms.Grace, time.Now()
	return s
}

// result is a run as it stands.
type result struct {
	*sync.Head
	Operations []*sync.Operation
	Rejected   []account.Rejected
	rec        *journal.Run
	outcome    sync.Outcome
}

// read reads a run back.
func (w *world) read(rec *journal.Run, err error) *result {
	w.t.Helper()
	head := *rec.Head()
	r := &result{Head: &head, rec: rec}
	for op, err := range rec.Operations(context.Background(), sync.Filter{}) {
		if err != nil {
			w.t.Fatal(err)
		}
		r.Operations = append(r.Operations, op)
	}
	for row, err := range rec.Rejected(context.Background()) {
		if err != nil {
			w.t.Fatal(err)
		}
		r.Rejected = append(r.Rejected, row)
	}
	if unbalanced := sync.Balance(context.Background(), rec, &head); unbalanced != nil && err == nil {
		w.t.Fatal(unbalanced)
	}
	r.outcome, _ = sync.Conclude(context.Background(), rec, &head, head.Writes, err)
	return r
}

// sync plans and applies, and gives the result with what ended it early.
func (w *world) sync() (*result, error) {
	w.t.Helper()
	rec := w.begin("sync")
	err := sync.Run(w.t.Context(), w.client, rec, &sync.FromFile{File: w.csv}, w.policy())
	return w.read(rec, err), err
}

// states tells each operation's outcome, as "put a1 verified".
func states(r *result) (lines []string) {
	for _, op := range r.Operations {
		lines = append(lines, fmt.Sprintf("%s %s %s", op.Op, op.Key, op.State))
	}
	return lines
}

func (w *world) want(r *result, want ...string) {
	w.t.Helper()
	if got := states(r); !slices.Equal(got, want) {
		w.t.Errorf("operations:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
		for _, op := range r.Operations {
			w.t.Logf("%s %s: %+v %s", op.Op, op.Key, r.WhyWithheld(op), op.Error)
		}
	}
}

// account is the account of a native identity, nil when there is none.
func (w *world) account(native string) *sandbox.Account {
	for _, a := range w.server.Accounts(w.server.SourceID("S")) {
		if a.NativeIdentity == native {
			return &a
		}
	}
	return nil
}

// writes counts the requests that could have changed something.
func (w *world) writes() (n int) {
	for _, r := range w.server.Requests() {
		if r.Method != "GET" && r.Version != "oauth" {
			n++
		}
	}
	return n
}

// upserts counts the creates that changed an account that was there.
func (w *world) upserts() (n int) {
	for _, done := range w.server.Writes() {
		if done.Operation == "POST /accounts" && done.Before != nil {
			n++
		}
	}
	return n
}

// rows renders n rows of unchanged accounts, and more.
func rows(n int, more ...string) string {
	var b strings.Builder
	b.WriteString("id,city,groups\n")
	for i := range n {
		fmt.Fprintf(&b, "a%d,Oslo,VPN\n", i)
	}
	b.WriteString(strings.Join(more, "\n"))
	return b.String()
}

// direct makes the source a direct one. As a rule it does nothing.
var direct = sandbox.Rule{Path: "/direct", Fault: sandbox.Fault{Kind: sandbox.FaultSlow}}

// failing has every task of a method end with ERROR.
func failing(method string) sandbox.Rule {
	return sandbox.Rule{Method: method, Path: "/accounts", Fault: sandbox.Fault{Kind: sandbox.FaultTaskFails}}
}
