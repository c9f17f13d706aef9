package ratelimit

import "time"

type options struct {
	tries        int
	refusedTries int
	maxWait      time.Duration
	backoff      backoff
	pauseFloor   time.Duration
	pauseCap     time.Duration
	silentPause  backoff // when a 429 says nothing of its length
	observe      func(Event)
}

func defaults(q Quota) options {
	return options{
		tries:        6,
		refusedTries: 20,
		maxWait:      max(15*time.Minute, 4*q.Per),
		backoff:      backoff{base: 500 * time.Millisecond, most: 30 * time.Second},
		pauseFloor:   time.Second,
		pauseCap:     max(time.Minute, 2*q.Per),
		silentPause:  backoff{base: 2 * time.Second, most: max(30*time.Second, q.Per)},
	}
}

func (o *options) clampPause(d time.Duration) time.Duration {
	return min(max(d, o.pauseFloor), o.pauseCap)
}

// Option changes a default of NewTransport.
type Option func(*options)

// WithTries sets how often a request is sent at most when it meets 502, 503,
// 504 or a broken connection. Default 6; 1 means never again.
func WithTries(n int) Option { return func(o *options) { o.tries = n } }

// WithRefusedTries sets how often a request is sent at most when it meets 429.
// Default 20.
func WithRefusedTries(n int) Option { return func(o *options) { o.refusedTries = n } }

// WithMaxWait sets how long one request waits in all for its retries: back-offs
// and pauses, not its place in the queue. A wait that would pass it is not
// begun. Default 15 minutes, or four times the quota's Per if that is longer.
func WithMaxWait(d time.Duration) Option { return func(o *options) { o.maxWait = d } }

// WithBackoff sets the back-off of one request: drawn from 0 up to base, then
// twice base and so on up to most. Default 500 ms and 30 s.
func WithBackoff(base, most time.Duration) Option {
	return func(o *options) { o.backoff = backoff{base, most} }
}

// WithPause sets the shortest and the longest pause of everyone, whatever
// Retry-After says. Default 1 s, and 1 minute or twice the quota's Per.
func WithPause(floor, most time.Duration) Option {
	return func(o *options) { o.pauseFloor, o.pauseCap = floor, most }
}

// WithObserver has f told of every Event, by the goroutine that met it: f may
// be called by several at once, and holds up a request while it runs.
func WithObserver(f func(Event)) Option { return func(o *options) { o.observe = f } }
