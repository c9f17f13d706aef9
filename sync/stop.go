package sync

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"accountsync/diff"
)

// halt knows why nothing new may be sent. Workers tell it of their failures.
type halt struct {
	failed  atomic.Int64
	lost    atomic.Int64 // operations without an answer, as long as nothing is known of them
	allowed int64        // failures up to which the run goes on; -1: any number
	denied  [Phases]denial
	dead    atomic.Value // error: the credentials no longer work
	broken  atomic.Value // error: what ends the run, such as a record that cannot be written
	stop    context.Context
}

// denial is what is known of the right to one kind of operation. A 403 may be
// about its account alone: that of an owner the token has nothing to say to.
// Where the API took an operation of the kind, the right to it is not missing.
type denial struct {
	taken   atomic.Bool
	refused atomic.Int64
	first   atomic.Value // error
}

// enoughRefused is after how many 403s, and nothing that was taken, nothing more
// of a kind is sent.
const enoughRefused = 3

// missing reports whether at least so many operations were refused and none taken.
func (d *denial) missing(refused int64) bool { return !d.taken.Load() && d.refused.Load() >= refused }

// begin sets the budget for the operations planned.
func (h *halt) begin(budget diff.Limit, planned int) {
	h.allowed = -1
	if n, limited := budget.Of(planned); limited {
		h.allowed = int64(n)
	}
}

// What ends a run early, apart from the API's refusals.
var (
	ErrBudget = errors.New("stopped: more than --max-errors operations failed")
	ErrRecord = errors.New("the record of the run cannot be written")
)

// reason says why an operation of a phase must not be sent; no code: it may.
func (h *halt) reason(ctx context.Context, phase int) Reason {
	switch {
	case h.interrupted(ctx):
		return why(CodeInterrupted)
	case h.dead.Load() != nil:
		return why(CodeDenied)
	case h.broken.Load() != nil:
		return why(CodeEnded)
	case h.spent():
		return Reason{Code: CodeBudget, Details: Details{Count: int(h.failed.Load() + h.lost.Load()), Limit: int(h.allowed)}}
	case h.denied[phase].missing(enoughRefused):
		return Reason{Code: CodeDenied, Details: Details{HTTP: 403}}
	}
	return Reason{}
}

func (h *halt) interrupted(ctx context.Context) bool {
	return h.stop.Err() != nil || ctx.Err() != nil
}

// setUnknown takes note of whether it is unknown what became of an operation.
func (h *halt) setUnknown(op *operation, is bool) {
	switch {
	case is && !op.unknown:
		h.lost.Add(1)
	case !is && op.unknown:
		h.lost.Add(-1)
	}
	op.unknown = is
}

// spent counts what got no answer as failed, until it is seen to be done.
func (h *halt) spent() bool { return h.allowed >= 0 && h.failed.Load()+h.lost.Load() > h.allowed }

// took takes note that the API took an operation of a phase.
func (h *halt) took(phase int) { h.denied[phase].taken.Store(true) }

// apiError takes note of a failed call: 403s end their kind of operation, any other
// refusal of the credentials ends the run, and so does an answer to another question.
func (h *halt) apiError(phase int, err error) {
	h.failed.Add(1)
	switch {
	case void(err):
		h.end(err)
	case !Denied(err):
	case status(err) == 403:
		h.denied[phase].first.CompareAndSwap(nil, boxed{err})
		h.denied[phase].refused.Add(1)
	default:
		h.dead.CompareAndSwap(nil, boxed{err})
	}
}

// journalError takes note that the record cannot be written: nothing more is
// sent, since it could not be told of later.
func (h *halt) journalError(err error) { h.end(fmt.Errorf("%w: %w", ErrRecord, err)) }

// end ends the run: the API answers what was not asked, or cannot be read, or
// there is a bug.
func (h *halt) end(err error) { h.broken.CompareAndSwap(nil, boxed{err}) }

// ended reports whether the run is to end at once, without waiting for what was sent.
func (h *halt) ended() bool { return h.broken.Load() != nil || h.dead.Load() != nil }

// boxed gives errors of every type one type, as atomic.Value wants it.
type boxed struct{ error }

// err is what ended the run early, if anything did.
func (h *halt) err(ctx context.Context) error {
	for _, cause := range []*atomic.Value{&h.broken, &h.dead} {
		if c, ok := cause.Load().(boxed); ok {
			return c.error
		}
	}
	for i := range h.denied {
		if first, ok := h.denied[i].first.Load().(boxed); ok && h.denied[i].missing(1) {
			return first.error
		}
	}
	switch {
	case h.interrupted(ctx):
		return context.Canceled
	case h.spent():
		return ErrBudget
	}
	return nil
}
