package isc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"accountsync/account"
	"accountsync/isc"
	"accountsync/ratelimit"
	"accountsync/sandbox"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"
)

// staff is a tenant with one flat-file source of n accounts, e1 to en.
func staff(n int) *sandbox.Seed {
	source := sandbox.SourceSeed{
		Name: "Staff", Type: "DelimitedFile", ConnectionType: "file", DeleteThreshold: 12,
		Schema: sandbox.SchemaSeed{IdentityAttribute: "id", DisplayAttribute: "name", Attributes: []sandbox.AttributeSeed{
			{Name: "id"}, {Name: "name"}, {Name: "city"}, {Name: "number", Type: "LONG"},
			{Name: "groups", IsMulti: true, IsEntitlement: true, IsGroup: true},
		}},
	}
	for i := range n {
		source.Accounts = append(source.Accounts, sandbox.AccountSeed{Attributes: sandbox.Attributes{
			"id": fmt.Sprintf("e%d", i+1), "name": fmt.Sprintf("Person %d", i+1), "city": "Austin", "groups": []string{"wiki", "mail"},
		}})
	}
	return &sandbox.Seed{
		Seed: 7, Sources: []sandbox.SourceSeed{source},
		Clients:   []sandbox.Client{{ID: "tester", Secret: "sand", TokenLife: sandbox.Duration(749 * time.Second)}},
		TaskDelay: sandbox.Duration(200 * time.Millisecond),
	}
}

