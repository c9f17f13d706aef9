package isc

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
)

// ErrSignIn is wrapped by the Error of a sign-in the tenant refused: the
// credentials are wrong, expired or revoked.
var ErrSignIn = errors.New("sign-in refused")

// Error is a call that failed. It holds no secret and no query, so it can be
// logged and reported; Text is the API's own and may quote what was sent.
type Error struct {
	Method     string
	Path       string // without the query
	Scope      string // what the operation needs, e.g. idn:accounts:manage; may be empty
	Status     int    // 0 when no answer came
	DetailCode string
	TrackingID string // what SailPoint's support asks for
	Text       string // what the API said, 300 characters at most
	Err        error  // what went wrong below HTTP, or ErrSignIn; may be nil
	Attempts   int    // how often the request was sent

	kind  kind
	lost  bool
	ended bool // the caller's context ended
}

// kind is what sets an Error apart from an answer of the API that says no.
type kind int

const (
	saysNo     kind = iota
	noAnswer        // what came is not the API's: a web page, a redirect, half a body
	isVoid          // what came does not fit what was asked
	isBlocked       // a proxy or firewall refused the request
	unsendable      // nothing was sent
)

func (e *Error) Error() string {
	words := e.words()
	if e.Status != 0 {
		words = slices.Insert(words, 0, statusLine(e.Status))
	}
	text := e.Method + " " + e.Path + ": " + strings.Join(words, ": ")
	if details := e.details(); details != "" {
		text += " (" + details + ")"
	}
	return text
}

// Detail is what the API answered, for a reader who has the request, the status
// and the trackingId before him.
func (e *Error) Detail() string {
	said := cmp.Or(strings.Join(e.words(), ": "), http.StatusText(e.Status))
	if e.DetailCode == "" {
		return said
	}
	return said + " (detailCode " + e.DetailCode + ")"
}

// words are what went wrong below HTTP and what the API said.
func (e *Error) words() (words []string) {
	if e.Err != nil {
		words = append(words, e.Err.Error())
	}
	if e.Text != "" {
		words = append(words, e.Text)
	}
	return words
}

func (e *Error) details() string {
	var parts []string
	if e.DetailCode != "" {
		parts = append(parts, "detailCode "+e.DetailCode)
	}
	if e.TrackingID != "" {
		parts = append(parts, "trackingId "+e.TrackingID)
	}
	return strings.Join(parts, ", ")
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// HTTPStatus is the status of the answer, 0 when none came.
func (e *Error) HTTPStatus() int { return e.Status }

// Tracking is the trackingId, "" when the answer had none.
func (e *Error) Tracking() string { return e.TrackingID }

// Sent is how often the request was sent.
func (e *Error) Sent() int { return e.Attempts }

// Ambiguous reports whether the API may have carried out the write although
// no answer said so: the connection broke or timed out after the request went
// out, the answer was 408 or 5xx, or what came is no answer of the API's. Look
// before sending it again. It is false for reads.
func (e *Error) Ambiguous() bool { return e.lost }

// Void reports whether the answer does not fit what was asked: accounts of
// another source, an id nobody asked for. Nothing of it may be believed.
func (e *Error) Void() bool { return e.kind == isVoid }

// is reports whether the API itself answered with the status.
func (e *Error) is(status int) bool { return e.Status == status && e.kind == saysNo }

// NotFound reports whether the API knows no such thing.
func (e *Error) NotFound() bool { return e.is(http.StatusNotFound) }

// Unreachable reports whether the API is out of reach, or does not answer as it
// should: no answer came, for another reason than the end of the caller's
// context, or one that is void, 408, 429 or 5xx to the last, or not the API's.
func (e *Error) Unreachable() bool {
	switch {
	case e.kind == unsendable || errors.Is(e.Err, ErrSignIn):
		return false
	case e.kind != saysNo:
		return true
	case e.Status == 0:
		return !e.ended
	}
	return unavailable(e.Status) || e.Status == http.StatusTooManyRequests || e.Status == http.StatusProxyAuthRequired
}

// Denied reports whether the credentials are the cause: sign-in refused, 401
// with a fresh token, or 403.
func (e *Error) Denied() bool {
	return errors.Is(e.Err, ErrSignIn) || e.is(http.StatusUnauthorized) || e.is(http.StatusForbidden)
}

func statusLine(status int) string {
	return strings.TrimSpace(itoa(status) + " " + http.StatusText(status))
}

// neverSent reports whether the connection failed before a request could go out.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" || isDNS(err) || isTLS(err)
}

func isDNS(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns)
}

// isTLS reports whether the two sides could not agree on a secure connection.
func isTLS(err error) bool {
	var verify *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &host) ||
		errors.As(err, &invalid) || errors.As(err, &record) || errors.As(err, &alert)
}
