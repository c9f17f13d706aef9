package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"accountsync/account"
	"accountsync/isc"
	"accountsync/record"
	"accountsync/reports"
	"accountsync/sync"
)

// The exit status of every command. The manual and the tests use this table too.
const (
	exitOK          = 0
	exitFailure     = 1
	exitToDo        = 2
	exitPartial     = 3
	exitBlocked     = 4
	exitStale       = 5
	exitBudget      = 8
	exitUsage       = 64
	exitBadCSV      = 65
	exitNoInput     = 66
	exitUnreachable = 69
	exitBug         = 70
	exitCannotWrite = 73
	exitLocked      = 75
	exitDenied      = 77
	exitConfig      = 78
	exitInterrupted = 130
)

// exitStatus says what each status means, for the help texts.
var exitStatus = []struct {
	code int
	text string
}{
	{exitOK, "in sync, or all applied and verified"},
	{exitFailure, "something else went wrong"},
	{exitToDo, "plan --detailed-exitcode: there is something to do"},
	{exitPartial, "done in part: some operations failed, are stale or could not be verified, or rows were rejected"},
	{exitBlocked, "a guard said no (nothing written, or removals withheld)"},
	{exitStale, "the plan is stale, expired or for another source (nothing written)"},
	{exitBudget, "error budget spent: stopped early"},
	{exitUsage, "usage"},
	{exitBadCSV, "bad CSV"},
	{exitNoInput, "no such input"},
	{exitUnreachable, "API out of reach, or not answering as it should"},
	{exitBug, "a bug"},
	{exitCannotWrite, "cannot write"},
	{exitLocked, "another run holds the lock, or an aggregation of the source is running or due"},
	{exitDenied, "credentials or scope refused"},
	{exitConfig, "bad configuration, or no such source"},
	{exitInterrupted, "interrupted"},
}

// problem is an error that knows its exit status and what to do about it.
type problem struct {
	code int
	err  error
	hint string
}

func (p *problem) Error() string { return p.err.Error() }
func (p *problem) Unwrap() error { return p.err }

// problemf makes a problem with a hint; the message follows fmt.Errorf.
func problemf(code int, hint, format string, args ...any) error {
	return &problem{code, fmt.Errorf(format, args...), hint}
}

// diagnose finds the exit status and the hint of any error: the one switch.
func diagnose(err error) (code int, hint string) {
	var p *problem
	var file *account.FileError
	var source *isc.SourceError
	var bug *sync.Panic
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		hint = hinted.Hint()
	}
	switch {
	case err == nil:
		return exitOK, ""
	case errors.As(err, &p):
		return p.code, p.hint
	case errors.Is(err, sync.ErrUnbalanced), errors.Is(err, reports.ErrBooks):
		return exitBug, "this is a bug of accountsync: please report it with result.json"
	case errors.As(err, &file) && file.Missing():
		return exitNoInput, file.Hint
	case errors.As(err, &file):
		return exitBadCSV, file.Hint
	case errors.Is(err, reports.ErrWrite):
		return exitCannotWrite, "name another directory with --out, or make room"
	case errors.Is(err, context.Canceled):
		return exitInterrupted, "running the same command again plans anew and does what is left"
	case errors.As(err, &bug):
		return exitBug, "this is a bug of accountsync: please report it with what it printed"
	case errors.Is(err, sync.ErrStale):
		return exitStale, "nothing was written: plan again"
	case errors.Is(err, sync.ErrCanary):
		return exitPartial, "look at the failed operations in result.json before the rest is sent with accountsync resume"
	case errors.Is(err, sync.ErrRecord):
		return exitCannotWrite, "make room for the state directory (--state), then go on with accountsync resume"
	case errors.Is(err, sync.ErrBudget):
		return exitBudget, "look at failed.csv and result.json, mend the cause, and run the same command again; --max-errors sets the budget"
	case errors.Is(err, sync.ErrNotFlatFile):
		return exitConfig, "name a source of connectionType file with --source; on a direct one these work: columns for states (account.disabled ...), --removal disable, --allow-direct-create"
	case errors.As(err, &source):
		return exitConfig, hint
	case sync.Denied(err):
		return exitDenied, hint
	case sync.Unreachable(err):
		return exitUnreachable, hint
	}
	return exitFailure, hint
}

// exitOf is the exit status of an outcome without an error.
func exitOf(o record.Outcome) int {
	switch o {
	case record.InSync, record.Planned, record.Changed:
		return exitOK
	case record.Partial:
		return exitPartial
	case record.Blocked:
		return exitBlocked
	case record.StalePlan:
		return exitStale
	case record.Interrupted:
		return exitInterrupted
	}
	return exitFailure
}

// complain prints an error, and what to do about it on lines of their own.
func complain(w io.Writer, err error) {
	_, hint := diagnose(err)
	fmt.Fprintf(w, "accountsync: error: %v\n", err)
	if hint != "" {
		fmt.Fprintf(w, "accountsync: hint: %s\n", hint)
	}
}
