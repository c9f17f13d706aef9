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
	full    rate.Limit // the quota
	share   float64    // of full; 0 before the first refusal
	changed time.Time
	bucket  *rate.Limiter
}

func newPace(q Quota) pace {
	return pace{full: rate.Limit(q.perSecond())}
}

// slow answers one wave of refusals.
func (p *pace) slow(now time.Time) {
	if p.bucket == nil {
		p.bucket = rate.NewLimiter(p.full, 1)
		p.set(now, paceStart)
		return
	}
	p.set(now, max(paceFloor, p.share*paceDown))
}

// recover raises the rate when its time has come, and tells whether it did.
func (p *pace) recover(now time.Time) bool {
	if p.bucket == nil || p.share >= paceStart || now.Sub(p.changed) < paceUpTime {
		return false
	}
	p.set(now, min(paceStart, p.share+paceUp))
	return true
}

func (p *pace) set(now time.Time, share float64) {
	p.share, p.changed = share, now
	p.bucket.SetLimitAt(now, p.full*rate.Limit(share))
}

// take uses a token, or tells how long until there is one.
func (p *pace) take(now time.Time) time.Duration {
	if p.bucket == nil {
		return 0
	}
	r := p.bucket.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// perSecond is the rate in force.
func (p *pace) perSecond() float64 {
	if p.bucket == nil {
		return float64(p.full)
	}
	return float64(p.bucket.Limit())
}
