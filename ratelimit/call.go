package ratelimit

import (
	"context"
	"io"
	"net/http"
	"time"
)

// call is one RoundTrip with all its attempts.
type call struct {
	req      *http.Request
	opened   bool          // the request's own Body has been used
	sent     int           // attempts
	refusals int           // 429
	failures int           // 408, 5xx, broken
	pause    time.Duration // that the last answer imposed on everyone, 0 for none
	asked    bool          // the server gave its length
	tooLong  bool          // it asked for more than anyone waits
	waited   time.Duration // for retries, in all
	obeyed   time.Duration // the same, as the server asked
}

// next is the request for the next attempt, with a body of its own.
func (c *call) next() (*http.Request, error) {
	if !c.opened || c.req.GetBody == nil {
		c.opened = true
		return c.req, nil
	}
	body, err := c.req.GetBody()
	if err != nil {
		return nil, err
	}
	r := c.req.WithContext(c.req.Context()) // a shallow copy: a RoundTripper must not change its request
	r.Body = body
	return r, nil
}

// mayWait adds a wait of our own to the call's, unless that is too much.
func (c *call) mayWait(d time.Duration, o *options) bool {
	return add(&c.waited, d, o.maxWait)
}

// mayPause adds the pause that the last answer imposed.
func (c *call) mayPause(o *options) bool {
	switch {
	case c.tooLong:
		return false
	case c.asked:
		return add(&c.obeyed, c.pause, o.maxAsked)
	}
	return c.mayWait(c.pause, o)
}

func add(sum *time.Duration, d, most time.Duration) bool {
	if d > most-*sum {
		return false
	}
	*sum += d
	return true
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

// discard reads a refused answer to its end, within reason, so that its
// connection is used again.
func discard(resp *http.Response) {
	if resp == nil || resp.Body == nil {
		return
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	_ = resp.Body.Close()
}
