package job

import (
	"context"

	"accountsync/config"
	"accountsync/csvfile"
	"accountsync/diff"
	"accountsync/sync"
)

// terms are the terms of a run that settings make.
func terms(conf *config.Sync) sync.Terms {
	return sync.Terms{Workers: conf.Workers, Verify: !conf.VerifyOff, VerifyTimeout: conf.VerifyTimeout, LostAfter: conf.LostAfter,
		Reload: conf.Reload, Canary: conf.Canary, SkipRemovals: conf.SkipRemovals, Rate: conf.Rate,
		Limits: conf.Limits, Allow: conf.Allow, MaxErrors: conf.MaxErrors, MaxStale: conf.MaxStale}
}

// desired is the desired state, and what is to become of accounts without a row.
func desired(ctx context.Context, conf *config.Sync, t *sync.Terms) (file *csvfile.File, policy diff.Policy, err error) {
	if err := conf.NeedsTable(); err != nil {
		return nil, policy, err
	}
	if policy, err = conf.Policy(); err != nil {
		return nil, policy, err
	}
	t.Removal, t.Grace, t.UpdateWith, t.Protect = conf.Removal, conf.Grace, conf.UpdateWith, conf.Protect
	t.AllowDirectCreate, t.AllowRecorrelate, t.Unusual = conf.AllowDirectCreate, conf.AllowRecorrelate, unusual(conf)
	t.Options = conf.CSV
	file, err = csvfile.OpenContext(ctx, conf.File, t.Options)
	return file, policy, err
}

// unusual is when a night is unusual: a warning, unless a limit was asked for.
func unusual(conf *config.Sync) sync.Unusual {
	const warnFrom = 3
	if conf.MaxUnusual > 0 {
		return sync.Unusual{Factor: conf.MaxUnusual, Guard: true}
	}
	return sync.Unusual{Factor: warnFrom}
}
