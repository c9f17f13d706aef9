package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/journal"
	"accountsync/sync"
)

// finish balances the books, concludes, puts the end on record, writes the
// reports and prints what a person needs to know. The exit status is the run's.
func (j *Job) finish(runErr error) error {
	j.bar.End()
	ctx := context.WithoutCancel(j.env.Stop.Draining)
	if j.env.Turn.GoesOn(runErr) {
		return j.setAside(ctx)
	}
	if j.record != nil {
		*j.head = *j.record.Head()
		j.head.Notes = append(slices.Clone(j.head.Notes), j.notes...)
		runErr = j.balance(ctx, runErr)
	}
	if err := j.conclude(ctx, runErr); err != nil {
		runErr = exit.OfStore(err)
		j.head.Error, j.head.Outcome = err.Error(), sync.RunFailed
		j.head.ExitCode, j.head.Hint = exit.Diagnose(runErr)
	}
	j.keep(func() error { return j.writeReports(ctx) })
	j.keep(func() error { return j.endRecord(ctx) })
	j.logEnd(ctx)
	if j.files != nil {
		for _, kept := range j.files.Kept() {
			j.env.Log.Warn().Msg(kept)
		}
		j.env.Notifier.about(j.report, j.nextCommand(ctx))
	} else {
		j.env.Notifier.about(j.report, "")
	}
	j.env.Turn.ended(ctx, j.report)
	if err := j.print(ctx); err != nil {
		said := j.head.Error
		j.keep(func() error {
			return problem.Wrap(problem.CannotWrite, fmt.Errorf("writing to standard output: %w", err), "")
		})
		j.keep(func() error { return j.endRecord(ctx) })
		if said == "" {
			exit.Print(j.env.Stderr, "", errors.New(j.head.Error))
		}
	}
	return &exit.Said{Code: j.head.ExitCode}
}

// balance holds the books of the run against each other, and hands on what the
// next run must know.
func (j *Job) balance(ctx context.Context, runErr error) error {
	if !j.record.Status().Sealed {
		return runErr
	}
	if err := sync.Balance(ctx, j.record, j.head); err != nil && runErr == nil {
		runErr = err
	}
	if !j.head.Writes {
		return runErr
	}
	if err := j.handOver(ctx, runErr == nil); err != nil {
		runErr = errors.Join(runErr, exit.OfStore(err))
	}
	return runErr
}

// handOver puts on record what the next run of the source must know, however
// this one ended.
func (j *Job) handOver(ctx context.Context, complete bool) error {
	tenant, source := j.head.Tenant, j.head.Source.ID
	asOf, err := j.store.AbsencesAsOf(ctx, tenant, source)
	if err != nil {
		return err
	}
	_, latest := j.api.Clocks()
	h, err := sync.HandOver(ctx, j.record, j.store.Absences(ctx, tenant, source), asOf, latest, complete)
	if err != nil {
		return err
	}
	return j.store.Learn(ctx, journal.Knowledge{Tenant: tenant, SourceID: source, Run: j.head.Run, AsOf: time.Now(), Absences: h.Absences, Accounts: h.Accounts})
}

// conclude fills in how the run ended.
func (j *Job) conclude(ctx context.Context, runErr error) (err error) {
	h := j.head
	j.cause = runErr
	addRequests(h, j.earlier, j.sent, j.begun)
	h.Finished = time.Now().UTC()
	h.Outcome = sync.RunFailed
	if errors.Is(runErr, context.Canceled) {
		h.Outcome = sync.Interrupted
	}
	if j.record != nil && j.record.Status().Sealed {
		if h.Outcome, err = sync.Conclude(ctx, j.record, h, j.applied, runErr); err != nil {
			return err
		}
	}
	h.ExitCode, h.Error, h.Hint = exit.OfOutcome(h.Outcome), "", ""
	if runErr != nil {
		h.Error = exit.Text(runErr)
		h.ExitCode, h.Hint = exit.Diagnose(runErr)
	}
	if h.ExitCode == problem.Blocked {
		h.Outcome = sync.Blocked
	}
	if h.ExitCode == problem.Interrupted && j.resumable() {
		h.Hint = ""
	}
	switch {
	case h.Outcome != sync.Planned || runErr != nil:
	case h.Totals.Rejected > 0:
		h.ExitCode = problem.Partial
	case j.conf.DetailedExitCode && j.sendable(ctx):
		h.ExitCode = problem.ToDo
	}
	var bug *sync.Panic
	if errors.As(runErr, &bug) {
		fmt.Fprintf(j.env.Stderr, "%s\n", bug.Stack)
	}
	return nil
}

// keep has a part of the run's end written down. When that fails the run ends
// with that error, and the reports that can be written say so too: the exit
// status, result.json and the record agree.
func (j *Job) keep(part func() error) {
	err := part()
	if err == nil {
		return
	}
	code, hint := exit.Diagnose(err)
	switch j.head.Error {
	case "":
		j.head.Error, j.head.Hint = err.Error(), hint // print says it
	case err.Error(): // it is what ended the run
	default:
		exit.Print(j.env.Stderr, "", err)
	}
	j.head.ExitCode = code
	_ = j.writeReports(context.WithoutCancel(j.env.Stop.Draining)) // what cannot be written has been said
}

// endRecord puts the end of the run on record. A run that got to its end makes the
// earlier ones of its source things of the past.
func (j *Job) endRecord(ctx context.Context) error {
	if j.record == nil {
		return nil
	}
	if !j.record.Status().Sealed { // it has planned nothing: there is nothing to show, and nothing to resume
		return exit.OfStore(j.record.Discard(ctx))
	}
	supersedes := j.head.Writes && j.head.Input.SHA256 != "" && slices.Contains([]sync.Outcome{sync.InSync, sync.Changed, sync.Partial}, j.head.Outcome)
	if err := j.record.End(ctx, j.head, supersedes); err != nil {
		return exit.OfStore(err)
	}
	return nil
}
