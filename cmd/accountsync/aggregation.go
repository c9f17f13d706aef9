package main

import (
	"context"
	"fmt"
	"time"

	"accountsync/account"
	"accountsync/sync"
)

// awaitAggregations waits until no aggregation of the source is running, as
// long as --aggregation-wait says: what an aggregation reads it changes, and what
// is written meanwhile it may undo. Where it cannot be asked, that is said.
func (s *session) awaitAggregations(ctx context.Context, source account.Source) error {
	if s.conf.AggregationWait <= 0 {
		return nil
	}
	deadline := time.Now().Add(s.conf.AggregationWait)
	for pause, waiting := time.Second, false; ; pause = min(2*pause, 30*time.Second) {
		running, err := s.api.Aggregations(ctx, source.ID)
		left := time.Until(deadline)
		switch {
		case ctx.Err() != nil:
			return context.Canceled
		case err != nil:
			s.notes = append(s.notes, cannotAsk(err))
			return nil
		case len(running) == 0:
			return nil
		case left <= 0:
			return problemf(exitLocked, "wait for it, let this run wait longer with --aggregation-wait 1h, or go on all the same with --aggregation-wait 0",
				"%s, and still is after %s; nothing was written", aggregationText(running[0]), s.conf.AggregationWait)
		case !waiting:
			waiting = true
			s.sayWaiting(running[0])
		}
		if !sleep(ctx, min(pause, left)) {
			return context.Canceled
		}
	}
}

// sayWaiting tells who looks on why nothing happens.
func (s *session) sayWaiting(running account.Aggregation) {
	if s.bar.live {
		fmt.Fprintf(s.stderr, "%s: waiting up to %s\n", aggregationText(running), s.conf.AggregationWait)
	}
	s.log.Info().Str("task", running.Task).Dur("wait_ms", s.conf.AggregationWait).Msg("an aggregation of the source is running: waiting for its end")
}

// noteAggregations says whether an aggregation of the source is running, for a
// command that writes nothing.
func (s *session) noteAggregations(ctx context.Context, source account.Source) {
	running, err := s.api.Aggregations(ctx, source.ID)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.notes = append(s.notes, cannotAsk(err))
	case len(running) > 0:
		s.notes = append(s.notes, aggregationText(running[0])+": the accounts may change while this is read, and sync and apply wait for its end.")
	}
}

func aggregationText(running account.Aggregation) string {
	text := "an aggregation of the source is running (task " + running.Task
	if !running.Started.IsZero() {
		text += ", since " + running.Started.UTC().Format(time.RFC3339)
	}
	return text + ")"
}

// cannotAsk says that nobody knows whether an aggregation is running.
func cannotAsk(err error) string {
	if sync.Denied(err) {
		return "It could not be asked whether an aggregation of the source is running: the token may lack the scope idn:task-management:read."
	}
	return fmt.Sprintf("It could not be asked whether an aggregation of the source is running: %v.", err)
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
