package ratelimit

import (
	"context"
	"math"
	"sync"
	"time"
)

const (
	forever = time.Duration(math.MaxInt64)

	// A burst that meets a quota smaller than expected is refused once for
	// each request under way; the gap between sends keeps those few.
	longestGap = 20 * time.Millisecond
	// A send that came late, as timers do, does not delay the next.
	gapSlack = 2 * time.Millisecond
)

// pacer decides when the next request goes out. It starts no goroutine: the
// caller at the head of the queue waits for all of them.
type pacer struct {
	turn chan struct{} // held by the head; callers queue for it first come, first served
	wake chan struct{} // tells the head to look again

	mu     sync.Mutex
	window window
	pace   pace
	pause  pause
	gap    time.Duration
	next   time.Time // the gap ends
	wave   int       // grows with each wave of refusals
	silent int       // waves in a row without an accepted request between
}

// slot is the right to have one request under way.
type slot struct{ wave int }

func newPacer(q Quota) *pacer {
	return &pacer{
		turn:   make(chan struct{}, 1),
		wake:   make(chan struct{}, 1),
		window: newWindow(q),
		pace:   newPace(q),
		gap:    min(longestGap, q.Per/time.Duration(5*q.N)),
	}
}

// acquire waits for the caller's turn and a slot, or for the context to end.
// raised is the new rate when it went up on the way, else 0.
func (p *pacer) acquire(ctx context.Context) (s slot, raised float64, err error) {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return slot{}, 0, context.Cause(ctx)
	}
	defer func() { <-p.turn }()
	for {
		if ctx.Err() != nil {
			return slot{}, raised, context.Cause(ctx)
		}
		s, up, wait := p.take(time.Now())
		raised = max(raised, up)
		if wait == 0 {
			return s, raised, nil
		}
		p.sleep(ctx, wait)
	}
}

// take gives a slot, or tells how long to wait before asking again.
func (p *pacer) take(now time.Time) (s slot, raised float64, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	wait = max(p.pause.until.Sub(now), p.window.wait(now), p.next.Sub(now))
	if wait > 0 {
		return slot{}, 0, wait
	}
	if p.pace.raise(now) {
		raised = p.pace.perSecond()
	}
	if wait = p.pace.take(now); wait > 0 {
		return slot{}, raised, wait
	}
	p.window.take()
	gap := p.gapNow()
	p.next = latest(p.next.Add(gap), now.Add(gap-gapSlack))
	return slot{wave: p.wave}, raised, 0
}

// gapNow is half the gap for the first third of the quota, as few tenants grant
// less than that, and none once the server has granted a whole window.
func (p *pacer) gapNow() time.Duration {
	switch {
	case p.window.shown:
		return 0
	case 3*p.window.held() < p.window.n:
		return p.gap / 2
	}
	return p.gap
}

// sleep ends early when a slot comes free, a pause begins or ctx ends.
func (p *pacer) sleep(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.wake:
	case <-ctx.Done():
	}
}

func (p *pacer) wakeHead() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// answered settles the slot of a request that the server took.
func (p *pacer) answered(s slot) {
	p.settle(func(now time.Time) {
		p.window.answered(now)
		if s.wave == p.wave {
			p.silent = 0
		}
	})
}

// lost settles the slot of a request whose answer never came.
func (p *pacer) lost() { p.settle(p.window.lost) }

// unsent settles the slot of a request that never reached the server.
func (p *pacer) unsent() { p.settle(func(time.Time) { p.window.giveBack() }) }

func (p *pacer) settle(f func(now time.Time)) {
	p.mu.Lock()
	f(time.Now())
	p.mu.Unlock()
	p.wakeHead()
}

// decision is what follows from an answer that asks everyone to wait.
type decision struct {
	newWave bool          // the first refusal of its wave: the rate came down
	rate    float64       // requests a second from now on
	pause   time.Duration // everyone's, from now
	asked   bool          // by the server
	news    bool          // the pause began, or grew by more than one wave's answers differ
}

// refused settles the slot of a request that got 429, pauses everyone and slows
// down, once for all requests that were sent before the pause. length gives the
// length of the pause from the number of waves met in a row; it is asked
// whether this refusal is the first of its wave.
func (p *pacer) refused(s slot, asked bool, length func(first bool, waves int) time.Duration) (r decision) {
	p.settle(func(now time.Time) {
		p.window.giveBack()
		if r.newWave = s.wave == p.wave; r.newWave {
			p.wave++
			p.silent++
			p.pace.slow(now, len(p.window.until))
		}
		r.rate = p.pace.perSecond()
		r.pause, r.news = p.pause.extend(now, length(r.newWave, p.silent), asked)
		r.asked = p.pause.asked
	})
	return r
}

// postponed settles the slot of a request that was taken, with an answer that
// asks everyone to wait.
func (p *pacer) postponed(asked bool, length time.Duration) (r decision) {
	p.settle(func(now time.Time) {
		p.window.answered(now)
		r.pause, r.news = p.pause.extend(now, length, asked)
		r.asked = p.pause.asked
	})
	return r
}

// paused is the time paused by rate limiting, so far.
func (p *pacer) paused() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pause.past(time.Now())
}

// pauses are the times paused by rate limiting, so far.
func (p *pacer) pauses() []span {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pause.pastSpans(time.Now())
}

// pausedFor is how long nobody can send from now on.
func (p *pacer) pausedFor() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, time.Until(p.pause.until))
}

// askedFor is the same, where the server asked for it.
func (p *pacer) askedFor() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.pause.asked {
		return 0
	}
	return max(0, time.Until(p.pause.until))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