func connect(t *testing.T, base, api string, rt http.RoundTripper) *isc.Client {
	t.Helper()
	c, err := isc.New(isc.Config{
		BaseURL: base, API: api, ClientID: "tester", ClientSecret: "sand", HTTP: rt,
		CountAttempts: func(ctx context.Context) (context.Context, func() int) {
			ctx, n := ratelimit.WithAttempts(ctx)
			return ctx, n.Count
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// overHTTP serves the sandbox on a loopback port.
func overHTTP(t *testing.T, s *sandbox.Server, api string) *isc.Client {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return connect(t, server.URL, api, server.Client().Transport)
}

// limited is the stack of the program, in memory: its waits are virtual in a
// synctest bubble.
func limited(t *testing.T, s *sandbox.Server) *isc.Client {
	return connect(t, "https://sandbox.example", "v3", ratelimit.NewTransport(ratelimit.Timeouts(s.Transport()), ratelimit.Quota{N: 100, Per: 10 * time.Second}))
}

func TestListingIsWhole(t *testing.T) {
	t.Parallel()
	const n = 12_500
	s := sandbox.New(staff(n), sandbox.WithRate(sandbox.Rate{Kind: sandbox.RateOff}), sandbox.WithSettings(sandbox.Settings{NoGzip: true}))
	c := overHTTP(t, s, "v3")
	source := s.SourceID("Staff")
	pages := make([][]string, n/250)
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(8)
	for i := range pages {
		g.Go(func() error {
			p, err := c.Accounts(ctx, account.Query{SourceID: source, Offset: i * 250, Count: true})
			if err != nil || p.Total != n {
				return fmt.Errorf("page %d: total %d, %w", i, p.Total, err)
			}
			for a, err := range p.Accounts {
				if err != nil {
					return err
				}
				pages[i] = append(pages[i], strings.Clone(a.NativeIdentity))
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	keys := slices.Concat(pages...)
	slices.Sort(keys)
	if whole := len(slices.Compact(keys)); whole != n {
		t.Errorf("%d different accounts of %d", whole, n)
	}
}

// TestEveryOperation takes one account through its life under each form of the API.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	for _, api := range []string{"v3", "v2024", "v2025", "v2026", "v1", "beta"} {
		t.Run(api, func(t *testing.T) {
			t.Parallel()
			seed := staff(3)
			seed.Settings.ListRunningTasks = true
			seed.TaskDelay = sandbox.Duration(time.Millisecond)
			s := sandbox.New(seed)
			life(t, overHTTP(t, s, api), s)
		})
	}
}

func life(t *testing.T, c *isc.Client, s *sandbox.Server) {
	ctx := t.Context()
	source, err := c.Source(ctx, "Staff")
	want := account.Source{ID: s.SourceID("Staff"), Name: "Staff", Type: "DelimitedFile", ConnectionType: "file", DeleteThreshold: new(12)}
	if d := cmp.Diff(want, source); err != nil || d != "" {
		t.Fatal(err, d)
	}
	if byID, err := c.Source(ctx, source.ID); err != nil || cmp.Diff(source, byID) != "" {
		t.Fatal(byID, err)
	}
	schema, err := c.Schema(ctx, source.ID)
	if err != nil || schema.IdentityAttribute != "id" || len(schema.Attributes) != 5 || !schema.Attributes[4].Multi || schema.Attributes[3].Type != account.TypeLong {
		t.Fatal(schema, err)
	}
	done(t, c)(c.Create(ctx, source.ID, []account.Attribute{
		{Name: "id", Value: `"n\"7"`}, {Name: "name", Value: `"New"`}, {Name: "number", Value: `"12345678901234567890"`}, {Name: "city", Value: ""},
	}))
	a := find(t, c, source.ID, `n"7`)
	if a.Name != "New" || a.Attribute("number") != `"12345678901234567890"` || a.SourceID != source.ID {
		t.Fatalf("created %+v", a)
	}
	done(t, c)(c.Put(ctx, a.ID, append(a.Attributes, account.Attribute{Name: "groups", Value: `["mail","wiki"]`})))
	done(t, c)(c.Patch(ctx, a.ID, []account.PatchOp{{Op: "add", Path: account.AttributePath("city"), Value: `"Paris"`}}))
	done(t, c)(c.Disable(ctx, a.ID, account.Toggle{ForceProvisioning: true}))
	if a = get(t, c, a.ID); !a.Disabled || a.Attribute("city") != `"Paris"` || len(a.Attribute("groups").AppendTexts(nil)) != 2 {
		t.Fatalf("changed %+v", a)
	}
	if a.Attribute(account.IDNowDescription) == "" {
		t.Error("the sandbox adds no " + account.IDNowDescription)
	}
	entitlements, all, err := c.Entitlements(ctx, a.ID, 0, 0, true)
	if err != nil || len(entitlements) != 2 || all != 2 || entitlements[0].Attribute != "groups" {
		t.Fatal(entitlements, err)
	}
	done(t, c)(c.Enable(ctx, a.ID, account.Toggle{}))
	done(t, c)(c.Unlock(ctx, a.ID, account.Unlock{UnlockIDNAccount: true}))
	done(t, c)(c.Reload(ctx, a.ID))
	if a = get(t, c, a.ID); a.Disabled || a.Locked {
		t.Fatalf("changed back %+v", a)
	}
	done(t, c)(c.Delete(ctx, a.ID))
	var e *isc.Error
	if _, err := c.ShownByID(ctx, a.ID); !errors.As(err, &e) || !e.NotFound() || e.TrackingID == "" || e.DetailCode == "" {
		t.Errorf("after the delete: %v", err)
	}
}

// done waits until the task of a write has ended well.
func done(t *testing.T, c *isc.Client) func(account.Receipt, error) {
	return func(r account.Receipt, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for r.Task != "" {
			tasks, err := c.Tasks(t.Context(), []string{r.Task})
			if err != nil {
				t.Fatal(err)
			}
			if len(tasks) == 1 && tasks[0].Done() {
				if tasks[0].Failed() {
					t.Fatalf("task ended with %+v", tasks[0])
				}
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
}

func find(t *testing.T, c *isc.Client, source, key string) *account.Account {
	t.Helper()
	p, err := c.Accounts(t.Context(), account.Query{SourceID: source, NativeIdentities: []string{key, "nobody"}, Count: true})
	if err != nil || p.Total != 1 {
		t.Fatal(p.Total, err)
	}
	for a, err := range p.Accounts {
		if err != nil {
			t.Fatal(err)
		}
		return get(t, c, a.ID)
	}
	return nil
}

func get(t *testing.T, c *isc.Client, id string) *account.Account {
	t.Helper()
	p, err := c.Accounts(t.Context(), account.Query{IDs: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	for a, err := range p.Accounts {
		if err != nil {
			t.Fatal(err)
		}
		return a.Clone()
	}
	t.Fatalf("no account %s", id)
	return nil
}

// TestBadDays meets the faults of the sandbox through the whole stack, in virtual time.
func TestBadDays(t *testing.T) {
	t.Parallel()
	rule := func(method, path string, count int, f sandbox.Fault) sandbox.Rule {
		return sandbox.Rule{Method: method, Path: path, Count: count, Fault: f}
	}
	status := func(code int) sandbox.Fault {
		return sandbox.Fault{Kind: sandbox.FaultStatus, Status: code, RetryAfter: "2"}
	}
	tests := []struct {
		name  string
		fault sandbox.Rule
		call  func(context.Context, *isc.Client, string) (account.Receipt, error)
		tries int // of the call; 0 when it fails
		lost  bool
	}{
		{"list cut short", rule("GET", "/accounts", 3, sandbox.Fault{Kind: sandbox.FaultCutBody}), listed, 4, false},
		{"list throttled", rule("GET", "/accounts", 2, status(429)), listed, 3, false},
		{"list with 503", rule("GET", "/accounts", 2, status(503)), listed, 3, false},
		{"token expires", rule("GET", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultExpireToken}), listed, 2, false},
		{"token always expires", rule("GET", "/accounts", 0, sandbox.Fault{Kind: sandbox.FaultExpireToken}), listed, 0, false},
		{"sign-in throttled", rule("POST", "/oauth/token", 2, status(429)), listed, 1, false},
		{"sign-in lost", rule("POST", "/oauth/token", 2, sandbox.Fault{Kind: sandbox.FaultLostBefore}), listed, 1, false},
		{"sign-in cut short", rule("POST", "/oauth/token", 2, sandbox.Fault{Kind: sandbox.FaultCutBody}), listed, 1, false},
		{"create throttled", rule("POST", "/accounts", 2, status(429)), created, 3, false},
		{"create lost before", rule("POST", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultLostBefore}), created, 0, true},
		{"create lost after", rule("POST", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultLostAfter}), created, 0, true},
		{"create with 504", rule("POST", "/accounts", 1, status(504)), created, 0, true},
		{"create with 500", rule("POST", "/accounts", 1, status(500)), created, 0, true},
		{"create with 408", rule("POST", "/accounts", 1, status(408)), created, 0, true},
		{"create cut short", rule("POST", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultCutBody}), created, 0, true},
		{"create answered by a page", rule("POST", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultHTML}), created, 0, true},
		{"create redirected", rule("POST", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultRedirect}), created, 0, true},
		{"create refused by a page", rule("POST", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultHTML, Status: 403}), created, 0, false},
		{"list answered by a page", rule("GET", "/accounts", 3, sandbox.Fault{Kind: sandbox.FaultHTML}), listed, 4, false},
		{"list throttled by a page", rule("GET", "/accounts", 2, sandbox.Fault{Kind: sandbox.FaultHTML, Status: 429}), listed, 3, false},
		{"list redirected", rule("GET", "/accounts", 3, sandbox.Fault{Kind: sandbox.FaultRedirect}), listed, 4, false},
		{"list always redirected", rule("GET", "/accounts", 0, sandbox.Fault{Kind: sandbox.FaultRedirect}), listed, 0, false},
		{"list with null", rule("GET", "/accounts", 2, sandbox.Fault{Kind: sandbox.FaultStatus, Status: 200, Body: "null"}), listed, 3, false},
		{"list with an object", rule("GET", "/accounts", 2, sandbox.Fault{Kind: sandbox.FaultStatus, Status: 200, Body: "{}"}), listed, 3, false},
		{"list with nothing", rule("GET", "/accounts", 2, sandbox.Fault{Kind: sandbox.FaultStatus, Status: 200, Body: sandbox.BodyNone}), listed, 3, false},
		{"list with a BOM", rule("GET", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultBOM}), listed, 2, false},
		{"list compressed and cut", rule("GET", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultCutGzip}), listed, 2, false},
		{"list compressed twice", rule("GET", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultNestedGzip}), listed, 2, false},
		{"list unpacks to a GiB", rule("GET", "/accounts", 0, sandbox.Fault{Kind: sandbox.FaultGzipBomb}), listed, 0, false},
		{"list of another encoding", rule("GET", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultEncoding}), listed, 1, false},
		{"list with 500", rule("GET", "/accounts", 3, status(500)), listed, 4, false},
		{"list with 500 for good", rule("GET", "/accounts", 0, status(500)), listed, 0, false},
		{"list hangs before", rule("GET", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultHangBefore}), listed, 2, false},
		{"list hangs after its headers", rule("GET", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultHang}), listed, 2, false},
		{"list hangs in the middle", rule("GET", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultHangMiddle}), listed, 2, false},
		{"list hangs for good", rule("GET", "/accounts", 0, sandbox.Fault{Kind: sandbox.FaultHangMiddle}), listed, 0, false},
		{"list without end", rule("GET", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultEndless, Delay: sandbox.Duration(time.Second)}), listed, 2, false},
		{"sign-in hangs", rule("POST", "/oauth/token", 1, sandbox.Fault{Kind: sandbox.FaultHangMiddle}), listed, 1, false},
		{"create hangs before", rule("POST", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultHangBefore}), created, 0, true},
		{"create hangs in the middle", rule("POST", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultHangMiddle}), created, 0, true},
		{"list throttled by the tiers", rule("GET", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultThrottled}), listed, 2, false},
		{"list throttled for two hours", rule("GET", "/accounts", 0, sandbox.Fault{Kind: sandbox.FaultStatus, Status: 429, RetryAfter: "7200"}), listed, 0, false},
		{"list without its filter", rule("GET", "/accounts", 0, sandbox.Fault{Kind: sandbox.FaultFiltersDropped}), listed, 0, false},
		{"token expires at create", rule("POST", "/accounts", 1, sandbox.Fault{Kind: sandbox.FaultExpireToken}), created, 2, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				seed := staff(2)
				other := staff(1).Sources[0]
				other.Name = "Others"
				seed.Sources = append(seed.Sources, other)
				s := sandbox.New(seed, sandbox.WithFaults(tt.fault))
				r, err := tt.call(t.Context(), limited(t, s), s.SourceID("Staff"))
				var e *isc.Error
				sent := s.Stats().ByKind["GET /accounts"] + s.Stats().ByKind["POST /accounts"]
				switch {
				case tt.tries > 0 && (err != nil || sent != tt.tries || r.HTTPStatus != 0 && r.Attempts != sent):
					t.Errorf("%+v and %v after %d requests, want %d", r, err, sent, tt.tries)
				case tt.tries == 0 && (!errors.As(err, &e) || e.Ambiguous() != tt.lost):
					t.Errorf("%v, want lost %v", err, tt.lost)
				case tt.tries == 0 && !e.Unreachable() && !e.Denied():
					t.Errorf("%v is neither out of reach nor denied", err)
				}
				if tt.lost && sent != 1 {
					t.Errorf("the create was sent %d times", sent)
				}
			})
		})
	}
}

