package main

import (
	"strconv"
	"time"

	"accountsync/account"
	"accountsync/diff"
	"accountsync/sync"

	"github.com/go-json-experiment/json"
	"github.com/spf13/pflag"
)

// syncSettings turns flags into what package sync takes, the file apart.
func (a *app) syncSettings(conf config, flags *pflag.FlagSet) (s sync.Settings, err error) {
	switch {
	case conf.Workers < 1:
		return s, problemf(exitUsage, "", "--workers %d: at least 1", conf.Workers)
	case conf.Verify != "" && conf.Verify != "auto" && conf.Verify != "off":
		return s, problemf(exitUsage, "", "--verify %q: write auto or off", conf.Verify)
	case conf.OnGuard != "" && conf.OnGuard != "block" && conf.OnGuard != "skip-removals":
		return s, problemf(exitUsage, "", "--on-guard %q: write block or skip-removals", conf.OnGuard)
	case conf.Canary < 0:
		return s, problemf(exitUsage, "", "--canary %d: 0 for none, or how many operations go first", conf.Canary)
	}
	s = sync.Settings{Workers: conf.Workers, Verify: conf.Verify != "off", VerifyTimeout: conf.VerifyTimeout, LostAfter: conf.LostAfter,
		Reload: conf.Reload, Canary: conf.Canary, SkipRemovals: conf.OnGuard == "skip-removals", Stop: a.stop.soft, Log: a.log}
	s.Policy.AllowLookalikes = given(flags, "allow-lookalikes", conf.AllowLookalikes)
	if s.Limits, s.Allow, err = conf.limits(flags); err != nil {
		return s, err
	}
	if s.MaxErrors, err = parseLimit("max-errors", conf.MaxErrors); err != nil {
		return s, err
	}
	s.MaxStale, err = parseLimit("max-stale", conf.MaxStale)
	return s, err
}

// desired adds the desired state and what is to become of accounts without a row.
func (a *app) desired(conf config, s *sync.Settings) (err error) {
	switch {
	case conf.Source == "":
		return problemf(exitUsage, "--source takes the source's id or name", "--source is not given")
	case conf.File == "":
		return problemf(exitUsage, "--file takes the desired-state CSV", "--file is not given")
	}
	if s.Policy.Removal, s.Policy.Grace, err = diff.ParseRemoval(conf.Removal); err != nil {
		return problemf(exitUsage, "", "--removal: %w", err)
	}
	if s.Policy.Protect, err = diff.ParseProtect(conf.Protect, readNameFile); err != nil {
		return problemf(exitUsage, "a name of a file that exists, or a pattern such as svc-*", "--%w", err)
	}
	if s.Policy.UpdateWith, err = diff.ParseUpdateWith(conf.UpdateWith); err != nil {
		return problemf(exitUsage, "", "--update-with: %w", err)
	}
	s.Policy.AllowDirectCreate, s.Policy.AllowRecorrelate = conf.AllowDirectCreate, conf.AllowRecorrelate
	s.Usual = usual(conf)
	options, err := conf.options()
	if err != nil {
		return err
	}
	s.Options = options
	s.File, err = account.Open(conf.File, options)
	return err
}

// usual is when a night is unusual: a warning, unless a limit was asked for.
func usual(conf config) sync.Usual {
	const warnFrom = 3
	if conf.MaxUnusual > 0 {
		return sync.Usual{Factor: conf.MaxUnusual, Guard: true}
	}
	return sync.Usual{Factor: warnFrom}
}

func parseLimit(name, text string) (diff.Limit, error) {
	if text == "" {
		return diff.Limit{}, nil
	}
	l, err := diff.ParseLimit(text)
	if err != nil {
		return l, problemf(exitUsage, "", "--%s: %w", name, err)
	}
	return l, nil
}

// knownSetting is what the journal calls the version of what was known of the
// source when a run planned.
const knownSetting = "known"

// memory is what the journal keeps of the settings: what a reader of the run
// wants to know, and nothing secret.
func (c config) memory(known int64) map[string]string {
	options, _ := c.options() // which were good when the file was opened
	read, _ := json.Marshal(options)
	told, _ := json.Marshal(c.told)
	return map[string]string{
		"options": string(read), "told": string(told),
		"source": c.Source, "file": c.File, "removal": c.Removal, "rate": c.Rate, "workers": strconv.Itoa(c.Workers),
		"max-errors": c.MaxErrors, "verify": c.Verify, "verify-timeout": c.VerifyTimeout.String(), "canary": strconv.Itoa(c.Canary),
		"on-guard": c.OnGuard, knownSetting: strconv.FormatInt(known, 10),
	}
}

// atLeast refuses times that make no sense.
func atLeast(name string, d, least time.Duration) error {
	if d < least {
		return problemf(exitUsage, "", "--%s %s: at least %s", name, d, least)
	}
	return nil
}
