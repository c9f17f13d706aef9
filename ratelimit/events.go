package ratelimit

import "time"

// Kind is what an Event tells of.
type Kind int

// What an observer is told.
const (
	Refused     Kind = iota + 1 // a request got 429
	Retrying                    // a request will be sent again after Wait
	Paused                      // nobody sends for Wait
	RateChanged                 // requests go out at Rate from now on
)

func (k Kind) String() string {
	switch k {
	case Refused:
		return "refused"
	case Retrying:
		return "retrying"
	case Paused:
		return "paused"
	case RateChanged:
		return "rate changed"
	}
	return "unknown"
}

// Event is one thing worth a line in a log. It holds no address and no header.
type Event struct {
	Kind   Kind
	Method string        // of the request that met it; "" for RateChanged
	Status int           // of the answer; 0 when there was none
	Err    error         // why there was no answer (Retrying)
	Tries  int           // how often that request was sent so far
	Wait   time.Duration // Paused: from now; Retrying: its own back-off, 0 when only the pause holds it
	Asked  bool          // the server itself gave that length (Paused)
	Rate   float64       // requests a second (RateChanged)
}

// Stats is what a Transport did so far.
type Stats struct {
	Total     int64         // requests sent, each retry counted
	Throttled int64         // answers 429
	Retried   int64         // sends that were not a request's first
	Paused    time.Duration // time paused by rate limiting
}
