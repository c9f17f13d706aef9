package job

import (
	"context"
	"errors"
	"iter"

	"accountsync/account"
	"accountsync/internal/exit"
	"accountsync/internal/past"
	"accountsync/internal/problem"
	"accountsync/journal"
	"accountsync/sync"
)

// lock keeps other writers off the source, and off the quota of the client id:
// a source that is being written is not waited for, the quota is.
func (j *Job) lock() error {
	l, err := j.store.Lock(j.env.Stop.Draining, journal.LockRequest{Tenant: j.head.Tenant, Client: j.head.Client, SourceID: j.head.Source.ID, Run: j.head.Run,
		Wait: j.conf.LockWait, Waiting: func(h journal.Holder) {
			j.env.Log.Info().Str("holder", h.String()).Dur("wait_ms", j.conf.LockWait).Msg("another run writes with this client id: waiting for its end")
		}})
	var held *journal.HeldError
	switch {
	case errors.As(err, &held):
		hint := "wait for it, or let this run wait longer with --lock-wait 2h"
		if held.Source {
			hint = "wait for it; accountsync runs shows how far it is"
		}
		return problem.Wrap(problem.Locked, err, hint)
	case err != nil && j.env.Stop.Draining.Err() != nil:
		return context.Canceled
	case err != nil:
		return exit.OfStore(err)
	}
	j.onClose(func() { _ = l.Unlock() })
	return nil
}

// remember fills in what earlier runs know of the source.
func (j *Job) remember(settings *sync.Settings) error {
	ctx, tenant, source := j.env.Stop.Draining, j.head.Tenant, j.head.Source.ID
	settings.Policy.Now, settings.Policy.Latest = j.api.Clocks()
	settings.Policy.ClockDoubt = clockDoubt(settings.Policy.Now, settings.Policy.Latest)
	runs, err := j.store.Runs(ctx, journal.RunFilter{Tenant: tenant, Source: source, Writes: true, Limit: 20})
	if err != nil {
		return exit.OfStore(err)
	}
	var open []sync.Reader
	for _, run := range runs {
		if run.Ended || !run.Sealed || run.Run == j.head.Run {
			continue
		}
		rec, err := j.store.Read(ctx, run.Run)
		if err != nil {
			return exit.OfStore(err)
		}
		open = append(open, rec)
	}
	settings.Known.Absences, err = sync.Remember(ctx, j.store.Absences(ctx, tenant, source), open, settings.Policy.Latest)
	if err == nil {
		settings.Known.Left, _, err = j.store.AccountsLeft(ctx, tenant, source)
	}
	settings.Policy.Absences = settings.Known.Absences
	const nights = 30
	if err == nil {
		settings.Usual.Medians, settings.Usual.Runs, err = j.store.Median(ctx, tenant, source, nights)
	}
	return exit.OfStore(err)
}

// made is a run of the session's tenant that was made before.
func (j *Job) made(name string) (*journal.Run, error) {
	rec, err := past.Read(j.env.Stop.Draining, j.store, name)
	if err != nil {
		return nil, err
	}
	if head := rec.Head(); head.Tenant != j.api.Tenant() {
		return nil, problem.Errorf(problem.Stale, "set SAIL_BASE_URL to the run's tenant", "run %s was made for tenant %s, this is %s", head.Run, head.Tenant, j.api.Tenant())
	}
	return rec, nil
}

func keptRows(rows []account.Row) iter.Seq2[account.Row, error] {
	return func(yield func(account.Row, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}
