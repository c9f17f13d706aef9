package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"accountsync/account"
	"accountsync/reports"
	"accountsync/sync"

	"github.com/spf13/cobra"
)

func (a *app) applyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "apply PLAN",
		Short: "Carry out a saved plan, exactly that",
		Long: "apply reads a saved plan, lists the accounts it speaks of once, carries out what still holds and reports\n" +
			"the rest as stale. It writes nothing when the plan was made for another tenant or source, was edited,\n" +
			"has expired, when its input file has changed, or when more of it is stale than --max-stale.\n" +
			"On a terminal it shows which plan that is and asks; elsewhere the file that was named is the answer.",
		Example: "  accountsync apply accountsync-out/plan-20261123T020000Z-7f3a.json\n  accountsync apply accountsync-out/plan-20261123T020000Z-7f3a.json --allow-removals 12",
		Args:    cobra.ExactArgs(1),
		RunE:    a.telling(a.runApply),
	}
	connectFlags(c.Flags())
	applyFlags(c.Flags())
	aggregationFlag(c.Flags())
	allowFlags(c.Flags())
	allowShrunkFlag(c.Flags())
	staleFlags(c.Flags())
	outputFlags(c.Flags())
	tellFlags(c.Flags())
	c.Flags().Bool("yes", false, "do not ask on a terminal")
	return c
}

func (a *app) runApply(c *cobra.Command, args []string) error {
	conf, settings, err := a.runSettings(c)
	if err != nil {
		return err
	}
	plan, err := openPlan(args[0])
	if err != nil {
		return err
	}
	defer plan.Close()
	s, err := a.begin(c, conf, true)
	if err != nil {
		return err
	}
	defer s.end()
	run, err := s.load(plan, settings)
	if err == nil {
		err = s.confirmPlan(c, plan, run)
	}
	if err == nil {
		err = s.safely(c.Context(), func(ctx context.Context) error { return s.applyPlan(ctx, run) })
	}
	return s.finish(run, err)
}

// openPlan opens a saved plan; one that was edited is stale.
func openPlan(path string) (*reports.SavedPlan, error) {
	plan, err := reports.OpenPlan(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, problemf(exitNoInput, "accountsync plan writes one", "%w", err)
	case errors.Is(err, reports.ErrEdited):
		return nil, problemf(exitStale, "plan again: a plan is applied as it was made, or not at all", "%w", err)
	case err != nil:
		return nil, problemf(exitBadCSV, "", "%w", err)
	}
	return plan, nil
}

// load checks that the plan is for this tenant, source and time, and makes it a run.
func (s *session) load(plan *reports.SavedPlan, settings sync.Settings) (*sync.Run, error) {
	source, err := s.source(plan.Source.ID, true)
	if err != nil {
		return nil, err
	}
	if err := plan.Check(time.Now(), s.api.tenant, source); err != nil {
		return nil, err
	}
	if err := s.awaitAggregations(s.stop.soft, source); err != nil {
		return nil, err
	}
	table, err := sync.Reopen(plan.Input, plan.Options, source, plan.AccountSchema)
	if err != nil {
		return nil, err
	}
	var ops []*sync.Operation
	for op, err := range plan.Operations() {
		if err != nil {
			return nil, err
		}
		ops = append(ops, op)
	}
	settings = s.watched(settings)
	run := plan.Load(ops, settings)
	s.complete(run, table)
	s.tellNotes(run)
	return run, nil
}

// confirmPlan shows which plan it is, and asks, where somebody sits at a
// terminal. Elsewhere the file that was named is the answer.
func (s *session) confirmPlan(c *cobra.Command, plan *reports.SavedPlan, run *sync.Run) error {
	if yes, _ := c.Flags().GetBool("yes"); yes || run.Blocked() || len(run.Possible()) == 0 || !s.canAsk(c) {
		return nil
	}
	what := plan.Command + " " + plan.Run
	if plan.Undoes != "" {
		what += " (takes back " + plan.Undoes + ")"
	}
	return s.ask(fmt.Sprintf("%s, made %s ago, %s\n%s\nApply it?", reports.Visible(what), age(plan.Created), reports.Visible(s.api.tenant), reports.Planned(run.Source())))
}

// age is how long ago something was, as exact as a person needs it.
func age(since time.Time) time.Duration {
	d := time.Since(since)
	if d > time.Minute {
		return d.Round(time.Minute)
	}
	return d.Round(time.Second)
}

// complete gives a run its input back, as long as the session lasts.
func (s *session) complete(run *sync.Run, table *account.Table) {
	if table != nil {
		run.Source().Complete(table)
		s.later(func() { _ = table.Close() })
	}
}

// applyPlan sends what of a plan still holds.
func (s *session) applyPlan(ctx context.Context, run *sync.Run) error {
	if run.Blocked() {
		return nil
	}
	err := s.awaitDue(s.stop.soft, run)
	s.tellNotes(run)
	if err != nil {
		return err
	}
	if err := run.Recheck(s.stop.soft, s.api); err != nil {
		return err
	}
	return s.apply(ctx, run)
}
