// Package exit finds the exit status of any error, what it says and what to do
// about it.
package exit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"accountsync/csvfile"
	"accountsync/internal/problem"
	"accountsync/isc"
	"accountsync/journal"
	"accountsync/reports"
	"accountsync/sync"
)

// Diagnose finds the exit status and the hint of any error: the one switch.
func Diagnose(err error) (code int, hint string) {
	var p *problem.Error
	var file *csvfile.FileError
	var source *isc.SourceError
	var bug *sync.Panic
	var kept *journal.Error
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		hint = hinted.Hint()
	}
	if all, several := err.(problem.List); several {
		for _, each := range all {
			one, _ := Diagnose(each)
			code = problem.Worse(code, one)
		}
		return code, ""
	}
	switch {
	case err == nil:
		return problem.OK, ""
	case errors.As(err, &p):
		return p.Code, p.Hint
	case errors.Is(err, sync.ErrUnbalanced), errors.Is(err, reports.ErrBooks):
		return problem.Bug, "this is a bug of accountsync: please report it with result.json"
	case errors.As(err, &file) && file.Missing() && errors.Is(err, fs.ErrPermission):
		return problem.NoInput, "make it readable for user " + User()
	case errors.As(err, &file) && file.Missing():
		return problem.NoInput, file.Hint
	case errors.As(err, &file):
		return problem.BadCSV, file.Hint
	case errors.Is(err, reports.ErrWrite):
		return problem.CannotWrite, WriteHint(err)
	case errors.Is(err, context.Canceled):
		return problem.Interrupted, "run the same command again: it plans anew and does what is left"
	case errors.As(err, &bug):
		return problem.Bug, "this is a bug of accountsync: please report it with what it printed"
	case errors.Is(err, sync.ErrStale):
		return problem.Stale, "nothing was written: plan again"
	case errors.Is(err, sync.ErrCanary):
		return problem.Partial, "look at the failed operations in result.json, and mend the cause, before the rest is sent"
	case errors.As(err, &kept):
		return problem.CannotWrite, hint
	case errors.Is(err, sync.ErrRecord):
		return problem.CannotWrite, "make room for the state directory (--state)"
	case errors.Is(err, sync.ErrBudget):
		return problem.Budget, "look at failed.csv and result.json, and mend the cause; --max-errors sets the budget"
	case errors.Is(err, sync.ErrNotFlatFile):
		return problem.Config, "name a source of connectionType file with --source; on a direct one these work: columns for states (account.disabled ...), --removal disable, --allow-direct-create"
	case errors.As(err, &source):
		return problem.Config, hint
	case sync.Denied(err):
		return problem.Denied, hint
	case sync.Unreachable(err):
		return problem.Unreachable, hint
	}
	return problem.Failure, hint
}

// WriteHint is what to do where reports cannot be written.
func WriteHint(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "make it writable for user " + User() + ", or name another directory with --out"
	case errors.Is(err, syscall.ENOSPC):
		return "make room, or name another directory with --out"
	}
	return "name another directory with --out"
}

// OfOutcome is the exit status of a run that ended without an error.
func OfOutcome(o sync.Outcome) int {
	switch o {
	case sync.InSync, sync.Planned, sync.Changed:
		return problem.OK
	case sync.Partial:
		return problem.Partial
	case sync.Blocked:
		return problem.Blocked
	case sync.StalePlan:
		return problem.Stale
	case sync.Interrupted:
		return problem.Interrupted
	}
	return problem.Failure
}

// Print prints errors, of one of several syncs if it is named, and what to do about each on lines of its own.
func Print(w io.Writer, of string, err error) {
	for _, each := range problem.Each(err) {
		_, hint := Diagnose(each)
		if of != "" {
			each = fmt.Errorf("%s: %w", of, each)
		}
		fmt.Fprintf(w, "accountsync: error: %v\n", each)
		if hint != "" {
			fmt.Fprintf(w, "accountsync: hint: %s\n", hint)
		}
	}
}

// Said is the error of a command that has already said all there is to say.
type Said struct{ Code int }

func (s *Said) Error() string { return fmt.Sprintf("exit status %d", s.Code) }

// Code is the exit status of what a command returned.
func Code(err error) int {
	if said := (*Said)(nil); errors.As(err, &said) {
		return said.Code
	}
	code, _ := Diagnose(err)
	return code
}

// Text is what is said of an error that ended a run.
func Text(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted by signal; unsent operations were not started"
	}
	return err.Error()
}

// OfStore gives an error of the store its exit status.
func OfStore(err error) error {
	var p *problem.Error
	if err == nil || errors.As(err, &p) {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	hint := "name another directory with --state"
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		hint = hinted.Hint()
	}
	return problem.Wrap(problem.CannotWrite, err, hint)
}

// User is the user this process runs as, by name or number.
func User() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}

// Passes reports whether an exit status can pass by itself. That a worker cannot
// write says that its database is away, or that there is no room for its reports.
func Passes(code int) bool {
	return code == problem.Unreachable || code == problem.Locked || code == problem.CannotWrite
}
