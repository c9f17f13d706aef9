package main

import (
	"time"

	"accountsync/csvfile"
	"accountsync/diff"
	"accountsync/internal/problem"
	"accountsync/sync"

	"github.com/spf13/pflag"
)

// terms turns flags into the terms of a run.
func (a *app) terms(conf config, flags *pflag.FlagSet) (t sync.Terms, err error) {
	switch {
	case conf.Workers < 1:
		return t, problem.Errorf(problem.Usage, "", "--workers %d: at least 1", conf.Workers)
	case conf.Verify != "" && conf.Verify != "auto" && conf.Verify != "off":
		return t, problem.Errorf(problem.Usage, "", "--verify %q: write auto or off", conf.Verify)
	case conf.OnGuard != "" && conf.OnGuard != "block" && conf.OnGuard != "skip-removals":
		return t, problem.Errorf(problem.Usage, "", "--on-guard %q: write block or skip-removals", conf.OnGuard)
	case conf.Canary < 0:
		return t, problem.Errorf(problem.Usage, "", "--canary %d: 0 for none, or how many operations go first", conf.Canary)
	}
	t = sync.Terms{Workers: conf.Workers, Verify: conf.Verify != "off", VerifyTimeout: conf.VerifyTimeout, LostAfter: conf.LostAfter,
		Reload: conf.Reload, Canary: conf.Canary, SkipRemovals: conf.OnGuard == "skip-removals", Rate: conf.Rate, Action: conf.told}
	if t.Limits, t.Allow, err = conf.limits(flags); err != nil {
		return t, err
	}
	if t.MaxErrors, err = parseLimit("max-errors", conf.MaxErrors); err != nil {
		return t, err
	}
	t.MaxStale, err = parseLimit("max-stale", conf.MaxStale)
	return t, err
}

// desired is the desired state, and what is to become of accounts without a row.
func (a *app) desired(conf config, flags *pflag.FlagSet, t *sync.Terms) (file *csvfile.File, policy diff.Policy, err error) {
	switch {
	case conf.Source == "":
		return nil, policy, problem.Errorf(problem.Usage, "--source takes the source's id or name", "--source is not given")
	case conf.File == "":
		return nil, policy, problem.Errorf(problem.Usage, "--file takes the desired-state CSV", "--file is not given")
	}
	if t.Removal, t.Grace, err = diff.ParseRemoval(conf.Removal); err != nil {
		return nil, policy, problem.Errorf(problem.Usage, "", "--removal: %w", err)
	}
	if policy.Protect, err = diff.ParseProtect(conf.Protect, readNameFile); err != nil {
		return nil, policy, problem.Errorf(problem.Usage, "a name of a file that exists, or a pattern such as svc-*", "--%w", err)
	}
	if t.UpdateWith, err = diff.ParseUpdateWith(conf.UpdateWith); err != nil {
		return nil, policy, problem.Errorf(problem.Usage, "", "--update-with: %w", err)
	}
	t.Protect, t.AllowDirectCreate, t.AllowRecorrelate, t.Unusual = conf.Protect, conf.AllowDirectCreate, conf.AllowRecorrelate, usual(conf)
	policy.Removal, policy.Grace, policy.UpdateWith = t.Removal, t.Grace, t.UpdateWith
	policy.AllowDirectCreate, policy.AllowRecorrelate = t.AllowDirectCreate, t.AllowRecorrelate
	policy.AllowLookalikes = given(flags, "allow-lookalikes", conf.AllowLookalikes)
	if t.Options, err = conf.options(); err != nil {
		return nil, policy, err
	}
	file, err = csvfile.Open(conf.File, t.Options)
	return file, policy, err
}

// usual is when a night is unusual: a warning, unless a limit was asked for.
func usual(conf config) sync.Unusual {
	const warnFrom = 3
	if conf.MaxUnusual > 0 {
		return sync.Unusual{Factor: conf.MaxUnusual, Guard: true}
	}
	return sync.Unusual{Factor: warnFrom}
}

func parseLimit(name, text string) (diff.Limit, error) {
	if text == "" {
		return diff.Limit{}, nil
	}
	l, err := diff.ParseLimit(text)
	if err != nil {
		return l, problem.Errorf(problem.Usage, "", "--%s: %w", name, err)
	}
	return l, nil
}

// atLeast refuses times that make no sense.
func atLeast(name string, d, least time.Duration) error {
	if d < least {
		return problem.Errorf(problem.Usage, "", "--%s %s: at least %s", name, d, least)
	}
	return nil
}
