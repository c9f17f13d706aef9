package isc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// renewEarly is how long before its end a token is renewed, at most: a token of
// a short life is renewed when a tenth of it is left.
const renewEarly = time.Minute

// tokens hands one access token to all workers and renews it, one renewal at a time.
type tokens struct {
	conf  clientcredentials.Config
	http  *http.Client
	scrub scrubber

	current atomic.Pointer[grant]
	renewal chan struct{} // holds one value while someone renews
	refused error         // guarded by renewal: a refusal is final, asking again could lock the client out
}

type grant struct {
	token   string
	renewAt time.Time // zero: no end is known
}

func (g *grant) fresh() bool {
	return g != nil && (g.renewAt.IsZero() || time.Now().Before(g.renewAt))
}

func newTokens(conf clientcredentials.Config, rt http.RoundTripper, userAgent string, scrub scrubber) *tokens {
	conf.AuthStyle = oauth2.AuthStyleInParams
	return &tokens{
		conf:    conf,
		http:    &http.Client{Transport: signIn{rt, userAgent}, CheckRedirect: noRedirect},
		scrub:   scrub,
		renewal: make(chan struct{}, 1),
	}
}

// get returns a token that is good for a while, renewing it where needed. Those
// who wait for another's renewal leave when their context ends.
func (t *tokens) get(ctx context.Context) (string, error) {
	if g := t.current.Load(); g.fresh() {
		return g.token, nil
	}
	select {
	case t.renewal <- struct{}{}:
		defer func() { <-t.renewal }()
	case <-ctx.Done():
		return "", t.failed(ctx, ctx.Err())
	}
	if g := t.current.Load(); g.fresh() {
		return g.token, nil
	}
	if t.refused != nil {
		return "", t.refused
	}
	return t.renew(ctx)
}

// drop forgets a token the API refused, unless another worker has renewed it already.
func (t *tokens) drop(token string) {
	if g := t.current.Load(); g != nil && g.token == token {
		t.current.CompareAndSwap(g, nil)
	}
}

func (t *tokens) renew(ctx context.Context) (string, error) {
	got, err := t.conf.Token(context.WithValue(ctx, oauth2.HTTPClient, t.http))
	if err != nil {
		err := t.failed(ctx, err)
		if errors.Is(err, ErrSignIn) {
			t.refused = err
		}
		return "", err
	}
	g := &grant{token: got.AccessToken}
	if !got.Expiry.IsZero() {
		g.renewAt = got.Expiry.Add(-min(renewEarly, time.Until(got.Expiry)/10))
	}
	t.current.Store(g)
	return g.token, nil
}

// failed is the Error of a sign-in that did not work.
func (t *tokens) failed(ctx context.Context, err error) *Error {
	e := &Error{Method: http.MethodPost, Path: tokenPath, Attempts: 1, ended: ctx.Err() != nil}
	var answer *oauth2.RetrieveError
	var sending *url.Error
	var lost *lostSignIn
	switch {
	case errors.As(err, &lost) && !e.ended:
		e.Status, e.Err, e.kind = lost.status, lost.error, noAnswer
		return e
	case errors.As(err, &sending) || e.ended:
		e.Err = withoutURL(err)
		return e
	case !errors.As(err, &answer):
		e.Status, e.Err, e.kind = http.StatusOK, err, noAnswer // it holds no token
		return e
	}
	e.Status = answer.Response.StatusCode
	e.readBody(answer.Body, t.scrub)
	e.readRetryAfter(answer.Response.Header, t.scrub)
	if e.kind != saysNo {
		return e
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusOK:
		e.Err = ErrSignIn
	}
	return e
}

// signIn is the RoundTripper of sign-in requests. It marks them as safe to send
// again, and does so itself when what comes is no answer: cut short, a web page.
type signIn struct {
	next      http.RoundTripper
	userAgent string
}

func (s signIn) RoundTrip(req *http.Request) (*http.Response, error) {
	for again := 0; ; again++ {
		r, err := s.prepare(req)
		if err != nil {
			return nil, err
		}
		resp, err := s.next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := readBody(req.Context(), resp)
		if resp.StatusCode < 400 && err == nil {
			err = request{method: http.MethodPost}.unanswered(resp, string(body))
		}
		if err == nil || resp.StatusCode >= 400 {
			resp.Body = io.NopCloser(bytes.NewReader(body))
			return resp, nil
		}
		if again == maxAgain || waitAgain(req.Context(), again) != nil {
			return nil, &lostSignIn{resp.StatusCode, err}
		}
	}
}

// lostSignIn says why a sign-in had no answer though one came.
type lostSignIn struct {
	status int
	error
}

func (l *lostSignIn) Unwrap() error { return l.error }

func (s signIn) prepare(req *http.Request) (*http.Request, error) {
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		again.Body = body
	}
	again.Header.Set("User-Agent", s.userAgent)
	again.Header.Set("Accept", "application/json")
	markIdempotent(again)
	return again, nil
}

// markIdempotent tells whoever carries the request that it may be sent twice.
// It is net/http's own convention: the header has no value, so it is not sent.
func markIdempotent(req *http.Request) { req.Header["Idempotency-Key"] = []string{} }
