package job

import (
	"context"
	"errors"

	"accountsync/config"
	"accountsync/internal/problem"
	"accountsync/internal/text"
	"accountsync/reports"
	"accountsync/sync"
)

// resumable reports whether the run ended early and goes on from its record.
// Then the next command says how, and a hint only what to see to before.
func (j *Job) resumable() bool {
	if !j.applied || j.record == nil || !j.record.Status().Sealed {
		return false
	}
	return errors.Is(j.cause, context.Canceled) || errors.Is(j.cause, sync.ErrCanary) || errors.Is(j.cause, sync.ErrBudget) ||
		errors.Is(j.cause, sync.ErrRecord) || sync.Denied(j.cause) || sync.Unreachable(j.cause)
}

// nextCommand is the command to type next, when something is left to do.
func (j *Job) nextCommand(ctx context.Context) string {
	h := j.head
	failed, plan := j.files.Path(reports.FailedCSV), j.files.Path(reports.PlanName(h.Run))
	switch {
	case !j.applied && h.Error == "" && (h.Outcome == sync.Planned || h.Outcome == sync.Partial) && j.sendable(ctx) && plan != "":
		if h.Terms.Approvals.Required > 0 {
			return text.ShellLine("accountsync", "approve", plan) + " --key ~/.ssh/id_ed25519"
		}
		return j.next("apply", plan)
	case j.resumable():
		return j.next("resume", h.Run)
	case j.applied && h.ExitCode == problem.Partial && failed != "" && j.conf.Source != "":
		words := []string{"--source", j.conf.Source, "--file", failed}
		if _, given := j.command.Given("columns"); j.conf.Columns != "" && !given { // it lies beside another file
			words = append(words, "--columns", j.conf.Columns)
		}
		return j.next("sync", words...)
	}
	return ""
}

// tables says how tables are shown, and adds the way to one account in full, where it can be shown: from the
// plan that was saved, or from the run on record.
func (j *Job) tables() reports.Options {
	conf := j.conf
	o := j.env.Terminal(conf)
	plan := j.files.Path(reports.PlanName(j.head.Run))
	if j.record != nil && !j.applied {
		if counts, err := j.record.Counts(context.WithoutCancel(j.env.Stop.Draining)); err == nil {
			if requests := sync.Cost(j.head, counts); requests > 0 {
				o.Cost = cost(conf, requests)
			}
		}
	}
	switch {
	case plan != "":
		o.Show = text.ShellLine("accountsync", "show", plan, "KEY")
	case j.record != nil && conf.State != "":
		o.Show = text.ShellLine("accountsync", "show", j.head.Run, "KEY", "--state", conf.State)
	case j.record != nil:
		o.Show = text.ShellLine("accountsync", "show", j.head.Run, "KEY")
	}
	return o
}

// sendable reports whether the plan has anything to send: not when all of it is
// left out, or not possible.
func (j *Job) sendable(ctx context.Context) bool {
	if j.record == nil {
		return false
	}
	counts, _ := j.record.Counts(ctx) // which said so before, if it cannot be read
	return sync.Cost(j.head, counts) > 0
}

// operations is how many operations are on record.
func (j *Job) operations(ctx context.Context) (n int) {
	if j.record == nil {
		return 0
	}
	counts, _ := j.record.Counts(ctx) // which said so before, if it cannot be read
	for _, c := range counts {
		n += c.N
	}
	return n
}

// next is a command line that asks for the same as this one did, with where the
// state and the reports are kept when they are not where they usually are.
func (j *Job) next(name string, args ...string) string {
	words := j.command.Repeat(name, args...)
	if words == nil {
		return ""
	}
	if j.conf.State != "" {
		words = append(words, "--state", j.conf.State)
	}
	if j.conf.Out != config.DefaultOut {
		words = append(words, "--out", j.conf.Out)
	}
	return text.ShellLine(words...)
}
