package ratelimit

import "time"

type options struct {
	tries         int
	refusedTries  int
	maxWait       time.Duration // of one call, for pauses of our own and back-off
	maxAsked      time.Duration // of one call, for pauses the server asked for
	backoff       backoff
	pauseFloor    time.Duration
	unhintedPause backoff // when a 429 says nothing of its length
	observe       func(Event)
}

func defaults(q Quota) options {
	return options{
		tries:         6,
		refusedTries:  20,
		maxWait:       max(15*time.Minute, 4*q.Per),
		maxAsked:      2 * longestAsked,
		backoff:       backoff{base: 500 * time.Millisecond, most: 30 * time.Second},
		pauseFloor:    time.Second,
		unhintedPause: backoff{base: 2 * time.Second, most: max(30*time.Second, q.Per)},
	}
}

// longestAsked is how long a server may ask everyone to wait. SailPoint's
// engineers describe waits of up to 1,200 s, each of which is to be waited out:
// who comes early waits longer. One that asks for more is not waited for.
const longestAsked = time.Hour

// pauseFor is the pause that a Retry-After makes. A call whose server asks for
// more than longestAsked gives up, and holds up nobody else for that.
func (o *options) pauseFor(asked time.Duration) time.Duration {
	if asked > longestAsked {
		return o.pauseFloor
	}
	return max(asked, o.pauseFloor)
}

// Option changes a default of NewTransport.
type Option func(*options)

// WithObserver has f told of every Event, by the goroutine that met it: f may
// be called by several at once, and holds up a request while it runs.
func WithObserver(f func(Event)) Option { return func(o *options) { o.observe = f } }
