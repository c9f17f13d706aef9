package ratelimit

import (
	"slices"
	"time"
)

// lostGrace is how long after its connection broke a request may still be
// counted by the server.
const lostGrace = time.Second

// window holds the quota's slots. A request holds one from its send until one
// Per after its answer came: the server counted it somewhere in between, so
// that delays on the way cannot bring more than N counts into any Per.
type window struct {
	n        int
	per      time.Duration // the quota's Per and a little for unequal clocks
	inFlight int
	shown    bool        // a slot has come back by time: the server granted all that was asked in a Per
	until    []time.Time // when the slots of answered requests come free, ascending
}

func newWindow(q Quota) window {
	return window{n: q.N, per: q.Per + max(time.Millisecond, q.Per/10_000)}
}

// wait is how long until a slot is free: 0 now, forever when only an answer
// can free one.
func (w *window) wait(now time.Time) time.Duration {
	for len(w.until) > 0 && !w.until[0].After(now) {
		w.until, w.shown = w.until[1:], true
	}
	switch {
	case w.held() < w.n:
		return 0
	case len(w.until) > 0:
		return w.until[0].Sub(now)
	}
	return forever
}

// held is the number of slots that are not free.
func (w *window) held() int { return w.inFlight + len(w.until) }

func (w *window) take() { w.inFlight++ }

// giveBack frees the slot of a request that the server did not count.
func (w *window) giveBack() { w.inFlight-- }

// answered keeps the slot for one Per more.
func (w *window) answered(now time.Time) { w.hold(now.Add(w.per)) }

// lost keeps the slot of a request whose answer never came.
func (w *window) lost(now time.Time) { w.hold(now.Add(w.per + lostGrace)) }

func (w *window) hold(until time.Time) {
	w.inFlight--
	i := len(w.until)
	for i > 0 && w.until[i-1].After(until) {
		i--
	}
	w.until = slices.Insert(w.until, i, until)
}
