package ratelimit

import "time"

// pause is the gate that a refusal closes for every worker.
type pause struct {
	until time.Time
	total time.Duration // of all pauses, the current one to its end
}

// extend closes the gate for d from now; it never shortens a pause.
func (p *pause) extend(now time.Time, d time.Duration) (left time.Duration, news bool) {
	until := now.Add(d)
	if !until.After(p.until) {
		return p.until.Sub(now), false
	}
	from := latest(now, p.until)
	grown := until.Sub(from)
	news = from.Equal(now) || grown >= time.Second
	p.total += grown
	p.until = until
	return d, news
}

// past is the part of total that lies before now.
func (p *pause) past(now time.Time) time.Duration {
	return p.total - max(0, p.until.Sub(now))
}
