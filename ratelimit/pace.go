package ratelimit

import (
	"time"

	"golang.org/x/time/rate"
)

const (
	paceStart  = 0.98 // share of the quota after the first refusal, and the most ever after
	paceDown   = 0.8  // factor at each further wave of refusals
	paceUp     = 0.05 // share of the quota regained
	paceUpTime = 30 * time.Second
	paceFloor  = 0.02
)

// pace spreads requests evenly once the server has refused one: a token bucket
// with a burst of 1. Before that it holds nobody back.
type pace struct {
	quota   Quota
	share   float64 // of the quota; 0 before the first refusal
	bucket  *rate.Limiter
	slowed  time.Time // the last wave of refusals
	changed time.Time // the last change of share
}

func newPace(q Quota) pace {
	return pace{quota: q, bucket: rate.NewLimiter(rate.Inf, 1)}
}

// slow answers one wave of refusals. accepted is the number of requests that
// the server answered in the last Per.
func (p *pace) slow(now time.Time, accepted int) {
	p.set(now, p.slower(now, accepted))
	p.slowed = now
}

// slower is the share after one more wave. When no other wave fell into the
// last Per, what was accepted in it is what the server grants, and there is no
// need to go far below.
func (p *pace) slower(now time.Time, accepted int) float64 {
	if p.share == 0 {
		return paceStart
	}
	share := p.share * paceDown
	if now.Sub(p.slowed) >= p.quota.Per {
		granted := float64(accepted) / float64(p.quota.N)
		share = max(share, paceStart*min(p.share, granted))
	}
	return max(paceFloor, share)
}

// raise regains a little when it is time, and tells whether it did.
func (p *pace) raise(now time.Time) bool {
	if p.share == 0 || p.share >= paceStart || now.Sub(p.changed) < paceUpTime {
		return false
	}
	p.set(now, min(paceStart, p.share+paceUp))
	return true
}

func (p *pace) set(now time.Time, share float64) {
	p.share, p.changed = share, now
	p.bucket.SetLimitAt(now, rate.Limit(p.perSecond()))
}

// take uses a token, or tells how long until there is one.
func (p *pace) take(now time.Time) time.Duration {
	r := p.bucket.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// perSecond is the rate once refused.
func (p *pace) perSecond() float64 { return p.share * p.quota.perSecond() }
