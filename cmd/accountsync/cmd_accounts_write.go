package main

import (
	"context"
	"fmt"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

// order is what one command asks for of the accounts it names.
type order struct {
	op       diff.Op
	destroys bool   // ask first
	names    []name // the accounts; none where the order's own file names them
	tell     account.Unlock
	force    bool // send it even if the account already is as asked
	// wants are the fields of each account, and further accounts that they
	// name. Nil where the operation has none.
	wants func(of target) ([]sync.Act, error)
}

// target is the source whose accounts are written.
type target struct {
	account.Source
	account.Schema
}

// write tells the story of an order: look up what it names, judge, ask, send,
// verify, report.
func (a *app) write(c *cobra.Command, o order) error {
	conf, settings, err := a.writeSettings(c, o)
	if err != nil {
		return err
	}
	if err := needSource(conf, o.names); err != nil {
		return err
	}
	if err := a.mayAsk(c, o); err != nil {
		return err
	}
	conf.told = o.tell
	s, err := a.begin(c, conf, true)
	if err != nil {
		return err
	}
	defer s.end()
	s.result.Command = "accounts " + c.Name()
	run, err := s.planOrder(o, settings)
	if err == nil {
		err = s.confirm(c, o, run)
	}
	if err == nil && !run.Blocked() {
		err = s.safely(c.Context(), func(ctx context.Context) error { return s.apply(ctx, run) })
	}
	return s.finish(run, err)
}

func (a *app) writeSettings(c *cobra.Command, o order) (config, sync.Settings, error) {
	conf, settings, err := a.runSettings(c)
	if err != nil {
		return conf, settings, err
	}
	settings.Tell = o.tell
	if settings.Policy.Protect, err = diff.ParseProtect(conf.Protect, readNameFile); err != nil {
		return conf, settings, problemf(exitUsage, "a name of a file that exists, or a pattern such as svc-*", "--protect: %w", err)
	}
	return conf, settings, nil
}

// planOrder looks up what the order names and plans it, with a client that cannot write.
func (s *session) planOrder(o order, settings sync.Settings) (run *sync.Run, err error) {
	of, err := s.target(o.names)
	if err != nil {
		return nil, err
	}
	if err := s.mask(of.Schema, nil); err != nil {
		return nil, err
	}
	acts, err := o.acts(of)
	if err != nil {
		return nil, err
	}
	settings = s.watched(settings)
	err = sync.Safely(func() (err error) {
		run, err = sync.Ask(s.stop.soft, sync.Asker(s.api), of.Source, of.Schema, acts, settings)
		return err
	})
	return run, err
}

// acts are what is asked for of each account.
func (o order) acts(of target) ([]sync.Act, error) {
	if o.wants != nil {
		return o.wants(of)
	}
	acts := make([]sync.Act, len(o.names))
	for i, n := range o.names {
		acts[i] = sync.Act{Op: o.op, Name: n.text, Line: n.line, Force: o.force}
	}
	return acts, nil
}

// target is the source named, else that of the first account that is there.
func (s *session) target(names []name) (of target, err error) {
	source := s.conf.Source
	if source == "" {
		if source, err = s.sourceOf(names); err != nil {
			return of, err
		}
	}
	if of.Source, err = s.source(source, true); err != nil {
		return of, err
	}
	if of.Schema, err = s.api.Schema(s.stop.soft, of.Source.ID); err != nil {
		return of, fmt.Errorf("reading the account schema of source %q: %w", of.Source.Name, err)
	}
	return of, nil
}

// sourceOf is the id of the source of accounts named by their ids.
func (s *session) sourceOf(names []name) (string, error) {
	ids := make([]string, len(names))
	for i, n := range names {
		ids[i] = n.text
	}
	for _, q := range s.api.ByID(ids) {
		page, err := s.api.Accounts(s.stop.soft, q)
		if err != nil {
			return "", fmt.Errorf("looking up the accounts: %w", err)
		}
		for a, err := range page.Accounts {
			if err != nil || a.SourceID != "" {
				return a.SourceID, err
			}
		}
	}
	return "", problemf(exitFailure, "check the ids, or name the accounts by their native identities and the source with --source", "no account has such an id")
}
