package main

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"accountsync/account"
	"accountsync/config"
	"accountsync/internal/exit"
	"accountsync/internal/past"
	"accountsync/internal/problem"
	"accountsync/journal"
	"accountsync/sync"
)

// state is where runs are kept: --state, what the service manager gives, or the
// user's state directory.
func (a *app) state(c *config.Sync) (string, error) {
	if c.State != "" {
		return c.State, nil
	}
	if dirs := config.Lookup(a.environ, "STATE_DIRECTORY"); dirs != "" {
		first, _, _ := strings.Cut(dirs, ":") // of a unit that has several
		return first, nil
	}
	if dir := config.Lookup(a.environ, "XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "accountsync"), nil
	}
	if home := config.Lookup(a.environ, "HOME"); home != "" {
		return filepath.Join(home, ".local", "state", "accountsync"), nil
	}
	return "", problem.Errorf(problem.Config, "name a directory with --state", "no state directory: HOME is not set")
}

// openStore opens the durable record of runs.
func (a *app) openStore(c *config.Sync) (*journal.Store, error) {
	state, err := a.state(c)
	if err != nil {
		return nil, err
	}
	s, err := journal.Open(a.stop.Draining, state)
	if err != nil {
		return nil, exit.OfStore(err)
	}
	return s, nil
}

// lock keeps other writers off the source, and off the quota of the client id:
// a source that is being written is not waited for, the quota is.
func (s *session) lock() error {
	l, err := s.store.Lock(s.stop.Draining, journal.LockRequest{Tenant: s.head.Tenant, Client: s.head.Client, SourceID: s.head.Source.ID, Run: s.head.Run,
		Wait: s.conf.LockWait, Waiting: func(h journal.Holder) {
			s.log.Info().Str("holder", h.String()).Dur("wait_ms", s.conf.LockWait).Msg("another run writes with this client id: waiting for its end")
		}})
	var held *journal.HeldError
	switch {
	case errors.As(err, &held):
		hint := "wait for it, or let this run wait longer with --lock-wait 2h"
		if held.Source {
			hint = "wait for it; accountsync runs shows how far it is"
		}
		return problem.Wrap(problem.Locked, err, hint)
	case err != nil && s.stop.Draining.Err() != nil:
		return context.Canceled
	case err != nil:
		return exit.OfStore(err)
	}
	s.later(func() { _ = l.Unlock() })
	return nil
}

// remember fills in what earlier runs know of the source.
func (s *session) remember(settings *sync.Settings) error {
	ctx, tenant, source := s.stop.Draining, s.head.Tenant, s.head.Source.ID
	settings.Policy.Now, settings.Policy.Latest = s.api.Clocks()
	settings.Policy.ClockDoubt = clockDoubt(settings.Policy.Now, settings.Policy.Latest)
	runs, err := s.store.Runs(ctx, journal.RunFilter{Tenant: tenant, Source: source, Writes: true, Limit: 20})
	if err != nil {
		return exit.OfStore(err)
	}
	var open []sync.Reader
	for _, run := range runs {
		if run.Ended || !run.Sealed || run.Run == s.head.Run {
			continue
		}
		rec, err := s.store.Read(ctx, run.Run)
		if err != nil {
			return exit.OfStore(err)
		}
		open = append(open, rec)
	}
	settings.Known.Missing, err = sync.Remember(ctx, s.store.Absences(ctx, tenant, source), open, settings.Policy.Latest)
	if err == nil {
		settings.Known.Left, _, err = s.store.AccountsLeft(ctx, tenant, source)
	}
	settings.Policy.Missing = settings.Known.Missing
	const nights = 30
	if err == nil {
		settings.Usual.Medians, settings.Usual.Runs, err = s.store.Median(ctx, tenant, source, nights)
	}
	return exit.OfStore(err)
}

// mask adds what is asked for to what the run masks, once its schema is known.
func (s *session) mask(schema account.Schema, renamed map[string]string) error {
	names, err := past.MaskNames(s.conf.Redact, schema, renamed)
	s.head.Redacted = slices.Compact(slices.Sorted(slices.Values(slices.Concat(names, s.before))))
	if err != nil {
		return err
	}
	known := slices.Clone(account.StateColumns[:])
	for _, a := range schema.Attributes {
		known = append(known, a.Name)
	}
	if err := s.chosen.CheckAttributes(known); err != nil {
		return problem.Errorf(problem.Usage, "a rule names an attribute of the account schema, or account.disabled and its like", "%w", err)
	}
	return nil
}

// made is a run of the session's tenant that was made before.
func (s *session) made(name string) (*journal.Run, error) {
	rec, err := past.Read(s.stop.Draining, s.store, name)
	if err != nil {
		return nil, err
	}
	if head := rec.Head(); head.Tenant != s.api.Tenant() {
		return nil, problem.Errorf(problem.Stale, "set SAIL_BASE_URL to the run's tenant", "run %s was made for tenant %s, this is %s", head.Run, head.Tenant, s.api.Tenant())
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
