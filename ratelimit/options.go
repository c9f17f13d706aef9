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

// WithObserver has f told of every Event, by the goroutine that met it: f may
// be called by several at once, and holds up a request while it runs.
func WithObserver(f func(Event)) Option { return func(o *options) { o.observe = f } }
