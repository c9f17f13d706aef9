// Package config merges flags, environment and files into typed syncs, once.
package config

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"accountsync/csvfile"
	"accountsync/diff"
	"accountsync/internal/inputfile"
	"accountsync/internal/problem"
	"accountsync/notify"
	"accountsync/ratelimit"
)

// Sync is everything that one command, or one sync of a fleet, is told. A flag
// goes over the environment (ACCOUNTSYNC_NAME), that over the file of --config,
// that over the default.
type Sync struct {
	Name   string // of an entry of syncs:, its source when it has no name of its own; "" without an entry
	Origin string // FILE:LINE of the entry; "" without one

	Tenant           Tenant
	Schedule         *Schedule     // nil: it runs only when it is asked for
	StartingDeadline time.Duration // how long after it was due a run may still begin

	File, Source string
	CSV          csvfile.Options
	Columns      string // the file that says how the table is read; "" where none does

	Removal                             diff.Removal
	Grace                               time.Duration // of disable-then-delete
	UpdateWith                          diff.Op
	AllowDirectCreate, AllowRecorrelate bool
	Protect                             []string
	Only, Exclude                       []string
	Limits                              diff.Limits
	Allow                               diff.Allow
	AllowLookalikes                     *int
	RequireApprovals                    int
	AllowedSigners, MadeBy              string
	MaxErrors, MaxStale                 diff.Limit
	MaxUnusual                          float64 // 0: only a warning

	VerifyOff                                                    bool
	VerifyTimeout, LostAfter, LockWait, AggregationWait, Expires time.Duration
	AggregationZone                                              *time.Location
	SkipRemovals                                                 bool // --on-guard skip-removals
	Reload                                                       bool
	Canary                                                       int

	API      string
	Quota    ratelimit.Quota
	Rate     string // the quota as it was written
	Workers  int
	Parallel int

	Ping, Webhook *notify.Receiver
	PingURL       string // the setting, to tell a sync's own ping from that of all

	Redact                     []string
	State, Out                 string
	LogFormat, LogLevel        string
	Quiet, NoProgress, Verbose bool
	DetailedExitCode           bool

	Effective []Setting // all of it, and where each came from

	again func() (*Sync, error) // reads the settings of an entry anew
}

// RereadTable reads the file that says how the table of an entry of syncs: is
// read anew: it lies beside a table that others replace.
func (s *Sync) RereadTable() error {
	if s.again == nil {
		return nil
	}
	fresh, err := s.again()
	if err == nil {
		s.CSV, s.Columns, s.Effective = fresh.CSV, fresh.Columns, fresh.Effective
	}
	return err
}

// Setting is a setting as anybody may see it.
type Setting struct{ Name, Value, Origin string }

// Domain is whose quota the sync uses: base URL and client id.
func (s *Sync) Domain() string { return strings.ToLower(s.Tenant.BaseURL) + " " + s.Tenant.ClientID }

// maxNames is how large a file of names may be, in bytes.
const maxNames = 256 << 20

// Selection is which operations are to be sent.
func (s *Sync) Selection() (diff.Selection, error) {
	chosen, err := diff.ParseSelection(s.Only, s.Exclude, func(path string) ([]byte, error) { return inputfile.ReadAll(path, maxNames) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return chosen, problem.Errorf(problem.NoInput, "@FILE names a file with one rule a line", "%w", err)
	case err != nil:
		return chosen, problem.Errorf(problem.Usage, "write op=delete, key='svc-*', attribute=city, or @FILE with one rule a line", "%w", err)
	}
	return chosen, nil
}

// Policy is what is to become of the accounts.
func (s *Sync) Policy() (p diff.Policy, err error) {
	p = diff.Policy{Removal: s.Removal, Grace: s.Grace, UpdateWith: s.UpdateWith, AllowDirectCreate: s.AllowDirectCreate,
		AllowRecorrelate: s.AllowRecorrelate, AllowLookalikes: s.AllowLookalikes}
	p.Protect, err = diff.ParseProtect(s.Protect, func(path string) ([]byte, error) { return inputfile.ReadAll(path, maxNames) })
	if err != nil {
		return p, problem.Errorf(problem.Usage, "a name of a file that exists, or a pattern such as svc-*", "--%w", err)
	}
	return p, nil
}

// StateDir is where runs are kept: --state, what the service manager gives, or the
// user's state directory.
func (s *Sync) StateDir(environ []string) (string, error) {
	if s.State != "" {
		return s.State, nil
	}
	if dirs := Lookup(environ, "STATE_DIRECTORY"); dirs != "" {
		first, _, _ := strings.Cut(dirs, ":") // of a unit that has several
		return first, nil
	}
	if dir := Lookup(environ, "XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "accountsync"), nil
	}
	if home := Lookup(environ, "HOME"); home != "" {
		return filepath.Join(home, ".local", "state", "accountsync"), nil
	}
	return "", problem.Errorf(problem.Config, "name a directory with --state", "no state directory: HOME is not set")
}
