package ratelimit

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// How long one send may take: a server that goes silent must not hold a run.
const (
	headerTimeout = 30 * time.Second // from the request to the beginning of its answer
	idleTimeout   = 30 * time.Second // between two pieces of a body
	callTimeout   = 5 * time.Minute  // from the request to the end of its answer
)

// timeoutError is a send that took too long.
type timeoutError struct{ text string }

func (e *timeoutError) Error() string { return e.text }
func (e *timeoutError) Timeout() bool { return true }

var (
	errIdle = &timeoutError{fmt.Sprintf("timed out: nothing of the answer's body came for %v", idleTimeout)}
	errCall = &timeoutError{fmt.Sprintf("timed out: the answer was not complete after %v", callTimeout)}
)

// timeouts is a RoundTripper that ends what takes too long. It stands below the
// limiter, whose waits may rightly be long.
type timeouts struct{ next http.RoundTripper }

// Timeouts gives every send that goes through next a longest time, and every
// body one in which nothing of it may come.
func Timeouts(next http.RoundTripper) http.RoundTripper { return timeouts{next} }

// RoundTrip sends the request.
func (t timeouts) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	call := time.AfterFunc(callTimeout, func() { cancel(errCall) })
	end := func() { call.Stop(); cancel(nil) }
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		err = whyEnded(ctx, err)
		end()
		return nil, err
	}
	body := &timedBody{ReadCloser: resp.Body, ctx: ctx, end: end}
	body.idle = time.AfterFunc(idleTimeout, func() { cancel(errIdle) })
	body.idle.Stop()
	resp.Body = body
	return resp, nil
}

// CloseIdleConnections closes those of the transport.
func (t timeouts) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// whyEnded is the time-out behind an error, where one is.
func whyEnded(ctx context.Context, err error) error {
	if timeout, ok := context.Cause(ctx).(*timeoutError); ok {
		return timeout
	}
	return err
}

// timedBody ends when a read of it takes too long.
type timedBody struct {
	io.ReadCloser
	ctx  context.Context
	idle *time.Timer
	end  func()
}

func (b *timedBody) Read(p []byte) (int, error) {
	b.idle.Reset(idleTimeout)
	n, err := b.ReadCloser.Read(p)
	b.idle.Stop()
	if err != nil && err != io.EOF {
		err = whyEnded(b.ctx, err)
	}
	return n, err
}

func (b *timedBody) Close() error {
	b.idle.Stop()
	err := b.ReadCloser.Close()
	b.end()
	return err
}
