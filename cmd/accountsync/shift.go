package main

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"accountsync/fleet"
	"accountsync/internal/signals"
	"accountsync/reports"
)

// errSetAside ends a turn of a run that goes on later.
var errSetAside = errors.New("the run gave way; it goes on later")

// shift is a worker's turn of work on a run of a fleet. A command line has none:
// all methods do nothing then.
type shift struct {
	task  fleet.Task
	stop  *signals.Stop
	slice *time.Timer
	said  string // the error that ended the run, fit for others
}

// newShift gives the app the signals of a turn: to stop when the worker does or
// when the slice is over, and to give up when the run has gone to another one.
func (a *app) newShift(ctx context.Context, task fleet.Task) (end func()) {
	s := signals.New(ctx)
	a.stop, a.shift = s, &shift{task: task, stop: s}
	a.gate.open(task.Mine)
	unhook := context.AfterFunc(task.Stop, func() { s.Drain(context.Cause(task.Stop)) })
	return func() {
		unhook()
		if t := a.shift.slice; t != nil {
			t.Stop()
		}
		s.Close()
	}
}

// begin begins the slice: the plan is on record, and sending begins.
func (t *shift) begin() {
	if t != nil && t.slice == nil {
		t.slice = time.AfterFunc(t.task.Slice, func() { t.stop.Drain(errSetAside) })
	}
}

// over reports whether the run is set aside, for another turn.
func (t *shift) over(err error) bool {
	return t != nil && (!t.task.Mine() || errors.Is(err, context.Canceled) && t.stop.Draining.Err() != nil)
}

// ended takes note of how the run ended.
func (t *shift) ended(ctx context.Context, r *reports.Run) {
	if t == nil || r == nil || r.Head().Error == "" {
		return
	}
	if text, err := reports.ImpersonalError(ctx, r); err == nil {
		t.said = text
	}
}

// setAside leaves the run to another turn, as one that was killed, but for what
// it has sent so far.
func (s *session) setAside(ctx context.Context) error {
	switch {
	case !s.shift.task.Mine() || s.record == nil:
	case !s.record.Status().Sealed:
		_ = s.record.Discard(ctx) // else the next turn does
	default:
		head := s.record.Head()
		addRequests(head, s.earlier, s.sent, s.begun)
		if err := s.record.SetHead(ctx, head); err != nil {
			s.log.Warn().Err(err).Msg("the requests of this turn could not be put on record")
		}
	}
	return errSetAside
}

// gate lets requests through while a run is this worker's own. A process that
// was stopped for a while and wakes up must not send: another one may be at it.
type gate struct{ mine atomic.Pointer[func() bool] }

func (g *gate) open(mine func() bool) { g.mine.Store(&mine) }

// before is a transport with the gate in front.
func (g *gate) before(next http.RoundTripper) http.RoundTripper {
	if g == nil {
		return next
	}
	return gated{g, next}
}

type gated struct {
	*gate
	next http.RoundTripper
}

// RoundTrip sends the request, while it may.
func (g gated) RoundTrip(r *http.Request) (*http.Response, error) {
	if mine := g.mine.Load(); mine != nil && !(*mine)() {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, context.Canceled
	}
	return g.next.RoundTrip(r)
}
