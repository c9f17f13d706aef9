package job

import (
	"bufio"
	"context"
	"fmt"
	"slices"

	"accountsync/internal/exit"
	"accountsync/internal/problem"
	"accountsync/internal/terminal"
	"accountsync/internal/text"
	"accountsync/reports"
	"accountsync/sync"
)

// writeReports writes the reports, as anybody may see them. After a signal it writes
// those of many operations no more: whoever sent it does not wait for them, and
// the record has all of it.
func (j *Job) writeReports(ctx context.Context) error {
	if j.operations(ctx) <= j.env.Many {
		return j.writeAll(ctx)
	}
	stop := j.env.Stop.Draining
	if stop.Err() == nil {
		if err := j.writeAll(stop); err == nil || stop.Err() == nil {
			return err
		}
	}
	run := &reports.Run{Reader: headed{j.record, j.head}, Rest: j.next("report", j.head.Run)}
	var err error
	if j.report, err = reports.Redact(ctx, run, j.head.Redacted); err == nil {
		err = j.files.WriteShort(ctx, j.report)
	}
	if err == nil && j.head.Outcome != sync.Interrupted {
		err = problem.Errorf(problem.Interrupted, "", "interrupted by signal before all reports were written")
	}
	return err
}

// writeAll writes every report.
func (j *Job) writeAll(ctx context.Context) (err error) {
	run := reports.HeadOnly(j.head)
	if j.record != nil && j.record.Status().Sealed {
		run = &reports.Run{Reader: headed{j.record, j.head}, Table: j.table}
		switch {
		case j.plan != nil && j.plan.Plan != nil:
			run.Table, run.Kept = j.plan.Table, j.plan.Plan.KeptRows()
		case j.kept != nil:
			run.Kept = keptRows(j.kept.Kept)
		case j.table != nil:
			if run.Kept, err = sync.KeptRows(ctx, j.record, j.table); err != nil {
				return exit.OfStore(err)
			}
		}
	}
	if j.report, err = reports.Redact(ctx, run, j.head.Redacted); err != nil {
		return err
	}
	if j.files == nil {
		return nil
	}
	j.report.Next = func() string { return j.nextCommand(ctx) }
	return j.files.WriteAll(ctx, j.report)
}

// headed is a record with the head as the session has it.
type headed struct {
	sync.Reader
	head *sync.Head
}

func (h headed) Head() *sync.Head { return h.head }

// newFiles are the files of the session's run, nil where it is to write none.
// What the command reads is no file to write to.
func (j *Job) newFiles() *reports.Files {
	if j.conf.Out == "" {
		return nil
	}
	inputs := append(slices.Clone(j.conf.Protect), j.conf.File, j.conf.Columns, j.conf.Tenant.Secret.File)
	return reports.NewFiles(j.conf.Out, j.head.Run, append(inputs, j.command.Reads...)...)
}

// print shows plan or result table and the summary, as far as there is any.
func (j *Job) print(ctx context.Context) error {
	h := j.head
	if j.conf.Quiet && h.ExitCode == problem.OK || j.report == nil || j.env.Turn != nil {
		return nil
	}
	out := bufio.NewWriter(j.env.Stdout)
	o := j.tables()
	o.EndSaid = terminal.Is(j.env.Stdout) && terminal.Is(j.env.Stderr)
	if h.Listing.Tries > 0 && j.record != nil {
		render := reports.Plan
		if j.applied || j.report.Rest != "" {
			render = reports.Table
		}
		if err := render(ctx, out, j.report, o); err != nil {
			return err
		}
	}
	summary, err := reports.Summary(ctx, j.report)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\nReports: %s\n", summary, j.conf.Out)
	if next := j.nextCommand(ctx); next != "" {
		fmt.Fprintf(out, "Next: %s\n", next)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if h.Error != "" {
		text, err := reports.ImpersonalError(ctx, j.report) // it ends up in logs
		if err != nil {
			return err
		}
		fmt.Fprintf(j.env.Stderr, "accountsync: error: %s\n", text)
	}
	if h.Hint != "" {
		fmt.Fprintf(j.env.Stderr, "accountsync: hint: %s\n", h.Hint)
	}
	if rest := j.report.Rest; rest != "" {
		fmt.Fprintf(j.env.Stderr, "accountsync: hint: of %s operations only %s and %s are written after a signal: %s writes the other reports\n",
			text.Number(j.operations(ctx)), reports.SummaryMD, reports.MetricsProm, rest)
	}
	return nil
}
