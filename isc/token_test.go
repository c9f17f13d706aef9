package isc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"accountsync/account"

	"golang.org/x/sync/errgroup"
)

func list(ctx context.Context, c *Client) error {
	_, err := c.Accounts(ctx, account.Query{SourceID: "s"})
	return err
}

func TestTokenIsShared(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.reply("GET /v3/accounts", 200, "[]")
	c := tn.client(t)
	together(t, 20, func(ctx context.Context) error { return list(ctx, c) })
	if n := tn.signInCount(); n != 1 {
		t.Errorf("20 callers signed in %d times, want once", n)
	}
}

// together runs f n times at once; none may fail.
func together(t *testing.T, n int, f func(context.Context) error) {
	t.Helper()
	g, ctx := errgroup.WithContext(t.Context())
	for range n {
		g.Go(func() error { return f(ctx) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestTokenExpiresMidRun(t *testing.T) {
	t.Parallel()
	tn := newTenant(t)
	tn.reply("GET /v3/accounts", 200, "[]")
	tn.reply("POST /v3/accounts", 202, `{"id":"task"}`)
	c := tn.client(t)
	if err := list(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	tn.expire()
	together(t, 20, func(ctx context.Context) error { return list(ctx, c) })
	if n := tn.signInCount(); n != 2 {
		t.Errorf("20 concurrent 401s led to %d sign-ins in all, want 2", n)
	}
	tn.expire()
	if _, err := c.Create(t.Context(), "s", []account.Attribute{{Name: "id", Value: `"7"`}}); err != nil {
		t.Fatal(err)
	}
	sent := tn.requests()
	first, second := sent[len(sent)-2], sent[len(sent)-1]
	if first.Method != "POST" || first.Body != second.Body || second.Body == "" {
		t.Errorf("after the 401 %q was sent, before it %q", second.Body, first.Body)
	}
}

func TestTokenRefusedTwice(t *testing.T) {
	t.Parallel()
	var calls, signIns atomic.Int32
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == tokenPath {
			signIns.Add(1)
			return answerOf(200, `{"access_token":"t","expires_in":700}`), nil
		}
		calls.Add(1)
		return answerOf(401, `{"error":"JWT validation failed: JWT is expired"}`), nil
	})
	err := list(t.Context(), c)
	e := asError(t, err)
	if e.Status != 401 || !e.Denied() || errors.Is(err, ErrSignIn) || calls.Load() != 2 || signIns.Load() != 2 {
		t.Errorf("%d calls, %d sign-ins, %#v; want 2, 2 and a denial", calls.Load(), signIns.Load(), e)
	}
}

func TestTokenIsRenewedEarly(t *testing.T) {
	t.Parallel()
	tests := []struct {
		life, early time.Duration
	}{
		{12 * time.Hour, time.Minute},
		{749 * time.Second, time.Minute},
		{100 * time.Second, 10 * time.Second},
		{10 * time.Second, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.life.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				signIns := 0
				c := fake(t, func(r *http.Request) (*http.Response, error) {
					if r.URL.Path != tokenPath {
						return answerOf(200, `[]`), nil
					}
					signIns++
					return answerOf(200, fmt.Sprintf(`{"access_token":"t%d","expires_in":%d}`, signIns, int(tt.life.Seconds()))), nil
				})
				call := func(want int) {
					t.Helper()
					if err := list(t.Context(), c); err != nil || signIns != want {
						t.Fatalf("%d sign-ins and error %v, want %d and none", signIns, err, want)
					}
				}
				call(1)
				early := min(time.Minute, tt.life/10)
				time.Sleep(tt.life - early - time.Millisecond)
				call(1)
				time.Sleep(2 * time.Millisecond)
				call(2)
			})
		})
	}
}

func TestTokenWithoutEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		signIns := 0
		c := fake(t, func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == tokenPath {
				signIns++
				return answerOf(200, `{"access_token":"t"}`), nil
			}
			return answerOf(200, `[]`), nil
		})
		for range 3 {
			if err := list(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			time.Sleep(24 * time.Hour)
		}
		if signIns != 1 {
			t.Errorf("%d sign-ins, want 1", signIns)
		}
	})
}

func TestSignInRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, text string
		status           int
	}{
		{"oauth", `{"error":"invalid_client","error_description":"Bad client credentials"}`, "invalid_client: Bad client credentials", 401},
		{"oauth 400", `{"error":"invalid_grant"}`, "invalid_grant", 400},
		{"api", `{"detailCode":"403 Forbidden","trackingId":"tr1","messages":[{"locale":"en-US","text":"PAT is revoked"}]}`, "PAT is revoked", 403},
		{"no json", `Go away`, "Go away", 403},
		{"error with 200", `{"error":"unauthorized_client"}`, "unauthorized_client", 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			signIns := 0
			c := fake(t, func(r *http.Request) (*http.Response, error) {
				if r.URL.Path != tokenPath {
					t.Error("a call without a token was sent")
				}
				signIns++
				return answerOf(tt.status, tt.body), nil
			})
			for range 3 {
				err := list(t.Context(), c)
				e := asError(t, err)
				if !errors.Is(err, ErrSignIn) || !e.Denied() || e.Unreachable() || e.Ambiguous() || e.Status != tt.status {
					t.Fatalf("not a refused sign-in: %#v", e)
				}
				if !strings.Contains(e.Error(), tt.text) || !strings.Contains(e.Hint(), "SAIL_CLIENT_SECRET") {
					t.Errorf("error %q with hint %q", e, e.Hint())
				}
			}
			if signIns != 1 {
				t.Errorf("refused credentials were sent %d times, want once", signIns)
			}
		})
	}
}

