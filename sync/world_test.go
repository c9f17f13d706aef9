package sync_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/isc"
	"accountsync/ratelimit"
	"accountsync/sandbox"
	"accountsync/sync"

	"github.com/rs/zerolog"
)

// world is a tenant with one flat-file source "S" and a run's settings for it,
// inside a bubble of virtual time.
type world struct {
	t        *testing.T
	server   *sandbox.Server
	client   *isc.Client
	settings sync.Settings
	stop     context.CancelFunc
	limiter  *ratelimit.Transport
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
		w.client = w.connect()
		stop, cancel := context.WithCancel(t.Context())
		w.stop = cancel
		defer cancel()
		w.settings = sync.Settings{Policy: diff.Policy{Removal: diff.RemovalDelete}, Workers: 16, Verify: true, VerifyTimeout: 2 * time.Minute, LostAfter: 20 * time.Second,
			Limits: diff.Limits{}, Stop: stop, Log: zerolog.Nop(), MaxErrors: limit(t, "25")}
		w.file(csv)
		test(w)
	})
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
func (w *world) connect() *isc.Client {
	w.t.Helper()
	w.limiter = ratelimit.NewTransport(ratelimit.Timeouts(w.server.Transport()), ratelimit.Quota{N: 100, Per: 10 * time.Second})
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
	path := filepath.Join(w.t.TempDir(), "in.csv")
	if err := os.WriteFile(path, []byte(csv), 0o600); err != nil {
		w.t.Fatal(err)
	}
	f, err := account.Open(path, account.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = f.Close() })
	w.settings.File = f
}

// sync plans and applies, and gives the result with what ended it early.
func (w *world) sync() (*sync.Source, error) {
	w.t.Helper()
	source, err := w.client.Source(w.t.Context(), "S")
	if err != nil {
		w.t.Fatal(err)
	}
	run, err := sync.Prepare(w.t.Context(), w.client, source, w.settings)
	if err == nil {
		err = run.Apply(w.t.Context(), w.client)
	}
	result, books := run.Result()
	if books != nil {
		w.t.Fatal(books)
	}
	return result, err
}

// states tells each operation's outcome, as "put a1 verified".
func states(s *sync.Source) (lines []string) {
	for _, op := range s.Operations {
		lines = append(lines, fmt.Sprintf("%s %s %s", op.Op, op.Key, op.State))
	}
	return lines
}

func (w *world) want(s *sync.Source, want ...string) {
	w.t.Helper()
	if got := states(s); !slices.Equal(got, want) {
		w.t.Errorf("operations:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
		for _, op := range s.Operations {
			w.t.Logf("%s %s: %s %s", op.Op, op.Key, op.Reason, op.Error)
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
