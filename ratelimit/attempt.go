package ratelimit

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

// attempt is one send, and the slot it holds.
type attempt struct {
	t *Transport
	c *call

	mu      sync.Mutex
	slot    slot
	slotErr error // why resend got no slot
	sent    time.Time
	writes  bool // something was written since the slot was taken
}

// watch has net/http tell when it sends the request again by itself, which it
// does when a kept connection ends without an answer. The server may have
// counted both sends, so the second needs a slot of its own.
func (a *attempt) watch(r *http.Request) *http.Request {
	if !netHTTPResends(r) {
		return r
	}
	trace := &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { a.resend(r.Context()) },
		WroteHeaders: a.wrote,
	}
	return r.WithContext(httptrace.WithClientTrace(r.Context(), trace))
}

// netHTTPResends mirrors what http.Transport takes for safe to replay.
func netHTTPResends(r *http.Request) bool {
	switch r.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return hasIdempotencyKey(r.Header)
}

func (a *attempt) wrote() {
	a.mu.Lock()
	a.writes = true
	a.mu.Unlock()
}

// resend gives up the slot of the unanswered send before it waits for the next
// one, so that no two requests can wait for each other.
func (a *attempt) resend(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.writes || a.slotErr != nil {
		return
	}
	a.writes = false
	a.t.pacer.lost()
	a.t.record.Load().add(a.sent, 0)
	if a.slot, a.slotErr = a.t.acquire(ctx); a.slotErr == nil {
		a.sent = time.Now()
		a.t.count(a.c)
	}
}

// settle says when the slot comes free, and pauses everyone where the answer
// asks for it.
func (a *attempt) settle(resp *http.Response, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.c.pause, a.c.asked, a.c.tooLong = 0, false, false
	a.note(resp)
	switch p := a.t.pacer; {
	case a.slotErr != nil: // no slot: the context ended
	case err != nil && neverSent(err):
		p.unsent()
	case err != nil:
		p.lost()
	case resp.StatusCode == http.StatusTooManyRequests:
		a.refuse(resp)
	case resp.StatusCode == http.StatusServiceUnavailable:
		a.postpone(resp)
	default:
		p.answered(a.slot)
	}
}

// note puts the send on record, unless it never came to it.
func (a *attempt) note(resp *http.Response) {
	code := 0
	if resp != nil {
		code = resp.StatusCode
	}
	if a.slotErr == nil {
		a.t.record.Load().add(a.sent, code)
	}
}

// refuse slows down and pauses, by Retry-After or by a pause of our own.
func (a *attempt) refuse(resp *http.Response) {
	t := a.t
	t.refused.Add(1)
	asked, known := parseRetryAfter(resp.Header, time.Now())
	a.c.asked, a.c.tooLong = known, asked > longestAsked
	r := t.pacer.refused(a.slot, known && !a.c.tooLong, func(first bool, waves int) time.Duration {
		if !known && first {
			asked = t.opts.unhintedPause.half(waves)
		}
		return t.opts.pauseFor(asked)
	})
	t.tell(Event{Kind: Refused, Method: a.c.req.Method, Status: resp.StatusCode, Tries: a.c.sent})
	a.paused(resp, r)
	if r.newWave {
		t.tell(Event{Kind: RateChanged, Rate: r.rate})
	}
}

// postpone pauses for a 503 that says how long.
func (a *attempt) postpone(resp *http.Response) {
	asked, known := parseRetryAfter(resp.Header, time.Now())
	if !known {
		a.t.pacer.answered(a.slot)
		return
	}
	a.c.asked, a.c.tooLong = true, asked > longestAsked
	a.paused(resp, a.t.pacer.postponed(!a.c.tooLong, a.t.opts.pauseFor(asked)))
}

func (a *attempt) paused(resp *http.Response, r decision) {
	a.c.pause = r.pause
	if r.news {
		a.t.tell(Event{Kind: Paused, Method: a.c.req.Method, Status: resp.StatusCode, Tries: a.c.sent, Wait: r.pause, Asked: r.asked})
	}
}

// acquire waits for a slot, and tells when the rate went up on the way.
func (t *Transport) acquire(ctx context.Context) (slot, error) {
	s, raised, err := t.pacer.acquire(ctx)
	if raised > 0 {
		t.tell(Event{Kind: RateChanged, Rate: raised})
	}
	return s, err
}