func TestSignInTroubleIsNotFinal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		trouble     func() (*http.Response, error)
		unreachable bool
	}{
		{"429", func() (*http.Response, error) { return answerOf(429, `{"message":" Rate Limit Exceeded "}`), nil }, true},
		{"503", func() (*http.Response, error) { return answerOf(503, ``), nil }, true},
		{"500", func() (*http.Response, error) { return answerOf(500, `{}`), nil }, true},
		{"redirect", func() (*http.Response, error) { return answerOf(302, ``), nil }, true},
		{"web page", func() (*http.Response, error) { return answerOf(200, `<html><title>Sign in</title>`), nil }, true},
		{"refused by a page", func() (*http.Response, error) { return answerOf(403, `<html><title>Go away</title>`), nil }, true},
		{"nothing", func() (*http.Response, error) { return answerOf(200, ``), nil }, true},
		{"404", func() (*http.Response, error) { return answerOf(404, `not here`), nil }, false},
		{"broken", func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, true},
		{"not a token", func() (*http.Response, error) { return answerOf(200, `[]`), nil }, true},
		{"no token", func() (*http.Response, error) { return answerOf(200, `{}`), nil }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				signIns, trouble := 0, true
				c := fake(t, func(r *http.Request) (*http.Response, error) {
					if r.URL.Path != tokenPath {
						return answerOf(200, `[]`), nil
					}
					if signIns++; trouble {
						return tt.trouble()
					}
					return answerOf(200, `{"access_token":"t","expires_in":700}`), nil
				})
				e := asError(t, list(t.Context(), c))
				if e.Path != tokenPath || e.Denied() || e.Unreachable() != tt.unreachable || e.Hint() == "" {
					t.Errorf("%v: denied %v, unreachable %v, hint %q", e, e.Denied(), e.Unreachable(), e.Hint())
				}
				if signIns > maxAgain+1 {
					t.Errorf("%d sign-ins", signIns)
				}
				trouble = false
				if err := list(t.Context(), c); err != nil {
					t.Errorf("the second sign-in: %v", err)
				}
			})
		})
	}
}

func TestSignInRequest(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body string
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == tokenPath {
			text, _ := io.ReadAll(r.Body)
			got, body = r, string(text)
			return answerOf(200, `{"access_token":"t","expires_in":700}`), nil
		}
		return answerOf(200, `[]`), nil
	})
	if err := list(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	want := "client_id=client-4711&client_secret=s3cret%2F%26%2Bv%C3%A4l&grant_type=client_credentials"
	if body != want || got.Header.Get("Authorization") != "" || got.Header.Get("User-Agent") != "accountsync" {
		t.Errorf("sent %q with %v", body, got.Header)
	}
	if key, ok := got.Header["Idempotency-Key"]; !ok || len(key) != 0 {
		t.Errorf("the sign-in is not marked as safe to send again: %v", got.Header)
	}
}

func TestSignInCutShort(t *testing.T) {
	t.Parallel()
	signIns, bodies := 0, map[string]bool{}
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		if r.URL.Path != tokenPath {
			return answerOf(200, `[]`), nil
		}
		text, _ := io.ReadAll(r.Body)
		bodies[string(text)] = true
		if signIns++; signIns <= 3 {
			resp := answerOf(200, "")
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"access_`), brokenReader{}))
			return resp, nil
		}
		return answerOf(200, `{"access_token":"t","expires_in":700}`), nil
	})
	if err := list(t.Context(), c); err != nil || signIns != 4 || len(bodies) != 1 {
		t.Errorf("%v after %d sign-ins with %d different bodies, want none after 4 with one", err, signIns, len(bodies))
	}
}

// TestWaitingForRenewalEndsWithContext: who waits for another's sign-in can leave.
func TestWaitingForRenewalEndsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c := fake(t, func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == tokenPath {
				<-release
				return answerOf(200, `{"access_token":"t","expires_in":700}`), nil
			}
			return answerOf(200, `[]`), nil
		})
		slow := make(chan error)
		go func() { slow <- list(context.Background(), c) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		e := asError(t, list(ctx, c))
		if !errors.Is(e, context.DeadlineExceeded) || e.Unreachable() || e.Ambiguous() {
			t.Errorf("%#v", e)
		}
		close(release)
		if err := <-slow; err != nil {
			t.Errorf("the one who signed in: %v", err)
		}
	})
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// fake is a client over a transport of one function.
func fake(t *testing.T, f roundTrip) *Client {
	t.Helper()
	c, err := New(Config{BaseURL: "https://tenant.example", ClientID: testID, ClientSecret: testSecret, HTTP: f})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answerOf(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
	}
}

func asError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("want an *Error, got %v", err)
	}
	return e
}