// listed lists the source whole.
func listed(ctx context.Context, c *isc.Client, source string) (account.Receipt, error) {
	p, err := c.Accounts(ctx, account.Query{SourceID: source})
	if err != nil {
		return account.Receipt{}, err
	}
	count := 0
	for _, err := range p.Accounts {
		if err != nil {
			return account.Receipt{}, err
		}
		count++
	}
	if count != 2 {
		return account.Receipt{}, fmt.Errorf("%d accounts, not 2", count)
	}
	return account.Receipt{}, nil
}

func created(ctx context.Context, c *isc.Client, source string) (account.Receipt, error) {
	return c.Create(ctx, source, []account.Attribute{{Name: "id", Value: `"new"`}, {Name: "name", Value: `"N"`}})
}

// TestKeysAreFound: whatever a native identity holds, a filter finds that account alone.
func TestKeysAreFound(t *testing.T) {
	t.Parallel()
	s := sandbox.New(staff(3), sandbox.WithRate(sandbox.Rate{Kind: sandbox.RateOff}))
	c, source := overHTTP(t, s, "v3"), s.SourceID("Staff")
	drawn := rapid.OneOf(rapid.StringMatching(`["\\(),%& =+;~/a-c]{1,20}`), rapid.StringN(1, 30, 90))
	key := rapid.Map(drawn, strings.TrimSpace).Filter(func(k string) bool { return k != "" && utf8.ValidString(k) })
	rapid.Check(t, func(rt *rapid.T) {
		k := key.Draw(rt, "key")
		s.SetAccount(source, sandbox.AccountSeed{Attributes: sandbox.Attributes{"id": k}})
		defer s.RemoveAccount(source, k)
		p, err := c.Accounts(context.Background(), account.Query{SourceID: source, NativeIdentities: []string{k}, Count: true})
		if err != nil {
			rt.Fatal(err)
		}
		for a, err := range p.Accounts {
			if err != nil || a.NativeIdentity != k || p.Total != 1 {
				rt.Fatalf("asked for %q, got %+v of %d, %v", k, a, p.Total, err)
			}
		}
		if p.Total != 1 {
			rt.Fatalf("%q is found %d times", k, p.Total)
		}
	})
}
