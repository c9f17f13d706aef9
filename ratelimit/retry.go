package ratelimit

import (
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

// mayResend says whether a request may reach the server twice. A POST or PATCH
// may when its Header has the key Idempotency-Key, with a value or without one:
// that is net/http's own convention, and a key without values is never sent.
func mayResend(req *http.Request) bool {
	switch req.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions,
		http.MethodPut, http.MethodDelete:
		return true
	}
	return hasIdempotencyKey(req.Header)
}

func hasIdempotencyKey(h http.Header) bool {
	_, key := h["Idempotency-Key"]
	_, xkey := h["X-Idempotency-Key"]
	return key || xkey
}

// canReplay says whether the body, if any, can be had again.
func canReplay(req *http.Request) bool {
	return req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
}

// unavailable says whether a status means: not now, and perhaps half done.
func unavailable(status int) bool {
	switch status {
	case http.StatusRequestTimeout:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500
}

// hopeless says whether an error will be the same at the next try.
func hopeless(err error) bool {
	var certificate *tls.CertificateVerificationError
	var dns *net.DNSError
	var no unfit
	return errors.As(err, &no) || errors.As(err, &certificate) || errors.As(err, &dns) && dns.IsNotFound
}

// neverSent says whether an error came before a connection did.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// backoff grows from base by doubling up to most.
type backoff struct{ base, most time.Duration }

// ceiling is the longest wait after the given number of failures (1, 2, ...).
func (b backoff) ceiling(failures int) time.Duration {
	d := b.base
	for i := 1; i < failures && d < b.most; i++ {
		d *= 2
	}
	return min(d, b.most)
}

// full draws from 0 up to the ceiling ("full jitter"), so that callers who
// failed together do not come back together.
func (b backoff) full(failures int) time.Duration {
	return rand.N(b.ceiling(failures) + 1)
}

// half draws from the upper half, for a pause that everyone shares.
func (b backoff) half(failures int) time.Duration {
	d := b.ceiling(failures)
	return d/2 + rand.N(d/2+1)
}
