package job

import (
	"context"
	"fmt"
	"time"

	"accountsync/account"
	"accountsync/internal/aggregation"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/sync"
)

// awaitAggregations waits until no aggregation of the source is running, as
// long as --aggregation-wait says: what an aggregation reads it changes, and what
// is written meanwhile it may undo. Where it cannot be asked, that is said.
func (j *Job) awaitAggregations(ctx context.Context, source account.Source) error {
	if j.conf.AggregationWait <= 0 {
		return nil
	}
	return j.awaitEnd(ctx, source.ID, time.Now().Add(j.conf.AggregationWait))
}

func (j *Job) awaitEnd(ctx context.Context, sourceID string, deadline time.Time) error {
	for pause, waiting := time.Second, false; ; pause = min(2*pause, 30*time.Second) {
		running, err := j.api.Aggregations(ctx, sourceID)
		left := time.Until(deadline)
		switch {
		case ctx.Err() != nil:
			return context.Canceled
		case err != nil:
			j.notes = append(j.notes, aggregation.CannotAsk(err))
			return nil
		case len(running) == 0:
			return nil
		case left <= 0:
			return problem.Errorf(problem.Locked, "wait for it, let this run wait longer with --aggregation-wait 1h, or go on all the same with --aggregation-wait 0",
				"%s, and still is after %s; nothing was written", aggregation.Running(running[0]), j.conf.AggregationWait)
		case !waiting:
			waiting = true
			j.sayWaiting(aggregation.Running(running[0]), left)
		}
		if !sleep(ctx, min(pause, left)) {
			return context.Canceled
		}
	}
}

// lateStart is how long after its time an aggregation may start.
const lateStart = time.Minute

// awaitDue waits until an aggregation of the source that is due within the
// expected time of the run has come and gone, and reports whether one was. One
// that is due too late to be waited for ends the run.
func (j *Job) awaitDue(ctx context.Context, head *sync.Head, planned []sync.Count) (waited bool, err error) {
	if j.conf.AggregationWait <= 0 {
		return false, nil
	}
	takes, err := j.expected(head, planned)
	if takes == 0 || err != nil {
		return false, err
	}
	due, err := j.nextAggregation(ctx, head.Source.ID)
	switch wait := time.Until(due); {
	case ctx.Err() != nil:
		return false, context.Canceled
	case err != nil:
		j.notes = append(j.notes, aggregation.CannotAskDue(err))
		return false, nil
	case due.IsZero() || wait > takes:
		return false, nil
	case wait+lateStart > j.conf.AggregationWait:
		return false, problem.Errorf(problem.Locked, "run it after that, let it wait longer with --aggregation-wait, or go on all the same with --aggregation-wait 0",
			"%s, within the %s that this run is expected to take, and --aggregation-wait is %s; nothing was written", aggregation.Due(due), text.Wait(takes), j.conf.AggregationWait)
	default:
		j.sayWaiting(aggregation.Due(due), wait+lateStart)
		return true, j.awaitStart(ctx, head.Source.ID, due)
	}
}

// awaitStart waits for an aggregation that is due, and for its end.
func (j *Job) awaitStart(ctx context.Context, sourceID string, due time.Time) error {
	deadline := time.Now().Add(j.conf.AggregationWait)
	for wait := time.Until(due); ; wait = 5 * time.Second {
		if !sleep(ctx, wait) {
			return context.Canceled
		}
		running, err := j.api.Aggregations(ctx, sourceID)
		switch {
		case ctx.Err() != nil:
			return context.Canceled
		case err != nil:
			j.notes = append(j.notes, aggregation.CannotAsk(err))
			return nil
		case len(running) > 0:
			return j.awaitEnd(ctx, sourceID, deadline)
		case time.Since(due) >= lateStart:
			j.notes = append(j.notes, fmt.Sprintf("An aggregation of the source was due at %s, and none was seen to be running within %s: it may have ended already, or --aggregation-zone is not the zone of its schedule.",
				due.Format(aggregation.ClockTime), text.Wait(lateStart)))
			return nil
		}
	}
}

// expected is how long it takes to apply what is planned: its requests under
// --rate, and a while for tasks and looks; 0 where nothing is left to send.
func (j *Job) expected(head *sync.Head, planned []sync.Count) (time.Duration, error) {
	requests := sync.Cost(head, planned)
	if requests == 0 {
		return 0, nil
	}
	return j.conf.Quota.MinDuration(requests) + time.Minute, nil
}

func (j *Job) nextAggregation(ctx context.Context, sourceID string) (time.Time, error) {
	return aggregation.Next(ctx, j.api.Client, j.conf.AggregationZone, sourceID)
}

// sayWaiting tells who looks on why nothing happens.
func (j *Job) sayWaiting(why string, longest time.Duration) {
	if j.bar.Live {
		fmt.Fprintf(j.env.Stderr, "%s: waiting up to %s\n", why, text.Wait(longest))
	}
	j.env.Log.Info().Dur("wait_ms", longest).Msg(why + ": waiting for its end")
}

// noteAggregations says whether an aggregation of the source is running, for a
// command that writes nothing.
func (j *Job) noteAggregations(ctx context.Context, source account.Source) {
	running, err := j.api.Aggregations(ctx, source.ID)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		j.notes = append(j.notes, aggregation.CannotAsk(err))
	case len(running) > 0:
		j.notes = append(j.notes, aggregation.Running(running[0])+": the accounts may change while this is read, and sync and apply wait for its end.")
	}
}

// noteDue says of a plan when an aggregation of the source is due, where that is
// within the expected time of its run, or soon.
func (j *Job) noteDue(ctx context.Context, rec sync.Reader) error {
	const soon = time.Hour
	counts, err := rec.Counts(ctx)
	if err != nil {
		return exit.OfStore(err)
	}
	takes, err := j.expected(rec.Head(), counts)
	if takes == 0 || err != nil {
		return err
	}
	due, err := j.nextAggregation(ctx, rec.Head().Source.ID)
	switch wait := time.Until(due); {
	case ctx.Err() != nil:
	case err != nil:
		j.notes = append(j.notes, aggregation.CannotAskDue(err))
	case due.IsZero() || wait > max(takes, soon):
	case wait <= takes:
		j.notes = append(j.notes, fmt.Sprintf("%s, within the %s that applying this is expected to take: sync and apply wait until it has ended.", aggregation.Due(due), text.Wait(takes)))
	default:
		j.notes = append(j.notes, aggregation.Due(due)+": apply before, or after it has ended.")
	}
	return nil
}

// sleep waits, and reports whether the time is over.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
