package main

import (
	"fmt"

	"accountsync/account"
	"accountsync/accounts"
	"accountsync/diff"
	"accountsync/internal/problem"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

// order is what one command asks for of the accounts it names.
type order struct {
	op       diff.Op
	destroys bool            // ask first
	names    []accounts.Name // the accounts; none where the order's own file names them
	tell     account.Unlock
	force    bool // send it even if the account already is as asked
	// wants are the fields of each account, and further accounts that they
	// name. Nil where the operation has none.
	wants func(of accounts.Target) ([]sync.Request, error)
}

// write tells the story of an order: look up what it names, judge, ask, send,
// verify, report.
func (a *app) write(c *cobra.Command, o order) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	terms := terms(conf)
	terms.Action = o.tell
	var settings sync.Settings
	policy, err := conf.Policy()
	if err != nil {
		return err
	}
	settings.Policy.Protect = policy.Protect
	if err := needSource(conf, o.names); err != nil {
		return err
	}
	if err := a.mayAsk(c, o); err != nil {
		return err
	}
	s, err := a.begin(c, conf)
	if err != nil {
		return err
	}
	defer s.end()
	s.head.Command, s.head.Writes = "accounts "+c.Name(), true
	of, err := s.target(o.names)
	if err == nil {
		err = s.mask(of.Schema, nil)
	}
	var requests []sync.Request
	if err == nil {
		requests, err = o.acts(of)
	}
	if err == nil {
		err = s.put(terms)
	}
	if err == nil {
		s.kept = &sync.FromRequests{API: s.api, Schema: of.Schema, Requests: requests}
		settings.Planned = func(rec sync.Reader) error { return s.confirm(c, o, rec) }
		err = s.carryOut(c.Context(), s.kept, settings)
	}
	return s.finish(err)
}

// acts are what is asked for of each account.
func (o order) acts(of accounts.Target) ([]sync.Request, error) {
	if o.wants != nil {
		return o.wants(of)
	}
	acts := make([]sync.Request, len(o.names))
	for i, n := range o.names {
		acts[i] = sync.Request{Op: o.op, Name: n.Text, Line: n.Line, Force: o.force}
	}
	return acts, nil
}

// target is the source named, else that of the first account that is there.
func (s *session) target(names []accounts.Name) (of accounts.Target, err error) {
	source := s.conf.Source
	if source == "" {
		if source, err = s.sourceOf(names); err != nil {
			return of, err
		}
	}
	if err = s.source(source, true); err != nil {
		return of, err
	}
	of.Source = s.head.Source
	if of.Schema, err = s.api.Schema(s.stop.Draining, of.Source.ID); err != nil {
		return of, fmt.Errorf("reading the account schema of source %q: %w", of.Source.Name, err)
	}
	return of, nil
}

// sourceOf is the id of the source of accounts named by their ids.
func (s *session) sourceOf(names []accounts.Name) (string, error) {
	ids := make([]string, len(names))
	for i, n := range names {
		ids[i] = n.Text
	}
	for _, q := range s.api.ByID(ids) {
		page, err := s.api.Accounts(s.stop.Draining, q)
		if err != nil {
			return "", fmt.Errorf("looking up the accounts: %w", err)
		}
		for a, err := range page.Accounts {
			if err != nil || a.SourceID != "" {
				return a.SourceID, err
			}
		}
	}
	return "", problem.Errorf(problem.Failure, "check the ids, or name the accounts by their native identities and the source with --source", "no account has such an id")
}
