package isc

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"accountsync/account"
)

// TestGatewayRefuses: a web page that says no is no word of the API's: no scope
// is missing, no account is unknown.
func TestGatewayRefuses(t *testing.T) {
	t.Parallel()
	for status, blocked := range map[int]bool{400: true, 403: true, 404: true, 429: false, 408: false, 503: false} {
		tn := newTenant(t)
		tn.handle("/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "\n<!DOCTYPE html><html><head><title>Blocked by\n policy 7</title>")
		})
		_, err := tn.client(t).Delete(t.Context(), "a")
		e := asError(t, err)
		if e.Denied() || e.NotFound() || !e.Unreachable() || strings.Contains(e.Hint(), "scope") || !strings.Contains(e.Error(), "a web page titled Blocked by policy 7") {
			t.Errorf("%d: %v, hint %q", status, e, e.Hint())
		}
		if got := strings.Contains(e.Error(), "a proxy or firewall refused it"); got != blocked || e.Ambiguous() != (status == 408 || status == 503) {
			t.Errorf("%d: %v, lost %v", status, e, e.Ambiguous())
		}
	}
}

// TestCacheSaysNothingChanged: a 304 to a question that did not ask for it comes
// from a cache, and sends nobody elsewhere.
func TestCacheSaysNothingChanged(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.reply("GET /v3/accounts", http.StatusNotModified, "")
	_, err := tn.client(t).Accounts(t.Context(), account.Query{})
	if e := asError(t, err); !e.Unreachable() || !strings.Contains(e.Error(), "a cache answered that nothing has changed") || !strings.Contains(e.Hint(), "caches") {
		t.Errorf("%v, hint %q", err, e.Hint())
	}
}

// TestGatewayHidesTasks: that a page says 404 does not make a task unknown, nor
// does one that says 400 make the API one that takes no filters.
func TestGatewayHidesTasks(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.reply("GET /v2025/task-status", 400, `<html>`)
	_, err := tn.client(t).Tasks(t.Context(), []string{"t"})
	if e := asError(t, err); !e.Unreachable() || len(tn.requests()) != 1 {
		t.Errorf("%v after %d requests", err, len(tn.requests()))
	}
	tn = newTenant(t)
	tn.reply("GET /v2025/task-status", 400, `{}`)
	tn.reply("GET /v2025/task-status/t", 404, `<html>`)
	got, err := tn.client(t).Tasks(t.Context(), []string{"t"})
	if e := asError(t, err); !e.Unreachable() || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// TestOddEncoding: an encoding that is none does not hide what an answer says.
func TestOddEncoding(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"UTF-8", "gzip", "identity", "br"} {
		tn := newTenant(t)
		tn.handle("/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", encoding)
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"trackingId":"tr1","messages":[{"text":"no such attribute"}]}`)
		})
		_, err := tn.client(t).Delete(t.Context(), "a")
		if e := asError(t, err); e.Text != "no such attribute" || e.TrackingID != "tr1" {
			t.Errorf("%s: %v", encoding, err)
		}
	}
}

// TestRedirectIsNotFollowed: neither a read nor a sign-in takes its credentials
// to where a gateway wants them.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/v3/accounts", tokenPath} {
		synctest.Test(t, func(t *testing.T) {
			c := fake(t, func(r *http.Request) (*http.Response, error) {
				switch r.URL.Path {
				case path:
					resp := answerOf(http.StatusTemporaryRedirect, "")
					resp.Header.Set("Location", "https://login.example/in?name=secret-name")
					return resp, nil
				case tokenPath:
					return answerOf(200, `{"access_token":"t"}`), nil
				}
				t.Errorf("%s %s was sent", r.Method, r.URL)
				return nil, errors.New("no")
			})
			_, err := c.Accounts(t.Context(), account.Query{})
			e := asError(t, err)
			if !e.Unreachable() || e.Path != path || !strings.Contains(e.Error(), "redirected to login.example") || strings.Contains(e.Error(), "secret-name") {
				t.Errorf("%v", e)
			}
		})
	}
}

// TestAskingAgainEnds: with the caller's context, and after a few times.
func TestAskingAgainEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := fake(t, func(*http.Request) (*http.Response, error) { calls++; return answerOf(200, ``), nil })
		c.tokens.current.Store(&grant{token: "t"})
		if err := list(t.Context(), c); err == nil || calls != maxAgain+1 {
			t.Errorf("%v after %d calls", err, calls)
		}
		ctx, cancel := context.WithTimeout(t.Context(), firstWait)
		defer cancel()
		calls = 0
		if err := list(ctx, c); err == nil || calls > 2 {
			t.Errorf("%v after %d calls", err, calls)
		}
	})
}

// TestDeprecatedIsToldOnce: however many answers say so.
func TestDeprecatedIsToldOnce(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.handle("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.Header().Set("X-Deprecated", "true")
		}
		_, _ = io.WriteString(w, `{"id":"a"}`)
	})
	var told []string
	c := tn.client(t, func(cfg *Config) {
		cfg.OnDeprecated = func(method, path string) { told = append(told, method+" "+path) }
	})
	for range 2 {
		if _, err := c.ShownByID(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Delete(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if len(told) != 1 || told[0] != "DELETE /v3/accounts/a" {
		t.Errorf("%q", told)
	}
}
