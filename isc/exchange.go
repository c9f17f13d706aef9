package isc

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"
)

// A read whose answer is none (cut short, empty, a web page) is asked again so
// often, after waits that grow.
const (
	maxAgain  = 3
	firstWait = 200 * time.Millisecond
	waitGrows = 4
)

// request is one call of the API.
type request struct {
	method      string
	path        string
	query       url.Values
	body        []byte
	contentType string // "" is application/json
	scope       string // what the credentials need for it
	idempotent  bool   // may be sent again when its answer is lost
	list        bool   // the answer is a JSON array; else it is an object
}

// answer is what the API said to a request it took.
type answer struct {
	status   int
	header   http.Header
	body     string
	attempts int
}

// exchange is one request on its way to an answer: signed in, sent, sent again
// after a 401 or an answer that is none, and read to its end.
type exchange struct {
	*Client
	request
	attempts func() int
	renewed  bool // the token was renewed because of a 401
	watch    watch
}

func (c *Client) do(ctx context.Context, r request) (*answer, error) {
	if err := r.checkPath(); err != nil {
		return nil, err
	}
	x := &exchange{Client: c, request: r}
	counted, attempts := c.count(ctx)
	x.attempts = attempts
	if r.method != http.MethodGet {
		counted = httptrace.WithClientTrace(counted, x.watch.trace())
	}
	for again := 0; ; again++ {
		a, err := x.once(ctx, counted)
		if err == nil || r.method != http.MethodGet || !worthAsking(err) || again == maxAgain || waitAgain(ctx, again) != nil {
			return a, err
		}
	}
}

// worthAsking reports whether an answer that was none may be one the next time.
// A sign-in has been sent again already.
func worthAsking(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.kind == noAnswer && e.Path != tokenPath && !errors.Is(err, errTooLong)
}

// waitAgain waits before a request is sent again, up to a quarter less than
// its turn so that those who failed together do not come back together.
func waitAgain(ctx context.Context, again int) error {
	wait := firstWait
	for range again {
		wait *= waitGrows
	}
	timer := time.NewTimer(wait - rand.N(wait/4))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// once sends the request and makes an answer, or an Error, of what comes back.
func (x *exchange) once(ctx, counted context.Context) (*answer, error) {
	resp, err := x.signed(ctx, counted)
	if err != nil {
		return nil, err
	}
	body, held, err := readText(ctx, resp)
	defer func() { held.release() }()
	switch status := resp.StatusCode; {
	case status < 200 || status > 299 && !redirects(status):
		e := x.fail(ctx, status, nil)
		e.readBody([]byte(body), x.scrub)
		e.readRetryAfter(resp.Header, x.scrub)
		return nil, e
	case err != nil:
		err = fmt.Errorf("reading the answer: %w", err)
	default:
		err = x.request.unanswered(resp, body)
	}
	if err != nil {
		return nil, x.none(ctx, resp, err)
	}
	x.clock.see(resp.Header)
	x.noteDeprecated(resp.Header)
	a := &answer{resp.StatusCode, resp.Header, body, x.attempts()}
	held.keepFor(a)
	return a, nil
}

// signed sends the request with the token, and with a new one after a 401, once.
// Sign-in runs under the plain context, so that its requests are not counted here.
func (x *exchange) signed(ctx, counted context.Context) (*http.Response, error) {
	for {
		token, err := x.tokens.get(ctx)
		if err != nil {
			return nil, err
		}
		resp, err := x.send(counted, token)
		if err != nil {
			return nil, x.fail(ctx, 0, withoutURL(err))
		}
		if resp.StatusCode != http.StatusUnauthorized || x.renewed {
			return resp, nil
		}
		_, _ = readBody(ctx, resp)
		x.tokens.drop(token)
		x.renewed = true
	}
}

func (x *exchange) send(ctx context.Context, token string) (*http.Response, error) {
	var body io.Reader
	if x.body != nil {
		body = bytes.NewReader(x.body)
	}
	req, err := http.NewRequestWithContext(ctx, x.method, x.address(x.path, x.query), body)
	if err != nil {
		return nil, err
	}
	h := req.Header
	h.Set("Authorization", "Bearer "+token)
	h.Set("Accept", "application/json")
	h.Set("Accept-Encoding", "gzip")
	h.Set("User-Agent", x.userAgent)
	h.Set("X-SailPoint-Experimental", "true")
	if x.body != nil {
		h.Set("Content-Type", cmp.Or(x.contentType, "application/json"))
	}
	if x.idempotent {
		markIdempotent(req)
	}
	return x.http.Do(req)
}

// noteDeprecated tells the first time that the API marks an operation as deprecated.
func (x *exchange) noteDeprecated(h http.Header) {
	if x.onDeprecated != nil && isTrue(h.Get("X-Deprecated")) && x.deprecated.CompareAndSwap(false, true) {
		x.onDeprecated(x.method, x.path)
	}
}

func (x *exchange) fail(ctx context.Context, status int, err error) *Error {
	ended := ctx.Err() != nil
	return &Error{
		Method: x.method, Path: x.path, Scope: x.scope,
		Status: status, Err: err, Attempts: x.attempts(),
		ended: ended,
		lost:  x.method != http.MethodGet && x.lost(status, err, ended),
	}
}

// none is the Error of an answer that is none: a write may have been done.
func (x *exchange) none(ctx context.Context, resp *http.Response, err error) *Error {
	e := x.fail(ctx, resp.StatusCode, err)
	e.kind, e.lost = noAnswer, x.method != http.MethodGet
	return e
}

// lost reports whether the work may be done though no word of it came back.
func (x *exchange) lost(status int, err error, ended bool) bool {
	if status == 0 {
		return x.watch.unanswered(err, ended)
	}
	return unavailable(status)
}

// unavailable reports whether a status leaves open whether the work was done.
func unavailable(status int) bool {
	return status == http.StatusRequestTimeout || status >= 500
}

// withoutURL takes off what net/http puts around an error: it names the whole
// URL, with the native identities in its query.
func withoutURL(err error) error {
	for {
		var u *url.Error
		if !errors.As(err, &u) {
			return err
		}
		err = u.Err
	}
}
