// Package problem holds errors that know their exit status and what to do
// about them.
package problem

import (
	"fmt"
	"slices"
	"strings"
)

// The exit status of every command. The manual and the tests use this table too.
const (
	OK          = 0
	Failure     = 1
	ToDo        = 2
	Partial     = 3
	Blocked     = 4
	Stale       = 5
	Budget      = 8
	Usage       = 64
	BadCSV      = 65
	NoInput     = 66
	Unreachable = 69
	Bug         = 70
	CannotWrite = 73
	Locked      = 75
	Denied      = 77
	Config      = 78
	Interrupted = 130
)

// Statuses says what each exit status means, for the help texts.
var Statuses = []struct {
	Code int
	Text string
}{
	{OK, "in sync, or all applied and verified"},
	{Failure, "something else went wrong"},
	{ToDo, "plan --detailed-exitcode: there is something to do"},
	{Partial, "done in part: some operations failed, are stale or could not be verified, or rows were rejected"},
	{Blocked, "blocked by a guard (nothing written, or removals withheld)"},
	{Stale, "the plan is stale, expired or for another source (nothing written)"},
	{Budget, "stopped early: more than --max-errors operations failed"},
	{Usage, "usage"},
	{BadCSV, "bad CSV"},
	{NoInput, "no such input"},
	{Unreachable, "API out of reach, or not answering as it should"},
	{Bug, "a bug"},
	{CannotWrite, "cannot write"},
	{Locked, "another run holds the lock, or an aggregation of the source is running or due"},
	{Denied, "credentials or scope refused"},
	{Config, "bad configuration, or no such source"},
	{Interrupted, "interrupted"},
}

// bySeverity orders the exit statuses, the harmless first.
var bySeverity = []int{OK, ToDo, Partial, Blocked, Stale, Budget, Locked, Failure, NoInput,
	BadCSV, Usage, Config, CannotWrite, Unreachable, Denied, Bug, Interrupted}

// Worse is the worse of two exit statuses.
func Worse(a, b int) int {
	if slices.Index(bySeverity, b) > slices.Index(bySeverity, a) {
		return b
	}
	return a
}

// Error is an error with its exit status and what to do about it, "" when there
// is nothing to say.
type Error struct {
	Code int
	Err  error
	Hint string
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Wrap gives an error its exit status and a hint.
func Wrap(code int, err error, hint string) error { return &Error{code, err, hint} }

// Errorf makes an error with its exit status and a hint; the message follows
// fmt.Errorf.
func Errorf(code int, hint, format string, args ...any) error {
	return &Error{code, fmt.Errorf(format, args...), hint}
}

// List is several problems found at once.
type List []error

func (l List) Error() string {
	texts := make([]string, len(l))
	for i, err := range l {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap lets errors.Is and errors.As see each problem.
func (l List) Unwrap() []error { return l }

// Join makes one error of many: nil of none, a List of several.
func Join(all ...error) error {
	var list List
	for _, err := range all {
		if err != nil {
			list = append(list, Each(err)...)
		}
	}
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return list
}

// Each are the problems of a List, or the error itself.
func Each(err error) []error {
	if list, ok := err.(List); ok {
		return list
	}
	return []error{err}
}
