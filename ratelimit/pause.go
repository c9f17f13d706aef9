package ratelimit

import (
	"slices"
	"time"
)

// pause is the gate that a refusal closes for every worker.
type pause struct {
	until time.Time
	asked bool          // the server gave its end
	total time.Duration // of all pauses, the current one to its end
	spans []span        // the same one by one, in order
}

// span is a time paused by rate limiting.
type span struct{ from, until time.Time }

// extend closes the gate for d from now; it never shortens a pause.
func (p *pause) extend(now time.Time, d time.Duration, asked bool) (left time.Duration, news bool) {
	until := now.Add(d)
	if !until.After(p.until) {
		return p.until.Sub(now), false
	}
	from := latest(now, p.until)
	grown := until.Sub(from)
	news = from.Equal(now) || grown >= time.Second
	p.total += grown
	p.until, p.asked = until, asked
	p.note(from)
	return d, news
}

// note adds the pause from a time on, or to the end of the last one.
func (p *pause) note(from time.Time) {
	if last := len(p.spans) - 1; last >= 0 && p.spans[last].until.Equal(from) {
		p.spans[last].until = p.until
		return
	}
	p.spans = append(p.spans, span{from, p.until})
}

// pastSpans are the pauses as far as they lie before now.
func (p *pause) pastSpans(now time.Time) []span {
	spans := slices.Clone(p.spans)
	if last := len(spans) - 1; last >= 0 && spans[last].until.After(now) {
		spans[last].until = now
	}
	return spans
}

// past is the part of total that lies before now.
func (p *pause) past(now time.Time) time.Duration {
	return p.total - max(0, p.until.Sub(now))
}
