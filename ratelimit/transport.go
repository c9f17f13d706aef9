// Package ratelimit is an http.RoundTripper that keeps its client under a
// quota the server cannot see broken, whatever the delays on the way, and
// sends again what may be sent again. It knows HTTP only.
package ratelimit

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// Transport shares one quota among all requests that go through it, first
// come, first served. It is safe for concurrent use.
type Transport struct {
	base    http.RoundTripper
	pacer   *pacer
	opts    options
	total   atomic.Int64
	refused atomic.Int64
	retried atomic.Int64
	record  atomic.Pointer[Record]
}

// NewTransport returns a Transport that sends through base, or through
// BaseTransport(16) with Timeouts when base is nil. A quota that ParseQuota would not return
// is a mistake of the program's: NewTransport panics.
func NewTransport(base http.RoundTripper, quota Quota, opts ...Option) *Transport {
	if !quota.valid() {
		panic(fmt.Sprintf("ratelimit: quota of %d requests in %v", quota.N, quota.Per))
	}
	if base == nil {
		base = Timeouts(BaseTransport(idlePerHost))
	}
	t := &Transport{base: base, pacer: newPacer(quota), opts: defaults(quota)}
	t.Record(time.Now())
	for _, opt := range opts {
		opt(&t.opts)
	}
	return t
}

// RoundTrip sends the request as soon as the quota lets it, and again while
// the answer is one to retry:
//
//   - 429 pauses every request for Retry-After, up to an hour of it: a call that
//     is to wait longer gives up at once. The server did not do what was asked,
//     so any method is sent again.
//   - 408, 5xx and a broken connection leave open whether it did. GET, HEAD,
//     OPTIONS, PUT, DELETE and a request whose Header has the key
//     Idempotency-Key are sent again. Others, such as a POST that creates, are
//     not: the caller gets the answer or the error, and can look before it
//     sends again. A 503 with Retry-After pauses every request too.
//
// A body is sent again only where the request has GetBody. When the tries are
// spent, the last answer is returned as it is, not as an error. All waiting,
// also for a place under the quota, ends with the request's context: a deadline
// on it has to leave time for that.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	c := &call{req: req}
	for {
		r, err := c.next()
		if err != nil {
			return nil, err
		}
		resp, err := t.send(c, r)
		wait, again := t.judge(c, resp, err)
		if !again {
			return resp, err
		}
		discard(resp)
		if err := sleep(req.Context(), wait); err != nil {
			return nil, err
		}
	}
}

// send waits for a slot, sends once and settles the slot.
func (t *Transport) send(c *call, r *http.Request) (*http.Response, error) {
	s, err := t.acquire(r.Context())
	if err != nil {
		closeBody(r)
		return nil, err
	}
	if err := checked(r.Context()); err != nil {
		t.pacer.unsent()
		closeBody(r)
		return nil, err
	}
	a := &attempt{t: t, c: c, slot: s, sent: time.Now()}
	t.count(c)
	resp, err := t.base.RoundTrip(a.watch(r))
	a.settle(resp, err)
	return resp, err
}

// judge says whether the call goes on, and after which wait of its own.
func (t *Transport) judge(c *call, resp *http.Response, err error) (wait time.Duration, again bool) {
	if c.req.Context().Err() != nil || !canReplay(c.req) {
		return 0, false
	}
	switch {
	case err != nil:
		return t.again(c, 0, err, mayResend(c.req) && !hopeless(err))
	case resp.StatusCode == http.StatusTooManyRequests:
		c.refusals++
		return t.againAfterPause(c, resp.StatusCode, c.refusals < t.opts.refusedTries)
	case unavailable(resp.StatusCode):
		return t.again(c, resp.StatusCode, nil, mayResend(c.req))
	}
	return 0, false
}

// again backs off, unless everyone is paused: then that is wait enough.
func (t *Transport) again(c *call, status int, err error, may bool) (time.Duration, bool) {
	c.failures++
	may = may && c.failures < t.opts.tries
	if c.pause > 0 {
		return t.againAfterPause(c, status, may)
	}
	wait := t.opts.backoff.full(c.failures)
	if !may || !c.mayWait(wait, &t.opts) {
		return 0, false
	}
	t.tell(Event{Kind: Retrying, Method: c.req.Method, Status: status, Err: err, Tries: c.sent, Wait: wait})
	return wait, true
}

// againAfterPause sends the call back to the queue, where the pause holds it.
func (t *Transport) againAfterPause(c *call, status int, may bool) (time.Duration, bool) {
	if !may || !c.mayPause(&t.opts) {
		return 0, false
	}
	t.tell(Event{Kind: Retrying, Method: c.req.Method, Status: status, Tries: c.sent})
	return 0, true
}

// Stats is a snapshot; it may be taken at any time.
func (t *Transport) Stats() Stats {
	return Stats{
		Total:     t.total.Load(),
		Throttled: t.refused.Load(),
		Retried:   t.retried.Load(),
		Paused:    t.pacer.paused(),
	}
}

// PausedFor is how long nobody can send from now on: 0 when nobody is held up.
func (t *Transport) PausedFor() time.Duration { return t.pacer.pausedFor() }

// AskedFor is how long from now on the server has asked to wait: 0 when nobody
// is held up, or by a pause of our own.
func (t *Transport) AskedFor() time.Duration { return t.pacer.askedFor() }

// CloseIdleConnections closes those of the base transport. http.Client calls it.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (t *Transport) count(c *call) {
	t.total.Add(1)
	if c.sent > 0 {
		t.retried.Add(1)
	}
	c.sent++
	countAttempt(c.req.Context())
}

func (t *Transport) tell(e Event) {
	if t.opts.observe != nil {
		t.opts.observe(e)
	}
}

const idlePerHost = 16

// BaseTransport is http.DefaultTransport (proxy from the environment, HTTP/2)
// fit for many workers on one host: it keeps a connection for each of them, at
// least 16, and gives up on an answer that has not begun after half a minute.
func BaseTransport(workers int) *http.Transport {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	if d, ok := http.DefaultTransport.(*http.Transport); ok {
		t = d.Clone()
	}
	t.MaxIdleConnsPerHost = max(idlePerHost, workers)
	t.MaxIdleConns = max(100, 2*t.MaxIdleConnsPerHost)
	t.ResponseHeaderTimeout = headerTimeout
	// An HTTP/2 connection that a firewall dropped shows only to a ping.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second}
	return t
}
