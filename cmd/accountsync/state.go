package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"accountsync/journal"

	"github.com/gofrs/flock"
)

// stateDir is where the journal and the locks are: --state, what the service
// manager gives, or the user's state directory.
func (a *app) stateDir(c config) (string, error) {
	if c.State != "" {
		return c.State, nil
	}
	if dirs := lookup(a.environ, "STATE_DIRECTORY"); dirs != "" {
		first, _, _ := strings.Cut(dirs, ":") // of a unit that has several
		return first, nil
	}
	if dir := lookup(a.environ, "XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "accountsync"), nil
	}
	if home := lookup(a.environ, "HOME"); home != "" {
		return filepath.Join(home, ".local", "state", "accountsync"), nil
	}
	return "", problemf(exitConfig, "name a directory with --state", "no state directory: HOME is not set")
}

// openJournal opens the durable record of runs.
func (a *app) openJournal(c config) (*journal.Journal, error) {
	dir, err := a.stateDir(c)
	if err != nil {
		return nil, err
	}
	j, err := journal.Open(dir)
	if err != nil {
		return nil, cannotKeep(err)
	}
	return j, nil
}

// cannotKeep gives the journal's errors their exit status.
func cannotKeep(err error) error {
	hint := "name another directory with --state"
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		hint = hinted.Hint()
	}
	return &problem{exitCannotWrite, err, hint}
}

// lock keeps a second run off the same source of the same tenant. It waits as
// long as --lock-wait says.
func (a *app) lock(ctx context.Context, c config, tenant, sourceID, run string) (unlock func(), err error) {
	dir, err := a.stateDir(c)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "locks", lockName(tenant, sourceID))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, &problem{exitCannotWrite, err, "name another directory with --state"}
	}
	f := flock.New(path, flock.SetPermissions(0o600))
	held, err := acquire(ctx, f, c.LockWait)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, context.Canceled
	case err != nil:
		return nil, &problem{exitCannotWrite, fmt.Errorf("locking %s: %w", path, err), "name another directory with --state"}
	case !held:
		return nil, problemf(exitLocked, "wait for it, or let this run wait with --lock-wait 10m", "another run holds the lock on this source: %s", holder(path))
	}
	text := fmt.Sprintf("run %s, process %d, since %s\n", run, os.Getpid(), time.Now().UTC().Format(time.RFC3339))
	_ = os.WriteFile(path+".holder", []byte(text), 0o600) // tells people only
	return func() { _ = os.Remove(path + ".holder"); _ = f.Unlock() }, nil
}

func acquire(ctx context.Context, f *flock.Flock, wait time.Duration) (bool, error) {
	if wait <= 0 {
		return f.TryLock()
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	held, err := f.TryLockContext(ctx, 250*time.Millisecond)
	if errors.Is(err, context.DeadlineExceeded) {
		return false, nil
	}
	return held, err
}

// holder says who holds a lock.
func holder(path string) string {
	b, err := os.ReadFile(path + ".holder")
	if err != nil || len(b) == 0 {
		return "its holder is not known"
	}
	return string(b[:len(b)-1])
}

// underWay are the runs that hold a lock now. Also a run of long ago may be one:
// a resume goes on with it.
func (a *app) underWay(c config) (runs []string, err error) {
	dir, err := a.stateDir(c)
	if err != nil {
		return nil, err
	}
	holders, _ := filepath.Glob(filepath.Join(dir, "locks", "*.lock.holder")) // the pattern is good
	for _, path := range holders {
		lock := flock.New(strings.TrimSuffix(path, ".holder"), flock.SetPermissions(0o600))
		free, err := lock.TryLock()
		if err != nil {
			return nil, &problem{exitCannotWrite, fmt.Errorf("looking for runs under way: %w", err), "name another directory with --state"}
		}
		if free { // its holder was killed
			_ = lock.Unlock()
			continue
		}
		run, _, _ := strings.Cut(strings.TrimPrefix(holder(strings.TrimSuffix(path, ".holder")), "run "), ",")
		runs = append(runs, run)
	}
	return runs, nil
}

func lockName(tenant, sourceID string) string {
	sum := sha256.Sum256([]byte(tenant + "\x00" + sourceID))
	return hex.EncodeToString(sum[:8]) + ".lock"
}
