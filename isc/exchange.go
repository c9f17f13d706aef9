package isc

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
)

// maxCut is how often a request is sent again because its answer was cut short.
const maxCut = 3

// request is one call of the API.
type request struct {
	method      string
	path        string
	query       url.Values
	body        []byte
	contentType string // "" is application/json
	scope       string // what the credentials need for it
	idempotent  bool   // may be sent again when its answer is lost
}

// answer is what the API said to a request it took.
type answer struct {
	status   int
	header   http.Header
	body     string
	attempts int
}

// exchange is one request on its way to an answer: signed in, sent, sent again
// after a 401 or a cut body, and read to its end.
type exchange struct {
	*Client
	request
	attempts func() int
	renewed  bool // the token was renewed because of a 401
	watch    watch
}

func (c *Client) do(ctx context.Context, r request) (*answer, error) {
	x := &exchange{Client: c, request: r}
	counted, attempts := c.count(ctx)
	x.attempts = attempts
	if r.method != http.MethodGet {
		counted = httptrace.WithClientTrace(counted, x.watch.trace())
	}
	for cut := 0; ; cut++ {
		resp, err := x.signed(ctx, counted)
		if err != nil {
			return nil, err
		}
		body, err := readText(resp)
		if err == nil || r.method != http.MethodGet {
			return x.answered(ctx, resp, body) // a write that was taken stays taken, whatever became of the text
		}
		if cut == maxCut || errors.Is(err, errTooLong) || ctx.Err() != nil {
			return nil, x.fail(ctx, resp.StatusCode, fmt.Errorf("reading the answer: %w", err))
		}
	}
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
		_, _ = readBody(resp)
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

func (x *exchange) answered(ctx context.Context, resp *http.Response, body string) (*answer, error) {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		e := x.fail(ctx, resp.StatusCode, nil)
		e.readBody([]byte(body), x.scrub)
		return nil, e
	}
	x.clock.see(resp.Header)
	return &answer{resp.StatusCode, resp.Header, body, x.attempts()}, nil
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

// lost reports whether the work may be done though no word of it came back.
func (x *exchange) lost(status int, err error, ended bool) bool {
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case 0:
		return x.watch.unanswered(err, ended)
	}
	return false
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
