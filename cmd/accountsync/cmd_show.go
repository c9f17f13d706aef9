package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"accountsync/account"
	"accountsync/journal"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

func (a *app) showCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "show PLAN|RUN KEY",
		Short: "Show what a plan or a run holds of one account, in full",
		Long: "show prints everything that a saved plan or a past run holds of one account: each operation with its line,\n" +
			"reason and state, every value before and after, and of a run how it was sent, what came back and when.\n" +
			"A rejected or kept row is shown as such. Nothing is cut. The first argument is a saved plan or, where there\n" +
			"is no file of that name, a run: its id, a unique beginning of it, or last. The second one is the account's\n" +
			"key; an account id or a native identity serves as well. With --verbose attributes that stay as they are\n" +
			"are listed too. What the run masked stays masked.",
		Example: "  accountsync show accountsync-out/plan-20261123T020000Z-7f3a.json C1007\n  accountsync show last C1007 --verbose\n" +
			"  accountsync show 20261123T02 C1007 --redact birthDate",
		Args: cobra.ExactArgs(2),
		RunE: a.runShow,
	}
	sourceFlag(c.Flags())
	stateFlags(c.Flags())
	renderFlags(c.Flags())
	return c
}

func (a *app) runShow(c *cobra.Command, args []string) error {
	conf, err := a.settings(c)
	if err != nil {
		return err
	}
	o, err := a.openPast(conf, args[0])
	if err != nil {
		return err
	}
	defer o.close()
	if err := o.narrow(conf.Source); err != nil {
		return err
	}
	if o.hidden, err = masks(conf, o.result, o.known); err != nil {
		return err
	}
	detail, err := o.detail(a.stop.soft, args[1])
	if err != nil {
		return err
	}
	return a.buffered(func(w io.Writer) error {
		return reports.Show(w, detail.Redact(o.hidden), a.terminal(conf, nil))
	})
}

// past is a plan or a run that is over, to be looked at.
type past struct {
	result  *sync.Result
	expires time.Time        // of a plan
	journal *journal.Journal // of a run
	whole   string           // the command that shows all of it
	known   []naming         // how its sources name attributes
	hidden  []string         // attributes whose values are not shown
	// reopen gives its sources their inputs back, as far as these are as they were.
	reopen func() (end func())
}

// openPast opens a saved plan or, when there is no file of that name, a run.
func (a *app) openPast(conf config, name string) (*past, error) {
	if info, err := os.Stat(name); err == nil && !info.IsDir() || strings.HasSuffix(name, ".json") {
		return openPastPlan(name)
	}
	j, err := a.openJournal(conf)
	if err != nil {
		return nil, err
	}
	stored, err := loadRun(a.stop.soft, j, name)
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return &past{result: stored.Result, journal: j, whole: "accountsync report " + stored.Result.Run, known: namings(stored),
		reopen: func() func() { return a.reopenAll(stored) }}, nil
}

func openPastPlan(path string) (*past, error) {
	plan, err := openPlan(path)
	if err != nil {
		return nil, err
	}
	defer plan.Close()
	result, err := plan.Result()
	if err != nil {
		return nil, problemf(exitBadCSV, "", "%s: %w", path, err)
	}
	reopen := func() func() {
		table, err := sync.Reopen(plan.Input, plan.Options, plan.Source, plan.AccountSchema)
		if err != nil || table == nil {
			return func() {}
		}
		result.Sources[0].Complete(table)
		return func() { _ = table.Close() }
	}
	return &past{result: result, expires: plan.Expires, reopen: reopen, known: []naming{{plan.AccountSchema, plan.Options.Map}},
		whole: "result.csv beside the plan, which has a line for every row and account"}, nil
}

func (o *past) close() {
	if o.journal != nil {
		_ = o.journal.Close()
	}
}

// narrow leaves only the source that was asked for, by id or name.
func (o *past) narrow(source string) error {
	if source == "" {
		return nil
	}
	var known []string
	all := o.result.Sources
	o.result.Sources = slices.DeleteFunc(slices.Clone(all), func(s *sync.Source) bool {
		known = append(known, s.Source.Name)
		return s.Source.ID != source && s.Source.Name != source
	})
	if len(o.result.Sources) == 0 {
		return problemf(exitUsage, "leave --source away to see all of them", "--source %q: %s %s has only %q", source, o.result.Command, o.result.Run, known)
	}
	return nil
}

// detail finds what is held of an account.
func (o *past) detail(ctx context.Context, name string) (*reports.Detail, error) {
	about, err := o.result.About(name)
	if unknown := (*sync.NameError)(nil); errors.As(err, &unknown) && len(unknown.Keys) == 0 {
		defer o.reopen()() // whose kept rows have no operation
		about, err = o.result.About(name)
	}
	if err != nil {
		return nil, o.unknown(err)
	}
	detail := &reports.Detail{Result: about, Expires: o.expires, Attempts: map[*sync.Operation][]reports.Attempt{}}
	for _, s := range about.Sources {
		for _, op := range s.Operations {
			if detail.Attempts[op], err = o.attempts(ctx, s.Source, op); err != nil {
				return nil, err
			}
		}
	}
	return detail, nil
}

// attempts is what the journal knows of an operation in the course of its run.
func (o *past) attempts(ctx context.Context, source account.Source, op *sync.Operation) ([]reports.Attempt, error) {
	if o.journal == nil {
		return nil, nil
	}
	all, err := o.journal.Attempts(ctx, o.result.Run, source.ID, op.Seq)
	if err != nil {
		return nil, cannotKeep(err)
	}
	attempts := make([]reports.Attempt, len(all))
	for i, a := range all {
		attempts[i] = reports.Attempt(a)
	}
	return attempts, nil
}

// unknown says what to do about a name that tells no account. Keys are not named
// where values are masked: one may be one of them.
func (o *past) unknown(err error) error {
	var name *sync.NameError
	if !errors.As(err, &name) {
		return problemf(exitNoInput, "", "reading the input again: %w", err)
	}
	if len(o.hidden) > 0 {
		name.Near, name.Keys = "", nil
	}
	return problemf(exitUsage, "keys are spelled as in the CSV; for all there is see "+o.whole, "%s %s: %w", o.result.Command, o.result.Run, name)
}
