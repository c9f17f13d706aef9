package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Kinds of rate limit.
const (
	RateSliding = "sliding" // no window of that length, wherever it starts, holds more than Limit requests
	RateFixed   = "fixed"   // windows follow one another from the server's start, each with Limit requests
	RateBucket  = "bucket"  // a bucket of Limit tokens that refills evenly, Limit a window
	RateOff     = "off"
)

// Rate is a quota per client id and API version. Its zero value is the documented one: 100 in 10 s, sliding.
type Rate struct {
	Kind   string   `json:"kind,omitzero"`
	Limit  int      `json:"limit,omitzero"`
	Window Duration `json:"window,omitzero"`
	// Tiers lets the waits climb as SailPoint's engineers describe them (reported, not documented): 60, 300, 600
	// and 1,200 s. Three intervals of 120 s with a violation, or one request that comes before its wait is over, climb; an hour without forgets.
	Tiers bool `json:"tiers,omitzero"`
}

func (r *Rate) validate() error {
	if r == nil {
		return nil
	}
	kinds := []string{"", RateSliding, RateFixed, RateBucket, RateOff}
	if !slices.Contains(kinds, r.Kind) || r.Limit < 0 || r.Window < 0 {
		return fmt.Errorf("rate: kind %q with %d per %s: the kinds are sliding, fixed, bucket and off, the numbers positive",
			r.Kind, r.Limit, time.Duration(r.Window))
	}
	return nil
}

func (r Rate) withDefaults() Rate {
	r.Kind = cmp.Or(r.Kind, RateSliding)
	if r.Limit == 0 {
		r.Limit = 100
	}
	if r.Window == 0 {
		r.Window = Duration(10 * time.Second)
	}
	return r
}

// limiter is the state of one quota.
type limiter struct {
	Rate
	started time.Time
	served  []time.Time // sliding: those of the last window, oldest first
	window  int64       // fixed: the number of the current window
	used    int         // fixed: requests in it
	tokens  float64     // bucket
	filled  time.Time   // bucket: when tokens was right
	tiers   tiers
}

func newLimiter(rate Rate, now time.Time) *limiter {
	rate = rate.withDefaults()
	return &limiter{Rate: rate, started: now, tokens: float64(rate.Limit), filled: now}
}

// take admits a request or tells how long to wait. A refused request does not count.
func (l *limiter) take(now time.Time) (wait time.Duration, ok bool) {
	if now.Before(l.tiers.until) {
		return l.tiers.early(now), false
	}
	if wait, ok = l.takeOne(now); !ok && l.Tiers {
		wait = l.violate(now)
	}
	return wait, ok
}

func (l *limiter) takeOne(now time.Time) (wait time.Duration, ok bool) {
	switch l.Kind {
	case RateOff:
		return 0, true
	case RateFixed:
		return l.takeFixed(now)
	case RateBucket:
		return l.takeToken(now)
	default:
		return l.takeSliding(now)
	}
}

func (l *limiter) takeSliding(now time.Time) (time.Duration, bool) {
	window := time.Duration(l.Window)
	for len(l.served) > 0 && now.Sub(l.served[0]) >= window {
		l.served = l.served[1:]
	}
	if len(l.served) >= l.Limit {
		return l.served[0].Add(window).Sub(now), false
	}
	l.served = append(l.served, now)
	return 0, true
}

func (l *limiter) takeFixed(now time.Time) (time.Duration, bool) {
	window := time.Duration(l.Window)
	number := int64(now.Sub(l.started) / window)
	if number != l.window {
		l.window, l.used = number, 0
	}
	if l.used >= l.Limit {
		return l.started.Add(time.Duration(number+1) * window).Sub(now), false
	}
	l.used++
	return 0, true
}

func (l *limiter) takeToken(now time.Time) (time.Duration, bool) {
	perToken := time.Duration(l.Window) / time.Duration(l.Limit)
	l.tokens = min(float64(l.Limit), l.tokens+float64(now.Sub(l.filled))/float64(perToken))
	l.filled = now
	if l.tokens < 1 {
		return time.Duration((1 - l.tokens) * float64(perToken)), false
	}
	l.tokens--
	return 0, true
}

// seconds writes a wait as Retry-After does, rounded up and never 0.
func seconds(wait time.Duration) string {
	whole := (wait + time.Second - 1) / time.Second
	return strconv.FormatInt(max(1, int64(whole)), 10)
}
