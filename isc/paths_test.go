package isc

import (
	"net/http"
	"strings"
	"testing"

	"accountsync/account"

	"github.com/google/go-cmp/cmp"
)

// TestPaths calls every operation under every form of the API.
func TestPaths(t *testing.T) {
	t.Parallel()
	v1 := [3]string{"/accounts/v1", "/sources/v1", "/task-status/v1"}
	tests := map[string][3]string{
		"":      {"/v3/accounts", "/v3/sources", "/v2025/task-status"},
		"v3":    {"/v3/accounts", "/v3/sources", "/v2025/task-status"},
		"v2024": {"/v2024/accounts", "/v2024/sources", "/v2024/task-status"},
		"v2025": {"/v2025/accounts", "/v2025/sources", "/v2025/task-status"},
		"v2026": {"/v2026/accounts", "/v2026/sources", "/v2026/task-status"},
		"beta":  {"/beta/accounts", "/beta/sources", "/beta/task-status"},
		"v1":    v1,
	}
	for api, p := range tests {
		t.Run("api "+api, func(t *testing.T) {
			t.Parallel()
			tn := newTenant(t)
			tn.handle("/", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "{}", http.StatusTeapot) })
			callAll(t, tn.client(t, func(c *Config) { c.API = api }))
			var got []string
			for _, r := range tn.requests() {
				got = append(got, r.Method+" "+r.Path)
				if r.Header.Get("X-SailPoint-Experimental") != "true" || r.Header.Get("Accept") != "application/json" {
					t.Errorf("%s %s lacks a header: %v", r.Method, r.Path, r.Header)
				}
				if r.Header.Get("User-Agent") != "accountsync" || r.Header.Get("Idempotency-Key") != "" {
					t.Errorf("%s %s has a wrong header: %v", r.Method, r.Path, r.Header)
				}
			}
			accounts, sources, tasks := p[0], p[1], p[2]
			want := []string{
				"GET " + accounts, "GET " + accounts + "/a%2Fb",
				"POST " + accounts, "PUT " + accounts + "/a%2Fb", "PATCH " + accounts + "/a%2Fb", "DELETE " + accounts + "/a%2Fb",
				"POST " + accounts + "/a%2Fb/enable", "POST " + accounts + "/a%2Fb/disable",
				"POST " + accounts + "/a%2Fb/unlock", "POST " + accounts + "/a%2Fb/reload",
				"GET " + accounts + "/a%2Fb/entitlements",
				"GET " + sources, "GET " + sources + "/a%2Fb/schemas", "GET " + tasks,
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// callAll calls each operation once, whatever comes back.
func callAll(t *testing.T, c *Client) {
	t.Helper()
	ctx, id := t.Context(), "a/b"
	attrs := []account.Attribute{{Name: "x", Value: `"y"`}}
	_, e1 := c.Accounts(ctx, account.Query{SourceID: "s"})
	_, e2 := c.ShownByID(ctx, id)
	_, e3 := c.Create(ctx, "s", attrs)
	_, e4 := c.Put(ctx, id, attrs)
	_, e5 := c.Patch(ctx, id, []account.PatchOp{{Op: "remove", Path: account.AttributePath("x")}})
	_, e6 := c.Delete(ctx, id)
	_, e7 := c.Enable(ctx, id, account.Toggle{})
	_, e8 := c.Disable(ctx, id, account.Toggle{})
	_, e9 := c.Unlock(ctx, id, account.Unlock{})
	_, e10 := c.Reload(ctx, id)
	_, _, e11 := c.Entitlements(ctx, id, 0, 0, false)
	_, e12 := c.Source(ctx, "HR")
	_, e13 := c.Schema(ctx, id)
	_, e14 := c.Tasks(ctx, []string{"t"})
	for i, err := range []error{e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12, e13, e14} {
		if err == nil {
			t.Errorf("operation %d takes a 418 for an answer", i+1)
		}
	}
}

// TestIDsThatNoAddressHolds: what could make another address of it is not sent.
func TestIDsThatNoAddressHolds(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.reply("/", 202, `{}`)
	c := tn.client(t)
	for _, id := range []string{"", ".", "..", "../x", "a/..", "a/../b", `..\b`, `a\.`, "%2e%2E", "%2e%2e/x", "..;x", "/a", "a/", "a//b", "/", ";"} {
		_, err := c.Delete(t.Context(), id)
		e := asError(t, err)
		if e.Ambiguous() || e.Unreachable() || e.Denied() || e.NotFound() || e.Sent() != 0 || e.Hint() == "" || !strings.Contains(e.Error(), "cannot be sent") {
			t.Errorf("%q: %v", id, err)
		}
		if _, err := c.ShownByID(t.Context(), id); err == nil {
			t.Errorf("%q is got", id)
		}
		if _, err := c.Reload(t.Context(), id); err == nil {
			t.Errorf("%q is reloaded", id)
		}
	}
	if sent := tn.requests(); len(sent) != 0 {
		t.Errorf("%d requests went out, the first %s %s", len(sent), sent[0].Method, sent[0].URL)
	}
	for id, path := range map[string]string{"a/b": "a%2Fb", "...": "...", ".a": ".a", "a b?c#d%": "a%20b%3Fc%23d%25", "a%2Fb": "a%252Fb"} {
		if _, err := c.Delete(t.Context(), id); err != nil {
			t.Errorf("%q: %v", id, err)
		} else if got := tn.last(t).Path; got != "/v3/accounts/"+path {
			t.Errorf("%q goes to %s", id, got)
		}
	}
}
