package doctor

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"accountsync/diff"
	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/isc"
	"accountsync/journal"
)

// The scopes of what cannot be tried without writing.
const (
	manageScope = "idn:accounts:manage"
	statesScope = "idn:accounts-state:manage"
)

// mayWrite says what is known of the scopes that a sync with these settings
// writes with.
func (d *doctor) mayWrite() {
	needed := map[string]string{}
	if d.source.ID == "" || d.source.FlatFile() {
		needed[manageScope] = "create, put, patch and delete need it"
	}
	if why := d.states(); why != "" {
		needed[statesScope] = why
	}
	for _, scope := range []string{manageScope, statesScope} {
		why, wanted := needed[scope]
		if !wanted {
			continue
		}
		switch has, known := d.grant.Has(scope); {
		case has:
			d.ok("scopes", "%s is granted", scope)
		case known && d.conf.File != "":
			d.failWith(problem.Denied, "scopes", "give the personal access token the scope "+scope, "%s is missing: %s", scope, why)
		case known:
			d.warn("scopes", "give the personal access token the scope "+scope+" before it is to write", "%s is missing: %s", scope, why)
		default:
			d.warn("scopes", "see in ISC that the personal access token has it; a first sync with --canary 1 shows it",
				"%s cannot be tried without writing, and the token does not name its scopes: %s", scope, why)
		}
	}
}

// states says what of the settings changes the state of accounts, "" when nothing does.
func (d *doctor) states() string {
	switch {
	case d.conf.Removal != diff.RemovalReport && d.conf.Removal != diff.RemovalDelete:
		return "--removal " + string(d.conf.Removal) + " needs it"
	case d.table != nil && len(d.table.StateColumns()) > 0:
		return "the states in the file need it"
	}
	return ""
}

// quota says what is known of the rate limit.
func (d *doctor) quota() {
	stats := d.api.Limiter.Stats()
	var said []string
	for _, p := range d.probes {
		if len(p.Quota) > 0 {
			said = p.Quota
		}
	}
	headers := "the API's answers name no limit"
	if len(said) > 0 {
		headers = "the API says " + strings.Join(said, ", ")
	}
	if stats.Throttled > 0 {
		d.warn("quota", "lower --rate, or use a client id of its own for this", "%d of %d requests were refused (429) at --rate %s: the tenant grants less, or others use the same client id; %s",
			stats.Throttled, stats.Total, d.conf.Rate, headers)
		return
	}
	d.ok("quota", "no refusal (429) of %d requests at --rate %s; %s", stats.Total, d.conf.Rate, headers)
}

// clock holds this machine's clock against the API's.
func (d *doctor) clock() {
	const bearable = 30 * time.Second
	earliest, latest := d.api.Clocks()
	dated := slices.ContainsFunc(d.probes, func(p isc.Probe) bool { return p.Dated })
	switch differ := latest.Sub(earliest).Round(time.Second); {
	case !dated && differ == 0:
		d.warn("clock", "", "not known: no answer of the API had a date")
	case differ < bearable:
		d.ok("clock", "within %s of the API's", bearable)
	default:
		d.warn("clock", "let NTP set this machine's; where that is right, a cache in between may answer in the API's name. disable-then-delete removes nothing while they differ by more than 5 minutes, and saved plans expire by this machine's clock",
			"this machine's and the dates of the API's answers differ by %s", differ)
	}
}

// state checks where the journal and the locks are kept.
func (d *doctor) state(ctx context.Context) {
	dir, err := d.StateDir()
	if err == nil && !journal.IsURL(dir) {
		err = writable(dir)
	}
	if err != nil {
		d.fail("state", err)
		return
	}
	st, err := d.OpenStore()
	if err != nil {
		d.fail("state", err)
		return
	}
	defer st.Close()
	dir = st.Name()
	runs, err := st.Runs(ctx, journal.RunFilter{Limit: 1})
	switch {
	case err != nil:
		d.fail("state", exit.OfStore(err))
	case len(runs) == 0:
		d.ok("state", "%s can be written, its journal holds no run yet", dir)
	case runs[0].Resumable:
		d.warn("state", "accountsync resume "+runs[0].Run+", or plan anew", "%s can be written; the last run in its journal, %s, was not finished", dir, runs[0].Run)
	default:
		d.ok("state", "%s can be written; the last run in its journal is %s", dir, runs[0].Run)
	}
}

// writable tries a directory, which it makes when it is missing.
func writable(dir string) error {
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(dir, ".accountsync-*"); err == nil {
			_ = f.Close() // nothing was written
			err = os.Remove(f.Name())
		}
	}
	if err != nil {
		return problem.Wrap(problem.CannotWrite, fmt.Errorf("the state directory cannot be written: %w", err), "name another directory with --state")
	}
	return nil
}

func percent(n int) string { return fmt.Sprintf("%d %%", n) }
